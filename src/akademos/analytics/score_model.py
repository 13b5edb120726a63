"""A model that predicts an exam score: fitted once, kept as bytes, asked without any library but numpy.

It holds a linear or a boosted predictor, the half-width of its split conformal interval by distance from the exam, and
a logistic curve from predicted score to the probability of passing. Scores are shares of the full mark, 0..1.

A learner whose features lie further out than those of 99% of the training learners gets a wider interval, in
proportion; further than twice as far, none at all: such a learner is not exchangeable with those of the calibration.
Distance is the root mean square of the standardised features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson

from akademos.analytics.boosted_trees import Trees
from akademos.errors import InputError

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Kind = Literal["linear", "boosted"]

FORMAT = "score/1"
WITHHELD_FROM = 2.0
"""Times the usual distance from which nothing is predicted."""


@dataclass(frozen=True, slots=True)
class Linear:
    """intercept + weights . standardised features."""

    intercept: float
    weights: Floats

    def predict(self, standardised: Floats) -> Floats:
        """Prediction of each row."""
        # A sum by column, not a product of matrices: it does not depend on how many rows are asked for at once.
        found = np.full(len(standardised), self.intercept)
        for column, weight in enumerate(self.weights.tolist()):
            found += weight * standardised[:, column]
        return found


@dataclass(frozen=True, slots=True)
class Predicted:
    """Per row, NaN where it is withheld: score, interval, probability of passing; `widened` is a factor, 1 if not."""

    score: Floats
    low: Floats
    high: Floats
    passing: Floats
    widened: Floats
    withheld: Flags


@dataclass(frozen=True, slots=True)
class ScoreModel:
    """See the module.

    Attributes:
        features: names, in the order of the columns.
        fill: value of a missing feature (its median in training).
        mean, scale: of the filled features in training.
        least, most: of the standardised features in training; what lies beyond counts as the end of that range, so
            that nothing is extrapolated.
        predictor: of standardised features within their range.
        usual_distance: 99% of the training rows lie within it.
        horizons: days before the exam, ascending, of the half-widths.
        half_widths: per horizon; a distance in between takes that of the next longer horizon.
        coverage: of the intervals.
        passing: intercept and slope of the logistic curve over the predicted score minus the pass mark, and how near
            to 0 or 1 a probability may come (1 / (learners + 2)); none when nearly everybody, or nearly nobody, passed.
        notes: how it came about (candidates and their errors, sizes, calibration cohort).
    """

    features: tuple[str, ...]
    fill: Floats
    mean: Floats
    scale: Floats
    least: Floats
    most: Floats
    predictor: Linear | Trees
    usual_distance: float
    horizons: tuple[float, ...]
    half_widths: tuple[float, ...]
    coverage: float
    passing: tuple[float, float, float] | None
    notes: Mapping[str, Any]

    @property
    def kind(self) -> Kind:
        """Of the predictor."""
        return "linear" if isinstance(self.predictor, Linear) else "boosted"

    def standardised(self, rows: Floats) -> Floats:
        """Rows with missing values filled, in units of the training spread."""
        filled = np.where(np.isnan(rows), self.fill, rows)
        standard: Floats = (filled - self.mean) / self.scale
        return standard

    def score(self, rows: Floats) -> Floats:
        """Predicted score of each row, however unusual the row is."""
        found: Floats = np.clip(
            self.predictor.predict(np.clip(self.standardised(rows), self.least, self.most)), 0.0, 1.0
        )
        return found

    def predict(self, rows: Floats, days_out: Floats, pass_mark: Floats) -> Predicted:
        """Prediction of each row.

        Args:
            rows: (rows, features), NaN where a feature is missing.
            days_out: days from the instant of the features to the exam, NaN where there is no date.
            pass_mark: score from which the row's exam is passed, NaN where it is unknown.
        """
        standard = self.standardised(rows)
        distance = np.sqrt((standard**2).mean(axis=1))
        widened = np.maximum(1.0, distance / self.usual_distance)
        ahead = np.where(np.isnan(days_out), self.horizons[-1], days_out)
        place = np.minimum(np.searchsorted(self.horizons, ahead), len(self.horizons) - 1)
        half = np.array(self.half_widths)[place] * widened
        withheld = (widened > WITHHELD_FROM) | ~np.isfinite(half)
        score = self.score(rows)

        def shown(values: Floats) -> Floats:
            kept: Floats = np.where(withheld, np.nan, values)
            return kept

        passing = np.full(len(rows), np.nan)
        if self.passing is not None:
            intercept, slope, margin = self.passing
            passing = np.clip(1.0 / (1.0 + np.exp(-(intercept + slope * (score - pass_mark)))), margin, 1 - margin)
        return Predicted(
            score=shown(score),
            low=shown(np.clip(score - half, 0.0, 1.0)),
            high=shown(np.clip(score + half, 0.0, 1.0)),
            passing=shown(passing),
            widened=widened,
            withheld=withheld,
        )

    def to_bytes(self) -> bytes:
        """The model as JSON; the same model gives the same bytes."""
        predictor: dict[str, Any]
        if isinstance(self.predictor, Linear):
            predictor = {"intercept": self.predictor.intercept, "weights": self.predictor.weights.tolist()}
        else:
            predictor = {
                "start": self.predictor.start,
                **{name: getattr(self.predictor, name).tolist() for name in _TREE_TABLES},
            }
        return orjson.dumps(
            {
                "format": FORMAT,
                "kind": self.kind,
                "features": self.features,
                "fill": self.fill.tolist(),
                "mean": self.mean.tolist(),
                "scale": self.scale.tolist(),
                "least": self.least.tolist(),
                "most": self.most.tolist(),
                "predictor": predictor,
                "usual_distance": self.usual_distance,
                "horizons": self.horizons,
                "half_widths": [one if np.isfinite(one) else None for one in self.half_widths],
                "coverage": self.coverage,
                "passing": self.passing,
                "notes": self.notes,
            },
            option=orjson.OPT_SORT_KEYS,
        )


_TREE_TABLES = ("feature", "threshold", "left", "right", "value")


def from_bytes(data: bytes) -> ScoreModel:
    """The model that `to_bytes` wrote.

    Raises:
        InputError: the bytes are no such model (`model_unreadable`).
    """
    try:
        read = orjson.loads(data)
        if read["format"] != FORMAT:
            raise ValueError(read["format"])
        given = read["predictor"]
        predictor: Linear | Trees
        if read["kind"] == "linear":
            predictor = Linear(given["intercept"], _floats(given["weights"]))
        else:
            predictor = Trees(
                start=given["start"],
                threshold=_floats(given["threshold"]),
                value=_floats(given["value"]),
                **{name: np.array(given[name], dtype=np.int64) for name in ("feature", "left", "right")},
            )
        return ScoreModel(
            features=tuple(read["features"]),
            fill=_floats(read["fill"]),
            mean=_floats(read["mean"]),
            scale=_floats(read["scale"]),
            least=_floats(read["least"]),
            most=_floats(read["most"]),
            predictor=predictor,
            usual_distance=read["usual_distance"],
            horizons=tuple(read["horizons"]),
            half_widths=tuple(np.inf if one is None else one for one in read["half_widths"]),
            coverage=read["coverage"],
            passing=_curve(read["passing"]),
            notes=read["notes"],
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(
            "These bytes are no score model of this release.", hint="Train it anew.", code="model_unreadable"
        ) from error


def _floats(values: Sequence[Any]) -> Floats:
    return np.array(values, dtype=np.float64)


def _curve(values: Sequence[float] | None) -> tuple[float, float, float] | None:
    return None if values is None else (float(values[0]), float(values[1]), float(values[2]))
