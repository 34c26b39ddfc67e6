"""The model's heads and how taxonomy categories map to them."""

HEADS = ["any", "profanity", "insult", "bullying", "hate", "sexual", "violence", "intimidation",
         "self_harm", "grooming", "disclosure", "allegation", "disparagement", "complaint",
         "illegal", "promotion"]
INDEX = {name: i for i, name in enumerate(HEADS)}

OF_CATEGORY = {
    "abuse.profanity": "profanity", "abuse.insult": "insult", "abuse.bullying": "bullying",
    "abuse.hate": "hate", "abuse.sexual": "sexual", "threat.violence": "violence",
    "threat.intimidation": "intimidation", "safeguarding.self_harm": "self_harm",
    "safeguarding.grooming": "grooming", "safeguarding.contact": "grooming",
    "safeguarding.disclosure": "disclosure", "defamation.allegation": "allegation",
    "defamation.disparagement": "disparagement", "defamation.complaint": "complaint",
    "illegal.drugs": "illegal", "illegal.criminal": "illegal", "illegal.gambling": "illegal",
    "conduct.promotion": "promotion", "security.phishing": "promotion",
}

# Heads that a line of the first says nothing about: people would differ.
_BLURRED = {
    "profanity": ["insult"], "insult": ["bullying", "profanity", "disparagement", "hate"],
    "bullying": ["insult", "intimidation", "hate"], "hate": ["insult", "bullying", "profanity", "violence"],
    "sexual": ["insult", "profanity", "bullying"], "violence": ["intimidation", "bullying", "self_harm"],
    "intimidation": ["violence", "bullying"], "self_harm": ["bullying", "disclosure"],
    "grooming": ["sexual", "disclosure"], "disclosure": ["allegation", "grooming", "violence"],
    "allegation": ["disparagement", "disclosure", "insult"], "disparagement": ["insult", "allegation"],
    "complaint": [], "illegal": ["promotion", "allegation"], "promotion": ["illegal"],
}
# Personal data may stand in any of these; the rules know it, the model does not.
UNSAID = -1


def of_categories(categories):
    """Labels of a line that was labelled in full: 1, 0, or -1 for 'not said'."""
    labels = [0] * len(HEADS)
    if not categories or categories == ["conduct.reference"]:
        return labels
    heads = {OF_CATEGORY[c] for c in categories if c in OF_CATEGORY}
    labels[0] = 1
    if all(c.startswith(("personal_data.", "spam.")) for c in categories):
        labels[0] = UNSAID
    if heads == {"complaint"}:
        labels[0] = UNSAID
    for head in heads:
        for other in _BLURRED[head]:
            labels[INDEX[other]] = UNSAID
    for head in heads:
        labels[INDEX[head]] = 1
    return labels


def only(**known):
    """Nothing is said but what is named: only(any=1, hate=1)."""
    labels = [UNSAID] * len(HEADS)
    for name, value in known.items():
        labels[INDEX[name]] = value
    return labels


def none_but(*unsaid):
    """Harmless; of the named heads nothing is said."""
    labels = [0] * len(HEADS)
    for name in unsaid:
        labels[INDEX[name]] = UNSAID
    return labels
