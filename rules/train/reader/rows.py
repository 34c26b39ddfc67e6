"""What the reader is trained on, and what nothing is trained on."""
import collections
import pathlib
import random
import sys

from labels import CATEGORIES, TARGETS, UNSAID, in_full, not_this, of_heads, target

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
import public  # noqa: E402
import school  # noqa: E402
from collect import HARMLESS, SWEARING, WHO  # noqa: E402
from heads import none_but  # noqa: E402

# text; what was said before it (or None); labels by READS; target by TARGETS or UNSAID; weight; kind; tag (a corpus row, or None)
Row = collections.namedtuple("Row", "text before labels target weight kind tag")
PUBLIC = ("chat", "comments", "davidson", "stormfront", "hatemoji", "hatexplain", "edos", "madlibs", "convabuse", "toxic",
          "sms", "presidio")
OFTEN = ("hatemoji", "convabuse")  # of these every epoch sees all
READINGS = 4  # of a line with choices
AMID = 0.2    # share of lines that are read after something that was said before


def swears(text):
    return bool(SWEARING.search(text))


def _public(folder):
    sets = {"chat": (public.self_dialogue(folder, 18000), 1), "comments": (public.goemotions(folder, 14000, swears), 1),
            "davidson": (public.davidson(folder, 5000, swears), 0.6), "stormfront": (public.stormfront(folder, 5000, swears), 0.6),
            "hatemoji": (public.hatemoji(folder, swears), 0.8), "hatexplain": (public.hatexplain(folder, 6000, swears), 0.6),
            "edos": (public.edos(folder, 6000, swears), 0.6), "madlibs": (public.madlibs(folder, 1500), 0.6),
            "convabuse": (public.convabuse(folder), 0.6), "toxic": (public.toxic_spans(folder, 1500), 0.5),
            "sms": (public.sms(folder), 0.8), "presidio": (public.presidio(folder), 0.3)}
    for kind in PUBLIC:
        found, weight = sets[kind]
        for text, heads, own in found:
            yield Row(text, None, of_heads(heads), UNSAID, own * weight, kind, None)


def _labelled(kind, rows, weight):
    for row in rows:
        yield Row(row["text"], (row.get("context") or [None])[-1], in_full(row["labels"]["categories"]), target(row), weight, kind, row)


def _even(row):
    return int(row["id"].split("-")[-1]) % 2 == 0


def to_train_on(root, shared):
    rows = list(_public(shared / "data"))
    rows += [Row(t.format(who), None, of_heads(none_but()), UNSAID, 0.3, "groups", None) for t in HARMLESS for who in WHO]
    rows += _labelled("corpus", (r for r in school.corpus(shared / "corpus") if _even(r)), 3.0)
    rows += _labelled("tests", school.tests(root / "tests/corpus"), 1.5)
    for text, category, yes in school.examples(root / "rules/detectors"):
        if category in CATEGORIES:
            rows.append(Row(text, None, in_full([category]) if yes else not_this(category), UNSAID, 1.0, "examples", None))
    for text, before, categories, about, weight in school.lines(root / "rules/train/lines", READINGS):
        rows.append(Row(text, before, in_full(categories), UNSAID if about is None else TARGETS.index(about), 1.5 * weight, "lines", None))
    return _amid_talk(rows)


def _amid_talk(rows):
    """Some after a message that has nothing to do with them, as in a busy channel."""
    chance = random.Random(school.SEED)
    talk = [r.text for r in rows if r.kind in ("lines", "chat") and not r.before]
    return [r if r.before or r.kind not in ("lines", "chat", "tests") or chance.random() >= AMID
            else r._replace(before=chance.choice(talk)) for r in rows]


def messages(rows):
    """In the corpus format, as far as pieces.Windows wants it."""
    return [{"text": r.text, "context": [r.before]} if r.before else r.text for r in rows]


def never_trained_on(root, shared):
    """Labelled school messages that choose the probabilities: the corpus's ids that are 1 modulo
    4, and rules/train/unseen."""
    return [*_labelled("corpus", (r for r in school.corpus(shared / "corpus") if not _even(r)), 1.0),
            *_labelled("unseen", school.tests(root / "rules/train/unseen"), 1.0)]


def harmless(shared):
    """Chat and calm comments of the halves that nothing is trained on: lists of texts."""
    _, chat = public.halves(public.chat(shared / "data"))
    _, comments = public.halves(public.comments(shared / "data"))
    return public.some(chat, 12000), public.some(public.calm(comments, swears), 6000)
