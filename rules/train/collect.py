"""Everything that is trained on, as one list of texts with labels, weights and folds."""
import collections
import json
import os
import random
import re
import subprocess

import numpy as np

import public
import school
from heads import HEADS, UNSAID, none_but, of_categories, only, OF_CATEGORY

FOLDS = 3
SWEARING = re.compile(r"\b(\w*fuck\w*|\w*shit\w*|bitch\w*|cunt\w*|ass|asses|asshole\w*|dick\w*|bastard\w*|piss\w*|wank\w*|"
                      r"cock|pussy|whore\w*|slut\w*|fag\w*|retard\w*|nigg\w*|crap|damn|idiot\w*|moron\w*|stupid|dumb\w*)\b", re.I)
# Templates that say something harmless about a group; filled with each of WHO.
HARMLESS = ["I am {}", "my mum is {}", "proud to be {}", "our new neighbours are {}", "she is {} and so is her sister",
            "a {} family moved in next door", "the {} society meets on Tuesday", "my best friend is {}",
            "there is a talk about being {} in the library", "as a {} parent I really liked the assembly",
            "happy to see {} people in the new books", "is there a group for {} families?",
            "my son's teacher is {} and she is brilliant", "we learned about {} history today",
            "he came out as {} and everybody was lovely", "can {} pupils use the quiet room at lunch?",
            "the {} team won again", "my cousin is marrying a {} man", "being {} is nothing to hide",
            "the head told us that {} children are welcome here"]
WHO = ["gay", "lesbian", "bisexual", "trans", "queer", "straight", "non-binary", "Muslim", "Jewish", "Christian", "Hindu",
       "Sikh", "Buddhist", "atheist", "Catholic", "black", "white", "Asian", "mixed race", "African", "Polish", "Romanian",
       "Pakistani", "Indian", "Chinese", "Nigerian", "Irish", "Scottish", "Welsh", "Bangladeshi", "Turkish", "Syrian",
       "deaf", "blind", "autistic", "disabled", "dyslexic", "Traveller", "Gypsy", "Roma", "old", "young", "female", "male"]


class Data:
    def __init__(self):
        self.texts, self.labels, self.weights, self.kind, self.tags = [], [], [], [], []

    def add(self, kind, rows, weight=1.0, tag=None):
        for text, labels, own in rows:
            self.texts.append(text)
            self.labels.append(labels)
            self.weights.append(own * weight)
            self.kind.append(kind)
            self.tags.append(tag)

    def summary(self):
        return ", ".join(f"{kind} {n}" for kind, n in collections.Counter(self.kind).items())

    def spread(self, stretches):
        """Labels, weights and folds by stretch."""
        return Spread(self, stretches)


class Spread:
    def __init__(self, data, stretches):
        labels = np.array(data.labels, dtype=np.int8)
        weight = np.array(data.weights)
        parts = np.bincount(stretches.line, minlength=len(data.texts))
        self.line = stretches.line
        self.labels = labels[stretches.line].copy()
        self.weight = weight[stretches.line].copy()
        many = parts[stretches.line] > 1
        # Which part of a long message is the bad one is not said.
        self.weight[many & (self.labels == 1).any(axis=1)] /= parts[stretches.line][many & (self.labels == 1).any(axis=1)]
        chance = random.Random(99)
        fold = np.array([chance.randrange(FOLDS) for _ in data.texts])
        self.fold = fold[stretches.line]
        self.kind = np.array(data.kind)[stretches.line]
        self.touched = data.touched[stretches.line]
        self.twin = _twins(data, fold)[stretches.line]


def _words(text):
    return frozenset(re.findall(r"[a-z0-9]+", text.lower()))


