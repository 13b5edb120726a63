"""The answer of /v1/analytics/study-efficiency."""

from __future__ import annotations

from typing import Any

from akademos.jobs.answers.header import Header
from akademos.jobs.answers.rows import Tables, rows
from akademos.jobs.answers.study_blocks import insights, reason_of, study_head, study_today, window


def study_efficiency(evaluated: Tables, header: Header) -> dict[str, Any]:
    """Active against total time, focus, lengths of sessions, times of day, the trend, and what hangs on the rules.

    Args:
        evaluated: parts efficiency and insights of one learner.
        header: facts for the head.
    """
    params = header.parameters.study
    row = rows(evaluated, "study").records()[0]
    status, sessions = row["status"], row["sessions"]
    reason = reason_of(status, sessions, params.sessions_min)
    return {
        **study_head(evaluated, header),
        "status": status,
        "reason": reason,
        "window": window(row),
        "today": study_today(evaluated),
        "time": {
            "status": status,
            "reason": reason,
            "active_minutes": row["active_seconds"] / 60,
            "total_minutes": row["total_seconds"] / 60,
            "active_share": row["active_share"],
            "sample": {"sessions": sessions, "days": row["days"]},
        },
        "focus": {
            "status": status,
            "value": row["focus"],
            "low": row["focus_low"],
            "high": row["focus_high"],
            "interval": 0.80,
            "switches": row["switches"],
            "sessions_with_switches_counted": row["counted_sessions"],
            "sample": {"sessions": sessions, "days": row["days"]},
            "reason": reason,
        },
        "pace": {
            "status": status,
            "answers": row["answers"],
            "materials": row["materials"],
            "answers_per_hour": row["answers_per_hour"],
            "materials_per_hour": row["materials_per_hour"],
        },
        "sessions": {
            "status": status,
            "median_active_minutes": _minutes(row["median_active_seconds"]),
            "longest_active_minutes": _minutes(row["longest_active_seconds"]),
            "lengths": [
                {
                    "from_minutes": one["from_minutes"],
                    "until_minutes": one["until_minutes"],
                    "sessions": one["sessions"],
                    "active_minutes": one["active_seconds"] / 60,
                }
                for one in rows(evaluated, "session_lengths").records()
            ],
            "latest": [
                {
                    **{name: value for name, value in one.items() if not name.endswith("_seconds")},
                    "active_minutes": one["active_seconds"] / 60,
                    "total_minutes": one["total_seconds"] / 60,
                    "longest_minutes": one["longest_seconds"] / 60,
                }
                for one in rows(evaluated, "latest_sessions").records()
            ],
        },
        "time_of_day": {
            "status": status,
            "busiest_hour": row["busiest_hour"],
            "hours": [
                {
                    "weekday": one["weekday"],
                    "hour": one["hour"],
                    "active_minutes": one["active_seconds"] / 60,
                    "answers": one["answers"],
                    "accuracy": one["accuracy"],
                }
                for one in rows(evaluated, "weekday_hours").records()
            ],
        },
        "trend": {
            "status": row["trend_status"],
            "slope_per_4_weeks": row["trend_slope"],
            "low": row["trend_low"],
            "high": row["trend_high"],
            "weeks": row["trend_weeks"],
            "reason": f"A trend takes {params.trend_weeks_min} weeks with study."
            if row["trend_status"] == "not_enough_data"
            else None,
        },
        "weeks": [
            {
                "week": one["date"],
                "active_minutes": one["active_seconds"] / 60,
                "total_minutes": one["total_seconds"] / 60,
                **{
                    name: one[name]
                    for name in (
                        "sessions", "days", "active_share", "focus", "answers", "materials", "answers_per_hour"
                    )
                },
            }
            for one in rows(evaluated, "study_weeks").records()
        ],
        "sensitivity": [
            {"idle_minutes": limit, "active_minutes": row[name] / 60, "used": limit == params.idle_minutes}
            for limit, name in (
                (params.idle_minutes_short, "active_seconds_short"),
                (params.idle_minutes, "active_seconds"),
                (params.idle_minutes_long, "active_seconds_long"),
            )
        ],
        "rules": {
            "heartbeat_seconds": params.heartbeat_seconds,
            "idle_minutes": params.idle_minutes,
            "session_minutes": params.session_minutes,
            "switch_seconds": params.switch_seconds,
        },
        "insights": insights(evaluated, header.parameters),
    }  # fmt: skip


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60
