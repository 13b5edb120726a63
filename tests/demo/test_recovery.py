"""The bench that compares estimates with the truth of the generative model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from akademos.analytics.curriculum import prepare
from akademos.analytics.schemas import INPUT, OVERALL, conform
from akademos.bench.recovery import recovery, spearman_over_learners
from akademos.bench.recovery_projections import estimates_at, projection_coverage
from akademos.bench.recovery_tables import analytic_tables
from akademos.demo.simulation import History
from akademos.demo.truth import write_truth

COMPONENTS = ("first_attempt_accuracy", "overall_accuracy", "retrieval_strength", "material_completion")


def generator() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(1))


def test_correlation_is_spearmans_and_learners_are_drawn_whole() -> None:
    rng = generator()
    learner = pl.Series([f"l{one}" for one in rng.integers(0, 30, 400)])
    truth = pl.Series(rng.normal(size=400))
    estimate = truth + pl.Series(rng.normal(size=400))
    found = spearman_over_learners(learner, estimate, truth, 400, generator())
    assert found.value == pytest.approx(spearmanr(estimate, truth).statistic)
    assert found.low < found.value < found.high
    alone = spearman_over_learners(pl.Series(["l"] * 400), estimate, truth, 20, generator())
    assert alone.low == pytest.approx(alone.high)  # one learner is the same learner in every draw


def test_tables_are_those_of_the_analytics_and_hold_consenting_learners_only(history: History) -> None:
    tables = analytic_tables(history)
    for name, table in tables.items():
        assert conform(table, name).height == table.height
        assert set(table.columns) <= set(INPUT[name])
    silent = {
        user_id
        for user_id, consent in zip(history.learners.user_ids, history.learners.consents, strict=True)
        if consent != "granted"
    }
    assert silent
    for name in ("question_attempts", "material_interactions", "learners"):
        assert silent.isdisjoint(tables[name]["learner_key"])


@pytest.mark.slow
def test_projections_are_followed_up(history: History) -> None:
    figures = projection_coverage(25, 7, 40)
    assert figures["made"] > figures["reached"] >= 0
    for end in figures["ends"].values():
        assert 0 <= end["judged"] <= figures["made"]
        assert end["holds"] is None or 0 <= end["holds"] <= 1
    assert figures["covers"] is None or 0 <= figures["covers"] <= 1


def test_estimates_find_more_truth_than_chance(history: History, tmp_path: Path) -> None:
    write_truth(history, tmp_path)
    tables = analytic_tables(history)
    found = estimates_at(tables, prepare(tables), history.now)["mastery"]
    estimates = found.filter(pl.col("status") == "ok", pl.col("topic_id") != OVERALL).select(
        "topic_id",
        "value",
        "low",
        "high",
        *COMPONENTS,
        learner="learner_key",
        first_attempt_accuracy_weight="first_attempt_weight",
        overall_accuracy_weight="overall_weight",
        retrieval_strength_weight="retrieval_weight",
        material_completion_weight="material_weight",
    )
    figures = recovery(estimates, tmp_path, replicates=50, seed=1)
    assert figures["pairs"] == estimates.height > 100
    assert figures["mastery"]["low"] > 0.3
    assert figures["retrieval"]["spearman"] > 0.2
    assert 0.4 < figures["mastery_interval"]["covers_expected_composite"] <= 1
    assert set(figures["baselines"]) == {"percent_correct"}
    oracle = estimates.join(
        pl.read_parquet(tmp_path / "topics.parquet"), left_on=["learner", "topic_id"], right_on=["user_id", "topic_id"]
    ).with_columns(value="mastery")
    perfect = recovery(oracle.select(estimates.columns), tmp_path, replicates=20, seed=1)
    assert perfect["mastery"]["spearman"] == 1.0
