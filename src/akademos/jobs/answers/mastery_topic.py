"""The answer of /v1/analytics/mastery/{topic}."""

from __future__ import annotations

from typing import Any

from akademos.analytics.evaluated_schemas import EVALUATED
from akademos.errors import NotFound
from akademos.jobs.answers.blocks import history, topics
from akademos.jobs.answers.header import Header, head
from akademos.jobs.answers.mastery import history_status
from akademos.jobs.answers.next_answer import next_answer, next_answers, tracing_model
from akademos.jobs.answers.rows import Rows, Tables, rows

_ITEMS_SHOWN = 200


def mastery_topic(evaluated: Tables, header: Header, topic_id: str) -> dict[str, Any]:
    """One topic: its estimate, its past, its items from the weakest on, the topics below it.

    A topic of the tree that the learner never met has a block of status `no_data`; what is known below it stands in
    `roll_up`.

    Args:
        evaluated: parts mastery, hierarchy and items of one learner.
        header: facts for the head.
        topic_id: the topic.

    Raises:
        NotFound: the topic is not in the learner's scope (`topic_not_found`).
    """
    tree = rows(evaluated, "hierarchy").records()
    node = next((one for one in tree if one["topic_id"] == topic_id), None)
    if node is None:
        raise NotFound(
            "There is no such topic among those that concern this learner.",
            hint="Take a topic_id from /v1/analytics/mastery.",
            code="topic_not_found",
        )
    own = rows(evaluated, "mastery").of_topic(topic_id).records() or [_unmet(node)]
    past = history(rows(evaluated, "history").of_topic(topic_id))
    short = ("topic_id", "name", "status", "value", "low", "high", "weight", "children")
    return {
        **head(evaluated, header),
        "topic": {
            **topics(own, header.parameters)[0],
            "next_answer": next_answer(own[0], next_answers(evaluated, header), evaluated, header),
        },
        "tracing_model": tracing_model(evaluated, header),
        "roll_up": {name: node[name] for name in short[2:]},
        "history": past,
        "history_status": "ok" if past else history_status(evaluated),
        "items": _items(rows(evaluated, "topic_items").of_topic(topic_id)),
        "children": [{name: one[name] for name in short} for one in tree if one["parent_id"] == topic_id],
    }


def _unmet(node: dict[str, Any]) -> dict[str, Any]:
    """A row of `mastery` for an ancestor that is itself out of scope: nothing is known of it alone."""
    return {
        **dict.fromkeys(EVALUATED["mastery"]),
        **{name: node[name] for name in ("topic_id", "name", "parent_id")},
        "status": "no_data",
        "answers": 0,
        "items": 0,
        "trend_status": "not_enough_data",
        "trend_answers": 0,
        "projection_status": "not_enough_data",
        "projection_reason": "There is no estimate of mastery yet.",
    }


def _items(table: Rows) -> list[dict[str, Any]]:
    """Weakest first: by retrievability, then by share of correct answers."""
    return sorted(table.records("topic_id", "difficulty"), key=_strength)[:_ITEMS_SHOWN]


def _strength(item: dict[str, Any]) -> tuple[float, float, str]:
    recall = item["retrievability"]
    return (1.0 if recall is None else recall, item["correct"] / item["attempts"], item["question_id"])
