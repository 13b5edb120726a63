"""The score model: fitted the same way every time, kept as bytes, honest about what it has not seen."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from akademos.analytics.ability import ability
from akademos.analytics.boosted_trees import grow
from akademos.analytics.promotion import compare
from akademos.analytics.score_fitting import COHORT_LEAST, Examples, fit_score
from akademos.analytics.score_metrics import score_metrics
from akademos.analytics.score_model import Linear, from_bytes
from akademos.errors import InputError


def examples(count: int, seed: int = 0, *, curved: bool = False, cohorts: int = 1) -> Examples:
    """Learners whose score follows two of three features; one row each."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, 3))
    signal = 0.12 * np.abs(rows[:, 0]) * 2 if curved else 0.12 * rows[:, 0] + 0.05 * rows[:, 1]
    score = np.clip(0.5 + signal + rng.normal(0, 0.08, count), 0, 1)
    rows[rng.random((count, 3)) < 0.03] = np.nan
    learner = np.arange(count)
    return Examples(
        features=("a", "b", "c"),
        rows=rows,
        score=score,
        learner=learner,
        cohort=learner * cohorts // count,
        days_out=np.zeros(count),
        pass_mark=np.full(count, 0.5),
    )


def test_the_same_data_and_seed_give_the_same_bytes() -> None:
    one, other = (fit_score(examples(120), coverage=0.9, seed=4).to_bytes() for _ in range(2))
    assert one == other
    assert from_bytes(one).to_bytes() == one
    assert fit_score(examples(120), coverage=0.9, seed=5).to_bytes() != one


@pytest.mark.parametrize("curved", [False, True])
def test_the_interval_covers_new_learners(curved: bool) -> None:
    model = fit_score(examples(400, 1, curved=curved), coverage=0.9, seed=1)
    assert model.kind == ("boosted" if curved else "linear")
    new = examples(2_000, 2, curved=curved)
    said = model.predict(new.rows, new.days_out, new.pass_mark)
    inside = (said.low <= new.score) & (new.score <= said.high)
    assert 0.85 <= inside[~said.withheld].mean() <= 0.97
    passed = new.score >= 0.5
    assert np.nanmean((said.passing - passed) ** 2) < np.mean((passed.mean() - passed) ** 2)


def test_an_unusual_learner_gets_a_wider_interval_or_none() -> None:
    model = fit_score(examples(200), coverage=0.9, seed=1)
    rows = np.array([[0.0, 0.0, 0.0], [3.6, 3.6, 3.6], [40.0, 0.0, 0.0]])
    said = model.predict(rows, np.zeros(3), np.full(3, 0.5))
    usual, unusual, strange = said.high - said.low
    assert said.widened[0] == 1.0 < said.widened[1]
    assert usual < unusual
    assert math.isnan(strange)
    assert said.withheld.tolist() == [False, False, True]
    assert math.isnan(said.passing[2])


def test_the_latest_cohort_calibrates_where_it_is_large_enough() -> None:
    model = fit_score(examples(4 * COHORT_LEAST, cohorts=3), coverage=0.9, seed=1)
    assert model.notes["calibration"] == "the latest cohort"
    assert model.notes["calibration_learners"] >= COHORT_LEAST
    alone = fit_score(examples(100), coverage=0.9, seed=1)
    assert alone.notes["calibration"] == "a random quarter of the learners"


def test_too_few_learners_are_refused_and_one_sided_outcomes_give_no_probability() -> None:
    with pytest.raises(InputError) as refused:
        fit_score(examples(20), coverage=0.9, seed=1)
    assert refused.value.code == "too_few_examples"
    given = examples(120)
    easy = Examples(given.features, given.rows, given.score, given.learner, given.cohort, given.days_out, np.zeros(120))
    model = fit_score(easy, coverage=0.9, seed=1)
    assert model.passing is None
    assert np.isnan(model.predict(given.rows, given.days_out, given.pass_mark).passing).all()


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"format": "score/0"}', b"\xff\x00"])
def test_other_bytes_are_no_model(data: bytes) -> None:
    with pytest.raises(InputError) as refused:
        from_bytes(data)
    assert refused.value.code == "model_unreadable"


def test_trees_as_arrays_predict_what_the_library_predicts() -> None:
    from sklearn.ensemble import GradientBoostingRegressor

    given = examples(150)
    rows, weight = np.nan_to_num(given.rows), np.ones(150)
    ours = grow(rows, given.score, weight, trees=30, depth=3, rate=0.1, leaf=5, seed=3)
    theirs = GradientBoostingRegressor(
        n_estimators=30, max_depth=3, learning_rate=0.1, min_samples_leaf=5, subsample=0.7, random_state=3
    ).fit(rows, given.score)
    assert np.abs(ours.predict(rows) - theirs.predict(rows)).max() < 1e-12


def test_one_row_alone_is_predicted_as_among_many() -> None:
    given = examples(200)
    model = fit_score(given, coverage=0.9, seed=1)
    assert isinstance(model.predictor, Linear)
    together = model.score(given.rows)
    assert [float(model.score(row[None])[0]) for row in given.rows[:50]] == together[:50].tolist()


def test_metrics_come_with_intervals_and_by_group() -> None:
    model, new = fit_score(examples(200), coverage=0.9, seed=1), examples(100, 9, cohorts=2)
    names = ["large" if n < 90 else "small" for n in range(100)]
    metrics, groups = score_metrics(model, new, [names], 20, 1)
    assert metrics["mae"]["low"] < metrics["mae"]["value"] < metrics["mae"]["high"]
    assert set(metrics["coverage_by_cohort"]) == {"0", "1"}
    assert len(metrics["coverage_by_third"]) == 3
    assert groups.keys() == {"large"}, "a group below the floor is not told"


def test_no_bin_and_no_cohort_of_few_learners_is_told() -> None:
    model, new = fit_score(examples(200), coverage=0.9, seed=1), examples(50, 9, cohorts=2)
    few = replace(new, cohort=np.where(np.arange(50) < 3, 7, 1))
    metrics, _ = score_metrics(model, few, [], 20, 1)
    assert set(metrics["coverage_by_cohort"]) == {"1"}
    assert [learners for _, _, learners in metrics["passing"]["reliability"]] == [25, 25]
    assert score_metrics(model, few, [], 51, 1)[0]["passing"]["reliability"] == []


def test_a_model_is_promoted_only_when_it_is_clearly_better() -> None:
    rng = np.random.default_rng(2)
    old = rng.gamma(2, 0.05, 60)
    assert compare(old - 0.02, old, 1).promoted
    assert not compare(old, old, 1).promoted
    assert not compare(old + rng.normal(0, 0.05, 60), old, 1).promoted
    few = compare(np.zeros(19), np.ones(19), 1)
    assert not few.promoted
    assert "19 held-out learners decide nothing" in few.reason


def test_ability_is_adjusted_for_difficulty() -> None:
    score, expected = np.array([1.0, 1.0, 0.0, 1.0, 1.0, 0.0]), np.array([0.9, 0.9, 0.9, 0.3, 0.3, 0.3])
    easy, hard, nobody = ability(score, expected, np.array([0, 0, 0, 1, 1, 1]), 3)
    assert easy < hard
    assert math.isnan(nobody)
    assert ability(np.array([0.5]), np.array([0.5]), np.array([0]), 1)[0] == pytest.approx(0.0, abs=1e-9)
