"""Columns as datasets declare them, and those that many datasets share."""

from __future__ import annotations

from akademos.catalogue.declarations import Column


def must(
    name: str,
    kind: str,
    description: str,
    *,
    personal: bool = False,
    unit: str | None = None,
    term: str | None = None,
) -> Column:
    """A column that every row fills."""
    return Column(name, kind, description, nullable=False, unit=unit, personal=personal, term=term)


def may(
    name: str,
    kind: str,
    description: str,
    *,
    personal: bool = False,
    unit: str | None = None,
    term: str | None = None,
) -> Column:
    """A column that a row may leave empty."""
    return Column(name, kind, description, nullable=True, unit=unit, personal=personal, term=term)


def must_name(name: str, kind: str, description: str) -> Column:
    """A column that names somebody, or was said by somebody, in every row, and that an erasure leaves as it is."""
    return Column(name, kind, description, nullable=False, personal=True, stays=True)


def may_name(name: str, kind: str, description: str) -> Column:
    """The same in some rows."""
    return Column(name, kind, description, nullable=True, personal=True, stays=True)


TENANT = must("tenant_id", "string", "institution or product that keeps its data apart", term="tenant")
LEARNER = must("learner_key", "string", "random key of the person", personal=True, term="learner_key")
EVENT_ID = must("event_id", "string", "UUID, idempotency key within the tenant")
EVENT = must("event", "string", "name on the wire, with version suffix", term="wire name")
SOURCE = must("source", "string", "key id or import id of who sent it")
RECEIVED_AT = must("received_at", "timestamp", "server time of receipt")
OCCURRED_AT = must("occurred_at", "timestamp", "when it happened")
TIME_PRECISION = must("time_precision", "string", "exact, day or order", term="time precision")
COURSE = may("course_id", "string", "course or module-presentation")
TOPICS = may("topic_ids", "strings", "topics of the curriculum", term="topic")
