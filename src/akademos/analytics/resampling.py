"""Repeatable random numbers without a generator, and the bootstrap built on them.

Every random number is a hash of where it stands (learner, topic, day, item, replicate), never of what was drawn
before. So one topic alone and all together, one learner and a million, give identical numbers.

The bootstrap is the Poisson bootstrap: in each replicate each item counts Poisson(1) times, independently of its
neighbours, which approaches drawing items with replacement (Hanley & MacGibbon 2006; Chamandy et al. 2012,
"Estimating uncertainty for massive data streams"). Counts take four random bits each: 0 and 1 come six times in
sixteen, 2 and 3 twice, which keeps mean and variance exactly 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_SHIFT_1, _SHIFT_2, _SHIFT_3 = np.uint64(30), np.uint64(27), np.uint64(31)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
# Four bits from these on count at least 1, 2 and 3.
_COUNT_FROM = (np.uint8(6), np.uint8(12), np.uint8(14))
_LOW_BITS, _HIGH_BITS = np.uint8(15), np.uint8(4)
REPLICATES_PER_WORD = 16


def splitmix64(state: U64, out: U64 | None = None, spare: U64 | None = None) -> U64:
    """The finaliser of splitmix64 (Steele, Lea & Flood 2014): a bijection that mixes every bit of each number.

    `out` takes the result, `spare` is scratch of the same shape.
    """
    z = np.add(state, _GAMMA, out=out)
    for shift, factor in ((_SHIFT_1, _MIX_1), (_SHIFT_2, _MIX_2), (_SHIFT_3, None)):
        spare = np.right_shift(z, shift, out=spare)
        z ^= spare
        if factor is not None:
            z *= factor
    return z


def name_hash(names: Iterable[str]) -> U64:
    """64-bit hash of each name, the same on every machine and in every release."""
    digests = b"".join(hashlib.blake2b(name.encode(), digest_size=8).digest() for name in names)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def learner_seeds(learners: U64, days: npt.NDArray[np.integer]) -> U64:
    """Seed of what all topics of each (learner, day of as_of) have in common."""
    return splitmix64(splitmix64(~learners) ^ days.astype(np.int64).view(np.uint64))


def seeds(learners: U64, topics: U64, days: npt.NDArray[np.integer]) -> U64:
    """Seed of each (learner, topic, day of as_of) from the hashes of the names and the day number."""
    return splitmix64(splitmix64(splitmix64(learners) ^ topics) ^ days.astype(np.int64).view(np.uint64))


def standard_scores(seed: U64, replicates: int) -> npt.NDArray[np.float64]:
    """(groups, replicates) draws of mean 0 and variance 1, in quarters: a word has binomially many bits set, of 64."""
    words = splitmix64(~seed[:, None] + np.arange(replicates, dtype=np.uint64) * _GAMMA)
    scores: npt.NDArray[np.float64] = (np.bitwise_count(words).astype(np.float64) - 32.0) / 4.0
    return scores


class PoissonCounts:
    """How often each row counts in each replicate, drawn block by block into the same memory.

    Reusing memory matters: fresh memory of this size costs more than the numbers that fill it.
    """

    def __init__(self, rows: int, replicates: int) -> None:
        """Room for `rows` rows at a time; `replicates` is a multiple of `REPLICATES_PER_WORD`."""
        words = replicates // REPLICATES_PER_WORD
        self._words = np.arange(words, dtype=np.uint64) * _GAMMA
        self._stride = np.full(1, words, dtype=np.uint64) * _GAMMA
        self._draws = np.empty((rows, words), dtype=np.uint64)
        self._spare = np.empty_like(self._draws)
        self._bits = np.empty((rows, replicates), dtype=np.uint8)
        self._hits = np.empty((rows, replicates), dtype=bool)
        self._counts = np.empty((rows, replicates), dtype=np.uint8)
        self._result = np.empty((rows, replicates))

    def draw(self, seed: U64, position: U64) -> npt.NDArray[np.float64]:
        """Counts 0..3 as (rows, replicates), valid until the next draw.

        Args:
            seed: per row, the seed of its group.
            position: per row, its place within the group, from 0 on.
        """
        rows = len(seed)
        draws, bits, hits, counts = self._draws[:rows], self._bits[:rows], self._hits[:rows], self._counts[:rows]
        np.add((seed + position * self._stride)[:, None], self._words, out=draws)
        splitmix64(draws, out=draws, spare=self._spare[:rows])
        drawn = draws.astype("<u8", copy=False).view(np.uint8)
        half = drawn.shape[1]
        np.bitwise_and(drawn, _LOW_BITS, out=bits[:, :half])
        np.right_shift(drawn, _HIGH_BITS, out=bits[:, half:])
        np.greater_equal(bits, _COUNT_FROM[0], out=counts.view(bool))
        for least in _COUNT_FROM[1:]:
            np.greater_equal(bits, least, out=hits)
            np.add(counts, hits.view(np.uint8), out=counts)
        result = self._result[:rows]
        np.copyto(result, counts)
        return result
