"""Insights: which habits go with better answers, said only where the data carries it.

One report tests a fixed list of hypotheses at once. For each, the mean residual of the answers on one side is compared
with that on the other side (`hypotheses`). The clusters are a learner's days (of a report about many learners: the
learners), since answers of one day are alike.

- Error: a random intercept per cluster. Var D = A s_w^2 + B s_b^2 with A = 1 / N + 1 / M and
  B = sum_g (n_g / N - m_g / M)^2; the variance within clusters s_w^2 and between them s_b^2 (none below 0) by one-way
  analysis of variance over all answers of the report, so that a comparison within days does not pay for the noise
  between them. p-value: D over its error against Student's t, degrees of freedom by Satterthwaite (1946).
- Guard: the same ratio with the jackknife over clusters, CV3 (MacKinnon, Nielsen and Webb 2023), which assumes nothing
  about the answers of one cluster, must be significant at 1% by itself.
- Multiplicity: Benjamini and Hochberg (1995) over every hypothesis tested in the report. A hypothesis with fewer than
  100 answers or 15 clusters on a side is not tested and says what it lacks.
- Effect size d: D over the standard deviation of all residuals. Interval: percentiles of the Poisson bootstrap over
  clusters, seeded by what the report is about.
- Made: adjusted p at most the false discovery rate, the guard, |d| at least 0.10, and an interval without 0.
  Nothing else is said.

`akademos evaluate insights` measures how often a report without any effect says something, and the power.
Units: residuals and differences are shares of a score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr

from akademos.analytics.parameters import InsightParameters
from akademos.analytics.resampling import U64, PoissonCounts
from akademos.analytics.rounds import Index

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MADE, NOT_CLEAR, NOT_ENOUGH = "made", "not_clear", "not_enough_data"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Answers on the two sides of each hypothesis by cluster: arrays (hypotheses, clusters).

    Attributes:
        answers, others: how many on the one side and on the other.
        residual, residual_others: their summed residuals.
        count, total, squares: answers of each cluster on any side or none, their summed residuals and squares of them.
    """

    answers: Index
    others: Index
    residual: Floats
    residual_others: Floats
    count: Index
    total: Floats
    squares: Floats


@dataclass(frozen=True, slots=True)
class Report:
    """One row a hypothesis, in the order of the evidence; numbers of an untested one are NaN.

    Attributes:
        tested, made: whether it was tested, and whether the statement may be made.
        answers, others, clusters, clusters_others: the sample of either side.
        mean, mean_others: mean residuals.
        difference, low, high: `mean` less `mean_others`, with its bootstrap interval.
        effect: the difference in standard deviations.
        p_value, adjusted: unadjusted, and by Benjamini and Hochberg over the tested ones.
    """

    tested: Flags
    made: Flags
    answers: Index
    others: Index
    clusters: Index
    clusters_others: Index
    mean: Floats
    mean_others: Floats
    difference: Floats
    low: Floats
    high: Floats
    effect: Floats
    p_value: Floats
    adjusted: Floats

    def status(self) -> list[str]:
        """made, not_clear or not_enough_data of each hypothesis."""
        return [
            MADE if made else NOT_CLEAR if tested else NOT_ENOUGH
            for made, tested in zip(self.made.tolist(), self.tested.tolist(), strict=True)
        ]


def report(evidence: Evidence, seed: U64, params: InsightParameters) -> Report:
    """Tests every hypothesis of one report and decides which statements are made.

    Args:
        evidence: the answers by side and cluster.
        seed: one number, of what the report is about (`resampling.seeds`).
        params: minimum samples, false discovery rate, smallest effect, interval.
    """
    n, m = evidence.answers.sum(axis=1), evidence.others.sum(axis=1)
    clusters, clusters_others = (evidence.answers > 0).sum(axis=1), (evidence.others > 0).sum(axis=1)
    spread = _Spread.of(evidence)
    tested = (
        (np.minimum(n, m) >= params.answers_min)
        & (np.minimum(clusters, clusters_others) >= params.clusters_min)
        & (spread.all > 0)
    )
    found = [np.full(len(n), np.nan) for _ in range(9)]
    rows = np.flatnonzero(tested)
    if len(rows):
        sides = _Sides.of(evidence, rows)
        difference = sides.mean - sides.mean_others
        p_value, guard = _p_values(sides, difference, spread), _jackknife_p_values(sides, difference)
        low, high = _interval(sides, difference, seed, params)
        values = (
            sides.mean, sides.mean_others, difference, low, high, difference / spread.all,
            p_value, adjusted(p_value), guard,
        )  # fmt: skip
        for column, value in zip(found, values, strict=True):
            column[rows] = value
    mean, mean_others, difference, low, high, effect, p_value, by_rate, guard = found
    with np.errstate(invalid="ignore"):
        clear = (by_rate <= params.false_discovery_rate) & (guard <= params.guard_alpha)
        clear &= (np.abs(effect) >= params.effect_min) & (low * high > 0)
    return Report(
        tested, tested & clear, n, m, clusters, clusters_others,
        mean, mean_others, difference, low, high, effect, p_value, by_rate,
    )  # fmt: skip


