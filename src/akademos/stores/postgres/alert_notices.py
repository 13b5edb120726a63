"""Messages to the owners of alerts on PostgreSQL.

As with webhooks a turn is a lease, not a lock: no transaction is open while a mail server answers. The settings' row of
an advisor is locked while the message is put together, so that there is one for all that waits.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from akademos.catalogue.alert_datasets import ALERT_LIMITS
from akademos.privacy.pseudonyms import Keys, unseal
from akademos.stores.ports.alerts import AlertNotice, AlertSettings, MailStanding
from akademos.stores.postgres.alerts import PURPOSES
from akademos.stores.postgres.consent_rows import data_key_of
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.person_sql import ADVISEES, CONSENTING, person_of

REASON_LENGTH = 300

_DUE = "d.state = 'pending' AND d.next_attempt_at <= %(now)s AND (d.leased_until IS NULL OR d.leased_until < %(now)s)"
_ADVISOR = f"""
    SELECT s.tenant_id, s.advisor_key::text, s.address, s.time_zone, s.quiet_from, s.quiet_until, s.language
    FROM alert_settings s WHERE s.by_mail AND EXISTS (
        SELECT FROM alert_deliveries d WHERE d.tenant_id = s.tenant_id AND d.advisor_key = s.advisor_key AND {_DUE})
    ORDER BY s.tenant_id, s.advisor_key LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_MINE = "d.tenant_id = %(tenant)s AND d.advisor_key = %(advisor)s::uuid"
# No longer to be told: in hand, another's, about somebody whom the owner does not advise, or without consent.
_PERSON = person_of("d.tenant_id", "d.learner_key")
_WITHHOLD = f"""
    UPDATE alert_deliveries d SET state = 'withheld', settled_at = %(now)s, lease = NULL, leased_until = NULL
    WHERE {_MINE} AND {_DUE} AND NOT (
        EXISTS (SELECT FROM learner_alerts a WHERE a.tenant_id = d.tenant_id AND a.alert_id = d.alert_id
            AND a.status = 'raised' AND a.owner_key = d.advisor_key)
        AND {_PERSON} IN ({CONSENTING})
        AND {_PERSON} IN (SELECT {person_of("%(tenant)s", "own.learner_key")} FROM (
            {ADVISEES.format(actor="%(advisor)s::uuid")}) AS own))
"""
_BEGUN = f"""
    SELECT d.notice_id FROM alert_deliveries d WHERE {_MINE} AND {_DUE} AND d.notice_id IS NOT NULL
    ORDER BY d.next_attempt_at, d.notice_id LIMIT 1
"""
_LEASE = f"""
    UPDATE alert_deliveries d SET notice_id = %(notice)s, lease = %(lease)s, leased_until = %(now)s + %(period)s
    WHERE {_MINE} AND {_DUE} AND d.notice_id IS NOT DISTINCT FROM %(begun)s
    RETURNING d.alert_id, d.attempts
"""
_KINDS = "SELECT kind, count(*) FROM learner_alerts WHERE tenant_id = %s AND alert_id = ANY(%s) GROUP BY 1 ORDER BY 1"
_SETTLE = """
    UPDATE alert_deliveries SET state = %s, settled_at = now(), last_error = %s, attempts = attempts + %s, lease = NULL,
        leased_until = NULL
    WHERE tenant_id = %s AND lease = %s AND state = 'pending'
"""
_POSTPONE = """
    UPDATE alert_deliveries SET next_attempt_at = %s, notice_id = NULL, lease = NULL, leased_until = NULL
    WHERE tenant_id = %s AND lease = %s AND state = 'pending'
"""
_FAILED = """
    UPDATE alert_deliveries SET attempts = attempts + 1, last_error = %s, next_attempt_at = %s, lease = NULL,
        leased_until = NULL
    WHERE tenant_id = %s AND lease = %s AND state = 'pending'
"""
_STANDING = """
    SELECT count(*) FILTER (WHERE state = 'dead'),
        min(next_attempt_at) FILTER (WHERE state = 'pending' AND next_attempt_at <= %s)
    FROM alert_deliveries
"""


class PostgresAlertNotices:
    """Adapter of the port `AlertNotices`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def take(self, now: datetime) -> AlertNotice | None:
        """The next message that is due; see the port."""
        while True:
            with self._database.pipeline() as transaction:
                row = transaction.execute(_ADVISOR, {"now": now}).fetchone()
                if row is None:
                    return None
                tenant_id, advisor_key, sealed, *rest = row
                data_key = data_key_of(transaction, self._keys, tenant_id, advisor_key)
                settings = AlertSettings(True, unseal(data_key, bytes(sealed)), *rest)
                notice = _leased(transaction, tenant_id, advisor_key, settings, now)
            if notice is not None:
                return notice

    def sent(self, notice: AlertNotice) -> bool:
        """It was taken; see the port."""
        with self._database.pipeline() as transaction:
            values = ("sent", None, 0, notice.tenant_id, notice.lease)
            return transaction.execute(_SETTLE, values).rowcount > 0

    def postponed(self, notice: AlertNotice, until: datetime) -> None:
        """It waits; see the port."""
        with self._database.pipeline() as transaction:
            transaction.execute(_POSTPONE, (until, notice.tenant_id, notice.lease))

    def failed(self, notice: AlertNotice, reason: str, *, next_attempt_at: datetime | None) -> bool:
        """It was not taken; see the port."""
        reason = reason[:REASON_LENGTH]
        given_up = next_attempt_at is None or notice.attempts + 1 >= ALERT_LIMITS.attempts
        with self._database.pipeline() as transaction:
            who = (notice.tenant_id, notice.lease)
            if given_up:
                return transaction.execute(_SETTLE, ("dead", reason, 1, *who)).rowcount > 0
            transaction.execute(_FAILED, (reason, next_attempt_at, *who))
        return False

    def standing(self, now: datetime) -> MailStanding:
        """For metrics and alerts."""
        with self._database.pipeline() as transaction:
            ((dead, overdue),) = transaction.execute(_STANDING, (now,))
        return MailStanding(dead, overdue)


def _leased(
    transaction: Transaction, tenant_id: str, advisor_key: str, settings: AlertSettings, now: datetime
) -> AlertNotice | None:
    """The message for one advisor: one that was begun before, as it was; else everything that waits. None when none of
    it is to be told any more."""
    lease = uuid.uuid4()
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "advisor": advisor_key,
        "purposes": list(PURPOSES),
        "now": now,
        "lease": lease,
        "period": ALERT_LIMITS.lease,
    }
    transaction.execute(_WITHHOLD, values)
    begun = transaction.execute(_BEGUN, values).fetchone()
    notice_id = uuid.uuid4() if begun is None else begun[0]
    rows = transaction.execute(
        _LEASE, {**values, "notice": notice_id, "begun": None if begun is None else notice_id}
    ).fetchall()
    if not rows:
        return None
    found = transaction.execute(_KINDS, (tenant_id, [alert_id for alert_id, _ in rows])).fetchall()
    return AlertNotice(
        tenant_id,
        notice_id,
        advisor_key,
        lease,
        settings,
        tuple((kind, count) for kind, count in found),
        max(attempts for _, attempts in rows),
    )
