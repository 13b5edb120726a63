"""An erased person in what waits: accepted and held events, and dead letters.

An event about the person goes; an event about somebody else, in which the person only had a part, stays without them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from akademos.privacy.erasure import SEARCHED_LENGTH, ErasedPerson, of_event, without_party
from akademos.stores.postgres.database import Transaction
from akademos.stores.postgres.landing_side import LEFT_INDEX
from akademos.stores.postgres.locks import WAITING, lock_landing

_LANDED = f"""
    SELECT l.seq, l.event_id, l.actor_key::text, l.subject_key::text, coalesce(p.kind = 'staff', l.actor_key IS NULL),
        l.raw, {WAITING}
    FROM landing l LEFT JOIN people p ON p.tenant_id = l.tenant_id AND p.learner_key = l.actor_key
    WHERE l.tenant_id = %(tenant)s AND (l.actor_key = ANY(%(keys)s) OR l.subject_key = ANY(%(keys)s))
"""
_HELD = """
    SELECT h.ctid::text, h.event_id, h.actor_hash, h.subject_hash, coalesce(p.kind = 'staff', h.actor_hash IS NULL),
        h.raw
    FROM held h LEFT JOIN identifiers i ON i.tenant_id = h.tenant_id AND i.identifier_hash = h.actor_hash
        LEFT JOIN people p ON p.tenant_id = i.tenant_id AND p.learner_key = i.learner_key
    WHERE h.tenant_id = %(tenant)s AND (h.actor_hash = ANY(%(hashes)s) OR h.subject_hash = ANY(%(hashes)s))
    FOR UPDATE OF h
"""
# The envelope keeps a number instead of the content's hash: no guess at what the person did can be tried on it.
_FORGET = f"""
    WITH gone AS (DELETE FROM event_index WHERE tenant_id = %s AND event_id = ANY(%s) RETURNING *),
    left_index AS ({LEFT_INDEX.format(payload_hash="uuid_send(gen_random_uuid())")})
    SELECT count(*) FROM gone
"""
_LETTERS = "DELETE FROM dead_letters WHERE tenant_id = %s AND concat(hint, ' ', payload::text) LIKE ANY(%s)"


def erase_landed(transaction: Transaction, tenant_id: str, person: ErasedPerson) -> tuple[int, int, bool]:
    """Rows removed, rows redacted, and whether others are in the hand of a mover that was killed. Under the landing
    lock until the transaction ends."""
    lock_landing(transaction)
    values = {"tenant": tenant_id, "keys": [UUID(key) for key in person.keys]}
    rows = transaction.execute(_LANDED, values).fetchall()
    gone: list[tuple[int, UUID]] = []
    redacted = 0
    for seq, event_id, actor, subject, staff_acted, raw, waiting in rows:
        if not waiting:
            continue
        done = _fate(person, actor in person.names, subject in person.names, staff_acted, subject is not None)
        if done == "delete":
            gone.append((seq, event_id))
            continue
        column = "actor_key" if done == "redact_actor" else "subject_key"
        statement = f"UPDATE landing SET {column} = NULL, raw = %s WHERE tenant_id = %s AND seq = %s"
        transaction.execute(statement, (without_party(bytes(raw), done), tenant_id, seq))
        redacted += 1
    removed = transaction.execute(
        "DELETE FROM landing WHERE tenant_id = %s AND seq = ANY(%s)", (tenant_id, [seq for seq, _ in gone])
    ).rowcount
    forget_ids(transaction, tenant_id, [event_id for _, event_id in gone])
    return removed, redacted, any(not row[-1] for row in rows)


def erase_held(transaction: Transaction, tenant_id: str, person: ErasedPerson) -> tuple[int, int]:
    """Held rows removed and redacted. Before the person leaves the vault, so that it is known who is staff."""
    hashes = set(person.hashes)
    rows = transaction.execute(_HELD, {"tenant": tenant_id, "hashes": list(hashes)}).fetchall()
    gone: list[tuple[str, UUID]] = []
    redacted = 0
    for row_id, event_id, actor, subject, staff_acted, raw in rows:
        done = _fate(person, _in(actor, hashes), _in(subject, hashes), staff_acted, subject is not None)
        if done == "delete":
            gone.append((row_id, event_id))
            continue
        column = "actor_hash" if done == "redact_actor" else "subject_hash"
        statement = f"UPDATE held SET {column} = NULL, raw = %s WHERE ctid = %s::tid AND tenant_id = %s"
        transaction.execute(statement, (without_party(bytes(raw), done), row_id, tenant_id))
        redacted += 1
    removed = transaction.execute(
        "DELETE FROM held WHERE tenant_id = %s AND ctid = ANY(%s::tid[])", (tenant_id, [row_id for row_id, _ in gone])
    ).rowcount
    forget_ids(transaction, tenant_id, [event_id for _, event_id in gone])
    return removed, redacted


def erase_dead_letters(transaction: Transaction, tenant_id: str, person: ErasedPerson) -> int:
    """Dead letters that name the person anywhere; short identifiers only where they are a whole value."""
    names = [*person.keys, *(value for _, value in person.identifiers), *person.display_names]
    patterns = []
    for name in names:
        quoted = json.dumps(name, ensure_ascii=False)
        patterns.append(f"%{_escaped(quoted if len(name) < SEARCHED_LENGTH else quoted[1:-1])}%")
    return transaction.execute(_LETTERS, (tenant_id, patterns)).rowcount


def forget_ids(transaction: Transaction, tenant_id: str, event_ids: Sequence[UUID]) -> int:
    """Take ids out of the index of ids; how many were in it. That something was received stays, by its envelope."""
    if not event_ids:
        return 0
    ((forgotten,),) = transaction.execute(_FORGET, (tenant_id, list(event_ids)))
    return int(forgotten)


def _fate(person: ErasedPerson, is_actor: bool, is_subject: bool, staff_acted: bool, has_subject: bool) -> Any:
    return of_event(
        is_actor=is_actor,
        is_subject=is_subject,
        staff=person.staff,
        actor_is_staff=staff_acted,
        has_subject=has_subject,
    )


def _in(found: Any, hashes: Iterable[bytes]) -> bool:
    return found is not None and bytes(found) in hashes


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
