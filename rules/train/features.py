"""Features of texts, from the judge's own extractor."""
import json
import subprocess

import numpy as np
import scipy.sparse as sparse

GROUP_KEY = 0x6B0A5EED  # what the gate takes any word of a protected group for


class Stretches:
    """Parts of messages, as the judge looks at them.

    line: index of the text; keys, key_at: gate keys, of words and of classes; features, feature_at: hashes (each
    with the offsets of its stretch, CSR-like); groups: gate keys of group words."""

    def __init__(self, binary, texts, data=None):
        """data: folder of the judge's data."""
        sent = "".join(json.dumps({"id": str(i), "text": t}, ensure_ascii=False) + "\n" for i, t in enumerate(texts))
        run = subprocess.run([binary, "rules", "features", *([str(data)] if data else [])], input=sent.encode("utf-8", "replace"),
                             stdout=subprocess.PIPE, check=True)
        flat = np.frombuffer(run.stdout, dtype=np.uint32)
        line, keys, features, groups = [], [], [], set()
        at = 0
        while at < len(flat):
            tokens, count, classes = (int(n) for n in flat[at + 3:at + 6])
            line.append(int(flat[at]))
            at += 6
            pairs = flat[at:at + 2 * tokens].reshape(-1, 2)
            key = pairs[:, 0].copy()
            if pairs[:, 1].any():
                groups.update(key[pairs[:, 1] == 1].tolist())
                key[pairs[:, 1] == 1] = GROUP_KEY
            at += 2 * tokens
            features.append(flat[at:at + count])
            at += count
            seen = flat[at:at + classes]
            keys.append(np.concatenate([key, seen[seen != 0]]))
            at += classes
        self.line = np.array(line, dtype=np.int64)
        self.groups = sorted(groups)
        self.keys, self.key_at = _flat(keys)
        self.features, self.feature_at = _flat(features)

    def __len__(self):
        return len(self.line)

    def rows(self, bits):
        """One row a stretch; a feature weighs 1/sqrt(their number)."""
        counts = np.diff(self.feature_at)
        values = np.repeat(1.0 / np.sqrt(np.maximum(counts, 1)), counts)
        return _matrix(values, self.features, self.feature_at, bits)

    def gate_rows(self, bits):
        return _matrix(np.ones(len(self.keys)), self.keys, self.key_at, bits)


def _flat(parts):
    at = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([len(p) for p in parts], out=at[1:])
    return np.concatenate(parts) if parts else np.zeros(0, np.uint32), at


def _matrix(values, hashes, offsets, bits):
    columns = (hashes & np.uint32((1 << bits) - 1)).astype(np.int32)
    m = sparse.csr_matrix((values.astype(np.float32), columns, offsets), shape=(len(offsets) - 1, 1 << bits))
    m.sum_duplicates()
    return m
