"""The estimate shrunk towards the cohort: between the two, nearer to the own one the more answers there are."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analytics.traced_population import population

from akademos.analytics.cohort_shrinkage import shrunk
from akademos.analytics.curriculum import prepare
from akademos.analytics.item_difficulty import item_difficulty
from akademos.analytics.learner_state import evaluate, precompute

NOW = datetime(2026, 2, 1, tzinfo=UTC)
SHARES = st.floats(0, 1)


@given(SHARES, SHARES, st.integers(1, 500))
def test_it_lies_between_the_own_value_and_the_cohorts(value: float, cohort: float, answers: int) -> None:
    (found,) = shrunk(np.array([value]), np.array([answers]), np.array([cohort]), 10.0)
    half = 0.005 + 1e-12  # a hundredth is rounded either way
    assert min(value, cohort) - half <= found <= max(value, cohort) + half


def test_by_hand() -> None:
    found = shrunk(np.array([0.9, 0.9, np.nan]), np.array([10, 90, 10]), np.array([0.5, 0.5, 0.5]), 10.0)
    assert found[:2].tolist() == [0.7, 0.86]
    assert np.isnan(found[2])


def test_it_stands_beside_mastery_and_moves_nothing() -> None:
    rows = population(40, 30, skills=3, seed=4)[0]
    known = {"question_attempts": rows, "item_difficulty": item_difficulty(rows, NOW)}
    with_cohort = evaluate(precompute(known, NOW), prepare({}), NOW, parts=("mastery",))["mastery"]
    alone = evaluate(precompute({"question_attempts": rows}, NOW), prepare({}), NOW, parts=("mastery",))["mastery"]
    assert alone["shrunk"].null_count() == alone.height
    assert with_cohort["value"].equals(alone["value"])
    told = with_cohort.drop_nulls("value")
    assert told["shrunk"].null_count() == 0
    assert (told["shrunk_low"] <= told["shrunk"]).all()
    assert (told["shrunk"] <= told["shrunk_high"]).all()
    assert float(told["shrunk"].std() or 0) < float(told["value"].std() or 0), "drawn together"  # type: ignore[arg-type]  # of numbers
    mean = float(known["item_difficulty"]["prior"][0])
    fewest = told.sort("answers").row(0, named=True)
    assert fewest["shrunk"] == pytest.approx(
        (fewest["answers"] * fewest["value"] + 10 * mean) / (fewest["answers"] + 10), abs=0.15
    )
