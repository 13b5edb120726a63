"""The numbers of knowledge tracing."""

from __future__ import annotations

from akademos.catalogue.declarations import Metric, Purpose

TRACING_METRICS: tuple[Metric, ...] = (
    Metric(
        "next_answer",
        "How likely the learner's next answer on a topic is right, by a knowledge-tracing model.",
        "boosted trees over the learner's earlier answers and what others' answers teach of items and topics; asked "
        "for an item that is new to the learner and as the topic's items usually are: the mean of what was learned of "
        "them, weighted by their answers. Since the last answer on the topic, what lies above guessing (0.25) fades as "
        "retrieval strength does. Calibration on learners who did not train it stands beside it",
        "probability",
        "learner and topic",
        (Purpose.LEARNING_SUPPORT,),
        minimum_sample="5 answers on the topic; answers of 100 learners in the tenant, and a model better than best-LR "
        "on held-out learners",
        upstream=("question_attempts", "models"),
        endpoints=("GET /v1/analytics/mastery", "GET /v1/analytics/mastery/{topic}"),
    ),
)
