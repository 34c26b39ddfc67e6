"""The public labelled sets: rows of (text, labels by head, weight).

Only what a set's label says is learnt from it: a tweet marked "offensive" says nothing
about allegations, a harmless forum sentence nothing about swearing.
"""
import csv
import gzip
import json
import random

from heads import none_but, only

SEED = 20261


def read(folder, name):
    with gzip.open(folder / f"{name}.ndjson.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def some(rows, count):
    """The same part of a set, every time."""
    rows = list(rows)
    random.Random(SEED).shuffle(rows)
    return rows[:count]


def halves(rows):
    """(to train on, to choose thresholds on)."""
    return rows[0::2], rows[1::2]


def chat(folder):
    return [row["text"] for row in read(folder, "self-dialogue")]


def comments(folder):
    """goemotions: (text, emotions)."""
    return [(row["text"], set(row["labels"]["emotions"])) for row in read(folder, "goemotions")]


def calm(rows, has_swearing):
    """Comments without harsh feelings or swear words."""
    return [t for t, e in rows if not has_swearing(t) and not e & {"anger", "annoyance", "disgust", "disapproval"}]


def self_dialogue(folder, limit):
    train, _ = halves(chat(folder))
    return [(text, none_but(), 1.0) for text in some(train, limit)]


def goemotions(folder, limit, has_swearing):
    train, _ = halves(comments(folder))
    rows = []
    for text, emotions in some(train, limit):
        harsh = emotions & {"anger", "annoyance", "disgust", "disapproval"}
        if has_swearing(text) or harsh:
            labels = none_but("any", "profanity", "insult", "hate", "sexual", "violence", "bullying", "disparagement")
        else:
            labels = none_but()
        rows.append((text, labels, 1.0))
    return rows


def davidson(folder, limit, has_swearing):
    label = {"hate": only(any=1, hate=1), "offensive": only(any=1, allegation=0, complaint=0)}
    rows = [r for r in read(folder, "davidson") if r["labels"]["class"] != "offensive" or r["labels"]["neither_votes"] == 0]
    return [(r["text"], label.get(r["labels"]["class"]) or _no_hate(r["text"], has_swearing), 0.4) for r in some(rows, limit)]


def _no_hate(text, has_swearing):
    """Of a line that its set calls free of hate: a school would mind its swearing."""
    return only(hate=0, grooming=0, disclosure=0, complaint=0) if has_swearing(text) else none_but("disparagement")


def stormfront(folder, limit, has_swearing):
    rows = [r for r in read(folder, "stormfront") if r["labels"]["hate"] in (0, 1)]
    return [(r["text"], only(any=1, hate=1) if r["labels"]["hate"] else _no_hate(r["text"], has_swearing), 0.5)
            for r in some(rows, limit)]


def hatemoji(folder, has_swearing):
    rows = []
    for r in read(folder, "hatemoji-build"):
        if r["labels"]["hate"] == 0:
            rows.append((r["text"], _no_hate(r["text"], has_swearing), 1.0))
        elif r["labels"]["type"].startswith("threat"):
            rows.append((r["text"], only(any=1, hate=1, violence=1), 1.0))
        else:
            rows.append((r["text"], only(any=1, hate=1, complaint=0), 1.0))
    return rows


def hatexplain(folder, limit, has_swearing):
    label = {"hatespeech": only(any=1, hate=1), "offensive": only(any=1, complaint=0)}
    return [(r["text"], label.get(r["labels"]["class"]) or _no_hate(r["text"], has_swearing), 0.5)
            for r in some(read(folder, "hatexplain"), limit)]


def edos(folder, limit, has_swearing):
    rows = []
    for r in some(read(folder, "edos"), limit):
        if r["labels"]["sexist"] == 0:
            rows.append((r["text"], _no_hate(r["text"], has_swearing), 0.5))
        elif r["labels"]["category"].startswith("1"):
            rows.append((r["text"], only(any=1, hate=1, violence=1), 0.5))
        else:
            rows.append((r["text"], only(any=1, hate=1), 0.5))
    return rows


def madlibs(folder, limit):
    label = {1: only(any=1), 0: none_but()}
    return [(r["text"], label[r["labels"]["toxic"]], 0.3) for r in some(read(folder, "madlibs"), limit)]


def convabuse(folder):
    rows = []
    for r in read(folder, "convabuse"):
        kinds = set(r["labels"]["kinds"])
        if r["labels"]["abuse_mean"] >= 0.99:
            rows.append((r["text"], none_but(), 1.0))
        elif r["labels"]["abuse_mean"] <= -0.6:
            known = {"any": 1}
            known["sexual" if "sex_harassment" in kinds else "hate" if kinds & {"homophobic", "racist", "sexist"} else "insult"] = 1
            rows.append((r["text"], only(**known), 1.0))
    return rows


def toxic_spans(folder, limit):
    """What the marked characters stand in: the sentence, not the whole comment."""
    rows = []
    for r in some(read(folder, "toxic-spans"), limit):
        offsets = r["labels"]["char_offsets"]
        if offsets:
            text = r["text"]
            start = max(text.rfind(c, 0, offsets[0]) for c in ".!?\n") + 1
            ends = [e for e in (text.find(c, offsets[-1]) for c in ".!?\n") if e >= 0]
            rows.append((text[start:min(ends) + 1 if ends else len(text)], only(any=1, insult=1, complaint=0), 0.3))
    return rows


def sms(folder):
    label = {1: only(any=1, promotion=1, complaint=0, allegation=0), 0: none_but("sexual")}
    return [(r["text"], label[r["labels"]["spam"]], 1.0) for r in read(folder, "sms-spam")]


def presidio(folder):
    return [(r["text"], none_but("any", "promotion"), 0.5) for r in read(folder, "presidio-synth")]


def profanities(folder):
    rows = []
    with open(folder / "profanity-surge.csv", newline="", encoding="utf-8") as lines:
        for r in csv.DictReader(lines):
            if r["severity_description"] == "Mild":
                continue
            kind = r["category_1"]
            known = {"any": 1}
            if "slurs" in kind or "orientation" in kind:
                known["hate"] = 1
            elif "sexual" in kind:
                known["sexual"] = 1
            else:
                known["profanity"] = 1
            rows.append((r["text"], only(**known), 0.3))
    return rows
