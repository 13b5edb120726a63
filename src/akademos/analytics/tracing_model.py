"""The trained knowledge-tracing model: P(next answer correct), how it is fitted, and how it is written down.

The trainer is `fit(answers, seed) -> TracingModel`: answers are `schemas.INPUT["question_attempts"]` of all consenting
learners, the seed fixes every draw, and the metrics of the model come from learners it was not trained on. A model is
plain text: LightGBM's own format and the learned tables as JSON, so that no code is in the file. LightGBM is imported
when it is first needed.

Gradient boosting of trees (LightGBM) on `tracing.FEATURES`. For training, item and skill tables are learned out of
fold; for everybody else, from all training learners.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.parameters import DEFAULT, Parameters
from akademos.analytics.probability_scores import CLIP, auc, ece, log_loss
from akademos.analytics.traced_answers import TracedAnswers, trace_answers
from akademos.analytics.tracing import FEATURES, features
from akademos.analytics.tracing_difficulty import LearnedTables, learn_tables, learner_folds, out_of_fold
from akademos.errors import InputError

NAME = "tracing"
FORMAT = "tracing/2"
LEARNERS_MIN = 50
"""Fewer learners teach a model nothing about the next one."""
HELD_OUT_FOLDS = 5
ROUNDS = 500
ROUND_CHOICES = (50, 75, 100, 150, 200, 300, 400, ROUNDS)
"""Few learners are told by fewer trees."""
LEAF_SHARE, LEAF_MOST = 0.002, 150
TREES: Mapping[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.03,
    "num_leaves": 63,
    "feature_fraction": 0.2,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
"""LightGBM's parameters, chosen on ASSISTments 2009-2010 and fixed since. One thread: a second one saves a third of
the time on an idle machine and costs several times as much on a busy one."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TracingModel:
    """One trained version.

    Attributes:
        features: names of the columns that `predict` takes, in order.
        tables: what was learned of items and skills.
        booster: the trees in LightGBM's text format.
        metrics: scores on held-out learners, by name.
        trained_on: number of `learners` and `answers`.
        seed: of the draws.
        typical: `tracing_difficulty.LEARNED` of a typical item of each skill, where the model is to serve
            (`tracing_floor`).
    """

    features: tuple[str, ...]
    tables: LearnedTables
    booster: str
    metrics: Mapping[str, float]
    trained_on: Mapping[str, int]
    seed: int
    typical: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    _loaded: list[Any] = field(default_factory=list, repr=False, compare=False)

    def predict(self, features: Floats) -> Floats:
        """P(correct) per row of features (answers x features, in the order of `features`)."""
        if not len(features):
            return np.zeros(0)
        if not self._loaded:
            import lightgbm

            self._loaded.append(lightgbm.Booster(model_str=self.booster))
        return np.asarray(self._loaded[0].predict(features), dtype=np.float64)

    def trace(self, answers: TracedAnswers) -> Floats:
        """P(correct) of each answer of learners the model was not trained on, before it is given."""
        return self.predict(features(answers, self.tables.columns(answers)))

    def to_bytes(self) -> bytes:
        """The model as UTF-8 JSON; equal models give equal bytes."""
        document = {
            "format": FORMAT,
            "features": list(self.features),
            "tables": self.tables.document(),
            "booster": self.booster,
            "metrics": dict(self.metrics),
            "trained_on": dict(self.trained_on),
            "seed": self.seed,
            "typical": {name: list(row) for name, row in self.typical.items()},
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, blob: bytes) -> TracingModel:
        """The model from the bytes of `to_bytes`.

        Raises:
            InputError: the bytes are no model, or one of another format or other features (`model_unreadable`).
        """
        try:
            document = json.loads(blob)
            if document["format"] != FORMAT or tuple(document["features"]) != FEATURES:
                raise ValueError(document["format"])
            return cls(
                features=tuple(document["features"]),
                tables=LearnedTables.from_document(document["tables"]),
                booster=document["booster"],
                metrics=document["metrics"],
                trained_on=document["trained_on"],
                seed=int(document["seed"]),
                typical={name: tuple(map(float, row)) for name, row in document["typical"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                "The bytes are no knowledge-tracing model of this version.",
                hint="Train it anew.",
                code="model_unreadable",
            ) from error


def fit(answers: pl.DataFrame, seed: int, params: Parameters = DEFAULT) -> TracingModel:
    """A model of all learners in the answers, with metrics from a fifth of them that a first model did not see.

    Args:
        answers: table `schemas.INPUT["question_attempts"]`.
        seed: of the folds and of the trees.
        params: from which score on an answer is correct.

    Raises:
        InputError: fewer than 50 learners, all answers alike, or a malformed table (`too_few_learners`,
            `one_outcome`, `table_malformed`).
    """
    traced = trace_answers(answers, params)
    _check(traced)
    held_out = learner_folds(len(traced.learners), seed, HELD_OUT_FOLDS) == 0
    rest, judged = traced.of(~held_out), traced.of(held_out)
    metrics: dict[str, float] = {}
    if 0 < rest.correct.mean() < 1:
        predicted = train(rest, seed).trace(judged)
        metrics = {
            "auc": auc(judged.correct, predicted),
            "log_loss": log_loss(judged.correct, predicted),
            "ece": ece(judged.correct, predicted),
            "share_correct": float(judged.correct.mean()),
            "learners": float(np.unique(judged.learner).size),
            "answers": float(len(judged)),
        }
    model = train(traced, seed)
    return TracingModel(model.features, model.tables, model.booster, metrics, model.trained_on, seed)


def best_rounds(answers: TracedAnswers, seed: int) -> int:
    """How many trees predict learners best whom they were not grown on: one of `ROUND_CHOICES`.

    A fifth of the learners is put aside for it; a loss is the mean log loss of a learner, and learners weigh the same.
    """
    import lightgbm

    aside = learner_folds(len(answers.learners), seed, HELD_OUT_FOLDS) == 0
    rest, judged = answers.of(~aside), answers.of(aside)
    if not len(judged) or not 0 < rest.correct.mean() < 1:
        return ROUNDS
    model = train(rest, seed)
    booster = lightgbm.Booster(model_str=model.booster)
    rows = features(judged, model.tables.columns(judged))
    weight = 1 / np.bincount(judged.learner)[judged.learner]

    def loss(rounds: int) -> float:
        p = np.clip(np.asarray(booster.predict(rows, num_iteration=rounds), dtype=np.float64), CLIP, 1 - CLIP)
        return float(-(weight * (judged.correct * np.log(p) + (1 - judged.correct) * np.log1p(-p))).sum())

    return min(ROUND_CHOICES, key=loss)


def train(answers: TracedAnswers, seed: int, rounds: int = ROUNDS) -> TracingModel:
    """The model of these answers, with no metrics."""
    import lightgbm

    matrix = features(answers, out_of_fold(answers, seed))
    leaf = int(np.clip(LEAF_SHARE * len(answers), 5, LEAF_MOST))
    booster = lightgbm.train(
        {**TREES, "seed": seed, "min_data_in_leaf": leaf},
        lightgbm.Dataset(matrix, answers.correct, feature_name=list(FEATURES)),
        rounds,
    )
    return TracingModel(
        features=FEATURES,
        tables=learn_tables(answers),
        booster=booster.model_to_string(),
        metrics={},
        trained_on={"learners": int(np.unique(answers.learner).size), "answers": len(answers)},
        seed=seed,
    )


def _check(answers: TracedAnswers) -> None:
    if len(answers.learners) < LEARNERS_MIN:
        raise InputError(
            f"There are scored answers of {len(answers.learners)} learners; knowledge tracing needs {LEARNERS_MIN}.",
            hint="Wait for more learners, or train on a wider scope.",
            code="too_few_learners",
        )
    if not 0 < answers.correct.mean() < 1:
        raise InputError(
            "All answers have the same result, so there is nothing to learn.",
            hint="Check how scores are sent: 0 is wrong, 1 is right.",
            code="one_outcome",
        )