def adjusted(p_values: Floats) -> Floats:
    """p-values adjusted for testing all of them: the smallest false discovery rate at which each is rejected."""
    order = np.argsort(-p_values, kind="stable")
    ranks = np.arange(len(p_values), 0, -1)
    found = np.empty(len(p_values))
    found[order] = np.minimum(1.0, np.minimum.accumulate(p_values[order] * len(p_values) / ranks))
    return found


@dataclass(frozen=True, slots=True)
class _Spread:
    """Variance of residuals within clusters and between them, `size` being the cluster size that tells them apart."""

    all: float  # standard deviation
    within: float
    between: float
    size: float
    freedom_within: float
    freedom_between: float

    @classmethod
    def of(cls, evidence: Evidence) -> _Spread:
        n, total, squares = evidence.count.astype(np.float64), evidence.total, evidence.squares
        answers, clusters = float(n.sum()), len(n)
        if answers <= clusters or clusters < 2:
            return cls(0.0, 0.0, 0.0, 1.0, 1.0, 1.0)
        mean = total.sum() / answers
        inside = float(squares.sum() - (total**2 / n).sum())
        across = float((n * (total / n - mean) ** 2).sum())
        size = (answers - float((n**2).sum()) / answers) / (clusters - 1)
        within = max(inside, 0.0) / (answers - clusters)
        between = max(0.0, (across / (clusters - 1) - within) / size)
        overall = max(0.0, float(squares.sum()) / answers - mean**2)
        return cls(float(np.sqrt(overall)), within, between, size, answers - clusters, clusters - 1.0)


@dataclass(frozen=True, slots=True)
class _Sides:
    """Tested hypotheses only: counts n, m and sums s, t of the two sides as (hypotheses, clusters), and their means."""

    n: Floats
    m: Floats
    s: Floats
    t: Floats
    mean: Floats
    mean_others: Floats

    @classmethod
    def of(cls, evidence: Evidence, rows: Index) -> _Sides:
        tables = (evidence.answers, evidence.others, evidence.residual, evidence.residual_others)
        n, m, s, t = (table[rows].astype(np.float64) for table in tables)
        return cls(n, m, s, t, s.sum(axis=1) / n.sum(axis=1), t.sum(axis=1) / m.sum(axis=1))


def _p_values(sides: _Sides, difference: Floats, spread: _Spread) -> Floats:
    n, m = sides.n.sum(axis=1), sides.m.sum(axis=1)
    single = 1 / n + 1 / m
    shared = ((sides.n / n[:, None] - sides.m / m[:, None]) ** 2).sum(axis=1)
    variance = single * spread.within + shared * spread.between
    # As a sum of the two mean squares, whose degrees of freedom are known.
    across = shared / spread.size * (spread.within + spread.size * spread.between)
    inside = variance - across
    freedom = variance**2 / (inside**2 / spread.freedom_within + across**2 / spread.freedom_between)
    return _two_sided(difference, np.sqrt(variance), np.maximum(freedom, 1.0))


def _jackknife_p_values(sides: _Sides, difference: Floats) -> Floats:
    n, m = sides.n.sum(axis=1, keepdims=True), sides.m.sum(axis=1, keepdims=True)
    without = (sides.s.sum(axis=1, keepdims=True) - sides.s) / np.maximum(n - sides.n, 1)
    without -= (sides.t.sum(axis=1, keepdims=True) - sides.t) / np.maximum(m - sides.m, 1)
    used = sides.n + sides.m > 0
    clusters = used.sum(axis=1)
    away = np.where(used, without - difference[:, None], 0.0)
    error = np.sqrt((clusters - 1) / clusters * (away**2).sum(axis=1))
    weight = sides.n / n**2 + sides.m / m**2
    freedom = weight.sum(axis=1) ** 2 / (weight**2).sum(axis=1) - 1  # effective clusters (Kish) less one
    return _two_sided(difference, error, np.maximum(freedom, 1.0))


def _two_sided(difference: Floats, error: Floats, freedom: Floats) -> Floats:
    ratio = np.divide(np.abs(difference), error, out=np.zeros_like(error), where=error > 0)
    found: Floats = 2 * stdtr(freedom, -ratio)
    return found


def _interval(sides: _Sides, difference: Floats, seed: U64, params: InsightParameters) -> tuple[Floats, Floats]:
    clusters = sides.n.shape[1]
    drawn = PoissonCounts(clusters, params.replicates).draw(
        np.repeat(seed.astype(np.uint64), clusters), np.arange(clusters, dtype=np.uint64)
    )
    n, m, s, t = (table @ drawn for table in (sides.n, sides.m, sides.s, sides.t))
    tail = (1 - params.interval) / 2
    places = [round(share * (params.replicates - 1)) for share in (tail, 1 - tail)]
    replicates = np.partition(s / np.maximum(n, 1) - t / np.maximum(m, 1), places, axis=1)
    low, high = (replicates[:, one] for one in places)
    return np.minimum(low, difference), np.maximum(high, difference)
