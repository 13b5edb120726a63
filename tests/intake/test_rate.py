"""Token buckets: the law of one, and that processes share them."""

from __future__ import annotations

import multiprocessing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.errors import TooFast
from akademos.intake.rate import SLOTS, Rate, TokenBuckets

RATE = Rate(10, 20)


def taken(buckets: TokenBuckets, name: bytes, rate: Rate, now: float, *, tries: int = 1_000) -> int:
    """How many single tokens are given at one moment."""
    for number in range(tries):
        try:
            buckets.take(name, rate, 1, now)
        except TooFast:
            return number
    return tries


@settings(max_examples=50, deadline=None)
@given(pauses=st.lists(st.floats(0, 30), min_size=1, max_size=20))
def test_no_more_is_given_than_the_burst_and_the_rate(pauses: list[float]) -> None:
    buckets, now, given_out = TokenBuckets(), 1_000.0, 0
    for pause in pauses:
        now += pause
        given_out += taken(buckets, b"key", RATE, now)
        assert given_out <= RATE.burst + (now - 1_000.0) * RATE.per_s + 1e-6


def test_the_pause_that_is_told_is_enough() -> None:
    buckets = TokenBuckets()
    buckets.charge(b"key", RATE, 75, 0.0)  # a batch received at once: 55 overdrawn
    with pytest.raises(TooFast) as refused:
        buckets.take(b"key", RATE, 5, 0.0)
    assert refused.value.retry_after_s == 6
    buckets.take(b"key", RATE, 5, 6.0)


def test_names_do_not_share_and_a_new_rate_holds_at_once() -> None:
    buckets = TokenBuckets()
    assert taken(buckets, b"one", RATE, 0.0) == 20
    assert taken(buckets, b"other", RATE, 0.0) == 20
    assert taken(buckets, b"one", Rate(5, 5), 60.0) == 5


def test_more_names_than_slots_are_served() -> None:
    buckets = TokenBuckets()
    for number in range(SLOTS + 1_000):
        buckets.take(b"sender %d" % number, RATE, 20, float(number))
    assert taken(buckets, b"sender %d" % (SLOTS + 999), RATE, float(SLOTS + 999)) == 0


def _take_all(buckets: TokenBuckets, given_out: multiprocessing.Queue[int]) -> None:
    given_out.put(taken(buckets, b"key", Rate(0.001, 400), 0.0))


def test_processes_share_them() -> None:
    context = multiprocessing.get_context("spawn")
    buckets, given_out = TokenBuckets(), context.Queue()
    processes = [context.Process(target=_take_all, args=(buckets, given_out)) for _ in range(2)]
    for one in processes:
        one.start()
    amounts = [given_out.get(timeout=60) for _ in processes]
    for one in processes:
        one.join()
    assert sum(amounts) == 400
