"""Planning for an exam day: what to study when, whether it is enough, and what more or less time would give.

Expected recall on the exam day is the mean of the items' expected retrievability then, each topic weighing what the
target exam gives it (all alike where there is no exam) and each item of a topic the same; an item that was never
answered counts 0. `study_simulation` says what a review does.

Minutes of a day cannot be saved up, so every day takes the reviews that raise expected recall on the exam day most per
minute, and leaves out those that would raise their item by less than a hundredth. Up to twenty days ahead the order is
made anew every day, further ahead twenty times on the way. Plans are made for a ladder of minutes a day; the plan for
the minutes asked for is the least of the ladder that reaches the target, or the best one within the minutes. So
more minutes never give less, and no day takes more than asked.

Range: where the share recalled would lie in four of five cases if the model is right and items are recalled
independently. Source: the specification of the exam-date planner; the order by gain is own choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from akademos.analytics import fsrs
from akademos.analytics.rounds import Index
from akademos.analytics.study_simulation import Memory

Floats = npt.NDArray[np.float64]

LADDER = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480)
"""Minutes a day for which plans are made."""
SIDE_BY_SIDE = 4
"""Rungs of the ladder that are simulated in one go; how many does not change the plans."""
ORDERS = 20
LITTLE = 0.005
"""Once the target is reached, the ladder ends where the next rung gives no more than this."""
GAIN_LEAST = 0.01
DAYS_MOST = 366
_RANGE = 1.2815515655446004  # of a normal distribution, four fifths in the middle


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """One day: number from today on, reviews of seen items, new items, minutes."""

    day: int
    reviews: int
    new_items: int
    minutes: float


@dataclass(frozen=True, slots=True)
class Rung:
    """Minutes a day, and the expected recall on the exam day that they give; `used` is the mean they take."""

    minutes: int
    recall: float
    used: float


@dataclass(frozen=True, slots=True)
class PlannedTopic:
    """One topic: exam weight, items and seen ones, expected recall today, on the exam day without and with the plan,
    and what the plan holds of it (an item of several topics counts in each)."""

    topic_id: str
    weight: float
    items: int
    seen: int
    recall_now: float
    recall_unstudied: float
    recall_planned: float
    reviews: int
    new_items: int


@dataclass(frozen=True, slots=True)
class ExamPlan:
    """A plan.

    Attributes:
        days: until the exam; today is one of them.
        minutes: a day, of the rung that was taken.
        recall, low, high: expected on the exam day, with its range.
        recall_now, recall_unstudied: expected today, and on the exam day if nothing more is answered.
        feasible: whether the target is reached.
        minutes_needed: the least of the ladder that reaches the target, None where none does.
        recall_most: what the top of the ladder reaches.
        schedule: every day.
        ladder: what other minutes a day would give, ascending; it ends where more time adds next to nothing.
        topics: in order of exam weight, then id.
    """

    days: int
    minutes: int
    recall: float
    low: float
    high: float
    recall_now: float
    recall_unstudied: float
    feasible: bool
    minutes_needed: int | None
    recall_most: float
    schedule: list[PlannedDay]
    ladder: list[Rung]
    topics: list[PlannedTopic]


@dataclass(frozen=True, slots=True)
class _Run:
    """One simulated plan: what is recalled of each item on the exam day and in all, what was reviewed how often,
    the day and minutes of every review, whether some day had no room for all that would help."""

    planned: Floats
    recall: float
    reviews: Index
    new: npt.NDArray[np.bool_]
    taken: list[_Taken]
    days: int
    full: bool

    @property
    def used(self) -> float:
        """Mean minutes a day."""
        return float(sum(one.minutes.sum() for one in self.taken)) / self.days

    def schedule(self) -> list[PlannedDay]:
        """Every day."""
        on, fresh, minutes = (
            np.concatenate([getattr(one, name) for one in self.taken]) for name in ("on", "fresh", "minutes")
        )
        each = np.bincount(on, minlength=self.days).tolist()
        new = np.bincount(on[fresh], minlength=self.days).tolist()
        spent = np.bincount(on, minutes, minlength=self.days).tolist()
        return [PlannedDay(day, each[day] - new[day], new[day], float(spent[day])) for day in range(self.days)]


@dataclass(frozen=True, slots=True)
class _Taken:
    """Reviews of one order: the day of each, whether the item is new, minutes."""

    on: Index
    fresh: npt.NDArray[np.bool_]
    minutes: Floats


def exam_plan(
    memory: Memory, topics: Mapping[str, tuple[float, Sequence[int]]], *, days: int, target: float, minutes: int
) -> ExamPlan:
    """The plan until an exam day.

    Args:
        memory: the learner's items, those never answered among them.
        topics: exam weight (above 0) and items, by number, of each topic; at least one topic with an item.
        days: until the exam, at least 1.
        target: expected recall to reach, a share.
        minutes: a day, at least 1.
    """
    value = _values(topics, len(memory.last))
    runs: dict[int, _Run] = {}
    best: dict[int, int] = {}  # a rung -> the best one up to it
    top = LADDER[0]
    for step, run in _climbed(memory, value, days):
        runs[step] = run
        gain = run.recall - runs[top].recall
        top = best[step] = step if gain >= 0 else top
        if not run.full or (runs[top].recall - gain >= target and 0 <= gain < LITTLE and step > LADDER[0]):
            break
    within = [step for step in runs if step <= minutes]
    enough = [step for step in runs if runs[best[step]].recall >= target]
    chosen = best[max(within)]
    if enough and enough[0] <= minutes:
        chosen = best[enough[0]]
    run = runs[chosen]
    unstudied = memory.recall(days)
    planned = run.planned
    spread = _RANGE * float(np.sqrt((value**2 * planned * (1 - planned)).sum()))
    return ExamPlan(
        days=days,
        minutes=chosen,
        recall=run.recall,
        low=max(0.0, run.recall - spread),
        high=min(1.0, run.recall + spread),
        recall_now=float(value @ memory.recall(0)),
        recall_unstudied=float(value @ unstudied),
        feasible=run.recall >= target,
        minutes_needed=enough[0] if enough else None,
        recall_most=runs[top].recall,
        schedule=run.schedule(),
        ladder=[Rung(step, runs[best[step]].recall, runs[best[step]].used) for step in runs],
        topics=_topics(topics, memory, run, unstudied, planned),
    )


def _values(topics: Mapping[str, tuple[float, Sequence[int]]], items: int) -> Floats:
    """What each item weighs in the expected recall; the sum is 1."""
    value = np.zeros(items)
    for weight, members in topics.values():
        if members:
            np.add.at(value, np.asarray(members, dtype=np.int64), weight / len(members))
    total: Floats = value / value.sum()
    return total


def _climbed(memory: Memory, value: Floats, days: int) -> Iterator[tuple[int, _Run]]:
    """The rungs of the ladder in turn, simulated a few side by side."""
    for at in range(0, len(LADDER), SIDE_BY_SIDE):
        steps = LADDER[at : at + SIDE_BY_SIDE]
        yield from zip(steps, _simulated(memory, value, days, steps), strict=True)


def _simulated(start: Memory, value: Floats, days: int, steps: Sequence[int]) -> list[_Run]:
    """The plans of some rungs. Item i under rung k is number k * items + i of one memory that holds them all."""
    items = len(value)
    memory = start.repeated(len(steps))
    values = np.tile(value, len(steps))
    last_recall = memory.recall(days)
    reviews = np.zeros(len(values), dtype=np.int64)
    taken: list[list[_Taken]] = [[] for _ in steps]
    full = [False] * len(steps)
    every = -(-days // ORDERS)
    worth = np.flatnonzero(values > 0)
    for first in range(0, days, every):
        ahead = range(first, min(first + every, days))
        parts = []
        for rung, order in enumerate(_orders(memory, values, worth, last_recall, first, days, len(steps))):
            queue, on, left = _assigned(memory, order, ahead, steps[rung])
            full[rung] = full[rung] or left
            parts.append((queue, on))
        queue = np.concatenate([part[0] for part in parts])
        on = np.concatenate([part[1] for part in parts])
        fresh = np.isnan(memory.last[queue])
        day = on.astype(np.float64)
        stability, difficulty, minutes = memory.after_review(day, queue)
        memory.take(day, queue, stability, difficulty)
        last_recall[queue] = memory.recall(days, queue)
        reviews[queue] += 1
        edges = np.cumsum([0, *(len(part[0]) for part in parts)]).tolist()
        for rung, (low, high) in enumerate(pairwise(edges)):
            taken[rung].append(_Taken(on[low:high], fresh[low:high], minutes[low:high]))
    found = []
    for rung in range(len(steps)):
        mine = slice(rung * items, (rung + 1) * items)
        planned = last_recall[mine]
        recall = float(value @ planned)
        found.append(_Run(planned, recall, reviews[mine], np.isnan(start.last), taken[rung], days, full[rung]))
    return found


def _assigned(memory: Memory, order: Index, ahead: range, minutes: int) -> tuple[Index, Index, bool]:
    """(items, the day of each, whether some found no room): the items in order, as many a day as its minutes hold, at
    what each would take on the last day, when most of it is forgotten."""
    last = memory.last[order]
    right = np.where(np.isnan(last), memory.first_right, memory.recall(ahead[-1], order))
    total = np.cumsum(memory.minutes_of(right))
    on = np.empty(len(order), dtype=np.int64)
    start = 0
    for day in ahead:
        room = minutes + (total[start - 1] if start else 0.0)
        stop = int(np.searchsorted(total, room, side="right"))
        on[start:stop] = day
        start = stop
    return order[:start], on[:start], start < len(order)


def _orders(
    memory: Memory, value: Floats, worth: Index, last_recall: Floats, day: int, days: int, rungs: int
) -> list[Index]:
    """Of each rung: the items worth a review, by what a minute of each adds to the expected recall on the exam day,
    which is `last_recall` without it."""
    open_ones = last_recall[worth] <= 1 - GAIN_LEAST
    ready = worth[open_ones & ~(memory.last[worth] >= day)]  # a new item has no last day
    right, stability = memory.stability_after(day, ready)
    gain = fsrs.retrievability(np.array([float(days - day)]), stability, memory.weights[20]) - last_recall[ready]
    enough = gain >= GAIN_LEAST
    ready, cost = ready[enough], memory.minutes_of(right[enough])
    first = -gain[enough] * value[ready] / cost
    edges = np.searchsorted(ready, np.arange(rungs + 1) * (len(value) // rungs)).tolist()
    return [ready[low:high][np.argsort(first[low:high], kind="stable")] for low, high in pairwise(edges)]


def _topics(
    topics: Mapping[str, tuple[float, Sequence[int]]], memory: Memory, run: _Run, unstudied: Floats, planned: Floats
) -> list[PlannedTopic]:
    now = memory.recall(0)
    found = []
    for topic_id, (weight, members) in topics.items():
        if not members:
            continue
        mine = np.asarray(members, dtype=np.int64)
        fresh = run.new[mine] & (run.reviews[mine] > 0)
        found.append(
            PlannedTopic(
                topic_id=topic_id,
                weight=weight,
                items=len(mine),
                seen=int((~run.new[mine]).sum()),
                recall_now=float(now[mine].mean()),
                recall_unstudied=float(unstudied[mine].mean()),
                recall_planned=float(planned[mine].mean()),
                reviews=int(run.reviews[mine].sum() - fresh.sum()),
                new_items=int(fresh.sum()),
            )
        )
    return sorted(found, key=lambda topic: (-topic.weight, topic.topic_id))
