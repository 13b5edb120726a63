"""The wiring of the warehouse: its readers, its builder, and the process in which the worker has it built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from akademos.adapters import Adapters, now
from akademos.errors import Unavailable
from akademos.settings import child_environment

if TYPE_CHECKING:
    from akademos.jobs.warehouse.build import MartsJob
    from akademos.jobs.warehouse.engines import EngineComparison
    from akademos.settings import Settings
    from akademos.stores.lake.dbt_runs import Spark
    from akademos.stores.lake.envelopes import LakeEnvelopes
    from akademos.stores.lake.warehouse import DuckDbWarehouse
    from akademos.stores.lake.warehouse_build import LakeBuildFolder
    from akademos.stores.ports.cost_report import CostReports

ENVELOPE_KEY = "envelopes"
"""Use of the tenant's key under which the raw zone knows ids of senders."""

LAST_WORDS = 1_000
LOOK_EVERY_S = 0.5


def warehouses(settings: Settings) -> Path:
    """The folder of all warehouses."""
    return settings.data / "warehouse"


def warehouse(settings: Settings) -> DuckDbWarehouse:
    """Queries on what is published."""
    from akademos.stores.lake.warehouse import DuckDbWarehouse

    return DuckDbWarehouse(warehouses(settings))


def cost_reports(settings: Settings) -> CostReports:
    """What the published warehouses say of costs."""
    from akademos.stores.lake.cost_report import WarehouseCosts

    return WarehouseCosts(warehouse(settings))


def marts_job(system: Adapters, spark: Spark | None = None) -> MartsJob:
    """Builds warehouses, in a process that has the memory for it; with `spark` the models run there."""
    from akademos.jobs.warehouse.build import MartsJob
    from akademos.stores.postgres.extracts import PostgresExtracts
    from akademos.stores.postgres.reconciliation import PostgresStock
    from akademos.stores.postgres.warehouse_ledger import PostgresBuildLedger

    envelopes = _envelopes(system)

    def begin(tenant_id: str) -> LakeBuildFolder:
        return _build_folder(system, envelopes, tenant_id, spark)

    return MartsJob(
        PostgresExtracts(system.database),
        envelopes,
        begin,
        PostgresBuildLedger(system.database),
        PostgresStock(system.database, system.event_log).now,
        system.registries,
        system.job_runs,
        clock=now,
    )


def _envelopes(system: Adapters) -> LakeEnvelopes:
    from akademos.stores.lake.envelopes import LakeEnvelopes

    return LakeEnvelopes(
        warehouses(system.settings),
        system.event_log,
        lambda tenant_id: system.keys.derived(tenant_id, ENVELOPE_KEY),
        memory_limit_mb=system.settings.memory_limit_mb,
    )


def _build_folder(
    system: Adapters, envelopes: LakeEnvelopes, tenant_id: str, spark: Spark | None, work: Path | None = None
) -> LakeBuildFolder:
    from akademos.stores.lake.warehouse_build import LakeBuildFolder

    return LakeBuildFolder(
        warehouses(system.settings) / tenant_id,
        tenant_id,
        system.event_log,
        envelopes.folder(tenant_id),
        memory_limit_mb=system.settings.memory_limit_mb,
        spark=spark,
        work=work,
    )


def compared_with_spark(system: Adapters, tenant_id: str, spark: Spark) -> EngineComparison:
    """Every table as DuckDB and Spark make it of the same inputs; nothing is published or recorded."""
    from akademos.jobs.warehouse.engines import compare_engines

    home, envelopes = warehouses(system.settings) / tenant_id, _envelopes(system)
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="comparison-", dir=home) as work:
        first, second = (
            _build_folder(system, envelopes, tenant_id, engine, Path(work) / name)
            for name, engine in (("duckdb", None), ("spark", spark))
        )
        return compare_engines(marts_job(system), tenant_id, first, second)


def spark_at(master: str, options: Mapping[str, str]) -> Spark:
    """Where models run on Spark.

    Raises:
        Unavailable: what Spark needs is not installed here (`no_spark`).
    """
    from akademos.stores.lake.dbt_runs import Spark

    lacking = [name for name in ("pyspark", "dbt.adapters.spark") if find_spec(name) is None]
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        lacking.append("a Java runtime")
    if lacking:
        raise Unavailable(
            f"Models cannot run on Spark here; not installed: {', '.join(lacking)}.",
            hint="`pip install akademos[spark]`, and Java 17 (Debian: openjdk-17-jre-headless).",
            code="no_spark",
        )
    return Spark(master, options)


def build_apart(settings: Settings, tenant_id: str, leaving: threading.Event) -> None:
    """Build a tenant's warehouse in a process of its own, which takes its memory with it when it ends; it is ended when
    `leaving` is set.

    Raises:
        Unavailable: it was not built; where it got so far, the run is on record with its reason.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "akademos.cli.app", "marts", "build", "--tenant", tenant_id],
        env=child_environment(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = ""
    while process.returncode is None:
        try:
            _, said = process.communicate(timeout=LOOK_EVERY_S)
        except subprocess.TimeoutExpired:
            if leaving.is_set():
                process.terminate()
    if process.returncode != 0:
        raise Unavailable(
            f"The warehouse of {tenant_id} was not built: {said.strip()[-LAST_WORDS:] or 'it was ended'}",
            hint="Run `akademos marts build`, and mend what it says.",
            code="build_failed",
        )
