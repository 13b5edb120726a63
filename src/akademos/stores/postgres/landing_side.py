"""What a landing transaction writes beside the events: envelopes, dead letters, essential logs."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson
from psycopg import sql

from akademos.catalogue.declarations import Zone
from akademos.stores.ports.landing import Arrival, Receipt
from akademos.stores.postgres.database import Transaction

_ENVELOPES = """
    INSERT INTO envelopes (tenant_id, received_at, source, verdict, code, event, payload_hash, size, position)
    SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[],
        %s::int[], %s::int[])
"""
_DEAD_LETTERS = """
    INSERT INTO dead_letters (tenant_id, received_at, source, event, code, pointer, hint, payload)
    SELECT t, at, s, e, c, p, h, convert_from(b, 'UTF8')::jsonb
    FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[])
        AS _ (t, at, s, e, c, p, h, b)
"""


def write_refusals(transaction: Transaction, receipts: Sequence[Receipt], verdicts: Sequence[Sequence[str]]) -> None:
    """Envelopes of everything that was not taken, and dead letters of what was refused and could be parsed."""
    envelopes: list[tuple[object, ...]] = []
    letters: list[tuple[object, ...]] = []
    for receipt, mine in zip(receipts, verdicts, strict=True):
        sent = receipt.tenant_id, receipt.received_at, receipt.source
        for one, verdict in zip(receipt.arrivals, mine, strict=True):
            if verdict in ("duplicate", "conflict", "suppressed", "rejected"):
                code = "too_old" if verdict == "rejected" else None
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
        if one.handling.event_name == "settings_tracking_opt_out":
            transaction.execute(
                "UPDATE people SET opted_out = %s WHERE tenant_id = %s AND learner_key = %s",
                (one.properties.get("tracking_opt_out", True), receipt.tenant_id, key),
            )
            transaction.execute(
                "UPDATE tenants SET consent_version = consent_version + 1 WHERE tenant_id = %s",
                (receipt.tenant_id,),
            )
