"""Predicted exam scores against what the generative model's learners then scored.

Learners of the demo's generator sit the midterms. Two in three of them teach a score model, which predicts those of the
others from what they had done a week and four weeks before, in five random splits; the analytics run here as they do in
the platform.
`covers` is how many of the 90% intervals held the score. Both ends say what was drawn: 95% percentile interval over
learners drawn with replacement. Percent correct stands beside it, put on the scale of scores by a line fitted on the
same learners.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from akademos.analytics.curriculum import Curriculum, prepare
from akademos.analytics.exam_features import FEATURES
from akademos.analytics.item_difficulty import item_difficulty
from akademos.analytics.learner_state import evaluate, precompute
from akademos.analytics.score_fitting import Examples, fit_score
from akademos.bench.recovery_tables import analytic_tables
from akademos.demo.courses import COURSES
from akademos.demo.midterm import PAPER, PASS_MARK, midterm_id, midterm_leaves
from akademos.demo.simulation import History, simulate

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
HORIZONS = (7.0, 28.0)
COVERAGE, TEST_ONE_IN, REPEATS, REPLICATES = 0.90, 3, 5, 1_000


def readiness_coverage(learners: int, seed: int) -> dict[str, Any]:
    """Coverage, error and correlation on the learners who taught nothing."""
    examples, names = _examples(simulate(learners, seed, NOW))
    place, rng = FEATURES.index("percent_correct"), np.random.Generator(np.random.PCG64(seed))
    parts = []
    for repeat in range(REPEATS):
        test = (rng.permutation(len(names)) % TEST_ONE_IN == 0)[examples.learner]
        taught, judged = examples.of(~test), examples.of(test)
        model = fit_score(taught, coverage=COVERAGE, seed=seed + repeat, horizons=HORIZONS)
        said = model.predict(judged.rows, judged.days_out, judged.pass_mark)
        line = np.polyfit(taught.rows[:, place], taught.score, 1)
        parts.append(
            pl.DataFrame(
                {
                    "learner": judged.learner,
                    "days": judged.days_out,
                    "outcome": judged.score,
                    "score": model.score(judged.rows),
                    "inside": (said.low <= judged.score) & (judged.score <= said.high),
                    "plain": np.clip(np.polyval(line, judged.rows[:, place]), 0.0, 1.0),
                }
            )
        )
    found = pl.concat(parts)
    inside, outcome = found["inside"].to_numpy(), found["outcome"].to_numpy()
    people, number = np.unique(found["learner"].to_numpy(), return_inverse=True)
    hits, counts = np.bincount(number, inside), np.bincount(number)
    drawn = rng.integers(0, len(people), (REPLICATES, len(people)))
    low, high = np.quantile(hits[drawn].sum(axis=1) / counts[drawn].sum(axis=1), (0.025, 0.975))
    by_horizon = found.group_by("days").agg(pl.col("inside").mean()).sort("days")
    return {
        "nominal": COVERAGE,
        "learners": len(names),
        "taught_each": taught.learners,
        "covers": round(float(inside.mean()), 3),
        "covers_95": [round(float(low), 3), round(float(high), 3)],
        "covers_by_horizon": {f"{days:g} days": round(share, 3) for days, share in by_horizon.iter_rows()},
        **_error(found["score"].to_numpy(), outcome),
        "baselines": {"percent_correct": _error(found["plain"].to_numpy(), outcome)},
    }


def _error(score: Any, outcome: Any) -> dict[str, float]:
    return {
        "r": round(float(np.corrcoef(score, outcome)[0, 1]), 3),
        "mae_sd": round(float(np.abs(score - outcome).mean() / outcome.std()), 3),
    }


def _examples(history: History) -> tuple[Examples, list[str]]:
    """Features of everybody who sat a midterm, before it; and who they are."""
    tables = analytic_tables(history)
    weights = [
        (midterm_id(course), leaf.topic_id, float(leaf.weight)) for course in COURSES for leaf in midterm_leaves(course)
    ]
    exams = pl.DataFrame(weights, schema=["exam_id", "topic_id", "weight"], orient="row")
    curriculum = prepare({**tables, "exam_weights": exams})
    ids = np.array(history.learners.user_ids)
    results = history.midterms
    sat = pl.DataFrame(
        {
            "learner_key": ids[results.who],
            "exam_id": [midterm_id(COURSES[one]) for one in results.course],
            "score": results.right / PAPER,
        }
    ).join(tables["learners"].select("learner_key"), on="learner_key")
    day = history.first_day + timedelta(days=int(history.term.midterm))
    rows = pl.concat(
        [
            _features(tables, curriculum, sat.filter(pl.col("exam_id") == exam), day, days)
            for exam in sorted(set(sat["exam_id"].to_list()))
            for days in HORIZONS
        ]
    ).sort("learner_key", "exam_id", "days")
    names = sorted(set(rows["learner_key"].to_list()))
    learner = rows["learner_key"].rank("dense").to_numpy().astype(np.int64) - 1
    return Examples(
        features=FEATURES,
        rows=rows.select(FEATURES).to_numpy(),
        score=rows["score"].to_numpy(),
        learner=learner,
        cohort=np.zeros_like(learner),
        days_out=rows["days"].to_numpy(),
        pass_mark=np.full(len(learner), PASS_MARK),
    ), names


def _features(
    tables: dict[str, pl.DataFrame], curriculum: Curriculum, sat: pl.DataFrame, day: Any, days: float
) -> pl.DataFrame:
    at = datetime.combine(day, datetime.min.time(), UTC) - timedelta(days=days)
    keys = sat["learner_key"].to_list()
    mine = {name: tables[name].filter(pl.col("learner_key").is_in(keys)) for name in _OF_LEARNERS}
    given = {
        **tables,
        **mine,
        "learner_targets": sat.select("learner_key", "exam_id", target_date=pl.lit(day)),
        "item_difficulty": item_difficulty(tables["question_attempts"], at),
    }
    said = evaluate(precompute(given, at), curriculum, at, parts=("readiness",))["readiness_features"]
    wide = said.pivot(on="feature", index="learner_key", values="value", aggregate_function="first")
    return sat.join(wide, on="learner_key").with_columns(days=pl.lit(days))


_OF_LEARNERS = ("question_attempts", "material_interactions", "learners")
