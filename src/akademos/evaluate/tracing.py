"""`evaluate tracing`: the chance of a correct next answer, by the model that the platform trains.

Grain: answers; the rows of one answer under several skills are one answer. Five folds by learner, drawn with a fixed
seed; a fold column in the data is ignored. Each fold is predicted by a model fitted from nothing on the other four:
item and skill tables among them, for the training learners out of fold. Every answer is predicted from what came
before it. All five folds are scored together.

Ids that are one person (`repeated_learners`) lie in different folds then, and one tells the other's results.
`repeated_ids` scores the same model with such ids in one fold: what to expect of learners who are really new.

Beside it, on the same folds: best-LR, Bayesian knowledge tracing, item difficulty alone, a constant. `row_level` does
the same on answer-skill rows, where the second row of an answer knows the result from the first: it is a leak, shown
only to recognise figures that have it. docs/evaluation/tracing.md says the same at length.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics import bayesian_knowledge_tracing as bkt
from akademos.analytics.best_lr import fit_best_lr
from akademos.analytics.probability_scores import Score, auc, brier, calibration_slope, ece, interval, log_loss
from akademos.analytics.traced_answers import TracedAnswers, trace_answers
from akademos.analytics.tracing_difficulty import LEARNED, learn_tables, learner_folds
from akademos.analytics.tracing_model import train
from akademos.errors import InputError
from akademos.evaluate.answer_files import answer_batch, question_attempts, read_rows
from akademos.evaluate.repeated_learners import people

Floats = npt.NDArray[np.float64]
Fitted = Callable[[TracedAnswers], Floats]
FOLDS, SEED = 5, 2026
FIRST = 10
LEAST = 50
LEAK = "leak: a row of an answer with several skills sees the result in the row before it"


def run(path: Path) -> dict[str, Any]:
    """The figures as the JSON object of the last line.

    Raises:
        InputError: the file cannot be read, or holds fewer than 50 learners or a single outcome.
    """
    began = time.perf_counter()
    table = read_rows(path)
    batch = answer_batch(table)
    attempts = question_attempts(batch)
    answers = trace_answers(attempts)
    _check(answers)
    folds = learner_folds(len(answers.learners), SEED, FOLDS)
    model = cross_fit(answers, folds, partial(_model, seed=SEED))
    figures: dict[str, Any] = {
        "rows": batch.rows_read,
        "answers": len(answers),
        **_scores(answers, model.predicted),
        "fit_s": round(model.fit_s, 1),
        "intervals": _intervals(answers, model.predicted),
        "calibration": _calibration(answers.correct, model.predicted),
    }
    figures["repeated_ids"] = _repeated_ids(answers, model.predicted)
    rows = trace_answers(_one_row_each(attempts))
    # The learners are the same, in the same order, and so are their folds.
    leaking = cross_fit(rows, folds, partial(_model, seed=SEED))
    figures["row_level"] = {"auc": _figure(auc(rows.correct, leaking.predicted)), "rows": len(rows), "note": LEAK}
    figures["baselines"] = {}
    for name, fit in BASELINES.items():
        found = cross_fit(answers, folds, fit)
        figures["baselines"][name] = {**_scores(answers, found.predicted), "fit_s": round(found.fit_s, 1)}
    figures["protocol"] = {
        "folds": FOLDS,
        "seed": SEED,
        "learners": len(answers.learners),
        "learners_by_fold": np.bincount(folds).tolist(),
    }
    figures["total_s"] = round(time.perf_counter() - began, 1)
    figures["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return figures


@dataclass(frozen=True, slots=True)
class CrossFit:
    """P(correct) of each answer from the fold's model; seconds of fitting a fold's model, mean over folds."""

    predicted: Floats
    fit_s: float


def cross_fit(answers: TracedAnswers, folds: npt.NDArray[np.int64], fit: Callable[[TracedAnswers], Fitted]) -> CrossFit:
    """Each fold predicted by what was fitted on the others.

    Args:
        answers: of all learners.
        folds: a fold per learner.
        fit: from training answers to a function that predicts other learners' answers.
    """
    predicted, seconds = np.empty(len(answers)), []
    for fold in np.unique(folds):
        own = folds == fold
        began = time.perf_counter()
        predict = fit(answers.of(~own))
        seconds.append(time.perf_counter() - began)
        predicted[own[answers.learner]] = predict(answers.of(own))
    return CrossFit(predicted, float(np.mean(seconds)))


def _model(training: TracedAnswers, *, seed: int) -> Fitted:
    return train(training, seed).trace


def _bkt(training: TracedAnswers) -> Fitted:
    return partial(bkt.predict, chances=bkt.fit(training))


def _difficulty(training: TracedAnswers) -> Fitted:
    tables = learn_tables(training)
    return lambda answers: 1 / (1 + np.exp(-tables.columns(answers)[:, LEARNED.index("item_rate")]))


def _constant(training: TracedAnswers) -> Fitted:
    share = float(training.correct.mean())
    return lambda answers: np.full(len(answers), share)


BASELINES: dict[str, Callable[[TracedAnswers], Fitted]] = {
    "best_lr": fit_best_lr,
    "bkt": _bkt,
    "difficulty": _difficulty,
    "constant": _constant,
}


def _scores(answers: TracedAnswers, predicted: Floats) -> dict[str, float | None]:
    first = answers.position < FIRST
    return {
        "auc": _figure(auc(answers.correct, predicted)),
        "log_loss": _figure(log_loss(answers.correct, predicted)),
        "ece": _figure(ece(answers.correct, predicted)),
        "auc_first10": _figure(auc(answers.correct[first], predicted[first])),
    }


def _intervals(answers: TracedAnswers, predicted: Floats) -> dict[str, list[float | None]]:
    """95%, over learners drawn with replacement."""
    first = answers.position < FIRST
    everything = np.ones(len(answers), dtype=bool)
    wanted: dict[str, tuple[Score, npt.NDArray[np.bool_]]] = {
        "auc": (auc, everything),
        "log_loss": (log_loss, everything),
        "ece": (ece, everything),
        "auc_first10": (auc, first),
    }
    return {
        name: [
            _figure(edge)
            for edge in interval(score, answers.correct[rows], predicted[rows], answers.learner[rows], seed=SEED)
        ]
        for name, (score, rows) in wanted.items()
    }


def _calibration(outcome: Floats, predicted: Floats) -> dict[str, Any]:
    order = np.argsort(predicted, kind="stable")
    bins = [members for members in np.array_split(order, 15) if members.size]
    return {
        "slope": _figure(calibration_slope(outcome, predicted)),
        "brier": _figure(brier(outcome, predicted)),
        "predicted": [round(float(predicted[members].mean()), 3) for members in bins],
        "observed": [round(float(outcome[members].mean()), 3) for members in bins],
    }


def _repeated_ids(answers: TracedAnswers, predicted: Floats) -> dict[str, Any]:
    """How many ids are people who stand in the data twice, and the scores without that help."""
    person = people(answers)
    repeated = np.bincount(person)[person] > 1
    alone = ~repeated[answers.learner]
    figures = {
        "ids": int(repeated.sum()),
        "answers": int((~alone).sum()),
        "auc_of_others": _figure(auc(answers.correct[alone], predicted[alone])),
    }
    if not repeated.any():
        return {**figures, "together": _scores(answers, predicted)}
    folds = learner_folds(int(person.max()) + 1, SEED, FOLDS)[person]
    together = cross_fit(answers, folds, partial(_model, seed=SEED)).predicted
    return {**figures, "together": _scores(answers, together)}


def _one_row_each(attempts: pl.DataFrame) -> pl.DataFrame:
    """Answer-skill rows as if each were an answer, in order."""
    rows = attempts.explode("topic_ids").with_columns(place=pl.int_range(pl.len()).over("event_id").cast(pl.String))
    return rows.with_columns(
        event_id=pl.concat_str("event_id", pl.lit("/"), pl.col("place").str.zfill(3)),
        topic_ids=pl.concat_list("topic_ids"),
    ).drop("place")


def _figure(value: float) -> float | None:
    """Rounded; null where there is none (one class only)."""
    return None if np.isnan(value) else round(value, 5)


def _check(answers: TracedAnswers) -> None:
    if len(answers.learners) < LEAST:
        raise InputError(
            f"The file holds answers of {len(answers.learners)} learners; the protocol needs {LEAST}.",
            hint="Give answers of more learners.",
            code="too_few_learners",
        )
    if not 0 < answers.correct.mean() < 1:
        raise InputError(
            "All answers in the file have the same result.",
            hint="Check its column of results: 0 is wrong, 1 is right.",
            code="one_outcome",
        )
