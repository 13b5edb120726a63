"""How good a version of a model is, read from what /v1/models tells, and put on scales that say what a number means."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from akademos.serving.pages.answers import Json, block, share_of
from akademos.serving.pages.wording import Words

HALF = 0.5
SAYING_HALF = math.log(2)
"""Log loss, in nats, of saying 50% of everything; its Brier score is a quarter."""


@dataclass(frozen=True)
class Scale:
    """From where to where a measure usually goes, and what it is held against, if anything."""

    start: float
    end: float
    against: float | None = None


@dataclass(frozen=True)
class Measure:
    """One measure of a version on held-out learners with its 95% interval (None: none is kept) and its scale."""

    key: str
    value: float
    low: float | None
    high: float | None
    scale: Scale


SCALES: Mapping[str, Scale] = {
    "auroc": Scale(0.5, 1, HALF),
    "auc": Scale(0.5, 1, HALF),
    "auprc": Scale(0, 1),
    "mae": Scale(0, 0.3),
    "r": Scale(0, 1),
    "coverage": Scale(0, 1),
    "interval_width": Scale(0, 1),
    "withheld": Scale(0, 1),
    "log_loss": Scale(0, 0.7, SAYING_HALF),
    "brier": Scale(0, 0.3, HALF * HALF),
    "passing_brier": Scale(0, 0.3, HALF * HALF),
    "ece": Scale(0, 0.2, 0.0),
    "slope": Scale(0, 2, 1.0),
}
"""By name, in the order in which they are shown."""


def measures_of(metrics: Json) -> list[Measure]:
    """The measures that there are: those of `SCALES` in its order, then any other that says a value."""
    said = {**metrics, "passing_brier": block(metrics, "passing").get("brier")}
    others = [name for name, one in metrics.items() if name not in SCALES and isinstance(one, Mapping)]
    return [one for name in (*SCALES, *others) if (one := _measure(name, said.get(name))) is not None]


def measure_name(key: str, words: Words) -> str:
    """What a measure is called; its own name where there are no words for it."""
    return words.plain(f"models.metric.{key}") if f"models.metric.{key}" in words else key.replace("_", " ")


def _measure(name: str, said: object) -> Measure | None:
    inner = said if isinstance(said, Mapping) else {"value": said}
    value, low, high = (share_of(inner.get(part)) for part in ("value", "low", "high"))
    if value is None:
        return None
    usual = SCALES.get(name, Scale(0, 1))
    against = share_of(inner.get("stated")) if name == "coverage" else usual.against
    reached = [one for one in (value, low, high) if one is not None]
    start = min(usual.start, math.floor(min(reached) * 10) / 10)
    end = max(usual.end, math.ceil(max(reached) * 10) / 10)
    return Measure(name, value, low, high, Scale(start, end, against))
