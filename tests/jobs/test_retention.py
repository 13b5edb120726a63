"""Every night: each event type and each table as long as it is declared, legal holds respected, all of it counted."""

from __future__ import annotations

import json
import uuid

import psycopg
import pytest
from tests.intake.conftest import Door, answered
from tests.jobs.pipeline import Pipeline
from tests.jobs.test_limits import expiry
from tests.jobs.test_mover import example

from akademos.catalogue.registry import builtin
from akademos.jobs.expiry import ExpiryJobs
from akademos.jobs.retention_report import RetentionReport
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.legal_holds import PostgresLegalHolds
from akademos.stores.postgres.person_columns import person_columns
from akademos.stores.postgres.retention import COUNTED_FROM, PostgresRetention
from akademos.telemetry import DEAD_LETTER_AGE, HELD_AGE

__all__ = ["expiry"]


def report(pipeline: Pipeline) -> RetentionReport:
    door = pipeline.door
    datasets = builtin().datasets
    return RetentionReport(
        PostgresRetention(door.database, datasets),
        lambda: pipeline.core,
        PostgresJobRuns(door.database),
        lambda _: door.registry,
        datasets,
        clock=lambda: door.now,
    )


def opt_out(door: Door, user: str) -> dict[str, object]:
    return {**example(door, "settings_tracking_opt_out", user_id=user), "event_id": str(uuid.uuid4())}


def test_every_retained_table_has_an_age() -> None:
    for dataset in builtin().datasets:
        if dataset.retention is not None and dataset.available:
            assert dataset.time_column or dataset.name in COUNTED_FROM, dataset.name


def test_logs_receipts_and_counts_go_and_the_equations_hold(pipeline: Pipeline, expiry: ExpiryJobs) -> None:
    door = pipeline.door
    door.grant("u-1")
    for _ in range(3):
        assert door.verdicts(answered("u-1"), opt_out(door, "u-1")) == ["accepted"] * 2
        pipeline.drain()
    before = door.rows("SELECT sum(received)::int, sum(accepted)::int FROM receipts")
    door.pass_time(days=7 * 365 + 1)
    due = {line.name: line.age.due for line in report(pipeline).report(door.tenant)}
    assert (due["preference_log"], due["question_submitted"], due["receipts"]) == (3, 3, 3)
    run = expiry.enforce_retention()
    assert run is not None
    removed = run.detail["removed"][door.tenant]
    assert (removed["event_log"], removed["preference_log"], removed["receipts"]) == (3, 3, 2)
    assert door.count("preference_log") == 0
    assert door.rows("SELECT sum(received)::int, sum(accepted)::int FROM receipts") == before
    assert door.count("receipts") == 1  # carried forward
    pipeline.equation()
    again = expiry.enforce_retention()
    assert again is not None
    assert again.detail["removed"] == {door.tenant: {"event_log": 0}}
    pipeline.equation()
    lines = {line.name: line for line in report(pipeline).report(door.tenant)}
    assert lines["preference_log"].age.rows == 0
    assert lines["event_log"].age.due == 0
    ((detail,),) = door.rows("SELECT detail FROM audit_log WHERE action = 'retention.enforced'")
    assert json.loads(detail)["preference_log"] == 3


def test_what_is_about_no_tenant_goes_too_by_its_declaration(pipeline: Pipeline, expiry: ExpiryJobs) -> None:
    door = pipeline.door
    with door.database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO job_runs (job, tenant_id, started_at, finished_at, outcome) VALUES "
            "('old', NULL, now() - interval '3 years', now() - interval '3 years', 'succeeded'), "
            "('hangs', NULL, now() - interval '3 years', NULL, 'running'), "
            "('old', %s, now() - interval '3 years', now() - interval '3 years', 'failed'), "
            "('young', NULL, now() - interval '1 year', now() - interval '1 year', 'failed')",
            (door.tenant,),
        )
    run = expiry.enforce_retention()
    assert run is not None
    assert run.detail["removed_shared"] == {"job_runs": 1}
    assert run.detail["removed"][door.tenant]["job_runs"] == 1
    assert run.rows_out == 2
    assert door.rows("SELECT job FROM job_runs WHERE job <> 'retention' ORDER BY job") == [("hangs",), ("young",)]
    again = expiry.enforce_retention()
    assert again is not None
    assert again.detail["removed_shared"] == {}


