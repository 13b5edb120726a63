"""From steps to what may be said of them: funnels, paths, retention, survival, of at least k people everywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from akademos.analytics.clock import DAY_US
from akademos.analytics.journeys import FunnelStep, Steps, funnel, loops, paths, time_between
from akademos.analytics.proportions import z_of
from akademos.analytics.retention import retention, start_weeks
from akademos.analytics.survival import interval, kaplan_meier
from akademos.catalogue.content_policies import JOURNEY_LIMITS, WINDOWS
from akademos.catalogue.journey_steps import STEPS, STOPPED
from akademos.jobs.content_tables import share_of, two_digits
from akademos.privacy.disclosure_tables import merged_bands, rounded
from akademos.privacy.shown_shares import shown_falls
from akademos.stores.ports.journeys import FunnelQuestion, Grouping, PathsQuestion, SurvivalQuestion

HOUR_US = DAY_US // 24
GAP_US = DAY_US
"""A pause longer than a day ends a path."""

STOPPED_DAYS = 21
"""Without an event for so long a learner counts as stopped, since the last one."""

_Z = z_of(0.95)

Observed = npt.NDArray[np.int64]
"""Until when each learner was looked at, by number, microseconds since 1970."""

OTHER = "other"
_FIRST_MONDAY = date(1970, 1, 5)
_ENDED = "end"


def funnel_table(steps: Steps, question: FunnelQuestion, floor: int) -> dict[str, Any]:
    """How many reach each step, and which share that is of those at the last step before that could not be left out and
    has a count. Where fewer than k reach it, or fewer than k of those do not, the count is withheld and the share a
    bound."""
    asked = [
        FunnelStep(
            STEPS[one.step],
            None if (hours := WINDOWS[one.within]) is None else hours * HOUR_US,
            one.optional,
            one.times,
        )
        for one in question.steps
    ]
    found: list[dict[str, Any]] = []
    base = 0
    for place, (one, row) in enumerate(zip(question.steps, funnel(steps, asked), strict=True)):
        share = share_of(row.learners, base, floor) if place else None
        sure = row.learners >= floor if not place else share is not None and not share["bound"]
        found.append(
            {
                "step": one.step,
                "within": one.within,
                "optional": one.optional,
                "times": one.times,
                "learners": rounded(row.learners) if sure else None,
                "share": share,
                "median_hours": two_digits(row.median_us / HOUR_US) if sure and row.median_us is not None else None,
            }
        )
        if sure and not one.optional:  # a count that is withheld is not shown as what a share is of
            base = row.learners
    return {"steps": found}


def paths_table(steps: Steps, question: PathsQuestion, floor: int) -> dict[str, Any]:
    """The most frequent ways that at least k learners took, and returns; of others nothing is said."""
    backwards = question.direction == "to"
    start = steps.rows(STEPS[question.step])
    people = len(steps.firsts(start))
    if people < 2 * floor:
        return {"step": question.step, "started": None, "paths": [], "loops": []}
    found = paths(
        steps,
        STEPS[question.step],
        depth=question.depth,
        gap_us=GAP_US,
        backwards=backwards,
        most=5 * JOURNEY_LIMITS.paths,
    )
    ways = []
    for one in sorted(found, key=lambda path: (-path.learners, path.names)):
        share = share_of(one.learners, people, floor)
        if one.learners >= floor and share is not None and share["bound"] != "below":
            short = len(one.names) <= question.depth
            names = list(one.names)
            walked = ([_ENDED, *names] if backwards else [*names, _ENDED]) if short else names
            sure = not share["bound"]
            ways.append({"steps": walked, "learners": rounded(one.learners) if sure else None, "share": share})
    returns = [
        {"step": one.name, "by_way_of": one.by_way_of, "learners": rounded(one.learners)}
        for one in loops(steps, gap_us=GAP_US)
        if floor <= one.learners <= steps.learners - floor
    ]
    return {
        "step": question.step,
        "started": rounded(people),
        "paths": ways[: JOURNEY_LIMITS.paths],
        "loops": returns[: JOURNEY_LIMITS.paths],
    }


def retention_table(
    steps: Steps, observed: Observed, groups: Sequence[str] | None, floor: int, by: Grouping = "week"
) -> dict[str, Any]:
    """The triangle over closed weeks, by start week or by groups (named `by`). Start weeks in which too few began are
    put together with the next ones, and a group's row ends where some of it cannot be seen any more."""
    labels = _start_groups(steps, floor) if groups is None else list(groups)
    cells = retention(steps, observed, labels)
    whole = {cell.group: cell.started for cell in cells if cell.week == 0}
    found = []
    for cell in cells:
        if cell.started >= 2 * floor and (groups is not None or cell.started == whole[cell.group]):
            share = share_of(cell.retained, cell.started, floor)
            found.append({"group": cell.group, "week": cell.week, "started": rounded(cell.started), "share": share})
    return {"by": by, "cells": found}


