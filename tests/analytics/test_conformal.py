"""Split conformal intervals: their coverage is a law, whatever the predictor."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.analytics.conformal import half_width, least_errors


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("errors", [9, 40, 150])
def test_on_average_the_interval_covers_what_it_says(coverage: float, errors: int) -> None:
    # Exact for exchangeable errors without ties: k / (n + 1), k = ceil((n + 1) coverage).
    rng = np.random.default_rng(5)
    drawn = rng.standard_t(3, (4_000, errors + 1))
    inside = [abs(row[-1]) <= half_width(row[:-1], coverage) for row in drawn]
    expected = min(1.0, math.ceil((errors + 1) * coverage - 1e-9) / (errors + 1))
    assert np.mean(inside) == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / 4_000) + 1e-9)
    assert expected >= coverage


def test_too_few_errors_give_no_interval() -> None:
    assert least_errors(0.9) == 9
    assert math.isinf(half_width(np.ones(8), 0.9))
    assert half_width(np.ones(9), 0.9) == 1.0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=9, max_size=60), st.randoms(use_true_random=False))
def test_order_and_sign_of_errors_change_nothing(errors: list[float], random: object) -> None:
    values = np.array(errors)
    shuffled = values.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert half_width(values, 0.9) == half_width(-shuffled, 0.9)
