"""The trainer of `tracing`: from answers of learners who consent to a model of P(next answer correct).

An example is one scored answer. Memory is bounded: whole learners are taken, in the order of their keys, which are
random, until there are so many answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from akademos.analytics.best_lr import fit_best_lr
from akademos.analytics.probability_scores import CLIP, Floats, auc, calibration_slope, ece, interval, log_loss
from akademos.analytics.schemas import TIME
from akademos.analytics.traced_answers import TracedAnswers, trace_answers
from akademos.analytics.tracing import FEATURES
from akademos.analytics.tracing_floor import with_floor
from akademos.analytics.tracing_model import NAME, TracingModel, best_rounds, train
from akademos.analytics.tracing_trees import read_trees
from akademos.catalogue.policies import LIMITS
from akademos.jobs.past_tables import ANSWERED
from akademos.jobs.trainers import TrainingSource

LEARNERS_LEAST = 100
"""A fifth of them are held out, and it takes 20 of those to decide anything."""
ANSWERS_MOST = 400_000
"""About 70 MB in the worker, and 1 GB in the process that trains."""

_COLUMNS = (
    "learner_key",
    "event_id",
    "event_name",
    "occurred_at",
    "question_id",
    "topic_ids",
    "score",
    "course_id",
    "persona",
)
_FIELDS: dict[str, Any] = {
    "learner_key": pl.String,
    "event_id": pl.String,
    "occurred_at": TIME,
    "question_id": pl.String,
    "topic_ids": pl.List(pl.String),
    "score": pl.Float64,
    "course_id": pl.String,
    "persona": pl.String,
}
_SCHEMA = pl.Schema(_FIELDS)


class TracingTrainer:
    """See `jobs.trainers.Trainer`."""

    name = NAME
    learners_least = LEARNERS_LEAST
    use = (
        "Shows learners, and those who teach or advise them, how likely the next answer on a topic is right. "
        "Not for grading or ranking, and not for deciding anything about a person."
    )
    limits = (
        "It knows what learners answered here, nothing of what they learn elsewhere.",
        "It speaks of an item that is new to the learner and as the topic's items usually are, not of a given item.",
        "It knows the order of answers, not the time between them; reading takes off what was forgotten since.",
        f"Items and topics that fewer than {LIMITS.model_row_learners} learners answered are not told apart.",
        f"Of a tenant with more than {ANSWERS_MOST:,} answers it learns from a part of the learners, the same ones.",
    )
    loss = "mean log loss of each learner's answers, each predicted from those before it"

    def gather(self, source: TrainingSource, tenant_id: str, as_of: datetime) -> pl.DataFrame:
        """One row an answer; none where all answers have the same result."""
        parts, answers = [], 0
        for bucket in source.buckets.read(tenant_id, [ANSWERED], _COLUMNS):
            found = _answers(bucket.events, as_of)
            parts.append(found)
            answers += found.height
            if answers >= ANSWERS_MOST:
                break
        examples = pl.concat(parts) if parts else pl.DataFrame(schema=_SCHEMA)
        return examples if 0 < _correct_share(examples) < 1 else examples.clear()

    def fit(self, examples: pl.DataFrame, seed: int) -> bytes:
        """The model as bytes, of as many trees as do well, without what rests on few learners."""
        answers = trace_answers(examples)
        model = train(answers, seed, best_rounds(answers, seed))
        return with_floor(model, answers, LIMITS.model_row_learners).to_bytes()

    def features(self, artefact: bytes) -> Sequence[str]:
        """What it predicts from."""
        return TracingModel.from_bytes(artefact).features

    def parameters(self, artefact: bytes) -> Mapping[str, Any]:
        """How large it is, and what it leaves out."""
        model = TracingModel.from_bytes(artefact)
        return {
            "kind": "boosted trees",
            "rounds": len(read_trees(model.booster).splits.roots),
            "features": len(FEATURES),
            "items": len(model.tables.items),
            "topics": len(model.typical),
            "learners_of_a_row": LIMITS.model_row_learners,
            "answers": model.trained_on["answers"],
        }

    def losses(self, artefact: bytes | None, taught: pl.DataFrame, judged: pl.DataFrame) -> dict[str, float]:
        """Mean log loss of each learner; the baseline is best-LR (`analytics.best_lr`)."""
        answers, predicted = _predicted(artefact, taught, judged)
        p = np.clip(predicted, CLIP, 1 - CLIP)
        loss = -(answers.correct * np.log(p) + (1 - answers.correct) * np.log1p(-p))
        total = np.bincount(answers.learner, loss, minlength=len(answers.learners))
        count = np.bincount(answers.learner, minlength=len(answers.learners))
        return {key: float(total[n] / count[n]) for n, key in enumerate(answers.learners) if count[n]}

    def metrics(
        self, artefact: bytes, judged: pl.DataFrame, floor: int, seed: int
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """AUC, log loss, calibration error and slope; and by course and persona."""
        answers, predicted = _predicted(artefact, judged.clear(), judged)

        def scored(score: Any) -> dict[str, float]:
            low, high = interval(score, answers.correct, predicted, answers.learner, seed=seed)
            value = score(answers.correct, predicted)
            return {name: round(float(one), 4) for name, one in (("value", value), ("low", low), ("high", high))}

        metrics: dict[str, Any] = {
            "learners": int(np.unique(answers.learner).size),
            "answers": len(answers),
            "share_correct": round(float(answers.correct.mean()), 4),
            **{
                name: scored(score)
                for name, score in (("auc", auc), ("log_loss", log_loss), ("ece", ece), ("slope", calibration_slope))
            },
        }
        return metrics, _by_group(judged, answers, predicted, floor)


def _answers(events: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Scored answers up to an instant; events are numbered within their learner, in order, in the place of their id."""
    return (
        events.filter(
            pl.col("event_name") == ANSWERED,
            pl.col("score").is_not_null(),
            pl.col("score").is_not_nan(),
            pl.col("question_id").is_not_null(),
            pl.col("occurred_at") <= as_of,
        )
        .sort("learner_key", "occurred_at", "event_id")
        .unique(["learner_key", "event_id"], keep="first", maintain_order=True)
        .with_columns(event_id=pl.int_range(pl.len()).over("learner_key").cast(pl.String).str.zfill(9))
        .select(_SCHEMA.names())
        .cast(_SCHEMA)
    )