def large_groups(labels: Sequence[str], floor: int) -> list[str]:
    """The labels, where fewer than 2 k have one the word for several; where these are fewer than 2 k together, the
    smallest other labels go with them, so that what is left of all is never of few. "" stays where it is of many: of
    them nothing is known.

    Example:
        >>> large_groups(["web"] * 5 + ["staff"] * 4 + ["api"] + [""], 2)[4:]
        ['web', 'other', 'other', 'other', 'other', 'other', 'other']
    """
    counts = Counter(labels)
    mixed = {label for label, people in counts.items() if people < 2 * floor}
    while 0 < sum(counts[label] for label in mixed) < 2 * floor and len(mixed) < len(counts):
        mixed.add(min(counts.keys() - mixed, key=lambda label: (counts[label], label)))
    return [OTHER if label in mixed else label for label in labels]


def _start_groups(steps: Steps, floor: int) -> list[str]:
    """Per learner the first Monday of the weeks of start that are put together; "" where even all later are too few."""
    weeks = start_weeks(steps)
    distinct, counts = np.unique(weeks, return_counts=True)
    names: dict[int, str] = {}
    for first, last in merged_bands(counts.tolist(), 2 * floor):
        monday = (_FIRST_MONDAY + timedelta(weeks=int(distinct[first]))).isoformat()
        names |= {int(week): monday for week in distinct[first : last + 1]}
    return [names.get(int(week), "") for week in weeks]


_Lifetimes = tuple[Observed, Observed, npt.NDArray[np.bool_], Observed]


def _lifetimes(steps: Steps, question: SurvivalQuestion, observed: Observed) -> _Lifetimes:
    """Of each learner who began: when, when it happened or could last be seen, whether it happened, and until when it
    can be known."""
    every = steps.names
    wanted = every if question.until == STOPPED else STEPS[question.until]
    spans = time_between(steps, STEPS[question.since] if question.since else every, wanted)
    known_until, happened, end = observed[spans.learner], spans.arrived, spans.ended
    if question.until == STOPPED:
        last = np.append(np.flatnonzero(np.diff(steps.learner)), len(steps.learner) - 1)
        known_until = known_until - STOPPED_DAYS * DAY_US
        end = steps.at[last][spans.learner]
        happened = end < known_until
    elif not question.since:  # it may be the very first step
        rows = steps.rows(wanted)
        first = rows[steps.firsts(rows)]
        happened, end = np.zeros(steps.learners, dtype=bool), end.copy()
        happened[steps.learner[first]], end[steps.learner[first]] = True, steps.at[first]
    return spans.began, np.where(happened, end, known_until), happened, known_until


def survival_table(steps: Steps, question: SurvivalQuestion, observed: Observed, floor: int) -> dict[str, Any]:
    """Share of learners to whom it has not happened so many days after their first step of all, or of a kind, with its
    95% interval, made of rounded counts. The curve falls only where it has happened to k people since it last fell, and
    reaches as far (`days`) as k are still looked at.

    Of the last `STOPPED_DAYS` nobody can say yet who stopped in them: who still had an event then is censored where
    they begin, and who began in them does not count.
    """
    asked = {"since": question.since, "until": question.until}
    nothing: dict[str, Any] = {**asked, "points": [], "days": 0, "median_days": None}
    if not steps.learners:
        return nothing
    begin, end, happened, known_until = _lifetimes(steps, question, observed)
    counted = begin <= known_until
    if counted.sum() < 2 * floor:
        return nothing
    days = np.floor(np.maximum(end - begin, 0)[counted] / DAY_US)
    curve = kaplan_meier(days.astype(np.float64), happened[counted])
    points = [{"day": 0, "share": 1.0, "low": 1.0, "high": 1.0, "at_risk": rounded(len(days))}]
    share, greenwood = 1.0, 0.0
    for fall in shown_falls(curve.at_risk.tolist(), curve.events.tolist(), len(days), floor):
        share *= 1 - fall.events / fall.people
        greenwood += fall.events / (fall.people * (fall.people - fall.events))
        low, high = interval(share, greenwood, _Z)
        points.append(
            {
                "day": int(curve.times[fall.place]),
                "share": round(share, 2),
                "low": round(low, 2),
                "high": round(high, 2),
                "at_risk": fall.left,
            }
        )
    median = next((point["day"] for point in points if point["share"] <= 0.5), None)
    return {**asked, "points": points, "days": int(np.sort(days)[-floor]), "median_days": median}
