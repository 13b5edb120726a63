"""What the watch over models compares: inputs and outputs of a model, in its training and now.

`observed` is called in a process of its own, since some models need their library; `present` gathers in the worker, of
a part of the learners where there are many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from akademos.analytics import dropout_risk, score_model
from akademos.analytics.curriculum import prepare
from akademos.analytics.drift import LEARNER, STRATUM
from akademos.analytics.exam_features import FEATURES as SCORE_FEATURES
from akademos.analytics.exam_readiness import MODEL as READINESS
from akademos.analytics.learner_state import evaluate, unpack
from akademos.analytics.traced_answers import trace_answers
from akademos.analytics.tracing import FEATURES as TRACED_FEATURES
from akademos.analytics.tracing import features
from akademos.analytics.tracing_model import NAME as TRACING
from akademos.analytics.tracing_model import TracingModel
from akademos.errors import InputError
from akademos.jobs.readiness_trainer import HORIZONS
from akademos.jobs.risk_estimates import BY_DATES
from akademos.jobs.risk_scores import monday
from akademos.jobs.risk_trainer import WEEKS, gathered, still_there
from akademos.jobs.tracing_trainer import TracingTrainer
from akademos.jobs.trainers import TrainingSource

LEARNERS_MOST = 1_000
"""Learners that are looked at of one night, in the order of their keys, which are random."""
RECENT = timedelta(days=28)

OUTPUT = "output"
NOW = "now"
"""A column of examples: whether a row counts; without it all do."""

_TRACED = ("difficulty", "item_rate", "rate", "ability", "skill_ability", "skill_attempts", "since_skill")
_HISTORY = (10, 30, 100)


@dataclass(frozen=True, slots=True)
class Watched:
    """How one model is watched.

    Attributes:
        present: (source, tenant, now, bytes of the model) -> examples of now, as the trainer's are.
        observed: (bytes of the model, examples) -> learner_key, stratum, figures, `output` among them.
    """

    present: Callable[[TrainingSource, str, datetime, bytes], pl.DataFrame]
    observed: Callable[[bytes, pl.DataFrame], pl.DataFrame]


def _answers_now(source: TrainingSource, tenant_id: str, as_of: datetime, artefact: bytes) -> pl.DataFrame:
    """Whole histories of learners who answered lately; the late answers count."""
    everything = TracingTrainer().gather(source, tenant_id, as_of)
    marked = everything.with_columns((pl.col("occurred_at") > as_of - RECENT).alias(NOW))
    active = marked.filter(NOW)[LEARNER].unique().sort().head(LEARNERS_MOST)
    return marked.filter(pl.col(LEARNER).is_in(active.to_list()))


def _answers_observed(artefact: bytes, examples: pl.DataFrame) -> pl.DataFrame:
    model, answers = TracingModel.from_bytes(artefact), trace_answers(examples)
    rows = features(answers, model.tables.columns(answers))
    length = np.searchsorted(_HISTORY, answers.position, side="right")
    names = [f"answers before: {low}" for low in ("few", *(f"{one} and more" for one in _HISTORY))]
    found = pl.DataFrame(
        {
            LEARNER: [answers.learners[n] for n in answers.learner.tolist()],
            STRATUM: [names[n] for n in length.tolist()],
            **{name: rows[:, TRACED_FEATURES.index(name)] for name in _TRACED},
            "share correct": answers.correct.astype(np.float64),
            OUTPUT: model.predict(rows),
        }
    )
    if NOW not in examples.columns:
        return found
    counts = examples.sort(LEARNER, "occurred_at", "event_id", "question_id", "score").unique(
        [LEARNER, "event_id"], keep="first", maintain_order=True
    )[NOW]
    return found.filter(counts)


def _exams_now(source: TrainingSource, tenant_id: str, as_of: datetime, artefact: bytes) -> pl.DataFrame:
    """Features of learners whose exam is at most as far off as the trained distances."""
    known = source.records.curriculum(tenant_id).tables
    until = as_of.date() + timedelta(days=int(max(HORIZONS)))
    targets = known["learner_targets"].filter(pl.col("target_date").is_between(as_of.date(), until))
    wanted = targets[LEARNER].unique().sort().head(LEARNERS_MOST).to_list()
    keys = list(source.buckets.consenting(tenant_id, wanted))
    curriculum, parts = prepare(known), []
    for state in source.states.read_many(tenant_id, keys):
        try:
            said = evaluate(unpack(state.packed), curriculum, max(as_of, state.computed_as_of), parts=("readiness",))
        except InputError as unreadable:
            if unreadable.code != "state_unreadable":
                raise
            continue  # of another release: the night computes it anew
        if said["readiness_features"].height:
            parts.append(
                said["readiness_features"]
                .pivot(on="feature", index=LEARNER, values="value", aggregate_function="first")
                .select(LEARNER, *SCORE_FEATURES)
            )
    return pl.concat(parts) if parts else pl.DataFrame(schema={LEARNER: pl.String})


def _exams_observed(artefact: bytes, examples: pl.DataFrame) -> pl.DataFrame:
    rows = examples.select(pl.col(name).cast(pl.Float64) for name in SCORE_FEATURES).to_numpy()
    days = examples["days_out"].cast(pl.Float64).to_numpy()
    inputs = [name for name in SCORE_FEATURES if name != "days_out"]
    return examples.select(
        LEARNER,
        pl.Series(STRATUM, [f"{one:g} days before" for one in _nearest(days, HORIZONS)]),
        *(pl.col(name).cast(pl.Float64) for name in inputs),
        pl.Series(OUTPUT, score_model.from_bytes(artefact).score(rows)),
    )


def _courses_now(source: TrainingSource, tenant_id: str, as_of: datetime, artefact: bytes) -> pl.DataFrame:
    """Features of learners in courses that run and are within the trained weeks."""
    week: date = monday(as_of.date())
    nobody = pl.DataFrame(schema={LEARNER: pl.String, "day": pl.Float64})
    if source.risk is None:
        return nobody
    running = source.risk.courses(tenant_id).filter(
        pl.col("starts_on") < week, pl.col("ends_on").is_null() | (pl.col("ends_on") >= week)
    )
    whole = gathered(source, tenant_id, running)
    if whole is None:
        return nobody
    kinds = dropout_risk.from_bytes(artefact).kinds
    found = BY_DATES.features(whole, source.risk.enrolments(tenant_id), running, week, kinds)
    inside = found.filter(pl.col("day").is_between(min(WEEKS) * 7, max(WEEKS) * 7 + 6))
    return inside.filter(pl.col(LEARNER).is_in(inside[LEARNER].unique().sort().head(LEARNERS_MOST).to_list()))


def _courses_observed(artefact: bytes, examples: pl.DataFrame) -> pl.DataFrame:
    model = dropout_risk.from_bytes(artefact)
    examples = still_there(examples) if "gone" in examples.columns else examples
    rows = model.rows(examples)
    weeks = _nearest(examples["day"].cast(pl.Float64).to_numpy() / 7, WEEKS)
    inputs = {name: rows[:, n] for n, name in enumerate(model.features) if name != "day"}
    return pl.DataFrame(
        {
            LEARNER: examples[LEARNER],
            STRATUM: [f"week {one:g}" for one in weeks],
            **inputs,
            OUTPUT: model.risk(rows),
        }
    )


def _nearest(values: np.ndarray[tuple[int], np.dtype[np.float64]], to: Sequence[float]) -> list[float]:
    points = np.array(to, dtype=np.float64)
    found: list[float] = points[np.abs(values[:, None] - points[None, :]).argmin(axis=1)].tolist()
    return found


WATCHED: dict[str, Watched] = {
    dropout_risk.MODEL: Watched(_courses_now, _courses_observed),
    READINESS: Watched(_exams_now, _exams_observed),
    TRACING: Watched(_answers_now, _answers_observed),
}
"""By name of the model."""
