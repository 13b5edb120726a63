"""The schema ops, filled by a log, figures, an incident and a window that came by their own doors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.jobs.test_alerting import ACKNOWLEDGE, DECLARE, RESOLVE, fail, open_incidents, succeed, watching
from tests.warehouse.conftest import Site

from akademos.privacy.log_lines import kept_line
from akademos.stores.ports.incidents import Window
from akademos.stores.ports.ops_logs import Process
from akademos.stores.postgres.incidents import PostgresIncidents
from akademos.stores.postgres.ops_logs import PostgresOpsLogs


def furnish_operations(site: Site) -> None:
    """A small day of operations, by the doors that everything comes in by."""
    database, tenant, now = site.door.database, site.door.tenant, datetime.now(UTC)
    book, logs = PostgresIncidents(database), PostgresOpsLogs(database)
    started = now - timedelta(hours=2)
    said = {"level": "warning", "code": "unavailable", "who": "x"}
    for service, version, number in (("server", "1.0", 0), ("worker", "1.0", 1), ("worker", "1.1", 2)):
        process = Process(service, f"i{number}", version, "local", started + timedelta(minutes=number))
        lines = [
            kept_line({"event": "move_failed", "tenant": tenant, **said}, now),
            kept_line({"event": "started"}, now),
        ]
        logs.append(process, lines, offered=3, lost=1, waiting=0)
    window = Window(uuid4(), None, "test", ("DiskNearlyFull",), now, now + timedelta(hours=1), "command line:op")
    book.declare(window, by=DECLARE)
    fail(database, "retention")
    fail(database, "learner_states", tenant)
    fail(database, "learner_states", "elsewhere")
    watching(database).look()
    (own,) = [one for one in open_incidents(database, tenant) if one.tenant_id == tenant]
    book.acknowledge(tenant, own.incident_id, by=ACKNOWLEDGE, now=own.opened_at + timedelta(minutes=5))
    book.resolve(tenant, own.incident_id, "mended", by=RESOLVE, now=own.opened_at + timedelta(hours=2))
    succeed(database, "learner_states", tenant)
    watching(database).look()


def expect_operations(site: Site) -> None:
    """What happened is told."""
    (own,) = site.query("SELECT * FROM ops.fact_incident_metrics WHERE time_to_resolve_s IS NOT NULL")
    assert (own["time_to_acknowledge_s"], own["time_to_resolve_s"]) == (300.0, 7200.0)
    assert (own["acknowledged_in_time"], own["resolved_in_time"]) == (True, True)
    # not that of elsewhere
    assert site.one("SELECT count(*) FROM ops.stage_incidents WHERE rule = 'JobFailed'") == 2
    assert {row["status_key"] for row in site.query("SELECT status_key FROM ops.stage_alerts")} == {
        "alert/cleared", "alert/firing",
    }  # fmt: skip
    people = site.query("SELECT acknowledged_as, resolved_as FROM ops.stage_incidents WHERE resolution = 'mended'")
    assert people == [{"acknowledged_as": "person", "resolved_as": "person"}]

    workers = site.query("SELECT * FROM ops.dim_service WHERE service_id = 'worker' ORDER BY valid_from")
    assert [(one["version"], one["is_current"]) for one in workers] == [("1.0", False), ("1.1", True)]
    assert workers[0]["valid_to"] == workers[1]["valid_from"]
    (lines,) = site.query("SELECT * FROM ops.audit_recon")
    assert (lines["meant"], lines["found"], lines["status_key"]) == (9, 6, "reconciliation/explained")
    assert lines["cause"] == "given up: 3"
    assert site.one("SELECT sum(trimmed_fields) FROM ops.stage_trimmed_logs") == 3
    assert site.one("SELECT seen_lines FROM ops.ref_error_codes WHERE error_code = 'unavailable'") == 3
