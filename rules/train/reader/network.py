"""The reader's forward pass in JAX; rules/reader/reader.c computes the same in whole numbers."""
import jax
import jax.numpy as jnp

ATTENTION_HEADS = 4


def _norm(x, scale, bias):
    mean = x.mean(-1, keepdims=True)
    spread = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(spread + 1e-6) * scale + bias


def _attend(layer, x, mask):
    batch, length, _ = x.shape
    q, k, v = jnp.split(x @ layer["qkv"] + layer["qkvb"], 3, -1)
    share = q.shape[-1] // ATTENTION_HEADS

    def by_head(a):
        return a.reshape(batch, length, ATTENTION_HEADS, share).transpose(0, 2, 1, 3)

    q, k, v = by_head(q) * share ** -0.5, by_head(k), by_head(v)
    scores = q @ k.transpose(0, 1, 3, 2) + jnp.where(mask, 0.0, -1e9)[:, None, None, :]
    seen = jax.nn.softmax(scores, -1) @ v
    return seen.transpose(0, 2, 1, 3).reshape(batch, length, -1) @ layer["o"] + layer["ob"]


def _widen(layer, x):
    inner = jax.nn.relu(_norm(x, layer["n2s"], layer["n2b"]) @ layer["c1"] + layer["c1b"])
    return x + inner @ layer["c2"] + layer["c2b"]


def encode(params, timing, ids, mask):
    """Mean of what the pieces of each row mean: [batch][512]."""
    x = 2 * params["E"][ids] + timing[: ids.shape[1]][None]
    first, second = params["L0"], params["L1"]
    x = _attend(first, _norm(x, first["n1s"], first["n1b"]), mask) + x @ first["d"] + first["db"]
    x = _widen(first, x)
    x = x + _attend(second, _norm(x, second["n1s"], second["n1b"]), mask)
    x = _widen(second, x)
    seen = mask[:, :, None]
    return (x * seen).sum(1) / jnp.maximum(seen.sum(1), 1)


def logits(params, timing, ids, mask, keep=None):
    """(by READS, by TARGETS); keep: what of the meaning is kept, while training."""
    meaning = encode(params, timing, ids, mask)
    if keep is not None:
        meaning = meaning * keep(meaning.shape)
    return meaning @ params["h"] + params["hb"], meaning @ params["g"] + params["gb"]
