"""Building a tenant's warehouse: close days of the raw zone, write the inputs, run models and checks, swap.

A critical check that fails keeps what is published. A build on the same inputs as the published one gives the same
tables and is recorded nowhere anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

from akademos.catalogue.registry import Registry
from akademos.catalogue.warehouse.cost import LINKED_KEYS
from akademos.catalogue.warehouse.envelopes import COUNTED, PLACES, RECEIVED
from akademos.catalogue.warehouse_extracts import Columns, Extract, extracts
from akademos.errors import Conflict, Unavailable
from akademos.jobs.warehouse.computed import Inputs, computed
from akademos.jobs.warehouse.night import JOB
from akademos.ledger.reconciliation import VERDICTS, Stock, accounted_for, equations, unexplained
from akademos.stores.ports.job_runs import JobRuns
from akademos.stores.ports.warehouse import (
    Arrived,
    BuildFolder,
    BuildLedger,
    CheckResult,
    Envelopes,
    Extraction,
    ExtractSource,
    Load,
    Phase,
    TableState,
)

CLOSED_AFTER = timedelta(hours=2)
"""A day is closed so long after its end: until then a transaction that began in it may still commit."""

TRIES = 3
FIRST_DAY = date(1970, 1, 1)

LOADS: Columns = (
    ("load", "string"),
    ("received_on", "date"),
    ("channel", "string"),
    ("accepted", "int64"),
    ("held", "int64"),
    ("duplicate", "int64"),
    ("conflict", "int64"),
    ("suppressed", "int64"),
    ("rejected", "int64"),
    ("meant_rows", "int64"),
    ("moved_rows", "int64"),
    ("meant_checksum", "string"),
    ("moved_checksum", "string"),
    ("seconds", "float64"),
    ("in_logs", "int64"),
    ("in_landing", "int64"),
    ("released", "int64"),
    ("gone", "int64"),
    ("unnamed", "int64"),
)
EQUATIONS: Columns = (
    ("equation", "string"),
    ("side", "string"),
    ("part", "string"),
    ("events", "int64"),
    ("difference", "int64"),
    ("explained", "bool"),
    ("cause", "string"),
)
CHECKS = Extract(
    name="warehouse_checks",
    description="Results of the checks of this build and of those before it; written for the second phase.",
    query="""
        SELECT build_id, check_name, dataset, nullif(column_name, '') AS column_name, severity, status, failures,
            checked_at
        FROM warehouse_checks WHERE tenant_id = %(tenant)s
    """,
    columns=(
        ("build_id", "string"),
        ("check_name", "string"),
        ("dataset", "string"),
        ("column_name", "string"),
        ("severity", "string"),
        ("status", "string"),
        ("failures", "int64"),
        ("checked_at", "timestamp"),
    ),
    upstream=("warehouse_checks",),
)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. Seconds by step; `peak_mb` is that of the processes of the models; `executors` has the tasks
    that each executor of a distributed engine ran."""

    tenant_id: str
    build_id: str
    tables: tuple[TableState, ...]
    checks: tuple[CheckResult, ...]
    seconds: Mapping[str, float]
    peak_mb: float
    envelopes: int
    executors: Mapping[str, int] = field(default_factory=dict)

    @property
    def empty(self) -> list[str]:
        """Tables without rows."""
        return [one.name for one in self.tables if not one.rows]

    @property
    def changed(self) -> list[str]:
        """Tables that differ from those that were published before."""
        return [one.name for one in self.tables if one.changed]


@dataclass
class _Clock:
    """Seconds by step."""

    seconds: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def step(self, name: str) -> None:
        now = time.monotonic()
        self.seconds[name] = round(self.seconds.get(name, 0.0) + now - self.began, 3)
        self.began = now


