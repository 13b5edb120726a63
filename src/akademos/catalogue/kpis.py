"""The product's key performance indicators: what each means, whose it is, what it aims at, what it rests on.

A KPI is counted in *units* (an account, a task, an upload): `analytics.kpi_units` has a function of the KPI's name that
finds them, `analytics.kpi_values` makes the number of them. Job, API, page, CSV, command and notebook read the
snapshots that were made so; nothing else computes a KPI. A unit belongs to the week in which its window closes, so
a week that is over never waits for outcomes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal

from akademos.catalogue.declarations import Metric, Purpose
from akademos.catalogue.policies import LIMITS

KPIS_ADDRESS = "GET /v1/analytics/kpis"
KPI_ADDRESS = "GET /v1/analytics/kpis/{name}"
DIMENSIONS = ("persona", "course", "cohort")
"""By what the people of a KPI are told apart, in the order in which small groups are joined from the last on."""

PARITY_BEYOND = 0.02
"""Production differs from staging when it does by more than this share of staging's value."""


class Measure(StrEnum):
    """What is made of the units."""

    SHARE = "share"  # of units that have hit
    MEAN = "mean"  # of the units' values
    QUANTILE = "quantile"  # of the units' values, from counts between edges
    COUNT = "count"  # of people
    SURVIVAL = "survival"  # weeks until half have hit, by Kaplan and Meier; who has not yet is censored
    EFFECT = "effect"  # a difference in differences, made where the groups are known


