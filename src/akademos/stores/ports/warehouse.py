"""Ports of the warehouse: where its inputs come from, how it is built and published, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from akademos.catalogue.warehouse_extracts import Columns, Extract

if TYPE_CHECKING:
    import polars as pl


class Extraction(Protocol):
    """Runs declared queries, all at one instant: none sees what was committed after the first."""

    def write(self, tenant_id: str, extract: Extract, to: Path, **values: object) -> int:
        """Write what a query gives for a tenant to a Parquet file; how many rows. An empty result is a file, too.

        Raises:
            CatalogueError: the query gives other columns than declared.
        """
        ...


class ExtractSource(Protocol):
    """Where the inputs come from."""

    def at_one_instant(self) -> AbstractContextManager[Extraction]:
        """What one instant knows; left as soon as everything is written, since the database keeps it so long."""
        ...


@dataclass(frozen=True, slots=True)
class Arrived:
    """What the database knows of a range of time of receipt (`until` excluded), read at one instant: Parquet files of
    the extracts `RECEIVED`, `COUNTED` and `PLACES` of `catalogue.warehouse.envelopes`.

    Attributes:
        settled: what was received before was committed when it was read. The core is read later: of what was received
            since, it may hold what the database was not asked about.
    """

    since: datetime
    until: datetime
    settled: datetime
    received: Path
    counted: Path
    places: Path


@dataclass(frozen=True, slots=True)
class Causes:
    """Where the difference of a load is, in events. Each is counted among the ids that were meant to move, so that

        meant - moved = in_logs + in_landing + gone - released

    holds wherever `unnamed` is 0.

    Attributes:
        in_logs: accepted, kept in the preference and security logs.
        in_landing: accepted, on the way.
        released: moved though not accepted: they were held, and consent came.
        gone: in no store any more, while the equation of accepted events accounts for all that left the platform.
        unnamed: missing, or there without an envelope or receipt or twice, without any of these causes.
    """

    in_logs: int = 0
    in_landing: int = 0
    released: int = 0
    gone: int = 0
    unnamed: int = 0


@dataclass(frozen=True, slots=True)
class Load:
    """The audit row of one load: what was meant to move against what moved.

    `load` is what was loaded (`envelopes` of a day from the database to the raw zone, meant by the receipts; `core`:
    accepted events of a day from the raw zone to the event log), `channel` the way in (`live` or `import`). Counts are
    events; checksums are independent of order: sums of keyed hashes of the ids, in hexadecimal.
    """

    load: str
    received_on: date
    channel: str
    verdicts: Mapping[str, int]
    meant_rows: int
    moved_rows: int
    meant_checksum: str
    moved_checksum: str
    seconds: float | None
    causes: Causes = Causes()


class Envelopes(Protocol):
    """The raw zone: the envelope of every record that was ever received, kept for good, a day at a time."""

    def closed_through(self, tenant_id: str) -> date | None:
        """The last day whose envelopes are kept; None at the beginning."""
        ...

    def gather(self, tenant_id: str, arrived: Arrived, to: Path) -> int:
        """Write the envelopes of a range of time to a file as the raw zone keeps them; how many. What the imports that
        the database knows brought is added from the core."""
        ...

    def unlike_receipts(self, gathered: Path, arrived: Arrived) -> int:
        """By how many live events gathered envelopes differ from the receipts, by day, source and verdict."""
        ...

    def keep(self, tenant_id: str, gathered: Path, through: date) -> int:
        """Add gathered envelopes to the raw zone in one commit that closes the days through `through`; how many. Days
        that are closed already are left as they are."""
        ...

    def read_back(self, tenant_id: str, first: date, last: date, to: Path) -> int:
        """Write the envelopes of closed days to a file, as `gather` wrote them; how many."""
        ...

    def loads(
        self, tenant_id: str, gathered: Path, arrived: Arrived, *, kept: bool, accounted: bool, seconds: float | None
    ) -> list[Load]:
        """Audit rows of a gathered range: receipts against envelopes, as gathered and (with `kept`) as they are in the
        raw zone, and accepted events against the core.

        Args:
            accounted: whether all that left the platform is accounted for; else what is gone has no cause.
            seconds: spent on it so far; None: it is no load of its own.
        """
        ...


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of one build. `status` is pass, warn or fail; `failures` counts offending rows."""

    check_name: str
    dataset: str
    column_name: str | None
    severity: str
    status: str
    failures: int


