"""Writes rules/model/MODEL_CARD.md, so that it always speaks of the model beside it."""
import collections

from heads import HEADS

SOURCES = [
    ("chat, over-called chat", "self_dialogue_corpus (jfainberg), part", "BSD-3-Clause"),
    ("comments, over-called comments", "GoEmotions (monologg/GoEmotions-pytorch)", "Apache-2.0"),
    ("davidson", "hate-speech-and-offensive-language (t-davidson)", "MIT"),
    ("stormfront", "hate-speech-dataset (Vicomtech)", "CC BY-SA 3.0"),
    ("hatemoji", "HatemojiBuild (HannahKirk)", "CC BY 4.0"),
    ("hatexplain", "HateXplain (mirror: Media-Bias-Group)", "MIT; mirror Apache-2.0"),
    ("edos", "EDOS (rewire-online)", "CC0 1.0"),
    ("madlibs", "unintended-ml-bias-analysis (conversationai)", "Apache-2.0"),
    ("convabuse", "ConvAbuse (amandacurry)", "CC BY 4.0"),
    ("toxic", "toxic_spans (ipavlopoulos)", "CC0"),
    ("sms", "SMS Spam Collection (UCI), half", "CC BY 4.0"),
    ("presidio", "presidio-research (microsoft)", "MIT"),
    ("profanities", "surge-ai/profanity", "MIT"),
    ("groups", "harmless templates about 44 groups, rules/train/collect.py", "this project"),
    ("corpus", "labelled school messages, ids not 3 modulo 4", "this project"),
    ("tests", "tests/corpus", "this project"),
    ("examples", "yes and no of rules/detectors", "this project"),
    ("lines", "rules/train/lines, with their choices written out", "this project"),
]

TEXT = """# The classifier's model

Written by `rules/train/train` together with `model.bin` ({size:,} bytes, SHA-256 `{digest}`).

**What it is.** One logistic regression a head over hashed features of the normalised text: words and
pairs of words, the 3- to 5-letter pieces of words, the lexicon classes that a stretch of text belongs
to, alone and together with whom it is about. 2^{row_bits} slots of {heads} signed bytes, summed in integers; a
score passes through a table calibrated by Platt's method on rows that their model had not seen
({folds} folds). A gate of one byte a word spares harmless talk the full look.

**What it is for.** To pass to a person, more mildly than a rule would, what reads like a breach although
no rule spoke; and to doubt a rule's finding in talk that reads as harmless. It decides nothing alone:
the school's policy says what is done.

**What it must not be used for.** Judging people, other languages than English, texts much longer than
chat messages, or anything without a person who can undo it.

**Fairness.** Words and phrases of the lexicon's `group.*` classes all read as one and the same feature,
and names as another, so that swapping them moves nothing; harmless templates about {groups} were
trained on. Other words for a group, and dialects, are not covered by this: the public sets over-mark
some of them, which is why their weight is small. tests/unit/classify holds 40 templates with 44 groups
in which it must not speak.

**Limits.** The school's own kinds (allegation, disclosure, grooming, ...) are learnt from a few hundred
messages and made-up lines by few authors; among messages of other voices it finds less than the
table says. Sarcasm, context and anything that hangs on earlier messages escape it.

## What it was trained on

Seed fixed in `rules/train`; the same data and libraries give the same bytes. Even rows of the chat and
comments are trained on, odd ones choose the probabilities from which it speaks. "Over-called" are
harmless lines of them that the rules touch.

| kind | source | licence | rows |
|---|---|---|---:|
{sources}

## What it does

Figures over messages that the model judging them was not trained on (cross-validation; messages of
the labelled corpus and of tests/corpus). "Touched" is the share of unseen harmless lines.

| head | trained on | speaks from | finds of the school's | wrongly | of harmless | chat touched | comments touched |
|---|---:|---:|---:|---:|---:|---:|---:|
{rows}

{doubts}
"""


def write(path, data, report, bytes_, digest, row_bits, folds):
    counts = collections.Counter(data.kind)
    sources = "\n".join(f"| {kinds} | {source} | {licence} | {sum(counts[k] for k in kinds.split(', '))} |"
                        for kinds, source, licence in SOURCES)
    path.write_text(TEXT.format(size=len(bytes_), digest=digest, row_bits=row_bits, heads=len(HEADS), folds=folds,
                                groups="44 groups", sources=sources, rows="\n".join(report.heads),
                                doubts="\n".join(report.doubts)), encoding="utf-8")
