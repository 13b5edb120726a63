"""The JSON answers of the learner analytics, assembled from evaluated tables.

Each function takes the tables of `akademos.analytics.learner_state.evaluate` for one learner and a `Header`, and
gives a plain dict that orjson and msgspec write as it is: instants are ISO 8601 in UTC, dates ISO dates, shares
0..1. `PARTS` says which parts of the evaluation each answer needs.

    dashboard(evaluated, header) -> dict
    mastery(evaluated, header) -> dict
    mastery_topic(evaluated, header, topic_id) -> dict      NotFound when the topic is unknown
    reviews(evaluated, header) -> dict
    knowledge_gaps(evaluated, header) -> dict
    exam_plan(evaluated, header, asked, planning, curriculum) -> dict
    study_efficiency(evaluated, header) -> dict
    study_patterns(evaluated, header) -> dict
    peers(evaluated, header, publications) -> dict
    exam_readiness(evaluated, header) -> dict
    recommendations(evaluated, header, state, curriculum) -> dict
"""

from __future__ import annotations

from collections.abc import Mapping

from akademos.analytics import cohort_comparison
from akademos.analytics.recommendations import PARTS as _STEPS
from akademos.jobs.answers.dashboard import dashboard
from akademos.jobs.answers.exam_plan import exam_plan
from akademos.jobs.answers.exam_readiness import exam_readiness
from akademos.jobs.answers.header import Header
from akademos.jobs.answers.knowledge_gaps import knowledge_gaps
from akademos.jobs.answers.mastery import mastery
from akademos.jobs.answers.mastery_topic import mastery_topic
from akademos.jobs.answers.peers import peers
from akademos.jobs.answers.recommendations import recommendations
from akademos.jobs.answers.reviews import reviews
from akademos.jobs.answers.study_efficiency import study_efficiency
from akademos.jobs.answers.study_patterns import study_patterns

PARTS: Mapping[str, tuple[str, ...]] = {
    "dashboard": ("mastery", "reviews", "gaps", "rhythm", "readiness", "today"),
    "mastery": ("mastery", "hierarchy"),
    "mastery_topic": ("mastery", "hierarchy", "items"),
    "reviews": ("reviews", "curves", "rhythm"),
    "knowledge_gaps": ("gaps", "gap_graph"),
    "study_efficiency": ("efficiency", "insights"),
    "study_patterns": ("patterns", "insights"),
    "peers": cohort_comparison.PARTS,
    "recommendations": _STEPS,
    "exam_readiness": ("readiness", "readiness_details"),
}

__all__ = [
    "PARTS",
    "Header",
    "dashboard",
    "exam_plan",
    "exam_readiness",
    "knowledge_gaps",
    "mastery",
    "mastery_topic",
    "peers",
    "recommendations",
    "reviews",
    "study_efficiency",
    "study_patterns",
]
