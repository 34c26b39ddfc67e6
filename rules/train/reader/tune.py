"""Chooses the reader's probabilities on messages that nothing is trained on."""
import struct

import numpy as np
from scipy.special import expit, softmax

from labels import AT, READS, TARGETS, UNSAID

# What one harmless message wrongly raised weighs against one breach found, by family; where
# a child may be in danger a miss weighs more.
COST = 1.5
DANGER_COST = 0.7
DANGER = ("threat.violence", "safeguarding.self_harm", "safeguarding.grooming", "safeguarding.disclosure")
COMMENT_COST = 0.5      # public comments are not school talk
LEAST_SURE = 0.15       # no head speaks below
ANY_SURE = 0.3          # nor where a breach of any kind is less likely than this
WITHIN = 0.6            # of the surest head's probability, from which others speak too
NEVER = ("spam.flood", "spam.raid", "conduct.reference", "personal_data.identifier", "personal_data.financial",
         "personal_data.credentials")  # patterns and behaviour know better
DOUBTED = 0.012         # share of real breaches, caught by rules, that it may doubt alone
DANGER_DOUBTED = 0.004
JOINED = 3.0            # times that level it may join the classifier's doubt
TARGET_RIGHT = 0.75     # share of targets that must be right where it says one
ASKED_LOST = 0.02       # share of what it would say for which it is not asked


class Judged:
    """Messages with what the reader and the rules say of them; a message's probability is its
    worst window's."""

    def __init__(self, rows, windows, touched):
        n, reads = len(rows), len(READS)
        self.rows = rows
        self.logits = np.full((n, reads), -20.0)
        np.maximum.at(self.logits, windows.line, windows.logits[:, :reads])
        worst = np.full(n, -1)
        for i in np.argsort(windows.logits[:, 0]):
            worst[windows.line[i]] = i
        self.about = windows.logits[worst][:, reads:]
        self.labels = np.array([r.labels for r in rows])
        self.target = np.array([r.target for r in rows])
        self.touched = touched
        self.action = [r.tag["labels"]["action"] if r.tag else "allow" for r in rows]
        self.breach = np.array([a not in ("allow", "note") for a in self.action])
        self.harmless = np.array([a == "allow" for a in self.action])


def platt(score, y):
    """a, b of sigmoid(a * score + b)."""
    from scipy.optimize import minimize

    def loss(theta):
        z = theta[0] * score + theta[1]
        pull = expit(z) - y
        return np.logaddexp(0, np.where(y == 1, -z, z)).sum() + 0.05 * (theta[0] - 1) ** 2, np.array(
            [pull @ score + 0.1 * (theta[0] - 1), pull.sum()])

    return minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0.2, 3), (-6, 6)]).x


def calibrate(calibration, seen):
    for h in range(len(READS)):
        known = seen.labels[:, h] != UNSAID
        if seen.labels[known, h].sum() >= 8:
            calibration.a[h], calibration.b[h] = map(float, platt(seen.logits[known, h], seen.labels[known, h]))


def probability(calibration, logits):
    return expit(np.array(calibration.a) * logits + np.array(calibration.b))


def raise_levels(calibration, seen, chat, comments, say):
    """For each head the probability from which finding more breaches is worth the harmless
    messages it would touch."""
    p, quiet = probability(calibration, seen.logits), ~seen.touched
    harmless = [probability(calibration, x.logits)[~x.touched] for x in (chat, comments)]
    calibration.raise_at[0] = ANY_SURE
    calibration.raise_within = WITHIN
    for h, name in enumerate(READS):
        if h == 0 or name in NEVER:
            continue
        cost = DANGER_COST if name in DANGER else COST
        is_any = p[:, 0] >= ANY_SURE
        mine = quiet & is_any & (seen.labels[:, h] == 1)
        also = quiet & is_any & seen.breach & (seen.labels[:, h] != 1)
        wrong = quiet & is_any & seen.harmless
        if name == "defamation.complaint":
            mine, also = quiet & (seen.labels[:, h] == 1), np.zeros_like(quiet)
        lines = [x[:, h][x[:, 0] >= ANY_SURE] for x in harmless]
        best, level = 0.0, 0.0
        for at in np.unique(np.round(np.concatenate([[LEAST_SURE], p[mine, h]]), 4)):
            if at < LEAST_SURE:
                continue
            gain = (p[mine, h] >= at).sum() + 0.3 * (p[also, h] >= at).sum()
            loss = 0.5 + (p[wrong, h] >= at).sum() + (lines[0] >= at).sum() + COMMENT_COST * (lines[1] >= at).sum()
            if gain - cost * loss > best:
                best, level = gain - cost * loss, float(at)
        calibration.raise_at[h] = level
        if level:
            say(f"| {name} | {level:.2f} | {(p[mine, h] >= level).sum()} of {mine.sum()} | {(p[wrong, h] >= level).sum()} | "
                f"{wrong.sum()} | {(lines[0] >= level).sum()} | {(lines[1] >= level).sum()} |")
        else:
            say(f"| {name} | never | | | | | |")


