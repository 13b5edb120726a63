"""Envelopes of what was received, as the database knows them: how the raw zone gets them, and what it keeps."""

from __future__ import annotations

from akademos.catalogue.warehouse_extracts import Columns, Extract

EXTRACTS: tuple[Extract, ...] = ()
"""The envelopes come a range of time at a time, so none of them is an input by itself."""

RECEIVED = Extract(
    name="received",
    description="Envelopes of one range of time: accepted and held events by the index of ids, all others, and what "
    "has left the index since, by their envelope.",
    query="""
        SELECT event_id::text, encode(content_hash, 'hex') AS payload_hash, received_at, source, event,
            size AS size_bytes, verdict, NULL::text AS code, NULL::integer AS position
        FROM event_index WHERE tenant_id = %(tenant)s AND received_at >= %(since)s AND received_at < %(until)s
            AND verdict IN ('accepted', 'held')
        UNION ALL
        SELECT NULL, encode(payload_hash, 'hex'), received_at, source, event, size, verdict, code, position
        FROM envelopes WHERE tenant_id = %(tenant)s AND received_at >= %(since)s AND received_at < %(until)s
    """,
    columns=(
        ("event_id", "string"),
        ("payload_hash", "string"),
        ("received_at", "timestamp"),
        ("source", "string"),
        ("event", "string"),
        ("size_bytes", "int32"),
        ("verdict", "string"),
        ("code", "string"),
        ("position", "int32"),
    ),
    upstream=("event_index", "envelopes"),
)

COUNTED = Extract(
    name="receipts_open",
    description="What receipts say of one range of time: events by day, source and verdict. Rows without a day name "
    "every import there is.",
    query="""
        SELECT (r.received_at AT TIME ZONE 'UTC')::date AS received_on, r.source, v.verdict,
            sum(v.events)::bigint AS events, false AS unfinished
        FROM receipts r CROSS JOIN LATERAL (VALUES ('accepted', r.accepted), ('held', r.held),
            ('duplicate', r.duplicate), ('conflict', r.conflict), ('suppressed', r.suppressed),
            ('rejected', r.rejected)) AS v (verdict, events)
        WHERE r.tenant_id = %(tenant)s AND r.received_at >= %(since)s AND r.received_at < %(until)s AND v.events > 0
        GROUP BY 1, 2, 3
        UNION ALL
        SELECT NULL, import_id, 'accepted', 0, bool_or(finished_at IS NULL)
        FROM imports WHERE tenant_id = %(tenant)s GROUP BY import_id
    """,
    columns=(
        ("received_on", "date"),
        ("source", "string"),
        ("verdict", "string"),
        ("events", "int64"),
        ("unfinished", "bool"),
    ),
    upstream=("receipts", "imports"),
)

PLACES = Extract(
    name="places",
    description="Where ids of one range of time are besides the core.",
    query="""
        SELECT event_id::text AS event_id, place FROM (
            SELECT event_id, 'landing' AS place, tenant_id, received_at FROM landing
            UNION ALL SELECT event_id, 'logs', tenant_id, received_at FROM preference_log
            UNION ALL SELECT event_id, 'logs', tenant_id, received_at FROM security_log
        ) AS placed
        WHERE tenant_id = %(tenant)s AND received_at >= %(since)s AND received_at < %(until)s
    """,
    columns=(("event_id", "string"), ("place", "string")),
    upstream=("landing", "preference_log", "security_log"),
)

KEPT: Columns = (
    ("record_key", "string"),
    ("event_id", "string"),
    ("payload_hash", "string"),
    ("source", "string"),
    ("channel", "string"),
    ("event_name", "string"),
    ("schema_version", "int32"),
    ("size_bytes", "int32"),
    ("verdict", "string"),
    ("code", "string"),
    ("position", "int32"),
    ("received_at", "timestamp"),
    ("received_on", "date"),
)
"""What the raw zone keeps of each: no payload, no learner, and of the sender's id a keyed hash only."""
