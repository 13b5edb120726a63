"""The tables of the learner analytics, straight from a simulated history: what the platform derives from the same
events and records."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from akademos.demo.courses import COURSES
from akademos.demo.events import event_table
from akademos.demo.simulation import History


def analytic_tables(history: History) -> dict[str, pl.DataFrame]:
    """Tables of `analytics.schemas.INPUT` for the learners who consent; learner_key is the user_id."""
    learners = history.learners
    consenting = [
        user_id for user_id, consent in zip(learners.user_ids, learners.consents, strict=True) if consent == "granted"
    ]
    events = event_table(history).filter(pl.col("user_id").is_in(consenting))
    shared = {
        "learner_key": pl.col("user_id"),
        "event_id": pl.col("event_id"),
        "occurred_at": pl.col("client_timestamp"),
        "topic_ids": pl.col("topic_ids"),
        "course_id": pl.col("course_id"),
    }
    attempts = events.filter(pl.col("event_name") == "question_submitted").select(
        **shared,
        question_id=pl.col("question_id"),
        score=pl.col("correct").cast(pl.Float64),
        duration_seconds=pl.col("time_to_answer_seconds"),
        attempt_number=pl.col("attempt_number"),
        confidence=pl.col("confidence"),
        hints=pl.col("hints"),
    )
    interactions = events.filter(pl.col("material_id").is_not_null()).select(
        **shared,
        event_name=pl.col("event_name"),
        material_id=pl.col("material_id"),
        duration_seconds=pl.col("duration_seconds"),
    )
    everybody = pl.DataFrame({"learner_key": learners.user_ids, "time_zone": learners.zones})
    targets = [
        (user_id, COURSES[target].exam_id)
        for user_id, target in zip(learners.user_ids, learners.target, strict=True)
        if target >= 0
    ]
    return {
        "question_attempts": attempts,
        "material_interactions": interactions,
        "learners": everybody.filter(pl.col("learner_key").is_in(consenting)),
        "learner_targets": pl.DataFrame(targets, schema=["learner_key", "exam_id"], orient="row"),
        **_curriculum(history),
    }


def _curriculum(history: History) -> Mapping[str, pl.DataFrame]:
    bank = history.bank
    topics: list[tuple[str, str | None, str, str, int]] = []
    for course in COURSES:
        for group_id, group_name, leaves in course.groups:
            topics.append((group_id, None, course.course_id, group_name, len(topics)))
            for leaf in leaves:
                topics.append((leaf.topic_id, group_id, course.course_id, leaf.name, len(topics)))
    edges = [(need, leaf.topic_id, "prerequisite") for leaf in bank.leaves for need in leaf.needs]
    weights = [(course.exam_id, leaf.topic_id, float(leaf.weight)) for course in COURSES for leaf in course.leaves]
    return {
        "topics": pl.DataFrame(topics, schema=["topic_id", "parent_id", "course_id", "name", "position"], orient="row"),
        "topic_relationships": pl.DataFrame(edges, schema=["from_topic", "to_topic", "kind"], orient="row"),
        "items": pl.DataFrame(
            {
                "question_id": bank.question_ids,
                "topic_ids": [bank.topic_ids(item) for item in range(len(bank.question_ids))],
            }
        ),
        "materials": pl.DataFrame(
            {
                "material_id": bank.material_ids,
                "topic_ids": [[bank.leaves[leaf].topic_id] for _, _, leaf in bank.materials],
            }
        ),
        "exam_weights": pl.DataFrame(weights, schema=["exam_id", "topic_id", "weight"], orient="row"),
    }
