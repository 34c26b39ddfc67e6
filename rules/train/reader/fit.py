"""Trains the reader further on our rows, from the encoder's weights."""
import random
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

import network
from labels import READS, TARGETS, UNSAID
from rows import OFTEN, PUBLIC

SEED = 711
BATCH, DECAY = 64, 0.02
CYCLES = ((3, 4e-4), (1, 2e-4))  # epochs, highest rate; the model is the mean of what they come to
PUBLIC_SHARE = (1, 2)  # of the public rows that an epoch sees
BEFORE, FULL_STOP = 4, 6  # pieces: rules/reader/vocabulary.h and the encoder's
FORGET = 0.1           # share of pieces that are blotted out
KEEP = 0.8             # share of the meaning's numbers that are kept
ANY_WEIGHT = 6.0       # of the first label, against 1 of each other
TARGET_WEIGHT = 0.2
MEAN = 0.998           # what the weights' running mean keeps of itself a step; the mean is the model


class Sheet:
    """Rows as arrays: windows' ids, labels, targets, weights."""

    def __init__(self, rows, windows):
        """windows: pieces.Windows of the rows' texts; of several, which is the bad one is not said."""
        self.ids, self.row = windows.ids, windows.line
        many = np.bincount(self.row, minlength=len(rows))[self.row]
        self.labels = np.array([r.labels for r in rows], dtype=np.float32)[self.row]
        self.target = np.array([r.target for r in rows])[self.row]
        self.weight = np.array([r.weight for r in rows], dtype=np.float32)[self.row] / many
        self.kind = np.array([r.kind for r in rows])[self.row]

    def __len__(self):
        return len(self.ids)

    def batch(self, at):
        """ids, mask, labels, targets, weights of BATCH rows, filled up with rows of no weight."""
        length = max(8, -(-max(len(self.ids[i]) for i in at) // 8) * 8)
        ids, mask = np.zeros((BATCH, length), np.int32), np.zeros((BATCH, length), bool)
        mask[len(at):, 0] = True
        for k, i in enumerate(at):
            ids[k, : len(self.ids[i])] = self.ids[i]
            mask[k, : len(self.ids[i])] = True
        labels = np.full((BATCH, len(READS)), UNSAID, np.float32)
        target, weight = np.full(BATCH, UNSAID, np.int32), np.zeros(BATCH, np.float32)
        labels[: len(at)], target[: len(at)], weight[: len(at)] = self.labels[at], self.target[at], self.weight[at]
        return ids, mask, labels, target, weight


def _loss(params, timing, ids, mask, labels, target, weight, key):
    blot, drop = jax.random.split(key)
    ids = jnp.where(jax.random.bernoulli(blot, FORGET, ids.shape), 0, ids)
    reads, about = network.logits(params, timing, ids, mask, lambda shape: jax.random.bernoulli(drop, KEEP, shape) / KEEP)
    share = jnp.ones(len(READS)).at[0].set(ANY_WEIGHT)
    share = share / share.sum() * (labels >= 0)
    miss = (jnp.logaddexp(0, jnp.where(labels > 0, -reads, reads)) * share).sum(1)
    told = jnp.take_along_axis(jax.nn.log_softmax(about), jnp.maximum(target, 0)[:, None], 1)[:, 0] * (target >= 0)
    return (weight * (3 * miss - TARGET_WEIGHT * told)).sum() / weight.sum()


def start(params, seed=SEED):
    """The encoder's weights with heads that know nothing yet."""
    chance = np.random.default_rng(seed)
    width = params["L0"]["c1"].shape[0]
    for name, count, bias in (("h", len(READS), -3.0), ("g", len(TARGETS), 0.0)):
        params[name] = (chance.standard_normal((width, count)) * 0.02).astype(np.float32)
        params[name + "b"] = np.full(count, bias, np.float32)
    params["hb"][0] = -1
    params["E"] = params["E"].copy()
    params["E"][BEFORE] = params["E"][FULL_STOP]  # it parts two messages
    return params


def _epoch(sheet, own, public, number, chance):
    """Batches of rows of like length, in any order."""
    part, of = PUBLIC_SHARE
    at = np.concatenate([own, [i for i in public if (i * 7919 + number) % of < part]]).astype(np.int64)
    at = at.tolist()
    chance.shuffle(at)
    for begin in range(0, len(at), BATCH * 30):
        near = sorted(at[begin: begin + BATCH * 30], key=lambda i: len(sheet.ids[i]))
        batches = [near[i: i + BATCH] for i in range(0, len(near), BATCH)]
        chance.shuffle(batches)
        yield from batches


def _cycle(params, timing, sheet, seed, epochs, rate, say):
    """Returns the running mean of the weights."""
    chance = random.Random(seed)
    seldom = np.isin(sheet.kind, PUBLIC) & ~np.isin(sheet.kind, OFTEN)
    public, own = np.where(seldom)[0], np.where(~seldom)[0]
    steps = epochs * ((len(own) + len(public) * PUBLIC_SHARE[0] // PUBLIC_SHARE[1]) // BATCH + 1)
    rate = optax.warmup_cosine_decay_schedule(0, rate, steps // 12, steps)
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(rate, weight_decay=DECAY))
    state = optimiser.init(params)

    @jax.jit
    def step(params, mean, state, key, *batch):
        loss, pull = jax.value_and_grad(_loss)(params, timing, *batch, key)
        change, state = optimiser.update(pull, state, params)
        params = optax.apply_updates(params, change)
        return params, jax.tree.map(lambda m, p: MEAN * m + (1 - MEAN) * p, mean, params), state, loss

    mean = params
    key = jax.random.PRNGKey(seed)
    done, number, began, total = 0, 0, time.time(), 0.0
    while done < steps:
        for at in _epoch(sheet, own, public, number, chance):
            key, now = jax.random.split(key)
            params, mean, state, loss = step(params, mean, state, now, *sheet.batch(at))
            total += float(loss)
            done += 1
            if done % 100 == 0:
                say(f"  {done} of {steps}, {time.time() - began:.0f} s, loss {total / 100:.4f}")
                total = 0.0
            if done == steps:
                break
        number += 1
    return jax.tree.map(np.array, mean)


def train(params, timing, sheet, say=print):
    """Each cycle begins where the one before came to. Weights that were come to from one
    beginning may be averaged, and then do better on what they have not seen (Wortsman et al.
    2022)."""
    ends = []
    for number, (epochs, rate) in enumerate(CYCLES):
        params = _cycle(params, timing, sheet, SEED + number, epochs, rate, say)
        ends.append(params)
    return jax.tree.map(lambda *parts: np.mean(parts, axis=0, dtype=np.float32), *ends)
