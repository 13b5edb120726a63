"""The equations of what came in and where it is."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from akademos.ledger.reconciliation import AFTER_ACCEPTED, AFTER_HELD, VERDICTS, Stock, equations, unexplained

counts = st.integers(0, 1_000)


@st.composite
def accounted(draw: st.DrawFn) -> Stock:
    """A stock in which nothing is missing."""
    moved = {kind: draw(counts) for kind in (*AFTER_ACCEPTED, *AFTER_HELD)}
    landing, held, logs, core = (draw(counts) for _ in range(4))
    after = landing + logs + core + sum(moved[kind] for kind in AFTER_ACCEPTED)
    if after < moved["released"]:
        core += moved["released"] - after
        after = moved["released"]
    receipts = {name: draw(counts) for name in VERDICTS}
    receipts["accepted"] = after - moved["released"]
    receipts["held"] = held + sum(moved[kind] for kind in AFTER_HELD)
    receipts["received"] = sum(receipts[name] for name in VERDICTS)
    return Stock(receipts, moved, landing, held, logs, core)


@given(accounted(), st.integers(1, 50))
def test_each_event_lost_or_doubled_is_seen(stock: Stock, events: int) -> None:
    assert [one.difference for one in equations(stock)] == [0, 0, 0]
    doubled = replace(stock, core=stock.core + events)
    assert [one.difference for one in equations(doubled)] == [0, -events, 0]
    lost = replace(stock, held=stock.held - events)
    assert [one.difference for one in equations(lost)] == [0, 0, events]
    assert all(unexplained(one, lost) is (one.name == "held") for one in equations(lost))


@given(accounted(), st.integers(1, 50), st.integers(0, 60))
def test_a_cause_explains_what_it_may_hold_and_no_more(stock: Stock, events: int, between: int) -> None:
    given_stock = replace(stock, core=stock.core + events, between={"a batch": between})
    assert unexplained(equations(given_stock)[1], given_stock) is (events > between)
