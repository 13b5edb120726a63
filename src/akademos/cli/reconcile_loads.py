"""Every load and every bill of the published warehouse against what came of it, for `akademos reconcile`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from rich.table import Table

from akademos.ledger.money import minor_unit, to_minor
from akademos.ledger.reconciliation import VERDICTS

_RECEIVED = f"""
    SELECT CAST(r.received_hour AS DATE) AS received_on, r.door, coalesce(max(s.name), r.source_system_id) AS source,
        {", ".join(f"CAST(sum(r.{name}) AS BIGINT) AS {name}" for name in ("received", *VERDICTS))}
    FROM ingest.raw_records r LEFT JOIN ingest.dim_source_system s USING (source_system_id)
    GROUP BY received_on, r.door, r.source_system_id ORDER BY ALL
"""
_MOVED = """
    SELECT received_on, load, load_key, meant_rows, moved_rows, in_landing, in_logs, released, gone, unnamed,
        status_key, coalesce(cause, '') AS cause
    FROM ingest.audit_ingest ORDER BY received_on, load_key
"""
_BILLED = """
    WITH billed AS (
        SELECT billing_account AS billing_account_id, period_start, currency, sum(billed_cost) AS billed
        FROM cost.stg_billing_records GROUP BY ALL
    ), divided AS (
        SELECT billing_account_id, period_start, currency, count(*) AS parts, sum(amount) AS divided
        FROM cost.stage_allocations WHERE allocation_kind = 'cost_center' GROUP BY ALL
    )
    SELECT billing_account_id, period_start, currency, billed, coalesce(parts, 0) AS parts,
        coalesce(divided, 0) AS divided
    FROM billed FULL OUTER JOIN divided USING (billing_account_id, period_start, currency) ORDER BY ALL
"""
_COMPARED = """
    SELECT domain, reconciliation, meant, found, difference, status_key, coalesce(cause, '') AS cause
    FROM intermediate.audit_recon ORDER BY domain, reconciliation
"""
_FILES = """
    SELECT load_id, kind, file_name, received_rows, accepted_rows, duplicate_rows, rejected_rows, status_key
    FROM cost.audit_billing_ingest
    UNION
    SELECT load_id, kind, file_name, received_rows, accepted_rows, duplicate_rows, rejected_rows, status_key
    FROM txn.audit_txn_ingest
    ORDER BY load_id
"""
UNEXPLAINED = "unexplained"

Row = Mapping[str, Any]


class Published(Protocol):
    """What is asked of the warehouse."""

    def query(self, tenant_id: str, sql: str, params: Sequence[object] = ()) -> list[dict[str, Any]]:
        """The rows of a SELECT."""
        ...


@dataclass(frozen=True, slots=True)
class Comparison:
    """One table of the report: lines, and how many of them differ without a named cause."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    unexplained: int

    def table(self) -> Table:
        """As it is printed."""
        shown = Table(*self.columns, title=self.title)
        for column, values in zip(shown.columns, zip(*self.lines, strict=True), strict=False):
            if all(value.replace(",", "").replace(".", "").lstrip("-").isdigit() for value in values):
                column.justify = "right"
        for line in self.lines:
            shown.add_row(*line)
        return shown


def comparisons(published: Published, tenant_id: str) -> list[Comparison]:
    """All of them, as of the last build.

    Raises:
        NotFound: there is no warehouse yet (`no_warehouse`).
    """

    def rows(sql: str) -> list[dict[str, Any]]:
        return published.query(tenant_id, sql)

    return [
        _received(rows(_RECEIVED)),
        _moved(rows(_MOVED)),
        _bills(rows(_BILLED)),
        _files(rows(_FILES)),
        _compared(rows(_COMPARED)),
    ]


def _received(rows: Sequence[Row]) -> Comparison:
    """received = the sum of the verdicts, a line for each sender, door and day."""
    lines, wrong = [], 0
    for one in rows:
        difference = one["received"] - sum(one[name] for name in VERDICTS)
        wrong += difference != 0
        counts = (f"{one[name]:,}" for name in ("received", *VERDICTS))
        lines.append((str(one["received_on"]), one["door"], one["source"], *counts, f"{difference:,}"))
    columns = ("day", "door", "source", "received", *VERDICTS, "difference")
    return Comparison("What was received, by load", columns, tuple(lines), wrong)


def _moved(rows: Sequence[Row]) -> Comparison:
    """What was meant to move and what moved, with where the difference went."""
    parts = ("meant_rows", "moved_rows", "in_landing", "in_logs", "released", "gone", "unnamed")
    lines = tuple(
        (str(one["received_on"]), one["load_key"], *(f"{one[name]:,}" for name in parts), *_verdict(one))
        for one in rows
    )
    columns = (
        "day",
        "load",
        "meant",
        "moved",
        "in landing",
        "in logs",
        "released",
        "gone",
        "unnamed",
        "status",
        "cause",
    )
    return Comparison("What moved, by load", columns, lines, _unexplained(rows))


def _bills(rows: Sequence[Row]) -> Comparison:
    """The sum of a bill's charges, in whole minor units, against what cost centres pay of it."""
    lines, wrong = [], 0
    for one in rows:
        currency = one["currency"]
        digits = f",.{minor_unit(currency)}f"
        billed = one["billed"] or Decimal(0)
        difference = to_minor(billed, currency) - to_minor(one["divided"], currency)
        wrong += difference != 0
        amounts = (format(amount, digits) for amount in (billed, one["divided"]))
        bill = (one["billing_account_id"], str(one["period_start"]), currency)
        lines.append((*bill, *amounts, str(one["parts"]), str(difference)))
    columns = ("account", "period", "currency", "billed", "charged back", "parts", "difference (minor units)")
    return Comparison("Chargeback against the bill", columns, tuple(lines), wrong)


def _files(rows: Sequence[Row]) -> Comparison:
    parts = ("received_rows", "accepted_rows", "duplicate_rows", "rejected_rows")
    lines, wrong = [], 0
    for one in rows:
        received, *verdicts = (one[name] for name in parts)
        wrong += received != sum(verdicts) or one["status_key"].endswith(UNEXPLAINED)
        counts = (f"{number:,}" for number in (received, *verdicts))
        lines.append((one["kind"], one["file_name"], *counts, one["status_key"].partition("/")[2]))
    columns = ("kind", "file", "received", "accepted", "duplicate", "rejected", "status")
    return Comparison("Rows of money, by load", columns, tuple(lines), wrong)


def _compared(rows: Sequence[Row]) -> Comparison:
    lines = tuple(
        (
            one["domain"],
            one["reconciliation"],
            *(f"{one[name].normalize():,f}" for name in ("meant", "found", "difference")),
            *_verdict(one),
        )
        for one in rows
    )
    columns = ("domain", "reconciliation", "meant", "found", "difference", "status", "cause")
    return Comparison("Reconciliations", columns, lines, _unexplained(rows))


def _verdict(one: Row) -> tuple[str, str]:
    return one["status_key"].partition("/")[2], one["cause"]


def _unexplained(rows: Sequence[Row]) -> int:
    return sum(one["status_key"].endswith(UNEXPLAINED) for one in rows)
