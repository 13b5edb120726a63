"""Port of the books of money: rows of bills, terms, rates, payments, settlements and balances, loaded file by file.

Everything is appended, nothing is changed: a correction is a row of its own. A file is taken whole or not at all, and
loading it again brings nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import polars as pl

    from akademos.ledger.metering import Standing

Kind = Literal["charges", "metering", "terms", "rates", "transactions", "settlements", "balances"]

TABLE: Mapping[Kind, str] = {
    "charges": "billing_charges",
    "metering": "billing_charges",
    "terms": "money_terms",
    "rates": "exchange_rates",
    "transactions": "transactions",
    "settlements": "settlement_lines",
    "balances": "stated_balances",
}
"""Where the rows of a load go."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "billing_charges": (
        "provider", "billing_account", "period_start", "period_end", "charge_start", "charge_end", "currency",
        "service", "service_category", "resource", "region", "tags", "category", "correction", "billed", "effective",
        "listed", "quantity", "unit",
    ),
    "money_terms": ("kind", "key", "valid_from", "ended", "body"),
    "exchange_rates": ("base", "quote", "rated_on", "rate", "source"),
    "transactions": (
        "content_hash", "reference", "merchant", "account", "channel", "product", "course_id", "kind", "amount",
        "currency", "posted_at", "related", "subject",
    ),
    "settlement_lines": (
        "batch", "merchant", "account", "reference", "settled_on", "currency", "gross", "paid_currency", "paid_gross",
        "fee", "net",
    ),
    "stated_balances": ("merchant", "account", "currency", "stated_on", "balance"),
}  # fmt: skip
"""What a row of each table holds, in the order of `MoneyRow.values`."""

Bill = tuple[str, date, str]
"""Billing account, first day of the billing period, currency."""


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """One row: its place in the file (0 where it follows from another), the id that tells it from every other one, its
    values (`COLUMNS`)."""

    line: int
    row_id: bytes
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class MoneyFile:
    """What is loaded: `content_sha256` and `bytes` of what came; `codes` counts rows that were refused before."""

    kind: Kind
    name: str
    content_sha256: str
    bytes: int
    codes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of it: rows by verdict. `conflicts` are lines whose id stands with other values."""

    load_id: int
    accepted: int
    duplicate: int
    rejected: int
    conflicts: tuple[int, ...]

    @property
    def received(self) -> int:
        """All of them."""
        return self.accepted + self.duplicate + self.rejected


class MoneyBooks(Protocol):
    """Commands and queries on the books of a tenant."""

    def append(self, tenant_id: str, file: MoneyFile, rows: Sequence[MoneyRow], *, by: str) -> Loaded:
        """Append the rows that are not there yet and write the load's own row, in one transaction with its audit entry.

        Raises:
            NotFound: there is no such tenant.
            Conflict: what was read back differs from what was meant to be kept (`checksum`); nothing was kept.
        """
        ...

    def charges(self, tenant_id: str, bills: Sequence[Bill]) -> Sequence[MoneyRow]:
        """Every charge that stands of some bills, in the order in which they came; times are in UTC."""
        ...

    def customers(self, tenant_id: str, user_ids: Sequence[str]) -> Mapping[str, bytes]:
        """The audit names of people by the host's own ids; who is unknown gets a place in the vault first, and who was
        erased is absent."""
        ...

    def metered_until(self, tenant_id: str) -> datetime:
        """Until before when the platform's own use is charged: since the tenant's creation before the first metering.

        Raises:
            NotFound: there is no such tenant.
        """
        ...

    def metered(self, tenant_id: str, start: datetime, end: datetime) -> Sequence[Standing]:
        """What metering has charged for stretches that began in [start, end), summed by resource; `item` is the name of
        the charged service."""
        ...

    def used(self, tenant_id: str, start: datetime, end: datetime) -> Mapping[str, Mapping[str, float]]:
        """What a tenant used of the platform in a stretch of time.

        Returns:
            `events` by door (received), `compute` by job (seconds; of jobs for all tenants the tenant's part of the
            events that came in then), `answers` by what was asked for (reads that were answered).
        """
        ...

    def references(self, tenant_id: str) -> Mapping[str, str]:
        """By which reference providers know transactions and settlement lines; keys are row ids in hexadecimal.

        For whoever works through a reconciliation; the warehouse does not have them.
        """
        ...

    def read(self, tenant_id: str, extract: str) -> pl.DataFrame:
        """The rows of an extract of the warehouse (`catalogue.warehouse`), as it declares them."""
        ...
