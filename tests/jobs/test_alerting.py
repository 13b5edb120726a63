"""From a job that fails to an incident that somebody mends, on a real store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from prometheus_client.samples import Sample

from akademos.catalogue.alert_rules import ALERT_RULES, FIGURES
from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import Conflict, NotFound, Unavailable
from akademos.jobs.alerting import AlertingJob, Gauges
from akademos.jobs.core_gauges import CoreGauges
from akademos.jobs.parity_gauges import OVER, ParityGauges
from akademos.jobs.request_gauges import RequestGauges
from akademos.stores.disk.host_gauges import HostGauges
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.incidents import Incident, Measured, Window
from akademos.stores.ports.quality import QualityResult, Status
from akademos.stores.ports.warehouse import CheckResult
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.incidents import PostgresIncidents
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.kpi_gauges import KpiGauges
from akademos.stores.postgres.model_watch import ModelGauges
from akademos.stores.postgres.platform_gauges import PlatformGauges
from akademos.stores.postgres.quality import PostgresQuality
from akademos.stores.postgres.quality_gauges import QualityGauges
from akademos.stores.postgres.warehouse_ledger import PostgresBuildLedger

ACKNOWLEDGE = AuditEntry("person:ab", AuditAction.INCIDENT_ACKNOWLEDGED)
RESOLVE = AuditEntry("person:ab", AuditAction.INCIDENT_RESOLVED)
DECLARE = AuditEntry("command line:op", AuditAction.MAINTENANCE_DECLARED)


def watching(database: Database, *gauges: Gauges) -> AlertingJob:
    """The job over a database, looking now."""
    return AlertingJob(
        gauges or (PlatformGauges(database),), PostgresIncidents(database), PostgresJobRuns(database),
        clock=lambda: datetime.now(UTC),
    )  # fmt: skip


def fail(database: Database, job: str, tenant: str | None = None) -> None:
    with pytest.raises(Conflict), PostgresJobRuns(database).running(job, tenant):
        raise Conflict("it fails")


def succeed(database: Database, job: str, tenant: str | None = None) -> None:
    with PostgresJobRuns(database).running(job, tenant):
        pass


def open_incidents(database: Database, tenant: str | None = None) -> list[Incident]:
    return PostgresIncidents(database).incidents(tenant, open_only=True)


def test_a_job_that_fails_opens_an_incident_and_its_success_ends_it(database: Database, tenant: str) -> None:
    job = watching(database)
    fail(database, "retention")
    job.look()
    job.look()  # finds nothing new
    (incident,) = open_incidents(database, tenant)
    assert (incident.rule, incident.subject, incident.tenant_id) == ("JobFailed", "retention", None)
    assert incident.began_at <= incident.opened_at
    succeed(database, "retention")
    job.look()
    assert open_incidents(database, tenant) == []
    (past,) = PostgresIncidents(database).incidents(tenant)
    assert (past.resolved_by, past.resolution, past.acknowledged_at) == ("job:alerts", "recovered", None)


def test_people_take_on_and_end_within_their_reach_and_it_is_written_down(database: Database, tenant: str) -> None:
    book, now = PostgresIncidents(database), datetime.now(UTC)
    fail(database, "learner_states", tenant)
    watching(database).look()
    (incident,) = open_incidents(database, tenant)
    assert incident.tenant_id == tenant
    with pytest.raises(NotFound):
        book.acknowledge("elsewhere", incident.incident_id, by=ACKNOWLEDGE, now=now)
    assert open_incidents(database, "elsewhere") == []
    taken = book.acknowledge(tenant, incident.incident_id, by=ACKNOWLEDGE, now=now + timedelta(minutes=1))
    again = book.acknowledge(tenant, incident.incident_id, by=RESOLVE, now=now + timedelta(minutes=9))
    assert (again.acknowledged_at, again.acknowledged_by) == (taken.acknowledged_at, "person:ab")
    done = book.resolve(tenant, incident.incident_id, "accepted", by=RESOLVE, now=now + timedelta(minutes=2))
    assert book.incidents(tenant) == [done]
    with pytest.raises(Conflict) as refused:
        book.acknowledge(tenant, incident.incident_id, by=ACKNOWLEDGE, now=now)
    assert refused.value.code == "incident_resolved"
    with pytest.raises(Conflict):
        book.resolve(tenant, incident.incident_id, "mended", by=RESOLVE, now=now)
    with database.pipeline() as transaction:
        acts = transaction.execute(
            "SELECT action, actor FROM audit_log WHERE tenant_id = %s AND action LIKE 'incident%%' ORDER BY seq",
            (tenant,),
        ).fetchall()
    assert acts == [("incident.acknowledged", "person:ab"), ("incident.resolved", "person:ab")]
    watching(database).look()  # accepted: it stays quiet
    assert open_incidents(database, tenant) == []


def test_whoever_ends_what_nobody_took_on_has_taken_it_on(database: Database) -> None:
    fail(database, "retention")
    watching(database).look()
    (incident,) = open_incidents(database)
    done = PostgresIncidents(database).resolve(None, incident.incident_id, "mended", by=RESOLVE, now=incident.opened_at)
    assert done.acknowledged_at == done.resolved_at == incident.opened_at


def test_a_window_keeps_quiet_until_it_is_called_off(database: Database, tenant: str) -> None:
    book, now = PostgresIncidents(database), datetime.now(UTC)
    window = Window(uuid4(), tenant, "test", ("JobFailed",), now - timedelta(minutes=1), now + timedelta(hours=1), "x")
    book.declare(window, by=DECLARE)
    assert book.all_windows(tenant, since=now) == [window]
    assert book.all_windows("elsewhere", since=now) == []
    fail(database, "learner_states", tenant)
    fail(database, "retention")
    watching(database).look()
    assert [one.subject for one in open_incidents(database)] == ["retention"]
    book.cancel(window.window_id, by=DECLARE, now=datetime.now(UTC))
    with pytest.raises(Conflict):
        book.cancel(window.window_id, by=DECLARE, now=datetime.now(UTC))
    with pytest.raises(NotFound):
        book.cancel(uuid4(), by=DECLARE, now=now)
    watching(database).look()
    assert {one.subject for one in open_incidents(database)} == {"retention", "learner_states"}


def test_two_workers_open_one_incident(database: Database) -> None:
    one, other = watching(database), watching(database)
    fail(database, "retention")
    one.run()
    other.run()
    assert len(open_incidents(database)) == 1


def test_a_gauge_that_fails_ends_no_incident(database: Database) -> None:
    class Broken:
        figures = frozenset({"disk_used"})
        value: float | None = 0.99

        def measure(self, now: datetime) -> Sequence[Measured]:
            if self.value is None:
                raise Unavailable("no")
            return [Measured("disk_used", self.value)]

    gauges = Broken()
    job = watching(database, gauges)
    job.run()
    assert [one.rule for one in open_incidents(database)] == ["DiskNearlyFull"]
    gauges.value = None
    job.run()
    assert open_incidents(database)
    gauges.value = 0.5
    job.run()
    assert open_incidents(database) == []


def test_waiting_over_budget_and_stale(database: Database, tenant: str) -> None:
    now = datetime.now(UTC)
    with database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO job_runs (tenant_id, job, started_at, finished_at, outcome) VALUES "
            "(%(t)s, 'learner_states', %(long)s, %(end)s, 'succeeded'), "
            "(NULL, 'retention', %(stuck)s, NULL, 'running')",
            {
                "t": tenant, "long": now - timedelta(hours=30), "end": now - timedelta(hours=29),
                "stuck": now - timedelta(hours=2),
            },
        )  # fmt: skip
        transaction.execute(
            "INSERT INTO dead_letters (tenant_id, received_at, source, code) VALUES (%s, %s, 's', 'x')",
            (tenant, now - timedelta(hours=13)),
        )
    found = {(one.figure, one.subject, one.tenant_id): one for one in PlatformGauges(database).measure(now)}
    states = found["job_budget_share", "learner_states", tenant]
    assert states.value == pytest.approx(6)
    assert found["job_budget_share", "retention", None].value == pytest.approx(4)
    stale = found["freshness", "learner_states", tenant]
    assert stale.value == pytest.approx(29)
    assert stale.since == now - timedelta(hours=3)
    letters = found["dead_letter_age", "", None]
    assert letters.value == pytest.approx(13 * 3600)
    assert letters.since == now - timedelta(hours=1)
    assert found["landing_backlog", "", None].value == 0


def test_every_figure_is_measured_and_every_rule_rests_on_one(database: Database, tmp_path: Path) -> None:
    gauges = (PlatformGauges, CoreGauges, RequestGauges, QualityGauges, ParityGauges, KpiGauges, ModelGauges)
    measured = set[str]().union(*(one.figures for one in gauges), HostGauges(tmp_path).figures | {"cpu_used"})
    assert measured == {one.name for one in FIGURES}
    assert {rule.figure for rule in ALERT_RULES} <= measured
    assert {one.figure for one in PlatformGauges(database).measure(datetime.now(UTC))} <= PlatformGauges.figures


def test_answers_are_judged_by_the_difference_of_two_looks() -> None:
    counts = {"200": [0, 0], "503": [0, 0]}  # answers, and those within a second
    cached = {"hit": 0, "miss": 0}

    def look(*_: str) -> list[Sample]:
        name = "akademos_request_seconds"
        found = []
        for status, (answers, quick) in counts.items():
            labels = {"route": "/", "status": status}
            found += [
                Sample(f"{name}_count", labels, answers),
                Sample(f"{name}_bucket", {**labels, "le": "1.0"}, quick),
            ]
            found.append(Sample(f"{name}_bucket", {**labels, "le": "+Inf"}, answers))
        return found + [
            Sample("akademos_answers_cached_total", {"outcome": outcome}, count) for outcome, count in cached.items()
        ]

    gauges = RequestGauges(look)

    def measure() -> dict[str, float]:
        return {one.figure: one.value for one in gauges.measure(datetime.now(UTC))}

    counts["503"] = [5, 5]
    assert set(measure().values()) == {0}  # what was before the first look
    counts |= {"200": [180, 160], "503": [25, 25]}
    cached |= {"hit": 25, "miss": 75}
    assert measure() == {"requests_slow": 0.1, "requests_failed": 0.1, "cache_missed": 0.75}
    counts["503"] = [30, 30]
    assert set(measure().values()) == {0}  # five answers say nothing


def test_production_is_held_against_the_staging_that_mirrors_it() -> None:
    counts = {"prod": 5_000.0, "staging": 100.0, "dev": 1e6}

    def look(*_: str) -> list[Sample]:
        name = "analytics_events_ingested_total"
        return [Sample(name, {"environment": one}, count) for one, count in counts.items()]

    gauges, now = ParityGauges(look), datetime.now(UTC)

    def measure(later: timedelta) -> float:
        (one,) = gauges.measure(now + later)
        return one.value

    assert measure(timedelta()) == 0  # what was before the first look
    counts |= {"prod": 5_900.0, "staging": 1_099.0}
    assert measure(timedelta(minutes=1)) == 0  # fewer than a thousand of the baseline
    counts |= {"prod": 5_970.0, "staging": 1_100.0}
    assert measure(timedelta(minutes=6)) == pytest.approx(0.03)
    counts |= {"prod": 6_000.0}
    assert measure(timedelta(minutes=7)) == 0
    counts |= {"prod": 5_000.0 + 2_001}
    assert measure(timedelta(minutes=8)) == 0  # staging is no mirror of twice as much
    counts |= {"prod": 6_500.0, "staging": 2_100.0}
    assert measure(timedelta(minutes=12)) == pytest.approx(0.25)
    assert measure(OVER + timedelta(minutes=13)) == 0  # a day later nothing has come in since


def test_a_failing_check_is_an_incident_until_it_passes(database: Database, tenant: str) -> None:
    now, store, job = datetime.now(UTC), PostgresQuality(database), watching(database, QualityGauges(database))

    def checked(name: str, offending: int, at: datetime) -> QualityResult:
        status: Status = "failed" if offending else "passed"
        return QualityResult("learner_state", name, "range", "major", "it holds", status, offending, (), "", at)

    store.record(tenant, [checked("a", 3, now), checked("b", 1, now), checked("c", 0, now)], {})
    job.run()
    (incident,) = open_incidents(database, tenant)
    assert (incident.rule, incident.subject) == ("QualityCheckFailed", "learner_state")
    assert QualityGauges(database).measure(now)[0].value == 2
    store.record(tenant, [checked("a", 0, now), checked("b", 0, now)], {})
    job.run()
    assert open_incidents(database, tenant) == []

    ledger = PostgresBuildLedger(database)
    bad = CheckResult("unique_x", "cost.dim_x", "x", "critical", "fail", 4)
    ledger.record_checks(tenant, "one", [bad, replace(bad, check_name="warned", status="warn")], now)
    job.run()
    assert [one.subject for one in open_incidents(database, tenant)] == ["cost.dim_x"]
    ledger.record_checks(tenant, "two", [replace(bad, status="pass", failures=0)], now + timedelta(hours=1))
    job.run()
    assert open_incidents(database, tenant) == []


def test_the_machine_is_measured_where_it_tells(tmp_path: Path) -> None:
    times = tmp_path / "stat"
    times.write_text("cpu 100 0 0 100 0 0 0 0 7 7\ncpu0 1\n")
    gauges = HostGauges(tmp_path, times)
    times.write_text("cpu 190 0 0 110 0 0 0 0 9 9\ncpu0 1\n")
    found = {one.figure: one.value for one in gauges.measure(datetime.now(UTC))}
    assert found["cpu_used"] == pytest.approx(0.9)
    assert 0 < found["disk_used"] < 1
    assert HostGauges(tmp_path, tmp_path / "none").figures == {"disk_used"}


def test_ids_are_new_for_each(database: Database) -> None:
    fail(database, "retention")
    fail(database, "full_compaction")
    watching(database).run()
    ids = {one.incident_id for one in open_incidents(database)}
    assert len(ids) == 2
    assert all(isinstance(one, UUID) for one in ids)
