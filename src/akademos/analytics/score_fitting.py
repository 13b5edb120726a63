"""Fitting a `ScoreModel`: which predictor, how wide its interval, how probable a pass.

1. Calibration learners are set aside: the latest exam cohort when it and those before it are large enough, else a
   random quarter. The predictor never sees them.
2. Linear (ridge) and boosted predictors of several strengths are compared on the other learners, five folds by learner.
   The linear one with the smallest mean absolute error stands, unless a boosted one is better by more than a standard
   error of the difference over learners.
3. The interval is split conformal on the calibration learners, by distance from the exam.
4. The probability of passing is a logistic curve (Platt 1999) over predictions that none of the learner's own rows
   taught: out of fold, and of the calibration learners.

A learner's rows weigh one together, so that nobody counts more for being seen at more distances from the exam.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from akademos.analytics.boosted_trees import Trees, grow
from akademos.analytics.conformal import half_width, least_errors
from akademos.analytics.score_model import Floats, Linear, ScoreModel
from akademos.errors import InputError

Index = npt.NDArray[np.int64]

LEAST_LEARNERS = 30
"""Below so many learners nothing can be fitted, let alone calibrated."""

FOLDS = 5
CALIBRATION_SHARE = 0.25
COHORT_LEAST = 40
"""Learners of a cohort that may stand for calibration alone, and twice as many before it."""

RIDGES = (0.01, 0.03, 0.1, 0.3, 1.0)
"""Ridge penalties, each times the number of learners."""

BOOSTED = ((60, 2, 0.05), (150, 2, 0.05))
"""Number of trees, depth, learning rate."""

LEAF_LEAST = 8
DISTANCE_QUANTILE = 0.99
PASS_SLOPE, PASS_PRIOR = 8.0, 1.0
"""The pass curve's slope per full mark that little evidence leaves standing (errors of about a fifth of the marks), and
how strongly its logarithm is pulled there, in learners."""

PASS_LEAST = 5
"""Learners who passed, and who did not, below which no probability is given."""

Fit = Callable[[Floats, Floats, Floats], Linear | Trees]


@dataclass(frozen=True, slots=True)
class Examples:
    """One row a learner and distance from the exam.

    Attributes:
        features: names of the columns.
        rows: (rows, features), NaN where missing.
        score: outcome of the row's learner, share of the full mark.
        learner: number of the learner, from 0 on.
        cohort: number of the learner's exam cohort, later ones larger.
        days_out: days from the features to the exam; 0 where there is no time.
        pass_mark: score from which the row's exam is passed, NaN where it is unknown.
    """

    features: tuple[str, ...]
    rows: Floats
    score: Floats
    learner: Index
    cohort: Index
    days_out: Floats
    pass_mark: Floats

    def of(self, kept: npt.NDArray[np.bool_] | Index) -> Examples:
        """Some of the rows."""
        return Examples(
            self.features,
            self.rows[kept],
            self.score[kept],
            self.learner[kept],
            self.cohort[kept],
            self.days_out[kept],
            self.pass_mark[kept],
        )

    @property
    def learners(self) -> int:
        """How many there are."""
        return len(np.unique(self.learner))


def fit_score(examples: Examples, *, coverage: float, seed: int, horizons: Sequence[float] = (0.0,)) -> ScoreModel:
    """A model of these examples; the same examples and seed give the same model, bit for bit.

    Args:
        examples: of the learners who may be learned from.
        coverage: of the interval.
        seed: of folds, calibration learners and trees.
        horizons: distances from the exam that get a half-width of their own, ascending.

    Raises:
        InputError: too few learners (`too_few_examples`).
    """
    if examples.learners < LEAST_LEARNERS:
        raise InputError(
            f"{examples.learners} learners with an outcome are too few to fit a score.",
            hint=f"It takes {LEAST_LEARNERS}.",
            code="too_few_examples",
        )
    rng = np.random.Generator(np.random.PCG64(seed))
    apart, basis = _calibration(examples, rng)
    taught, calibration = examples.of(~apart), examples.of(apart)
    fill = _medians(taught.rows)
    filled = np.where(np.isnan(taught.rows), fill, taught.rows)
    mean, spread = filled.mean(axis=0), filled.std(axis=0)
    scale = np.where(spread > 1e-9, spread, 1.0)
    standard = (filled - mean) / scale
    chosen, unseen, errors = _chosen(standard, taught, rng, seed)
    predictor = chosen(standard, taught.score, _weights(taught.learner))
    bare = ScoreModel(
        features=examples.features,
        fill=fill,
        mean=mean,
        scale=scale,
        least=standard.min(axis=0),
        most=standard.max(axis=0),
        predictor=predictor,
        usual_distance=float(np.quantile(np.sqrt((standard**2).mean(axis=1)), DISTANCE_QUANTILE)) or 1.0,
        horizons=tuple(horizons),
        half_widths=(0.0,) * len(horizons),
        coverage=coverage,
        passing=None,
        notes={},
    )
    found = bare.score(calibration.rows)
    half_widths = _half_widths(calibration, found, horizons, coverage)
    together = np.concatenate((unseen, found))
    mark = np.concatenate((taught.pass_mark, calibration.pass_mark))
    outcome = np.concatenate((taught.score, calibration.score)) >= mark
    weight = np.concatenate((_weights(taught.learner), _weights(calibration.learner)))
    return ScoreModel(
        **{
            name: getattr(bare, name)
            for name in ScoreModel.__slots__
            if name not in {"half_widths", "passing", "notes"}
        },
        half_widths=half_widths,
        passing=_pass_curve(together - mark, outcome, weight),
        notes={
            "taught_learners": taught.learners,
            "calibration_learners": calibration.learners,
            "calibration": basis,
            "candidates_mae": errors,
        },
    )


def _calibration(examples: Examples, rng: np.random.Generator) -> tuple[npt.NDArray[np.bool_], str]:
    """Which rows belong to calibration learners, and how those were chosen."""
    learners = np.unique(examples.learner)
    latest = examples.cohort == examples.cohort.max()
    newest = len(np.unique(examples.learner[latest]))
    if newest >= COHORT_LEAST and len(learners) - newest >= 2 * COHORT_LEAST:
        return latest, "the latest cohort"
    count = max(round(CALIBRATION_SHARE * len(learners)), least_errors(0.9))
    drawn = rng.permutation(learners)[:count]
    return np.isin(examples.learner, drawn), "a random quarter of the learners"


def _chosen(
    standard: Floats, taught: Examples, rng: np.random.Generator, seed: int
) -> tuple[Fit, Floats, dict[str, float]]:
    """The predictor to take, its out-of-fold predictions, and every candidate's mean absolute error."""
    learners = np.unique(taught.learner)
    fold_of = dict(zip(rng.permutation(learners).tolist(), (np.arange(len(learners)) % FOLDS).tolist(), strict=True))
    fold = np.array([fold_of[one] for one in taught.learner.tolist()])
    candidates: dict[str, Fit] = {
        **{f"linear {penalty:g}": _ridge(penalty, taught.learners) for penalty in RIDGES},
        **{
            f"boosted {trees}x{depth}": _boosted(trees, depth, rate, seed)
            for trees, depth, rate in BOOSTED
            if taught.learners >= FOLDS * LEAF_LEAST
        },
    }
    unseen, errors = {}, {}
    for name, fit in candidates.items():
        found = np.empty(len(standard))
        for one in range(FOLDS):
            held, rest = fold == one, fold != one
            model = fit(standard[rest], taught.score[rest], _weights(taught.learner[rest]))
            found[held] = model.predict(standard[held])
        unseen[name] = np.clip(found, 0.0, 1.0)
        errors[name] = _by_learner(np.abs(unseen[name] - taught.score), taught.learner)
    means = {name: float(values.mean()) for name, values in errors.items()}
    linear = min((name for name in means if name.startswith("linear")), key=means.__getitem__)
    best = min(means, key=means.__getitem__)
    gain = errors[linear] - errors[best]
    better = gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain)) if best != linear else False
    taken = best if better else linear
    return candidates[taken], unseen[taken], {name: round(value, 6) for name, value in means.items()}


