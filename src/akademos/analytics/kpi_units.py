"""The units of the product KPIs (`catalogue.kpis` has their definitions): one function a KPI, named as it.

Every function takes the same `Sources` and a `Span`, and gives units of the columns of `UNITS`: whose unit it is (null
where it is nobody's), whether it has hit, its value, how many it stands for, and the course it is of. A unit is given
when its window closes within the span: nothing that could still become a hit is in a denominator. Given the events
since `Kpi.reads_since` of the span's start, no unit is given in two spans that do not overlap. Nothing is rounded or
withheld here.

Grain: as each KPI declares. Events are those of one environment, attributed to people who consent (`jobs.kpis`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from akademos.catalogue.kpi_declaration import Kpi
from akademos.catalogue.kpis import KPI_OF

CLOCK = pl.Datetime("us", "UTC")
PROPERTIES: Mapping[str, Any] = {
    "task_id": pl.String,
    "due_at": pl.String,
    "readiness_score": pl.Float64,
    "previous_readiness_score": pl.Float64,
    "planner_seconds": pl.Float64,
    "lcp_ms": pl.Float64,
    "inp_ms": pl.Float64,
    "cls": pl.Float64,
    "data_source": pl.String,
    "release_label": pl.String,
    "import_outcome": pl.String,
    "requests_total": pl.Int64,
    "requests_failed": pl.Int64,
}
"""Properties without a column of their own that some KPI reads."""

EVENTS = pl.Schema(
    {
        "learner_key": pl.String,
        "event_name": pl.String,
        "occurred_at": CLOCK,
        "time_precision": pl.String,
        "persona": pl.String,
        "course_id": pl.String,
        "material_id": pl.String,
        "session_id": pl.String,
        "assessment_id": pl.String,
        "duration_seconds": pl.Float64,
        **PROPERTIES,
    }
)
UNITS = pl.Schema(
    {
        "learner_key": pl.String,
        "hit": pl.Boolean,
        "value": pl.Float64,
        "of": pl.Int64,
        "hits": pl.Int64,
        "course_id": pl.String,
    }
)
"""`of` units stand in a row, `hits` of them have hit (both 1 or 0 but where a row sums up many)."""

PERSON = pl.Schema({"learner_key": pl.String})
MASTERED = pl.Schema({"learner_key": pl.String, "course_id": pl.String, "weeks": pl.Int32, "reached": pl.Boolean})
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant to another, which is not in it."""

    start: datetime
    end: datetime

    def holds(self, column: pl.Expr) -> pl.Expr:
        """Whether an instant lies in it."""
        return (column >= pl.lit(self.start, CLOCK)) & (column < pl.lit(self.end, CLOCK))


@dataclass(frozen=True, slots=True)
class Sources:
    """What units are found in.

    Attributes:
        events: `EVENTS`, those before the end of the span.
        roster: learner_key of students with an advisor on the last day of the span.
        active: learner_key of people with a tracked event in the span.
        mastered: learner_key, course_id, weeks (from enrolment until now or until then), reached.
    """

    events: pl.DataFrame
    roster: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PERSON))
    active: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PERSON))
    mastered: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MASTERED))

    def named(self, name: str, *precisions: str) -> pl.DataFrame:
        """Events of one name with a clock; of the precisions, if any are given."""
        known = pl.col("time_precision").is_in(precisions) if precisions else pl.col("time_precision") != "order"
        return self.events.filter(pl.col("event_name") == name, known)


