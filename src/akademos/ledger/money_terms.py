"""What declared terms say at a time: their versions, and the prices, fees, rules and limits made of them.

A term is a change log entry: kind, key, valid_from, whether it ends there, and its body as JSON. Versions come from the
log by slowly changing dimension type 2 (`ledger.scd2`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import polars as pl

from akademos.ledger.chargeback import Rule
from akademos.ledger.exchange import Rate, Rates
from akademos.ledger.fees import Fee
from akademos.ledger.metering import Discount, Price
from akademos.ledger.money import written
from akademos.ledger.scd2 import history

UNALLOCATED = "unallocated"
LARGEST_AMOUNT = "largest_amount"
"""Name of the limits of amounts, of which each currency has its own: the key is `largest_amount/EUR`."""
NOBODY = "unallocated"
"""The cost centre of what no rule fits, while nobody has declared one."""
NUMBERS = ("price", "share", "least", "monthly_budget", "fixed", "value")
"""What is a decimal number in the body of a term; beside them the parts of `shares`."""
SETTLEMENT_DAYS, ROUNDING_UNITS = 7, 1
"""Where no limit is declared."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a term, valid in [valid_from, valid_to)."""

    kind: str
    key: str
    body: Mapping[str, Any]
    valid_from: datetime
    valid_to: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether it stands at an instant."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


def term_history(terms: pl.DataFrame, kind: str, now: datetime | None = None) -> pl.DataFrame:
    """The versions of one kind of terms; grain: one version.

    Args:
        terms: key, kind, valid_from, recorded_at, load_id, line, ended, body (JSON object as text).
        now: the instant whose versions are current; terms may be declared for the future.

    Returns:
        As `ledger.scd2.history` with the key `key` and the attribute `body`.
    """
    log = (
        _by_currency(terms.filter(pl.col("kind") == kind))
        .sort("load_id", "line")
        .select(
            "key",
            pl.col("body").map_elements(lambda body: json.dumps(alike(json.loads(body))), return_dtype=pl.String),
            pl.col("valid_from").alias("valid_at"),
            "recorded_at",
            pl.int_range(pl.len(), dtype=pl.Int64).alias("position"),
            "ended",
        )
    )
    return history(log, ["key"], ["body"], now=now)


def alike(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a term says, with equal numbers written alike; older declarations have them as they were typed.

    >>> alike({"owner": "dean", "monthly_budget": "50.00"})
    {'owner': 'dean', 'monthly_budget': '50'}
    """
    same = {**body, **{name: written(Decimal(body[name])) for name in NUMBERS if name in body}}
    if "shares" in same:
        same["shares"] = {centre: written(Decimal(share)) for centre, share in same["shares"].items()}
    return same


def _by_currency(terms: pl.DataFrame) -> pl.DataFrame:
    """The key of a limit of amounts with its currency; older declarations have it in their body only, and their ends
    are those of every currency."""
    old = pl.col("key") == LARGEST_AMOUNT
    currency = pl.col("body").str.json_path_match("$.unit")
    currencies = terms.filter(old, currency.is_not_null()).select(currency.alias("currency")).unique()
    said = terms.with_columns(currency.alias("currency"))
    ends = terms.filter(old, pl.col("ended")).join(currencies, how="cross").select(said.columns)
    kept = pl.concat([said.filter(~(old & pl.col("ended"))), ends])
    named = pl.when(old).then(pl.col("key") + "/" + pl.col("currency")).otherwise("key")
    return kept.with_columns(named.alias("key")).drop("currency")


def versions(terms: pl.DataFrame, kind: str) -> list[Version]:
    """The same as objects, in the order of key and time."""
    found = term_history(terms, kind).sort("key", "valid_from")
    return [
        Version(kind, row["key"], json.loads(row["body"]), row["valid_from"], row["valid_to"])
        for row in found.iter_rows(named=True)
    ]


def prices(terms: pl.DataFrame) -> list[Price]:
    """Declared prices."""
    return [
        Price(one.key, one.body["unit"], one.body["currency"], Decimal(one.body["price"]), one.valid_from, one.valid_to)
        for one in versions(terms, "price")
    ]


def discounts(terms: pl.DataFrame) -> list[Discount]:
    """Declared discounts."""
    return [
        Discount(one.key, Decimal(one.body["share"]), Decimal(one.body["least"]), one.valid_from, one.valid_to)
        for one in versions(terms, "discount")
    ]


def fees(terms: pl.DataFrame) -> list[Fee]:
    """The declared schedule of fees."""
    return [
        Fee(
            one.body["merchant"], one.body["channel"], one.body["kind"], one.body["currency"],
            Decimal(one.body["share"]), Decimal(one.body["fixed"]), one.valid_from.date(), _day(one.valid_to),
        )
        for one in versions(terms, "fee")
    ]  # fmt: skip


def limit(limits: Sequence[Version], name: str, otherwise: int, day: date) -> int:
    """The limit that holds on a day (UTC); `limits` are the versions of the kind limit."""
    at = datetime.combine(day, time(), UTC)
    return next((int(Decimal(one.body["value"])) for one in limits if one.key == name and one.holds(at)), otherwise)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Rules of chargeback with their keys, in order, and who pays what none fits."""

    keys: tuple[str, ...]
    rules: tuple[Rule, ...]
    unallocated: str


def rule_book(terms: Sequence[Version], at: datetime) -> RuleBook:
    """The rules that stand at an instant; `terms` are the versions of the kind chargeback_rule."""
    standing = [one for one in terms if one.holds(at)]
    rules = [one for one in standing if one.key != UNALLOCATED]
    rest = [one.body["cost_centre"] for one in standing if one.key == UNALLOCATED]
    return RuleBook(
        tuple(one.key for one in rules),
        tuple(
            Rule(one.body["match"], {centre: Decimal(share) for centre, share in one.body["shares"].items()})
            for one in rules
        ),
        rest[0] if rest else NOBODY,
    )


def exchange_rates(rates: pl.DataFrame) -> Rates:
    """Rates to look up; of two of one day and pair that loaded last counts."""
    return Rates(_rates(rates.sort("load_id", "line")))


def _rates(rates: pl.DataFrame) -> Iterator[Rate]:
    for row in rates.iter_rows(named=True):
        yield Rate(row["base"], row["quote"], row["rated_on"], row["rate"], row["source"])


def _day(at: datetime | None) -> date | None:
    return None if at is None else at.date()
