"""School messages: the labelled corpus (its training part), the rules' own examples,
the project's test corpora, and the lines of rules/train/lines.
"""
import itertools
import json
import random
import re

import yaml

SEED = 711


def is_held_out(identity):
    """Ids that end on 3 modulo 4 are never trained or tuned on."""
    return int(identity.split("-")[-1]) % 4 == 3


def corpus(folder):
    for path in sorted(folder.glob("*.ndjson")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if not is_held_out(row["id"]) and not row.get("ambiguous"):
                yield row


def tests(folder):
    for path in sorted(folder.glob("*.ndjson")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if not row.get("ambiguous"):
                yield row


BRACES = re.compile(r'^\{((?:[^"}]|"[^"]*")*)\}\s*')


def examples(folder):
    """(text, category or None, True for a `yes`)."""
    for path in sorted(folder.glob("*.yaml")):
        text = re.sub(r"^(\s+(?:match|unless|when):).*$", "", path.read_text(encoding="utf-8"), flags=re.M)
        text = re.sub(r"^(\s+also:\s*\n(?:\s+- \[.*\n)*)|^\s+also:.*$", "", text, flags=re.M)
        for kind, line in re.findall(r"^  (category|yes|no):(.*(?:\n(?:    |   )\S.*)*)", text, flags=re.M):
            if kind == "category":
                category = line.strip()
                continue
            for example in yaml.safe_load(line):
                yield BRACES.sub("", str(example)), category, kind == "yes"


CHOICE = re.compile(r"\{([^{}]*)\}")


def expand(template, most, chance):
    """Up to `most` different readings of a line with {a|b|} choices."""
    parts = CHOICE.split(template)
    choices = [p.split("|") if i % 2 else [p] for i, p in enumerate(parts)]
    total = 1
    for c in choices:
        total *= len(c)
    if total <= most:
        made = ["".join(p) for p in itertools.product(*choices)]
    else:
        made = sorted({"".join(chance.choice(c) for c in choices) for _ in range(most)})
    return [re.sub(r"\s+", " ", m).strip() for m in made]


def lines(folder, most):
    """(text, before, categories, target, weight) of rules/train/lines/*.txt: '[category category > target]'
    or '[-]', then a template a line; target may be left out (None). 'before => text': what was said
    before it, else None.

    Words between $ signs ($staff$) are lists of names.txt."""
    chance = random.Random(SEED)
    lists = {}
    for line in (folder / "names.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, words = line.split("=", 1)
            lists[name.strip()] = "{" + words.strip() + "}"
    for path in sorted(folder.glob("*.txt")):
        if path.name == "names.txt":
            continue
        categories, target = [], None
        for line in path.read_text(encoding="utf-8").splitlines():
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("["):
                named, _, about = line.strip("[]").partition(">")
                categories, target = [c for c in named.split() if c != "-"], about.strip() or None
                continue
            template = re.sub(r"\$(\w+)\$", lambda m: lists[m.group(1)], line)
            made = expand(template, most, chance)
            for text in made:
                before, answers, said = text.partition(" => ")
                yield said if answers else text, before if answers else None, categories, target, 1.0 / len(made) ** 0.5
