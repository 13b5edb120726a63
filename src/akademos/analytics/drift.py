"""Drift: how far what a model meets now lies from what it was trained on.

Figures are the inputs of a model and what it puts out. Each is cut at the deciles of its training; its shift is the
population stability index between the shares of now and of then,

    PSI = sum over bins of (now - then) ln(now / then)

A learner weighs the same however many rows they have. What depends on the moment (the week of a course, the distance
from an exam, the length of a history) differs by design and is no drift: rows stand in strata of it, and the shares of
then are put together as the strata are mixed now. Strata of fewer learners than the floor are in neither.

PSI is never below zero, so that samples of one population seem apart: the shift is freed of that, by how much resamples
(of learners now, of as many draws as there were learners then) lie above it. The 95% interval is the middle of the
resamples, freed twice, since they carry it twice. A figure has drifted when the whole interval lies over the limit,
is to be watched when the shift does and the interval is above zero. `akademos evaluate drift` measures how often that
is said where nothing has moved, and how often where something has.

Source: PSI and its rule of thumb (below 0.1 no change to speak of): Siddiqi (2006), Credit Risk Scorecards; its
distribution where nothing moved: Yurdakul and Naranjo (2020), doi:10.21314/JRMV.2020.227.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]

LEARNER, STRATUM = "learner_key", "stratum"
BINS = 10
RESAMPLES = 500
COVERAGE = 0.95
DIGITS = 4
"""Significant digits of an edge and a share: an edge is nobody's own value to the last digit."""


@dataclass(frozen=True, slots=True)
class Shift:
    """How far one figure has moved: PSI with its 95% interval, of so many learners now; NaN without enough of them."""

    figure: str
    learners: int
    value: float
    low: float
    high: float


def reference(observed: pl.DataFrame, floor: int) -> dict[str, Any]:
    """What is kept of a training: by figure its edges, and by stratum the learners and their shares, the last one those
    without a value.

    Args:
        observed: learner_key, stratum (text), and one column of numbers a figure.
        floor: strata of fewer learners are left out.

    Returns:
        figure -> {"edges": [...], "strata": {name: {"learners": n, "shares": [...]}}}; no learner can be told from it.
    """
    found = {}
    for name in _figures(observed):
        rows = observed.select(LEARNER, STRATUM, pl.col(name).cast(pl.Float64).fill_nan(None))
        edges = _edges(rows[name].drop_nulls().to_numpy())
        strata = {}
        for (stratum,), part in sorted(rows.partition_by(STRATUM, as_dict=True).items()):
            shares = _by_learner(part[LEARNER], part[name], edges)
            if len(shares) >= floor:
                strata[str(stratum)] = {
                    "learners": len(shares),
                    "shares": [_rounded(one) for one in shares.mean(axis=0).tolist()],
                }
        if strata:
            found[name] = {"edges": edges.tolist(), "strata": strata}
    return found


def shifts(kept: Mapping[str, Any], observed: pl.DataFrame, seed: int, learners_least: int) -> list[Shift]:
    """The shift of every figure that the reference has, in its order.

    Args:
        kept: from `reference`.
        observed: rows of now, as for `reference`; a figure without a column there is left out.
        seed: of the resamples.
        learners_least: fewer learners within strata of the reference decide nothing.
    """
    draws = cache(partial(_draws, seed))
    return [
        _shift(name, one, observed, np.random.default_rng([seed, place]), learners_least, draws)
        for place, (name, one) in enumerate(kept.items())
        if name in observed.columns
    ]


Standing = Literal["stable", "watch", "drifting", "not_enough_data"]


def standing(found: Sequence[Shift], limit: float) -> Standing:
    """What the shifts together say of a model."""
    known = [one for one in found if not np.isnan(one.value)]
    if not known:
        return "not_enough_data"
    if any(one.low > limit for one in known):
        return "drifting"
    return "watch" if any(one.value > limit and one.low > 0 for one in known) else "stable"


