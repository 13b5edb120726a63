"""Running sums over the past of each row, for all groups at once: what was before a row, never the row itself.

A group is what shares a key (a learner, or a learner's answers on one skill); its rows follow each other in time.
Sums are exact when the values are multiples of 2**-20 (`steps`), so that a group alone gives the same bits as the
group among others.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from akademos.analytics.rounds import Index, rounds, runs

Floats = npt.NDArray[np.float64]
STEPS = float(1 << 20)
FEW = 8
"""Groups left from which on each is run through by itself: an array of so few costs more than its numbers."""
Kind = TypeVar("Kind", bound=np.generic)


def steps(values: Floats) -> Floats:
    """The values rounded to multiples of 2**-20."""
    return np.asarray(np.round(values * STEPS) / STEPS)


class Groups:
    """Rows by key. Every method takes one value a row and gives one a row, in the order of the rows.

    Attributes:
        rank: how many rows of its group came before each row.
    """

    def __init__(self, key: Index) -> None:
        self._order = np.argsort(key, kind="stable")
        self._starts, self._counts = runs(key[self._order])
        rank = np.arange(len(key)) - np.repeat(self._starts, self._counts)
        self.rank: Index = self._in_place(rank)
        self._sorted_rank = rank

    def before(self, values: Floats) -> Floats:
        """Sum of the earlier rows; exact for multiples of 2**-20."""
        running = np.cumsum(values[self._order]) - values[self._order]
        return self._in_place(running - np.repeat(running[self._starts], self._counts))

    def earlier(self, values: Floats, back: int) -> Floats:
        """The value `back` rows earlier, nan where there is none."""
        ordered = values[self._order]
        found = np.full(len(ordered), np.nan)
        has = np.flatnonzero(self._sorted_rank >= back)
        found[has] = ordered[has - back]
        return self._in_place(found)

    def fading(self, values: Floats, keep: Sequence[float]) -> Floats:
        """Sums of the earlier rows in which a row counts `keep` times as much with every later one.

        Args:
            values: rows x columns.
            keep: share kept, one for each sum.

        Returns:
            rows x columns x len(keep).
        """
        kept = np.asarray(keep)
        ordered = values[self._order][:, :, None]
        found = np.zeros((*values.shape, len(kept)))
        standing = np.zeros((len(self._starts), values.shape[1], len(kept)))
        for k, groups, rows in rounds(self._starts, self._counts):
            now = standing[: len(groups)]
            if len(groups) <= FEW:
                for place, group in enumerate(groups.tolist()):
                    rest = slice(int(rows[place]), int(rows[place]) + int(self._counts[group]) - k)
                    _fade(ordered[rest, :, 0], keep, now[place], found[rest])
                break
            found[rows] = now
            standing = now * kept + ordered[rows]
        return self._in_place(found)

    def since(self, marked: npt.NDArray[np.bool_]) -> Floats:
        """How many rows came since the last earlier row that is marked, or since the start of the group."""
        ordered = marked[self._order]
        at = np.arange(len(ordered))
        last = np.maximum.accumulate(np.where(ordered, at, -1))
        before = np.concatenate(([-1], last[:-1])) if len(last) else last
        start = np.repeat(self._starts, self._counts)
        return self._in_place((at - np.maximum(before, start - 1) - 1).astype(np.float64))

    def _in_place(self, ordered: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
        placed = np.empty_like(ordered)
        placed[self._order] = ordered
        return placed


def _fade(values: Floats, keep: Sequence[float], standing: Floats, into: Floats) -> None:
    """`Groups.fading` of one group from a standing on: the same sums in the same order, number by number."""
    for column in range(values.shape[1]):
        passed = values[:-1, column].tolist()
        for n, kept in enumerate(keep):

            def on(total: float, value: float, kept: float = kept) -> float:
                return total * kept + value

            into[:, column, n] = list(accumulate(passed, on, initial=float(standing[column, n])))