def _twins(data, fold):
    """For each text and fold: whether it is nearly one of that fold's corpus lines (the
    rules' examples quote some), so that it must not be trained on when they are judged."""
    twin = np.zeros((len(data.texts), FOLDS), dtype=bool)
    corpus = [(i, _words(data.texts[i])) for i, k in enumerate(data.kind) if k == "corpus"]
    by_word = collections.defaultdict(list)
    for i, words in corpus:
        for w in words:
            by_word[w].append(i)
    sets = dict(corpus)
    for i, kind in enumerate(data.kind):
        if kind not in ("examples", "lines", "tests"):
            continue
        words = _words(data.texts[i])
        shared = collections.Counter(j for w in words for j in by_word.get(w, ()))
        for j, n in shared.items():
            if n >= 0.5 * min(len(words), len(sets[j])) and n >= 3:
                twin[i, fold[j]] = True
    return twin


def touched_by_rules(root, binary, texts):
    """Whether the rules alone would touch each text."""
    data = root / "build/rules-only"
    data.mkdir(parents=True, exist_ok=True)
    for part in ("lexicon", "detectors", "policies"):
        if not (data / part).is_symlink():
            (data / part).symlink_to(root / "rules" / part)
    sent = "".join(json.dumps({"id": str(i), "text": t}, ensure_ascii=False) + "\n" for i, t in enumerate(texts))
    run = subprocess.run([binary, "check"], input=sent.encode("utf-8", "replace"), stdout=subprocess.PIPE, check=True,
                         env={**os.environ, "HM_DATA": str(data)})
    verdicts = [json.loads(line) for line in run.stdout.decode().splitlines() if line.strip()]
    return np.array([v["action"] not in ("allow", "note") for v in verdicts])


def collect(root, shared, binary):
    data, folder = Data(), shared / "data"
    data.folder = folder

    def swears(text):
        return bool(SWEARING.search(text))

    data.add("chat", public.self_dialogue(folder, 12000))
    data.add("comments", public.goemotions(folder, 12000, swears))
    data.add("davidson", public.davidson(folder, 6000, swears))
    data.add("stormfront", public.stormfront(folder, 5000, swears))
    data.add("hatemoji", public.hatemoji(folder, swears))
    data.add("hatexplain", public.hatexplain(folder, 6000, swears))
    data.add("edos", public.edos(folder, 6000, swears))
    data.add("madlibs", public.madlibs(folder, 3000))
    data.add("convabuse", public.convabuse(folder))
    data.add("toxic", public.toxic_spans(folder, 3000))
    data.add("sms", public.sms(folder))
    data.add("presidio", public.presidio(folder))
    data.add("profanities", public.profanities(folder))
    data.add("groups", [(t.format(w), none_but(), 0.3) for t in HARMLESS for w in WHO])

    # What the rules wrongly touch is what the model must know best.
    for kind, texts in (("over-called chat", public.halves(public.chat(folder))[0]),
                        ("over-called comments", public.calm(public.halves(public.comments(folder))[0], swears))):
        over = touched_by_rules(root, binary, texts)
        data.add(kind, [(t, none_but(), 1.0) for t, o in zip(texts, over) if o], weight=6.0 if "chat" in kind else 2.0)

    for row in school.corpus(shared / "corpus"):
        data.add("corpus", [(row["text"], of_categories(row["labels"]["categories"]), 1.0)], weight=6.0, tag=row)
    for row in school.tests(root / "tests/corpus"):
        data.add("tests", [(row["text"], of_categories(row["labels"]["categories"]), 1.0)], weight=4.0)
    for text, category, yes in school.examples(root / "rules/detectors"):
        head = OF_CATEGORY.get(category)
        if yes:
            labels = of_categories([category])
        else:
            labels = only(**{head: 0}) if head else [UNSAID] * len(HEADS)
        data.add("examples", [(text, labels, 1.0)], weight=3.0)
    data.add("lines", ((t, of_categories(c), w) for t, before, c, _, w in school.lines(root / "rules/train/lines", 12) if not before), weight=6.0)
    data.touched = touched_by_rules(root, binary, data.texts)
    return data
