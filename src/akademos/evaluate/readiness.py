"""`evaluate readiness`: an exam score predicted from what came before, by the model that the platform trains.

Five folds by learner, repeated; every fold's model is fitted from nothing on the other four, item difficulties and
calibration learners of its interval among them. Scored are the test learners of each fold, all repeats together:

- *r*: Pearson's correlation of predicted and actual score, mean over repeats;
- *mae_sd*: mean absolute error in standard deviations of the outcome;
- *coverage90*: share of test learners whose 90% interval holds their score;
- *ece_pass*, *brier_pass*: of the probability of passing.

Intervals are percentiles over learners drawn with replacement. Percent correct stands beside it, put on the outcome's
scale by a line fitted on the same training learners. docs/evaluation/readiness.md says the same at length.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from akademos.analytics.ability import ability
from akademos.analytics.probability_scores import brier, ece
from akademos.analytics.score_fitting import Examples, fit_score
from akademos.errors import InputError
from akademos.evaluate.exam_layouts import ExamData, read_exam

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

FOLDS, SEED = 5, 14
TEST_PREDICTIONS = 2_000
"""Repeats are as many as give about so many predictions, 2 at least and 20 at most."""

COVERAGE = 0.90
REPLICATES = 1_000
DIFFICULTY_PRIOR = 10.0
"""Learners at even odds that an item's difficulty is shrunk by."""

_COLUMNS = ("score", "low", "high", "passing", "percent_correct")
LEAST = 100


