"""Mastery and retrieval over time: weekly points with band, daily curves of retrieval.

A weekly point stands at the end of an ISO week (Sunday, in the learner's time zone) and is what `mastery` would have
answered at that instant, interval and seed included, with today's curriculum. Learners without a clock have none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from akademos.analytics.attempts import Activity, Pairs
from akademos.analytics.clock import day_end, local_day, week_end
from akademos.analytics.forgetting import CardMemory, mean_recall
from akademos.analytics.mastery import Evidence, estimate, evidence_rows
from akademos.analytics.material_completion import Contacts, completion
from akademos.analytics.parameters import Parameters
from akademos.analytics.resampling import U64, learner_seeds, seeds
from akademos.analytics.rounds import Index, runs
from akademos.analytics.timeline import Block, Points, blocks

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class History:
    """Weekly points with enough answers, by group, then day."""

    group: Index
    day: Index
    value: Floats
    low: Floats
    high: Floats
    retrieval: Floats
    answers: Index


@dataclass(frozen=True, slots=True)
class Curves:
    """Retrieval strength at the ends of past days, by group, then day."""

    group: Index
    day: Index
    value: Floats


def past_weeks(zones: Sequence[str], as_of_us: int, weeks: int) -> Points:
    """The last week ends before an instant, per learner."""
    return _points(zones, as_of_us, weeks, 7, lambda today: week_end(today) - 7)


def past_days(zones: Sequence[str], as_of_us: int, days: int) -> Points:
    """The last day ends before an instant, per learner."""
    return _points(zones, as_of_us, days, 1, lambda today: today - 1)


def weekly_history(
    activity: Activity,
    memory: CardMemory,
    pairs: Pairs,
    contacts: Contacts,
    names: tuple[U64, U64],
    as_of_us: int,
    needed_from: Index,
    params: Parameters,
) -> History:
    """Every group's past weekly points.

    Args:
        activity, memory, pairs, contacts: the learners' evidence up to `as_of_us`.
        names: hashes of the learner keys and of the topic ids, by number.
        as_of_us: instant, microseconds.
        needed_from: per learner, the day number before which points are not wanted.
        params: parameters.
    """
    points = past_weeks(activity.learners["time_zone"].to_list(), as_of_us, params.mastery.history_weeks)
    found = [
        _block_history(block, memory, pairs, contacts, names, points, needed_from, params)
        for block in blocks(activity, memory, pairs, points)
    ]
    return History(*(_joined([getattr(part, name) for part in found]) for name in History.__slots__))


def daily_curves(activity: Activity, memory: CardMemory, pairs: Pairs, as_of_us: int, params: Parameters) -> Curves:
    """Every group's retrieval strength at the ends of the last days, from its first review on."""
    points = past_days(activity.learners["time_zone"].to_list(), as_of_us, params.forgetting.curve_days)
    found: list[Curves] = []
    for block in blocks(activity, memory, pairs, points):
        starts, group = _groups(block, pairs)
        value = mean_recall(block.recall.T, starts).T
        row, point = np.nonzero(~np.isnan(value))
        found.append(Curves(group[row], points.days[pairs.group_learner[group[row]], point], value[row, point]))
    return Curves(*(_joined([getattr(part, name) for part in found]) for name in Curves.__slots__))


def _block_history(
    block: Block,
    memory: CardMemory,
    pairs: Pairs,
    contacts: Contacts,
    names: tuple[U64, U64],
    points: Points,
    needed_from: Index,
    params: Parameters,
) -> History:
    starts, group = _groups(block, pairs)
    learner = pairs.group_learner[group]
    answers = np.add.reduceat(block.attempts, starts, axis=0)
    clock = np.isin(learner, memory.learner[memory.review_counts > 0])
    share = _completion(group, answers > 0, contacts, pairs, points)
    # Points and their rows, ordered by group, then point, then item.
    wanted = points.days[learner] >= needed_from[learner][:, None]
    valid = (answers >= params.mastery.answers_min) & clock[:, None] & wanted
    of_group = np.repeat(np.arange(len(group)), np.diff(starts, append=len(block.attempts)))
    used = valid[of_group] & (block.attempts > 0)
    row, point = np.nonzero(used)
    order = np.lexsort((row, point, of_group[row]))
    row, point = row[order], point[order]
    evidence_starts, _ = runs(of_group[row] * points.days.shape[1] + point)
    at_group, at_point = of_group[row[evidence_starts]], point[evidence_starts]
    day = points.days[learner[at_group], at_point]
    learner_hash, topic_hash = names
    result = estimate(
        Evidence(
            sums=evidence_rows(
                block.first[row, point], block.score[row, point], block.attempts[row, point], block.recall[row, point]
            ),
            starts=evidence_starts,
            completion=share[at_group, at_point],
            seed=seeds(learner_hash[learner[at_group]], topic_hash[pairs.group_topic[group[at_group]]], day),
            learner_seed=learner_seeds(learner_hash[learner[at_group]], day),
        ),
        params.mastery,
    )
    return History(
        group=group[at_group],
        day=day,
        value=result.value,
        low=result.low,
        high=result.high,
        retrieval=result.components[2],
        answers=answers[at_group, at_point],
    )


def _completion(group: Index, met: npt.NDArray[np.bool_], contacts: Contacts, pairs: Pairs, points: Points) -> Floats:
    """Material completion of the block's groups at each point: (groups, points)."""
    count = points.days.shape[1]
    inside = (contacts.group >= group[0]) & (contacts.group <= group[-1])
    at = contacts.group[inside]
    late = -(-(contacts.day[inside] - points.days[pairs.group_learner[at], 0]) // points.step)
    from_point = np.where(contacts.clocked[inside], np.clip(late, 0, count), 0)
    cells = np.bincount(
        (at - group[0]) * (count + 1) + from_point, contacts.amount[inside], minlength=len(group) * (count + 1)
    )
    completed = np.cumsum(cells.astype(np.float64).reshape(len(group), count + 1), axis=1)[:, :count]
    return completion(completed, contacts.existing[group], met, overall_group(pairs)[group] - group[0])


def overall_group(pairs: Pairs) -> Index:
    """Per group, the number of the OVERALL group of the same learner: the learner's first."""
    starts, counts = runs(pairs.group_learner)
    return np.repeat(starts, counts)


def _groups(block: Block, pairs: Pairs) -> tuple[Index, Index]:
    """(first row of each group within the block, its number)."""
    group = pairs.group[block.pairs]
    starts, _ = runs(group)
    return starts, group[starts]


def _points(zones: Sequence[str], as_of_us: int, count: int, step: int, latest: Callable[[int], int]) -> Points:
    table: dict[str, tuple[list[int], list[int]]] = {}
    for name in dict.fromkeys(zones):
        last = latest(local_day(as_of_us, name))
        days = [last - step * back for back in range(count - 1, -1, -1)]
        table[name] = (days, [day_end(day, name) for day in days])
    shape = (len(zones), count)
    return Points(
        days=np.array([table[name][0] for name in zones], dtype=np.int64).reshape(shape),
        ends=np.array([table[name][1] for name in zones], dtype=np.int64).reshape(shape),
        step=step,
    )


def _joined(parts: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
