"""The kept log: what arrives is what was meant, by the store's own checksums; never changed afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from akademos.catalogue.log_fields import LOG_RETENTION
from akademos.catalogue.registry import builtin
from akademos.errors import Conflict
from akademos.privacy import log_lines
from akademos.privacy.log_lines import KeptLine, kept_line
from akademos.stores.ports.ops_logs import Process
from akademos.stores.postgres import ops_logs
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.ops_logs import PostgresOpsLogs
from akademos.stores.postgres.retention import PostgresRetention

NOW = datetime.now(UTC)
PROCESS = Process("worker", "i1", "1.0", "local", NOW - timedelta(hours=1))


def line(event: str, at: datetime = NOW, **fields: object) -> KeptLine:
    return kept_line({"event": event, "level": "info", **fields}, at)


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.pipeline() as transaction:
        return transaction.execute(query).fetchall()


def test_lines_and_their_account_stand_together(database: Database) -> None:
    logs = PostgresOpsLogs(database)
    odd = [line(f"line {number}", NOW + timedelta(microseconds=number), job="a:b", who="x") for number in range(50)]
    logs.append(PROCESS, [*odd, line("of a tenant", tenant="demo")], offered=60, lost=9, waiting=0)
    logs.append(PROCESS, [], offered=0, lost=0, waiting=0)
    loads = rows(database, "SELECT offered, kept, lost, meant, moved FROM ops_log_loads ORDER BY loaded_at")
    assert [one[:3] for one in loads] == [(60, 51, 9), (0, 0, 0)]
    assert all(meant == moved for *_, meant, moved in loads)
    assert loads[0][3] != "0"
    assert rows(database, "SELECT DISTINCT fields, trimmed FROM ops_logs WHERE tenant_id IS NULL") == [
        ('{"job": "a:b"}', ["who"])
    ]
    assert rows(database, "SELECT tenant_id, event FROM ops_logs WHERE tenant_id IS NOT NULL") == [
        ("demo", "of a tenant")
    ]


def test_a_store_that_holds_something_else_is_noticed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    other = ops_logs._LINES.replace(
        "SELECT tenant_id, %s, %s, %s, level, event", "SELECT tenant_id, %s, %s, %s, level, 'x'"
    )
    assert other != ops_logs._LINES
    monkeypatch.setattr(ops_logs, "_LINES", other)
    with pytest.raises(Conflict) as refused:
        PostgresOpsLogs(database).append(PROCESS, [line("said")], offered=1, lost=0, waiting=0)
    assert refused.value.code == "log_load_differs"
    assert rows(database, "SELECT count(*) FROM ops_logs") == [(0,)]


def test_the_order_of_lines_does_not_matter() -> None:
    said = [line(f"line {number}") for number in range(5)]
    total = {sum(log_lines.line_sum(one, "a", "b") for one in order) for order in (said, said[::-1])}
    assert len(total) == 1


@pytest.mark.parametrize("table", ["ops_logs", "ops_log_loads", "ops_figures"])
def test_what_is_kept_is_not_changed(database: Database, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.pipeline() as transaction:
        transaction.execute(f"UPDATE {table} SET tenant_id = 'x'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.serving("x") as transaction:
        transaction.execute(f"SELECT * FROM {table}")


def test_old_lines_go(database: Database) -> None:
    logs = PostgresOpsLogs(database)
    logs.append(
        PROCESS, [line("old", NOW - LOG_RETENTION - timedelta(days=1)), line("new")], offered=2, lost=0, waiting=0
    )
    gone = PostgresRetention(database, builtin().datasets).expire_shared(NOW)
    assert gone == {"ops_logs": 1}
    assert rows(database, "SELECT event FROM ops_logs") == [("new",)]
