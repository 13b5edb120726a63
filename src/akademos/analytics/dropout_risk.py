"""Risk of not completing a course: the chance that it ends in withdrawal or failure, and what speaks for it.

Grain: one learner and course, of those still registered. Two predictors look at the same features
(`risk_features`): a logistic regression, which a few courses are enough for, and boosted trees, which see what only
counts together. The estimate is the curve of the mean of their log odds, calibrated on courses that neither had seen
(`risk_fitting`). Both explain themselves in log odds, so what a feature adds is exact: the weight times the distance
from the mean, and the TreeSHAP value (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9). This describes the model,
not causes.

Caveats: it knows clicks, hand-ins and marks, nothing of a life; a course of another kind than those it learned from is
judged by their measure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import polars as pl
from scipy.special import expit

from akademos.errors import InputError

Floats = npt.NDArray[np.float64]

MODEL = "dropout_risk"
FORMAT = 1
SPAN = 4.0
"""Standard deviations from the mean, at most, that the logistic part sees: beyond lies what it never learned from."""


@dataclass(frozen=True)
class RiskModel:
    """See the module.

    Attributes:
        features: names, in the order of the columns.
        kinds: kinds of material that the features tell apart.
        fill: value of a missing feature for the logistic part (its median in training).
        mean, scale: of the filled features in training.
        weights, intercept: of the logistic part.
        trees: the boosted part as LightGBM's text.
        curve: intercept and slope over the mean of both parts' log odds.
        withdrawn: chance for somebody who has withdrawn already.
        notes: how it came about.
    """

    features: tuple[str, ...]
    kinds: tuple[str, ...]
    fill: Floats
    mean: Floats
    scale: Floats
    weights: Floats
    intercept: float
    trees: str
    curve: tuple[float, float]
    withdrawn: float
    notes: Mapping[str, Any]

    @cached_property
    def _booster(self) -> Any:
        from lightgbm import Booster  # heavy; only processes that score pay for it

        return Booster(model_str=self.trees)

    def rows(self, table: pl.DataFrame) -> Floats:
        """The model's columns of a table of `risk_features`, NaN where a feature is missing."""
        lacking = [name for name in self.features if name not in table.columns]
        filled = table.with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in lacking)
        return matrix(filled, self.features)

    def standardised(self, rows: Floats) -> Floats:
        """Rows with missing values filled, in units of the training spread, at most SPAN from the mean."""
        standard: Floats = np.clip((np.where(np.isnan(rows), self.fill, rows) - self.mean) / self.scale, -SPAN, SPAN)
        return standard

    def logistic_log_odds(self, rows: Floats) -> Floats:
        """Of the logistic part alone, not calibrated."""
        found: Floats = self.intercept + self.standardised(rows) @ self.weights
        return found

    def boosted_log_odds(self, rows: Floats) -> Floats:
        """Of the boosted part alone, not calibrated."""
        return np.asarray(self._booster.predict(rows, raw_score=True, num_threads=1), dtype=np.float64)

    def risk(self, rows: Floats) -> Floats:
        """The chance, of each row (rows, features)."""
        if not len(rows):
            return np.empty(0)
        intercept, slope = self.curve
        mean = (self.logistic_log_odds(rows) + self.boosted_log_odds(rows)) / 2
        chance: Floats = expit(intercept + slope * mean)
        return chance

    def contributions(self, rows: Floats) -> tuple[Floats, float]:
        """What each feature adds to the log odds of each row, (rows, features), and what they are without any.

        The sum of a row and the second value is the log odds of `risk`.
        """
        intercept, slope = self.curve
        if not len(rows):
            return np.empty((0, len(self.features))), intercept
        shap = np.asarray(self._booster.predict(rows, pred_contrib=True, num_threads=1), dtype=np.float64)
        linear = self.standardised(rows) * self.weights
        base = intercept + slope * (self.intercept + float(shap[0, -1])) / 2
        return slope * (linear + shap[:, :-1]) / 2, base

    def to_bytes(self) -> bytes:
        """The model as JSON; the same model gives the same bytes."""
        return orjson.dumps(
            {
                "format": FORMAT,
                "features": self.features,
                "kinds": self.kinds,
                **{name: getattr(self, name).tolist() for name in _ARRAYS},
                "intercept": self.intercept,
                "trees": self.trees,
                "curve": self.curve,
                "withdrawn": self.withdrawn,
                "notes": self.notes,
            },
            option=orjson.OPT_SORT_KEYS,
        )


_ARRAYS = ("fill", "mean", "scale", "weights")


def from_bytes(data: bytes) -> RiskModel:
    """The model that `to_bytes` wrote.

    Raises:
        InputError: the bytes are no such model (`model_unreadable`).
    """
    try:
        read = orjson.loads(data)
        if read["format"] != FORMAT:
            raise ValueError(read["format"])
        intercept, slope = read["curve"]
        return RiskModel(
            features=tuple(read["features"]),
            kinds=tuple(read["kinds"]),
            **{name: np.array(read[name], dtype=np.float64) for name in _ARRAYS},
            intercept=float(read["intercept"]),
            trees=str(read["trees"]),
            curve=(float(intercept), float(slope)),
            withdrawn=float(read["withdrawn"]),
            notes=read["notes"],
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as broken:
        raise InputError(
            "These bytes are no model of dropout risk of this release.",
            hint="Train it again with `akademos train dropout_risk`.",
            code="model_unreadable",
        ) from broken


def matrix(table: pl.DataFrame, features: tuple[str, ...]) -> Floats:
    """(rows, features) with NaN where there is no value."""
    return table.select(pl.col(name).cast(pl.Float64).fill_null(float("nan")) for name in features).to_numpy()
