"""Trend and projection."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from scipy import stats

from akademos.analytics.clock import DAY_US
from akademos.analytics.parameters import TrendParameters
from akademos.analytics.projection import Projections, project
from akademos.analytics.trend import Trends, trend

PARAMS = TrendParameters()
NOW = (date(2026, 4, 1) - date(1970, 1, 1)).days * DAY_US


def _trend(days_ago: np.ndarray, residual: np.ndarray, group: np.ndarray | None = None) -> Trends:
    group = np.zeros(len(days_ago), dtype=np.int64) if group is None else group
    order = np.lexsort((-days_ago, group))
    at_us = NOW - (days_ago[order] * DAY_US).astype(np.int64)
    return trend(group[order], at_us, at_us // DAY_US, residual[order], int(group.max()) + 1, NOW, PARAMS)


def test_the_slope_and_its_test_equal_those_of_a_plain_regression() -> None:
    rng = np.random.default_rng(5)
    days_ago, score = rng.uniform(0, 30, 60), (rng.random(60) < 0.6).astype(float)
    found, oracle = _trend(days_ago, score), stats.linregress(-days_ago / 30, score)
    assert found.slope.item() == pytest.approx(oracle.slope)
    assert found.p_value.item() == pytest.approx(oracle.pvalue)
    half = stats.t.ppf(0.975, 58) * oracle.stderr
    assert (found.low.item(), found.high.item()) == pytest.approx((oracle.slope - half, oracle.slope + half))


def test_rising_falling_and_what_chance_cannot_tell() -> None:
    days_ago = np.linspace(29, 0, 60)
    rise = (np.linspace(0.1, 0.9, 60) > np.tile([0.3, 0.7], 30)).astype(float)
    assert _trend(days_ago, rise).status == ["rising"]
    assert _trend(days_ago, 1 - rise).status == ["falling"]
    assert _trend(days_ago, np.tile([0.0, 1.0], 30)).status == ["no_clear_change"]


def test_stable_is_said_only_after_an_equivalence_test() -> None:
    days_ago = np.linspace(29.9, 0, 2000)
    assert _trend(days_ago, np.tile([0.0, 1.0], 1000)).status == ["stable"]
    few = np.linspace(29.9, 0, 12)
    assert _trend(few, np.ones(12)).status == ["no_clear_change"]  # a short spotless record proves nothing


def test_too_few_answers_or_days() -> None:
    assert _trend(np.linspace(20, 0, 9), np.ones(9)).status == ["not_enough_data"]
    assert _trend(np.repeat([1.5, 0.5], 20), np.tile([0.0, 1.0], 20)).status == ["not_enough_data"]
    old = _trend(np.linspace(60, 31, 50), np.tile([0.0, 1.0], 25))
    assert (old.status, old.answers.item()) == (["not_enough_data"], 0)
    assert np.isnan(old.slope.item())


def test_steady_learners_seldom_get_a_direction() -> None:
    rng = np.random.default_rng(11)
    learners, answers = 2000, 40
    days_ago = rng.uniform(0, 30, learners * answers)
    expected = rng.uniform(0.2, 0.95, learners * answers)  # items differ, the learner does not change
    score = (rng.random(learners * answers) < expected).astype(float)
    found = _trend(days_ago, score - expected, np.repeat(np.arange(learners), answers))
    named = np.mean([status in ("rising", "falling") for status in found.status])
    assert 0.03 <= named <= 0.07
    # Without the adjustment, a learner who moves on to easier items would seem to rise.
    order = np.argsort(-days_ago.reshape(learners, answers), axis=1)
    easier = np.take_along_axis(np.sort(expected.reshape(learners, answers), axis=1), np.argsort(order, axis=1), axis=1)
    score = (rng.random((learners, answers)) < easier).astype(float)
    group = np.repeat(np.arange(learners), answers)
    raw = _trend(days_ago, score.ravel(), group).status.count("rising")
    adjusted = _trend(days_ago, (score - easier).ravel(), group).status.count("rising")
    assert raw > learners * 0.5
    assert adjusted < learners * 0.06


def _project(value: float, weekly: list[float]) -> Projections:
    padded = [float("nan")] * (9 - len(weekly)) + weekly
    return project(np.array([value]), np.array([padded]), 0.8, 0.8, PARAMS)


def test_the_projection_trusts_the_pace_of_the_last_weeks_only_so_far() -> None:
    found = _project(0.7, [0.5, 0.55, 0.6, 0.65, 0.7])
    # Five hundredths a week in four weeks, a tenth to go. The changes being equal, their variance is that of the prior,
    # worth 8 weeks, over 8 + 3: 0.00029. The drift is shrunk by 0.000025 / (0.000025 + 0.00029 / 4) = 0.2558.
    assert found.status == ["ok"]
    assert found.days.item() == np.ceil(14 / 0.2558)
    assert found.low_days.item() <= found.days.item() <= found.high_days.item()


def test_the_projection_names_no_date_without_reason() -> None:
    reached = _project(0.8, [0.9] * 3)
    assert (reached.status, reached.days.item()) == (["ok"], 0)
    falling = _project(0.6, [0.7, 0.68, 0.66, 0.64, 0.62])
    assert (falling.status, np.isnan(falling.days.item())) == (["ok"], True)
    slow = _project(0.3, [0.3, 0.301, 0.302, 0.303, 0.304, 0.305])
    assert np.isnan(slow.days.item())
    assert "more than a year" in slow.reason[0]
    assert _project(0.6, [0.5, 0.55]).status == ["not_enough_data"]
    assert _project(float("nan"), [0.5, 0.52, 0.54, 0.56, 0.58]).status == ["not_enough_data"]


def test_an_unsure_pace_leaves_the_interval_open() -> None:
    found = _project(0.77, [0.5, 0.6, 0.5, 0.62, 0.52, 0.63, 0.6, 0.77])
    assert found.low_days.item() < found.days.item()
    assert np.isnan(found.high_days.item())


def test_projections_of_a_random_walk_cover_at_about_their_stated_rate() -> None:
    rng = np.random.default_rng(2)
    learners, ahead = 3000, 52
    drift = rng.normal(0, PARAMS.drift_prior, learners)
    steps = rng.normal(drift[:, None], PARAMS.spread_prior, (learners, 8 + ahead))
    path = 0.6 + np.concatenate((np.zeros((learners, 1)), np.cumsum(steps, axis=1)), axis=1)
    found = project(path[:, 8], path[:, :9], 0.8, 0.8, PARAMS)
    crossed = path[:, 9:] >= 0.8
    weeks = np.where(crossed.any(axis=1), crossed.argmax(axis=1) + 1, 10_000)
    asked = (path[:, 8] < 0.8) & ~np.isnan(found.days)
    high = np.where(np.isnan(found.high_days), np.inf, found.high_days)
    covered = (found.low_days / 7 <= weeks) & (weeks <= np.ceil(high / 7))
    assert np.mean(asked) > 0.1
    assert 0.75 <= np.mean(covered[asked]) <= 0.95  # an open interval cannot end too early
    assert 0.4 <= np.mean((weeks * 7 <= found.days)[asked]) <= 0.6
