"""What the reader says of a message: whether it is a breach at all, then each category."""
import pathlib
import re
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from heads import INDEX, OF_CATEGORY  # noqa: E402

# In the order of enum category.
_TAXONOMY = pathlib.Path(__file__).resolve().parents[2] / "taxonomy.h"
CATEGORIES = re.findall(r'^    X\(\w+, \w+, "([a-z_]+\.[a-z_]+)"', _TAXONOMY.read_text(), flags=re.M)
READS = ["any", *CATEGORIES]
AT = {name: i for i, name in enumerate(READS)}
TARGETS = ["none", "staff", "pupil", "parent", "school", "self", "other"]  # the order of enum target
UNSAID = -1

# Categories that a line labelled with the first says nothing about: people would differ.
_BLURRED = {
    "abuse.profanity": ["abuse.insult"],
    "abuse.insult": ["abuse.bullying", "abuse.profanity", "defamation.disparagement", "abuse.hate"],
    "abuse.bullying": ["abuse.insult", "threat.intimidation", "abuse.hate", "personal_data.image"],
    "abuse.hate": ["abuse.insult", "abuse.bullying", "abuse.profanity", "threat.violence"],
    "abuse.sexual": ["abuse.insult", "abuse.profanity", "abuse.bullying"],
    "threat.violence": ["threat.intimidation", "abuse.bullying", "safeguarding.self_harm", "illegal.criminal"],
    "threat.intimidation": ["threat.violence", "abuse.bullying"],
    "safeguarding.self_harm": ["abuse.bullying", "safeguarding.disclosure"],
    "safeguarding.grooming": ["abuse.sexual", "safeguarding.disclosure", "safeguarding.contact"],
    "safeguarding.contact": ["safeguarding.grooming"],
    "safeguarding.disclosure": ["defamation.allegation", "safeguarding.grooming", "threat.violence", "personal_data.special"],
    "defamation.allegation": ["defamation.disparagement", "safeguarding.disclosure", "abuse.insult", "conduct.confidential"],
    "defamation.disparagement": ["abuse.insult", "defamation.allegation"],
    "illegal.drugs": ["illegal.criminal", "conduct.promotion"], "illegal.criminal": ["illegal.drugs"],
    "illegal.gambling": ["conduct.promotion"], "conduct.promotion": ["security.phishing"],
    "security.phishing": ["conduct.promotion", "conduct.impersonation"],
    "personal_data.pupil": ["personal_data.special", "conduct.reference"],
    "personal_data.special": ["personal_data.pupil", "conduct.confidential", "safeguarding.disclosure"],
    "personal_data.image": ["personal_data.pupil"],
    "conduct.confidential": ["defamation.allegation", "personal_data.special"],
    "conduct.impersonation": ["security.phishing"],
}
# Of several categories that share a head of rules/train/heads.py, the one a public set's label means.
_MEANT = {"promotion": "conduct.promotion", "grooming": "safeguarding.grooming", "illegal": "illegal.criminal"}


def in_full(categories):
    """Labels of a line that was labelled in full: 1, 0, or UNSAID."""
    labels = [0] * len(READS)
    if not categories or categories == ["conduct.reference"]:
        return labels
    known = all(c.startswith(("spam.", "conduct.reference")) or c == "defamation.complaint" for c in categories)
    labels[0] = UNSAID if known else 1
    for c in categories:
        for other in _BLURRED.get(c, ()):
            labels[AT[other]] = UNSAID
    for c in categories:
        labels[AT[c]] = 1
    return labels


def of_heads(heads):
    """Labels of a public line, from its labels by head."""
    if not any(heads):
        return [0] * len(READS)
    labels = [UNSAID] * len(READS)
    labels[0] = heads[0]
    for category, head in OF_CATEGORY.items():
        value = heads[INDEX[head]]
        labels[AT[category]] = UNSAID if value == 1 and _MEANT.get(head, category) != category else value
    return labels


def not_this(category):
    """Nothing is said but that it is none of this category."""
    labels = [UNSAID] * len(READS)
    labels[AT[category]] = 0
    return labels


def target(row):
    """Of a corpus row: index of TARGETS, or UNSAID."""
    name = row["labels"].get("target")
    return TARGETS.index(name) if row["labels"]["categories"] and name in TARGETS else UNSAID
