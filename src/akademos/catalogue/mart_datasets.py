"""Marts that events feed. Declared as targets of lineage; `available` turns true with the query that builds one."""

from __future__ import annotations

from akademos.catalogue.declarations import Dataset, Purpose

_PRODUCT = (Purpose.PRODUCT_ANALYTICS,)
_ADVISING = (Purpose.ADVISING,)


def _mart(name: str, description: str, grain: str, owner: str, purposes: tuple[Purpose, ...] = _PRODUCT) -> Dataset:
    return Dataset(
        name=name,
        description=description,
        grain=grain,
        owner=owner,
        columns=(),
        zone="mart",
        purposes=purposes,
        upstream=("event_log",),
        available=False,
    )


MART_DATASETS: tuple[Dataset, ...] = (
    _mart(
        "onboarding_funnel",
        "New accounts and how far they came in the wizard.",
        "one account",
        "product officer",
    ),
    _mart("skill_extraction", "Skills found in résumés.", "one parsed résumé", "career services"),
    _mart("skill_readiness", "Readiness before and after assessments.", "one assessment", "career services"),
    _mart("match_scores", "Occupations viewed, with their compatibility.", "one view", "career services"),
    _mart("plan_engagement", "Plans and what came of them.", "one accepted plan", "career services"),
    _mart("task_velocity", "Tasks, their due dates and completion.", "one task", "career services"),
    _mart("advisor_activity", "Notes and rosters of advisors.", "one advisor and day", "advising", _ADVISING),
    _mart("interventions", "Cohort interventions.", "one intervention", "advising", _ADVISING),
    _mart(
        "readiness_trends",
        "Readiness scores and alerts over time.",
        "one learner and week",
        "advising",
        _ADVISING,
    ),
    _mart("report_usage", "Reports exported.", "one export", "advising"),
    _mart("session_metrics", "Sessions, time in tools, loading speed.", "one session", "product officer"),
    _mart("user_events_wau", "Users with a tracked event.", "one user and ISO week", "product officer"),
    _mart("etl_jobs", "Reference data: released, processed, how late.", "one release", "data engineering"),
)
