"""Pauses between attempts."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from akademos.outbox.retries import FIRST_PAUSE, LONGEST_PAUSE, asked_pause, outcome_of, pause


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_pauses_stay_within_their_bounds(failures: int, chance: float) -> None:
    waited = pause(failures, chance)
    assert FIRST_PAUSE / 2 <= waited <= LONGEST_PAUSE
    assert pause(failures + 1, chance) >= waited


@given(st.integers(100, 599), st.none() | st.text(max_size=30))
def test_no_answer_can_stop_us_for_longer_than_an_hour(status: int, header: str | None) -> None:
    assert (asked_pause(status, header) or timedelta(0)) <= LONGEST_PAUSE
    assert outcome_of(status) in {"delivered", "again", "gone"}
