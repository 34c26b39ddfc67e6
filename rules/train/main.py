"""Trains the classifier: see rules/train/train and rules/model/MODEL_CARD.md."""
import argparse
import hashlib
import os
import pathlib
import sys
from multiprocessing import Pool

import numpy as np

import card
import collect
import pack
import tune
from features import Stretches
from fit import logistic
from heads import HEADS

ROW_BITS, GATE_BITS, FOLDS = 16, 16, collect.FOLDS
RIDGE = 0.02

_shared = {}


def fit_head(job):
    """Weights and bias of one head, fitted without the rows of one fold (-1: with all)."""
    head, fold = job
    y, weight = _shared["labels"][:, head], _shared["weight"]
    use = (y >= 0) & ((_shared["fold"] != fold) | (fold < 0))
    if fold >= 0:
        use &= ~_shared["twin"][:, fold]
    x = _shared["rows"][use]
    w, b = logistic(x, y[use], weight[use], RIDGE)
    return head, fold, w.astype(np.float32), b


def fit_all(count, rows, processes):
    """Weights and biases by head, and each stretch's scores by models that had not seen it."""
    jobs = [(h, f) for f in [-1, *range(FOLDS)] for h in range(len(HEADS))]
    weights = np.zeros((len(HEADS), 1 << ROW_BITS), dtype=np.float32)
    bias = np.zeros(len(HEADS))
    unseen = np.zeros((count, len(HEADS)))
    with Pool(processes) as pool:
        for head, fold, w, b in pool.imap(fit_head, jobs):
            if fold < 0:
                weights[head], bias[head] = w, b
            else:
                at = rows.fold == fold
                unseen[at, head] = _shared["rows"][at] @ w + b
    return weights, bias, unseen


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--shared", type=pathlib.Path)
    parser.add_argument("--binary")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--tune", action="store_true", help="only choose probabilities anew, from the last fit")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    shared = args.shared or pathlib.Path(os.environ.get("HM_SHARED") or args.root / "../shared")
    binary = args.binary or str(args.root / "build/hallmonitor")
    if not (shared / "data").is_dir():
        sys.exit(f"{shared}: holds no data/ (say --shared FOLDER)")

    data = collect.collect(args.root, shared, binary)
    print(f"{len(data.texts)} texts; {data.summary()}", flush=True)
    stretches = Stretches(binary, data.texts)
    rows = data.spread(stretches)
    _shared.update(rows=stretches.rows(ROW_BITS), labels=rows.labels, weight=rows.weight, fold=rows.fold, twin=rows.twin)
    print(f"{len(stretches)} stretches, {_shared['rows'].nnz / len(stretches):.0f} features each", flush=True)

    kept = args.root / "build/train-fitted.npz"
    if args.tune:
        with np.load(kept) as f:
            weights, bias, unseen = f["weights"], f["bias"], f["unseen"]
    else:
        weights, bias, unseen = fit_all(len(stretches), rows, args.jobs)
        np.savez(kept, weights=weights, bias=bias, unseen=unseen)

    model = pack.Model(weights, bias, ROW_BITS, GATE_BITS)
    tune.calibrate(model, unseen, rows)
    report = tune.Report()
    tune.thresholds(model, unseen, rows, data, args.root, binary, report)
    tune.gate(model, stretches, rows, GATE_BITS)
    out = args.root / ("build/model-check.bin" if args.check else "rules/model/model.bin")
    bytes_ = model.encode()
    if args.check:
        committed = (args.root / "rules/model/model.bin").read_bytes()
        print("the same bytes" if committed == bytes_ else "NOT the same bytes as rules/model/model.bin")
    digest = hashlib.sha256(bytes_).hexdigest()
    out.write_bytes(bytes_)
    if not args.check:
        card.write(args.root / "rules/model/MODEL_CARD.md", data, report, bytes_, digest, ROW_BITS, FOLDS)
    print(f"{out}: {len(bytes_)} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
