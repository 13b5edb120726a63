"""The answer of /v1/analytics/dashboard."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from akademos.analytics.schemas import OVERALL
from akademos.jobs.answers.blocks import (
    NO_CLOCK,
    clock_status,
    components,
    daily,
    estimate,
    gaps,
    history,
    projection,
    trend,
)
from akademos.jobs.answers.exam_readiness import readiness
from akademos.jobs.answers.header import Header, head
from akademos.jobs.answers.rows import Rows, Tables, rows
from akademos.jobs.answers.study_blocks import study_today

_GAPS_SHOWN = 3
_RHYTHM = (
    "active_days_7",
    "active_days_28",
    "current_run_days",
    "longest_run_days",
    "best_week_days",
    "this_week_days",
)


def dashboard(evaluated: Tables, header: Header) -> dict[str, Any]:
    """Today, rhythm, due reviews, mastery overview, top gaps and one suggested step.

    Args:
        evaluated: parts mastery, reviews, gaps, rhythm and readiness of one learner.
        header: facts for the head.
    """
    params = header.parameters
    clock = clock_status(rows(evaluated, "learner").value("clock"))
    reason = {"needs_clock": NO_CLOCK, "no_data": "No answers yet."}.get(clock)
    past = rows(evaluated, "history").of_topic(OVERALL)
    rhythm = rows(evaluated, "rhythm").records()[0]
    known = clock == "ok"
    path = rows(evaluated, "path")
    names = dict(zip(path.column("topic_id"), path.column("name"), strict=True))
    return {
        **head(evaluated, header),
        "today": {
            "status": clock,
            "reason": reason,
            "date": rhythm["today"],
            "answers": rhythm["today_answers"] if known else None,
            "correct": rhythm["today_correct"] if known else None,
            "accuracy": rhythm["today_accuracy"],
            "study_minutes": study_today(evaluated),
        },
        "rhythm": {
            "status": clock,
            "reason": reason,
            **{name: rhythm[name] if known else None for name in _RHYTHM},
            "daily": daily(rows(evaluated, "days"), rhythm["today"], params.rhythm.daily_days),
        },
        "reviews": {"status": clock, "reason": reason, **_reviews(evaluated, header, past, known=known)},
        "mastery": _mastery(evaluated, header, past),
        "gaps": gaps(rows(evaluated, "gaps").between(0, _GAPS_SHOWN), names),
        "next_step": _next_step(evaluated, names),
        "readiness": readiness(evaluated, params, whole=False),
    }


def _reviews(evaluated: Tables, header: Header, past: Rows, *, known: bool) -> dict[str, Any]:
    table = rows(evaluated, "reviews")
    overall = table.of_topic(OVERALL).records()
    row = overall[0] if overall else None
    seconds = rows(evaluated, "learner").value("answer_seconds")
    due_items = row["due_items"] if row else None
    statuses = zip(table.column("topic_id"), table.column("status"), strict=True)
    mastery = rows(evaluated, "mastery").between(0, 1).records()[0]  # OVERALL stands first
    return {
        "due_items": due_items,
        "due_topics": sum(status == "due" and topic != OVERALL for topic, status in statuses) if known else None,
        "estimated_minutes": None if due_items is None or seconds is None else due_items * seconds / 60,
        "next_due_at": rows(evaluated, "schedulers").value("next_due_at"),
        "retrieval_now": {
            "status": "ok" if row else "no_data" if known else "needs_clock",
            "value": row["retrieval_strength"] if row else None,
            "low": mastery["retrieval_low"],
            "high": mastery["retrieval_high"],
            "interval": header.parameters.mastery.interval,
            "sample": {"items": row["items"] if row else 0},
        },
        "retrieval_history": [
            {"date": day, "value": value}
            for day, value in zip(past.column("date"), past.column("retrieval"), strict=True)
            if value is not None
        ],
    }


def _mastery(evaluated: Tables, header: Header, past: Rows) -> dict[str, Any]:
    params = header.parameters
    table = rows(evaluated, "mastery")
    overall = table.between(0, 1).records()[0]  # OVERALL stands first
    statuses, levels = table.column("status")[1:], table.column("level")[1:]
    return {
        **estimate(overall, params),
        **components(overall),
        "topics_total": len(statuses),
        "topics_seen": sum(status != "no_data" for status in statuses),
        "topics_enough": sum(status == "ok" for status in statuses),
        "topics_mastered": levels.count("mastered"),
        "topics_weak": levels.count("weak"),
        "trend": trend(overall, params),
        "projection": projection(overall),
        "newly_mastered_30d": _newly_mastered(
            evaluated, params.mastery.newly_mastered_days, params.mastery.mastered_from
        ),
        "history": history(past),
    }


def _newly_mastered(evaluated: Tables, days: int, goal: float) -> int | None:
    """Topics mastered now that were not at the last week end at least `days` ago; None without a clock."""
    if rows(evaluated, "learner").value("clock") in {"order", "none"}:
        return None
    table = rows(evaluated, "history")
    today = date.fromisoformat(rows(evaluated, "rhythm").value("today"))
    border = (today - timedelta(days=days)).isoformat()
    then: dict[str, float] = {}
    now: dict[str, float] = {}
    columns = (table.column("topic_id"), table.column("date"), table.column("value"))
    for topic, day, value in zip(*columns, strict=True):  # oldest first within a topic
        now[topic] = value
        if day <= border:
            then[topic] = value
    return sum(value >= goal and then.get(topic, 0.0) < goal for topic, value in now.items() if topic != OVERALL)


def _next_step(evaluated: Tables, names: dict[str, str]) -> dict[str, Any]:
    """The first topic of the path, with what it opens and why it comes first."""
    step = rows(evaluated, "path").between(0, 1).records()
    if not step:
        topics = len(rows(evaluated, "mastery")) - 1
        return {
            "status": "no_data",
            "topic_id": None,
            "name": None,
            "minutes": None,
            "unlocks": [],
            "reason": "Every topic is mastered." if topics else "There are no topics to suggest yet.",
            "why": [],
        }
    gap = rows(evaluated, "gaps").of_topic(step[0]["topic_id"]).records()[0]
    return {
        "status": "ok",
        "topic_id": gap["topic_id"],
        "name": gap["name"],
        "minutes": None if gap["hours"] is None else gap["hours"] * 60,
        "unlocks": [{"topic_id": topic, "name": names.get(topic, topic)} for topic in gap["unlocks"]],
        "reason": gap["reason"],
        "why": [step[0]["why"], *([f"Its severity is {gap['severity']}."] if gap["severity"] else [])],
    }
