"""Parameters of the product around the studying, with unit and meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def _parameter(default: Any, unit: str, meaning: str) -> Any:
    return field(default=default, metadata={"unit": unit, "meaning": meaning})


@dataclass(frozen=True, slots=True)
class Product:
    """What people do with the product beside studying, and how the software fares."""

    onboards: float = _parameter(0.85, "probability", "that a new student finishes the onboarding wizard")
    onboards_after: float = _parameter(8.0, "h", "mean time until then")
    measured: float = _parameter(0.5, "share", "of sessions of which a page view is measured")
    lcp: float = _parameter(1500.0, "ms", "median time until the largest content is there")
    lcp_sd: float = _parameter(0.45, "log", "its spread")
    inp: float = _parameter(90.0, "ms", "median time from an interaction to the next paint")
    inp_sd: float = _parameter(0.5, "log", "its spread")
    cls: float = _parameter(0.04, "score", "mean layout shift")
    staging_share: float = _parameter(0.4, "share", "learners whose sessions are replayed in staging")
    staging_days: float = _parameter(28.0, "days", "before now from which they are")
    uploads: float = _parameter(0.75, "share", "learners who upload a r\u00e9sum\u00e9")
    uploads_within: float = _parameter(85.0, "days", "after their start")
    accepts: float = _parameter(0.5, "probability", "that a plan is accepted after an upload")
    accepts_after: float = _parameter(6.0, "days", "mean time until then")
    tasks: int = _parameter(6, "tasks", "of a plan, one due a week")
    keeps: float = _parameter(0.68, "probability", "that a task is done by its due date")
    late: float = _parameter(0.18, "probability", "that it is done later")
    assessments: int = _parameter(4, "assessments", "that a learner may take")
    assessments_every: float = _parameter(25.0, "days", "between them")
    takes_assessment: float = _parameter(0.7, "probability", "of taking one")
    readiness: float = _parameter(55.0, "points", "mean readiness at the first, at ability 0")
    readiness_grows: float = _parameter(5.0, "points", "from one to the next")
    readiness_sd: float = _parameter(6.0, "points", "spread of one assessment")
    plans_money: float = _parameter(0.7, "share", "learners who use the financial planner")
    planner_sessions: float = _parameter(9.0, "sessions", "with it in a term")
    planner_seconds: float = _parameter(190.0, "s", "median time of one")
    planner_seconds_sd: float = _parameter(0.6, "log", "its spread")
    system_days: int = _parameter(28, "days", "before now from which systems report")
    failing: float = _parameter(0.004, "share", "of requests that the API fails to answer")
    import_hours: float = _parameter(16.0, "h", "mean time until a release is processed")
