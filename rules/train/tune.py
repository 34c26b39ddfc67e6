"""Calibration, the probabilities from which the model speaks or doubts, and the gate."""
import numpy as np
from scipy.special import expit

import public
from features import GROUP_KEY, Stretches
from fit import logistic, platt
from heads import HEADS, INDEX
from pack import LEAST, STEP

# Shares of harmless lines that one head may touch.
CHAT_TOUCHED, COMMENTS_TOUCHED = 0.00007, 0.0004
RIGHT_FOR_WRONG = 40    # school messages never trained on: so many found for one wrongly touched
LEAST_SURE = 0.12       # it never speaks below
ANY_SURE = 0.3          # nor where a breach of any kind is less likely than this
DOUBTED = 0.015         # share of real breaches, caught by rules, that may be doubted
DANGER_DOUBTED = 0.006  # of those where somebody may be in danger; and at most half the others' level
DANGER = ("violence", "self_harm", "grooming", "disclosure")
GATE_LOST = 0.02        # share of what it would say that the gate may keep it from seeing
SCHOOL = ("corpus", "tests", "examples", "lines")


class Report:
    """Lines of the model card."""

    def __init__(self):
        self.heads, self.doubts = [], []


def calibrate(model, unseen, rows):
    """Platt's sigmoid from scores of rows that their fold's model had not seen."""
    centres = (LEAST + (np.arange(256) + 0.5) * STEP) / 256
    for h in range(len(HEADS)):
        known = rows.labels[:, h] >= 0
        a, b = platt(unseen[known, h], rows.labels[known, h], rows.weight[known])
        model.sure[h] = np.rint(expit(a * centres + b) * 65535).astype(np.int64)
        p = expit(a * unseen[known, h] + b)
        print(f"  {HEADS[h]:14} {int((rows.labels[:, h] == 1).sum()):6} positive, calibration a {a:.2f} b {b:.2f}, "
              f"mean sure {np.average(p, weights=rows.weight[known]):.4f} "
              f"true {np.average(rows.labels[known, h], weights=rows.weight[known]):.4f}")


def harmless(model, root, folder, binary):
    """Chat and comments that nothing was trained on, as (probabilities, whether the rules
    touch them): what the model may say and doubt is chosen on them."""
    from collect import SWEARING, touched_by_rules
    _, chat = public.halves(public.chat(folder))
    _, comments = public.halves(public.comments(folder))
    for texts in (chat, public.calm(comments, lambda t: bool(SWEARING.search(t)))):
        stretches = Stretches(binary, texts)
        sure = model.probability(model.scores(stretches.rows(model.row_bits)))
        yield sure, touched_by_rules(root, binary, texts)[stretches.line]


