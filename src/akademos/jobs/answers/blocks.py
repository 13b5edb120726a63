"""Blocks that several answers share: an estimate, a topic, a gap, points over time.

A block that cannot be filled says so in `status` and why in `reason`; it never leaves a key out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from akademos.analytics.parameters import Parameters
from akademos.jobs.answers.rows import Rows

Row = Mapping[str, Any]
NO_CLOCK = "The source knows the order of answers but not when they were given."
_COMPONENTS = {
    "first_attempt_accuracy": "first_attempt_weight",
    "overall_accuracy": "overall_weight",
    "retrieval_strength": "retrieval_weight",
    "material_completion": "material_weight",
}


def count(number: int, noun: str) -> str:
    """A number with its noun, in the plural where due."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def estimate(row: Row, params: Parameters) -> dict[str, Any]:
    """An estimate of mastery with its interval and sample."""
    answers, needed = row["answers"], params.mastery.answers_min
    reason = None
    if row["status"] == "no_data":
        reason = "No answers yet."
    elif row["status"] == "not_enough_data":
        reason = f"{count(answers, 'answer')} so far, {needed - answers} more give a first estimate."
    return {
        "status": row["status"],
        "value": row["value"],
        "low": row["low"],
        "high": row["high"],
        "interval": params.mastery.interval,
        "sample": {"answers": answers, "items": row["items"]},
        "level": row["level"],
        "reason": reason,
    }


def components(row: Row) -> dict[str, Any]:
    """The parts of the composite and their weights; null and 0 where a part is left out."""
    return {
        "components": {name: row[name] for name in _COMPONENTS},
        "weights": {name: row[weight] for name, weight in _COMPONENTS.items()},
    }


def trend(row: Row, params: Parameters) -> dict[str, Any]:
    """Is it rising, falling, stable, or can nobody say?"""
    answers, window = row["trend_answers"], params.trend.window_days
    status = row["trend_status"]
    reason = None
    if status == "needs_clock":
        reason = NO_CLOCK
    elif status == "not_enough_data":
        reason = (
            f"{count(answers, 'answer')} in the last {window} days; a trend takes {params.trend.answers_min} answers "
            f"on {params.trend.active_days_min} days."
        )
    elif status == "no_clear_change":
        reason = f"{count(answers, 'answer')} in the last {window} days do not tell a change from chance."
    return {
        "status": status,
        "slope_per_30_days": row["trend_slope"],
        "low": row["trend_low"],
        "high": row["trend_high"],
        "p_value": row["trend_p_value"],
        "answers": answers,
        "reason": reason,
    }


def projection(row: Row) -> dict[str, Any]:
    """When the goal is reached, carefully judged from the last weeks; `date` is null where none can be named."""
    return {
        "status": row["projection_status"],
        "date": row["projection_date"],
        "days": row["projection_days"],
        "low_days": row["projection_low_days"],
        "high_days": row["projection_high_days"],
        "reason": row["projection_reason"],
    }


def topics(records: list[dict[str, Any]], params: Parameters) -> list[dict[str, Any]]:
    """Rows of the table `mastery` as topic blocks."""
    return [
        {
            "topic_id": row["topic_id"],
            "name": row["name"],
            "parent_id": row["parent_id"],
            "course_id": row["course_id"],
            **estimate(row, params),
            **components(row),
            "first_answer_at": row["first_answer_at"],
            "last_answer_at": row["last_answer_at"],
            "trend": trend(row, params),
            "projection": projection(row),
            "cohort_estimate": cohort_estimate(row, params),
        }
        for row in records
    ]


def cohort_estimate(row: Row, params: Parameters) -> dict[str, Any]:
    """The estimate shrunk towards the cohort, with its interval and how much of it is the learner's own."""
    own, prior = estimate(row, params), params.cohort.difficulty_prior_answers
    status, reason = own["status"], own["reason"]
    known = status == "ok" and row["shrunk"] is not None
    if status == "ok" and not known:
        status, reason = "not_enough_data", "It is not known yet what others score on these items."
    return {
        "status": status,
        "value": row["shrunk"] if known else None,
        "low": row["shrunk_low"] if known else None,
        "high": row["shrunk_high"] if known else None,
        "interval": params.mastery.interval,
        "own_weight": row["answers"] / (row["answers"] + prior) if known else None,
        "reason": reason,
    }


def history(table: Rows) -> list[dict[str, Any]]:
    """Points of one topic over time, oldest first; the last one is now."""
    columns = (table.column(name) for name in ("date", "value", "low", "high", "answers"))
    return [
        {"date": day, "value": value, "low": low, "high": high, "answers": answers}
        for day, value, low, high, answers in zip(*columns, strict=True)
    ]


def gaps(table: Rows, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of the table `gaps` as gap blocks; `names` gives the name of each topic."""
    return [
        {
            **{
                name: row[name]
                for name in ("topic_id", "name", "kind", "severity", "gap", "mastery", "low", "high", "priority")
            },
            "parts": {
                "gap": row["gap_part"],
                "exam_weight": row["exam_part"],
                "prerequisite_impact": row["prerequisite_part"],
                "recent_failure": row["failure_part"],
            },
            "exam_weight": row["exam_weight"],
            "exam_weight_source": row["exam_weight_source"],
            "recent_failure_rate": row["recent_failure_rate"],
            "recent_answers": row["recent_answers"],
            "hours_to_close": {"status": row["hours_status"], "hours": row["hours"], "basis": row["hours_basis"]},
            "prerequisites_missing": row["prerequisites_missing"],
            "path": [{"topic_id": topic, "name": names.get(topic, topic)} for topic in row["path"]],
            "reason": row["reason"],
        }
        for row in table.records()
    ]


def daily(days: Rows, today: str, window: int) -> list[dict[str, Any]]:
    """Answers of every day from the first active one within the window up to today, idle days included."""
    answers = dict(zip(days.column("date"), days.column("answers"), strict=True))
    last = date.fromisoformat(today)
    first = max(date.fromisoformat(min(answers, default=today)), last - timedelta(days=window - 1))
    span = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)] if answers else []
    return [{"date": day, "answers": answers.get(day, 0)} for day in span]


def clock_status(clock: str) -> str:
    """What a block that needs a clock can say: ok, needs_clock, or no_data without any answers."""
    return {"order": "needs_clock", "none": "no_data"}.get(clock, "ok")
