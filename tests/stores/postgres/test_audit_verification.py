"""Verification over the logs that PostgreSQL keeps: whole as they were written, and every forgery named."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from tests.stores.postgres.tampering import Tamperer

from akademos.catalogue.audit_actions import AuditAction
from akademos.jobs.audit_verification import Verified, verify
from akademos.privacy.audit_chain import BrokenRow, Head
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.postgres.access_seals import PostgresAccessSeals
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.chains import AT_ONCE, PostgresChains
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.embedded import EmbeddedPostgres

AWKWARD: dict[str, Json] = {
    "quote": 'a "b" \\ c',
    "control": "\x01\b\t\n\x7f",
    "letters": "Zoë 你好 \u2028 😀",
    "number": 1.5e300,
}
LOOK = (
    "INSERT INTO access_log (tenant_id, actor, role, subject, what, purpose, decision) "
    "SELECT %s, 'person:00', 'instructor', '\\x01', '/v1/x', 'learning_support', 'allowed' FROM generate_series(1, %s)"
)


@pytest.fixture
def tamperer(postgres: EmbeddedPostgres, dsn: str) -> Tamperer:
    """A superuser of the server."""
    return Tamperer(postgres, dsn)


def write(database: Database, tenant: str, entries: int) -> None:
    for number in range(entries):
        with database.pipeline() as transaction:
            entry = AuditEntry("job:test", AuditAction.CONSENT_DECIDED, b"\x00\xff", {**AWKWARD, "n": number})
            append(transaction, tenant, entry)


def checked(database: Database, tenant: str, kept: Head | None = None) -> Verified:
    with PostgresChains(database).reading() as chains:
        return verify(chains, tenant, kept)


def look(database: Database, tenant: str, times: int) -> None:
    with database.pipeline() as transaction:
        transaction.execute(LOOK, (tenant, times))


def seal(database: Database, tenant: str, limit: int = 1_000) -> int:
    seals = PostgresAccessSeals(database)
    return seals.seal(tenant, seals.decided(), limit=limit, sealed_at=datetime(2026, 3, 1, 12, tzinfo=UTC))


def test_what_was_written_is_whole(database: Database, tenant: str) -> None:
    assert checked(database, tenant).rows == 0
    write(database, tenant, 5)
    found = checked(database, tenant)
    assert (found.rows, found.broken, found.head.seq) == (5, [], 5)
    assert checked(database, tenant, found.head).broken == []


def test_a_log_longer_than_one_fetch_is_read_to_its_end(database: Database, tenant: str) -> None:
    rows = AT_ONCE + 1
    with database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO audit_log (tenant_id, actor, action, detail) "
            "SELECT %s, 'job:test', 'consent.decided', '{}' FROM generate_series(1, %s)",
            (tenant, rows),
        )
    found = checked(database, tenant)
    assert (found.rows, found.head.seq, found.broken) == (rows, rows, [])


@pytest.mark.parametrize(
    ("statement", "row", "fault"),
    [
        ("UPDATE akademos.audit_log SET actor = 'job:other' WHERE seq = 3", 3, "content"),
        ("UPDATE akademos.audit_log SET action = 'key.revoked' WHERE seq = 3", 3, "content"),
        ("UPDATE akademos.audit_log SET subject = NULL WHERE seq = 3", 3, "content"),
        ("UPDATE akademos.audit_log SET detail = detail || ' ' WHERE seq = 3", 3, "content"),
        ("UPDATE akademos.audit_log SET at = at + interval '1 microsecond' WHERE seq = 3", 3, "content"),
        ("UPDATE akademos.audit_log SET at = 'infinity' WHERE seq = 3", 3, "content"),
        ("UPDATE akademos.audit_log SET at = '0044-03-15 BC' WHERE seq = 3", 3, "content"),
        ("UPDATE akademos.audit_log SET hash = '\\x00' WHERE seq = 3", 3, "content"),
        ("UPDATE akademos.audit_log SET previous = '\\x00' WHERE seq = 3", 3, "link"),
        ("UPDATE akademos.audit_log SET previous = '\\x00' WHERE seq = 1", 1, "link"),
        ("DELETE FROM akademos.audit_log WHERE seq = 3", 3, "missing"),
        ("DELETE FROM akademos.audit_log WHERE seq < 4", 1, "missing"),
        ("UPDATE akademos.audit_log SET seq = seq - 10 WHERE seq = 3", -7, "number"),
        ("UPDATE akademos.audit_log SET seq = 99 WHERE seq = 5", 5, "missing"),
    ],
)
def test_a_forged_row_is_named(
    database: Database, tenant: str, tamperer: Tamperer, statement: str, row: int, fault: str
) -> None:
    write(database, tenant, 5)
    assert tamperer.do(statement) > 0
    (broken,) = checked(database, tenant).broken
    assert isinstance(broken, BrokenRow)
    assert (broken.tenant_id, broken.seq, broken.fault) == (tenant, row, fault)


def test_rows_cut_off_at_the_end_are_found_by_a_kept_head(database: Database, tenant: str, tamperer: Tamperer) -> None:
    write(database, tenant, 5)
    head = checked(database, tenant).head
    tamperer.do("DELETE FROM akademos.audit_log WHERE seq > 3")
    assert checked(database, tenant).broken == []
    (broken,) = checked(database, tenant, head).broken
    assert isinstance(broken, BrokenRow)
    assert (broken.seq, broken.fault) == (4, "cut_off")
    write(database, tenant, 2)  # the forger goes on as if nothing were
    (broken,) = checked(database, tenant, head).broken
    assert isinstance(broken, BrokenRow)
    assert (broken.seq, broken.fault) == (5, "other_chain")


def test_sealed_accesses_are_whole(database: Database, tenant: str) -> None:
    look(database, tenant, 7)
    assert [seal(database, tenant, limit=3) for _ in range(4)] == [3, 3, 1, 0]
    look(database, tenant, 2)
    found = checked(database, tenant)
    assert (found.seals, found.reads, found.unsealed, found.broken) == (3, 7, 2, [])
    assert found.rows == 3  # the seals' entries in the audit log


@pytest.mark.parametrize(
    ("statement", "number", "fault"),
    [
        ("UPDATE akademos.access_log SET decision = 'scope' WHERE access_id = 5", 2, "changed"),
        ("UPDATE akademos.access_log SET subject = NULL WHERE access_id = 5", 2, "changed"),
        ("UPDATE akademos.access_log SET at = '-infinity' WHERE access_id = 5", 2, "changed"),
        ("DELETE FROM akademos.access_log WHERE access_id = 5", 2, "removed"),
        ("DELETE FROM akademos.access_log WHERE access_id > 6", 3, "removed"),
        ("DELETE FROM akademos.access_seals WHERE number = 2", 2, "seal_missing"),
        ("DELETE FROM akademos.access_seals WHERE number = 3", 3, "seal_missing"),
        ("DELETE FROM akademos.access_seals", 1, "seal_missing"),
        ("UPDATE akademos.access_seals SET rows = 2 WHERE number = 2", 2, "seal_content"),
        ("UPDATE akademos.access_seals SET row_digests = '' WHERE number = 2", 2, "seal_content"),
        ("UPDATE akademos.access_seals SET previous = '' WHERE number = 2", 2, "seal_link"),
        ("DELETE FROM akademos.audit_log WHERE seq = 3", 3, "unanchored"),
    ],
)
def test_a_forged_access_is_named(
    database: Database, tenant: str, tamperer: Tamperer, statement: str, number: int, fault: str
) -> None:
    look(database, tenant, 7)
    for _ in range(3):
        seal(database, tenant, limit=3)
    assert tamperer.do(statement) > 0
    (broken,) = checked(database, tenant).broken
    assert not isinstance(broken, BrokenRow)
    assert (broken.number, broken.fault) == (number, fault)


def test_an_access_added_to_a_sealed_batch_is_named(database: Database, tenant: str, tamperer: Tamperer) -> None:
    with database.pipeline() as transaction:
        transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES ('other', 'O')")
    look(database, tenant, 2)
    look(database, "other", 1)
    look(database, tenant, 2)
    for one in (tenant, "other"):
        seal(database, one)
    tamperer.do("UPDATE akademos.access_log SET tenant_id = %s WHERE tenant_id = 'other'", tenant)
    (added,) = checked(database, tenant).broken
    (removed,) = checked(database, "other").broken
    assert (added.fault, removed.fault) == ("added", "removed")
    assert "row 3 of the access log was added" in added.reason


def test_an_access_that_claims_to_be_older_than_all_is_named(
    database: Database, tenant: str, tamperer: Tamperer
) -> None:
    look(database, tenant, 2)
    seal(database, tenant)
    tamperer.do(
        "INSERT INTO akademos.access_log (access_id, tenant_id, actor, role, what, purpose, decision) "
        "OVERRIDING SYSTEM VALUE VALUES (-1, %s, 'x', 'x', 'x', 'x', 'x')",
        tenant,
    )
    (broken,) = checked(database, tenant).broken
    assert broken.fault == "added"


def test_seals_are_append_only_and_out_of_the_serving_roles_reach(database: Database, tenant: str) -> None:
    look(database, tenant, 1)
    seal(database, tenant)
    for statement in (b"DELETE FROM access_seals", b"UPDATE access_seals SET rows = 2"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.pipeline() as transaction:
            transaction.execute(statement)
    for query in (b"SELECT * FROM access_seals", b"SELECT * FROM access_log_access_id_seq"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.serving(tenant) as transaction:
            transaction.execute(query)
