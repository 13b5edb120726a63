"""Learning patterns: when and how somebody studies, and a week that would suit.

- rhythm: days of study a week over the whole weeks of the window, with an 80% interval by Student's t over weeks;
  days of rest between study days. A pause is a pause, no broken streak.
- timing: the usual start is the local minute of the day from which half of the starts lie no further than the spread
  (a median on the circle of 24 hours).
- breaks: interruptions of more than 5 minutes per hour of active time; the median uninterrupted stretch is that of the
  longest one of each session.
- multitasking, by proxy: changes of window per hour (of sessions whose sender counts them), and the share of sessions
  on several devices at once. Neither shows what somebody did instead.
- material preference: share of the time by kind of material; beside it how later answers, on topics last met in that
  kind, differ from the learner's own mean, adjusted as in `hypotheses`, with a 95% interval by the jackknife over days.
  A kind needs 100 later answers on 15 days, and the comparison of video with other kinds is tested in `insights`.
- a suggested week: the learner's own weekly time, spread over the weekdays that are used most, at the hours that are
  used most on them; where an insight about the time of day was made, hours of that part of the day go before others. At
  most five days, so that rest stays.

Grain: learner. Fewer than 5 sessions on 6 days: nothing but sums.
Source: specification, learning patterns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from akademos.analytics.evaluated_tables import Columns
from akademos.analytics.parameters import Parameters, StudyParameters
from akademos.analytics.rounds import Index
from akademos.analytics.state_arrays import StateArrays, date_of
from akademos.analytics.study_efficiency import HOUR_S, columns_of, study_status
from akademos.analytics.study_windows import Window

Floats = npt.NDArray[np.float64]

DAY_MINUTES = 1440
PARTS_OF_DAY: Mapping[str, tuple[int, ...]] = {
    "morning": tuple(range(5, 12)),
    "afternoon": tuple(range(12, 18)),
    "evening": tuple(range(18, 23)),
    "night": (23, 0, 1, 2, 3, 4),
}
"""Local hours of the parts of the day that hypotheses speak of."""
_SUGGESTED_LEAST, _SUGGESTED_MOST = 15, 60  # minutes at a time
_STEP = 5


def patterns_table(arrays: StateArrays, found: Sequence[Window], params: StudyParameters) -> Columns:
    """Table `patterns`."""
    return columns_of("patterns", [_patterns(arrays, one, params) for one in found])


def _patterns(arrays: StateArrays, window: Window, params: StudyParameters) -> dict[str, Any]:
    sittings = window.sittings
    days = np.unique(sittings.day)
    status = _status(arrays, window, params)
    per_week, with_study = _days_per_week(days, window.today)
    row: dict[str, Any] = {
        "learner_key": arrays.keys[window.learner],
        "status": status,
        "weeks": len(per_week),
        "weeks_with_study": with_study,
        "days": len(days),
    }
    names = (
        "days_per_week", "days_per_week_low", "days_per_week_high", "usual_minute", "usual_spread_minutes",
        "rest_days_median", "long_rests", "breaks_per_hour", "median_stretch_seconds", "switches_per_hour",
        "switches_sessions", "several_devices_share", "goal_seconds_per_week",
    )  # fmt: skip
    if status != "ok":
        return row | dict.fromkeys(names)
    low, mean, high = _mean_interval(per_week)
    usual, spread = _usual(sittings.minute)
    rests = np.diff(days) - 1
    active, counted = float(sittings.active.sum()), ~np.isnan(sittings.switches)
    hours_counted = float(sittings.total[counted].sum()) / HOUR_S
    return row | {
        "days_per_week": mean,
        "days_per_week_low": low,
        "days_per_week_high": high,
        "usual_minute": usual,
        "usual_spread_minutes": spread,
        "rest_days_median": float(np.median(rests)) if len(rests) else None,
        "long_rests": int((rests >= params.rest_days_long).sum()),
        "breaks_per_hour": float(sittings.breaks.sum()) / active * HOUR_S if active > 0 else None,
        "median_stretch_seconds": float(np.median(sittings.longest)),
        "switches_per_hour": float(sittings.switches[counted].sum()) / hours_counted if hours_counted > 0 else None,
        "switches_sessions": int(counted.sum()),
        "several_devices_share": float((sittings.devices > 1).mean()),
        "goal_seconds_per_week": _weekly_seconds(window),
    }


def _status(arrays: StateArrays, window: Window, params: StudyParameters) -> str:
    count, days = len(window.sittings.day), len(np.unique(window.sittings.day))
    status = study_status(arrays, window.learner, count, params.sessions_min)
    return "not_enough_data" if status == "ok" and days < params.days_min else status


def _days_per_week(days: Index, today: int) -> tuple[Floats, int]:
    """Days of study in each whole week (of seven days back from today) since the first one, and weeks with any."""
    if not len(days):
        return np.empty(0), 0
    back = (today - days) // 7
    whole = (today - int(days[0]) + 1) // 7
    counts = np.bincount(back, minlength=whole)[: max(whole, 1)].astype(np.float64)
    return counts, int((counts > 0).sum())


def _mean_interval(values: Floats) -> tuple[float | None, float, float | None]:
    mean = float(values.mean())
    if len(values) < 2:
        return None, mean, None
    half = float(stdtrit(len(values) - 1.0, 0.9)) * float(values.std(ddof=1)) / len(values) ** 0.5
    return max(0.0, mean - half), mean, min(7.0, mean + half)


def _usual(minutes: Index) -> tuple[int, float]:
    """The start from which the median distance on the clock to all starts is least, and that distance."""
    starts = np.unique(minutes)
    apart = np.abs(starts[:, None] - minutes[None, :])
    spread = np.median(np.minimum(apart, DAY_MINUTES - apart), axis=1)
    best = int(spread.argmin())
    return int(starts[best]), float(spread[best])


def _weekly_seconds(window: Window) -> float:
    """Median active seconds of the whole weeks (seven days back from today) since the first session."""
    sittings = window.sittings
    back = (window.today - sittings.day) // 7
    whole = max(1, (window.today - int(sittings.day.min()) + 1) // 7)
    return float(np.median(np.bincount(back, sittings.active, whole)[:whole]))


def study_days_table(arrays: StateArrays, found: Sequence[Window]) -> Columns:
    """Table `study_days`."""
    rows = []
    for window in found:
        days, place = np.unique(window.hours.day, return_inverse=True)
        active, answers = np.bincount(place, window.hours.active), np.bincount(place, window.hours.answers)
        rows += [
            {
                "learner_key": arrays.keys[window.learner],
                "date": date_of(day),
                "active_seconds": float(active[n]),
                "answers": int(answers[n]),
            }
            for n, day in enumerate(days.tolist())
        ]
    return columns_of("study_days", rows)


def material_use_table(arrays: StateArrays, found: Sequence[Window], params: Parameters) -> Columns:
    """Table `material_use`."""
    learner, day = arrays.learner_of("material_kinds"), arrays.integers("material_kinds", "date")
    kind = np.array(arrays.texts("material_kinds", "kind"), dtype=object)
    seconds, residual = arrays.floats("material_kinds", "seconds"), arrays.floats("material_kinds", "residual")
    opened, answers = arrays.integers("material_kinds", "opened"), arrays.integers("material_kinds", "answers")
    edges = np.searchsorted(learner, np.arange(len(arrays.keys) + 1)).tolist()
    rows: list[dict[str, Any]] = []
    for window in found:
        own = np.arange(edges[window.learner], edges[window.learner + 1])
        own = own[day[own] >= window.first_day]
        whole = float(seconds[own].sum())
        kinds = []
        for name in sorted(set(kind[own].tolist())):
            of_kind = own[kind[own] == name]
            spent = float(seconds[of_kind].sum())
            difference, low, high, days = _later(answers[of_kind], residual[of_kind], params)
            kinds.append(
                {
                    "learner_key": arrays.keys[window.learner],
                    "kind": name,
                    "seconds": spent,
                    "share": spent / whole if whole > 0 else None,
                    "opened": int(opened[of_kind].sum()),
                    "answers": int(answers[of_kind].sum()),
                    "days": days,
                    "difference": difference,
                    "low": low,
                    "high": high,
                    "status": "not_enough_data" if difference is None else "ok",
                }
            )
        rows += sorted(kinds, key=lambda one: (-one["seconds"], one["kind"]))
    return columns_of("material_use", rows)


def _later(
    answers: Index, residual: Floats, params: Parameters
) -> tuple[float | None, float | None, float | None, int]:
    """(mean residual, low, high, days) of later answers; one row a day."""
    some = answers > 0
    answers, residual = answers[some].astype(np.float64), residual[some]
    total, days = float(answers.sum()), len(answers)
    if total < params.insights.answers_min or days < params.insights.clusters_min:
        return None, None, None, days
    mean = float(residual.sum()) / total
    without = (residual.sum() - residual) / (total - answers)
    error = float(np.sqrt((days - 1) / days * ((without - mean) ** 2).sum()))
    half = float(stdtrit(days - 1.0, (1 + params.insights.interval) / 2)) * error
    return mean, mean - half, mean + half, days


def week_plan_table(
    arrays: StateArrays, found: Sequence[Window], better: Sequence[Sequence[str]], params: StudyParameters
) -> Columns:
    """Table `week_plan`; `better` names for each learner the parts of the day that an insight speaks for."""
    rows = []
    for window, parts in zip(found, better, strict=True):
        if _status(arrays, window, params) == "ok":
            key = arrays.keys[window.learner]
            rows += [{"learner_key": key, **place} for place in _plan(window, parts, params)]
    return columns_of("week_plan", rows)


def _plan(window: Window, better: Sequence[str], params: StudyParameters) -> list[dict[str, Any]]:
    hours = window.hours
    used = np.bincount((hours.day + 3) % 7 * 24 + hours.hour, hours.active, 168).reshape(7, 24)
    per_week, _ = _days_per_week(np.unique(window.sittings.day), window.today)
    days = int(np.clip(np.rint(per_week.mean()), 1, params.suggested_days_most))
    weekdays = sorted(np.argsort(-used.sum(axis=1), kind="stable")[:days].tolist())
    minutes = _weekly_seconds(window) / 60 / days
    length = int(np.clip(_STEP * round(minutes / _STEP), _SUGGESTED_LEAST, _SUGGESTED_MOST))
    good = np.zeros(24, dtype=np.bool_)
    for part in better:
        good[list(PARTS_OF_DAY[part])] = True
    usual = used.sum(axis=0)
    rows = []
    for weekday in weekdays:
        # What the weekday says counts most; the whole week breaks ties and carries weekdays with little.
        worth = used[weekday] + 0.25 * usual
        block = sum(np.roll(worth, -step) for step in range(params.block_hours))
        block = np.asarray(block, dtype=np.float64)
        known = good & (block > 0)
        hour = int(np.where(known, block, -1.0).argmax()) if known.any() else int(block.argmax())
        if used[weekday][hour] + usual[hour] == 0:  # the block begins before its first used hour
            hour = (hour + 1) % 24
        rows.append(
            {
                "weekday": weekday,
                "minute": hour * 60,
                "minutes": length,
                "reason": "usual_and_better" if good[hour] else "usual",
            }
        )
    return rows
