"""The wiring of the warehouse: its readers, its builder, and the process in which the worker has it built."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from akademos.adapters import Adapters, now
from akademos.errors import Unavailable
from akademos.settings import child_environment

if TYPE_CHECKING:
    from akademos.jobs.warehouse.build import MartsJob
    from akademos.settings import Settings
    from akademos.stores.lake.warehouse import DuckDbWarehouse

ENVELOPE_KEY = "envelopes"
"""Use of the tenant's key under which the raw zone knows ids of senders."""

LAST_WORDS = 1_000


def warehouses(settings: Settings) -> Path:
    """The folder of all warehouses."""
    return settings.data / "warehouse"


def warehouse(settings: Settings) -> DuckDbWarehouse:
    """Queries on what is published."""
    from akademos.stores.lake.warehouse import DuckDbWarehouse

    return DuckDbWarehouse(warehouses(settings))


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


def build_apart(settings: Settings, tenant_id: str) -> None:
    """Build a tenant's warehouse in a process of its own, which takes its memory with it when it ends.

    Raises:
        Unavailable: it could not be built; the run is on record with its reason.
    """
    done = subprocess.run(
        [sys.executable, "-m", "akademos.cli.app", "marts", "build", "--tenant", tenant_id],
        env=child_environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Unavailable(
            f"The warehouse of {tenant_id} was not built: {done.stderr.strip()[-LAST_WORDS:]}",
            hint="Run `akademos marts build`, and mend what it says.",
            code="build_failed",
        )
