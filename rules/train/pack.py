"""The model file: rules/classify/model.h says what is in it."""
import struct

import numpy as np

from heads import HEADS

STEPS, LEAST, STEP = 256, -2048, 16


def fnv(bytes_):
    h = 0xCBF29CE484222325
    for b in bytes_:
        h = ((h ^ b) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


class Model:
    def __init__(self, weights, bias, row_bits, gate_bits):
        # The few weights beyond are cut, so that the many small ones keep their places.
        most = max(float(np.quantile(np.abs(weights[weights != 0]), 0.9995)), 1e-6)
        self.unit = most / 127
        self.rows = np.clip(np.rint(weights / self.unit), -127, 127).astype(np.int8)
        self.bias = np.rint(bias * 256).astype(np.int64)
        self.row_bits, self.gate_bits = row_bits, gate_bits
        self.gate = np.zeros(1 << gate_bits, dtype=np.int8)
        self.gate_from = -(1 << 30)
        self.raise_at = np.zeros(len(HEADS), dtype=np.int64)
        self.doubt_at = np.zeros(len(HEADS), dtype=np.int64)
        self.sure = np.zeros((len(HEADS), STEPS), dtype=np.int64)

    def scores(self, rows):
        """In logits, as the judge computes them (but for its last rounding)."""
        return rows @ (self.rows.T.astype(np.float32) * self.unit) + self.bias / 256

    def step_of(self, scores):
        return np.clip(np.floor((scores * 256 - LEAST) / STEP), 0, STEPS - 1).astype(int)

    def probability(self, scores):
        """0 .. 65535, by stretch and head."""
        steps = self.step_of(scores)
        return np.stack([self.sure[h][steps[:, h]] for h in range(len(HEADS))], axis=1)

    def encode(self):
        scale = int(round(self.unit * 256 * 65536))
        body = self.gate.tobytes() + np.ascontiguousarray(self.rows.T).tobytes()
        head = struct.pack("<4sIIIiIII", b"HMCM", 1, self.gate_bits, self.row_bits, self.gate_from, 0, scale, 0)
        head += self.bias.astype("<i4").tobytes()
        head += self.raise_at.astype("<u2").tobytes() + self.doubt_at.astype("<u2").tobytes()
        head += self.sure.astype("<u2").tobytes()
        return head + struct.pack("<Q", fnv(body)) + body
