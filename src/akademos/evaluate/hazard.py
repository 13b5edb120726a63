"""`evaluate hazard`: who will leave a course within four weeks, with every date of the course hidden.

Trained on presentations 2013B and 2013J, judged on 2014B, by the model that the platform trains for courses without
dates (`analytics.dropout_hazard`). Grain: one learner and course, 2, 4, 8, 12, 16 and 20 weeks after the learner's own
first activity, of those who have not withdrawn. Outcome: withdraws (`date_unregistration`) within the next four weeks.
Neither the first day of the course nor the dates of its assessments are used; days count from each learner's own start.
A course is observed until the last day on which anybody did anything in it. docs/evaluation/risk.md says the same at
length.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.concordance import concordance, concordance_interval
from akademos.analytics.dropout_hazard import (
    HORIZON,
    LANDMARKS,
    LEFT,
    OBSERVED,
    STEP,
    fit_hazard,
    landmarks,
    leaving_chance,
    left_within,
    person_weeks,
)
from akademos.analytics.probability_scores import auc, average_precision, brier, calibration_slope, ece, interval
from akademos.analytics.risk_fitting import COHORT, OUTCOME
from akademos.analytics.risk_materials import common_kinds
from akademos.analytics.risk_tables import KEYS, WEEK, RiskParameters, Tables
from akademos.evaluate.oulad_files import read_presentation

Floats = npt.NDArray[np.float64]

TRAINING, TEST = ("2013B", "2013J"), "2014B"
WEEKS = (2, 4, 8, 12, 16, 20)
SEED = 14
IDLE = 7.0
"""Days without activity of the rule."""


def run(folder: Path) -> dict[str, Any]:
    """The figures as the JSON object of the last line.

    Raises:
        InputError: the folder does not hold the dataset.
    """
    began = time.perf_counter()
    training = [dateless(read_presentation(folder, code).tables) for code in TRAINING]
    params = RiskParameters(kinds=common_kinds(pl.concat([one["activity"] for one in training])))
    taught = pl.concat(
        landmarks(one, observed_until(one), params).with_columns(pl.lit(number).alias(COHORT))
        for number, one in enumerate(training)
    )
    del training
    started = time.perf_counter()
    model = fit_hazard(taught, kinds=params.kinds, seed=SEED)
    seconds = time.perf_counter() - started
    test = dateless(read_presentation(folder, TEST).tables)
    judged = landmarks(test, observed_until(test), params, WEEKS)
    judged = judged.with_columns(said=pl.Series(leaving_chance(model, judged), dtype=pl.Float64))
    idle = {one: _share_left(left_within(taught).filter((pl.col("inactive_days") >= IDLE) == one)) for one in (0, 1)}
    return {
        "horizon_weeks": HORIZON,
        "weeks": {str(week): _week(judged.filter(pl.col("day") == WEEK * week), model.notes, idle) for week in WEEKS},
        "fit_s": round(seconds, 1),
        "train": {
            "presentations": list(TRAINING),
            "landmarks": list(LANDMARKS),
            "person_weeks": person_weeks(taught.select(*KEYS, LEFT, OBSERVED)).height,
            "features": len([name for name in model.features if name != STEP]),
            **model.notes,
        },
        "test": {"presentation": TEST, "learners": judged["learner_key"].n_unique()},
        "total_s": round(time.perf_counter() - began, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def dateless(tables: Tables) -> dict[str, pl.DataFrame]:
    """The tables without when anything is due."""
    none = pl.lit(None, pl.Int32)
    return {**tables, "assessments": tables["assessments"].with_columns(due_day=none)}


def observed_until(tables: Tables) -> pl.DataFrame:
    """KEYS and `until`: the day after the last on which anybody did anything in the course."""
    last = tables["activity"].group_by("course_id").agg(until=pl.col("day").max() + 1)
    return tables["enrolments"].select(KEYS).unique(maintain_order=True).join(last, on="course_id")


def _share_left(table: pl.DataFrame) -> float:
    """Of those who fall under the rule or do not, (left + 1) / (n + 2)."""
    return float((table[OUTCOME].sum() + 1) / (table.height + 2))


def _week(there: pl.DataFrame, notes: Mapping[str, Any], idle: Mapping[int, float]) -> dict[str, Any]:
    """Every figure of one landmark."""
    whole = left_within(there)
    if whole.is_empty():
        return {"learners": 0, "left": 0}
    outcome, learner = whole[OUTCOME].to_numpy(), whole["learner_key"].rank("dense").to_numpy().astype(np.int64) - 1
    said = whole["said"].to_numpy()
    rule = np.where(whole["inactive_days"].to_numpy() >= IDLE, idle[1], idle[0])
    constant = np.full(len(outcome), float(notes["usual"]))
    return {
        "learners": whole.height,
        "left": int(outcome.sum()),
        **_scores(outcome, said),
        "intervals": {
            name: [_figure(edge) for edge in interval(score, outcome, said, learner, seed=SEED)]
            for name, score in (("auroc", auc), ("brier", brier), ("ece", ece))
        },
        **_ranked(there, there["said"].to_numpy(), with_interval=True),
        "baselines": {
            "constant": _scores(outcome, constant),
            "inactive_7d": {
                **_scores(outcome, rule),
                **_ranked(there, (there["inactive_days"].to_numpy() >= IDLE).astype(np.float64)),
            },
            "days_inactive": {
                "auroc": _figure(auc(outcome, whole["inactive_days"].to_numpy())),
                **_ranked(there, there["inactive_days"].to_numpy()),
            },
        },
    }


def _scores(outcome: Floats, said: Floats) -> dict[str, Any]:
    ranks = len(np.unique(said)) > 1
    return {
        "auroc": _figure(auc(outcome, said)),
        "auprc": _figure(average_precision(outcome, said)),
        "brier": _figure(brier(outcome, said)),
        "ece": _figure(ece(outcome, said)),
        "slope": _figure(calibration_slope(outcome, said)) if ranks else None,
        "share": _figure(float(outcome.mean())),
        "predicted": _figure(float(said.mean())),
    }


def _ranked(there: pl.DataFrame, said: Floats, *, with_interval: bool = False) -> dict[str, Any]:
    """Harrell's C over the time until withdrawal, censored where the course was observed last."""
    left = there[LEFT].to_numpy()
    happened = ~np.isnan(left)
    times = np.where(happened, left, there[OBSERVED].to_numpy())
    found: dict[str, Any] = {"c_index": _figure(concordance(times, happened, said))}
    if with_interval:
        found["c_interval"] = [_figure(edge) for edge in concordance_interval(times, happened, said, seed=SEED)]
    return found


def _figure(value: float) -> float | None:
    """Rounded; null where there is none (one class only)."""
    return None if np.isnan(value) else round(float(value), 4)
