"""Alerts on PostgreSQL: raised once, each with an owner; how advisors want to be told; what is new for whom."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.records.support import ALERTS
from akademos.privacy.pseudonyms import NONCE_BYTES, Keys, seal, unseal
from akademos.stores.ports.alerts import AlertDraft, AlertSettings, OpenAlerts
from akademos.stores.postgres.consent_rows import data_key_of
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.person_sql import ADVISEES, CONSENTING, keys_of, person_of
from akademos.stores.postgres.record_changes import Behaviour, RecordWork, Subscriber

PURPOSES = (Purpose.ADVISING.value, Purpose.LEARNING_SUPPORT.value)
ACTOR = "job:risk_alerts"

# Locked, so that a decision waits for this transaction and then finds what it wrote; as `risk` does.
_HOLD_CONSENT = """
    SELECT FROM consent_state WHERE tenant_id = %s AND purpose = ANY(%s)
    ORDER BY learner_key, purpose FOR SHARE
"""
_CONSENTING = f"SELECT learner_key::text FROM ({CONSENTING}) AS consenting"
_LEARNER = "%(learner)s::uuid"
_KEYS = keys_of("%(tenant)s", _LEARNER)
# Known already, or about a course that the learner does not take any more: scores are of Monday.
_NEEDLESS = f"""
    SELECT EXISTS (
        SELECT FROM learner_alerts a WHERE a.tenant_id = %(tenant)s AND a.learner_key IN ({_KEYS})
            AND a.course_id = %(course)s AND a.source_trigger = %(trigger)s
            AND (a.status IN ('raised', 'acknowledged') OR a.created_at > now() - %(pause)s))
    OR NOT EXISTS (
        SELECT FROM enrolments e JOIN learning_courses c USING (tenant_id, course_id)
        WHERE e.tenant_id = %(tenant)s AND e.course_id = %(course)s AND e.learner_key IN ({_KEYS})
            AND (e.withdrawn_on IS NULL OR e.withdrawn_on > current_date)
            AND (c.ends_on IS NULL OR c.ends_on >= current_date))
"""
# Whoever advises the learner by name, the longest first; else an advisor of the course.
_OWNER = f"""
    SELECT advisor::text FROM (
        SELECT a.advisor_key AS advisor, 0 AS place, a.created_at FROM advisee_assignments a
        WHERE a.tenant_id = %(tenant)s AND a.learner_key IN ({_KEYS})
            AND (a.starts_on IS NULL OR a.starts_on <= current_date)
            AND (a.ends_on IS NULL OR a.ends_on > current_date)
        UNION ALL SELECT s.learner_key, 1, s.created_at
        FROM staff_assignments s JOIN enrolments e ON e.tenant_id = s.tenant_id AND e.course_id = s.course_id
        WHERE s.tenant_id = %(tenant)s AND s.course_id = %(course)s AND s.role = 'advisor'
            AND e.learner_key IN ({_KEYS}) AND (e.withdrawn_on IS NULL OR e.withdrawn_on > current_date)
    ) AS advising ORDER BY place, created_at, advisor LIMIT 1
"""
_SETTINGS = """
    SELECT by_mail, address, time_zone, quiet_from, quiet_until, language FROM alert_settings
    WHERE tenant_id = %s AND advisor_key = %s
"""
_SET = """
    INSERT INTO alert_settings (tenant_id, advisor_key, by_mail, address, time_zone, quiet_from, quiet_until, language)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, advisor_key) DO UPDATE SET by_mail = excluded.by_mail, address = excluded.address,
        time_zone = excluded.time_zone, quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
        language = excluded.language, changed_at = now()
"""
_WITHHOLD = """
    UPDATE alert_deliveries SET state = 'withheld', settled_at = now(), lease = NULL, leased_until = NULL
    WHERE tenant_id = %s AND advisor_key = %s AND state = 'pending'
"""
_MARK = f"""
    SELECT count(*), count(*) FILTER (WHERE a.status = 'raised'), coalesce(max(a.updated_at)::text, '')
    FROM learner_alerts a
    WHERE a.tenant_id = %(tenant)s AND a.status IN ('raised', 'acknowledged')
        AND {person_of("a.tenant_id", "a.learner_key")} IN ({CONSENTING})
        AND {person_of("a.tenant_id", "a.learner_key")} IN (
            SELECT {person_of("%(tenant)s", "d.learner_key")} FROM ({ADVISEES.format(actor="%(actor)s::uuid")}) AS d)
