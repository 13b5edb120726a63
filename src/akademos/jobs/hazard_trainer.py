"""The trainer of `dropout_hazard`: from all courses, whether they have dates or not, by each learner's own clock.

An example is one learner and course at a landmark, a whole number of weeks after their own start, with when they left
and for how long they were observed after it: until today, the end of the course, or their certificate. Cohorts are the
half-years in which learners started.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from akademos.analytics.dropout_hazard import (
    HORIZON,
    LANDMARKS,
    MODEL,
    fit_hazard,
    landmarks,
    leaving_chance,
    left_within,
)
from akademos.analytics.dropout_risk import from_bytes
from akademos.analytics.hazard_features import starts
from akademos.analytics.risk_fitting import COHORT, OUTCOME
from akademos.analytics.risk_materials import common_kinds
from akademos.analytics.risk_tables import KEYS, RiskParameters
from akademos.jobs.course_activity import EPOCH, CourseActivity, tables_at
from akademos.jobs.risk_trainer import EITHER_LEAST, gathered, inactive_rule, judged_metrics, mean_losses, nobody
from akademos.jobs.trainers import TrainingSource

LEARNERS_LEAST = 200
"""Learners with a landmark, from which a model is fitted; below it a stated rule stands."""

_KINDS = "kinds"


class DropoutHazardTrainer:
    """See `jobs.trainers.Trainer`."""

    name = MODEL
    learners_least = LEARNERS_LEAST
    use = (
        "Shows advisors who of their own learners in courses without dates may be about to leave, and why the model "
        "thinks so. Not for grading, admission, sanctions or ranking, and not for deciding anything about a person."
    )
    limits = (
        "It knows what learners do here and hand in here, nothing of their lives.",
        "Only a withdrawal that was recorded is leaving; who just stops counts as still there.",
        "It describes what went with leaving before; it does not say what would change it.",
        "It learned from courses with dates, too, which it did not see; others are judged by their measure.",
    )
    loss = f"mean log loss of each learner, of leaving within {HORIZON} weeks, over their landmarks"

    def gather(self, source: TrainingSource, tenant_id: str, as_of: datetime) -> pl.DataFrame:
        """One row a learner, course and landmark; none where too few leave, or stay, to learn from."""
        if source.risk is None:
            return nobody()
        courses = source.risk.courses(tenant_id)
        whole = gathered(source, tenant_id, on_own_clock(courses))
        if whole is None:
            return nobody()
        today = day_number(as_of.date())
        tables = tables_at(whole, source.risk.enrolments(tenant_id), on_own_clock(courses), today)
        params = RiskParameters(kinds=common_kinds(tables["activity"]))
        half_year = (pl.lit(EPOCH) + pl.duration(days=pl.col("start"))).dt
        cohort = (2 * half_year.year() + (half_year.month() > 6)).cast(pl.Int64)
        table = landmarks(tables, _until(whole, tables, courses, today), params).join(
            starts(tables).select(*KEYS, cohort.alias(COHORT)), on=KEYS, maintain_order="left"
        )
        left = left_within(table)[OUTCOME]
        if not EITHER_LEAST <= left.sum() <= len(left) - EITHER_LEAST:
            return table.clear()
        return table.with_columns(pl.lit(" ".join(params.kinds)).alias(_KINDS))

    def fit(self, examples: pl.DataFrame, seed: int) -> bytes:
        """The model as bytes."""
        kinds = tuple(str(examples[_KINDS][0]).split())
        return fit_hazard(examples.drop(_KINDS), kinds=kinds, seed=seed).to_bytes()

    def features(self, artefact: bytes) -> Sequence[str]:
        """What it predicts from."""
        return from_bytes(artefact).features

    def parameters(self, artefact: bytes) -> Mapping[str, Any]:
        """How it came about."""
        model = from_bytes(artefact)
        return {
            "kind": "discrete-time hazard: logistic regression and boosted trees",
            "landmarks": list(LANDMARKS),
            "kinds_of_material": list(model.kinds),
            **model.notes,
        }

    def losses(self, artefact: bytes | None, taught: pl.DataFrame, judged: pl.DataFrame) -> dict[str, float]:
        """Mean log loss of each learner; the baseline is the rule of a week without activity, as often right as it was
        among the learners of `taught`."""
        whole = left_within(judged)
        if artefact is None:
            return mean_losses(whole, inactive_rule(left_within(taught), whole))
        return mean_losses(whole, leaving_chance(from_bytes(artefact), whole))

    def metrics(
        self, artefact: bytes, judged: pl.DataFrame, floor: int, seed: int
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """AUROC, AUPRC, Brier, calibration of the chance to leave within the horizon; and by course."""
        whole = left_within(judged)
        if whole.is_empty():
            return {"learners": 0, "examples": 0}, {}
        return judged_metrics(whole, leaving_chance(from_bytes(artefact), whole), floor, seed)


def on_own_clock(courses: pl.DataFrame) -> pl.DataFrame:
    """The courses with days counted from the epoch, whatever dates they have."""
    return courses.with_columns(starts_on=pl.lit(EPOCH))


def day_number(day: date) -> int:
    """A day as counted on that clock."""
    return (day - EPOCH).days


def _until(
    whole: CourseActivity, tables: Mapping[str, pl.DataFrame], courses: pl.DataFrame, today: int
) -> pl.DataFrame:
    """KEYS and `until`, the first day that is not observed: today, after the end of the course, or the certificate."""
    closed = (pl.col("ends_on") - pl.lit(EPOCH)).dt.total_days() + 1
    return (
        tables["enrolments"]
        .select(KEYS)
        .unique(maintain_order=True)
        .join(courses.select("course_id", closed=closed), on="course_id")
        .join(whole.ends.select(*KEYS, "certified_day"), on=KEYS, how="left")
        .select(*KEYS, until=pl.min_horizontal("closed", "certified_day", pl.lit(today)))
    )
