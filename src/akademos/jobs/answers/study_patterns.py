"""The answer of /v1/analytics/study-patterns."""

from __future__ import annotations

from typing import Any

from akademos.analytics.hypotheses import HYPOTHESES
from akademos.jobs.answers.blocks import count
from akademos.jobs.answers.header import Header
from akademos.jobs.answers.rows import Tables, rows
from akademos.jobs.answers.study_blocks import insights, reason_of, study_head, study_today, window

_DECLINE = ("late_in_session", "long_unbroken")
_PLAN_REASONS = {
    "usual": "You study most at this time on this weekday.",
    "usual_and_better": "You study at this time of day, and it goes with more right answers.",
}


def study_patterns(evaluated: Tables, header: Header) -> dict[str, Any]:
    """Rhythm, timing, breaks, materials, proxies of multitasking, accuracy within a session, and a suggested week.

    Args:
        evaluated: parts patterns and insights of one learner.
        header: facts for the head.
    """
    params = header.parameters.study
    study, row = rows(evaluated, "study").records()[0], rows(evaluated, "patterns").records()[0]
    status = row["status"]
    reason = reason_of(status, study["sessions"], params.sessions_min)
    if status == "not_enough_data" and reason is None:
        more = params.days_min - row["days"]
        reason = f"Study on {count(row['days'], 'day')} so far, {more} more describe a rhythm."
    said = insights(evaluated, header.parameters)
    keys = {one.key: place for place, one in enumerate(HYPOTHESES)}
    plan = rows(evaluated, "week_plan").records()
    return {
        **study_head(evaluated, header),
        "status": status,
        "reason": reason,
        "window": window(study),
        "today": study_today(evaluated),
        "rhythm": {
            "status": status,
            "reason": reason,
            "days_per_week": row["days_per_week"],
            "low": row["days_per_week_low"],
            "high": row["days_per_week_high"],
            "interval": 0.80,
            "weeks": row["weeks"],
            "weeks_with_study": row["weeks_with_study"],
            "rest_days_median": row["rest_days_median"],
            "long_rests": row["long_rests"],
            "long_rest_days": params.rest_days_long,
            "days": [
                {"date": one["date"], "active_minutes": one["active_seconds"] / 60, "answers": one["answers"]}
                for one in rows(evaluated, "study_days").records()
            ],
        },
        "timing": {
            "status": status,
            "usual_start_minute": row["usual_minute"],
            "spread_minutes": row["usual_spread_minutes"],
        },
        "breaks": {
            "status": status,
            "per_hour": row["breaks_per_hour"],
            "median_stretch_minutes": None
            if row["median_stretch_seconds"] is None
            else row["median_stretch_seconds"] / 60,
        },
        "multitasking": {
            "status": status if status != "ok" or row["switches_sessions"] else "not_enough_data",
            "proxy": True,
            "switches_per_hour": row["switches_per_hour"],
            "sessions_counted": row["switches_sessions"],
            "several_devices_share": row["several_devices_share"],
            "note": "Proxies: changes of window, and sessions on several devices at once. "
            "They do not show what you did there.",
        },
        "materials": {
            "status": "ok" if len(rows(evaluated, "material_use")) else "no_data",
            "interval": header.parameters.insights.interval,
            "kinds": [
                {
                    "kind": one["kind"],
                    "minutes": one["seconds"] / 60,
                    **{name: one[name] for name in ("share", "opened", "answers", "days", "status")},
                    **{name: one[name] for name in ("difference", "low", "high")},
                }
                for one in rows(evaluated, "material_use").records()
            ],
        },
        "within_session": [said["hypotheses"][keys[key]] for key in _DECLINE],
        "insights": said,
        "plan": {
            "status": status,
            "reason": reason,
            "weekly_minutes": None if row["goal_seconds_per_week"] is None else row["goal_seconds_per_week"] / 60,
            "times": [
                {
                    "weekday": one["weekday"],
                    "start_minute": one["minute"],
                    "minutes": one["minutes"],
                    "why": one["reason"],
                    "reason": _PLAN_REASONS[one["reason"]],
                }
                for one in plan
            ],
        },
    }
