"""The trained knowledge-tracing model: P(next answer correct), and how it is written down.

The trainer is `fit(answers, seed) -> TracingModel`: answers are `schemas.INPUT["question_attempts"]` of all consenting
learners, the seed fixes every draw, and the metrics of the model come from learners it was not trained on. A model is
plain text: LightGBM's own format and the learned tables as JSON, so that no code is in the file. LightGBM is imported
when it is first needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from akademos.errors import InputError

NAME = "tracing"
FORMAT = "tracing/1"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TracingModel:
    """One trained version.

    Attributes:
        features: names of the columns that `predict` takes, in order.
        tables: what was learned of items and skills, JSON-ready.
        boosters: the parts whose predictions are averaged, each in LightGBM's text format.
        metrics: scores on held-out learners, by name; intervals beside them as `<name>_interval`.
        trained_on: number of `learners` and `answers`.
        seed: of the draws.
    """

    features: tuple[str, ...]
    tables: Mapping[str, Any]
    boosters: tuple[str, ...]
    metrics: Mapping[str, Any]
    trained_on: Mapping[str, int]
    seed: int
    _loaded: list[Any] = field(default_factory=list, repr=False, compare=False)

    def predict(self, features: Floats) -> Floats:
        """P(correct) per row of features (answers x features, in the order of `features`)."""
        if not self._loaded:
            import lightgbm

            self._loaded.extend(lightgbm.Booster(model_str=text) for text in self.boosters)
        return np.asarray(np.mean([one.predict(features) for one in self._loaded], axis=0), dtype=np.float64)

    def to_bytes(self) -> bytes:
        """The model as UTF-8 JSON; equal models give equal bytes."""
        document = {
            "format": FORMAT,
            "features": list(self.features),
            "tables": dict(self.tables),
            "boosters": list(self.boosters),
            "metrics": dict(self.metrics),
            "trained_on": dict(self.trained_on),
            "seed": self.seed,
        }
        return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, blob: bytes) -> TracingModel:
        """The model from the bytes of `to_bytes`.

        Raises:
            InputError: the bytes are no model, or one of another format (`model_unreadable`).
        """
        try:
            document = json.loads(blob)
            if document["format"] != FORMAT:
                raise ValueError(document["format"])
            return cls(
                features=tuple(document["features"]),
                tables=document["tables"],
                boosters=tuple(document["boosters"]),
                metrics=document["metrics"],
                trained_on=document["trained_on"],
                seed=int(document["seed"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                "The bytes are no knowledge-tracing model of this version.",
                hint="Train it anew.",
                code="model_unreadable",
            ) from error
