"""The demo's books: they go in by the same doors, the bills sum up, and every cause of a mismatch is there."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from pathlib import Path

import polars as pl
import pytest

from akademos.cli.demo import CommandLineDoors
from akademos.demo.money import WRONG, write_money
from akademos.demo.simulation import History
from akademos.jobs.warehouse.computed_cost import allocations, forecasts
from akademos.jobs.warehouse.computed_txn import findings
from akademos.ledger.payment_matching import CAUSES
from akademos.money import books
from akademos.settings import Settings
from akademos.system import System


@pytest.mark.slow
def test_the_books_of_the_demo(history: History, tmp_path: Path, settings: Settings, tenant: str) -> None:
    files = write_money(history, tmp_path / "money")
    again = write_money(history, tmp_path / "again")
    for one, other in zip((*files.bills, files.payments), (*again.bills, again.payments), strict=True):
        assert one.read_bytes() == other.read_bytes()
    with System(settings) as system:
        CommandLineDoors(system).keep_books(files, tenant)
        inputs = books(system, tenant, history.now.astimezone(UTC).date())
        found = findings(inputs)
        paid = allocations(inputs)
        ahead = forecasts(inputs)
        before = system.money_books.read(tenant, "money_loads").height
        CommandLineDoors(system).keep_books(files, tenant)  # a demo that was broken off goes on
        loads = system.money_books.read(tenant, "money_loads").sort("load_id")
        assert loads["accepted"].to_list()[before:] == [0] * before
    causes = Counter(str(one["cause"]) for one in found if one["status"] == "mismatch")
    assert set(causes) == {*WRONG, "unknown_transaction", "balance_differs"} == CAUSES.keys() - {"none", "not_due"}
    assert set(causes.values()) == {1}
    assert {str(one["status"]) for one in found} == {"matched", "open", "mismatch"}
    sums = paid.group_by("billing_account", "period_start", "currency").agg(
        pl.col("amount").sum(), pl.col("bill").first()
    )
    assert (sums["amount"] == sums["bill"]).all()
    assert set(paid["currency"]) == {"EUR", "USD"}
    assert (paid["correction"] < 0).any()
    assert {one["currency"] for one in ahead} == {"EUR", "USD"}
