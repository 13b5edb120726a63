"""Journeys: which steps people take, in which order, how long between them, where they turn round and where they stop.

Everything reads `Steps`: the events of all learners in order of learner, then time, as arrays of numbers. Grain of a
step: one event; its name is whatever the caller counts as a step (event, page, material, topic).

* funnel: a learner reaches a step when there is a sequence of events, one a step and in order, each within the step's
  window after the one before. Of several that would do, the latest before is taken, so a window never misses a sequence
  that exists. A step may be optional (later steps may follow it or the one before it) and may be asked for several
  times, whatever lies between, each within the window after the one before.
* paths: what comes directly after (or before) a step, up to a depth, within a gap.
* loops: going back to a step by way of one other, and doing the same twice in a row.
* time between: from the first event of one step to the first of another after it (`survival` takes who has not come
  there yet into account).

Caveats: funnels count people, not tries; a share is of those who took the step before. Events of one instant stand in
the order in which they came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Index = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Names = npt.NDArray[np.unsignedinteger]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Steps:
    """Events by number, in order of learner, then time.

    Attributes:
        learner: number of the learner, not falling.
        at: microseconds since 1970, not falling within a learner.
        code: number of the step's name.
        names: of the codes.
        learners: how many there are.
    """

    learner: Codes
    at: Index
    code: Names
    names: tuple[str, ...]
    learners: int

    def taken(self, names: Sequence[str]) -> Bools:
        """Per event, whether it is one of the names."""
        known = {name: code for code, name in enumerate(self.names)}
        found = np.zeros(len(self.code), dtype=bool)
        for code in sorted({known[name] for name in names if name in known}):
            found |= self.code == code
        return found

    def rows(self, names: Sequence[str]) -> Index:
        """Rows of the events that are one of the names."""
        return np.flatnonzero(self.taken(names))

    def firsts(self, rows: Index) -> Index:
        """Places in `rows` (ascending) where another learner begins."""
        who = self.learner[rows]
        return np.flatnonzero(np.concatenate(([True], who[1:] != who[:-1]))) if len(rows) else rows


def read_steps(events: pl.DataFrame, *, in_order: bool = False) -> Steps:
    """Steps from events.

    Args:
        events: learner_key, occurred_at (UTC), step (text or Enum, never null), any other columns ignored.
        in_order: whether the rows already stand in order of learner and time.
    """
    rows = events.select("learner_key", "occurred_at", "step")
    if not in_order:
        rows = rows.sort("learner_key", "occurred_at", maintain_order=True)
    learner = rows["learner_key"].rle_id().to_numpy().astype(np.int32)
    step = rows["step"]
    if not isinstance(step.dtype, pl.Enum):
        step = step.cast(pl.Enum(step.unique().cast(pl.String).sort()))
    return Steps(
        learner=learner,
        at=rows["occurred_at"].dt.epoch("us").to_numpy(),
        code=step.to_physical().to_numpy().astype(np.uint8 if len(_categories(step.dtype)) < 2**8 else np.uint32),
        names=_categories(step.dtype),
        learners=int(learner[-1]) + 1 if len(learner) else 0,
    )


def _categories(kind: pl.DataType) -> tuple[str, ...]:
    return tuple(kind.categories) if isinstance(kind, pl.Enum) else ()


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One step of a funnel: any of the names; at most `within_us` after the one before (None: whenever); optional steps
    may be left out; `times` asks for so many of them."""

    names: tuple[str, ...]
    within_us: int | None = None
    optional: bool = False
    times: int = 1


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """Learners who reached a step; of those who reached the last obligatory step before it, which share; and the median
    microseconds from the event before, over learners' first arrivals (None at the first step)."""

    learners: int
    share: float | None
    median_us: float | None


def funnel(steps: Steps, asked: Sequence[FunnelStep]) -> list[FunnelRow]:
    """How many reach each step.

    Raises:
        ValueError: no step, an optional first one, or `times` below 1.
    """
    if not asked or asked[0].optional or any(one.times < 1 for one in asked):
        raise ValueError("a funnel starts with a step that is not optional, each asked for at least once")
    before: Index | None = None  # rows of events that the next step may follow
    base = 0
    found: list[FunnelRow] = []
    for one in asked:
        wanted = steps.rows(one.names)
        reached, came_from = wanted, np.full(len(wanted), -1)
        if before is not None:
            reached, came_from = _following(steps, before, wanted, one.within_us)
        for _ in range(one.times - 1):
            reached, came_from = _following(steps, reached, wanted, one.within_us)
        first = steps.firsts(reached)
        people = len(first)
        waits = steps.at[reached[first]] - steps.at[came_from[first]] if found and people else None
        found.append(
            FunnelRow(
                learners=people,
                share=None if not found else people / base if base else 0.0,
                median_us=None if waits is None else float(np.median(waits)),
            )
        )
        if one.optional and before is not None:
            may = np.zeros(len(steps.code), dtype=bool)
            may[before] = may[reached] = True
            before = np.flatnonzero(may)
        else:
            before, base = reached, people
    return found


def _following(steps: Steps, before: Index, wanted: Index, within_us: int | None) -> tuple[Index, Index]:
    """Rows of `wanted` that come after one of `before` of the same learner, not later than the window; and which one,
    the latest."""
    marked = np.zeros(len(steps.code) + 1, dtype=bool)
    marked[before + 1] = True  # one later, so that an event does not follow itself
    place = np.cumsum(marked, dtype=np.int32)[wanted] - 1
    known = place >= 0
    wanted, origin = wanted[known], before[place[known]]
    fits = steps.learner[wanted] == steps.learner[origin]
    if within_us is not None:
        fits &= steps.at[wanted] - steps.at[origin] <= within_us
    return wanted[fits], origin[fits]


