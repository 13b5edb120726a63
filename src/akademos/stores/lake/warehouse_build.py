"""One build of a tenant's warehouse: inputs as Parquet files, dbt in a process of its own, and the swap.

Everything happens in the folder `build` beside the published file, which stays until the new one takes its place; what
a build left that was killed is cleared away by the next. The parsed project is the same for all tenants, and kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any, Self

import duckdb
import polars as pl
import pyarrow.parquet as pq

from akademos.catalogue.warehouse_extracts import Columns, decimal_digits
from akademos.errors import CatalogueError
from akademos.stores.lake.dbt_results import FILLED, check_results, filled_columns
from akademos.stores.lake.dbt_runs import DbtRun, Spark, project, run_dbt, spark_tables
from akademos.stores.lake.reading import LakeReader
from akademos.stores.lake.table_comparison import compare_tables, take_over
from akademos.stores.lake.warehouse import FILE, connect, quoted
from akademos.stores.ports.event_log import SCHEMA
from akademos.stores.ports.warehouse import Phase, TableComparison, TableState

SCHEMAS = ("ingest", "ops", "gov", "cost", "txn")
LONG_PREFIX = "digital_learning_analytics_platform_"
AFTER_CHECKS = "tag:after_checks+"
PARSED = "partial_parse.msgpack"
CORE_COLUMNS = (
    "event_id", "event_name", "event_version", "occurred_at", "time_precision", "received_at", "client_timestamp",
    "source", "basis", "retention_from", "environment", "persona", "course_id", "topic_ids", "question_id",
    "material_id", "assessment_id", "attempt_number", "score", "duration_seconds", "confidence", "hints", "quantity",
)  # fmt: skip
"""Columns of the core that models may use: none that names a person or a session of one."""

_POLARS = {
    "string": pl.String(),
    "int32": pl.Int32(),
    "int64": pl.Int64(),
    "float64": pl.Float64(),
    "bool": pl.Boolean(),
    "timestamp": pl.Datetime("us", "UTC"),
    "date": pl.Date(),
}


class LakeBuildFolder:
    """Adapter of the port `BuildFolder`; made empty.

    Args:
        folder: the tenant's, below the folder of the warehouses.
        memory_limit_mb: what DuckDB may hold in memory.
        spark: where the models run; None: DuckDB.
        work: the folder of this build; by default `build` below the tenant's.
    """

    def __init__(
        self,
        folder: Path,
        tenant_id: str,
        core: LakeReader,
        envelopes: Path,
        *,
        memory_limit_mb: int,
        spark: Spark | None = None,
        work: Path | None = None,
    ) -> None:
        self._home = folder.absolute()
        self._tenant_id = tenant_id
        self._core = core
        self._envelopes = envelopes
        self._memory_limit_mb = memory_limit_mb
        self._spark = spark
        self._work = (work or self._home / "build").absolute()
        self._parsed = self._home.parent / PARSED
        self.extracts = self._work / "extracts"
        self._target = self._work / "dbt"
        self._file = self._work / FILE
        self._clear()

    def _clear(self) -> None:
        shutil.rmtree(self._work, ignore_errors=True)
        self.extracts.mkdir(parents=True)
        self._target.mkdir()
        if self._parsed.exists():
            shutil.copyfile(self._parsed, self._target / PARSED)

    def restart(self) -> None:
        """Forget what the models made; inputs stay."""
        shutil.rmtree(spark_tables(self._work), ignore_errors=True)
        self._file.unlink(missing_ok=True)
        self._file.with_suffix(".duckdb.wal").unlink(missing_ok=True)

    def link_core(self) -> int:
        """Links to the live files, by month, and an empty one that has the columns; see the port."""
        folder = self.extracts / "core_events"
        shutil.rmtree(folder, ignore_errors=True)
        nothing = folder / "month=-"  # the first by name: Spark takes the columns from there
        nothing.mkdir(parents=True)
        own = [field for field in SCHEMA if field.name not in ("tenant_id", "month")]
        pq.write_table(SCHEMA.empty_table().select([field.name for field in own]), nothing / "empty.parquet")
        rows = 0
        for number, file in enumerate(self._core.live_files(self._tenant_id)):
            month = folder / f"month={file.month}"
            month.mkdir(exist_ok=True)
            (month / f"{number}.parquet").symlink_to(self._core.folder / file.path)
            rows += file.rows
        return rows

    def take_inputs(self, other: Self) -> None:
        """Have the inputs of another build for its own; see the port."""
        self.extracts = other.extracts

    def compare(self, other: Self) -> list[TableComparison]:
        """Each table against the other build's; see the port."""
        return compare_tables(self._file, other._file, SCHEMAS, self._memory_limit_mb, spill=self._work)

    def read(self, name: str) -> pl.DataFrame:
        """The rows of an input."""
        return pl.read_parquet(self.extracts / f"{name}.parquet")

    def write(self, name: str, columns: Columns, rows: Any) -> int:
        """Write a computed input with the declared columns; see the port."""
        schema = {column: _polars(kind) for column, kind in columns}
        try:
            frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(list(rows), schema=schema)
            frame = frame.select(pl.col(column).cast(kind) for column, kind in schema.items())
        except (pl.exceptions.PolarsError, TypeError) as wrong:
            raise CatalogueError(
                f"Input `{name}` of the warehouse does not have the columns it declares: {str(wrong).splitlines()[0]}",
                hint="Correct its function or its columns in jobs.warehouse.",
            ) from wrong
        frame.write_parquet(self.extracts / f"{name}.parquet")
        return frame.height

    def fingerprint(self, *, without: Sequence[str] = ()) -> str:
        """Hash of all inputs and models; see the port."""
        digest = hashlib.blake2b(digest_size=16)
        for path in sorted(one for one in project().rglob("*") if one.suffix in (".sql", ".yml")):
            digest.update(f"{path.relative_to(project())}\0".encode() + path.read_bytes())
        with closing(connect(None, self._memory_limit_mb, spill=self._work)) as engine:
            for path in sorted(self.extracts.glob("*.parquet")):
                if path.stem not in without:
                    found = engine.execute(f"SELECT count(*), sum(hash(t)) FROM read_parquet('{quoted(path)}') AS t")
                    digest.update(f"{path.stem}\0{found.fetchone()}\0".encode())
            core = f"read_parquet('{quoted(self.extracts)}/core_events/*/*.parquet', union_by_name = true)"
            found = engine.execute(f"SELECT count(*), sum(hash(event_id)) FROM {core}")
            digest.update(f"core\0{found.fetchone()}".encode())
        return digest.hexdigest()

    def run(self, *, after_checks: bool, closed_through: date | None, checks: bool = True) -> Phase:
        """Run dbt; see the port. What Spark has made is taken into the file, where the checks run."""
        if after_checks and not self._waiting_for_checks():
            return Phase((), 0.0, 0.0)
        chosen = ("--select", AFTER_CHECKS, "--exclude") if after_checks else ("--exclude", AFTER_CHECKS)
        choice = (*chosen, f"test_name:{FILLED}")
        given = {
            "extracts": str(self.extracts),
            "envelopes": str(self._envelopes),
            "closed_through": "" if closed_through is None else str(closed_through),
        }

        def dbt(command: str, spark: Spark | None = None) -> DbtRun:
            return run_dbt((command, *choice), self._work, given, memory_limit_mb=self._memory_limit_mb, spark=spark)

        made = dbt("build" if checks and self._spark is None else "run", self._spark)
        if self._spark is not None:
            take_over(spark_tables(self._work), self._file, self._memory_limit_mb)
        checked = dbt("test") if checks and self._spark is not None else made
        seconds = made.seconds if checked is made else made.seconds + checked.seconds
        results = [*check_results(checked.results, checked.manifest)]
        if checks:
            with closing(connect(self._file, self._memory_limit_mb, spill=self._work)) as engine:
                results += filled_columns(engine, made.results, made.manifest)
        return Phase(tuple(results), seconds, max(made.peak_mb, checked.peak_mb), made.executors)

    def _waiting_for_checks(self) -> bool:
        target = self._target if self._spark is None else spark_tables(self._work).with_name("dbt")
        manifest = json.loads((target / "manifest.json").read_text())
        return any("after_checks" in node["tags"] for node in manifest["nodes"].values())

    def tables(self) -> list[TableState]:
        """The tables as they stand, compared with the published ones; see the port."""
        before = self._published()
        with closing(connect(self._file, self._memory_limit_mb, spill=self._work)) as engine:
            return [
                TableState(name, rows, checksum, before.get(name) != (rows, checksum))
                for name, rows, checksum in _states(engine)
            ]

    def _published(self) -> dict[str, tuple[int, str]]:
        if not (self._home / FILE).exists():
            return {}
        with closing(connect(self._home / FILE, self._memory_limit_mb, spill=self._work)) as engine:
            found = engine.execute("SELECT name, rows, checksum FROM published.table_states").fetchall()
        return {name: (rows, checksum) for name, rows, checksum in found}

    def publish(self, tables: Sequence[TableState]) -> None:
        """Note the tables, make the views with long names, and swap; see the port."""
        with closing(duckdb.connect(str(self._file))) as engine:
            engine.execute("CREATE SCHEMA published")
            engine.execute("CREATE TABLE published.table_states (name VARCHAR, rows BIGINT, checksum VARCHAR)")
            engine.executemany(
                "INSERT INTO published.table_states VALUES (?, ?, ?)",
                [(one.name, one.rows, one.checksum) for one in tables] or [("", 0, "")],
            )
            for one in tables:
                schema, table = one.name.split(".")
                engine.execute(f"CREATE VIEW {schema}.{LONG_PREFIX}{table} AS SELECT * FROM {schema}.{table}")
        _make_durable(self._file)
        self._file.replace(self._home / FILE)
        _make_durable(self._home)
        self._keep_parsed()
        shutil.rmtree(self._home / "dbt", ignore_errors=True)
        self._target.replace(self._home / "dbt")
        shutil.rmtree(self._work, ignore_errors=True)

    def _keep_parsed(self) -> None:
        made = self._target / PARSED
        if made.exists():  # written by dbt where it had something to parse
            part = self._parsed.with_name(f"{PARSED}.{self._tenant_id}")
            made.replace(part)
            part.replace(self._parsed)


def _states(engine: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, int, str]]:
    listed = ", ".join(f"'{one}'" for one in SCHEMAS)
    found = engine.execute(
        f"SELECT table_schema, table_name, table_type = 'VIEW' FROM information_schema.tables "
        f"WHERE table_schema IN ({listed}) AND NOT starts_with(table_name, '{LONG_PREFIX}') ORDER BY ALL"
    ).fetchall()
    for schema, table, view in found:
        # Views are over what is only ever added to: their key says it all.
        key = engine.execute(f"SELECT * FROM {schema}.{table} LIMIT 0").description[0][0]
        hashed = f"t.{key}" if view else "t"
        ((rows, total),) = engine.execute(
            f"SELECT count(*), coalesce(sum(hash({hashed})), 0) FROM {schema}.{table} AS t"
        ).fetchall()
        yield f"{schema}.{table}", int(rows), f"{int(total) % 2**64:016x}"


def _polars(kind: str) -> pl.DataType:
    digits = decimal_digits(kind)
    return _POLARS[kind] if digits is None else pl.Decimal(*digits)


def _make_durable(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
