"""The schema of the consented core: one row per event, whatever door it came in by.

Physical facts that readers rely on: partitioned by tenant, then month of `occurred_at`; inside a compacted
file sorted by (learner_key, occurred_at, event_id). Identifiers are strings, because Spark refuses Parquet UUIDs.
"""

from __future__ import annotations

from akademos.catalogue.declarations import Column

PARTITION_COLUMNS = ("tenant_id", "month")
SORT_COLUMNS = ("learner_key", "occurred_at", "event_id")

COLUMNS: tuple[Column, ...] = (
    Column("tenant_id", "string", "institution or product that keeps its data apart", nullable=False, term="tenant"),
    Column("month", "string", "YYYY-MM of occurred_at in UTC", nullable=False),
    Column("event_id", "string", "UUID, idempotency key within the tenant", nullable=False),
    Column("event_name", "string", "name in the dictionary, without version suffix", nullable=False),
    Column("event_version", "int32", "version in the dictionary", nullable=False),
    Column(
        "learner_key",
        "string",
        "the learner concerned: the actor when a learner, else the subject; null for events about no learner",
        personal=True,
        term="learner_key",
    ),
    Column("actor_key", "string", "who did it, learner or staff", personal=True),
    Column("subject_key", "string", "the learner concerned when not the actor", personal=True, term="subject"),
    Column("occurred_at", "timestamp", "when it happened", nullable=False),
    Column("time_precision", "string", "exact, day or order", nullable=False, term="time precision"),
    Column("received_at", "timestamp", "event_timestamp: server time of receipt", nullable=False),
    Column("client_timestamp", "timestamp", "the sender's own clock, uncorrected"),
    Column("source", "string", "key id or import id of who sent it", nullable=False),
    Column("basis", "string", "consent, a named legal basis, or basis:ID of an import", nullable=False, term="basis"),
    Column("retention_from", "timestamp", "retention counts from here", nullable=False, term="retention"),
    Column("environment", "string", "prod, staging, ...", nullable=False),
    Column("persona", "string", "student, career_changer, advisor, ... or unknown", nullable=False, term="persona"),
    Column("course_id", "string", "course or module-presentation"),
    Column("topic_ids", "strings", "topics of the curriculum that the event is about", term="topic"),
    Column("question_id", "string", "item", term="item"),
    Column("material_id", "string", "content other than a question", term="material"),
    Column("session_id", "string", "study or browser session"),
    Column("assessment_id", "string", "assessment, quiz or exam"),
    Column("attempt_number", "int32", "1 for the first attempt at an item", term="attempt"),
    Column("score", "float64", "0..1, 1 is fully correct", unit="share"),
    Column("duration_seconds", "float64", "time to answer, or time spent", unit="s"),
    Column("confidence", "float64", "the learner's own, 0..1", unit="share"),
    Column("hints", "int32", "hints taken"),
    Column("quantity", "float64", "clicks, pages or another count that the event type names"),
    Column("properties", "string", "JSON of the declared properties that have no column of their own"),
)
