"""Columns as datasets declare them, and those that many datasets share."""

from __future__ import annotations

from functools import partial

from akademos.catalogue.declarations import Column

must = partial(Column, nullable=False)
"""A column that every row fills."""

may = partial(Column, nullable=True)
"""A column that a row may leave empty."""

must_name = partial(must, personal=True, stays=True)
"""A column that names somebody, or was said by somebody, in every row, and that an erasure leaves as it is."""

may_name = partial(may, personal=True, stays=True)
"""The same in some rows."""

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
