"""What a decision does to events that wait: a grant frees held ones, a withdrawal deletes landed ones."""

from __future__ import annotations

from akademos.catalogue.declarations import Purpose
from akademos.privacy.consent import mask, may_keep, without_opted_out
from akademos.stores.ports.consent import EventPurposes
from akademos.stores.postgres.database import Transaction
from akademos.stores.postgres.locks import WAITING, lock_landing

_IDENTIFIERS = "SELECT identifier_hash FROM identifiers WHERE tenant_id = %s AND learner_key = %s"
_HELD = """
    SELECT h.ctid::text, h.event, h.actor_hash, h.subject_hash FROM held h
    WHERE h.tenant_id = %(tenant)s AND (h.actor_hash = ANY(%(hashes)s) OR h.subject_hash = ANY(%(hashes)s))
    FOR UPDATE
"""
_LIVE = """
    SELECT i.identifier_hash, p.kind = 'staff', p.opted_out,
        (SELECT array_agg(c.purpose) FROM standing_consent c
         WHERE c.tenant_id = p.tenant_id AND c.learner_key = p.learner_key)
    FROM identifiers i JOIN people p USING (tenant_id, learner_key)
    WHERE i.tenant_id = %s AND i.identifier_hash = ANY(%s)
"""
_RELEASE = """
    WITH released AS (
        DELETE FROM held WHERE ctid = ANY(%(rows)s::tid[]) AND tenant_id = %(tenant)s RETURNING *
    )
    INSERT INTO landing (tenant_id, event_id, event, actor_key, subject_key, source, received_at, occurred_at, raw)
    SELECT r.tenant_id, r.event_id, r.event, a.learner_key, s.learner_key, r.source, r.received_at, r.occurred_at, r.raw
    FROM released r
    LEFT JOIN identifiers a ON a.tenant_id = r.tenant_id AND a.identifier_hash = r.actor_hash
    LEFT JOIN identifiers s ON s.tenant_id = r.tenant_id AND s.identifier_hash = r.subject_hash
"""
_OF_PERSON = f"tenant_id = %s AND (actor_key = %s OR subject_key = %s) AND {WAITING}"
_GRANTED = "SELECT purpose FROM consent_state WHERE tenant_id = %s AND learner_key = %s AND granted"
_EVERY_PURPOSE = mask(Purpose)


def release(transaction: Transaction, tenant_id: str, learner_key: str, event_purposes: EventPurposes) -> int:
    """Move those held events of a person to landing for which everybody in them consents now; return how many.

    As in intake, nobody's consent is asked for staff, and an opt-out takes product analytics from a consent.
    """
    hashes = [row[0] for row in transaction.execute(_IDENTIFIERS, (tenant_id, learner_key))]
    waiting = transaction.execute(_HELD, {"tenant": tenant_id, "hashes": hashes}).fetchall()
    live = _live_by_hash(transaction, tenant_id, {one for row in waiting for one in row[2:] if one is not None})
    free = [
        row_id
        for row_id, event, *parties in waiting
        if may_keep(event_purposes(tenant_id, event), (live.get(one, 0) for one in parties if one is not None))
    ]
    if free:
        transaction.execute(_RELEASE, {"rows": free, "tenant": tenant_id})
        count(transaction, tenant_id, "released", len(free))
    return len(free)


def _live_by_hash(transaction: Transaction, tenant_id: str, hashes: set[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for one, staff, opted_out, purposes in transaction.execute(_LIVE, (tenant_id, list(hashes))):
        live = _EVERY_PURPOSE if staff else mask(purposes or ())
        found[one] = without_opted_out(live) if opted_out else live
    return found


def clear(transaction: Transaction, tenant_id: str, learner_key: str, event_purposes: EventPurposes) -> int:
    """Delete what waits in landing and the person's consent does not cover; return how many. Takes the landing lock.

    A pause, a restriction or an objection deletes nothing: what counts is what was granted.
    """
    lock_landing(transaction)
    waiting = transaction.execute(
        f"SELECT DISTINCT event FROM landing WHERE {_OF_PERSON}", (tenant_id, learner_key, learner_key)
    ).fetchall()
    covered = mask(row[0] for row in transaction.execute(_GRANTED, (tenant_id, learner_key)))
    gone = [event for (event,) in waiting if not may_keep(event_purposes(tenant_id, event), [covered])]
    deleted = transaction.execute(
        f"DELETE FROM landing WHERE {_OF_PERSON} AND event = ANY(%s)", (tenant_id, learner_key, learner_key, gone)
    ).rowcount
    if deleted:
        count(transaction, tenant_id, "withdrawn", deleted)
    return deleted


def count(transaction: Transaction, tenant_id: str, kind: str, events: int) -> None:
    """Write down where accepted or held events went."""
    transaction.execute(
        "INSERT INTO movements (tenant_id, kind, events) VALUES (%s, %s, %s)", (tenant_id, kind, events)
    )
