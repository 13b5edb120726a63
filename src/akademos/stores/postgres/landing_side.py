"""What a landing transaction writes beside the events: envelopes, dead letters, essential logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

import orjson
from psycopg import sql

from akademos.catalogue.declarations import Zone
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.landing import Arrival, Receipt
from akademos.stores.postgres.database import Transaction
from akademos.stores.postgres.person_sql import keys_of

_ENVELOPES = """
    INSERT INTO envelopes (tenant_id, received_at, source, verdict, code, event, payload_hash, size, position)
    SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[],
        %s::int[], %s::int[])
"""
LEFT_INDEX = """
    INSERT INTO envelopes (tenant_id, received_at, source, verdict, event, payload_hash, size)
    SELECT tenant_id, received_at, source, verdict, event, {payload_hash}, size FROM gone
    WHERE verdict IN ('accepted', 'held')
"""
"""The envelopes of what leaves the index of ids (`gone`); what was suppressed has had one since it came."""

_DEAD_LETTERS = """
    INSERT INTO dead_letters (tenant_id, received_at, source, event, code, pointer, hint, payload)
    SELECT t, at, s, e, c, p, h, convert_from(b, 'UTF8')::jsonb
    FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[])
        AS _ (t, at, s, e, c, p, h, b)
"""
_COUNT_OPT_OUTS = """
    INSERT INTO opt_outs AS kept (tenant_id, day, kind, events) VALUES (%s, %s, %s, %s)
    ON CONFLICT (tenant_id, day, kind) DO UPDATE SET events = kept.events + excluded.events
"""
# Of two at the same instant the one that came later. The row of the tenant orders writers: each sees the others' lines.
_APPLY_OPT_OUT = f"""
    WITH mine AS MATERIALIZED ({keys_of("%(tenant)s", "%(key)s::uuid")})
    UPDATE people SET opted_out = %(opted_out)s
    WHERE tenant_id = %(tenant)s AND learner_key IN (SELECT key FROM mine) AND NOT EXISTS (
        SELECT FROM preference_log later WHERE later.tenant_id = %(tenant)s
            AND later.learner_key IN (SELECT key FROM mine)
            AND later.event LIKE %(like)s AND later.occurred_at > %(at)s
    )
"""
_NEW_VERSION = "UPDATE tenants SET consent_version = consent_version + 1 WHERE tenant_id = %s"

_PREFERENCE = """
    INSERT INTO preference_log (tenant_id, event_id, event, learner_key, occurred_at, received_at, source, properties)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb)
"""
_INDEX = """
    INSERT INTO event_index (tenant_id, event_id, content_hash, received_at, source, event, size, verdict)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 'accepted')
"""
_RECEIPT = """
    INSERT INTO receipts (tenant_id, source, door, received_at, received, accepted, held, duplicate, conflict,
        suppressed, rejected)
    VALUES (%s, %s, 'preference', %s, 1, 1, 0, 0, 0, 0, 0)
