"""The numbers about readiness for the target exam."""

from __future__ import annotations

from akademos.catalogue.declarations import Metric, Purpose

_SUPPORT = (Purpose.LEARNING_SUPPORT,)
_SHOWN = ("GET /v1/analytics/dashboard", "GET /v1/analytics/exam-readiness")
_LEARNER = "learner with a target exam"
_EXAM = ("exam_weights", "learner_targets")

READINESS_METRICS: tuple[Metric, ...] = (
    Metric(
        "exam_known",
        "How much of the target exam a learner commands now, with an 80% interval: a rule, no forecast of a mark.",
        "sum over the exam's topics of weight * mastery, over the sum of all weights; a topic without an estimate "
        "counts 0; also by section of the exam",
        "points of 100",
        _LEARNER,
        _SUPPORT,
        minimum_sample="5 answers on one topic of the exam",
        upstream=("mastery", *_EXAM),
        endpoints=_SHOWN,
    ),
    Metric(
        "exam_predicted_score",
        "Which score in the target exam the record points to, with a 90% interval.",
        "linear or boosted model of mastery, coverage, accuracy, ability, amount and time, chosen by cross-validation "
        "over learners; split conformal interval, calibrated on the latest earlier cohort, wider for unusual records",
        "points of 100",
        _LEARNER,
        _SUPPORT,
        minimum_sample="100 exam results in the tenant, and a model better than percent correct on held-out learners",
        upstream=("mastery", "item_difficulty", "models", *_EXAM),
        endpoints=_SHOWN,
    ),
    Metric(
        "exam_pass_probability",
        "How likely the target exam is passed.",
        "logistic curve over the predicted score minus the exam's pass mark, fitted on learners whose rows did not "
        "teach the prediction",
        "probability",
        _LEARNER,
        _SUPPORT,
        minimum_sample="as the predicted score; 5 learners who passed and 5 who did not",
        upstream=("exam_predicted_score", "exams"),
        endpoints=_SHOWN,
    ),
    Metric(
        "exam_readiness",
        "Readiness for the target exam.",
        "the predicted score where there is one (basis model), else the known share (basis rule)",
        "points of 100",
        _LEARNER,
        _SUPPORT,
        minimum_sample="5 answers on one topic of the exam",
        upstream=("exam_known", "exam_predicted_score"),
        endpoints=_SHOWN,
    ),
    Metric(
        "exam_percent_correct",
        "The plain share of right answers on the exam's topics, for comparison.",
        "mean score of all answers on the exam's topics",
        "points of 100",
        _LEARNER,
        _SUPPORT,
        upstream=("question_attempts", *_EXAM),
        endpoints=_SHOWN,
    ),
    Metric(
        "exam_ready",
        "When the learner would be ready at the present pace, with an interval.",
        "weekly known share of the last 8 weeks carried on to 80; no date beyond a year",
        "days",
        _LEARNER,
        _SUPPORT,
        minimum_sample="4 weekly changes",
        upstream=("exam_known",),
        endpoints=_SHOWN,
    ),
)