def _units(rows: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    """Rows as units; a column that is not given is null, `of` is 1 and `hits` follows from `hit`."""
    given = rows.with_columns(**columns)
    nothing = {name: pl.lit(None, kind) for name, kind in UNITS.items() if name not in given.columns}
    counted = given.with_columns(**nothing).with_columns(
        of=pl.col("of").fill_null(1), hits=pl.col("hits").fill_null(pl.col("hit").cast(pl.Int64))
    )
    return counted.select(UNITS.names()).cast(UNITS)


def onboarding_completion(sources: Sources, span: Span) -> pl.DataFrame:
    """First accounts of students; hit: the wizard was finished within 24 hours."""
    accounts = (
        sources.named("account_created", "exact")
        .filter(pl.col("persona") == "student", pl.col("learner_key").is_not_null())
        .group_by("learner_key")
        .agg(at=pl.col("occurred_at").min())
        .filter(span.holds(pl.col("at") + DAY))
    )
    done = sources.named("student_onboarding_completed", "exact").select("learner_key", done="occurred_at")
    within = (
        accounts.join(done, on="learner_key")
        .filter(pl.col("done").is_between(pl.col("at"), pl.col("at") + DAY))
        .select("learner_key")
        .unique()
        .with_columns(hit=pl.lit(value=True))
    )
    return _units(accounts.join(within, on="learner_key", how="left"), hit=pl.col("hit").fill_null(value=False))


def skill_readiness_delta(sources: Sources, span: Span) -> pl.DataFrame:
    """Assessments with a score before them; value: the change."""
    taken = (
        sources.named("assessment_completed")
        .filter(pl.col("readiness_score").is_not_null(), pl.col("learner_key").is_not_null())
        .sort("learner_key", "occurred_at", "assessment_id")
    )
    before = pl.coalesce("previous_readiness_score", pl.col("readiness_score").shift(1).over("learner_key"))
    return _units(
        taken.with_columns(value=pl.col("readiness_score") - before).filter(
            pl.col("value").is_not_null(), span.holds(pl.col("occurred_at"))
        )
    )


def action_plan_adherence(sources: Sources, span: Span) -> pl.DataFrame:
    """Tasks by the due date that stood when it passed; hit: done by then."""
    keys = ["learner_key", "task_id"]
    assigned = (
        sources.named("task_assigned")
        .filter(pl.col("task_id").is_not_null(), pl.col("learner_key").is_not_null())
        .with_columns(due=_instant("due_at"))
        .drop_nulls("due")
        .filter(span.holds(pl.col("due")).any().over(keys))
        .sort(*keys, "occurred_at", "due")
    )
    due = [
        (*key, _standing_due(list(zip(of["occurred_at"], of["due"], strict=True))))
        for key, of in assigned.group_by(keys, maintain_order=True)
    ]
    tasks = pl.DataFrame(
        due, schema={"learner_key": pl.String, "task_id": pl.String, "due": CLOCK}, orient="row"
    ).filter(span.holds(pl.col("due")))
    done = (
        sources.named("task_completion_logged")
        .filter(pl.col("task_id").is_not_null())
        .group_by(keys)
        .agg(done=pl.col("occurred_at").min())
    )
    return _units(tasks.join(done, on=keys, how="left"), hit=(pl.col("done") <= pl.col("due")).fill_null(value=False))


def _standing_due(assignments: list[tuple[datetime, datetime]]) -> datetime | None:
    """The due date in force when it passed, of ascending assignments; one made after its own due date is none."""
    standing: datetime | None = None
    for at, due in assignments:
        if at <= due and (standing is None or at <= standing):
            standing = due
    return standing


def resume_to_roadmap(sources: Sources, span: Span) -> pl.DataFrame:
    """Uploads; hit: a plan was accepted within 14 days, of those for which it is the latest upload."""
    keys = ["learner_key", "occurred_at"]
    uploads = (
        sources.named("resume_parsed")
        .filter(pl.col("learner_key").is_not_null())
        .select(*keys)
        .sort("occurred_at", "learner_key")
        .with_row_index("upload")
    )
    plans = (
        sources.named("action_plan_accepted")
        .filter(pl.col("learner_key").is_not_null())
        .select("learner_key", "occurred_at", accepted="occurred_at")
        .sort("occurred_at", "learner_key")
    )
    followed = (
        plans.join_asof(
            uploads.with_columns(uploaded="occurred_at"), on="occurred_at", by="learner_key", check_sortedness=False
        )
        .filter(pl.col("accepted") <= pl.col("uploaded") + 14 * DAY)
        .select("upload")
        .unique()
        .with_columns(hit=pl.lit(value=True))
    )
    closed = uploads.filter(span.holds(pl.col("occurred_at") + 14 * DAY))
    return _units(closed.join(followed, on="upload", how="left"), hit=pl.col("hit").fill_null(value=False))


def roi_projection_engagement(sources: Sources, span: Span) -> pl.DataFrame:
    """Sessions with the planner; value: seconds in it within a day of its first use."""
    keys = ["learner_key", "session_id"]
    used = (
        sources.named("financial_planner_used")
        .drop_nulls(keys)
        .with_columns(seconds=pl.coalesce("planner_seconds", "duration_seconds").fill_null(0.0))
    )
    first = _anew(used, keys, KPI_OF["roi_projection_engagement"], span)
    return _units(
        first.select(*keys, "occurred_at")
        .join(used.select(*keys, "seconds", at="occurred_at"), on=keys)
        .filter(pl.col("at") >= pl.col("occurred_at"), pl.col("at") < pl.col("occurred_at") + DAY)
        .sort("at", "seconds")
        .group_by(*keys, "occurred_at")
        .agg(value=pl.col("seconds").sum())
    )


def advisee_activation(sources: Sources, span: Span) -> pl.DataFrame:
    """Students with an advisor on the last day; hit: a sign-in in the 30 days up to its end."""
    since = span.end - 30 * DAY
    active = (
        sources.named("session_started")
        .filter(pl.col("occurred_at") >= pl.lit(since, CLOCK), pl.col("occurred_at") < pl.lit(span.end, CLOCK))
        .select("learner_key")
        .unique()
        .with_columns(hit=pl.lit(value=True))
    )
    return _units(
        sources.roster.unique("learner_key").join(active, on="learner_key", how="left"),
        hit=pl.col("hit").fill_null(value=False),
    )


def weekly_active_users(sources: Sources, _: Span) -> pl.DataFrame:
    """Each person with a tracked event once."""
    return _units(sources.active.filter(pl.col("learner_key").is_not_null()).unique("learner_key"))


def data_freshness(sources: Sources, span: Span) -> pl.DataFrame:
    """Releases, the first word of each; hit: processed within 48 hours."""
    keys = ["data_source", "release_label"]
    released = (
        sources.named("occupational_data_released")
        .drop_nulls(keys)
        .group_by(keys)
        .agg(at=pl.col("occurred_at").min())
        .filter(span.holds(pl.col("at") + 2 * DAY))
    )
    done = (
        sources.named("occupational_data_imported")
        .filter(pl.col("import_outcome") == "completed")
        .drop_nulls(keys)
        .group_by(keys)
        .agg(done=pl.col("occurred_at").min())
    )
    return _units(
        released.join(done, on=keys, how="left"),
        hit=(pl.col("done") <= pl.col("at") + 2 * DAY).fill_null(value=False),
    )


def content_completion(sources: Sources, span: Span) -> pl.DataFrame:
    """Openings of a material after eight weeks without one; hit: it was completed within 14 days."""
    keys = ["learner_key", "material_id"]
    kpi = KPI_OF["content_completion"]
    opened = _anew(sources.named("material_opened").drop_nulls(keys), keys, kpi, span)
    done = sources.named("material_completed").drop_nulls(keys).select(*keys, done="occurred_at")
    within = (
        opened.select(*keys, "occurred_at")
        .join(done, on=keys)
        .filter(pl.col("done").is_between(pl.col("occurred_at"), pl.col("occurred_at") + kpi.closes_after))
        .select(*keys, "occurred_at")
        .unique()
        .with_columns(hit=pl.lit(value=True))
    )
    return _units(opened.join(within, on=[*keys, "occurred_at"], how="left"), hit=pl.col("hit").fill_null(value=False))


def _anew(rows: pl.DataFrame, keys: list[str], kpi: Kpi, span: Span) -> pl.DataFrame:
    """Of the rows of each key those with none in the time before that the KPI reaches back, whose window closes in the
    span."""
    return (
        rows.sort(*keys, "occurred_at", "course_id")
        .with_columns(before=pl.col("occurred_at").shift(1).over(keys))
        .filter(
            span.holds(pl.col("occurred_at") + kpi.closes_after),
            pl.col("before").is_null() | (pl.col("occurred_at") - pl.col("before") >= kpi.reaches_back),
        )
    )


def time_to_value(sources: Sources, _: Span) -> pl.DataFrame:
    """Learners and courses; value: weeks since enrolment, hit: a first topic was mastered by then."""
    return _units(sources.mastered.rename({"reached": "hit"}), value=pl.col("weeks").cast(pl.Float64))


def web_vitals_lcp(sources: Sources, span: Span) -> pl.DataFrame:
    """Page views; value: ms until the largest content is there."""
    return _vitals(sources, span, "lcp_ms")


def web_vitals_inp(sources: Sources, span: Span) -> pl.DataFrame:
    """Page views; value: ms from an interaction to the next paint."""
    return _vitals(sources, span, "inp_ms")


def web_vitals_cls(sources: Sources, span: Span) -> pl.DataFrame:
    """Page views; value: the layout shift."""
    return _vitals(sources, span, "cls")


def _vitals(sources: Sources, span: Span, name: str) -> pl.DataFrame:
    measured = sources.named("web_vitals_measured").filter(
        pl.col("learner_key").is_not_null(), pl.col(name).is_not_null(), span.holds(pl.col("occurred_at"))
    )
    return _units(measured, value=pl.col(name))


def api_error_rate(sources: Sources, span: Span) -> pl.DataFrame:
    """Stretches of counting; `of` requests, `hits` of them failed."""
    counted = sources.named("api_requests_counted").filter(
        span.holds(pl.col("occurred_at")), pl.col("requests_total") > 0
    )
    return _units(
        counted,
        of=pl.col("requests_total"),
        hits=pl.min_horizontal(pl.col("requests_failed").fill_null(0), "requests_total"),
    )


def _instant(column: str) -> pl.Expr:
    """An instant written with its offset."""
    return pl.col(column).str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)


UNITS_OF: Mapping[str, Callable[[Sources, Span], pl.DataFrame]] = {
    one.__name__: one
    for one in (
        onboarding_completion,
        skill_readiness_delta,
        action_plan_adherence,
        resume_to_roadmap,
        roi_projection_engagement,
        advisee_activation,
        weekly_active_users,
        data_freshness,
        content_completion,
        time_to_value,
        web_vitals_lcp,
        web_vitals_inp,
        web_vitals_cls,
        api_error_rate,
    )
}
"""By name of the KPI; the others are effects, which are no sums over units."""