"""

OPT_OUT_EVENT = "settings_tracking_opt_out"


def write_refusals(
    transaction: Transaction,
    receipts: Sequence[Receipt],
    verdicts: Sequence[Sequence[str]],
    suppressed: Mapping[tuple[str, bytes], str],
) -> None:
    """Envelopes of everything that was not taken, and dead letters of what was refused and could be parsed.

    `suppressed` says by tenant and event id why an event was; it is counted by that.
    """
    counted: Counter[tuple[str, date, str]] = Counter()
    envelopes: list[tuple[object, ...]] = []
    letters: list[tuple[object, ...]] = []
    for receipt, mine in zip(receipts, verdicts, strict=True):
        sent = receipt.tenant_id, receipt.received_at, receipt.source
        for one, verdict in zip(receipt.arrivals, mine, strict=True):
            if verdict in ("duplicate", "conflict", "suppressed", "rejected"):
                code = "too_old" if verdict == "rejected" else None
                if verdict == "suppressed":
                    code = suppressed[receipt.tenant_id, one.event_id]
                    counted[receipt.tenant_id, receipt.received_at.date(), f"suppressed_{code}"] += 1
                envelopes.append(
                    (*sent, verdict, code, one.handling.event, one.content_hash, len(one.raw), one.position)
                )
        for refusal in receipt.refusals:
            position = min(refusal.position, 2**31 - 1)
            envelopes.append(
                (*sent, "rejected", refusal.code, refusal.event, refusal.payload_hash, refusal.size, position)
            )
            if refusal.payload is not None:
                payload = refusal.payload.replace(b"\\u0000", b"")  # jsonb takes no NUL
                letters.append((*sent, refusal.event, refusal.code, refusal.pointer, refusal.hint, payload))
    for statement, rows in ((_ENVELOPES, envelopes), (_DEAD_LETTERS, letters)):
        if rows:
            transaction.execute(statement, [list(column) for column in zip(*rows, strict=True)])
    count_opt_outs(transaction, counted)


def count_opt_outs(transaction: Transaction, counted: Mapping[tuple[str, date, str], int]) -> None:
    """Add to the counts of a tenant, a day and a kind (see the dataset `opt_outs`)."""
    # In one order for everybody, since two writers may count for the same day.
    for key, events in sorted(counted.items()):
        transaction.execute(_COUNT_OPT_OUTS, (*key, events))


def write_logs(transaction: Transaction, logged: Sequence[tuple[Receipt, Arrival, bytes | None]]) -> None:
    """Essential events into their log; an opt-out takes effect with the same commit, in every process."""
    for receipt, one, learner_key in logged:
        table = sql.Identifier(Zone(one.handling.zone).value)
        key = UUID(bytes=learner_key) if learner_key else None
        transaction.execute(
            sql.SQL(
                "INSERT INTO {} (tenant_id, event_id, event, learner_key, occurred_at, received_at, source, "
                "properties) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb)"
            ).format(table),
            (
                receipt.tenant_id, UUID(bytes=one.event_id), one.handling.event, key, one.occurred_at,
                receipt.received_at, receipt.source, orjson.dumps(one.properties).decode(),
            ),
        )  # fmt: skip
        if one.handling.event_name == OPT_OUT_EVENT and key is not None:
            opted_out = bool(one.properties.get("tracking_opt_out", True))
            apply_opt_out(transaction, receipt.tenant_id, key, opted_out=opted_out, occurred_at=one.occurred_at)
            kind = "opted_out" if opted_out else "opted_in"
            count_opt_outs(transaction, {(receipt.tenant_id, receipt.received_at.date(), kind): 1})


def apply_opt_out(
    transaction: Transaction, tenant_id: str, learner_key: UUID, *, opted_out: bool, occurred_at: datetime
) -> None:
    """Have an opt-out or opt-in that is in the log stand, unless one that happened later has already arrived."""
    transaction.execute(_NEW_VERSION, (tenant_id,))
    values = {"tenant": tenant_id, "key": learner_key, "like": f"{OPT_OUT_EVENT}%"}
    transaction.execute(_APPLY_OPT_OUT, {**values, "opted_out": opted_out, "at": occurred_at})


def log_preference(
    transaction: Transaction,
    keys: Keys,
    tenant_id: str,
    learner_key: UUID,
    *,
    opted_out: bool,
    source: str,
    at: datetime,
) -> None:
    """A switch of tracking that comes by a page or the API: the same event, with an envelope and a receipt of its
    own."""
    event_id, properties = uuid4(), orjson.dumps({"tracking_opt_out": opted_out})
    values = (tenant_id, event_id, OPT_OUT_EVENT, learner_key, at, at, source, properties.decode())
    transaction.execute(_PREFERENCE, values)
    hashed = keys.payload_hash(tenant_id, properties)
    transaction.execute(_INDEX, (tenant_id, event_id, hashed, at, source, OPT_OUT_EVENT, len(properties)))
    transaction.execute(_RECEIPT, (tenant_id, source, at))
    apply_opt_out(transaction, tenant_id, learner_key, opted_out=opted_out, occurred_at=at)
    count_opt_outs(transaction, {(tenant_id, at.date(), "opted_out" if opted_out else "opted_in"): 1})