def thresholds(model, unseen, rows, data, root, binary, report):
    (chat, chat_touched), (comments, comments_touched) = harmless(model, root, data.folder, binary)
    school = np.isin(rows.kind, SCHOOL)
    real = np.isin(rows.kind, ("corpus", "tests"))
    sure = model.probability(unseen)
    any_ = INDEX["any"]
    model.raise_at[any_] = int(ANY_SURE * 65535)
    print("  head            raise at  corpus recall  precision   touched: corpus  chat  comments")
    for h in range(1, len(HEADS)):
        y = rows.labels[:, h]
        fine = real & (rows.labels == 0).all(axis=1)
        levels = np.unique(np.concatenate([sure[school, h], np.arange(int(LEAST_SURE * 65535), 65536, 328)]))
        for level in levels[levels >= LEAST_SURE * 65535]:
            said = (sure[:, h] >= level) & ((sure[:, any_] >= model.raise_at[any_]) | (HEADS[h] == "complaint"))
            right, wrong = int((said & real & (y == 1)).sum()), int((said & fine).sum())
            if (_touched(chat, h, any_, level, model) <= CHAT_TOUCHED
                    and _touched(comments, h, any_, level, model) <= COMMENTS_TOUCHED
                    and wrong <= right // RIGHT_FOR_WRONG):
                break
        else:
            level = 0
        model.raise_at[h] = level
        if level:
            positives = int((real & (y == 1)).sum())
            print(f"  {HEADS[h]:14} {level / 65535:8.3f}  {right:4} of {positives:4}   "
                  f"{right / max(right + wrong, 1):8.3f}   {wrong:4} of {int(fine.sum())}  "
                  f"{_touched(chat, h, any_, level, model):.5f}  {_touched(comments, h, any_, level, model):.5f}")
            report.heads.append(
                f"| {HEADS[h]} | {int((y == 1).sum())} | {level / 65535:.2f} | {right} of {positives} | {wrong} | "
                f"{int(fine.sum())} | {_touched(chat, h, any_, level, model):.5f} | "
                f"{_touched(comments, h, any_, level, model):.5f} |")
        else:
            print(f"  {HEADS[h]:14} never speaks")
            report.heads.append(f"| {HEADS[h]} | {int((y == 1).sum())} | never | | | | | |")
    _doubts(model, sure, rows, chat[chat_touched], comments[comments_touched], report)


def _touched(sure, h, any_, level, model):
    return float(((sure[:, h] >= level) & (sure[:, any_] >= model.raise_at[any_])).mean())


def _doubts(model, sure, rows, chat, comments, report):
    """chat, comments: those that the rules touch."""
    seen = np.isin(rows.kind, ("corpus", "tests", "examples")) & rows.touched
    danger = (rows.labels[:, [INDEX[h] for h in DANGER]] == 1).any(axis=1)
    breach = (rows.labels[:, 1:] == 1).any(axis=1)
    most = np.inf
    for name, bad, wanted in (("the rest", seen & breach & ~danger, DOUBTED), ("danger", seen & danger, DANGER_DOUBTED)):
        for lost in sorted({0.003, 0.005, 0.01, 0.02, 0.03, 0.05, wanted}):
            level = np.quantile(sure[bad, 0], lost)
            print(f"  doubt below {level / 65535:.4f}: {lost} of {int(bad.sum())} breaches ({name}), "
                  f"{(chat[:, 0] < level).mean():.3f} of {len(chat)} over-called chat, "
                  f"{(comments[:, 0] < level).mean():.3f} of {len(comments)} over-called comments")
        level = min(np.quantile(sure[bad, 0], wanted), most)
        most = level / 2
        report.doubts.append(
            f"Doubt ({name}): below {level / 65535:.3f} of any breach; {100 * (sure[bad, 0] < level).mean():.1f} % of {int(bad.sum())} real ones "
            f"that rules catch would be doubted, {100 * (chat[:, 0] < level).mean():.0f} % of {len(chat)} over-called chat "
            f"lines, {100 * (comments[:, 0] < level).mean():.0f} % of {len(comments)} over-called comments.\n")
        for h, head in enumerate(HEADS):
            if (head in DANGER) == (name == "danger"):
                model.doubt_at[h] = int(level)


def gate(model, stretches, rows, bits):
    """One byte a word or class: which stretches are worth the full look."""
    x = stretches.gate_rows(bits)
    sure = model.probability(model.scores(stretches.rows(model.row_bits)))
    speaks = ((sure >= np.maximum(model.raise_at, 1) * 0.7) & (model.raise_at > 0)).astype(bool)
    speaks[:, 0] = False
    y = (speaks.any(axis=1) | (rows.labels[:, 1:] == 1).any(axis=1)).astype(float)
    w, b = logistic(x, y, np.where(np.isin(rows.kind, SCHOOL), 4.0, 1.0), 1.0, steps=40)
    unit = float(np.abs(w).max()) / 127
    bytes_ = np.clip(np.rint(w / unit), -127, 127).astype(np.int8)
    mask = (1 << bits) - 1
    for key in stretches.groups:
        bytes_[key & mask] = bytes_[GROUP_KEY & mask]
    sums = x @ bytes_.astype(np.float32)
    loud = ((sure >= np.maximum(model.raise_at, 1)) & (model.raise_at > 0)).astype(bool)[:, 1:].any(axis=1)
    loud &= sure[:, 0] >= model.raise_at[0]
    model.gate = bytes_
    model.gate_from = int(np.floor(np.quantile(sums[loud & np.isin(rows.kind, SCHOOL)], GATE_LOST)))
    for kind in ("chat", "comments", "corpus"):
        at = rows.kind == kind
        print(f"  gate: {float((sums[at] >= model.gate_from).mean()):.3f} of {kind} looked at closely")
    print(f"  gate: {float((sums[loud] >= model.gate_from).mean()):.4f} of what would be said gets through")
