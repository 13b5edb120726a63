"""Newer states of bills: the law that every sum is the newer state's, whatever stood before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from akademos.intake.bill_states import steps
from akademos.stores.ports.money_books import COLUMNS, MoneyRow

Charge = tuple[str, str, int]
charges = st.lists(
    st.tuples(st.sampled_from(["EUR", "USD"]), st.sampled_from(["vm", "disk"]), st.integers(-2, 2)), max_size=6
)
states = st.lists(st.lists(charges, min_size=1, max_size=2), min_size=1, max_size=4)


def row(charge: Charge, line: int, row_id: bytes = b"") -> MoneyRow:
    currency, service, amount = charge
    said = {
        "billing_account": "A-1", "period_start": date(2026, 5, 1), "currency": currency, "service": service,
        "tags": {"course": service}, "billed": Decimal(amount), "effective": Decimal(amount), "quantity": None,
    }  # fmt: skip
    return MoneyRow(line, row_id, tuple(said.get(name) for name in COLUMNS["billing_charges"]))


def sums(rows: Sequence[MoneyRow]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for one in rows:
        said = dict(zip(COLUMNS["billing_charges"], one.values, strict=True))
        found[said["currency"], said["service"]] += said["billed"]
    return {key: amount for key, amount in found.items() if amount}


@given(states)
def test_after_every_state_the_sums_are_its_own_and_ids_are_never_used_twice(given: list[list[list[Charge]]]) -> None:
    books: list[MoneyRow] = []
    for state in given:
        files = [[row(one, line) for line, one in enumerate(file, start=2)] for file in state]
        named = {one[0] for file in state for one in file}
        there = [
            one for one in books if dict(zip(COLUMNS["billing_charges"], one.values, strict=True))["currency"] in named
        ]
        for again in (False, True):
            found = steps(files, there)
            booked = [one for mine, back in found for one in (*mine, *back) if one.known is None]
            known = [one.known for mine, _ in found for one in mine if one.known is not None]
            assert [len(mine) for mine, _ in found] == [len(file) for file in files]
            assert not (again and booked)
            assert max(Counter(known).values(), default=1) == 1
            assert set(known) <= {one.row_id for one in there}
            more = [MoneyRow(one.line, repr((one.values, one.number)).encode(), one.values) for one in booked]
            books += more
            there += more
            assert sums(there) == sums([one for file in files for one in file])
        assert max(Counter(one.row_id for one in books).values(), default=1) == 1
