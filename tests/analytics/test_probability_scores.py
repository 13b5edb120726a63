"""Scores against scikit-learn's and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as peer_log_loss

from akademos.analytics.probability_scores import auc, brier, calibration_slope, ece, interval, log_loss


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 99)), min_size=2, max_size=60))
def test_auc_log_loss_and_brier_equal_those_of_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    outcome = np.array([float(right) for right, _ in rows])
    predicted = np.array([percent / 100 for _, percent in rows])
    assert brier(outcome, predicted) == pytest.approx(brier_score_loss(outcome, predicted))
    assert log_loss(outcome, predicted) == pytest.approx(peer_log_loss(outcome, predicted, labels=[0, 1]))
    if 0 < outcome.sum() < outcome.size:
        assert auc(outcome, predicted) == pytest.approx(roc_auc_score(outcome, predicted))
    else:
        assert np.isnan(auc(outcome, predicted))


def test_predictions_that_are_right_on_average_are_calibrated_and_overconfident_ones_are_not() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(0, 1, 40_000)
    outcome = (rng.random(truth.size) < expit(truth)).astype(float)
    assert ece(outcome, expit(truth)) < 0.02
    assert calibration_slope(outcome, expit(truth)) == pytest.approx(1, abs=0.05)
    assert ece(outcome, expit(2 * truth)) > 0.05
    assert calibration_slope(outcome, expit(2 * truth)) == pytest.approx(0.5, abs=0.05)


def test_the_interval_draws_learners_not_rows() -> None:
    rng = np.random.default_rng(2)
    learners = np.repeat(np.arange(40), 50)
    ability = np.repeat(rng.normal(0, 2, 40), 50)
    outcome = (rng.random(learners.size) < expit(ability)).astype(float)
    predicted = np.full(learners.size, 0.5)

    def success(right: np.ndarray, _: np.ndarray) -> float:
        return float(right.mean())

    of_learners = interval(success, outcome, predicted, learners, seed=3)
    of_rows = interval(success, outcome, predicted, np.arange(learners.size), seed=3)
    assert of_learners[0] < outcome.mean() < of_learners[1]
    assert of_learners[1] - of_learners[0] > 3 * (of_rows[1] - of_rows[0])