def raised(calibration, judged):
    p = probability(calibration, judged.logits)
    levels = np.array(calibration.raise_at)
    speaks = (p >= levels) & (levels > 0) & (p[:, :1] >= ANY_SURE)
    speaks[:, 0] = False
    speaks[:, AT["defamation.complaint"]] = False
    return speaks.any(axis=1)


def doubt_levels(calibration, seen, say):
    p = probability(calibration, seen.logits)
    danger = (seen.labels[:, [AT[d] for d in DANGER]] == 1).any(axis=1)
    for name, bad, share in (("the rest", seen.touched & seen.breach & ~danger, DOUBTED),
                             ("danger", seen.touched & seen.breach & danger, DANGER_DOUBTED)):
        level = float(np.quantile(p[bad, 0], share))
        fine = seen.touched & seen.harmless
        say(f"Doubts alone ({name}) below {level:.3f}: {(p[bad, 0] < level).sum()} of {bad.sum()} breaches that rules catch, "
            f"{(p[fine, 0] < level).sum()} of {fine.sum()} harmless messages that they touch.")
        for h, head in enumerate(READS):
            if (head in DANGER) == (name == "danger"):
                calibration.doubt_alone_at[h] = level
                calibration.doubt_at[h] = min(level * JOINED, 0.5)


def target_level(calibration, seen, say):
    known = seen.target != UNSAID
    p = softmax(seen.about[known], axis=1)
    right = p.argmax(axis=1) == seen.target[known]
    for level in np.arange(0.3, 0.95, 0.05):
        says = p.max(axis=1) >= level
        if right[says].mean() >= TARGET_RIGHT:
            break
    calibration.target_from = float(level)
    say(f"Targets: {right.mean():.2f} of {known.sum()} right; {right[says].mean():.2f} where it is {level:.2f} sure ({says.mean():.2f}).")


class Classifier:
    """Of rules/model/model.bin: the gate and the probability of any breach."""

    def __init__(self, path):
        raw = path.read_bytes()
        gate_bits, self.row_bits, self.gate_from, _, self.scale, _ = struct.unpack_from("<IIiIII", raw, 8)
        heads = 16
        at = 32
        self.bias = np.frombuffer(raw, "<i4", heads, at)[0]
        at += heads * (4 + 2 + 2)
        self.sure = np.frombuffer(raw, "<u2", heads * 256, at).reshape(heads, 256)[0]
        at += heads * 512 + 8
        self.gate_bits = gate_bits
        self.gate = np.frombuffer(raw, np.int8, 1 << gate_bits, at).astype(np.float32)
        self.rows = np.frombuffer(raw, np.int8, heads << self.row_bits, at + (1 << gate_bits)).reshape(-1, heads)[:, 0]

    def look(self, stretches, count):
        """By text: the highest sum of the gate and the highest probability of any breach (0 .. 1)."""
        gate = stretches.gate_rows(self.gate_bits) @ self.gate
        score = stretches.rows(self.row_bits) @ (self.rows.astype(np.float32) * (self.scale / 65536)) + self.bias
        sure = self.sure[np.clip(np.floor((score + 2048) / 16), 0, 255).astype(int)] / 65535
        sums, most = np.full(count, -1e9), np.zeros(count)
        np.maximum.at(sums, stretches.line, gate)
        np.maximum.at(most, stretches.line, sure)
        return sums, most


def asked(calibration, seen, chat, looks, say):
    """From which of the classifier's numbers on the reader is asked; looks: of seen and of chat."""
    wanted = (raised(calibration, seen) & seen.breach & ~seen.touched)
    (sums, sure), (chat_sums, chat_sure) = looks
    calibration.gate_from = int(np.floor(np.quantile(sums[wanted], ASKED_LOST / 2)))
    calibration.reader_from = float(np.quantile(sure[wanted], ASKED_LOST / 2))
    gate, most = chat_sums >= calibration.gate_from, chat_sure >= calibration.reader_from
    through = (sums >= calibration.gate_from) & (sure >= calibration.reader_from)
    say(f"Asked from {calibration.gate_from} of the gate and {calibration.reader_from:.4f} of any breach: "
        f"{through[wanted].mean():.3f} of what it would say, {(gate & most).mean():.4f} of chat ({gate.mean():.4f} by the gate).")
