"""The quality-scaled interval rule (called SM-2 by its users; it keeps no easiness).

Quality q is 0..5. q < 3 gives 1 day. Otherwise the previous interval 0 becomes 1, 1 becomes 6, and any other becomes
previous * (13 + 2 (q - 3)) // 10, in integers. Source: the specification of retrieval strength and forgetting.

A repeat within 24 hours of the last review is a short-term step: it may reset the interval, it does not extend it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from akademos.analytics.clock import DAY_US
from akademos.analytics.rounds import Index, rounds


def next_interval(previous: Index, quality: npt.NDArray[np.integer], maximum_days: int = 36500) -> Index:
    """Days until the next review, from the previous interval in days (0 for a new card) and the quality 0..5."""
    q = quality.astype(np.int64)
    grown = np.where(previous == 0, 1, np.where(previous == 1, 6, previous * (13 + 2 * (q - 3)) // 10))
    return np.minimum(np.where(q < 3, 1, grown), maximum_days)


def review_all(
    at_us: Index,
    qualities: npt.NDArray[np.integer],
    starts: Index,
    counts: Index,
    maximum_days: int = 36500,
    known: Index | None = None,
) -> Index:
    """Interval in days after each review, row by row.

    Args:
        at_us: instant of each review, microseconds; ascending within a card.
        qualities: 0..5.
        starts, counts: first row and number of rows of each card.
        known: the interval after each review where it is known and not to be computed, else -1.
    """
    interval = np.zeros(len(starts), dtype=np.int64)
    after = np.zeros(len(at_us), dtype=np.int64)
    elapsed = np.full(len(at_us), 1, dtype=np.int64)
    elapsed[1:] = np.diff(at_us) // DAY_US
    for k, cards, at in rounds(starts, counts):
        quality = qualities[at]
        stepped = next_interval(interval[cards], quality, maximum_days)
        if k:
            stepped = np.where((elapsed[at] < 1) & (quality >= 3), interval[cards], stepped)
        if known is not None:
            stepped = np.where(known[at] < 0, stepped, known[at])
        interval[cards] = after[at] = stepped
    return after
