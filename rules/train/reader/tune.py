"""Chooses the reader's probabilities on messages that nothing is trained on."""
import struct

import numpy as np
from scipy.special import expit, softmax

from labels import AT, READS, TARGETS, UNSAID

# From which logit of both() it speaks: the table that is printed (and stands in the card) has
# what others come to.
SPEAKS = 1.0
LEVELS = (0.0, 0.4, 0.7, 1.0, 1.3, 1.6, 2.0)
# By how much sooner or later some kinds do: where a child may be in danger a miss weighs more;
# what patterns know better it says only when it is sure.
OTHERWISE = {"threat.violence": -0.7, "safeguarding.self_harm": -0.7, "safeguarding.grooming": -0.7,
             "safeguarding.disclosure": -0.7, "safeguarding.contact": -0.7, "safeguarding.underage": 1.4,
             "personal_data.contact": 0.6, "personal_data.credentials": 0.6}
OWN_SURE = 0.04         # below it, it does not know which kind
WITHIN = 0.5            # of the surest category's probability, from which others speak too
COMPLAINT_RIGHT = 0.9   # share of complaints that must be right
DANGER = ("threat.violence", "safeguarding.self_harm", "safeguarding.grooming", "safeguarding.disclosure")
NEVER = ("spam.flood", "spam.raid", "conduct.reference", "personal_data.identifier",
         "personal_data.financial")  # behaviour and patterns know better: it cannot read numbers
DOUBTED = 0.02          # share of real breaches, caught by rules, that it may doubt alone
DANGER_DOUBTED = 0.02
SURE_RULES = ("spam.", "conduct.reference", "defamation.complaint", "personal_data.contact",
              "personal_data.identifier", "personal_data.financial", "personal_data.credentials",
              "conduct.impersonation")  # are not doubted; who may speak for the school is not in the words
JOINED = 3.0            # times that level it may join the classifier's doubt
TARGET_RIGHT = 0.75     # share of targets that must be right where it says one
HURRIED_CHAT = 0.1      # share of the chat that the classifier looks at closely for which it is asked in a hurry


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


def both(calibration, logits):
    """That it is a breach and of this kind, as rules/reader/reader.c has it: logits."""
    z = np.array(calibration.a) * logits + np.array(calibration.b)
    return z[:, :1] + z / 2


def _speaks(calibration, judged):
    """By message: whether it would speak of a breach."""
    levels = np.array(calibration.raise_at)
    speaks = (expit(both(calibration, judged.logits)) >= levels) & (levels > 0)
    speaks &= probability(calibration, judged.logits) >= calibration.own_from
    speaks[:, [0, AT["defamation.complaint"]]] = False
    return speaks.any(axis=1)


def raise_levels(calibration, seen, chat, comments, say):
    calibration.raise_within = WITHIN
    calibration.own_from = OWN_SURE
    complaint = AT["defamation.complaint"]
    p = probability(calibration, seen.logits)[:, complaint]
    known = seen.labels[:, complaint] != UNSAID
    for level in np.arange(0.3, 0.95, 0.05):
        said = known & (p >= level)
        if seen.labels[said, complaint].mean() >= COMPLAINT_RIGHT:
            break
    least = float(level)
    quiet, danger = ~seen.touched, (seen.labels[:, [AT[d] for d in DANGER]] == 1).any(axis=1)
    kind = np.array([r.kind for r in seen.rows])
    for level in (*LEVELS, SPEAKS):
        for h, name in enumerate(READS):
            calibration.raise_at[h] = 0.0 if h == 0 or name in NEVER else float(expit(level + OTHERWISE.get(name, 0.0)))
        calibration.raise_at[complaint] = least
        speaks = _speaks(calibration, seen)

        def share(which):
            return f"{speaks[which & quiet].mean():.3f}"

        say(f"| {level:.2f} | {share(seen.breach & danger)} | {share(seen.breach & ~danger)} | "
            f"{share((kind == 'corpus') & seen.harmless)} | {share((kind == 'unseen') & seen.harmless)} | "
            f"{_speaks(calibration, chat)[~chat.touched].mean():.4f} | "
            f"{_speaks(calibration, comments)[~comments.touched].mean():.4f} |")


def doubt_levels(calibration, seen, say):
    p = probability(calibration, seen.logits)
    danger = (seen.labels[:, [AT[d] for d in DANGER]] == 1).any(axis=1)
    most = np.inf
    for name, bad, share in (("the rest", seen.touched & seen.breach & ~danger, DOUBTED),
                             ("danger", seen.touched & seen.breach & danger, DANGER_DOUBTED)):
        level = min(float(np.quantile(p[bad, 0], share)), most)
        most = level / 2
        fine = seen.touched & seen.harmless
        say(f"Doubts alone ({name}) below {level:.3f}: {(p[bad, 0] < level).sum()} of {bad.sum()} breaches that rules catch, "
            f"{(p[fine, 0] < level).sum()} of {fine.sum()} harmless messages that they touch.")
        for h, head in enumerate(READS):
            if (head in DANGER) == (name == "danger") and not head.startswith(SURE_RULES):
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


def asked(calibration, classifier, seen, chat, looks, say):
    """In a hurry: from which of the classifier's probabilities of any breach the reader is
    asked; looks: the classifier's numbers of seen and of chat."""
    wanted = _speaks(calibration, seen) & seen.breach & ~seen.touched
    (sums, sure), (chat_sums, chat_sure) = looks
    calibration.gate_from = classifier.gate_from  # a closer look for the reader alone costs too much
    calibration.reader_from = float(np.quantile(chat_sure[chat_sums >= classifier.gate_from], 1 - HURRIED_CHAT))
    through = (sums >= classifier.gate_from) & (sure >= calibration.reader_from)
    chat_through = (chat_sums >= classifier.gate_from) & (chat_sure >= calibration.reader_from)
    say(f"In a hurry it is asked from {calibration.reader_from:.3f} of any breach, by the classifier: of "
        f"{through[wanted].mean():.2f} of what it would say, and of {chat_through.mean():.4f} of chat.")
