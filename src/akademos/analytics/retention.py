"""Who comes back: retention triangles by start week and by any attribute of the learners.

Grain: one group and week after the start. A learner starts with the first event; week 0 is the ISO week of the start
(in UTC), week n the n-th after it. Retained in a week is who has an event in it. Only weeks that were over at `as_of`
count, and only learners who could be seen in them: a cell stands for a closed window or is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.clock import DAY_US
from akademos.analytics.journeys import Steps

Index = npt.NDArray[np.int64]

WEEK_US = 7 * DAY_US
_MONDAY_US = 4 * DAY_US
"""1970-01-01 was a Thursday: the first Monday is four days later."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Of `started` learners of a group who could, `retained` have an event in the week `week` after their start."""

    group: str
    week: int
    started: int
    retained: int

    @property
    def share(self) -> float:
        """Retained of started."""
        return self.retained / self.started


def start_weeks(steps: Steps) -> Index:
    """Per learner number, the week of the first event, counted in weeks from 1970-01-05."""
    first = np.flatnonzero(np.diff(steps.learner, prepend=-1))
    return np.asarray((steps.at[first] - _MONDAY_US) // WEEK_US)


def retention(
    steps: Steps, as_of_us: int | Index, groups: Mapping[int, str] | Sequence[str] | None = None
) -> list[Cell]:
    """The triangle, in order of group and week.

    Args:
        steps: all events up to `as_of_us` (later ones do not count).
        as_of_us: microseconds since 1970 until when everybody was looked at, or each learner by number.
        groups: value of the attribute by learner number; learners without one are left out. Left out: the start week,
            as the date of its Monday.
    """
    if not len(steps.at):
        return []
    seen_until = np.broadcast_to(np.asarray(as_of_us, dtype=np.int64), (steps.learners,))
    known = steps.at <= seen_until[steps.learner]
    week = (steps.at - _MONDAY_US) // WEEK_US
    fresh = np.ones(len(week), dtype=bool)
    fresh[1:] = (steps.learner[1:] != steps.learner[:-1]) | (week[1:] != week[:-1])
    fresh &= known
    start = start_weeks(steps)
    open_week = (seen_until - _MONDAY_US) // WEEK_US  # not over yet
    if groups is None:
        monday = np.datetime64("1970-01-05", "D")
        names, of_learner = np.unique(start, return_inverse=True)
        labels = [str(monday + np.timedelta64(7 * int(one), "D")) for one in names]
    else:
        values = np.array(
            [groups.get(one, "") for one in range(steps.learners)] if isinstance(groups, Mapping) else list(groups)
        )
        distinct, of_learner = np.unique(values, return_inverse=True)
        labels = [str(one) for one in distinct]
    lasting = open_week - start  # closed weeks that each learner can be seen in
    most = int(max(lasting.max(initial=0), 0))
    rows = np.flatnonzero(fresh & (week < open_week[steps.learner]))
    offset = (week - start[steps.learner])[rows]
    size = most + 1
    retained = np.bincount(of_learner[steps.learner[rows]] * size + offset, minlength=len(labels) * size)
    # Who can be seen in week n has at least n + 1 closed weeks.
    reach = np.bincount(of_learner * size + np.clip(lasting, 0, most), minlength=len(labels) * size)
    reach = reach.reshape(len(labels), size)
    started = reach[:, ::-1].cumsum(axis=1)[:, ::-1]
    return [
        Cell(label, week_after, int(started[number, week_after + 1]), int(retained[number * size + week_after]))
        for number, label in enumerate(labels)
        if label
        for week_after in range(most)
        if started[number, week_after + 1]
    ]
