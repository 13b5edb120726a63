"""What processes said, what of it is in the log, and where the rest is: every difference by its own cause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.warehouse.conftest import Site, day_of_events
from tests.warehouse.test_load_audit import Inputs

from akademos.catalogue.log_fields import LOG_RETENTION
from akademos.catalogue.registry import builtin
from akademos.privacy.log_lines import KeptLine, kept_line
from akademos.stores.ports.ops_logs import Process
from akademos.stores.postgres.ops_logs import PostgresOpsLogs
from akademos.stores.postgres.retention import PostgresRetention

NOW = datetime.now(UTC)
CAUSES = ("lost", "waiting", "expired", "unnamed")


def lines(count: int, at: datetime = NOW, tenant: str | None = None) -> list[KeptLine]:
    return [kept_line({"event": "said", "level": "info", "tenant": tenant}, at) for _ in range(count)]


def process(name: str) -> Process:
    return Process("worker", name, "1.0", "local", NOW - timedelta(hours=1))


def explained_differences(site: Site) -> None:
    """Lines given up, lines that waited and were taken later, one that still waits, two whose time is over; some are
    another tenant's."""
    logs = PostgresOpsLogs(site.door.database)
    logs.append(process("burst"), lines(4, tenant="elsewhere"), offered=9, lost=2, waiting=3)
    logs.append(process("burst"), lines(3), offered=1, lost=0, waiting=1)
    long_ago = NOW - LOG_RETENTION - timedelta(days=1)
    logs.append(process("outage"), [*lines(2, long_ago), *lines(1)], offered=3, lost=0, waiting=0)
    assert PostgresRetention(site.door.database, builtin().datasets).expire_shared(NOW) == {"ops_logs": 2}


def told(site: Site, tmp_path: Path) -> dict[str, list[dict[str, int]]]:
    """Of each process its hand-overs in order: the causes that count lines."""
    found: dict[str, list[dict[str, int]]] = {}
    rows = Inputs(site, tmp_path / "home").folder.read("ops_log_loads").sort("loaded_at")
    for row in rows.iter_rows(named=True):
        found.setdefault(row["instance"], []).append({cause: row[cause] for cause in CAUSES if row[cause]})
    return found


def test_each_missing_line_has_the_cause_that_it_has(site: Site, tmp_path: Path) -> None:
    explained_differences(site)
    assert told(site, tmp_path) == {"burst": [{"lost": 2, "waiting": 3}, {"waiting": 1}], "outage": [{"expired": 2}]}


COLUMNS = "load_id, service, instance, level, event, logged_at, fields, trimmed"


@pytest.mark.parametrize(
    ("change", "place", "unnamed"),
    [
        ("DELETE FROM ops_logs WHERE tenant_id = 'elsewhere'", 0, 4),
        (f"INSERT INTO ops_logs ({COLUMNS}) SELECT {COLUMNS} FROM ops_logs WHERE tenant_id IS NULL", 1, 3),
    ],
    ids=["deleted", "twice"],
)
def test_lines_that_nobody_accounts_for_are_counted(
    site: Site, tmp_path: Path, change: str, place: int, unnamed: int
) -> None:
    explained_differences(site)
    with site.door.database.pipeline() as transaction:
        transaction.execute(change)
    found = told(site, tmp_path)["burst"]
    assert [one.get("unnamed", 0) for one in found] == [unnamed if at == place else 0 for at in range(2)]


def test_lines_that_a_process_neither_kept_nor_gave_up_have_not_waited(site: Site, tmp_path: Path) -> None:
    logs = PostgresOpsLogs(site.door.database)
    logs.append(process("forgetful"), lines(1), offered=5, lost=1, waiting=0)
    logs.append(process("forgetful"), lines(2), offered=1, lost=0, waiting=0)  # one too many makes up for nothing
    assert told(site, tmp_path) == {"forgetful": [{"lost": 1, "unnamed": 3}, {"unnamed": 1}]}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_reconciliation_names_every_cause_and_shows_what_has_none(site: Site) -> None:
    def compared() -> dict[str, Any]:
        site.build()
        (row,) = site.query("SELECT * FROM ops.audit_recon")
        return row

    day_of_events(site)
    explained_differences(site)
    row = compared()
    assert (row["meant"], row["found"], row["status_key"]) == (13, 8, "reconciliation/explained")
    assert row["cause"] == (
        "given up: 2; deleted when their time was over: 2; waited in a process when it last handed over: 1"
    )

    PostgresOpsLogs(site.door.database).append(process("forgetful"), lines(1), offered=5, lost=1, waiting=0)
    row = compared()
    assert (row["meant"] - row["found"], row["status_key"]) == (9, "reconciliation/unexplained")
    assert row["cause"].startswith("given up: 3; ")
    assert row["cause"].endswith("; without a cause: 3")
    unexplained = site.query(
        "SELECT instance_id, unnamed FROM ops.audit_ops_ingest WHERE status_key = 'load/unexplained'"
    )
    assert unexplained == [{"instance_id": "forgetful", "unnamed": 3}]