"""

_ADVISORS = """
    WITH wanted AS (
        SELECT key AS person, key FROM unnest(%(people)s::uuid[]) AS key
        UNION SELECT l.person_key, l.learner_key FROM identity_links l
        WHERE l.tenant_id = %(tenant)s AND l.person_key = ANY(%(people)s::uuid[])
    )
    SELECT person::text, array_agg(advisor::text ORDER BY advisor) FROM (
        SELECT w.person, a.advisor_key AS advisor FROM wanted w JOIN advisee_assignments a
            ON a.tenant_id = %(tenant)s AND a.learner_key = w.key
        WHERE (a.starts_on IS NULL OR a.starts_on <= current_date) AND (a.ends_on IS NULL OR a.ends_on > current_date)
        UNION SELECT w.person, s.learner_key FROM wanted w
            JOIN enrolments e ON e.tenant_id = %(tenant)s AND e.learner_key = w.key
            JOIN staff_assignments s ON s.tenant_id = e.tenant_id AND s.course_id = e.course_id AND s.role = 'advisor'
        WHERE (e.withdrawn_on IS NULL OR e.withdrawn_on > current_date)
    ) AS advising GROUP BY person
"""


class PostgresAlerts:
    """Adapter of the ports `AlertLedger` and `AlertPreferences`.

    Args:
        behaviours, subscribers: see `record_changes`; one of the subscribers notes who is to be told.
    """

    def __init__(
        self,
        database: Database,
        keys: Keys,
        *,
        behaviours: Mapping[tuple[str, str], Behaviour],
        subscribers: Sequence[Subscriber],
    ) -> None:
        self._database = database
        self._keys = keys
        self._behaviours = behaviours
        self._subscribers = tuple(subscribers)

    def raise_alerts(self, tenant_id: str, drafts: Sequence[AlertDraft], *, source_trigger: str) -> int:
        """Raise what is new; see the port."""
        with self._database.pipeline(tenant_id) as transaction:
            transaction.execute(_HOLD_CONSENT, (tenant_id, list(PURPOSES)))
            values = {"tenant": tenant_id, "purposes": list(PURPOSES)}
            consenting = {key for (key,) in transaction.execute(_CONSENTING, values)}
            work = RecordWork(transaction, tenant_id, self._keys, ACTOR, None, self._behaviours, self._subscribers)
            raised = 0
            for draft in drafts:
                if draft.learner_key in consenting and not self._needless(
                    transaction, tenant_id, draft, source_trigger
                ):
                    work.create(ALERTS, self._row(transaction, tenant_id, draft, source_trigger))
                    raised += 1
            work.finish()
        return raised

    def _needless(self, transaction: Transaction, tenant_id: str, draft: AlertDraft, trigger: str) -> bool:
        values = {**_about(tenant_id, draft), "trigger": trigger, "pause": LIMITS.alert_pause}
        row = transaction.execute(_NEEDLESS, values).fetchone()
        return bool(row and row[0])

    def _row(self, transaction: Transaction, tenant_id: str, draft: AlertDraft, trigger: str) -> dict[str, object]:
        owner = transaction.execute(_OWNER, _about(tenant_id, draft)).fetchone()
        return {
            "alert_id": uuid.uuid4().hex,
            "learner_key": draft.learner_key,
            "course_id": draft.course_id,
            "kind": draft.kind,
            "severity": draft.severity,
            "reason": draft.reason,
            "source_trigger": trigger,
            "source_reference": draft.source,
            "owner_key": None if owner is None else owner[0],
        }

    def advisors(self, tenant_id: str, learner_keys: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Who advises each of them; see the port."""
        with self._database.serving(tenant_id) as transaction:
            found = transaction.execute(_ADVISORS, {"tenant": tenant_id, "people": list(learner_keys)})
            return {person: tuple(advisors) for person, advisors in found}

    def settings(self, tenant_id: str, advisor_key: str) -> AlertSettings | None:
        """What somebody has set."""
        with self._database.serving(tenant_id) as transaction:
            row = transaction.execute(_SETTINGS, (tenant_id, advisor_key)).fetchone()
            if row is None:
                return None
            data_key = data_key_of(transaction, self._keys, tenant_id, advisor_key)
        by_mail, sealed, *rest = row
        return AlertSettings(by_mail, None if sealed is None else unseal(data_key, bytes(sealed)), *rest)

    def set_settings(self, tenant_id: str, advisor_key: str, settings: AlertSettings) -> None:
        """Set it; see the port."""
        with self._database.pipeline(tenant_id) as transaction:
            data_key = data_key_of(transaction, self._keys, tenant_id, advisor_key)
            sealed = None if settings.address is None else seal(data_key, settings.address, os.urandom(NONCE_BYTES))
            who = (tenant_id, advisor_key)
            transaction.execute(
                _SET,
                (*who, settings.by_mail, sealed, settings.time_zone, settings.quiet_from, settings.quiet_until,
                 settings.language),
            )  # fmt: skip
            if not settings.by_mail:
                transaction.execute(_WITHHOLD, who)

    def mark(self, tenant_id: str, advisor_key: str) -> OpenAlerts:
        """How many wait; see the port."""
        with self._database.serving(tenant_id) as transaction:
            values = {"tenant": tenant_id, "actor": advisor_key, "purposes": list(PURPOSES)}
            ((count, raised, newest),) = transaction.execute(_MARK, values)
        return OpenAlerts(count, raised, f"{count}/{newest}")


def _about(tenant_id: str, draft: AlertDraft) -> dict[str, object]:
    return {"tenant": tenant_id, "learner": draft.learner_key, "course": draft.course_id}
