"""Stepping many cards at once: the k-th reviews of all cards form one round.

A scheduler is a recursion along the reviews of one card, but cards do not touch each other. So round k advances
all cards that have a k-th review, as arrays.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Index = npt.NDArray[np.int64]


def rounds(starts: Index, counts: Index) -> Iterator[tuple[int, Index, Index]]:
    """(k, cards, rows) for k = 0, 1, ...: the cards with a k-th review and the rows of those reviews.

    Args:
        starts: first row of each card; the rows of a card follow each other in time.
        counts: number of rows of each card.

    The cards of a later round are a prefix of the cards of an earlier one: state arrays in this order need slicing
    only.
    """
    order = np.argsort(-counts, kind="stable")
    first = starts[order]
    sorted_counts = -counts[order]
    for k in range(int(-sorted_counts[0]) if len(counts) else 0):
        active = int(np.searchsorted(sorted_counts, -k))  # cards with more than k rows
        yield k, order[:active], first[:active] + k


def runs(keys: npt.NDArray[np.generic]) -> tuple[Index, Index]:
    """(starts, counts) of the runs of equal neighbours in a sorted array."""
    if not len(keys):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return starts, np.diff(starts, append=len(keys))
