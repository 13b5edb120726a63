"""The properties at the top level of every event on the wire, and where each of their values goes.

`topic_id` and a property `topic_ids` both lead to the event log column `topic_ids`, the single topic first.
"""

from __future__ import annotations

from akademos.catalogue.declarations import CoreProperty, Kind

UUID_PATTERN = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
UUID4_PATTERN = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}"
#: SHA-256 in lower-case hexadecimal, so that equal values are equal strings.
SHA256_PATTERN = r"[0-9a-f]{64}"
#: Longest identifier that a sender may use for its people and things.
IDENTIFIER_LENGTH = 256


def _identifier(name: str, description: str, example: str, column: str | None = None) -> CoreProperty:
    return CoreProperty(
        name,
        Kind.STRING,
        description,
        required="by event",
        kept_in="column" if column else "properties",
        column=column,
        minimum=1,
        maximum=IDENTIFIER_LENGTH,
        example=example,
    )


def _hash(name: str, description: str, example: str) -> CoreProperty:
    return CoreProperty(
        name,
        Kind.STRING,
        description,
        kept_in="vault",
        pattern=SHA256_PATTERN,
        needs="pii_salt_version",
        example=example * 32,
    )


CORE_PROPERTIES: tuple[CoreProperty, ...] = (
    CoreProperty(
        "event_id",
        Kind.STRING,
        "UUID, the idempotency key within the tenant: of two events with one id the first wins, and the second "
        "is a duplicate or, with other sender content, a conflict",
        required="made by the SDK, else by the server; imports derive it",
        kept_in="column",
        column="event_id",
        pattern=UUID_PATTERN,
        example="5f0c6f0e-54c5-4b5e-9d0e-3c1f7c3b9a01",
    ),
    CoreProperty(
        "event_name",
        Kind.STRING,
        "name in the dictionary, from version 2 on with the suffix _v2",
        required="yes",
        kept_in="column",
        column="event_name",
        pattern=r"[a-z][a-z0-9_]{0,99}",
        example="question_submitted",
    ),
    CoreProperty(
        "client_timestamp",
        Kind.TIMESTAMP,
        "the sender's clock at the moment it happened; a batch carries sent_at beside it",
        required="SDKs always",
        kept_in="column",
        column="client_timestamp",
        example="2026-11-05T08:30:00.250+01:00",
    ),
    CoreProperty(
        "event_timestamp",
        Kind.TIMESTAMP,
        "set by the server on receipt, the canonical order of the log; a sender's own value is taken as "
        "client_timestamp where that is absent",
        kept_in="column",
        column="client_timestamp",
        example="2026-11-05T07:30:00Z",
    ),
    CoreProperty(
        "occurred_at",
        Kind.TIMESTAMP,
        "when it happened: client_timestamp + (received - sent_at), never after receipt; an import takes the "
        "time of its source",
        required="derived",
        set_by="server",
        kept_in="column",
        column="occurred_at",
        example="2026-11-05T07:30:00Z",
    ),
    CoreProperty(
        "time_precision",
        Kind.STRING,
        "exact; day where the source has dates only; order where it has only a sequence, and then occurred_at "
        "is the fixed epoch plus sequence seconds",
        required="derived",
        set_by="server",
        kept_in="column",
        column="time_precision",
        values=("exact", "day", "order"),
        example="exact",
    ),
    CoreProperty(
        "anonymous_id",
        Kind.STRING,
        "UUIDv4 made on the client, in memory only until consent is given",
        required="browser and mobile SDKs always",
        kept_in="vault",
        pattern=UUID4_PATTERN,
        example="0d9b7c55-8c4f-4a53-9a0b-1f1f6a3f5a11",
    ),
    CoreProperty(
        "user_id",
        Kind.STRING,
        "the actor in the sender's numbering",
        required="when authenticated",
        kept_in="vault",
        column="actor_key",
        minimum=1,
        maximum=IDENTIFIER_LENGTH,
        example="u-1029",
    ),
    CoreProperty(
        "subject_id",
        Kind.STRING,
        "the learner concerned when that is not the actor, in the sender's numbering",
        required="by event",
        kept_in="vault",
        column="subject_key",
        minimum=1,
        maximum=IDENTIFIER_LENGTH,
        example="u-1029",
    ),
    _identifier("cohort_id", "the group concerned when no single learner is", "spring-nurses"),
    CoreProperty(
        "persona",
        Kind.STRING,
        "role in which the actor acts; else from the roster",
        kept_in="column",
        column="persona",
        pattern=r"[a-z][a-z_]{0,39}",
        usual=("student", "career_changer", "advisor", "instructor", "unknown"),
        default="unknown",
        example="student",
    ),
    CoreProperty(
        "context_page",
        Kind.STRING,
        "route that emitted it, without query and fragment, which may carry personal data",
        required="browser and mobile SDKs always",
        minimum=1,
        maximum=512,
        pattern=r"[^\s?#]+",
        example="/learn/topics/cardiology",
    ),
    CoreProperty(
        "context_device",
        Kind.STRING,
        "class of device and of software, from general to special",
        pattern=r"[a-z0-9_]{1,32}(\.[a-z0-9_]{1,32}){0,3}",
        example="web.desktop",
    ),
    _identifier("plan_id", "action plan", "plan-17"),
    _identifier("task_id", "task of an action plan", "task-4"),
    _identifier("assessment_id", "assessment, quiz, exercise or exam", "quiz-12", "assessment_id"),
    _identifier("topic_id", "the one topic that the event is about", "cardiology", "topic_ids"),
    _identifier("question_id", "item of the question bank", "q-7", "question_id"),
    _identifier("material_id", "content other than a question", "video-3", "material_id"),
    _identifier("session_id", "study or browser session", "s-88", "session_id"),
    _identifier("course_id", "course or module-presentation", "anatomy-2026", "course_id"),
    _identifier("recommendation_id", "recommendation shown to the learner", "rec-5"),
    _identifier("certificate_id", "certificate", "cert-9"),
    CoreProperty(
        "readiness_score",
        Kind.NUMBER,
        "the host product's own score; the exam readiness of Akademos is another number",
        required="by event",
        minimum=0,
        maximum=100,
        example=72.5,
    ),
    CoreProperty(
        "opt_out_status",
        Kind.BOOLEAN,
        "mirrors tracking_opt_out; true suppresses the event unless it is essential or serves other than "
        "product analytics",
        kept_in="nowhere",
        default=False,
        example=False,
    ),
    _hash("pii_hash", "SHA-256 of the salted, normalised e-mail address, made on the client", "1a"),
    _hash("pii_hash_previous", "the same under the salt before, sent while salts are rotated", "2b"),
    _hash("phone_hash", "SHA-256 of the salted telephone number in E.164, made on the client", "3c"),
    _hash("phone_hash_previous", "the same under the salt before, sent while salts are rotated", "4d"),
    CoreProperty(
        "pii_salt_version",
        Kind.INTEGER,
        "version of the tenant's salt in pii_hash and phone_hash; the *_previous hashes have the one before",
        required="with a hash",
        kept_in="vault",
        minimum=1,
        maximum=1_000_000,
        example=3,
    ),
    CoreProperty(
        "environment",
        Kind.STRING,
        "keeps staging and production apart in one pipe",
        kept_in="column",
        column="environment",
        pattern=r"[a-z][a-z0-9_-]{0,31}",
        usual=("prod", "staging"),
        default="prod",
        example="prod",
    ),
)
