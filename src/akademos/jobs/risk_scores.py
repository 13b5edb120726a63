"""Every week: the risk of every learner in every course that runs, by the model in service, else by the stated rule.

A course with a first day is judged by its dates (`dropout_risk`), one without by each learner's own clock
(`dropout_hazard`). The week's cut-off is the Monday before. What is computed is kept for learners who consent to
advising and learning support at the moment of writing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import polars as pl

from akademos.analytics.dropout_risk import RiskModel, from_bytes
from akademos.analytics.risk_tables import KEYS
from akademos.errors import InputError
from akademos.jobs.course_activity import EPOCH, CourseActivity
from akademos.jobs.risk_estimates import BY_DATES, BY_OWN_CLOCK, Variant, judged, score
from akademos.jobs.risk_trainer import gathered
from akademos.jobs.trainers import TrainingSource
from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.stores.ports.models import ModelRegistry, ServedModels
from akademos.stores.ports.risk import RiskLedger, RiskScore

JOB = "risk_scores"
FORM = 2
"""Raised where the same models say something else of the same week, so that the night computes it anew."""


class Models(ModelRegistry, ServedModels, Protocol):
    """What the job needs of the registry of models."""


class RiskScoresJob:
    """Scores the learners of a tenant.

    Args:
        risk, models, source, runs: the stores.
        clock: the installation's.
    """

    def __init__(
        self,
        risk: RiskLedger,
        models: Models,
        source: TrainingSource,
        runs: JobRuns,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._risk = risk
        self._models = models
        self._source = source
        self._runs = runs
        self._clock = clock

    def run(self, tenant_id: str, *, due_only: bool = False) -> JobRun | None:
        """One run; None when another process is at it. With `due_only` nothing is computed that stands already."""
        before = self._runs.succeeded().get((JOB, tenant_id))
        with self._runs.running(JOB, tenant_id) as run:
            if run is not None:
                now = self._clock()
                versions = {one.model: self._in_service(tenant_id, one) for one in (BY_DATES, BY_OWN_CLOCK)}
                basis: dict[str, Any] = {
                    "week": monday(now.date()).isoformat(), "models": versions, "form": FORM,
                }  # fmt: skip
                run.detail |= basis
                if before is None or not due_only or not basis.items() <= before.detail.items():
                    self._compute(tenant_id, now, versions, run)
                else:
                    run.detail |= {**before.detail, "forgotten": self._risk.forget(tenant_id)}
        return run

    def _in_service(self, tenant_id: str, variant: Variant) -> int | None:
        serving = self._models.in_service(tenant_id, variant.model)
        return None if serving is None else serving.version

    def _compute(self, tenant_id: str, now: datetime, versions: dict[str, int | None], run: JobRun) -> None:
        week = monday(now.date())
        last = self._risk.of_week(tenant_id, week - timedelta(days=7))
        courses = self._risk.courses(tenant_id)
        running = courses.filter(pl.col("ends_on").is_null() | (pl.col("ends_on") >= week))
        # Those without a first day have days counted from the epoch, so one reading of the events serves all.
        whole = gathered(self._source, tenant_id, running.with_columns(pl.col("starts_on").fill_null(EPOCH)))
        enrolments, scores = self._risk.enrolments(tenant_id), list[RiskScore]()
        dated = pl.col("starts_on").is_not_null()
        for variant, those in ((BY_DATES, running.filter(dated)), (BY_OWN_CLOCK, running.filter(~dated))):
            if whole is not None:
                model = self._model(tenant_id, variant, versions[variant.model])
                scores += self._scored(variant, model, whole, enrolments, those, week, now, last)
            run.detail[f"by_{variant.model}"] = sum(one.basis == variant.basis for one in scores)
        run.rows_in += len(scores)
        run.rows_out += self._risk.write(tenant_id, week, scores)
        run.detail["by_rule"] = sum(one.basis == "rule" for one in scores)

    def _model(self, tenant_id: str, variant: Variant, version: int | None) -> tuple[bytes, RiskModel, int] | None:
        """The model in service; None where there is none, or one of another release: then the rule stands."""
        artefact = None if version is None else self._models.artefact(tenant_id, variant.model, version)
        if artefact is None or version is None:
            return None
        try:
            return artefact, from_bytes(artefact), version
        except InputError as unreadable:
            if unreadable.code != "model_unreadable":
                raise
            return None

    def _scored(
        self,
        variant: Variant,
        model: tuple[bytes, RiskModel, int] | None,
        whole: CourseActivity,
        enrolments: pl.DataFrame,
        courses: pl.DataFrame,
        week: date,
        now: datetime,
        last: Mapping[tuple[str, str], RiskScore],
    ) -> list[RiskScore]:
        """Everybody enrolled in these courses: by the model where it speaks, else by the rule."""
        table = variant.features(whole, enrolments, courses, week, None if model is None else model[1].kinds)
        spoken_of = table.filter("is_judged") if model is not None else table.clear()
        by_rule = table.join(spoken_of.select(KEYS), on=KEYS, how="anti")
        found: list[RiskScore] = []
        if model is not None and spoken_of.height:
            artefact, read, version = model
            said = judged(spoken_of.drop("is_judged"), artefact, variant, read, version)
            for row, one in zip(spoken_of.to_dicts(), said, strict=True):
                found.append(score(row, one, _of(last, row), week, now))
        return found + [score(row, None, _of(last, row), week, now) for row in by_rule.to_dicts()]


def monday(day: date) -> date:
    """The Monday of the week."""
    return day - timedelta(days=day.weekday())


def _of(last: Mapping[tuple[str, str], RiskScore], row: Mapping[str, Any]) -> RiskScore | None:
    return last.get((str(row["learner_key"]), str(row["course_id"])))
