"""Rhythm: on how many days a learner studied, and in what runs.

A day is active when it holds an answer or a touched material, in the learner's time zone. A run is a series of active
days without a pause; the current run may end today or yesterday, so that a morning does not break it. A week is an
ISO week. Days need a clock of at least day precision. Units: days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from akademos.analytics.clock import week_end
from akademos.analytics.rounds import Index


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Counts of one learner's active days, as seen from a day."""

    active_days_7: int
    active_days_28: int
    current_run_days: int
    longest_run_days: int
    best_week_days: int
    this_week_days: int


def rhythm(active_days: Index, today: int) -> Rhythm:
    """Rhythm from the ascending numbers of all active days up to `today`."""
    if not len(active_days):
        return Rhythm(0, 0, 0, 0, 0, 0)
    breaks = np.flatnonzero(np.diff(active_days) > 1)
    run_starts = np.concatenate(([0], breaks + 1))
    run_ends = np.concatenate((breaks, [len(active_days) - 1]))
    lengths = run_ends - run_starts + 1
    weeks = week_end(active_days)
    _, per_week = np.unique(weeks, return_counts=True)
    return Rhythm(
        active_days_7=int(np.count_nonzero(active_days > today - 7)),
        active_days_28=int(np.count_nonzero(active_days > today - 28)),
        current_run_days=int(lengths[-1]) if active_days[-1] >= today - 1 else 0,
        longest_run_days=int(lengths.max()),
        best_week_days=int(per_week.max()),
        this_week_days=int(np.count_nonzero(weeks == week_end(today))),
    )
