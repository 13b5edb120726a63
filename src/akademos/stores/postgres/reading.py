"""Readings for the gate on PostgreSQL: one statement decides, one statement confirms and logs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.roles import Reach
from akademos.privacy.pseudonyms import Keys, audit_name, unseal
from akademos.stores.ports.access import (
    AccessEntry,
    Contest,
    Reading,
    Roster,
    RosterLearner,
    Standing,
    Stop,
)
from akademos.stores.ports.learner_state import LearnerState
from akademos.stores.postgres.audit import stranger_name
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.person_sql import ADVISEES, CONSENTING, LIVE, keys_of, person_of

# The learner by the host's id first: a host may name people by UUIDs of its own.
_READ = f"""
    WITH actor AS MATERIALIZED (
        SELECT learner_key, data_key FROM people WHERE tenant_id = %(tenant)s AND learner_key = (
            SELECT {person_of("i.tenant_id", "i.learner_key")} FROM identifiers i
            WHERE i.tenant_id = %(tenant)s AND i.identifier_hash = %(actor)s)
    ), subject AS MATERIALIZED (
        SELECT learner_key, data_key, display_name, time_zone FROM people
        WHERE tenant_id = %(tenant)s AND learner_key = (
            SELECT {person_of("%(tenant)s", "named.key")} FROM (SELECT coalesce(
                (SELECT learner_key FROM identifiers WHERE tenant_id = %(tenant)s AND identifier_hash = %(subject)s),
                %(key)s::uuid) AS key) AS named)
    ), linked AS MATERIALIZED (
        SELECT learner_key AS key FROM subject
        UNION ALL
        SELECT learner_key FROM identity_links
        WHERE tenant_id = %(tenant)s AND person_key = (SELECT learner_key FROM subject)
    ), consent AS (
        SELECT coalesce(array_agg(purpose) FILTER (WHERE live), '{{}}') AS granted,
            coalesce(array_agg(purpose) FILTER (WHERE decided), '{{}}') AS decided,
            greatest(coalesce(max(version), 0), (SELECT max(version) FROM identity_links
                WHERE tenant_id = %(tenant)s AND person_key = (SELECT learner_key FROM subject))) AS version,
            coalesce(array_agg(purpose || ' ' || CASE WHEN objected THEN 'objected' WHEN restricted THEN 'restricted'
                ELSE 'paused' END) FILTER (WHERE objected OR restricted OR paused), '{{}}') AS stopped
        FROM (
            SELECT purpose, {LIVE} AS live, bool_or(basis <> 'none') AS decided, bool_or(objected) AS objected,
                bool_or(restricted) AS restricted, bool_or(paused) AS paused, max(version) AS version
            FROM consent_state WHERE tenant_id = %(tenant)s AND learner_key IN (SELECT key FROM linked)
            GROUP BY purpose
        ) AS strictest
    )
    SELECT (SELECT learner_key::text FROM actor), subject.learner_key::text,
        EXISTS (
            SELECT FROM enrolments e JOIN staff_assignments s ON s.tenant_id = e.tenant_id AND s.course_id = e.course_id
            WHERE e.tenant_id = %(tenant)s AND e.learner_key IN (SELECT key FROM linked) AND s.role = 'instructor'
                AND s.learner_key = (SELECT learner_key FROM actor)
                AND (e.withdrawn_on IS NULL OR e.withdrawn_on > current_date)),
        consent.granted, consent.decided, consent.version,
        coalesce((SELECT version FROM record_versions WHERE tenant_id = %(tenant)s), 0),
        coalesce(subject.time_zone, tenant.time_zone), subject.data_key, subject.display_name,
        state.version, state.computed_at, state.computed_as_of, state.definition, state.events, state.last_event_at,
        state.packed, (SELECT data_key FROM actor), consent.stopped, contest.concerns, contest.said, contest.since,
        EXISTS (SELECT FROM ({ADVISEES.format(actor="(SELECT learner_key FROM actor)")}) AS advisees
            WHERE advisees.learner_key IN (SELECT key FROM linked)),
        (SELECT version FROM models WHERE tenant_id = %(tenant)s AND model = 'exam_readiness'
            AND promoted_at IS NOT NULL AND replaced_at IS NULL),
        (SELECT version FROM models WHERE tenant_id = %(tenant)s AND model = 'tracing'
            AND promoted_at IS NOT NULL AND replaced_at IS NULL)
    FROM tenants tenant CROSS JOIN consent
        LEFT JOIN subject ON true
        CROSS JOIN LATERAL (
            SELECT array_agg(concerns) AS concerns, array_agg(said) AS said, array_agg(requested_at) AS since
            FROM rights_requests WHERE tenant_id = %(tenant)s AND learner_key = subject.learner_key
                AND kind = 'contest' AND status = 'open'
        ) AS contest
        LEFT JOIN learner_state state ON state.tenant_id = tenant.tenant_id
            AND state.learner_key = (SELECT learner_key FROM subject)
    WHERE tenant.tenant_id = %(tenant)s
