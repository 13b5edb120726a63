"""How well recall is foretold: `akademos evaluate forgetting DATA` (protocol in docs/evaluation/forgetting.md).

Time split inside the learner: each learner's scored reviews, in time, are cut into six equal parts. For parts 2 to 6
everything is fitted to the parts before and the part is scored, as the open spaced repetition benchmark does
(`TimeSeriesSplit(n_splits=5)`). A review is scored when at least a day of 24 hours has passed since the last
one of the card. What a model knows of a card are its earlier reviews, up to the one before the scored one.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from akademos.analytics import fsrs, fsrs_fit, sm2
from akademos.analytics.clock import DAY_US
from akademos.analytics.fsrs import AGAIN
from akademos.analytics.parameters import DEFAULT, FSRS_6_DEFAULT
from akademos.analytics.probability_scores import Floats, auc, ece, interval, log_loss
from akademos.analytics.recall_stack import (
    fit_stack,
    moving_average,
    recall_probability,
    stack_features,
)
from akademos.analytics.rounds import Index, runs
from akademos.errors import InputError
from akademos.evaluate.review_logs import ReviewLog, long_term, read_review_log

PARTS = 6
SEED = 20_240_329
_QUALITY = np.array([0, 1, 3, 4, 5])
"""Quality of the interval rule by grade."""
_RULE_RECALL = 0.9
_AVERAGE_RATE = 0.3
_STACK = "stack"
_RSS_PER_MB = 2**20 if sys.platform == "darwin" else 2**10


def run(data: Path) -> dict[str, Any]:
    """Figures of the protocol on one log.

    Raises:
        InputError: no review log (`data_missing`, `layout_unknown`), or too few reviews to judge (`too_little_data`).
    """
    began = time.perf_counter()
    log = read_review_log(data)
    row, elapsed, lapses, earlier = long_term(log)
    if len(row) < 100:
        raise InputError(
            f"{data} has {len(row)} reviews a day or more after the one before.",
            hint="At least 100 are needed.",
            code="too_little_data",
        )
    part = _parts(log, row)
    scored = part > 0
    predicted, fit_s, steps = predictions(log, row, elapsed, lapses, earlier, part)
    outcome = (log.grades[row] > AGAIN).astype(np.float64)[scored]
    bins = rmse_bins_of(elapsed[scored], earlier[scored] + 1, lapses[scored])
    card = np.repeat(np.arange(len(log.starts)), log.counts)[row][scored]
    figures = {name: _scores(outcome, p[scored], bins, card) for name, p in predicted.items()}
    overnight = int((np.diff(log.at_us // DAY_US) > 0)[_within(log)].sum()) - len(row)
    return {
        "reviews_scored": int(scored.sum()),
        **figures.pop(_STACK),
        "baselines": figures,
        "recalled": round(float(outcome.mean()), 4),
        "reviews": len(log.at_us),
        "cards": len(log.starts),
        "learners": len(np.unique(log.learner)),
        "not_scored": {"overnight_within_24_hours": overnight},
        "paired": {name: _gain(outcome, predicted[name][scored], predicted[_STACK][scored], card) for name in figures},
        "fit_s": round(fit_s, 2),
        "fit_steps": steps,
        "seconds": round(time.perf_counter() - began, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _RSS_PER_MB),
    }


def predictions(
    log: ReviewLog, row: Index, elapsed: Floats, lapses: Index, earlier: Index, part: Index
) -> tuple[dict[str, Floats], float, int]:
    """Per model, P(recall) of every scored review (part > 0; the rest is NaN); seconds and steps of the fits.

    Args:
        log: the reviews.
        row, elapsed, lapses, earlier: `review_logs.long_term`.
        part: number of the part of each scored review, 0 to 5.
    """
    recalled = log.grades[row] > AGAIN
    at_us, learner, item = log.at_us[row], log.learner[row], log.item[row]
    default = np.asarray(FSRS_6_DEFAULT)
    with_default = fsrs.review_all(log.at_us, log.grades, log.starts, log.counts).retrievability[row]
    average = moving_average(learner, at_us, recalled, _AVERAGE_RATE)
    every = sm2.review_all(log.at_us, _QUALITY[log.grades], log.starts, log.counts)
    known: dict[str, Floats] = {
        "moving_average": 1 / (1 + np.exp(-average)),
        "sm2": _RULE_RECALL ** (elapsed / every[row - 1]),
        "fsrs_default": with_default,
    }
    found = {name: np.full(len(row), np.nan) for name in ("average", *known, "fsrs_fitted", _STACK)}
    seconds, steps = 0.0, 0
    for number in range(1, PARTS):
        before, now = part < number, part == number
        for name, p in known.items():
            found[name][now] = p[now]
        means = np.bincount(learner[before], recalled[before]) / np.maximum(np.bincount(learner[before]), 1)
        found["average"][now] = means[learner[now]]
        began = time.perf_counter()
        weights, tried = _fitted(log, row, before, default)
        seconds, steps = seconds + time.perf_counter() - began, steps + tried
        recall = np.empty(len(row))
        for who, own in enumerate(weights):
            mine = np.flatnonzero(log.learner[log.starts] == who)
            cards = log.starts[mine], log.counts[mine]
            rows = learner == who
            recall[rows] = fsrs.review_all(log.at_us, log.grades, *cards, own).retrievability[row[rows]]
        found["fsrs_fitted"][now] = recall[now]
        features = stack_features(recall, learner, item, at_us, recalled, lapses, earlier)
        stack = fit_stack(features[before], recalled[before])
        found[_STACK][now] = recall_probability(stack, features[now])
    return found, seconds, steps


def _fitted(log: ReviewLog, row: Index, before: npt.NDArray[np.bool_], default: Floats) -> tuple[Floats, int]:
    """Weights of each learner from the reviews up to the last one of the parts before; the prior is what all learners
    together give, that of all together the default."""
    learners = int(log.learner.max()) + 1
    until = np.full(learners, -1)
    np.maximum.at(until, log.learner[row[before]], log.at_us[row[before]])
    kept = np.flatnonzero(log.at_us <= until[log.learner])
    starts, counts = runs(np.repeat(np.arange(len(log.starts)), log.counts)[kept])
    at_us, grades, of_card = log.at_us[kept], log.grades[kept], log.learner[kept][starts]
    prior, steps = default[None, :], 0
    if learners > 1:
        pooled = fsrs_fit.fit(at_us, grades, starts, counts, np.zeros_like(of_card), prior, DEFAULT.fit)
        prior, steps = pooled.weights, pooled.steps
    fitted = fsrs_fit.fit(at_us, grades, starts, counts, of_card, np.repeat(prior, learners, axis=0), DEFAULT.fit)
    return fitted.weights, steps + fitted.steps


def _parts(log: ReviewLog, row: Index) -> Index:
    """Number of the part of each scored review: six equal ones of each learner, in time."""
    order = np.lexsort((row, log.at_us[row], log.learner[row]))
    starts, counts = runs(log.learner[row][order])
    rank = np.arange(len(row)) - np.repeat(starts, counts)
    part = np.empty(len(row), dtype=np.int64)
    part[order] = rank * PARTS // np.repeat(counts, counts)
    return part


def _within(log: ReviewLog) -> npt.NDArray[np.bool_]:
    """Per neighbouring pair of rows, whether both are of one card."""
    pairs = np.ones(len(log.at_us) - 1, dtype=bool)
    pairs[log.starts[1:] - 1] = False
    return pairs


def rmse_bins_of(elapsed: Floats, review: Index, lapses: Index) -> Index:
    """Number of the bin of each review: by days passed, reviews of the card and lapses, each on a log scale.

    Source: fsrs-optimizer 6.5 of open-spaced-repetition, `rmse_matrix`, the RMSE(bins) of its benchmark.
    """
    days = np.round(2.48 * 3.62 ** np.floor(np.log(elapsed) / np.log(3.62)), 2)
    place = np.round(1.99 * 1.89 ** np.floor(np.log(review) / np.log(1.89)), 0)
    power = np.floor(np.log(np.maximum(lapses, 1)) / np.log(1.73))
    missed = np.where(lapses > 0, np.round(1.65 * 1.73**power, 0), 0)
    found: Index = np.unique(np.column_stack((days, place, missed)), axis=0, return_inverse=True)[1].reshape(-1)
    return found


def rmse_bins(outcome: Floats, predicted: Floats, bins: Index) -> float:
    """Root mean square of (mean outcome - mean prediction) over bins, weighted by their reviews."""
    count = np.bincount(bins)
    gap = np.bincount(bins, outcome - predicted) / np.maximum(count, 1)
    return float(np.sqrt((count * gap**2).sum() / count.sum()))


def _scores(outcome: Floats, predicted: Floats, bins: Index, card: Index) -> dict[str, Any]:
    measures: Mapping[str, Callable[[Floats, Floats], float]] = {"log_loss": log_loss, "auc": auc}
    found: dict[str, Any] = {"log_loss": round(log_loss(outcome, predicted), 4)}
    found["rmse_bins"] = round(rmse_bins(outcome, predicted, bins), 4)
    found["auc"] = round(auc(outcome, predicted), 4)
    found["ece"] = round(ece(outcome, predicted), 4)
    for name, measure in measures.items():
        low, high = interval(measure, outcome, predicted, card, seed=SEED)
        found[f"{name}_95"] = [round(low, 4), round(high, 4)]
    return found


def _gain(outcome: Floats, baseline: Floats, model: Floats, card: Index) -> dict[str, Any]:
    """How much lower the model's log loss is, on the same cards drawn."""
    gain = _losses(outcome, baseline) - _losses(outcome, model)

    def mean(_: Floats, each: Floats) -> float:
        return float(each.mean())

    low, high = interval(mean, outcome, gain, card, seed=SEED)
    return {"log_loss_gain": round(float(gain.mean()), 4), "log_loss_gain_95": [round(low, 4), round(high, 4)]}


def _losses(outcome: Floats, predicted: Floats) -> Floats:
    p = np.clip(predicted, 1e-6, 1 - 1e-6)
    each: Floats = -np.where(outcome > 0, np.log(p), np.log1p(-p))
    return each
