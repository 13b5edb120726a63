"""The answer of /v1/analytics/mastery."""

from __future__ import annotations

from typing import Any

from akademos.analytics.schemas import OVERALL
from akademos.jobs.answers.blocks import (
    clock_status,
    components,
    estimate,
    history,
    projection,
    topics,
    trend,
)
from akademos.jobs.answers.header import Header, head
from akademos.jobs.answers.next_answer import next_answer, next_answers, tracing_model
from akademos.jobs.answers.rows import Tables, rows


def mastery(evaluated: Tables, header: Header) -> dict[str, Any]:
    """Mastery of every topic in scope, overall, over time and through the topic tree.

    Args:
        evaluated: parts mastery and hierarchy of one learner.
        header: facts for the head.
    """
    params = header.parameters
    overall, *others = rows(evaluated, "mastery").records()  # OVERALL stands first
    said = next_answers(evaluated, header)
    past = history(rows(evaluated, "history").of_topic(OVERALL))
    return {
        **head(evaluated, header),
        "overall": {
            **estimate(overall, params),
            **components(overall),
            "trend": trend(overall, params),
            "projection": projection(overall),
        },
        "goal": params.mastery.mastered_from,
        "topics": [
            {**topic, "next_answer": next_answer(row, said, evaluated, header)}
            for topic, row in zip(topics(others, params), others, strict=True)
        ],
        "tracing_model": tracing_model(evaluated, header),
        "history": past,
        "history_status": "ok" if past else history_status(evaluated),
        "hierarchy": rows(evaluated, "hierarchy").records(),
    }


def history_status(evaluated: Tables) -> str:
    """Why there is no history: needs_clock, no_data or not_enough_data."""
    status = clock_status(rows(evaluated, "learner").value("clock"))
    return "not_enough_data" if status == "ok" else status
