"""The wiring of the warehouse: its readers, its builder, and the process in which the worker has it built."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from akademos.adapters import Adapters, now
from akademos.errors import Unavailable
from akademos.settings import child_environment

if TYPE_CHECKING:
    from akademos.jobs.warehouse.build import MartsJob
    from akademos.settings import Settings
    from akademos.stores.lake.warehouse import DuckDbWarehouse
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


def marts_job(system: Adapters) -> MartsJob:
    """Builds warehouses, in a process that has the memory for it."""
    from akademos.jobs.warehouse.build import MartsJob
    from akademos.stores.lake.envelopes import LakeEnvelopes
    from akademos.stores.lake.warehouse_build import LakeBuildFolder
    from akademos.stores.postgres.extracts import PostgresExtracts
    from akademos.stores.postgres.reconciliation import PostgresStock
    from akademos.stores.postgres.warehouse_ledger import PostgresBuildLedger

    folder, memory = warehouses(system.settings), system.settings.memory_limit_mb
    envelopes = LakeEnvelopes(
        folder,
        system.event_log,
        lambda tenant_id: system.keys.derived(tenant_id, ENVELOPE_KEY),
        memory_limit_mb=memory,
    )

    def begin(tenant_id: str) -> LakeBuildFolder:
        return LakeBuildFolder(
            folder / tenant_id,
            tenant_id,
            system.event_log,
            envelopes.folder(tenant_id),
            memory_limit_mb=memory,
        )

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
