"""Every week: the risk of every learner in every course that runs, by the model in service, else by the stated rule.

The week's cut-off is the Monday before. What is computed is kept for learners who consent to advising and learning
support at the moment of writing. The model is asked in a process of its own, which takes its libraries with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import polars as pl

from akademos.analytics.dropout_risk import MODEL, from_bytes
from akademos.analytics.risk_features import risk_features
from akademos.analytics.risk_materials import common_kinds
from akademos.analytics.risk_reasons import changed, level, reasons, rule_level, theme_effects
from akademos.analytics.risk_tables import RiskParameters
from akademos.errors import InputError
from akademos.jobs.child_process import run_apart
from akademos.jobs.course_activity import tables_at
from akademos.jobs.risk_trainer import gathered
from akademos.jobs.trainers import TrainingSource
from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.stores.ports.models import ModelRegistry, ServedModels
from akademos.stores.ports.risk import RiskLedger, RiskScore

JOB = "risk_scores"

Estimate = tuple[float, dict[str, float]]
"""The chance, and what each theme adds to its log odds."""


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
                serving = self._models.in_service(tenant_id, MODEL)
                basis = {"week": monday(now.date()).isoformat(), "model": None if serving is None else serving.version}
                run.detail |= basis
                if before is None or not due_only or not basis.items() <= before.detail.items():
                    self._compute(tenant_id, now, basis["model"], run)
                else:
                    run.detail |= {**before.detail, "forgotten": self._risk.forget(tenant_id)}
        return run

    def _compute(self, tenant_id: str, now: datetime, version: Any, run: JobRun) -> None:
        week = monday(now.date())
        artefact = None if version is None else self._models.artefact(tenant_id, MODEL, version)
        kinds = _kinds(artefact)
        if kinds is None:  # no model, or one of another release: the rule
            artefact = version = None
        features = running_features(self._source, tenant_id, week, kinds)
        run.rows_in += features.height
        last = self._risk.of_week(tenant_id, week - timedelta(days=7))
        said: Sequence[Estimate | None] = [None] * features.height
        if artefact is not None and features.height:
            said = run_apart(estimates, artefact, features)
        scores = [
            _score(row, one, last.get((str(row["learner_key"]), str(row["course_id"]))), week, now, version)
            for row, one in zip(features.to_dicts(), said, strict=True)
        ]
        run.rows_out += self._risk.write(tenant_id, week, scores)
        run.detail["basis"] = "rule" if artefact is None else "model"


def monday(day: date) -> date:
    """The Monday of the week."""
    return day - timedelta(days=day.weekday())


def running_features(source: TrainingSource, tenant_id: str, week: date, kinds: tuple[str, ...] | None) -> pl.DataFrame:
    """`risk_features` of everybody still enrolled in a course that runs on that Monday; courses on the same day of
    theirs go together. `kinds` are those of material that the model tells apart, None without a model."""
    empty = pl.DataFrame(schema={"learner_key": pl.String, "course_id": pl.String, "day": pl.Float64})
    found = gathered(source, tenant_id)
    if found is None or source.risk is None:
        return empty
    whole, courses = found
    params = RiskParameters(kinds=common_kinds(whole.activity) if kinds is None else kinds)
    enrolments = source.risk.enrolments(tenant_id)
    running = courses.filter(
        pl.col("starts_on") < week, pl.col("ends_on").is_null() | (pl.col("ends_on") >= week)
    ).with_columns(day=(pl.lit(week) - pl.col("starts_on")).dt.total_days())
    parts = [
        risk_features(tables_at(whole, enrolments, of_day, int(day)), int(day), params)
        for (day,), of_day in sorted(running.partition_by("day", as_dict=True).items())
    ]
    return pl.concat(parts) if parts else empty


def estimates(artefact: bytes, features: pl.DataFrame) -> list[Estimate]:
    """Risk and effects of each row; called in a process of its own."""
    model = from_bytes(artefact)
    rows = model.rows(features)
    parts, _ = model.contributions(rows)
    return list(zip(model.risk(rows).tolist(), theme_effects(model.features, parts), strict=True))


def _kinds(artefact: bytes | None) -> tuple[str, ...] | None:
    """The kinds of material that a model tells apart; None where there is none that can be read."""
    if artefact is None:
        return None
    try:
        return from_bytes(artefact).kinds
    except InputError as unreadable:
        if unreadable.code != "model_unreadable":
            raise
        return None


def _score(
    row: Mapping[str, Any],
    said: Estimate | None,
    last: RiskScore | None,
    week: date,
    now: datetime,
    version: int | None,
) -> RiskScore:
    risk: float | None = None
    effects: dict[str, float] = {}
    if said is None:
        word, found = rule_level(row)
    else:
        risk, effects = said
        word, found = level(risk), reasons(effects, row)
    same = last is not None and last.model_version == version and last.risk is not None
    moved = changed(effects, last.effects if same and last is not None else None)
    return RiskScore(
        learner_key=row["learner_key"],
        course_id=row["course_id"],
        as_of=week,
        computed_at=now,
        course_day=int(row["day"]),
        basis="rule" if said is None else "model",
        model_version=version,
        risk=risk,
        level=word,
        reasons=[asdict(one) for one in found],
        effects=effects,
        previous_risk=last.risk if same and last is not None else None,
        changed=[{"theme": theme, "by": by} for theme, by in moved],
    )