def test_the_proof_of_a_consent_lasts_as_long_as_the_consent(pipeline: Pipeline, expiry: ExpiryJobs) -> None:
    door = pipeline.door
    stands, gone = door.person("u-1"), door.person("u-2")
    with door.database.pipeline() as transaction:  # what an erasure leaves has no state any more
        for key in (stands, gone):
            transaction.execute(
                "INSERT INTO consent_history (tenant_id, version, learner_key, purpose, decision, basis, text_version, "
                "recorded_by, recorded_at) VALUES (%s, 1, %s, 'research', 'granted', 'consent', 'v1', 'x', "
                "now() - interval '11 years')",
                (door.tenant, key),
            )
        transaction.execute(
            "INSERT INTO consent_state (tenant_id, learner_key, purpose, granted, version, basis, text_version, "
            "changed_at) VALUES (%s, %s, 'research', true, 1, 'consent', 'v1', now() - interval '11 years')",
            (door.tenant, stands),
        )
    expiry.enforce_retention()
    assert {str(key) for (key,) in door.rows("SELECT DISTINCT learner_key FROM consent_history")} == {stands}


def test_the_application_cannot_empty_an_append_only_table(door: Door) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), door.database.pipeline() as transaction:
        transaction.execute("SELECT expire_rows(%s, 'audit_log', 'at', interval '1 day', '{}')", (door.tenant,))
    by_itself = b"DO $$ BEGIN PERFORM set_config('akademos.upkeep', 'audit_log', true); DELETE FROM audit_log; END $$"
    with pytest.raises(psycopg.errors.InsufficientPrivilege), door.database.pipeline() as transaction:
        transaction.execute(by_itself)


def test_a_legal_hold_stops_the_deletion_of_one_person_or_of_all(pipeline: Pipeline, expiry: ExpiryJobs) -> None:
    door = pipeline.door
    holds = PostgresLegalHolds(door.database, door.vault._keys)
    for user in ("u-1", "u-2"):
        door.grant(user)
        door.batch(answered(user), opt_out(door, user))
    pipeline.drain()
    one = holds.set(door.tenant, Identifier("user", "u-1"), ["event_log", "preference_log"], reason="case", by="test")
    everybody = holds.set(door.tenant, None, ["receipts"], reason="inquiry", by="test")
    door.pass_time(days=7 * 365 + 1)
    held = {line.name for line in report(pipeline).report(door.tenant) if line.held}
    assert {"event_log", "question_submitted", "preference_log", "receipts"} <= held
    expiry.enforce_retention()
    kept = door.person("u-1")
    assert {row["learner_key"] for row in pipeline.rows()} == {kept}
    assert {str(key) for (key,) in door.rows("SELECT learner_key FROM preference_log")} == {kept}
    assert door.count("receipts") == 2
    pipeline.equation()
    holds.lift(door.tenant, one, by="test")
    holds.lift(door.tenant, everybody, by="test")
    expiry.enforce_retention()
    assert (pipeline.rows(), door.count("preference_log"), door.count("receipts")) == ([], 0, 1)
    pipeline.equation()


def test_metrics_tell_the_age_of_what_waits(pipeline: Pipeline, expiry: ExpiryJobs) -> None:
    door = pipeline.door
    assert door.verdicts(answered("u-9"), {**answered("u-9"), "question_id": 7}) == ["held", "rejected"]
    door.pass_time(hours=23)
    expiry.expire_landing()
    for gauge in (HELD_AGE, DEAD_LETTER_AGE):
        assert gauge._value.get() == pytest.approx(23 * 3600)
    door.pass_time(hours=2)
    expiry.expire_landing()
    assert (door.count("held"), door.count("dead_letters")) == (0, 0)
    assert HELD_AGE._value.get() == 0
    assert DEAD_LETTER_AGE._value.get() == 0


def test_every_column_that_may_hold_a_key_is_declared(door: Door) -> None:
    """A table that names people by key and does not say so would escape erasure."""
    with door.database.pipeline() as transaction:
        found = {(one.table, one.column) for one in person_columns(transaction, builtin().datasets)}
        keys = transaction.execute(
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE c.relnamespace = 'akademos'::regnamespace AND c.relkind = 'r' AND a.atttypid = 'uuid'::regtype "
            "AND a.attname NOT IN ('event_id', 'erasure_id', 'hold_id', 'request_id', 'merge_id', 'release_id') "
            "AND a.attname NOT IN ('alert_id', 'certification_id', 'incident_id', 'issue_id', 'load_id', 'note_id') "
            "AND a.attname NOT IN ('lease', 'notice_id', 'window_id') "
            "AND c.relname NOT IN ('people', 'identifiers', 'landing')"
        ).fetchall()
    assert len(keys) > 10
    assert set(keys) <= found
