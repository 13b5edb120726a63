"""A forecast of the next answer fades with the memory of its topic, never under guessing, and never rises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.analytics.traced_population import population

from akademos.analytics.curriculum import prepare
from akademos.analytics.fading import faded, kept_share
from akademos.analytics.learner_state import evaluate, precompute
from akademos.analytics.next_answer import ServedTracing
from akademos.analytics.traced_answers import trace_answers
from akademos.analytics.tracing_floor import with_floor
from akademos.analytics.tracing_model import train

SHARES = st.floats(0, 1)
NOW = datetime(2026, 2, 1, tzinfo=UTC)


@given(SHARES, SHARES, SHARES)
def test_it_lies_between_guessing_and_what_it_was(p: float, kept: float, guess: float) -> None:
    (value,) = faded(np.array([p]), np.array([kept]), guess)
    assert min(p, guess) - 1e-12 <= value <= p


def test_by_hand() -> None:
    assert faded(np.array([0.85]), np.array([0.5]), 0.25)[0] == pytest.approx(0.55)
    assert faded(np.array([0.2]), np.array([0.1]), 0.25)[0] == 0.2
    shares = kept_share(np.array([0.45, np.nan, 0.9, 0.5]), np.array([0.9, 0.9, 0.8, 0.0]))
    assert shares.tolist() == [0.5, 1.0, 1.0, 1.0]


@pytest.fixture(scope="module")
def tracing() -> ServedTracing:
    answers = trace_answers(population(60, 20, skills=3, seed=1)[0])
    return ServedTracing(with_floor(train(answers, 1, 50), answers, 5), 1)


def forecasts(tracing: ServedTracing, computed: datetime, read: datetime, precision: str = "exact") -> pl.DataFrame:
    rows = population(4, 30, skills=3, seed=7)[0].with_columns(time_precision=pl.lit(precision))
    state = precompute({"question_attempts": rows}, computed, tracing=tracing)
    return evaluate(state, prepare({}), read, parts=("mastery",))["next_answers"]


def test_reading_later_fades_and_equals_computing_later(tracing: ServedTracing) -> None:
    fresh = forecasts(tracing, NOW, NOW)
    later = forecasts(tracing, NOW, NOW + timedelta(days=60))
    assert_frame_equal(later, forecasts(tracing, NOW + timedelta(days=60), NOW + timedelta(days=60)), check_exact=True)
    assert later["at_last_answer"].equals(fresh["at_last_answer"])
    known = fresh["at_last_answer"] > 0.25
    assert known.any()
    assert (later["probability"] < fresh["probability"]).filter(known).all()
    assert (later["probability"] >= 0.25).filter(known).all()
    assert later["probability"].filter(~known).equals(fresh["at_last_answer"].filter(~known))


def test_within_the_day_nothing_has_faded(tracing: ServedTracing) -> None:
    last = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=30)
    said = forecasts(tracing, last, last + timedelta(hours=5))
    assert said["probability"].equals(said["at_last_answer"])


def test_without_a_clock_nothing_is_known_to_have_faded(tracing: ServedTracing) -> None:
    said = forecasts(tracing, NOW, NOW + timedelta(days=60), precision="order")
    assert said.height
    assert said["probability"].equals(said["at_last_answer"])
