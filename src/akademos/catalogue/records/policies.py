"""Limits of the learning records, and the rules about them that are enforced in code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from akademos.catalogue.declarations import Policy


@dataclass(frozen=True, slots=True)
class RecordLimits:
    """Sizes in characters, counts, or as timedelta."""

    text: int = 20_000
    list_length: int = 1_000
    page: int = 500
    page_usual: int = 100
    body_bytes: int = 1024 * 1024
    idempotency: timedelta = timedelta(days=1)


RECORD_LIMITS = RecordLimits()

_SPEC = "records.md"

RECORD_POLICIES: tuple[Policy, ...] = (
    Policy(
        "record_concurrency",
        "A change of a record names the version that it was made upon; of two that name the same one is refused.",
        "If-Match required; 428 without, 412 when the row has moved on",
        "stores.postgres.record_store",
        _SPEC,
    ),
    Policy(
        "record_life_cycles",
        "A record changes its state by the declared actions only, whoever asks and however.",
        "409 with the allowed actions; a trigger on every table with a life cycle",
        "stores.postgres.record_store, schema.sql",
        _SPEC,
    ),
    Policy(
        "record_deletion",
        "Records are archived, not deleted; rows go by erasure, withdrawal of their basis and retention only.",
        "no address and no action deletes a row",
        "catalogue.records, serving.routes.records",
        _SPEC,
    ),
    Policy(
        "record_history",
        "Every change of a record is kept with what was before, in the transaction of the change; what was published "
        "under a number never changes under it.",
        "append-only log of changes; content versions",
        "schema.sql",
        _SPEC,
    ),
    Policy(
        "record_pages",
        "Lists come in pages whose place is a row's key, so that writing between two pages neither repeats nor skips.",
        f"{RECORD_LIMITS.page_usual} rows a page, at most {RECORD_LIMITS.page}",
        "stores.postgres.record_lists",
        _SPEC,
    ),
    Policy(
        "record_requests",
        "A request to create that comes again under its Idempotency-Key makes no second row.",
        f"remembered for {RECORD_LIMITS.idempotency // timedelta(hours=1)} hours, as keyed hashes",
        "stores.postgres.record_store",
        _SPEC,
    ),
)