@dataclass(frozen=True, slots=True)
class TableState:
    """One table of a build: rows, a checksum that is independent of their order, and whether it differs from the one
    that was published before."""

    name: str
    rows: int
    checksum: str
    changed: bool = True


@dataclass(frozen=True, slots=True)
class TableComparison:
    """One table as two engines made it of the same inputs.

    Attributes:
        rows: of the one build and of the other; None where it lacks the table.
        differing: columns whose values are not equal (floats: beyond 1e-9 of the larger), or that one of them lacks;
            `(rows)` where all columns are equal by themselves and rows are not.
        retyped: columns that have another type, each with both types.
    """

    name: str
    rows: int | None
    other_rows: int | None
    differing: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return self.rows is not None and self.rows == self.other_rows and not self.differing and not self.retyped


@dataclass(frozen=True, slots=True)
class Phase:
    """What one run of the models did: checks, seconds, peak memory of its processes in megabytes, and of a distributed
    engine how many tasks each executor ran."""

    checks: tuple[CheckResult, ...]
    seconds: float
    peak_mb: float
    executors: Mapping[str, int] = field(default_factory=dict)


class BuildFolder(Protocol):
    """One build under way; what is published stays as it is until `publish`."""

    extracts: Path

    def link_core(self) -> int:
        """Have the live files of the core among the inputs, without copying; how many rows."""
        ...

    def write(self, name: str, columns: Columns, rows: Any) -> int:
        """Write a computed input (a frame, or mappings) with the declared columns; how many rows."""
        ...

    def fingerprint(self, *, without: Sequence[str] = ()) -> str:
        """Hash of all inputs and models, whatever the order of rows: equal inputs, equal build."""
        ...

    def run(self, *, after_checks: bool, closed_through: date | None, checks: bool = True) -> Phase:
        """Run the models (those tagged `after_checks`, or all others) with their checks, or without.

        Raises:
            Unavailable: the models could not be run; says why.
        """
        ...

    def tables(self) -> list[TableState]:
        """The tables as they stand in the build, compared with the published ones."""
        ...

    def read(self, name: str) -> pl.DataFrame:
        """The rows of an input that is written."""
        ...

    def take_inputs(self, other: Self) -> None:
        """Have the inputs of another build for its own."""
        ...

    def compare(self, other: Self) -> list[TableComparison]:
        """Each table, by name, against the one that another build made."""
        ...

    def restart(self) -> None:
        """Forget what the models have made; the inputs stay."""
        ...

    def publish(self, tables: Sequence[TableState]) -> None:
        """Put the build in the place of the published file, atomically."""
        ...


class BuildLedger(Protocol):
    """What was built, what its checks found, and the audit rows of loads."""

    def record_checks(self, tenant_id: str, build_id: str, checks: Sequence[CheckResult], at: datetime) -> None:
        """Note what the checks of a build found. What is noted of the same build already stays."""
        ...

    def record_loads(self, tenant_id: str, loads: Sequence[Load], at: datetime) -> None:
        """Note the audit rows of days that are closed; those that are noted already stay."""
        ...

    def loads_noted_through(self, tenant_id: str) -> date | None:
        """The last day of which audit rows are noted; None at the beginning."""
        ...


class Warehouse(Protocol):
    """Queries on what is published."""

    def query(self, tenant_id: str, sql: str, params: Sequence[object] = ()) -> list[dict[str, Any]]:
        """The rows of a SELECT on the tenant's warehouse; read-only, always one published version.

        Raises:
            NotFound: nothing is published for the tenant yet.
            InputError: the statement is no valid query.
        """
        ...
