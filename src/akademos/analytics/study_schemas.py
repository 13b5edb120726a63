"""The evaluated tables of study: columns and types, as in `evaluated_schemas`, which includes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from akademos.analytics.schemas import TIME


def _table(columns: dict[str, Any]) -> pl.Schema:
    return pl.Schema(columns)


STUDY_EVALUATED: Mapping[str, pl.Schema] = {
    # one learner: the window, and today; seconds, local minutes of the day
    "study": _table(
        {
            "learner_key": pl.String,
            "status": pl.String,  # ok | not_enough_data | needs_clock | no_data
            "first_day": pl.Date,
            "today": pl.Date,
            "window_days": pl.Int32,
            "sessions": pl.Int32,
            "days": pl.Int32,
            "active_seconds": pl.Float64,
            "active_seconds_short": pl.Float64,
            "active_seconds_long": pl.Float64,
            "total_seconds": pl.Float64,
            "active_share": pl.Float64,
            "focus": pl.Float64,
            "focus_low": pl.Float64,
            "focus_high": pl.Float64,
            "counted_sessions": pl.Int32,  # whose sender counts changes of window
            "switches": pl.Int32,
            "answers": pl.Int32,
            "materials": pl.Int32,
            "answers_per_hour": pl.Float64,
            "materials_per_hour": pl.Float64,
            "median_active_seconds": pl.Float64,
            "longest_active_seconds": pl.Float64,
            "busiest_hour": pl.Int32,
            "busiest_seconds": pl.Float64,
            "trend_status": pl.String,  # rising | falling | no_clear_change | not_enough_data
            "trend_slope": pl.Float64,  # share of active time, per four weeks
            "trend_low": pl.Float64,
            "trend_high": pl.Float64,
            "trend_weeks": pl.Int32,
            "open_since": TIME,
            "today_active_seconds": pl.Float64,
            "today_sessions": pl.Int32,
        }
    ),
    # one hour of one weekday (0 is Monday) within the window
    "weekday_hours": _table(
        {
            "learner_key": pl.String,
            "weekday": pl.Int32,
            "hour": pl.Int32,
            "active_seconds": pl.Float64,
            "answers": pl.Int32,
            "accuracy": pl.Float64,
        }
    ),
    # one class of active session length, `until_minutes` null for the last
    "session_lengths": _table(
        {
            "learner_key": pl.String,
            "from_minutes": pl.Int32,
            "until_minutes": pl.Int32,
            "sessions": pl.Int32,
            "active_seconds": pl.Float64,
        }
    ),
    # one ISO week within the window (`date` is its Monday), weeks without study included
    "study_weeks": _table(
        {
            "learner_key": pl.String,
            "date": pl.Date,
            "sessions": pl.Int32,
            "days": pl.Int32,
            "active_seconds": pl.Float64,
            "total_seconds": pl.Float64,
            "active_share": pl.Float64,
            "focus": pl.Float64,
            "answers": pl.Int32,
            "materials": pl.Int32,
            "answers_per_hour": pl.Float64,
        }
    ),
    # one day of study within the window
    "study_days": _table(
        {
            "learner_key": pl.String,
            "date": pl.Date,
            "active_seconds": pl.Float64,
            "answers": pl.Int32,
        }
    ),
    # one of the latest sessions, the newest first
    "latest_sessions": _table(
        {
            "learner_key": pl.String,
            "start_at": TIME,
            "end_at": TIME,
            "active_seconds": pl.Float64,
            "total_seconds": pl.Float64,
            "longest_seconds": pl.Float64,
            "breaks": pl.Int32,
            "switches": pl.Int32,
            "focus": pl.Float64,
            "devices": pl.Int32,
            "answers": pl.Int32,
            "materials": pl.Int32,
            "status": pl.String,  # open | ended
        }
    ),
    # one hypothesis of `hypotheses.HYPOTHESES`, in its order, tested or not
    "insights": _table(
        {
            "learner_key": pl.String,
            "hypothesis": pl.String,
            "status": pl.String,  # made | not_clear | not_enough_data
            "answers": pl.Int32,
            "others": pl.Int32,
            "days": pl.Int32,
            "days_others": pl.Int32,
            "accuracy": pl.Float64,  # adjusted, as are the others
            "accuracy_others": pl.Float64,
            "difference": pl.Float64,
            "low": pl.Float64,
            "high": pl.Float64,
            "effect": pl.Float64,
            "p_value": pl.Float64,
            "adjusted_p_value": pl.Float64,
            "tested": pl.Int32,  # hypotheses in this report
        }
    ),
    # one learner: rhythm, timing, breaks, proxies of multitasking
    "patterns": _table(
        {
            "learner_key": pl.String,
            "status": pl.String,
            "weeks": pl.Int32,
            "weeks_with_study": pl.Int32,
            "days": pl.Int32,
            "days_per_week": pl.Float64,
            "days_per_week_low": pl.Float64,
            "days_per_week_high": pl.Float64,
            "usual_minute": pl.Int32,  # of the day, of a session's start
            "usual_spread_minutes": pl.Float64,  # half of the starts lie as near
            "rest_days_median": pl.Float64,
            "long_rests": pl.Int32,
            "breaks_per_hour": pl.Float64,
            "median_stretch_seconds": pl.Float64,
            "switches_per_hour": pl.Float64,
            "switches_sessions": pl.Int32,
            "several_devices_share": pl.Float64,
            "goal_seconds_per_week": pl.Float64,
        }
    ),
    # one kind of material within the window, the most used first
    "material_use": _table(
        {
            "learner_key": pl.String,
            "kind": pl.String,
            "seconds": pl.Float64,
            "share": pl.Float64,
            "opened": pl.Int32,
            "answers": pl.Int32,
            "days": pl.Int32,
            "difference": pl.Float64,  # of later answers from the learner's own mean, adjusted
            "low": pl.Float64,
            "high": pl.Float64,
            "status": pl.String,
        }
    ),
    # one suggested time of a week, in order
    "week_plan": _table(
        {
            "learner_key": pl.String,
            "weekday": pl.Int32,
            "minute": pl.Int32,
            "minutes": pl.Int32,
            "reason": pl.String,  # usual | usual_and_better
        }
    ),
}

STUDY_PARTS: Mapping[str, tuple[str, ...]] = {
    "today": ("study",),
    "efficiency": ("study", "weekday_hours", "session_lengths", "study_weeks", "latest_sessions"),
    "patterns": ("study", "patterns", "study_days", "material_use", "week_plan"),
    "insights": ("insights",),
}
"""Parts of the evaluation; see `evaluated_schemas.PARTS`."""