def run(path: Path) -> dict[str, Any]:
    """The figures as the JSON object of the last line."""
    began = time.perf_counter()
    exam = read_exam(path)
    learners = len(exam.outcome)
    if learners < LEAST:
        raise InputError(f"{learners} learners are too few.", hint=f"It takes {LEAST}.", code="too_few_examples")
    repeats = int(np.clip(round(TEST_PREDICTIONS / learners), 2, 20))
    found = {name: np.empty((repeats, learners)) for name in _COLUMNS}
    kinds: dict[str, int] = {}
    fit_s = 0.0
    rng = np.random.Generator(np.random.PCG64(SEED))
    for repeat in range(repeats):
        fold = rng.permutation(learners) % FOLDS
        for one in range(FOLDS):
            test, train = np.flatnonzero(fold == one), np.flatnonzero(fold != one)
            started = time.perf_counter()
            kind, columns = _predicted(exam, train, test, SEED + repeat * FOLDS + one)
            fit_s += time.perf_counter() - started
            kinds[kind] = kinds.get(kind, 0) + 1
            for name, values in columns.items():
                found[name][repeat, test] = values
    return {
        "n": learners,
        **_figures(exam, found),
        "test_size": learners // FOLDS,
        "folds": FOLDS,
        "repeats": repeats,
        "predictors_chosen": kinds,
        "data": exam.name,
        "pass_mark": exam.pass_mark,
        "passed": round(float((exam.outcome >= exam.pass_mark).mean()), 3),
        "fit_s_each": round(fit_s / (FOLDS * repeats), 3),
        "seconds": round(time.perf_counter() - began, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "card": exam.card,
    }


def _predicted(exam: ExamData, train: Index, test: Index, seed: int) -> tuple[str, dict[str, Floats]]:
    """The chosen kind of predictor, and every column for the test learners."""
    names, rows = _features(exam, train)
    numbers = np.arange(len(train))
    examples = Examples(
        features=names,
        rows=rows[train],
        score=exam.outcome[train],
        learner=numbers,
        cohort=np.zeros_like(numbers),
        days_out=np.zeros(len(train)),
        pass_mark=np.full(len(train), exam.pass_mark),
    )
    model = fit_score(examples, coverage=COVERAGE, seed=seed)
    said = model.predict(rows[test], np.zeros(len(test)), np.full(len(test), exam.pass_mark))
    # Nobody is left out of the score: a withheld prediction is the mean, with an interval of everything.
    mean = float(exam.outcome[train].mean())
    correct = exam.first.mean(axis=1)
    slope, intercept = np.polyfit(correct[train], exam.outcome[train], 1)
    return model.kind, {
        "score": np.where(said.withheld, mean, said.score),
        "low": np.where(said.withheld, 0.0, said.low),
        "high": np.where(said.withheld, 1.0, said.high),
        "passing": np.where(
            np.isnan(said.passing), float((exam.outcome[train] >= exam.pass_mark).mean()), said.passing
        ),
        "percent_correct": np.clip(intercept + slope * correct[test], 0.0, 1.0),
    }


def _features(exam: ExamData, train: Index) -> tuple[tuple[str, ...], Floats]:
    """Names and (learners, features); what is learned from others is learned from the training learners."""
    first = exam.first
    expected = (first[train].sum(axis=0) + DIFFICULTY_PRIOR / 2) / (len(train) + DIFFICULTY_PRIOR)
    learners, items = first.shape
    adjusted = ability(first.ravel(), np.tile(expected, learners), np.repeat(np.arange(learners), items), learners)
    names = ("ability", "percent_correct", *(f"item_{n + 1}" for n in range(items)), *exam.more_names)
    return names, np.column_stack((adjusted, first.mean(axis=1), first, exam.more))


def _figures(exam: ExamData, found: dict[str, Floats]) -> dict[str, Any]:
    spread, outcome = float(exam.outcome.std()), exam.outcome
    passed = (outcome >= exam.pass_mark).astype(np.float64)
    rng = np.random.Generator(np.random.PCG64(SEED))
    draws = rng.integers(0, len(outcome), (REPLICATES, len(outcome)))
    everybody = np.arange(len(outcome))

    def r(name: str, who: Index) -> float:
        return float(np.mean([np.corrcoef(row[who], outcome[who])[0, 1] for row in found[name]]))

    def mae(name: str, who: Index) -> float:
        return float(np.abs(found[name][:, who] - outcome[who]).mean() / spread)

    def covered(who: Index) -> float:
        inside = (found["low"][:, who] <= outcome[who]) & (outcome[who] <= found["high"][:, who])
        return float(inside.mean())

    def interval(score: Callable[[Index], float]) -> list[float]:
        low, high = np.quantile([score(who) for who in draws], (0.025, 0.975))
        return [round(float(low), 4), round(float(high), 4)]

    def both(name: str) -> dict[str, Any]:
        return {
            "r": round(r(name, everybody), 4),
            "r_95": interval(lambda who: r(name, who)),
            "mae_sd": round(mae(name, everybody), 4),
            "mae_sd_95": interval(lambda who: mae(name, who)),
        }

    by_repeat = ((found["low"] <= outcome) & (outcome <= found["high"])).mean(axis=1)
    third = np.stack(
        [np.argsort(np.argsort(row, kind="stable"), kind="stable") * 3 // len(row) for row in found["score"]]
    )
    inside = (found["low"] <= outcome) & (outcome <= found["high"])
    calibrated, stacked = found["passing"].ravel(), np.tile(passed, len(found["passing"]))
    return {
        **both("score"),
        "coverage90": round(covered(everybody), 4),
        "coverage90_95": interval(covered),
        "coverage90_by_repeat": [round(float(by_repeat.min()), 4), round(float(by_repeat.max()), 4)],
        "coverage90_by_third": [round(float(inside[third == one].mean()), 4) for one in range(3)],
        "width": round(float((found["high"] - found["low"]).mean()), 4),
        "ece_pass": round(ece(stacked, calibrated), 4),
        "brier_pass": round(brier(stacked, calibrated), 4),
        "reliability": _reliability(stacked, calibrated),
        "gain": {
            "r": interval(lambda who: r("score", who) - r("percent_correct", who)),
            "mae_sd": interval(lambda who: mae("percent_correct", who) - mae("score", who)),
        },
        "baselines": {
            "percent_correct": both("percent_correct"),
            "mean": {"mae_sd": round(float(np.abs(outcome - outcome.mean()).mean() / spread), 4)},
        },
    }


def _reliability(passed: Floats, said: Floats) -> list[list[float]]:
    """[mean probability, share that passed, predictions] in five bins of equal mass."""
    order = np.argsort(said, kind="stable")
    return [
        [round(float(said[part].mean()), 3), round(float(passed[part].mean()), 3), len(part)]
        for part in np.array_split(order, 5)
    ]