class MartsJob:
    """Builds warehouses. One build of a tenant at a time, in all processes."""

    def __init__(
        self,
        source: ExtractSource,
        envelopes: Envelopes,
        folder: Callable[[str], BuildFolder],
        ledger: BuildLedger,
        stock: Callable[[str], Stock],
        registries: Callable[[str], Registry],
        runs: JobRuns,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._source = source
        self._envelopes = envelopes
        self._folder = folder
        self._ledger = ledger
        self._stock = stock
        self._registries = registries
        self._runs = runs
        self._clock = clock

    def run(self, tenant_id: str) -> BuildReport | None:
        """Build and publish; None when another process is at it.

        Raises:
            Conflict: a critical check failed (`check_failed`); what is published stays.
            Unavailable: models could not be run (`build_failed`).
        """
        with self._runs.running(JOB, tenant_id) as run:
            if run is None:
                return None
            report = self._build(tenant_id)
            run.rows_in = report.envelopes
            run.rows_out = sum(one.rows for one in report.tables)
            run.detail |= {"build": report.build_id, "changed": len(report.changed), "seconds": dict(report.seconds)}
        return report

    def _build(self, tenant_id: str) -> BuildReport:
        watch, now = _Clock(), self._clock()
        folder = self._folder(tenant_id)
        stock = self._stock(tenant_id)
        closed, kept = self._close_days(tenant_id, folder, stock, now)
        watch.step("raw_zone")
        try:
            opened = self._write_inputs(tenant_id, folder, closed, stock, now)
            build_id = folder.fingerprint(without=(CHECKS.name,))
            watch.step("inputs")
            first = self._models(folder, closed)
        finally:  # a build that fails stays where it was made, and no erasure looks there
            (folder.extracts / f"{LINKED_KEYS.name}.parquet").unlink(missing_ok=True)
        watch.step("models")
        self._ledger.record_checks(tenant_id, build_id, first.checks, now)
        _stop_if_failed(first)
        self._write_checks(tenant_id, folder)
        second = folder.run(after_checks=True, closed_through=closed)
        _stop_if_failed(second)
        watch.step("models_after_checks")
        tables = folder.tables()
        folder.publish(tables)
        watch.step("publishing")
        checks = (*first.checks, *second.checks)
        peak = max(first.peak_mb, second.peak_mb)
        return BuildReport(
            tenant_id, build_id, tuple(tables), checks, watch.seconds, peak, kept + opened, first.executors
        )

    def _close_days(self, tenant_id: str, folder: BuildFolder, stock: Stock, now: datetime) -> tuple[date | None, int]:
        """Bring the days that are over into the raw zone; the last closed day, and how many envelopes were kept. Days
        whose envelopes are not those of their receipts stay open, for the checks to say so: what is closed is kept for
        good."""
        before = self._envelopes.closed_through(tenant_id)
        if before is not None:
            self._audit_closed(tenant_id, folder, stock, before, now)
        through = (now - CLOSED_AFTER).astimezone(UTC).date() - timedelta(days=1)
        if before is not None and before >= through:
            return before, 0
        began = time.monotonic()
        arrived, gathered = self._arrived_on(tenant_id, folder, _after(before), through)
        rows = self._envelopes.gather(tenant_id, arrived, gathered)
        if not rows or self._envelopes.unlike_receipts(gathered, arrived):
            return before, 0  # where nothing came in, those days are closed with the next that has something
        kept = self._envelopes.keep(tenant_id, gathered, through)
        self._note_loads(tenant_id, gathered, arrived, stock, now, began)
        return through, kept

    def _audit_closed(self, tenant_id: str, folder: BuildFolder, stock: Stock, closed: date, now: datetime) -> None:
        """Note the audit rows of closed days that have none: whoever closed them died before it had noted them."""
        noted = self._ledger.loads_noted_through(tenant_id)
        if noted is not None and noted >= closed:
            return
        began = time.monotonic()
        arrived, gathered = self._arrived_on(tenant_id, folder, _after(noted), closed)
        if self._envelopes.read_back(tenant_id, _after(noted), closed, gathered):
            self._note_loads(tenant_id, gathered, arrived, stock, now, began)

    def _arrived_on(self, tenant_id: str, folder: BuildFolder, first: date, last: date) -> tuple[Arrived, Path]:
        """What the database knows of days that are over, and where their envelopes are gathered."""
        beside, until = folder.extracts.parent, _midnight(last + timedelta(days=1))
        with self._source.at_one_instant() as at:
            times = _midnight(first), until, until
            return _arrived(at, tenant_id, times, beside, beside / "receipts.parquet"), beside / "closing.parquet"

    def _note_loads(
        self, tenant_id: str, gathered: Path, arrived: Arrived, stock: Stock, now: datetime, began: float
    ) -> None:
        loads = self._envelopes.loads(
            tenant_id, gathered, arrived, kept=True, accounted=accounted_for(stock), seconds=time.monotonic() - began
        )
        self._ledger.record_loads(tenant_id, loads, now)
        for one in (gathered, arrived.received, arrived.counted, arrived.places):
            one.unlink()

    def _write_inputs(
        self, tenant_id: str, folder: BuildFolder, closed: date | None, stock: Stock, now: datetime
    ) -> int:
        since, until = _midnight(_after(closed)), now + timedelta(days=1)
        beside, gathered = folder.extracts.parent, folder.extracts / "envelopes_open.parquet"
        with self._source.at_one_instant() as at:
            counted = folder.extracts / f"{COUNTED.name}.parquet"
            arrived = _arrived(at, tenant_id, (since, until, now - CLOSED_AFTER), beside, counted)
            for extract in extracts():
                at.write(tenant_id, extract, folder.extracts / f"{extract.name}.parquet")
        rows = self._envelopes.gather(tenant_id, arrived, gathered)
        loads = self._envelopes.loads(
            tenant_id, gathered, arrived, kept=False, accounted=accounted_for(stock), seconds=None
        )
        for one in (arrived.received, arrived.places):
            one.unlink()
        folder.write("loads_open", LOADS, [_load_row(one) for one in loads])
        folder.write("equations", EQUATIONS, _equation_rows(stock))
        inputs = Inputs(tenant_id, self._registries(tenant_id), now.astimezone(UTC).date(), folder.read)
        for one_computed in computed():
            folder.write(one_computed.name, one_computed.columns, one_computed.function(inputs))
        folder.link_core()
        return rows

    def _write_checks(self, tenant_id: str, folder: BuildFolder) -> None:
        with self._source.at_one_instant() as at:
            at.write(tenant_id, CHECKS, folder.extracts / f"{CHECKS.name}.parquet")

    def write_inputs(self, tenant_id: str, folder: BuildFolder) -> date | None:
        """Write all inputs as they are now, and record nothing; the last closed day, which the models ask for."""
        closed = self._envelopes.closed_through(tenant_id)
        self._write_inputs(tenant_id, folder, closed, self._stock(tenant_id), self._clock())
        self._write_checks(tenant_id, folder)
        return closed

    def _models(self, folder: BuildFolder, closed: date | None) -> Phase:
        for attempt in range(TRIES):
            try:
                return folder.run(after_checks=False, closed_through=closed)
            except Unavailable as moved:
                if moved.code != "core_moved" or attempt == TRIES - 1:
                    raise
            folder.restart()
            folder.link_core()
        raise AssertionError("unreachable")


def _arrived(
    at: Extraction, tenant_id: str, times: tuple[datetime, datetime, datetime], beside: Path, counted: Path
) -> Arrived:
    """Read a range of time of receipt: from, until, and until when it is settled."""
    since, until, _ = times
    arrived = Arrived(*times, beside / "received.parquet", counted, beside / "places.parquet")
    for extract, to in ((RECEIVED, arrived.received), (COUNTED, counted), (PLACES, arrived.places)):
        at.write(tenant_id, extract, to, since=since, until=until)
    return arrived


def _stop_if_failed(phase: Phase) -> None:
    failed = [one for one in phase.checks if one.status == "fail"]
    if failed:
        named = ", ".join(
            f"{one.check_name} on {one.dataset}"
            + (f".{one.column_name}" if one.column_name else "")
            + f" ({one.failures:,})"
            for one in failed
        )
        raise Conflict(
            f"The warehouse was not published, because critical checks failed: {named}.",
            hint="What was published before stays; the results are in gov.fact_data_quality with the next good build.",
            code="check_failed",
        )


def _after(closed: date | None) -> date:
    return FIRST_DAY if closed is None else closed + timedelta(days=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, clock_time(), UTC)


def _load_row(one: Load) -> dict[str, Any]:
    row = asdict(one)
    verdicts, causes = row.pop("verdicts"), row.pop("causes")
    return {**row, **causes, **{name: verdicts.get(name, 0) for name in VERDICTS}}


def _equation_rows(stock: Stock) -> list[dict[str, Any]]:
    cause = "; ".join(stock.between) or None
    return [
        {
            "equation": one.name,
            "side": side,
            "part": part,
            "events": events,
            "difference": one.difference,
            "explained": not unexplained(one, stock),
            "cause": cause if one.difference else None,
        }
        for one in equations(stock)
        for side, parts in (("left", one.left), ("right", one.right))
        for part, events in parts.items()
    ]
