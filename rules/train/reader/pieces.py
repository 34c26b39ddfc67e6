"""What the judge's reader reads of texts, from the judge itself."""
import json
import subprocess

import numpy as np


class Windows:
    """Parts of messages as the reader sees them, in the order of the messages.

    line: index of the message; start, end: bytes of its text; ids: list of arrays; logits: one row a window (by labels.READS, then TARGETS), with
    read=True only, as the judge's own whole-number arithmetic has them."""

    def __init__(self, binary, messages, data=None, read=False):
        """messages: texts, or rows in the corpus format. data: folder with model/reader.bin."""
        rows = [{"text": m} if isinstance(m, str) else m for m in messages]
        sent = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows)
        command = [str(binary), "rules", "pieces"] + (["--data", str(data)] if data else []) + (["--read"] if read else [])
        run = subprocess.run(command, input=sent.encode("utf-8", "replace"), stdout=subprocess.PIPE, check=True)
        flat = np.frombuffer(run.stdout, dtype=np.uint32)
        heads, self.ids, logits = [], [], []
        at = 0
        while at < len(flat):
            count, answers = int(flat[at + 3]), int(flat[at + 4])
            heads.append(flat[at:at + 3])
            at += 5
            self.ids.append(flat[at:at + count].astype(np.int32))
            at += count
            logits.append(flat[at:at + answers].view(np.float32))
            at += answers
        heads = np.array(heads, dtype=np.int64).reshape(-1, 3)
        self.line, self.start, self.end = heads.T
        self.logits = np.array(logits) if read else None

    def __len__(self):
        return len(self.ids)
