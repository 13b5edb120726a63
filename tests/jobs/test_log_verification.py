"""The nightly verification: what it finds is kept in the audit log, and a fault is an incident of the tenant alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from tests.stores.postgres.tampering import Tamperer
from tests.stores.postgres.test_audit_verification import look, seal, tamperer, write

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import Conflict
from akademos.jobs.log_verification import BROKEN, JOB, LogVerificationJob
from akademos.stores.ports.incidents import Measured
from akademos.stores.postgres import platform_gauges
from akademos.stores.postgres.access import PostgresTenants
from akademos.stores.postgres.audit import PostgresAuditLog
from akademos.stores.postgres.chains import PostgresChains
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.platform_gauges import PlatformGauges

__all__ = ["tamperer"]


def verification(database: Database) -> LogVerificationJob:
    return LogVerificationJob(PostgresChains(database), PostgresAuditLog(database), PostgresJobRuns(database))


def said(database: Database, tenant: str) -> list[dict[str, object]]:
    with database.pipeline() as transaction:
        rows = transaction.execute(
            "SELECT detail FROM audit_log WHERE tenant_id = %s AND action = %s ORDER BY seq",
            (tenant, AuditAction.LOGS_VERIFIED.value),
        ).fetchall()
    return [json.loads(detail) for (detail,) in rows]


def faults(database: Database) -> dict[str | None, float]:
    measured: list[Measured] = list(PlatformGauges(database).measure(datetime.now(UTC)))
    return {one.tenant_id: one.value for one in measured if one.figure == "log_fault"}


def test_a_whole_log_is_written_down_as_whole_night_after_night(database: Database, tenant: str) -> None:
    write(database, tenant, 3)
    look(database, tenant, 4)
    seal(database, tenant)
    look(database, tenant, 2)
    run = verification(database).run(tenant)
    assert run is not None
    (first,) = said(database, tenant)
    assert (first["audit_rows"], first["seals"], first["sealed_reads"], first["unsealed_reads"]) == (4, 1, 4, 2)
    assert str(first["head"]).startswith("4:")
    assert first["broken"] == []
    assert faults(database) == {tenant: 0.0}
    verification(database).run(tenant)  # over the entry of the first
    assert [one["audit_rows"] for one in said(database, tenant)] == [4, 5]


@pytest.mark.parametrize(
    ("forgery", "log"),
    [
        ("UPDATE akademos.audit_log SET actor = 'job:nobody' WHERE seq = 2", "audit_log"),
        ("UPDATE akademos.access_log SET decision = 'allowed', reason = 'x'", "access_log"),
    ],
)
def test_a_fault_is_kept_and_is_an_alert_until_a_run_finds_none(
    database: Database, tenant: str, tamperer: Tamperer, forgery: str, log: str
) -> None:
    PostgresTenants(database, None).create("other", "other", actor="test")  # type: ignore[arg-type]  # reads no keys
    write(database, tenant, 3)
    look(database, tenant, 4)
    seal(database, tenant)
    tamperer.do(forgery)
    job = verification(database)
    run = job.run(tenant)
    assert run is not None
    assert run.rows_out > 0
    job.run("other")
    (kept,) = said(database, tenant)
    assert kept["broken"][0]["log"] == log  # type: ignore[index]  # JSON
    last = PostgresJobRuns(database).last(JOB, tenant)
    assert last is not None
    assert (last.outcome, last.detail["code"]) == ("succeeded", BROKEN)
    assert faults(database) == {tenant: 1.0, "other": 0.0}
    with pytest.raises(Conflict), PostgresJobRuns(database).running(JOB, tenant):  # says nothing about the logs
        raise Conflict("away", hint="later")
    assert faults(database) == {tenant: 1.0, "other": 0.0}


def test_the_gauge_knows_the_job_by_its_names() -> None:
    assert (platform_gauges.LOG_VERIFICATION, platform_gauges.LOGS_BROKEN) == (JOB, BROKEN)
