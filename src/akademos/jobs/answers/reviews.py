"""The answer of /v1/analytics/reviews."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from akademos.analytics.schemas import OVERALL
from akademos.jobs.answers.blocks import NO_CLOCK, clock_status, daily
from akademos.jobs.answers.header import Header, head
from akademos.jobs.answers.rows import Rows, Tables, rows

_REVIEWS_SHOWN = 30  # the last answers of each topic
_SHOWN = ("topic_id", "name", "status", "retrieval_strength", "items", "due_items", "due_at")


def reviews(evaluated: Tables, header: Header) -> dict[str, Any]:
    """What is about to be forgotten: due topics and items, decay curves, the load of the days ahead.

    Args:
        evaluated: parts reviews, curves and rhythm of one learner.
        header: facts for the head.
    """
    params = header.parameters
    status = clock_status(rows(evaluated, "learner").value("clock"))
    profile = rows(evaluated, "learner")
    calendar, schedulers = rows(evaluated, "calendar"), rows(evaluated, "schedulers")
    points, marks = rows(evaluated, "curves"), rows(evaluated, "recent_reviews")
    curves = _by_topic(
        points,
        [{"at": at, "value": value} for at, value in zip(points.column("at"), points.column("value"), strict=True)],
    )
    answered = _by_topic(
        marks,
        [
            {"at": at, "correct": correct}
            for at, correct in zip(marks.column("at"), marks.column("correct"), strict=True)
        ],
    )
    topics = {
        row["topic_id"]: {
            **{name: row[name] for name in _SHOWN},
            "curve": curves.get(row["topic_id"], []),
            "reviews": answered.get(row["topic_id"], [])[-_REVIEWS_SHOWN:],
        }
        for row in rows(evaluated, "reviews").records()
    }
    overall = topics.pop(OVERALL, None)
    known = status == "ok"
    return {
        **head(evaluated, header),
        "status": status,
        "reason": {"needs_clock": NO_CLOCK, "no_data": "No answers yet."}.get(status),
        "due_items": overall["due_items"] if overall else None,
        "due_topics": sum(topic["status"] == "due" for topic in topics.values()) if known else None,
        "target_retention": params.forgetting.target_retention,
        "overall": {
            "retrieval_strength": overall["retrieval_strength"] if overall else None,
            "curve": overall["curve"] if overall else [],
        },
        "topics": list(topics.values()),
        "calendar": [
            {"date": day, "due_items": due}
            for day, due in zip(calendar.column("date"), calendar.column("due_items"), strict=True)
        ],
        "past": daily(rows(evaluated, "days"), rows(evaluated, "rhythm").value("today"), params.rhythm.daily_days),
        "schedulers": {
            "fsrs": {
                "version": "FSRS-6",
                "parameters": profile.value("memory_weights"),
                "basis": profile.value("memory_basis"),
                "reviews": profile.value("memory_reviews"),
                "fitted": profile.value("memory_version"),
            },
            "interval_rule": {
                "due_items": schedulers.value("rule_due_items") if known else None,
                "next_due_at": schedulers.value("rule_next_due_at"),
            },
        },
        "planner": {"status": status, "address": "/v1/analytics/exam-plan"},
    }


def _by_topic(table: Rows, points: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The points of each row, cut where another topic begins."""
    found: dict[str, list[dict[str, Any]]] = {}
    start = 0
    for topic, run in groupby(table.column("topic_id")):
        stop = start + sum(1 for _ in run)
        found[topic] = points[start:stop]
        start = stop
    return found
