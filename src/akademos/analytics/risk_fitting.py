"""How a model of dropout risk is fitted: both parts on every example, their curve on courses that were held back.

An example is one learner and course at one cut-off, with the outcome that came later; the same learner stands in it at
several cut-offs, so that one model serves every week of a course.

Calibration never looks at what is judged: cohorts (presentations of courses that began at one time) are left out one
after the other, the rest predicts them, and the curve is fitted to all these predictions together. Where there is one
cohort only, five folds by learner stand in for it. Source of the curve: Platt (1999).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import expit

from akademos.analytics.dropout_risk import Floats, RiskModel, matrix
from akademos.analytics.probability_scores import log_loss
from akademos.analytics.risk_tables import KEYS

OUTCOME, COHORT, LIKE = "outcome", "cohort", "like"
STRENGTH = 0.003
"""Of the logistic part: inverse of the penalty on squared weights."""

TREES: Mapping[str, Any] = {
    "n_estimators": 200,
    "learning_rate": 0.04,
    "num_leaves": 6,
    "min_child_samples": 300,
    "colsample_bytree": 0.3,
    "subsample": 0.6,
    "subsample_freq": 1,
    "reg_lambda": 10.0,
    "max_bin": 63,
}
"""Fitted on one thread: several are slower where other work shares the processors, and no better."""

FOLDS = 5
LIKE_LEAST = 100
"""Examples of either outcome from which cohorts of the same season give the slope by themselves."""

LEAF_SHARE = 30
"""A leaf holds at least a thirtieth of the examples where there are few of them."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples as arrays.

    Attributes:
        features: names of the columns.
        rows: (examples, features), NaN where a feature is missing.
        outcome: 1 where the course was not completed, else 0.
        learner: number of the learner.
        cohort: number of the cohort, later ones larger.
        like: whether the cohort is like those that the model will be used on: of the same season.
    """

    features: tuple[str, ...]
    rows: Floats
    outcome: Floats
    learner: npt.NDArray[np.int64]
    cohort: npt.NDArray[np.int64]
    like: npt.NDArray[np.bool_]

    def of(self, rows: npt.NDArray[np.bool_]) -> Examples:
        """Some of them."""
        return replace(
            self,
            rows=self.rows[rows],
            outcome=self.outcome[rows],
            learner=self.learner[rows],
            cohort=self.cohort[rows],
            like=self.like[rows],
        )


def examples(table: pl.DataFrame) -> Examples:
    """A table of `risk_features` with `outcome` (0 or 1), `cohort` and perhaps `like` beside it, as arrays."""
    ordered = table.sort(*KEYS, "day", maintain_order=True)
    features = tuple(name for name in table.columns if name not in (*KEYS, OUTCOME, COHORT, LIKE))
    return Examples(
        features=features,
        rows=matrix(ordered, features),
        outcome=ordered[OUTCOME].cast(pl.Float64).to_numpy(),
        learner=ordered["learner_key"].rank("dense").to_numpy().astype(np.int64) - 1,
        cohort=ordered[COHORT].rank("dense").to_numpy().astype(np.int64) - 1,
        like=ordered[LIKE].to_numpy() if LIKE in ordered.columns else np.zeros(ordered.height, dtype=np.bool_),
    )


def fit_risk(given: Examples, *, kinds: tuple[str, ...], withdrawn: float, seed: int) -> RiskModel:
    """The model; the same examples and seed give the same.

    Args:
        given: examples of both outcomes.
        kinds: kinds of material that the features tell apart, kept with the model.
        withdrawn: share of those who had withdrawn whose course was not completed.
        seed: of the trees and of the folds.
    """
    cohorts = int(given.cohort.max()) + 1
    if cohorts > 1:
        part, parts = given.cohort, cohorts
    else:
        part = np.random.default_rng(seed).permutation(int(given.learner.max()) + 1)[given.learner] % FOLDS
        parts = FOLDS
    said = np.full(len(given.outcome), np.nan)
    for one in range(parts):
        held = part == one
        if not held.any() or len(np.unique(given.outcome[~held])) < 2:
            continue
        without = _both_parts(given.of(~held), kinds, withdrawn, seed)
        said[held] = (without.logistic_log_odds(given.rows[held]) + without.boosted_log_odds(given.rows[held])) / 2
    judged = ~np.isnan(said)
    curve, liked = (0.0, 1.0), False
    if judged.any():
        found = (said[judged], given.outcome[judged], given.cohort[judged])
        like = given.like[judged] & (cohorts > 1)
        liked = min(found[1][like].sum(), (1 - found[1][like]).sum()) >= LIKE_LEAST
        curve = calibration_curve(*found, like if liked else np.ones_like(like))
    notes = {
        "examples": len(given.outcome),
        "learners": int(given.learner.max()) + 1,
        "cohorts": cohorts,
        "share_not_completed": round(float(given.outcome.mean()), 4),
        "calibrated_on": "cohorts left out" if cohorts > 1 else "folds by learner",
        "slope_of": "the same season" if liked else "all",
        "curve": [round(value, 4) for value in curve],
    }
    return replace(_both_parts(given, kinds, withdrawn, seed), curve=curve, notes=notes)


def _both_parts(given: Examples, kinds: tuple[str, ...], withdrawn: float, seed: int) -> RiskModel:
    """Both parts on all examples, with the curve that changes nothing."""
    from lightgbm import LGBMClassifier  # heavy; only who trains pays for it
    from sklearn.linear_model import LogisticRegression

    missing = np.isnan(given.rows)
    some = ~missing.all(axis=0)
    fill = np.zeros(len(given.features))
    fill[some] = np.nanmedian(given.rows[:, some], axis=0)
    filled = np.where(missing, fill, given.rows)
    mean, spread = filled.mean(axis=0), filled.std(axis=0)
    model = RiskModel(
        features=given.features,
        kinds=kinds,
        fill=fill,
        mean=mean,
        scale=np.where(spread > 0, spread, 1.0),
        weights=np.zeros(len(given.features)),
        intercept=0.0,
        trees="",
        curve=(0.0, 1.0),
        withdrawn=withdrawn,
        notes={},
    )
    logistic = LogisticRegression(C=STRENGTH, max_iter=500).fit(model.standardised(given.rows), given.outcome)
    leaf = min(int(TREES["min_child_samples"]), max(5, len(given.outcome) // LEAF_SHARE))
    fixed: dict[str, Any] = {"random_state": seed % 2**31, "num_threads": 1, "deterministic": True, "verbose": -1}
    boosted = LGBMClassifier(**{**TREES, "min_child_samples": leaf}, **fixed, force_row_wise=True)
    boosted.fit(given.rows, given.outcome)
    return replace(
        model,
        weights=np.asarray(logistic.coef_[0], dtype=np.float64),
        intercept=float(logistic.intercept_[0]),
        trees=boosted.booster_.model_to_string(),
    )


def calibration_curve(
    log_odds: Floats, outcome: Floats, cohort: npt.NDArray[np.int64], like: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    """Mean intercept of the cohorts, and the slope of those that are like the ones to come, with the least log loss.

    Seasons differ in how well the end is seen from the beginning, which the slope must know; how many complete differs
    from term to term for reasons of its own, so the intercept is the mean of all.
    """
    _, slope = _line(log_odds[like], outcome[like], cohort[like])
    intercepts, _ = _line(slope * log_odds, outcome, cohort, free=False)
    return float(intercepts.mean()), slope


def _line(
    log_odds: Floats, outcome: Floats, cohort: npt.NDArray[np.int64], *, free: bool = True
) -> tuple[Floats, float]:
    """An intercept a cohort and their common slope, 1 where it is not free."""
    from scipy.optimize import minimize  # heavy, and who only predicts needs none of it

    known, own = np.unique(cohort, return_inverse=True)

    def loss(at: Floats) -> tuple[float, Floats]:
        chance = expit(at[own] + (at[-1] if free else 1.0) * log_odds)
        miss = (chance - outcome) / len(outcome)
        slope = [miss @ log_odds] if free else [0.0]
        return log_loss(outcome, chance), np.append(np.bincount(own, miss, len(known)), slope)

    found = minimize(loss, np.append(np.zeros(len(known)), 1.0), jac=True, method="L-BFGS-B").x
    return found[:-1], float(max(found[-1], 0.0)) if free else 1.0
