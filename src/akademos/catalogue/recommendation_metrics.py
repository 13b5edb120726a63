"""The numbers of recommendations."""

from __future__ import annotations

from akademos.catalogue.declarations import Metric, Purpose
from akademos.catalogue.recommendation_uptake import UPTAKE_METRICS

RECOMMENDATION_METRICS: tuple[Metric, ...] = (
    Metric(
        "recommendations",
        "Which steps help a learner most now, and why.",
        "a talk with an advisor after 14 to 59 days without study; up to 3 topics whose retrieval strength is under "
        "the target, the weakest first; tutoring for critical gaps with half of 20 or more recent answers missed; then "
        "unfinished materials of the gaps by severity and priority, of one topic first what similar learners succeeded "
        "after and what has the larger published gain, never before what their topics need, with practice "
        "where nothing is left to open; nothing that the learner dismissed within 14 days or completed",
        "steps, at most 10",
        "learner",
        (Purpose.LEARNING_SUPPORT,),
        minimum_sample="one answer, or one topic of a course that the learner is enrolled in",
        upstream=(
            "study_events",
            "knowledge_gap_priority",
            "retrieval_strength",
            "material_completion",
            "topic_relationships",
            "content_support",
        ),
        endpoints=("GET /v1/analytics/recommendations",),
    ),
    *UPTAKE_METRICS,
)
