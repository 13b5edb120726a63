"""How evidence grew: counts and retrievability at the ends of past days or weeks.

Points are local days at a constant distance, oldest first, each standing for its last microsecond. An answer counts
from the first point on whose day is not before the answer's own; an answer without a clock counts at every point.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.attempts import Activity, Pairs
from akademos.analytics.forgetting import NEVER, CardMemory, retrievability_at
from akademos.analytics.rounds import Index

Floats = npt.NDArray[np.float64]
_BLOCK_CELLS = 1_000_000  # pairs times points held at once


@dataclass(frozen=True, slots=True)
class Points:
    """Past points per learner: `days` and `ends` (microseconds) are (learners, points)."""

    days: Index
    ends: Index
    step: int


@dataclass(frozen=True, slots=True)
class Block:
    """Some learners' pairs at every point; arrays are (pairs, points).

    Attributes:
        pairs: the slice of pairs.
        attempts, score: answers and sum of their scores up to the point.
        first: score of the first attempt, NaN where it was not seen or is still to come.
        recall: retrievability of the pair's item, NaN before its first review or the pair's first answer.
    """

    pairs: slice
    attempts: Index
    score: Floats
    first: Floats
    recall: Floats


def blocks(activity: Activity, memory: CardMemory, pairs: Pairs, points: Points) -> Iterator[Block]:
    """The timeline of every learner, in blocks of whole learners, in order."""
    total = len(activity.learners)
    pair_learner = pairs.group_learner[pairs.group]
    pair_edges = np.searchsorted(pair_learner, np.arange(total + 1))
    card_edges = np.searchsorted(memory.learner, np.arange(total + 1))
    count = points.days.shape[1]
    table = activity.answers
    day = table["date"].to_physical().to_numpy().astype(np.int64)
    clocked, score = table["clocked"].to_numpy(), table["total"].to_numpy()
    weight = table["weight"].to_numpy().astype(np.float64)
    first_score = table["first"].fill_null(np.nan).to_numpy()
    learner = 0
    while learner < total:
        limit = pair_edges[learner] + max(1, _BLOCK_CELLS // max(count, 1))
        stop = max(learner + 1, int(np.searchsorted(pair_edges, limit, side="right")) - 1)
        some = slice(int(pair_edges[learner]), int(pair_edges[stop]))
        cards = slice(int(card_edges[learner]), int(card_edges[stop]))
        learner = stop
        if some.start == some.stop:
            continue
        starts, counts = pairs.starts[some], pairs.counts[some]
        answer = pairs.answer[starts[0] : starts[-1] + counts[-1]]
        row = np.repeat(np.arange(len(starts)), counts)
        from_point = _point_of(day[answer], pair_learner[some][row], points)
        from_point[~clocked[answer]] = 0
        attempts = _running(row, from_point, weight[answer], len(starts), count)
        opening = answer[starts - starts[0]]
        opened = from_point[starts - starts[0]][:, None] <= np.arange(count)
        first = np.where(opened, first_score[opening][:, None], np.nan)
        recall = _card_recall(memory, cards, points)[pairs.card[some] - cards.start]
        yield Block(
            pairs=some,
            attempts=attempts.astype(np.int64),
            score=_running(row, from_point, score[answer], len(starts), count),
            first=first,
            recall=np.where(attempts > 0, recall, np.nan),
        )


def _point_of(day: Index, learner: Index, points: Points) -> Index:
    """Number of the first point that counts a day; the number of points when none does."""
    late = -(-(day - points.days[learner, 0]) // points.step)
    found: Index = np.clip(late, 0, points.days.shape[1])
    return found


def _running(row: Index, from_point: Index, amount: Floats | None, rows: int, count: int) -> Floats:
    """Sums per row up to each point: (rows, count)."""
    cells = np.bincount(row * (count + 1) + from_point, amount, minlength=rows * (count + 1))
    return np.cumsum(cells.astype(np.float64).reshape(rows, count + 1), axis=1)[:, :count]


def _card_recall(memory: CardMemory, cards: slice, points: Points) -> Floats:
    """Retrievability of each card at each point: (cards, points)."""
    counts, count = memory.review_counts[cards], points.days.shape[1]
    begin = int(memory.review_starts[cards.start])
    reviews = slice(begin, begin + int(counts.sum()))
    row = np.repeat(np.arange(len(counts)), counts)
    learner = memory.learner[cards]
    from_point = _point_of(memory.review_day[reviews], learner[row], points)
    done = _running(row, from_point, None, len(counts), count).astype(np.int64)
    if reviews.start == reviews.stop:
        return np.full(done.shape, np.nan)
    latest = np.maximum(memory.review_starts[cards][:, None] + done - 1, 0)
    last_review = np.where(done > 0, memory.review_at[np.minimum(latest, len(memory.review_at) - 1)], NEVER)
    stability = memory.review_stability[np.minimum(latest, len(memory.review_at) - 1)]
    return retrievability_at(points.ends[learner], last_review, stability, memory.decay[cards, None])
