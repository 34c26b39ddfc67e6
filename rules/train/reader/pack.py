"""The reader's file: rules/reader/weights.h says what is in it.

write(path, params, calibration): params is the dict of base.params() with the trained heads,
or the trainer's pickle of one (what is not named here is left out):
  h [512][16], hb [16]   logits of the heads
  g [512][7], gb [7]     logits of the targets, in the order of TARGETS
calibration is a Calibration; without one no head speaks and none doubts.

usage: pack.py OUT [PICKLE]   the package's weights (and those of a pickle over them; heads
       that are in neither: small random ones)
"""
import hashlib
import pathlib
import pickle
import struct
import sys

import numpy as np

import base
from labels import READS, TARGETS

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))

VERSION, BLOCK, SECTION = 3, 32, 64


class Calibration:
    """Probabilities are 0 .. 1 here; every list is by head."""

    def __init__(self):
        n = len(READS)
        self.a, self.b = [1.0] * n, [0.0] * n   # probability = sigmoid(a * logit + b)
        self.target_scale = 1.0                 # of the targets' logits before their softmax
        self.gate_from = (1 << 31) - 1          # classifier's gate: from which sums it looks on the reader's behalf
        self.reader_from = 1.0                  # classifier's probability of any breach from which the reader is asked
        self.target_from = 0.0                  # 0: says nothing of targets
        self.own_from = 0.0                     # of a head: below it never speaks, however likely a breach
        self.raise_within = 1.0                 # share of the surest head's probability from which others speak too
        self.raise_at = [0.0] * n               # of both(); a complaint's: of its own probability; 0: never speaks
        self.doubt_at = [0.0] * n               # of any breach: below it joins the classifier's doubt
        self.doubt_alone_at = [0.0] * n         # below it doubts alone


def _of_65535(p):
    return int(round(min(max(p, 0.0), 1.0) * 65535))


class _Sections:
    def __init__(self, bytes_):
        self.out = bytearray(bytes_)

    def add(self, array):
        self.out += array.tobytes()
        self.out += b"\0" * (-len(self.out) % SECTION)

    def floats(self, array):
        array = np.asarray(array, dtype="<f4")
        if not (np.abs(array) <= 10000).all():
            raise ValueError("a weight is out of range")
        self.add(array)

    def rows(self, weights):
        """Rows as signed bytes, each with its own scale."""
        scale, rounded = quantise(weights)
        self.floats(scale)
        self.add(rounded)

    def matrix(self, weights, bias):
        """weights [in][out], as JAX has them."""
        scale, rounded = quantise(np.asarray(weights, dtype=np.float32).T)
        self.floats(scale)
        self.floats(bias)
        out, in_ = rounded.shape
        self.add(np.ascontiguousarray(rounded.reshape(out // BLOCK, BLOCK, in_ // 4, 4).transpose(0, 2, 1, 3)))

    def norm(self, scale, bias):
        self.floats(scale)
        self.floats(bias)


def quantise(rows):
    """Scale and bytes of each row."""
    scale = np.abs(rows).max(axis=1) / 127
    rounded = np.rint(rows / np.maximum(scale, 1e-30)[:, None])
    return scale.astype(np.float32), np.clip(rounded, -127, 127).astype(np.int8)


def _vocabulary(vocabulary):
    # The last of several that are written alike, as the encoder has it.
    ids = {letters.encode(): (i, score) for i, (letters, score) in enumerate(vocabulary) if i >= base.SPECIAL}
    entries, letters = bytearray(), bytearray()
    for piece in sorted(ids):
        i, score = ids[piece]
        entries += struct.pack("<IHHi", len(letters), i, len(piece), int(round(score * 65536)))
        letters += piece
    return entries, letters


def encode(params, vocabulary, timing, calibration=None):
    c = calibration or Calibration()
    entries, letters = _vocabulary(vocabulary)
    width_in, width, inner = params["E"].shape[1], params["L0"]["c1"].shape[0], params["L0"]["c1"].shape[1]
    shape = [len(entries) // 12, len(letters), params["E"].shape[0], len(timing), width_in, width, inner,
             params["L0"]["o"].shape[0], params["L1"]["o"].shape[0], base.HEADS]
    head = struct.pack(f"<{len(shape)}I", *shape)
    head += struct.pack("<i4H", c.gate_from, _of_65535(c.reader_from), _of_65535(c.target_from),
                        _of_65535(c.raise_within), _of_65535(c.own_from))
    for levels in (c.raise_at, c.doubt_at, c.doubt_alone_at):
        head += struct.pack(f"<{len(READS)}H", *map(_of_65535, levels))
    head += b"\0" * (-len(head) % 4)
    head += np.array([c.a, c.b], dtype="<f4").T.tobytes() + struct.pack("<f", c.target_scale)
    start = struct.calcsize("<4sI32sI")
    file = _Sections(b"\0" * start + head)
    file.out += b"\0" * (-len(file.out) % SECTION)
    file.add(np.frombuffer(bytes(entries), np.uint8))
    file.add(np.frombuffer(bytes(letters), np.uint8))
    file.rows(np.asarray(params["E"], dtype=np.float32))
    file.floats(timing)
    for name in ("L0", "L1"):
        layer = params[name]
        file.norm(layer["n1s"], layer["n1b"])
        file.matrix(layer["qkv"], layer["qkvb"])
        file.matrix(layer["o"], layer["ob"])
        if "d" in layer:
            file.matrix(layer["d"], layer["db"])
        file.norm(layer["n2s"], layer["n2b"])
        file.matrix(layer["c1"], layer["c1b"])
        file.matrix(layer["c2"], layer["c2b"])
    file.floats(np.concatenate([np.asarray(params["h"]).T, np.asarray(params["g"]).T]))
    file.floats(np.concatenate([params["hb"], params["gb"]]))
    out = bytes(file.out)
    tail = struct.pack("<I", len(out)) + out[start:]
    return struct.pack("<4sI", b"HMRD", VERSION) + hashlib.blake2b(tail, digest_size=32).digest() + tail


def write(path, params, calibration=None):
    """Writes reader.bin; returns its bytes."""
    dist = base.fetch()
    bytes_ = encode(params, base.vocabulary(dist), base.timing(dist), calibration)
    pathlib.Path(path).write_bytes(bytes_)
    return bytes_


def with_heads(params, seed=1):
    """Random heads where there are none yet."""
    chance = np.random.default_rng(seed)
    width = params["L0"]["c1"].shape[0]
    for name, n in (("h", len(READS)), ("g", len(TARGETS))):
        params.setdefault(name, (chance.standard_normal((width, n)) * 0.02).astype(np.float32))
        params.setdefault(name + "b", np.zeros(n, np.float32))
    return params


def main():
    params = base.params(base.fetch())
    if len(sys.argv) > 2:
        with open(sys.argv[2], "rb") as f:
            params.update(pickle.load(f))
    bytes_ = write(sys.argv[1], with_heads(params))
    print(f"{sys.argv[1]}: {len(bytes_)} bytes, sha256 {hashlib.sha256(bytes_).hexdigest()}")


if __name__ == "__main__":
    main()