"""
_CONFIRM = f"""
    WITH said AS (
        SELECT purpose, {LIVE} AS live, max(version) AS version FROM consent_state
        WHERE tenant_id = %(tenant)s AND learner_key IN ({keys_of("%(tenant)s", "%(key)s::uuid")}) GROUP BY purpose
    ), now AS (
        SELECT count(*) FILTER (WHERE live AND purpose = ANY(%(purposes)s)) AS granted,
            greatest(coalesce(max(version), 0), (SELECT max(version) FROM identity_links
                WHERE tenant_id = %(tenant)s AND person_key = {person_of("%(tenant)s", "%(key)s::uuid")})) AS version
        FROM said
    ), standing AS (
        SELECT version, CASE WHEN granted < cardinality(%(purposes)s::text[]) THEN 'refused'
            WHEN version <> %(version)s THEN 'changed' ELSE 'stands' END AS standing
        FROM now
    ), logged AS (
        INSERT INTO access_log
            (tenant_id, actor, role, subject, what, purpose, reason, decision, consent_version)
        SELECT %(tenant)s, %(actor)s, %(role)s, %(subject)s, %(what)s, %(purpose)s, %(reason)s, %(decision)s, version
        FROM standing WHERE standing = 'stands'
    )
    SELECT standing FROM standing
"""
_LOG = """
    INSERT INTO access_log (tenant_id, actor, role, subject, what, purpose, reason, decision, consent_version)
    VALUES (%(tenant)s, %(actor)s, %(role)s, %(subject)s, %(what)s, %(purpose)s, %(reason)s, %(decision)s, %(version)s)
"""
_LOG_EACH = """
    INSERT INTO access_log (tenant_id, actor, role, subject, what, purpose, reason, decision, consent_version)
    SELECT %(tenant)s, %(actor)s, %(role)s, subject, %(what)s, %(purpose)s, %(reason)s, %(decision)s, %(version)s
    FROM unnest(%(subjects)s::bytea[]) AS subject
"""
_IN_REACH = {
    Reach.OWN_COURSES: """
        SELECT coalesce(l.person_key, e.learner_key) AS learner_key,
            array_agg(DISTINCT c.title ORDER BY c.title) AS courses
        FROM staff_assignments s JOIN enrolments e ON e.tenant_id = s.tenant_id AND e.course_id = s.course_id
            LEFT JOIN identity_links l ON l.tenant_id = e.tenant_id AND l.learner_key = e.learner_key
            JOIN learning_courses c ON c.tenant_id = e.tenant_id AND c.course_id = e.course_id
        WHERE s.tenant_id = %(tenant)s AND s.learner_key = %(key)s AND s.role = 'instructor'
            AND (e.withdrawn_on IS NULL OR e.withdrawn_on > current_date)
        GROUP BY 1""",
    Reach.OWN_ADVISEES: f"""
        SELECT coalesce(l.person_key, advisees.learner_key) AS learner_key,
            array_remove(array_agg(DISTINCT c.title ORDER BY c.title), NULL) AS courses
        FROM ({ADVISEES.format(actor="%(key)s")}) AS advisees
            LEFT JOIN identity_links l ON l.tenant_id = %(tenant)s AND l.learner_key = advisees.learner_key
            LEFT JOIN enrolments e ON e.tenant_id = %(tenant)s AND e.learner_key = advisees.learner_key
                AND (e.withdrawn_on IS NULL OR e.withdrawn_on > current_date)
            LEFT JOIN learning_courses c ON c.tenant_id = e.tenant_id AND c.course_id = e.course_id
        GROUP BY 1""",
}
_ROSTERS = {
    reach: f"""
    WITH reached AS ({reached})
    SELECT p.learner_key::text, reached.courses, p.data_key, p.display_name,
        (SELECT sealed FROM identifiers i WHERE i.tenant_id = p.tenant_id AND i.learner_key = p.learner_key
            AND i.kind = 'user' ORDER BY i.created_at LIMIT 1),
        state.events, state.last_event_at, m.status, m.mastery, m.low, m.high, m.answers, m.as_of,
        p.learner_key IN ({CONSENTING})
    FROM reached JOIN people p ON p.tenant_id = %(tenant)s AND p.learner_key = reached.learner_key
        LEFT JOIN learner_state state ON state.tenant_id = p.tenant_id AND state.learner_key = p.learner_key
        LEFT JOIN topic_mastery m ON m.tenant_id = p.tenant_id AND m.learner_key = p.learner_key
            AND m.topic_id = %(overall)s
    WHERE p.kind = 'learner'
