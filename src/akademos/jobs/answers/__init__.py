"""The JSON answers of the learner analytics, assembled from evaluated tables.

Each function takes the tables of `akademos.analytics.learner_state.evaluate` for one learner and a `Header`, and
gives a plain dict that orjson and msgspec write as it is: instants are ISO 8601 in UTC, dates ISO dates, shares
0..1. `PARTS` says which parts of the evaluation each answer needs.

    dashboard(evaluated, header) -> dict
    mastery(evaluated, header) -> dict
    mastery_topic(evaluated, header, topic_id) -> dict      NotFound when the topic is unknown
    reviews(evaluated, header) -> dict
    knowledge_gaps(evaluated, header) -> dict
    exam_readiness(evaluated, header) -> dict
"""

from __future__ import annotations

from collections.abc import Mapping

from akademos.jobs.answers.dashboard import dashboard
from akademos.jobs.answers.exam_readiness import exam_readiness
from akademos.jobs.answers.header import Header
from akademos.jobs.answers.knowledge_gaps import knowledge_gaps
from akademos.jobs.answers.mastery import mastery
from akademos.jobs.answers.mastery_topic import mastery_topic
from akademos.jobs.answers.reviews import reviews

PARTS: Mapping[str, tuple[str, ...]] = {
    "dashboard": ("mastery", "reviews", "gaps", "rhythm", "readiness"),
    "mastery": ("mastery", "hierarchy"),
    "mastery_topic": ("mastery", "hierarchy", "items"),
    "reviews": ("reviews", "curves", "rhythm"),
    "knowledge_gaps": ("gaps",),
    "exam_readiness": ("readiness",),
}

__all__ = ["PARTS", "Header", "dashboard", "exam_readiness", "knowledge_gaps", "mastery", "mastery_topic", "reviews"]