def _ridge(penalty: float, learners: int) -> Fit:
    def fit(rows: Floats, score: Floats, weight: Floats) -> Linear:
        total = weight.sum()
        centre, mean = (weight[:, None] * rows).sum(axis=0) / total, float((weight * score).sum() / total)
        inner = rows - centre
        gram = (inner * weight[:, None]).T @ inner + penalty * learners * np.eye(rows.shape[1])
        weights = np.linalg.solve(gram, (inner * weight[:, None]).T @ (score - mean))
        return Linear(float(mean - centre @ weights), weights)

    return fit


def _boosted(trees: int, depth: int, rate: float, seed: int) -> Fit:
    def fit(rows: Floats, score: Floats, weight: Floats) -> Trees:
        return grow(rows, score, weight, trees=trees, depth=depth, rate=rate, leaf=LEAF_LEAST, seed=seed)

    return fit


def _half_widths(calibration: Examples, found: Floats, horizons: Sequence[float], coverage: float) -> tuple[float, ...]:
    """Of each horizon, from one error a learner: that of the row nearest to it."""
    widths = []
    for horizon in horizons:
        away = np.abs(calibration.days_out - horizon)
        order = np.lexsort((away, calibration.learner))
        first = order[np.flatnonzero(np.diff(calibration.learner[order], prepend=-1))]
        widths.append(half_width(found[first] - calibration.score[first], coverage))
    return tuple(widths)


def _pass_curve(above: Floats, passed: npt.NDArray[np.bool_], weight: Floats) -> tuple[float, float, float] | None:
    """Intercept and slope of P(pass) over the predicted score's distance from the pass mark, and the margin."""
    known = ~np.isnan(above)
    above, passed, weight = above[known], passed[known], weight[known]
    if min((weight * passed).sum(), (weight * ~passed).sum()) < PASS_LEAST:
        return None

    def penalised(at: Floats) -> float:
        z = at[0] + at[1] * above
        loss = np.logaddexp(0.0, np.where(passed, -z, z))
        return float((weight * loss).sum() + PASS_PRIOR * (np.log(max(at[1], 1e-3)) - np.log(PASS_SLOPE)) ** 2)

    found = minimize(
        penalised, np.array([0.0, PASS_SLOPE]), method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9}
    )
    return float(found.x[0]), float(max(found.x[1], 1e-3)), float(1 / (weight.sum() + 2))


def _medians(rows: Floats) -> Floats:
    known = ~np.isnan(rows)
    return np.array(
        [float(np.median(rows[known[:, n], n])) if known[:, n].any() else 0.0 for n in range(rows.shape[1])]
    )


def _weights(learner: Index) -> Floats:
    """Per row, one divided by the rows of its learner."""
    _, place, counts = np.unique(learner, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / counts[place], dtype=np.float64)


def _by_learner(values: Floats, learner: Index) -> Floats:
    """Mean of each learner, in order of the learner's number."""
    _, place, counts = np.unique(learner, return_inverse=True, return_counts=True)
    return np.asarray(np.bincount(place, values) / counts, dtype=np.float64)