def psi(now: Floats, then: Floats) -> Floats:
    """Population stability index over the last axis; shares of any size above zero."""
    return np.asarray(((now - then) * np.log(now / then)).sum(axis=-1))


def _draws(seed: int, learners: int) -> Floats:
    """(resamples, learners): the weight of each learner in each resample, the same for all figures of a look."""
    rng = np.random.default_rng([seed, learners])
    return np.asarray(rng.multinomial(learners, np.full(learners, 1 / learners), size=RESAMPLES) / learners)


def _shift(
    name: str,
    kept: Mapping[str, Any],
    observed: pl.DataFrame,
    rng: np.random.Generator,
    learners_least: int,
    draws: Callable[[int], Floats],
) -> Shift:
    strata = list(kept["strata"])
    rows = observed.select(LEARNER, STRATUM, pl.col(name).cast(pl.Float64).fill_nan(None)).filter(
        pl.col(STRATUM).is_in(strata)
    )
    learners = rows[LEARNER].n_unique()
    if learners < learners_least:
        return Shift(name, learners, np.nan, np.nan, np.nan)
    now = _by_learner(rows[LEARNER], rows[name], np.array(kept["edges"]))
    place = rows[STRATUM].replace_strict({one: n for n, one in enumerate(strata)}, return_dtype=pl.Int64).to_numpy()
    mix = _shares(rows[LEARNER], place, len(strata))
    sizes = [int(kept["strata"][one]["learners"]) for one in strata]
    shares = np.array([kept["strata"][one]["shares"] for one in strata], dtype=np.float64)
    shares = shares / shares.sum(axis=1, keepdims=True)
    then_size = float(np.average(sizes, weights=mix.mean(axis=0)))
    value = float(psi(_smooth(now.mean(axis=0), learners), _smooth(mix.mean(axis=0) @ shares, then_size)))
    weights = draws(learners)
    drawn = np.stack([rng.multinomial(n, row, size=RESAMPLES) / n for n, row in zip(sizes, shares, strict=True)], 1)
    expected = ((weights @ mix)[:, :, None] * drawn).sum(axis=1)
    resampled = psi(_smooth(weights @ now, learners), _smooth(expected, then_size))
    seeming = float(resampled.mean()) - value
    low, high = np.quantile(resampled, [(1 - COVERAGE) / 2, (1 + COVERAGE) / 2]) - 2 * seeming
    freed = max(value - seeming, 0.0)
    return Shift(name, learners, freed, float(np.clip(low, 0.0, freed)), float(max(high, freed)))


def _figures(observed: pl.DataFrame) -> list[str]:
    return [name for name in observed.columns if name not in (LEARNER, STRATUM)]


def _edges(values: Floats) -> Floats:
    """Where the bins end: deciles, each once."""
    if not len(values):
        return np.empty(0)
    cuts = np.quantile(values, np.arange(1, BINS) / BINS)
    return np.unique([_rounded(one) for one in cuts.tolist()])


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _by_learner(learner: pl.Series, values: pl.Series, edges: Floats) -> Floats:
    """(learners, bins + 1): the share of each learner's rows in each bin, those without a value in the last."""
    known = values.is_not_null().to_numpy()
    place = np.searchsorted(edges, values.fill_null(0.0).to_numpy(), side="left")
    return _shares(learner, np.where(known, place, len(edges) + 1), len(edges) + 2)


def _shares(learner: pl.Series, place: npt.NDArray[Any], places: int) -> Floats:
    number = learner.rank("dense").to_numpy().astype(np.int64) - 1
    learners = int(number.max(initial=-1)) + 1
    counts = np.bincount(number * places + place, minlength=learners * places).reshape(learners, places)
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def _smooth(shares: Floats, learners: float) -> Floats:
    """Shares of which none is zero: half a learner more in every bin."""
    bins = shares.shape[-1]
    return np.asarray((shares * learners + 0.5) / (learners + 0.5 * bins))