"""
    for reach, reached in _IN_REACH.items()
}
_STILL = f"SELECT learner_key::text FROM ({CONSENTING}) c WHERE learner_key = ANY(%(keys)s::uuid[])"

FIRST_CLOCK = datetime(1980, 1, 1, tzinfo=UTC)
"""A source that knows only an order counts seconds from 1970: what lies before this has no clock."""

OVERALL = "*"
"""The topic_id under which the nightly snapshot keeps the estimate over all topics."""


class PostgresReadings:
    """Adapter of the port `LearnerReadings`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def read(self, tenant_id: str, *, actor: str, learner: str | None) -> Reading:
        """Everything about one question, in one statement and so of one snapshot."""
        subject = actor if learner is None else learner
        values = {
            "tenant": tenant_id,
            "actor": self._keys.identifier_hash(tenant_id, "user", actor),
            "subject": self._keys.identifier_hash(tenant_id, "user", subject),
            "key": None if learner is None else _as_key(learner),
        }
        with self._database.serving(tenant_id) as transaction:
            row = transaction.execute(_READ, values, binary=True).fetchone()
        if row is None:  # a token outlived its tenant
            return Reading(None, None, False, frozenset(), frozenset(), 0, 0, "UTC", None, None)
        learner_key = row[1]
        data_key = self._data_key(tenant_id, learner_key, row[8])
        actor_key = data_key if row[0] == learner_key else self._data_key(tenant_id, row[0], row[17])
        actor_name = None if actor_key is None else audit_name(actor_key)
        return Reading(
            actor_key=row[0],
            learner_key=learner_key,
            teaches=bool(row[2]),
            granted=frozenset(map(Purpose, row[3])),
            decided=frozenset(map(Purpose, row[4])),
            consent_version=row[5],
            curriculum_version=row[6],
            time_zone=row[7],
            display_name=None if data_key is None or row[9] is None else unseal(data_key, row[9]),
            state=None if row[10] is None else LearnerState(learner_key, *row[10:17]),
            actor_audit_name=actor_name,
            learner_audit_name=None if data_key is None else audit_name(data_key),
            stopped=dict(_stop(one) for one in row[18]),
            contested=() if data_key is None else _contested(data_key, *row[19:22]),
            advises=bool(row[22]),
            score_model=row[23],
            tracing_model=row[24],
        )

    def _data_key(self, tenant_id: str, learner_key: str | None, wrapped: bytes | None) -> bytes | None:
        if learner_key is None or wrapped is None:
            return None
        return self._keys.unwrap(tenant_id, learner_key, wrapped)

    def confirm(
        self,
        tenant_id: str,
        reading: Reading,
        purposes: Sequence[Purpose],
        entry: AccessEntry,
        *,
        durable: bool,
    ) -> Standing:
        """Look at the live consent again and log the decision, in one statement. A learner's reading of their own data
        may lose its log line in a crash of the server; anybody else's, which is `durable`, may not."""
        values = {
            **_values(tenant_id, entry),
            "key": reading.learner_key,
            "purposes": [purpose.value for purpose in purposes],
            "version": reading.consent_version,
        }
        with self._database.serving(tenant_id, durable=durable) as transaction:
            row = transaction.execute(_CONFIRM, values).fetchone()
        standing: Standing = "refused" if row is None else row[0]
        return standing

    def record(self, tenant_id: str, entry: AccessEntry, *, durable: bool = False) -> None:
        """Log a decision without looking at any consent."""
        with self._database.serving(tenant_id, durable=durable) as transaction:
            transaction.execute(_LOG, _values(tenant_id, entry))

    def roster(self, tenant_id: str, *, actor: str, reach: Reach, purposes: Sequence[Purpose]) -> Roster:
        """The learners within the actor's reach who consent to all of `purposes`."""
        with self._database.serving(tenant_id, snapshot=True) as transaction:
            found = transaction.execute(
                f"SELECT learner_key::text, data_key FROM people WHERE tenant_id = %(tenant)s AND learner_key = "
                f"(SELECT {person_of('i.tenant_id', 'i.learner_key')} FROM identifiers i "
                "WHERE i.tenant_id = %(tenant)s AND i.identifier_hash = %(hash)s)",
                {"tenant": tenant_id, "hash": self._keys.identifier_hash(tenant_id, "user", actor)},
            ).fetchone()
            if found is None:
                return Roster(None, (), 0)
            rows = transaction.execute(
                _ROSTERS[reach],
                {
                    "tenant": tenant_id,
                    "key": found[0],
                    "purposes": [purpose.value for purpose in purposes],
                    "overall": OVERALL,
                },
            ).fetchall()
        consenting = [row[:-1] for row in rows if row[-1]]
        return Roster(
            audit_name(self._keys.unwrap(tenant_id, found[0], found[1])),
            tuple(self._roster_learner(tenant_id, row) for row in consenting),
            len(rows) - len(consenting),
        )

    def _roster_learner(self, tenant_id: str, row: tuple[Any, ...]) -> RosterLearner:
        key, courses, wrapped, name, user_id, events, last, status, mastery, low, high, answers, as_of = row
        data_key = self._keys.unwrap(tenant_id, key, wrapped)
        clocked = last is not None and last >= FIRST_CLOCK
        return RosterLearner(
            learner_key=key,
            user_id=None if user_id is None else unseal(data_key, user_id),
            display_name=None if name is None else unseal(data_key, name),
            courses=tuple(courses),
            events=events or 0,
            clock="none" if last is None else "exact" if clocked else "order",
            last_event_at=last if clocked else None,
            mastery_status=status or "no_data",
            mastery=mastery,
            mastery_low=low,
            mastery_high=high,
            mastery_answers=answers or 0,
            mastery_as_of=as_of,
            audit_name=audit_name(data_key),
        )

    def confirm_roster(
        self, tenant_id: str, learners: Sequence[RosterLearner], purposes: Sequence[Purpose], entry: AccessEntry
    ) -> frozenset[str]:
        """Keys of the learners who still consent, looked up anew; logs the decision about each; see the port."""
        values = {
            "tenant": tenant_id,
            "keys": [learner.learner_key for learner in learners],
            "purposes": [purpose.value for purpose in purposes],
        }
        with self._database.serving(tenant_id) as transaction:
            still = frozenset(row[0] for row in transaction.execute(_STILL, values))
            seen: list[bytes | None] = [learner.audit_name for learner in learners if learner.learner_key in still]
            transaction.execute(_LOG_EACH, {**_values(tenant_id, entry), "subjects": seen or [None]})
        return still

    def actor_name(self, tenant_id: str, user_id: str) -> str:
        """A keyed hash: it tells two strangers apart, and nothing else."""
        return stranger_name(self._keys, tenant_id, user_id)

    def ready(self) -> None:
        """Return when the store answers."""
        with self._database.serving("") as transaction:
            transaction.execute("SELECT 1")


def _contested(
    data_key: bytes, concerns: list[str] | None, said: list[bytes | None] | None, since: list[datetime] | None
) -> tuple[Contest, ...]:
    rows = sorted(zip(concerns or (), said or (), since or (), strict=True), key=lambda one: one[2])
    return tuple(Contest(one, "" if words is None else unseal(data_key, words), at) for one, words, at in rows)


def _stop(text: str) -> tuple[Purpose, Stop]:
    purpose, _, stop = text.partition(" ")
    return Purpose(purpose), Stop(stop)


def _as_key(text: str) -> str | None:
    """`text` when it is a learner_key as it is written, else None."""
    try:
        key = str(uuid.UUID(text))
    except ValueError:
        return None
    return key if key == text else None


def _values(tenant_id: str, entry: AccessEntry) -> dict[str, object]:
    return {
        "tenant": tenant_id,
        "actor": entry.actor,
        "role": entry.role,
        "subject": entry.subject,
        "what": entry.what,
        "purpose": entry.purpose,
        "reason": entry.reason,
        "decision": entry.decision,
        "version": entry.consent_version,
    }
