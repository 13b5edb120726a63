"""The audit log: chained by the database, in the transaction of the change, deaf to whoever would rewrite it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC

import psycopg
import pytest

from akademos.catalogue.audit_actions import AuditAction
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.database import Database

AWKWARD = {"quote": 'a "b" \\ c', "control": "\x01\b\t\n\x7f", "letters": "Zoë 你好 \u2028"}


def recomputed(previous: bytes, row: tuple[object, ...]) -> bytes:
    tenant_id, seq, at, actor, action, subject, detail = row
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")  # type: ignore[attr-defined]
    name = None if subject is None else bytes(subject).hex()  # type: ignore[call-overload]
    said = json.dumps([tenant_id, seq, stamp, actor, action, name, detail], ensure_ascii=False)
    return hashlib.sha256(previous + said.encode()).digest()


def chain(database: Database, tenant: str) -> list[tuple[object, ...]]:
    with database.pipeline() as transaction:
        return transaction.execute(
            "SELECT previous, hash, tenant_id, seq, at, actor, action, subject, detail FROM audit_log "
            "WHERE tenant_id = %s ORDER BY seq",
            (tenant,),
        ).fetchall()


def test_rows_are_chained_within_their_tenant(database: Database, tenant: str) -> None:
    with database.pipeline() as transaction:
        transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES ('other', 'O')")
        append(transaction, tenant, AuditEntry("job:a", AuditAction.RETENTION_ENFORCED, None, {"rows": 1}))
        append(transaction, "other", AuditEntry("job:b", AuditAction.RETENTION_ENFORCED))
        append(transaction, tenant, AuditEntry("key:k", AuditAction.CONSENT_DECIDED, b"\x00\xff", AWKWARD))
    with database.serving(tenant) as serving:
        append(serving, tenant, AuditEntry("person:00", AuditAction.DATA_EXPORTED))
    rows = chain(database, tenant)
    assert [row[3] for row in rows] == [1, 2, 3]
    last = b""
    for previous, found, *row in rows:
        assert previous == last
        assert found == recomputed(last, tuple(row))
        last = found


def test_an_entry_goes_with_its_transaction(database: Database, tenant: str) -> None:
    with database.pipeline() as transaction:
        append(transaction, tenant, AuditEntry("job:a", AuditAction.RETENTION_ENFORCED))
        transaction.rollback()
    assert chain(database, tenant) == []


def test_no_writer_chooses_number_or_hash(database: Database, tenant: str) -> None:
    with database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO audit_log (tenant_id, seq, at, actor, action, detail, previous, hash) "
            "VALUES (%s, 99, '1999-01-01', 'x', 'y', '{}', 'p', 'h')",
            (tenant,),
        )
    ((previous, found, _, seq, at, *_),) = chain(database, tenant)
    assert (previous, seq) == (b"", 1)
    assert len(found) == 32  # type: ignore[arg-type]
    assert at.year > 2000  # type: ignore[attr-defined]


@pytest.mark.parametrize("statement", ["DELETE FROM audit_log", "UPDATE audit_log SET actor = 'x'"])
def test_roles_of_the_application_may_not_rewrite_it(database: Database, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.pipeline() as transaction:
        transaction.execute(statement.encode())


def test_a_tenant_writes_its_own_chain_only(database: Database, tenant: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.serving("somebody-else") as transaction:
        append(transaction, tenant, AuditEntry("person:00", AuditAction.DATA_EXPORTED))
