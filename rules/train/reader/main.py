"""Trains the reader: see rules/train/reader/train and rules/model/READER_CARD.md."""
import argparse
import hashlib
import os
import pathlib
import pickle
import sys

import base
import card
import fit
import pack
import rows
import tune
from labels import of_heads
from pieces import Windows

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from collect import touched_by_rules  # noqa: E402
from features import Stretches  # noqa: E402
from heads import none_but  # noqa: E402


def data_folder(root):
    """The judge's data, with room for a reader that knows no more than its vocabulary."""
    data = root / "build/reader-blank"
    (data / "model").mkdir(parents=True, exist_ok=True)
    for part in ("lexicon", "detectors", "policies"):
        if not (data / part).is_symlink():
            (data / part).symlink_to(root / "rules" / part)
    return data


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--shared", type=pathlib.Path)
    parser.add_argument("--binary")
    parser.add_argument("--tune", action="store_true", help="only choose probabilities anew, from the last fit")
    parser.add_argument("--check", action="store_true", help="say whether the committed file is the same")
    args = parser.parse_args()
    shared = args.shared or pathlib.Path(os.environ.get("HM_SHARED") or args.root / "../shared")
    binary = args.binary or str(args.root / "build/hallmonitor")
    if not (shared / "data").is_dir():
        sys.exit(f"{shared}: holds no data/ (say --shared FOLDER)")

    dist = base.fetch()
    timing = base.timing(dist)
    blank = data_folder(args.root)
    to_train, unseen = rows.to_train_on(args.root, shared), rows.never_trained_on(args.root, shared)
    chat, comments = ([rows.Row(t, None, of_heads(none_but()), -1, 1.0, "harmless", None) for t in part]
                      for part in rows.harmless(shared))

    params = fit.start(base.params(dist))
    pack.write(blank / "model/reader.bin", params)
    kept = args.root / "build/reader-fitted.pkl"
    if args.tune:
        params = pickle.loads(kept.read_bytes())
    else:
        trained = fit.Sheet(to_train, Windows(binary, rows.messages(to_train), blank))
        print(f"{len(to_train)} texts, {len(trained)} windows", flush=True)
        params = fit.train(params, timing, trained, lambda line: print(line, flush=True))
        kept.write_bytes(pickle.dumps(params))

    pack.write(blank / "model/reader.bin", params)

    def judged(of):
        """As the judge's own whole-number arithmetic has it."""
        touched = touched_by_rules(args.root, binary, [r.text for r in of])
        return tune.Judged(of, Windows(binary, rows.messages(of), blank, read=True), touched)

    said = []

    def say(line):
        print("  " + line, flush=True)
        said.append(line)

    seen, chat, comments = judged(unseen), judged(chat), judged(comments)
    calibration = pack.Calibration()
    tune.calibrate(calibration, seen)
    tune.raise_levels(calibration, seen, chat, comments, say)
    tune.doubt_levels(calibration, seen, say)
    tune.target_level(calibration, seen, say)
    classifier = tune.Classifier(args.root / "rules/model/model.bin")
    looks = [classifier.look(Stretches(binary, [r.text for r in of.rows], blank), len(of.rows)) for of in (seen, chat)]
    tune.asked(calibration, classifier, seen, chat, looks, say)
    out = args.root / ("build/reader-check.bin" if args.check else "rules/model/reader.bin")
    bytes_ = pack.write(out, params, calibration)
    digest = hashlib.sha256(bytes_).hexdigest()
    if args.check:
        same = (args.root / "rules/model/reader.bin").read_bytes() == bytes_
        print("the same bytes" if same else "NOT the same bytes as rules/model/reader.bin")
    else:
        card.write(args.root / "rules/model/READER_CARD.md", to_train, unseen, said, bytes_, digest)
    print(f"{out}: {len(bytes_)} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