@dataclass(frozen=True, slots=True)
class Path:
    """A path in the order in which it was walked, how often, and by how many learners."""

    names: tuple[str, ...]
    times: int
    learners: int


def paths(
    steps: Steps, of: Sequence[str], *, depth: int = 3, gap_us: int, backwards: bool = False, most: int = 50
) -> list[Path]:
    """The most frequent paths from a step, or to it; a pause longer than the gap ends a path.

    Args:
        steps: the events.
        of: names of the step.
        depth: steps beyond it, 1 to 5.
        gap_us: longest pause between two steps of a path.
        backwards: what led to it instead of what followed.
        most: so many paths, the most frequent first; a tie at the end is cut the same way every time.

    Raises:
        ValueError: `depth` is not within 1 and 5, or there are more names than paths of that depth can be told by.
    """
    if not 1 <= depth <= 5:
        raise ValueError("depth goes from 1 to 5")
    if (len(steps.names) + 1) ** (depth + 1) > np.iinfo(np.int64).max:
        raise ValueError(f"paths of {depth} steps among {len(steps.names)} names are more than 64 bits can number")
    start = steps.rows(of)
    ended = len(steps.names)  # stands for "nothing more"
    key = steps.code[start].astype(np.int64)
    here, alive = start, np.ones(len(start), dtype=bool)
    for _ in range(depth):
        there = np.clip(here + (-1 if backwards else 1), 0, len(steps.code) - 1)
        alive = (
            alive
            & (there != here)
            & (steps.learner[there] == steps.learner[here])
            & (np.abs(steps.at[there] - steps.at[here]) <= gap_us)
        )
        key = key * (ended + 1) + np.where(alive, steps.code[there], ended)
        here = np.where(alive, there, here)
    found, place, times = np.unique(key, return_inverse=True, return_counts=True)
    chosen = np.argsort(-times, kind="stable")[:most]
    rank = np.full(len(found), -1)
    rank[chosen] = np.arange(len(chosen))
    ranked = rank[place]
    counted = ranked >= 0
    people = _people(ranked[counted], steps.learner[start][counted], len(chosen), steps.learners)
    listed = [
        Path(_walked(int(found[number]), depth, steps.names, backwards=backwards), int(times[number]), int(people[at]))
        for at, number in enumerate(chosen)
    ]
    return sorted(listed, key=lambda one: (-one.times, one.names))


def _walked(key: int, depth: int, names: Sequence[str], *, backwards: bool) -> tuple[str, ...]:
    """The names that a path's number stands for."""
    codes = list[int]()
    for _ in range(depth + 1):
        key, code = divmod(key, len(names) + 1)
        codes.append(code)
    walked = [names[code] for code in codes if code != len(names)]
    return tuple(walked if backwards else reversed(walked))


@dataclass(frozen=True, slots=True)
class Loop:
    """Back to a step by way of another (the same one: twice in a row), how often and by how many learners."""

    name: str
    by_way_of: str
    times: int
    learners: int


def loops(steps: Steps, *, gap_us: int, most: int = 50) -> list[Loop]:
    """The most frequent returns, each pause at most the gap; ties in order of names."""
    size = max(len(steps.names), 1)
    near = (steps.learner[1:] == steps.learner[:-1]) & (np.diff(steps.at) <= gap_us)
    same = near & (steps.code[1:] == steps.code[:-1])
    back = near[1:] & near[:-1] & (steps.code[2:] == steps.code[:-2]) & ~same[1:] if len(near) else same
    twice, returns = np.flatnonzero(same), np.flatnonzero(back)
    code = steps.code.astype(np.int64)
    key = np.concatenate((code[twice] * size + code[twice], code[returns] * size + code[returns + 1]))
    who = np.concatenate((steps.learner[twice], steps.learner[returns])).astype(np.int64)
    times = np.bincount(key, minlength=size * size)
    people = _people(key, who, size * size, steps.learners)
    found = [
        Loop(steps.names[one // size], steps.names[one % size], int(times[one]), int(people[one]))
        for one in np.flatnonzero(times).tolist()
    ]
    return sorted(found, key=lambda one: (-one.times, one.name, one.by_way_of))[:most]


_FLAGS_MOST = 200_000_000


def _people(key: Index, who: npt.NDArray[np.signedinteger], keys: int, learners: int) -> Index:
    """Learners of each key."""
    if keys * learners <= _FLAGS_MOST:
        met = np.zeros(keys * learners, dtype=bool)
        met[key * learners + who] = True
        return np.asarray(met.reshape(keys, learners).sum(axis=1), dtype=np.int64)
    pairs = np.unique(key * learners + who)
    return np.bincount(pairs // learners, minlength=keys)


@dataclass(frozen=True, slots=True)
class Spans:
    """One entry a learner who took the first step, in order of number: the learner, when the step was first taken,
    whether the other came later, and when it first did (undefined where it did not); microseconds since 1970."""

    learner: Codes
    began: Index
    arrived: Bools
    ended: Index


def time_between(steps: Steps, first: Sequence[str], then: Sequence[str]) -> Spans:
    """From each learner's first event of one step to the first event of another after it."""
    beginnings, ends = steps.rows(first), steps.rows(then)
    start = beginnings[steps.firsts(beginnings)]
    after = np.searchsorted(ends, start, side="right")
    end = ends[np.minimum(after, max(len(ends) - 1, 0))] if len(ends) else start
    arrived = (after < len(ends)) & (steps.learner[end] == steps.learner[start])
    return Spans(steps.learner[start], steps.at[start], arrived, steps.at[end])
