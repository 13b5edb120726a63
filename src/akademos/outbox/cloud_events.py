"""The envelope of what is published: CloudEvents 1.0 in its JSON format, with the `sequence` extension.

Source: CloudEvents 1.0.2, core specification and JSON event format; extension "Sequence".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

MEDIA_TYPE = "application/cloudevents+json"
BATCH_MEDIA_TYPE = "application/cloudevents-batch+json"

TYPE_PREFIX = "akademos.records."
PERSON_ERASED = "akademos.person.erased"
"""A recipient of data of this person must delete it, and confirm by acknowledging."""

SEQUENCE_DIGITS = 20


def type_of(record: str, action: str) -> str:
    """The type of a record's change.

    Example:
        >>> type_of("learning_certificates", "issue")
        'akademos.records.learning_certificates.issue'
    """
    return f"{TYPE_PREFIX}{record}.{action}"


def source_of(tenant_id: str) -> str:
    """Where a tenant's events come from; with `id` it is unique.

    Example:
        >>> source_of("college")
        'urn:akademos:tenant:college'
    """
    return f"urn:akademos:tenant:{tenant_id}"


def envelope(
    *,
    event_id: UUID,
    tenant_id: str,
    kind: str,
    position: int,
    at: datetime,
    subject: str | None,
    data: Mapping[str, Any],
) -> dict[str, Any]:
    """One event as a JSON object.

    Args:
        event_id: unique for good, also after a restore; what recipients tell repetitions by.
        kind: `type_of` a change, or `PERSON_ERASED`.
        position: place in the tenant's sequence; compares as text in `sequence`, since it has as many digits always.
        at: when it happened.
        subject: the record's own key, or how the consumer knows the person; left out where there is none.
    """
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": source_of(tenant_id),
        "type": kind,
        "time": at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "sequence": f"{position:0{SEQUENCE_DIGITS}d}",
    }
    if subject is not None:
        event["subject"] = subject
    event["data"] = dict(data)
    return event


def structured(event: Mapping[str, Any]) -> bytes:
    """One event as a body of `MEDIA_TYPE`."""
    return orjson.dumps(event)


def batched(events: Sequence[Mapping[str, Any]]) -> bytes:
    """Several events as a body of `BATCH_MEDIA_TYPE`."""
    return orjson.dumps(list(events))
