"""Study efficiency: how much of the time of a session is study, when it happens, and what comes of an hour of it.

- active share = active / total time; both as `study_sessions` defines them, summed over the sessions of the window.
- focus = 1 - (paused + 30 s a change of window) / total time, in 0..1; of the window it is the mean over sessions
  weighted by their total time, with an interval by the jackknife over days.
- materials and questions per hour of active time.
- length of sessions: their active time, in classes.
- time of day: active time by weekday and local hour. What is most accurate, `insights` says, if anything.
- trend: slope of the weekly active share over the weeks with study, least squares weighted by total time, tested with
  Student's t at 5%; fewer than 6 weeks: nothing is said.
- sensitivity: the active time that limits of idleness of 2 and 10 minutes would give, beside the 5 of the rule.

Grain: learner. A session belongs to the local day on which it began. Fewer than 5 sessions: only sums are shown.
Caveat: what the senders do not report is not counted; reading without heartbeats shows as a gap.
Source: specification, study efficiency.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import stdtr, stdtrit

from akademos.analytics.evaluated_tables import Columns
from akademos.analytics.forgetting import NEVER
from akademos.analytics.parameters import StudyParameters
from akademos.analytics.rounds import Index
from akademos.analytics.state_arrays import StateArrays, date_of
from akademos.analytics.study_schemas import STUDY_EVALUATED
from akademos.analytics.study_windows import Window

Floats = npt.NDArray[np.float64]

LENGTH_CLASSES = (0, 5, 15, 30, 45, 60, 90, 120)
"""Least active minutes of each class of session length."""
LATEST = 30
HOUR_S = 3600.0
_WEEKS_PER_SLOPE = 4.0
_MINUTE_US = 60_000_000


def study_status(arrays: StateArrays, learner: int, sessions: int, least: int) -> str:
    """ok, not_enough_data, needs_clock (events, but none with a time of day) or no_data."""
    if sessions >= least:
        return "ok"
    clock = arrays.clocks[learner]
    return "not_enough_data" if clock == "exact" else "no_data" if clock == "none" else "needs_clock"


def study_table(arrays: StateArrays, found: Sequence[Window], params: StudyParameters) -> Columns:
    """Table `study`."""
    return columns_of("study", [_study(arrays, one, params) for one in found])


def _study(arrays: StateArrays, window: Window, params: StudyParameters) -> dict[str, Any]:
    sittings, hours = window.sittings, window.hours
    count = len(sittings.day)
    active, total = float(sittings.active.sum()), float(sittings.total.sum())
    answers, materials = int(sittings.answers.sum()), int(sittings.materials.sum())
    status = study_status(arrays, window.learner, count, params.sessions_min)
    enough, worked = status == "ok", active > 0
    focus, focus_low, focus_high = _focus(window, params) if enough else (None, None, None)
    by_hour = np.bincount(hours.hour, hours.active, 24)
    today = hours.day == window.today
    last = count - 1
    begun = (
        count > 0
        and not bool(sittings.ended[last])
        and window.now_us - int(sittings.end_us[last]) <= params.session_minutes * _MINUTE_US
    )
    return {
        "learner_key": arrays.keys[window.learner],
        "status": status,
        "first_day": date_of(window.first_day),
        "today": date_of(window.today),
        "window_days": params.window_days,
        "sessions": count,
        "days": len(np.unique(sittings.day)),
        "active_seconds": active,
        "active_seconds_short": float(sittings.active_short.sum()),
        "active_seconds_long": float(sittings.active_long.sum()),
        "total_seconds": total,
        "active_share": active / total if enough and total > 0 else None,
        "focus": focus,
        "focus_low": focus_low,
        "focus_high": focus_high,
        "counted_sessions": int((~np.isnan(sittings.switches)).sum()),
        "switches": int(np.nansum(sittings.switches)),
        "answers": answers,
        "materials": materials,
        "answers_per_hour": answers / active * HOUR_S if enough and worked else None,
        "materials_per_hour": materials / active * HOUR_S if enough and worked else None,
        "median_active_seconds": float(np.median(sittings.active)) if enough else None,
        "longest_active_seconds": float(sittings.active.max()) if count else None,
        "busiest_hour": int(by_hour.argmax()) if enough and worked else None,
        "busiest_seconds": float(by_hour.max()) if enough and worked else None,
        **_trend(window, params),
        "open_since": int(sittings.start_us[last]) if begun else NEVER,
        "today_active_seconds": float(hours.active[today].sum()),
        "today_sessions": int((sittings.day == window.today).sum()),
    }


def _focus(window: Window, params: StudyParameters) -> tuple[float | None, float | None, float | None]:
    """Mean over the sessions weighted by total time, with its 80% interval by the jackknife over days."""
    total = window.sittings.total
    focus = window.sittings.focus(params.switch_seconds)
    whole = float(total.sum())
    if whole <= 0:
        return None, None, None
    _, day = np.unique(window.sittings.day, return_inverse=True)
    weighted, weight = np.bincount(day, focus * total), np.bincount(day, total)
    value, days = float(weighted.sum()) / whole, len(weight)
    if days < params.days_min or whole - float(weight.max()) <= 0:
        return value, None, None
    without = (weighted.sum() - weighted) / (whole - weight)
    error = float(np.sqrt((days - 1) / days * ((without - value) ** 2).sum()))
    half = float(stdtrit(days - 1.0, 0.9)) * error
    return value, max(0.0, value - half), min(1.0, value + half)


def _trend(window: Window, params: StudyParameters) -> dict[str, Any]:
    monday, active, total = _weekly(window)
    rows = np.flatnonzero(total > 0)
    found: dict[str, Any] = {
        "trend_status": "not_enough_data",
        "trend_slope": None,
        "trend_low": None,
        "trend_high": None,
        "trend_weeks": len(rows),
    }
    if len(rows) < params.trend_weeks_min:
        return found
    x, weight = (monday[rows] - monday[rows[-1]]) / (7 * _WEEKS_PER_SLOPE), total[rows]
    y = active[rows] / weight
    dx, dy = x - np.average(x, weights=weight), y - np.average(y, weights=weight)
    across = float((weight * dx * dx).sum())
    if across <= 0:
        return found
    slope = float((weight * dx * dy).sum()) / across
    freedom = float(len(rows) - 2)
    error = float(np.sqrt((weight * (dy - slope * dx) ** 2).sum() / freedom / across))
    half = float(stdtrit(freedom, 1 - params.trend_alpha / 2)) * error
    p_value = float(2 * stdtr(freedom, -abs(slope) / error)) if error > 0 else 1.0
    clear = p_value < params.trend_alpha
    status = "no_clear_change" if not clear else "rising" if slope > 0 else "falling"
    return found | {
        "trend_status": status,
        "trend_slope": slope,
        "trend_low": slope - half,
        "trend_high": slope + half,
    }


def _weekly(window: Window) -> tuple[Index, Floats, Floats]:
    """(Monday, active, total seconds) of every ISO week from the first with study in the window to the present one."""
    day = window.sittings.day
    if not len(day):
        return np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)
    first = _monday(int(day.min()))
    monday = np.arange(first, _monday(window.today) + 1, 7, dtype=np.int64)
    week = (day - first) // 7
    return (
        monday,
        np.bincount(week, window.sittings.active, len(monday)).astype(np.float64),
        np.bincount(week, window.sittings.total, len(monday)).astype(np.float64),
    )


def _monday(day: int) -> int:
    return day - (day + 3) % 7


def weekday_hours_table(arrays: StateArrays, found: Sequence[Window]) -> Columns:
    """Table `weekday_hours`."""
    rows = []
    for window in found:
        hours = window.hours
        cell = (hours.day + 3) % 7 * 24 + hours.hour
        active, answers = np.bincount(cell, hours.active, 168), np.bincount(cell, hours.answers, 168)
        score = np.bincount(cell, hours.score, 168)
        rows += [
            {
                "learner_key": arrays.keys[window.learner],
                "weekday": place // 24,
                "hour": place % 24,
                "active_seconds": float(active[place]),
                "answers": int(answers[place]),
                "accuracy": float(score[place] / answers[place]) if answers[place] else None,
            }
            for place in np.flatnonzero((active > 0) | (answers > 0)).tolist()
        ]
    return columns_of("weekday_hours", rows)


def session_lengths_table(arrays: StateArrays, found: Sequence[Window]) -> Columns:
    """Table `session_lengths`: every class of every learner who has a session."""
    rows = []
    for window in found:
        active = window.sittings.active
        if not len(active):
            continue
        place = np.searchsorted(np.array(LENGTH_CLASSES) * 60.0, active, side="right") - 1
        sessions = np.bincount(place, minlength=len(LENGTH_CLASSES))
        seconds = np.bincount(place, active, len(LENGTH_CLASSES))
        until: list[int | None] = [*LENGTH_CLASSES[1:], None]
        rows += [
            {
                "learner_key": arrays.keys[window.learner],
                "from_minutes": least,
                "until_minutes": most,
                "sessions": int(sessions[n]),
                "active_seconds": float(seconds[n]),
            }
            for n, (least, most) in enumerate(zip(LENGTH_CLASSES, until, strict=True))
        ]
    return columns_of("session_lengths", rows)


def study_weeks_table(arrays: StateArrays, found: Sequence[Window], params: StudyParameters) -> Columns:
    """Table `study_weeks`."""
    rows = []
    for window in found:
        monday, active, total = _weekly(window)
        sittings = window.sittings
        week = (sittings.day - monday[0]) // 7 if len(monday) else sittings.day
        focused = np.bincount(week, sittings.focus(params.switch_seconds) * sittings.total, len(monday))
        sessions = np.bincount(week, minlength=len(monday))
        answers = np.bincount(week, sittings.answers, len(monday))
        materials = np.bincount(week, sittings.materials, len(monday))
        for n, day in enumerate(monday.tolist()):
            own = week == n
            spent, whole = float(active[n]), float(total[n])
            rows.append(
                {
                    "learner_key": arrays.keys[window.learner],
                    "date": date_of(day),
                    "sessions": int(sessions[n]),
                    "days": len(np.unique(sittings.day[own])),
                    "active_seconds": spent,
                    "total_seconds": whole,
                    "active_share": spent / whole if whole > 0 else None,
                    "focus": float(focused[n]) / whole if whole > 0 else None,
                    "answers": int(answers[n]),
                    "materials": int(materials[n]),
                    "answers_per_hour": float(answers[n]) / spent * HOUR_S if spent > 0 else None,
                }
            )
    return columns_of("study_weeks", rows)


def latest_sessions_table(arrays: StateArrays, found: Sequence[Window], params: StudyParameters) -> Columns:
    """Table `latest_sessions`."""
    rows = []
    for window in found:
        sittings = window.sittings
        total, focus = sittings.total, sittings.focus(params.switch_seconds)
        for n in range(len(total) - 1, max(-1, len(total) - 1 - LATEST), -1):
            waits = window.now_us - int(sittings.end_us[n]) <= params.session_minutes * _MINUTE_US
            switches = float(sittings.switches[n])
            rows.append(
                {
                    "learner_key": arrays.keys[window.learner],
                    "start_at": int(sittings.start_us[n]),
                    "end_at": int(sittings.end_us[n]),
                    "active_seconds": float(sittings.active[n]),
                    "total_seconds": float(total[n]),
                    "longest_seconds": float(sittings.longest[n]),
                    "breaks": int(sittings.breaks[n]),
                    "switches": None if np.isnan(switches) else int(switches),
                    "focus": float(focus[n]),
                    "devices": int(sittings.devices[n]),
                    "answers": int(sittings.answers[n]),
                    "materials": int(sittings.materials[n]),
                    "status": "open" if waits and not bool(sittings.ended[n]) else "ended",
                }
            )
    return columns_of("latest_sessions", rows)


def columns_of(table: str, rows: Sequence[dict[str, Any]]) -> Columns:
    """The columns of an evaluated table from its rows, in which instants are microseconds and none of them NEVER."""
    return {
        name: np.array([row[name] for row in rows], dtype=np.int64)
        if isinstance(dtype, pl.Datetime)
        else [row[name] for row in rows]
        for name, dtype in STUDY_EVALUATED[table].items()
    }
