"""From the event log and the records to the tables of `analytics.risk_tables`: what learners did, by day of the course.

The day of an event is its date in UTC minus the first day of its course. Every study event of a course is activity: of
a material where it names one, else of its kind of event. A submission is a `quiz_attempt_submitted`; when it was due
follows from its `due_offset_days`, so an assessment is known from the first submission on, and one that nobody has
handed in is not known at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from akademos.analytics.risk_tables import INPUT, KEYS
from akademos.jobs.past_tables import ANSWERED, MATERIAL_PREFIX

YEAR = timedelta(days=364)
EPOCH = date(1970, 1, 1)
"""First day of courses that have none: days are counted from it where everybody has a clock of their own."""
SUBMITTED = "quiz_attempt_submitted"
WITHDREW = "course_withdrawn"
CERTIFIED = "certificate_issued"
COLUMNS = (
    "learner_key",
    "event_id",
    "event_name",
    "occurred_at",
    "time_precision",
    "course_id",
    "material_id",
    "assessment_id",
    "score",
    "properties",
)
_PROPERTIES = pl.Struct(
    {
        "material_kind": pl.String,
        "quantity": pl.Float64,
        "due_offset_days": pl.Float64,
        "weight_percent": pl.Float64,
        "is_banked": pl.Boolean,
    }
)


@dataclass(frozen=True, slots=True)
class CourseActivity:
    """Of some learners.

    Attributes:
        activity, submissions: of `risk_tables.INPUT`; `submissions` has `due_day` and `weight` beside.
        ends: learner_key, course_id, withdrew_day and certified_day (None: not by an event).
    """

    activity: pl.DataFrame
    submissions: pl.DataFrame
    ends: pl.DataFrame


def is_of_a_course(name: str) -> bool:
    """Whether events of that name are read here."""
    return name in (ANSWERED, SUBMITTED, WITHDREW, CERTIFIED) or name.startswith(MATERIAL_PREFIX)


def course_activity(events: pl.DataFrame, courses: pl.DataFrame, kinds_of: pl.DataFrame) -> CourseActivity:
    """The tables of some learners.

    Args:
        events: rows of the event log with `COLUMNS`.
        courses: course_id, starts_on.
        kinds_of: material_id, kind of the records; what an event says itself goes before.
    """
    rows = (
        events.filter(pl.col("time_precision") != "order")
        .join(courses.select("course_id", "starts_on"), on="course_id")
        .with_columns(
            day=(pl.col("occurred_at").dt.date() - pl.col("starts_on")).dt.total_days().cast(pl.Int32),
            told=pl.col("properties").str.json_decode(_PROPERTIES) if events.height else pl.lit(None, _PROPERTIES),
        )
        .unnest("told")
        .join(kinds_of.rename({"kind": "recorded_kind"}), on="material_id", how="left")
    )
    name = pl.col("event_name")
    studied = rows.filter(name.str.starts_with(MATERIAL_PREFIX) | (name == ANSWERED))
    activity = studied.select(
        *KEYS,
        material_id=pl.coalesce("material_id", pl.lit(ANSWERED)),
        kind=pl.coalesce("material_kind", "recorded_kind", pl.when(name == ANSWERED).then(pl.lit("question")))
        .fill_null("material"),
        day="day",
        clicks=pl.col("quantity").fill_null(1.0).clip(0.0),
    ).cast(INPUT["activity"])  # fmt: skip
    submissions = rows.filter((name == SUBMITTED) & pl.col("assessment_id").is_not_null()).select(
        *KEYS,
        "assessment_id",
        day="day",
        score=pl.when(pl.col("score").is_between(0, 1)).then("score"),
        banked=pl.col("is_banked").fill_null(value=False),
        due_day=(pl.col("day") - pl.col("due_offset_days")).floor().cast(pl.Int32),
        weight="weight_percent",
    )
    ends = rows.group_by(KEYS).agg(
        withdrew_day=pl.col("day").filter(name == WITHDREW).max(),
        certified_day=pl.col("day").filter(name == CERTIFIED).min(),
    )
    return CourseActivity(activity, submissions, ends)


def joined(parts: Sequence[CourseActivity]) -> CourseActivity:
    """The parts of all learners together; there is at least one."""
    return CourseActivity(
        pl.concat([one.activity for one in parts]),
        pl.concat([one.submissions for one in parts]),
        pl.concat([one.ends for one in parts]),
    )


def _day_of(column: str) -> pl.Expr:
    return (pl.col(column) - pl.col("starts_on")).dt.total_days().cast(pl.Int32)


_LEFT = pl.coalesce(
    _day_of("withdrawn_on"),
    pl.when((pl.col("withdrew_day") >= _day_of("registered_on")).fill_null(value=True)).then("withdrew_day"),
)
"""Day of the course on which somebody left: what the enrolment says; else what an event says, unless it is of before
they registered (anew)."""


def tables_at(
    whole: CourseActivity, enrolments: pl.DataFrame, courses: pl.DataFrame, as_of: int
) -> dict[str, pl.DataFrame]:
    """Tables of `risk_tables.INPUT`; the schedule holds what submissions before day `as_of` tell of it.

    Args:
        whole: what all learners did.
        enrolments: learner_key, course_id, registered_on, withdrawn_on, resits.
        courses: those that are looked at: course_id, starts_on.
        as_of: the cut-off, a day of the course.
    """

    here = courses.select("course_id")
    known = whole.submissions.filter((pl.col("day") < as_of) & pl.col("due_day").is_not_null())
    return {
        "enrolments": enrolments.join(courses.select("course_id", "starts_on"), on="course_id")
        .join(whole.ends.select(*KEYS, "withdrew_day"), on=KEYS, how="left")
        .select(
            *KEYS,
            registered_day=_day_of("registered_on"),
            withdrawn_day=_LEFT,
            resits="resits",
        )
        .cast(INPUT["enrolments"]),
        "activity": whole.activity.join(here, on="course_id", how="semi"),
        "assessments": known.join(here, on="course_id", how="semi")
        .group_by("course_id", "assessment_id")
        .agg(due_day=pl.col("due_day").median().round().cast(pl.Int32), weight=pl.col("weight").max())
        .cast(INPUT["assessments"]),
        "submissions": whole.submissions.join(here, on="course_id", how="semi")
        .select(INPUT["submissions"].names())
        .cast(INPUT["submissions"]),
    }


def outcomes(whole: CourseActivity, enrolments: pl.DataFrame, courses: pl.DataFrame, today: date) -> pl.DataFrame:
    """KEYS, `outcome`, `cohort` (ordinal of the first day), `like` (under way a year ago) of courses that have ended.

    Not completed (1): without a certificate, and withdrew before the end or took a course that gives certificates.
    Whether somebody failed is not known otherwise: grades are not among the purposes of this model.
    """
    ended = courses.filter(pl.col("ends_on") < today)
    given = whole.ends.group_by("course_id").agg(gives=pl.col("certified_day").is_not_null().any())
    gone = (_day_of("ends_on") >= _LEFT).fill_null(value=False)
    return (
        enrolments.join(ended, on="course_id")
        .join(whole.ends, on=KEYS, how="left")
        .join(given, on="course_id", how="left")
        .select(
            *KEYS,
            outcome=(pl.col("certified_day").is_null() & (gone | pl.col("gives").fill_null(value=False))).cast(
                pl.Float64
            ),
            cohort=pl.col("starts_on").cast(pl.Int32).cast(pl.Int64),
            like=pl.lit(today - YEAR).is_between(pl.col("starts_on"), pl.col("ends_on")),
        )
    )
