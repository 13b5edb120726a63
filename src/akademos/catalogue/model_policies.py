"""Rules about models that are enforced in code, with their numbers."""

from __future__ import annotations

from dataclasses import dataclass

from akademos.catalogue.declarations import Policy


@dataclass(frozen=True, slots=True)
class DriftLimits:
    """When a model in service has moved away from its training: PSI, and the learners it takes to tell."""

    shift: float = 0.1
    learners: int = 50


DRIFT = DriftLimits()

MODEL_POLICIES: tuple[Policy, ...] = (
    Policy(
        "model_drift",
        "Every night the inputs and outputs of each model in service are compared with its training, by the population "
        "stability index. One whose whole 95% interval lies beyond the limit is said to drift, and an alert tells "
        "those who own the answers; of fewer learners nothing is concluded.",
        f"PSI {DRIFT.shift:g}, {DRIFT.learners} learners",
        "jobs.model_watch, analytics.drift",
        "analytics.md, exam readiness",
    ),
    Policy(
        "past_answers",
        "An answer about the past rests on nothing that came after it: events up to the instant, the models and memory "
        "weights in service then, and what the cohort had taught by the last Monday (more than eight weeks ago: first "
        "of the month) before it. Consent is always today's, and the curriculum is.",
        "as_of",
        "jobs.learner_history, jobs.learner_answers, jobs.cohort_teaching",
        "analytics.md",
    ),
)
