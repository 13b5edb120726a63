"""Retention of the chained logs: what is due goes, oldest first; the rest stays provable, tampering stays named."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from tests.stores.postgres.tampering import Tamperer
from tests.stores.postgres.test_audit_verification import checked, look, tamperer, write

from akademos.catalogue.registry import builtin
from akademos.privacy.audit_chain import Head, row_hash
from akademos.privacy.pseudonyms import Keys
from akademos.stores.postgres.access_seals import PostgresAccessSeals
from akademos.stores.postgres.chains import PostgresChains
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.legal_holds import PostgresLegalHolds
from akademos.stores.postgres.retention import PostgresRetention

__all__ = ["tamperer"]


def age_audit(database: Database, tenant: str, tamperer: Tamperer, years: int, up_to: int) -> None:
    """Make rows of the audit log as old as if the clock had been so long ago, and chain all of them anew."""
    with PostgresChains(database).reading() as chains:
        rows = list(chains.audit_rows(tenant))
    previous = b""
    for row in rows:
        at = datetime.strptime(str(row.at), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        if row.seq <= up_to:
            at -= timedelta(days=366 * years)
        stamp = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        moved = type(row)(
            row.tenant_id, row.seq, stamp, row.actor, row.action, row.subject, row.detail, previous, b""
        )  # fmt: skip
        previous = row_hash(moved)
        tamperer.do(
            "UPDATE akademos.audit_log SET at = %s, previous = %s, hash = %s WHERE tenant_id = %s AND seq = %s",
            at, moved.previous, previous, tenant, row.seq,
        )  # fmt: skip


def old_look(database: Database, tenant: str, tamperer: Tamperer, times: int, *, years: int) -> None:
    """Rows of the access log of so long ago, sealed then."""
    look(database, tenant, times)
    then = datetime.now(UTC) - timedelta(days=366 * years)
    tamperer.do(
        "UPDATE akademos.access_log SET at = %s WHERE tenant_id = %s AND access_id > (SELECT coalesce(max(last_id), 0) "
        "FROM akademos.access_seals WHERE tenant_id = %s)", then, tenant, tenant,
    )  # fmt: skip
    seals = PostgresAccessSeals(database)
    assert seals.seal(tenant, seals.decided(), limit=1_000, sealed_at=then + timedelta(minutes=1)) >= times


def expired(database: Database, tenant: str) -> dict[str, int]:
    found = PostgresRetention(database, builtin().datasets).expire(tenant, datetime.now(UTC), events_removed=0)
    return {name: rows for name, rows in found.items() if name in ("audit_log", "access_log", "access_seals")}


def test_nothing_due_leaves_no_checkpoint(database: Database, tenant: str) -> None:
    write(database, tenant, 3)
    look(database, tenant, 2)
    assert expired(database, tenant) == {}
    found = checked(database, tenant)
    assert (found.rows, found.audit_from, found.reads_from, found.broken) == (3, None, None, [])


def test_what_is_due_goes_and_the_rest_stays_provable(database: Database, tenant: str, tamperer: Tamperer) -> None:
    old_look(database, tenant, tamperer, 5, years=4)
    old_look(database, tenant, tamperer, 3, years=4)
    old_look(database, tenant, tamperer, 2, years=1)
    look(database, tenant, 1)
    write(database, tenant, 4)
    age_audit(database, tenant, tamperer, 11, up_to=2)
    head = checked(database, tenant).head
    with PostgresChains(database).reading() as chains:
        at_two = next(row.hash for row in chains.audit_rows(tenant) if row.seq == 2)
    assert expired(database, tenant) == {"audit_log": 2, "access_log": 8, "access_seals": 2}
    found = checked(database, tenant, head)
    assert found.broken == []
    assert found.audit_from is not None
    assert found.reads_from is not None
    assert (found.audit_from.last, found.audit_from.rows) == (Head(2, at_two), 2)
    assert (found.reads_from.last.seq, found.reads_from.rows, found.seals, found.reads) == (2, 8, 1, 2)
    assert found.unsealed == 1
    assert checked(database, tenant, Head(2, at_two)).broken == []
    (broken,) = checked(database, tenant, Head(2, b"\x00" * 32)).broken
    assert broken.fault == "other_chain"
    (broken,) = checked(database, tenant, Head(1, b"\x00" * 32)).broken
    assert broken.fault == "head_expired"  # that row is gone, so it proves nothing: said, not passed over
    assert expired(database, tenant) == {}
    # The chains go on, are sealed, and lose more in later years.
    old_look(database, tenant, tamperer, 2, years=1)
    found = checked(database, tenant)
    assert (found.broken, found.seals) == ([], 2)
    age_audit_from(database, tenant, tamperer)
    assert expired(database, tenant)["audit_log"] > 0
    found = checked(database, tenant)
    assert found.broken == []
    assert found.reads_from is not None  # what the older checkpoint said of the access log is said again
    assert found.reads_from.last.seq == 2


def age_audit_from(database: Database, tenant: str, tamperer: Tamperer) -> None:
    """The same as `age_audit` for a log whose start has gone: the next two rows become due, checkpoint included."""
    with PostgresChains(database).reading() as chains:
        rows = list(chains.audit_rows(tenant))
    newest_seal = max(row.seq for row in rows if row.action == "access.sealed")
    previous = rows[0].previous
    for row in rows:
        at = datetime.strptime(str(row.at), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        if row.seq < newest_seal:
            at -= timedelta(days=366 * 11)
        moved = type(row)(
            row.tenant_id, row.seq, at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), row.actor, row.action, row.subject,
            row.detail, previous, b"",
        )  # fmt: skip
        previous = row_hash(moved)
        tamperer.do(
            "UPDATE akademos.audit_log SET at = %s, previous = %s, hash = %s WHERE tenant_id = %s AND seq = %s",
            at, moved.previous, previous, tenant, row.seq,
        )  # fmt: skip


LAST_SEALED = "access_id = (SELECT max(last_id) FROM akademos.access_seals)"
PUT_BACK = (
    "INSERT INTO akademos.access_log OVERRIDING SYSTEM VALUE SELECT access_id - 4, tenant_id, at, actor, role, "
    "subject, what, purpose, reason, decision, consent_version FROM akademos.access_log "
    "WHERE access_id = (SELECT min(access_id) FROM akademos.access_log)"
)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM akademos.audit_log WHERE seq = 3", "missing"),
        ("DELETE FROM akademos.audit_log WHERE action = 'log.checkpoint'", "missing"),
        ("UPDATE akademos.audit_log SET detail = replace(detail, '2', '3') WHERE action = 'log.checkpoint'", "number"),
        ("UPDATE akademos.audit_log SET actor = 'x' WHERE seq = 4", "content"),
        ("DELETE FROM akademos.access_seals WHERE number = 3", "seal_missing"),
        (f"DELETE FROM akademos.access_log WHERE {LAST_SEALED}", "removed"),
        (f"UPDATE akademos.access_log SET what = '/x' WHERE {LAST_SEALED}", "changed"),
        (PUT_BACK, "added"),
    ],
)
def test_tampering_after_a_checkpoint_is_named(
    database: Database, tenant: str, tamperer: Tamperer, statement: str, fault: str
) -> None:
    old_look(database, tenant, tamperer, 5, years=4)
    old_look(database, tenant, tamperer, 3, years=4)
    old_look(database, tenant, tamperer, 2, years=1)
    write(database, tenant, 4)
    age_audit(database, tenant, tamperer, 11, up_to=2)
    expired(database, tenant)
    assert checked(database, tenant).broken == []
    assert tamperer.do(statement) > 0
    assert fault in {one.fault for one in checked(database, tenant).broken}


def test_the_application_can_neither_delete_nor_go_round_the_checkpoint(database: Database, tenant: str) -> None:
    write(database, tenant, 2)
    for statement in (
        "SELECT expire_logs(%s, interval '299 days', interval '3 years')",
        "SELECT expire_logs(%s, interval '10 years', interval '1 second')",
        "SELECT expire_rows(%s, 'audit_log', 'at', interval '10 years', '{}')",
        "SELECT expire_rows(%s, 'access_log', 'at', interval '10 years', '{}')",
        "SELECT expire_rows(%s, 'access_seals', 'sealed_at', interval '10 years', '{}')",
        "DELETE FROM audit_log WHERE tenant_id = %s",
        "DELETE FROM access_seals WHERE tenant_id = %s",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.pipeline() as transaction:
            transaction.execute(statement.encode(), (tenant,))
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.serving(tenant) as transaction:
        transaction.execute("SELECT expire_logs(%s, interval '10 years', interval '3 years')", (tenant,))


def test_a_forged_checkpoint_does_not_hide_what_was_cut_off(
    database: Database, tenant: str, tamperer: Tamperer
) -> None:
    write(database, tenant, 5)
    tamperer.do("DELETE FROM akademos.audit_log WHERE seq < 3")
    said = {"audit_log": {"number": 2, "hash": "00" * 32, "last_id": 2, "until": "2016", "rows": 2}}
    with database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO audit_log (tenant_id, actor, action, detail) VALUES (%s, 'job:x', 'log.checkpoint', %s)",
            (tenant, json.dumps(said)),
        )
    (broken,) = checked(database, tenant).broken
    assert broken.fault == "link"


def test_a_legal_hold_keeps_a_whole_log(database: Database, tenant: str, tamperer: Tamperer, keys: Keys) -> None:
    old_look(database, tenant, tamperer, 2, years=4)
    old_look(database, tenant, tamperer, 2, years=1)
    hold = PostgresLegalHolds(database, keys).set(tenant, None, ["access_log"], reason="inquiry", by="test")
    assert expired(database, tenant) == {}
    PostgresLegalHolds(database, keys).lift(tenant, hold, by="test")
    assert expired(database, tenant) == {"access_log": 2, "access_seals": 1}
    assert checked(database, tenant).broken == []


def test_the_last_row_and_seal_stay_however_old(database: Database, tenant: str, tamperer: Tamperer) -> None:
    old_look(database, tenant, tamperer, 2, years=4)
    write(database, tenant, 1)
    age_audit(database, tenant, tamperer, 11, up_to=9)
    assert expired(database, tenant) == {}  # the entry that names the newest seal is the first row
    found = checked(database, tenant)
    assert (found.seals, found.broken) == (1, [])
