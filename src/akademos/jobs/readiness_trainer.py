"""The trainer of `exam_readiness`: from exam results and what the learners had done before, to a score model.

An example is one learner at one distance from an exam: the features (`analytics.exam_features`) as they were at noon
UTC so many days before it, and the score that the exam gave later. An exam result is the first scored submission of an
assessment whose id is that of an exam of the records. Item difficulties and memory weights are those that were known
at the instant of the features, as at serving, so that no answer given later reaches an example.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from akademos.analytics.curriculum import Curriculum, prepare
from akademos.analytics.exam_features import FEATURES
from akademos.analytics.exam_readiness import MODEL, OUTCOMES_LEAST
from akademos.analytics.learner_state import evaluate, precompute
from akademos.analytics.score_fitting import Examples, fit_score
from akademos.analytics.score_metrics import losses, score_metrics
from akademos.analytics.score_model import from_bytes
from akademos.jobs.past_tables import EVENT_COLUMNS, Tables, learner_tables, learning_events
from akademos.jobs.trainers import TrainingSource

RESULT = "quiz_attempt_submitted"
HORIZONS = (1.0, 7.0, 14.0, 28.0, 56.0)
"""Days before the exam at which features are taken."""

COVERAGE = 0.90
_COLUMNS = (*EVENT_COLUMNS, "assessment_id", "persona")
_FACTS = {
    "learner_key": pl.String,
    "exam_id": pl.String,
    "persona": pl.String,
    "cohort": pl.Int64,
    "days_out": pl.Float64,
    "pass_mark": pl.Float64,
    "score": pl.Float64,
}
_SCHEMA = pl.Schema({**_FACTS, **dict.fromkeys(FEATURES, pl.Float64)})
_PERCENT_CORRECT = FEATURES.index("percent_correct")


class ReadinessTrainer:
    """See `jobs.trainers.Trainer`."""

    name = MODEL
    learners_least = OUTCOMES_LEAST
    use = (
        "Shows learners, and those who teach or advise them, which score in their target exam their record points to. "
        "Not for admission, grading or ranking, and not for deciding anything about a person."
    )
    limits = (
        "It knows what learners did here, nothing of what they do elsewhere.",
        "Its interval holds for learners like those of the calibration cohort; unusual records get a wider one.",
        "An exam that was changed since is predicted as if it was the old one.",
        "It describes what went with scores before; it does not say what would change them.",
    )
    loss = "mean absolute error of the predicted score, over each learner's distances from the exam"

    def gather(self, source: TrainingSource, tenant_id: str, as_of: datetime) -> pl.DataFrame:
        """One row a learner, exam and distance; none where fewer than the least learners have a result."""
        known = source.records.curriculum(tenant_id).tables
        curriculum = prepare(known)
        names = learning_events(source.registries(tenant_id))
        exams = sorted(curriculum.exams)
        found = source.buckets.read(tenant_id, [RESULT], _COLUMNS)
        results = [_results(one.events, exams, as_of) for one in found]
        outcomes = pl.concat(results) if results else pl.DataFrame()
        if outcomes.is_empty() or outcomes["learner_key"].n_unique() < self.learners_least:
            return outcomes.select("learner_key").unique() if outcomes.width else pl.DataFrame(schema=_SCHEMA)
        known_at = cache(lambda at: source.states.cohort(tenant_id, at))

        def taught(learner_keys: Sequence[str], at: datetime) -> Tables:
            cohort = known_at(at)
            weights = source.states.weights(tenant_id, learner_keys, at)
            return {**(cohort.tables if cohort else {}), **weights}

        rows = [
            _examples(
                learner_tables(bucket.events, bucket.consenting, known, {}),
                outcomes.filter(pl.col("learner_key").is_in(list(bucket.consenting))),
                curriculum,
                taught,
            )
            for bucket in source.buckets.read(tenant_id, names, _COLUMNS)
        ]
        return pl.concat(rows).sort("learner_key", "exam_id", "days_out")

    def fit(self, examples: pl.DataFrame, seed: int) -> bytes:
        """The score model as bytes."""
        return fit_score(_numbered(examples), coverage=COVERAGE, seed=seed, horizons=HORIZONS).to_bytes()

    def features(self, artefact: bytes) -> Sequence[str]:
        """What it predicts from."""
        return from_bytes(artefact).features

    def parameters(self, artefact: bytes) -> Mapping[str, Any]:
        """Kind of predictor, half-widths, and how they came about."""
        model = from_bytes(artefact)
        widths = [None if np.isinf(one) else round(one, 4) for one in model.half_widths]
        return {
            "kind": model.kind,
            "coverage": model.coverage,
            "half_widths": dict(zip((f"{days:g} days" for days in model.horizons), widths, strict=True)),
            **model.notes,
        }

    def losses(self, artefact: bytes | None, taught: pl.DataFrame, judged: pl.DataFrame) -> dict[str, float]:
        """Mean absolute error of each learner; the baseline is percent correct, put on the scores' scale by a line."""
        examples = _numbered(judged)
        if artefact is None:
            score = _percent_correct(_numbered(taught), examples)
        else:
            score = from_bytes(artefact).score(examples.rows)
        numbers, values = losses(score, examples)
        keys = sorted(set(judged["learner_key"].to_list()))
        return {keys[n]: float(value) for n, value in zip(numbers.tolist(), values.tolist(), strict=True)}

    def metrics(
        self, artefact: bytes, judged: pl.DataFrame, floor: int, seed: int
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Error, coverage, calibration; and by exam and persona."""
        groups = [judged["exam_id"].to_list(), judged["persona"].to_list()]
        return score_metrics(from_bytes(artefact), _numbered(judged), groups, floor, seed)


def _results(events: pl.DataFrame, exams: Sequence[str], as_of: datetime) -> pl.DataFrame:
    """First scored submission of each learner and exam, on a day."""
    return (
        events.filter(
            pl.col("assessment_id").is_in(exams),
            pl.col("score").is_between(0, 1),
            pl.col("occurred_at") <= as_of,
            pl.col("time_precision") != "order",
        )
        .sort("occurred_at", "event_id")
        .unique(["learner_key", "assessment_id"], keep="first", maintain_order=True)
        .select(
            "learner_key",
            "persona",
            "score",
            exam_id=pl.col("assessment_id"),
            day=pl.col("occurred_at").dt.date(),
        )
    )


def _examples(
    tables: Tables,
    outcomes: pl.DataFrame,
    curriculum: Curriculum,
    taught: Callable[[Sequence[str], datetime], Tables],
) -> pl.DataFrame:
    """Features of some learners at every distance from their exams, beside what the exams gave."""
    rows = []
    for (exam_id, day), taken in sorted(outcomes.partition_by("exam_id", "day", as_dict=True).items()):
        keys = taken["learner_key"].to_list()
        targets = taken.select("learner_key", "exam_id", target_date="day")
        of_these = {
            name: table.filter(pl.col("learner_key").is_in(keys)) if "learner_key" in table.columns else table
            for name, table in tables.items()
        }
        pass_mark = curriculum.exam(exam_id).pass_mark
        for days in HORIZONS:
            at = datetime.combine(day, time(12), UTC) - timedelta(days=days)
            state = precompute({**of_these, **taught(keys, at), "learner_targets": targets}, at)
            said = evaluate(state, curriculum, at, parts=("readiness",))
            if said["readiness_features"].is_empty():
                continue
            features = said["readiness_features"].pivot(
                on="feature", index="learner_key", values="value", aggregate_function="first"
            )
            rows.append(
                taken.join(features, on="learner_key")
                .drop("days_out", strict=False)
                .with_columns(
                    cohort=pl.lit(day.toordinal(), dtype=pl.Int64),
                    days_out=pl.lit(days),
                    pass_mark=pl.lit(pass_mark, dtype=pl.Float64),
                )
                .select(_SCHEMA.names())
                .cast(_SCHEMA)
            )
    return pl.concat(rows) if rows else pl.DataFrame(schema=_SCHEMA)


def _numbered(examples: pl.DataFrame) -> Examples:
    """The frame as arrays; learners are numbered in the order of their keys."""
    ordered = examples.sort("learner_key", "exam_id", "days_out")
    return Examples(
        features=FEATURES,
        rows=ordered.select(FEATURES).to_numpy().astype(np.float64),
        score=ordered["score"].to_numpy(),
        learner=ordered["learner_key"].rank("dense").to_numpy().astype(np.int64) - 1,
        cohort=ordered["cohort"].to_numpy(),
        days_out=ordered["days_out"].to_numpy(),
        pass_mark=ordered["pass_mark"].cast(pl.Float64).to_numpy(),
    )


def _percent_correct(taught: Examples, judged: Examples) -> Any:
    known = ~np.isnan(taught.rows[:, _PERCENT_CORRECT])
    line = np.polyfit(taught.rows[known, _PERCENT_CORRECT], taught.score[known], 1)
    share = judged.rows[:, _PERCENT_CORRECT]
    return np.clip(np.where(np.isnan(share), taught.score.mean(), np.polyval(line, np.nan_to_num(share))), 0.0, 1.0)