class Period(StrEnum):
    """What a snapshot sums up."""

    WEEK = "week"  # units whose window closed in the ISO week
    TERM = "term"  # units of the term so far


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI.

    Attributes:
        title, question: for people; `definition` says exactly what is counted, `grain` what a unit is.
        unit: of the value: share, points, s, ms, weeks, people, score.
        target: what it should reach; None where only its course matters. `direction` is where better lies.
        purposes: all must be consented by whoever is counted.
        events: names that are read; empty: every event that serves product analytics.
        closes_after: from a unit's beginning until its outcome is known. `reaches_back`: how much earlier events are
            read.
        edges: between them values are counted (QUANTILE); ascending, the first 0.
        quantile: which one.
        of_people: whether units are of learners, so under disclosure control.
        watch: it watches the software rather than what people do.
        compared: whether staging is a baseline for it; how many people there are, and whom an advisor has, is not.
        waits_for: what has to exist before it can be computed.
    """

    name: str
    title: str
    question: str
    definition: str
    grain: str
    owner: str
    unit: str
    measure: Measure
    direction: Literal["up", "down"]
    target: float | None
    events: tuple[str, ...] = ()
    purposes: tuple[Purpose, ...] = (Purpose.PRODUCT_ANALYTICS,)
    period: Period = Period.WEEK
    closes_after: timedelta = timedelta(0)
    reaches_back: timedelta = timedelta(0)
    edges: tuple[float, ...] = ()
    quantile: float = 0.5
    dimensions: tuple[str, ...] = DIMENSIONS
    of_people: bool = True
    watch: bool = False
    compared: bool = True
    waits_for: str = ""
    upstream: tuple[str, ...] = ("event_log",)
    group_floor: int = LIMITS.group_floor_least

    @property
    def function(self) -> str:
        """Where its units are found."""
        return f"akademos.analytics.kpi_units.{self.name}"

    def metric(self) -> Metric:
        """The same as a metric of the registry."""
        return Metric(
            f"kpi_{self.name}",
            self.question,
            self.definition,
            self.unit,
            f"{self.period}, persona, course, cohort and environment" if self.of_people else f"{self.period}",
            self.purposes,
            upstream=self.upstream,
            endpoints=(KPIS_ADDRESS, KPI_ADDRESS),
            group_floor=self.group_floor,
        )


def _steps(step: float, count: int) -> tuple[float, ...]:
    return tuple(step * place for place in range(count))


_SUPPORTED = (Purpose.PRODUCT_ANALYTICS, Purpose.LEARNING_SUPPORT)

KPIS: tuple[Kpi, ...] = (
    Kpi(
        "onboarding_completion",
        "Guided onboarding completed",
        "How many new students finish the onboarding wizard within a day?",
        "new student accounts with student_onboarding_completed at most 24 h after account_created, of all whose 24 h "
        "ended in the week",
        "one student account",
        "product officer",
        "share",
        Measure.SHARE,
        "up",
        0.80,
        events=("account_created", "student_onboarding_completed"),
        closes_after=timedelta(hours=24),
    ),
    Kpi(
        "skill_readiness_delta",
        "Readiness gained by assessments",
        "How far does readiness move from one assessment to the next?",
        "mean of readiness_score minus the score before (as the event says, else of the learner's assessment before), "
        "over the assessments of the term so far",
        "one assessment with a score before",
        "career services",
        "points",
        Measure.MEAN,
        "up",
        5.0,
        events=("assessment_completed",),
        period=Period.TERM,
        reaches_back=timedelta(days=365),
    ),
    Kpi(
        "action_plan_adherence",
        "Action plan kept",
        "How many tasks of action plans are done by their due date?",
        "tasks with task_completion_logged up to their due date, of all that fell due in the week; late is not kept, "
        "moving a date that has passed changes nothing, and a task given after its date is none",
        "one task of one learner",
        "career services",
        "share",
        Measure.SHARE,
        "up",
        0.70,
        events=("task_assigned", "task_completion_logged"),
        reaches_back=timedelta(days=365),
    ),
    Kpi(
        "resume_to_roadmap",
        "R\u00e9sum\u00e9 to roadmap",
        "How many uploaded r\u00e9sum\u00e9s lead to an accepted plan?",
        "uploads (resume_parsed) followed by action_plan_accepted within 14 days, of all whose 14 days ended in the "
        "term so far; a plan counts for the latest upload before it, and an upload counts once",
        "one upload",
        "career services",
        "share",
        Measure.SHARE,
        "up",
        0.35,
        events=("resume_parsed", "action_plan_accepted"),
        period=Period.TERM,
        closes_after=timedelta(days=14),
    ),
    Kpi(
        "roi_projection_engagement",
        "Time in the financial planner",
        "How long do people work with the financial planner in a session?",
        "median over sessions of the planner_seconds within a day of the session's first use, of sessions whose day "
        "ended in the week; counted in steps of 15 s",
        "one session with the planner",
        "product officer",
        "s",
        Measure.QUANTILE,
        "up",
        180.0,
        events=("financial_planner_used",),
        closes_after=timedelta(days=1),
        edges=_steps(15.0, 80),
    ),
    Kpi(
        "advisee_activation",
        "Advisees active",
        "How many students who have an advisor have signed in lately?",
        "students on an advisor's roster on the last day of the week with session_started in the 30 days up to its "
        "end, of all on it",
        "one student on a roster",
        "advising",
        "share",
        Measure.SHARE,
        "up",
        0.85,
        events=("session_started",),
        reaches_back=timedelta(days=30),
        compared=False,
        upstream=("event_log", "advisee_assignments", "staff_assignments", "enrolments"),
    ),
    Kpi(
        "intervention_effectiveness",
        "Effect of interventions",
        "Do interventions make it less likely that a course is not completed?",
        "change of the weekly risk in the four weeks after help began, less that of a comparison (metric "
        "intervention_effect), over all that is published by learners helped; not attributable without a comparison",
        "one kind of intervention and trial",
        "advising",
        "points of probability",
        Measure.EFFECT,
        "down",
        -0.10,
        dimensions=(),
        waits_for="interventions with a randomised or matched comparison; others are not attributable",
        purposes=(Purpose.ADVISING, Purpose.LEARNING_SUPPORT),
        upstream=("intervention_effects",),
    ),
    Kpi(
        "weekly_active_users",
        "Weekly active users",
        "How many different people use the product in a week?",
        "distinct people (devices and accounts of one person count once) with an event that serves product analytics "
        "in the ISO week",
        "one person",
        "product officer",
        "people",
        Measure.COUNT,
        "up",
        None,
        compared=False,
    ),
    Kpi(
        "data_freshness",
        "Occupational data fresh",
        "How soon are releases of occupational data in use?",
        "releases (occupational_data_released) of which occupational_data_imported says completed at most 48 h later, "
        "of all whose 48 h ended in the week",
        "one release",
        "data engineering",
        "share",
        Measure.SHARE,
        "up",
        0.95,
        events=("occupational_data_released", "occupational_data_imported"),
        closes_after=timedelta(hours=48),
        dimensions=(),
        of_people=False,
    ),
    Kpi(
        "content_completion",
        "Content completed",
        "How much of what learners open do they finish?",
        "materials completed within 14 days of being opened, of all opened (for the first time in eight weeks) whose "
        "14 days ended in the week",
        "one learner and material",
        "content team",
        "share",
        Measure.SHARE,
        "up",
        0.60,
        events=("material_opened", "material_completed"),
        purposes=_SUPPORTED,
        closes_after=timedelta(days=14),
        reaches_back=timedelta(days=56),
    ),
    Kpi(
        "content_gain",
        "Gain with content",
        "Do answers go better after a material was opened?",
        "median over contents of the gain that is published of them (metric content_gain: adjusted for ability and "
        "term), of each content its most used version, in the last night before the week after was over",
        "one content with a gain",
        "content team",
        "share of a full score",
        Measure.EFFECT,
        "up",
        0.0,
        purposes=_SUPPORTED,
        dimensions=(),
        waits_for="contents with a published gain",
        upstream=("content_statistics",),
    ),
    Kpi(
        "content_effectiveness",
        "Contents that need no revision",
        "How many contents work as well as their like?",
        "contents without a published reason to revise them, of all with a published effectiveness, each by its most "
        "used version, in the last night before the week after was over",
        "one content with an effectiveness",
        "content team",
        "share",
        Measure.EFFECT,
        "up",
        0.60,
        purposes=_SUPPORTED,
        dimensions=(),
        waits_for="contents with a published effectiveness",
        upstream=("content_statistics",),
    ),
    Kpi(
        "time_to_value",
        "Time to value",
        "How long until a learner has mastered a first topic?",
        "weeks from enrolment until half of the learners have reached mastery of 0.8 at a first topic of the course "
        "(Kaplan-Meier; who is not there yet is censored), of those who enrolled in the term",
        "one learner and course",
        "content team",
        "weeks",
        Measure.SURVIVAL,
        "down",
        4.0,
        events=("question_submitted",),
        purposes=_SUPPORTED,
        period=Period.TERM,
        compared=False,
        upstream=("learner_state", "enrolments"),
    ),
    Kpi(
        "web_vitals_lcp",
        "Loading speed",
        "How soon is the main content of a page there?",
        "75th percentile of lcp_ms over the measured page views of the week, counted in steps of 100 ms",
        "one page view",
        "product officer",
        "ms",
        Measure.QUANTILE,
        "down",
        2500.0,
        events=("web_vitals_measured",),
        edges=_steps(100.0, 80),
        quantile=0.75,
        watch=True,
    ),
    Kpi(
        "web_vitals_inp",
        "Responsiveness",
        "How soon does a page answer?",
        "75th percentile of inp_ms over the measured page views of the week, counted in steps of 10 ms",
        "one page view",
        "product officer",
        "ms",
        Measure.QUANTILE,
        "down",
        200.0,
        events=("web_vitals_measured",),
        edges=_steps(10.0, 80),
        quantile=0.75,
        watch=True,
    ),
    Kpi(
        "web_vitals_cls",
        "Visual stability",
        "How much does a page move while it loads?",
        "75th percentile of cls over the measured page views of the week, counted in steps of 0.01",
        "one page view",
        "product officer",
        "score",
        Measure.QUANTILE,
        "down",
        0.1,
        events=("web_vitals_measured",),
        edges=tuple(round(0.01 * place, 2) for place in range(80)),
        quantile=0.75,
        watch=True,
    ),
    Kpi(
        "api_error_rate",
        "API errors",
        "How many requests does the product's API not answer?",
        "requests that the server could not answer, of all requests, by the minutes that api_requests_counted sums up",
        "one request",
        "product officer",
        "share",
        Measure.SHARE,
        "down",
        0.01,
        events=("api_requests_counted",),
        dimensions=(),
        of_people=False,
        watch=True,
    ),
)
"""The table of the specification, then what watches the software."""

KPI_OF = {kpi.name: kpi for kpi in KPIS}

KPI_METRICS: tuple[Metric, ...] = tuple(kpi.metric() for kpi in KPIS)
