"""Checks on the real tables: what stands passes, what is broken is found, and issues open and close with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from akademos.catalogue.checks import Check, CheckKind, agrees, alike, filled, fresh, holds, refers, steady, unique
from akademos.catalogue.checks import within_range as in_range
from akademos.catalogue.registry import builtin
from akademos.jobs.quality import QualityJob, checks_of
from akademos.jobs.warehouse_models import warehouse_models
from akademos.stores.postgres.catalogue_versions import PostgresCatalogueVersions
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.quality import PostgresQuality
from akademos.stores.postgres.table_checks import PostgresTableChecks

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def run(database: Database, tenant: str, now: datetime = NOW) -> dict[str, object]:
    """One run of the job; its detail."""
    store, versions = PostgresQuality(database), PostgresCatalogueVersions(database)
    job = QualityJob(
        PostgresTableChecks(database), store, versions, PostgresJobRuns(database), lambda _: builtin(),
        clock=lambda: now,
    )  # fmt: skip
    done = job.run(tenant)
    assert done is not None
    return {**done.detail, "checks": done.rows_in}


def execute(database: Database, statement: str, *values: object) -> None:
    with database.pipeline() as transaction:
        transaction.execute(statement, values)


def topics(database: Database, tenant: str, count: int = 3) -> None:
    for number in range(count):
        execute(database, "INSERT INTO topics (tenant_id, topic_id, name) VALUES (%s, %s, 'T')", tenant, f"t{number}")


def test_every_table_stands_as_it_is_declared(database: Database, tenant: str) -> None:
    done = run(database, tenant)
    latest = PostgresQuality(database).latest(tenant)
    assert [(one.dataset, one.check, one.sample) for one in latest if one.status == "failed"] == []
    assert done["failed"] == 0
    assert sum(one.kind == "schema" for one in latest) > 100
    assert {one.kind for one in latest} >= {"schema", "freshness", "references", "rule", "range", "reconciliation"}


def test_a_broken_reference_opens_an_issue_that_closes_when_it_is_mended(database: Database, tenant: str) -> None:
    topics(database, tenant)
    execute(database, "INSERT INTO items (tenant_id, question_id, topic_ids) VALUES (%s, 'q1', '{t0,gone}')", tenant)
    assert run(database, tenant)["opened"] == 1
    store = PostgresQuality(database)
    (issue,) = store.issues(tenant)
    assert (issue.dataset, issue.check, issue.offending) == ("items", "references_topic_ids", 1)
    assert issue.owner == builtin().dataset("items").owner
    (found,) = [one for one in store.latest(tenant) if one.status == "failed"]
    assert found.sample == ("(q1)",)
    again = run(database, tenant, NOW + timedelta(days=1))
    assert (again["opened"], again["closed"]) == (0, 0)
    execute(database, "UPDATE items SET topic_ids = '{t0}' WHERE tenant_id = %s", tenant)
    assert run(database, tenant, NOW + timedelta(days=2))["closed"] == 1
    (closed,) = store.issues(tenant)
    assert closed.closed_at == NOW + timedelta(days=2)
    assert closed.last_seen_at == NOW + timedelta(days=1)
    assert [one.status for one in store.history(tenant, "items", limit=50) if one.check == issue.check] == [
        "passed", "failed", "failed",
    ]  # fmt: skip


def test_what_the_catalogue_says_is_written_when_it_changes(database: Database, tenant: str) -> None:
    first = run(database, tenant)
    assert first["changed"] == len(builtin().datasets) + len(warehouse_models()) + len(builtin().policies) + 12
    assert run(database, tenant, NOW + timedelta(days=1))["changed"] == 0


def test_a_column_that_is_not_declared_is_found(database: Database, tenant: str, dsn: str) -> None:
    import psycopg

    with psycopg.connect(dsn) as connection:
        connection.execute("ALTER TABLE akademos.topics ADD COLUMN surprise integer")
    found = PostgresTableChecks(database).offences(tenant, builtin().dataset("topics"), checks_of(
        builtin().dataset("topics"))[0], NOW)  # fmt: skip
    assert (found.offending, found.sample) == (1, ("surprise: not declared",))


BROKEN: dict[str, tuple[Check, Callable[[Database, str], None]]] = {
    "not null": (filled("course_id"), lambda database, tenant: topics(database, tenant, 2)),
    "unique": (unique("name"), lambda database, tenant: topics(database, tenant, 2)),
    "references": (
        refers("parent_id", "exams", "exam_id"),
        lambda database, tenant: execute(
            database,
            "INSERT INTO topics (tenant_id, topic_id, name, parent_id) VALUES (%s, 'a', 'A', 'a')",
            tenant,
        ),
    ),
    "range": (in_range("position", 1, 5), lambda database, tenant: topics(database, tenant, 1)),
    "rule": (holds("names differ", "name <> 'T'"), lambda database, tenant: topics(database, tenant, 1)),
    "reconciliation": (
        agrees("as many", "SELECT topic_id FROM topics WHERE tenant_id = %(tenant)s AND name = 'T'"),
        lambda database, tenant: topics(database, tenant, 1),
    ),
}


@pytest.mark.parametrize("kind", sorted(BROKEN))
def test_each_kind_passes_on_nothing_and_finds_what_breaks_it(database: Database, tenant: str, kind: str) -> None:
    check, spoil = BROKEN[kind]
    checks, dataset = PostgresTableChecks(database), builtin().dataset("topics")
    assert checks.offences(tenant, dataset, check, NOW).offending == 0
    spoil(database, tenant)
    assert checks.offences(tenant, dataset, check, NOW).offending > 0
    assert checks.offences("elsewhere", dataset, check, NOW).offending == 0


def test_a_value_that_stands_for_something_else_is_no_broken_reference(database: Database, tenant: str) -> None:
    topics(database, tenant, 2)
    checks, dataset = PostgresTableChecks(database), builtin().dataset("topics")
    check = refers("topic_id", "exams", "exam_id", or_is="t0")
    found = checks.offences(tenant, dataset, check, NOW)
    assert (found.offending, found.sample) == (1, ("(t1)",))
    assert check.statement == "topic_id is in exams.exam_id or t0"


def receipts(database: Database, tenant: str, day: datetime, rows: int, door: str = "http") -> None:
    execute(
        database,
        "INSERT INTO receipts (tenant_id, source, door, received_at, received, accepted, held, duplicate, conflict, "
        "suppressed, rejected) SELECT %s, 's', %s, %s, 1, 1, 0, 0, 0, 0, 0 FROM generate_series(1, %s)",
        tenant, door, day, rows,
    )  # fmt: skip


def test_volume_and_drift_speak_once_there_is_enough_and_find_what_is_unusual(database: Database, tenant: str) -> None:
    checks, dataset = PostgresTableChecks(database), builtin().dataset("receipts")
    assert not checks.offences(tenant, dataset, steady(), NOW).enough
    assert not checks.offences(tenant, dataset, alike("door"), NOW).enough
    for back in range(2, 30):
        receipts(database, tenant, NOW - timedelta(days=back), 20 + back % 3)
    receipts(database, tenant, NOW - timedelta(days=1), 21)
    usual = checks.offences(tenant, dataset, steady(), NOW)
    assert (usual.offending, usual.enough) == (0, True)
    assert checks.offences(tenant, dataset, alike("door"), NOW).offending == 0
    receipts(database, tenant, NOW - timedelta(days=1), 400, door="import")
    assert checks.offences(tenant, dataset, steady(), NOW).offending == 1
    assert checks.offences(tenant, dataset, alike("door"), NOW).offending == 1


def test_freshness_is_of_the_newest_row(database: Database, tenant: str) -> None:
    checks, dataset, check = PostgresTableChecks(database), builtin().dataset("receipts"), fresh(timedelta(hours=26))
    assert not checks.offences(tenant, dataset, check, NOW).enough
    receipts(database, tenant, NOW - timedelta(hours=30), 1)
    assert checks.offences(tenant, dataset, check, NOW).offending == 1
    receipts(database, tenant, NOW - timedelta(hours=2), 1)
    assert checks.offences(tenant, dataset, check, NOW).offending == 0


def test_no_result_names_a_person(database: Database, tenant: str) -> None:
    """Keys of offending rows are of columns that are not personal, for every check that is declared."""
    for dataset in builtin().datasets:
        personal = {column.name for column in dataset.columns if column.personal}
        for check in dataset.checks:
            selected = check.query.split("FROM")[0]
            assert not any(name in selected.split() for name in personal), (dataset.name, check.name)
            assert check.kind is CheckKind.ENFORCED or check.condition or check.query or check.columns or (
                check.kind in {CheckKind.VOLUME, CheckKind.FRESHNESS}
            )  # fmt: skip