def _correct_share(examples: pl.DataFrame) -> float:
    return float(trace_answers(examples).correct.mean()) if examples.height else 0.0


def _predicted(artefact: bytes | None, taught: pl.DataFrame, judged: pl.DataFrame) -> tuple[TracedAnswers, Floats]:
    """Answers of the judged learners and P(correct) of each, by a model, or by the baseline taught by `taught`."""
    if artefact is not None:
        answers = trace_answers(judged)
        return answers, TracingModel.from_bytes(artefact).trace(answers)
    everybody = trace_answers(pl.concat([taught, judged]))
    teaches = np.isin(everybody.learners, taught["learner_key"].unique().to_list())
    judged_answers = everybody.of(~teaches)
    return judged_answers, fit_best_lr(everybody.of(teaches))(judged_answers)


def _by_group(judged: pl.DataFrame, answers: TracedAnswers, predicted: Floats, floor: int) -> dict[str, Any]:
    """The scores by course and by persona, of groups of at least `floor` learners."""
    rows = (
        judged.sort("learner_key", "occurred_at", "event_id", "question_id", "score")
        .unique(["learner_key", "event_id"], keep="first", maintain_order=True)
        .select("course_id", "persona")
    )
    found: dict[str, Any] = {}
    for kind in rows.columns:
        names = rows[kind].fill_null("").to_numpy()
        for name in sorted(set(names.tolist()) - {""}):
            part = names == name
            learners, outcome, said = answers.learner[part], answers.correct[part], predicted[part]
            if np.unique(learners).size >= floor:
                found[name] = {
                    "learners": int(np.unique(learners).size),
                    "answers": len(said),
                    "auc": round(auc(outcome, said), 4),
                    "log_loss": round(log_loss(outcome, said), 4),
                    "ece": round(ece(outcome, said), 4),
                    "predicted": round(float(said.mean()), 4),
                    "correct": round(float(outcome.mean()), 4),
                }
    return found
