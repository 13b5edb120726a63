"""The bench that compares estimates with the truth of the generative model."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from akademos.analytics.schemas import INPUT, conform
from akademos.bench.recovery import run, spearman_over_learners
from akademos.bench.recovery_tables import analytic_tables
from akademos.demo.simulation import History


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
def test_estimates_find_more_truth_than_chance() -> None:
    figures = run(learners=25, replicates=50, beyond_days=40)
    assert figures["mastery"]["low"] > 0.3
    assert figures["retrieval"]["spearman"] > 0.2
    assert 0 < figures["mastery_interval"]["covers_expected_composite"] <= 1
    assert figures["projection"]["made"] > figures["projection"]["reached"] >= 0
    assert {"percent_correct"} == set(figures["baselines"])
