"""Mastery at past week ends, from a state: what was precomputed, and the weeks that ended since."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from akademos.analytics.clock import day_end, local_day, week_end
from akademos.analytics.evaluated_tables import Columns
from akademos.analytics.group_mastery import GroupMastery, estimate_groups
from akademos.analytics.mastery import Estimates
from akademos.analytics.rounds import Index
from akademos.analytics.state_arrays import Floats, StateArrays


@dataclass(frozen=True, slots=True)
class WeeklyPoints:
    """Estimates at week ends, in order of group, then day."""

    group: Index
    day: Index
    value: Floats
    low: Floats
    high: Floats
    retrieval: Floats
    answers: Index


def weekly_points(arrays: StateArrays) -> WeeklyPoints:
    """The last week ends before the instant. Those after the state was computed are estimated here: without new
    answers only retrievability has changed."""
    params = arrays.params.mastery
    this_week = week_end(arrays.today)
    earliest = this_week - 7 * params.history_weeks
    group, day = arrays.group_of("history"), arrays.integers("history", "date")
    kept = day >= earliest[arrays.group_learner[group]]
    parts = [
        WeeklyPoints(
            group=group[kept],
            day=day[kept],
            value=arrays.floats("history", "value")[kept],
            low=arrays.floats("history", "low")[kept],
            high=arrays.floats("history", "high")[kept],
            retrieval=arrays.floats("history", "retrieval")[kept],
            answers=arrays.integers("history", "answers")[kept],
        )
    ]
    enough = (arrays.answers >= params.answers_min) & arrays.has_clock()[arrays.group_learner]
    since = [local_day(at, zone) for at, zone in zip(arrays.computed.tolist(), arrays.zones, strict=True)]
    week = np.maximum(week_end(np.array(since, dtype=np.int64)), earliest)
    while np.any(week < this_week):
        valid = enough & (week < this_week)[arrays.group_learner]
        if valid.any():
            ends = [day_end(one, zone) for one, zone in zip(week.tolist(), arrays.zones, strict=True)]
            recall = arrays.recall_at(np.array(ends, dtype=np.int64)[:, None])[:, 0]
            then = estimate_groups(arrays, valid, recall, week, keep=False)
            parts.append(_points(arrays, np.flatnonzero(valid), week, then))
        week = week + 7
    if len(parts) == 1:
        return parts[0]
    joined = [np.concatenate([getattr(part, name) for part in parts]) for name in WeeklyPoints.__slots__]
    order = np.lexsort((joined[1], joined[0]))
    return WeeklyPoints(*(column[order] for column in joined))


def last_weeks(arrays: StateArrays, points: WeeklyPoints, weeks: int) -> Floats:
    """(groups, weeks) values at the last week ends, oldest first, NaN where unknown."""
    table = np.full((len(arrays.group_learner), weeks), np.nan)
    back = (week_end(arrays.today)[arrays.group_learner[points.group]] - 7 - points.day) // 7
    used = back < weeks
    table[points.group[used], weeks - 1 - back[used]] = points.value[used]
    return table


def history_table(arrays: StateArrays, points: WeeklyPoints, found: GroupMastery) -> Columns:
    """Table `history`: the week ends, and after them the instant itself."""
    clocked = arrays.has_clock()[arrays.group_learner]
    now_groups = np.flatnonzero((found.row >= 0) & clocked)
    current = _points(arrays, now_groups, arrays.today, found.estimates, found.row[now_groups])
    joined = {name: np.concatenate((getattr(points, name), getattr(current, name))) for name in WeeklyPoints.__slots__}
    order = np.argsort(joined["group"], kind="stable")
    joined = {name: column[order] for name, column in joined.items()}
    group = joined.pop("group")
    return {
        "learner_key": arrays.keys_of(group),
        "topic_id": arrays.topics_of(group),
        "date": joined.pop("day"),
        **joined,
    }


def _points(
    arrays: StateArrays, group: Index, day: Index, found: Estimates, rows: Index | slice = slice(None)
) -> WeeklyPoints:
    return WeeklyPoints(
        group,
        day[arrays.group_learner[group]],
        found.value[rows],
        found.low[rows],
        found.high[rows],
        found.components[2][rows],
        arrays.answers[group],
    )
