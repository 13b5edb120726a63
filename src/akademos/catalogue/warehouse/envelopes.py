"""Envelopes of what was received, as the database knows them: how the raw zone gets them, and what it keeps."""

from __future__ import annotations

from akademos.catalogue.warehouse_extracts import Columns, Extract

EXTRACTS: tuple[Extract, ...] = ()
"""The envelopes come a range of time at a time, so none of them is an input by itself."""

RECEIVED = Extract(
    name="received",
    description="Envelopes of one range of time: taken events by the index of ids, all others by their envelope.",
    query="""
        SELECT event_id::text, encode(content_hash, 'hex') AS payload_hash, received_at, source, event,
            size AS size_bytes, verdict, NULL::text AS code, NULL::integer AS position
        FROM event_index WHERE tenant_id = %(tenant)s AND received_at >= %(since)s AND received_at < %(until)s
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
