"""Newer states of bills: what has to be booked so that an append-only bill is what its provider says now.

A charge that the newer state has no longer is taken back by one of the opposite sign that is alike in all else, so that
every sum over the bill, by whatever its charges tell, is that of the newer state.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from akademos.stores.ports.money_books import COLUMNS, Bill, MoneyRow

_COLUMNS = COLUMNS["billing_charges"]
_BILL = tuple(_COLUMNS.index(name) for name in ("billing_account", "period_start", "currency"))
_SIGNED = tuple(_COLUMNS.index(name) for name in ("billed", "effective", "listed", "quantity"))
_TAGS = _COLUMNS.index("tags")
Values = tuple[Any, ...]
"""A charge as `COLUMNS["billing_charges"]`."""


@dataclass(frozen=True, slots=True)
class Step:
    """One charge of a newer state: to be booked as the `number`-th of its values, or standing as the row `known`."""

    line: int
    values: Values
    number: int = 0
    known: bytes | None = None


def bill_of(values: Values) -> Bill:
    """Account, first day of the billing period and currency of a charge."""
    account, start, currency = (values[place] for place in _BILL)
    return account, start, currency


def steps(files: Sequence[Sequence[MoneyRow]], standing: Iterable[MoneyRow]) -> list[tuple[list[Step], list[Step]]]:
    """What to book, so that the bills that some files name are what all of these files together say.

    Args:
        files: the charges of each file of the newer state.
        standing: every charge that the books have of their bills.

    Returns:
        For each file its own charges, and those that take back (with line 0) what no file has any more, with the first
        file that names the bill. Where the newer state stands already, all are known and nothing is taken back.
    """
    ids: dict[Values, list[bytes]] = defaultdict(list)
    kept: dict[Values, Values] = {}
    due: Counter[Values] = Counter()  # how often a charge is still to be booked, less than zero: taken back
    for row in standing:
        ids[_told(row.values)].append(row.row_id)
        kept[_told(row.values)] = row.values
        due[_unsigned(row.values)] -= _sign(row.values)
    for file in files:
        for row in file:
            due[_unsigned(row.values)] += _sign(row.values)
    numbers = Counter({told: len(found) for told, found in ids.items()})

    def booked(line: int, values: Values) -> Step:
        numbers[_told(values)] += 1
        return Step(line, values, numbers[_told(values)])

    def own(row: MoneyRow) -> Step:
        content, sign, there = _unsigned(row.values), _sign(row.values), ids[_told(row.values)]
        if due[content] * sign > 0:
            due[content] -= sign
        elif there:
            return Step(row.line, row.values, known=there.pop())
        return booked(row.line, row.values)

    mine = [[own(row) for row in file] for file in files]
    back: dict[Bill, list[Step]] = defaultdict(list)
    for values in kept.values():
        content, sign = _unsigned(values), _sign(values)
        while due[content] * sign < 0:
            due[content] += sign
            back[bill_of(values)].append(booked(0, _turned(values)))
    bills = [dict.fromkeys(bill_of(one.values) for one in file) for file in mine]
    return [
        (booking, [one for bill in named for one in back.pop(bill, ())])
        for booking, named in zip(mine, bills, strict=True)
    ]


def _told(values: Values) -> Values:
    """A charge so that equal ones are equal, and it can be a key."""
    return (*values[:_TAGS], json.dumps(values[_TAGS], sort_keys=True), *values[_TAGS + 1 :])


def _sign(values: Values) -> int:
    """Of its first amount that is not zero; 0 where all are, so that there is nothing to take back."""
    amounts = [values[place] for place in _SIGNED if values[place]]
    return 0 if not amounts else 1 if amounts[0] > 0 else -1


def _unsigned(values: Values) -> Values:
    return _told(_turned(values) if _sign(values) < 0 else values)


def _turned(values: Values) -> Values:
    """The charge that takes this one back."""
    return tuple(value.copy_negate() if place in _SIGNED and value else value for place, value in enumerate(values))
