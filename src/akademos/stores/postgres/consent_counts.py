"""How many people consent to what, on PostgreSQL: the state for now, the append-only history for the months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.declarations import Purpose
from akademos.stores.ports.consent_counts import ConsentMonth, ConsentStanding
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.person_sql import LIVE

_STANDING = f"""
    SELECT purpose, count(*) FILTER (WHERE live), count(*) FILTER (WHERE NOT live AND stopped),
        count(*) FILTER (WHERE NOT live AND NOT stopped AND withdrawn)
    FROM (
        SELECT c.purpose, {LIVE} AS live, bool_or(paused OR restricted OR objected) AS stopped,
            bool_or(NOT granted AND basis <> 'none') AS withdrawn
        FROM consent_state c LEFT JOIN identity_links l USING (tenant_id, learner_key)
        WHERE c.tenant_id = %(tenant)s GROUP BY coalesce(l.person_key, c.learner_key), c.purpose
    ) AS person GROUP BY purpose ORDER BY purpose
"""
# What an erasure leaves of the history stands under the audit name: no such person is in the vault any more, and the
# audit log says under the same name when the erasure was completed.
_CHANGES = """
    WITH decided AS (
        SELECT coalesce(l.person_key, h.learner_key) AS person, h.purpose, h.decision = 'granted' AS granted,
            coalesce(h.decided_at, h.recorded_at) AS at, h.version, h.learner_key
        FROM consent_history h LEFT JOIN identity_links l USING (tenant_id, learner_key)
        WHERE h.tenant_id = %(tenant)s AND h.decision IN ('granted', 'withdrawn')
    ), gone AS MATERIALIZED (
        SELECT DISTINCT d.learner_key, d.purpose FROM decided d
        WHERE NOT EXISTS (SELECT FROM people p WHERE p.tenant_id = %(tenant)s AND p.learner_key = d.learner_key)
    ), ended AS (
        SELECT learner_key, purpose, (SELECT max(a.at) FROM audit_log a WHERE a.tenant_id = %(tenant)s
            AND a.subject = uuid_send(gone.learner_key) AND a.action = %(erased)s) AS at
        FROM gone
    ), steps AS (
        SELECT person, purpose, granted, at, version FROM decided
        UNION ALL SELECT learner_key, purpose, false, at, 9223372036854775807 FROM ended WHERE at IS NOT NULL
    ), changes AS (
        SELECT purpose, at, granted::int - coalesce(lag(granted::int) OVER (
            PARTITION BY person, purpose ORDER BY at, version), 0) AS change
        FROM steps
    )
    SELECT purpose, date_trunc('month', at AT TIME ZONE 'UTC')::date AS month, sum(change)::bigint
    FROM changes GROUP BY purpose, month ORDER BY purpose, month
"""


class PostgresConsentCounts:
    """Adapter of the port `ConsentCounts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, tenant_id: str) -> Sequence[ConsentStanding]:
        """Every purpose that anybody has decided about, by name."""
        with self._database.serving(tenant_id) as transaction:
            rows = transaction.execute(_STANDING, {"tenant": tenant_id}).fetchall()
        return [ConsentStanding(Purpose(purpose), *counts) for purpose, *counts in rows]

    def by_month(self, tenant_id: str, now: datetime, months: int = 12) -> Sequence[ConsentMonth]:
        """The last so many ended months, oldest first; see the port."""
        values = {"tenant": tenant_id, "erased": AuditAction.ERASURE_COMPLETED.value}
        with self._database.serving(tenant_id) as transaction:
            rows = transaction.execute(_CHANGES, values).fetchall()
        changes: defaultdict[str, dict[date, int]] = defaultdict(dict)
        for purpose, month, change in rows:
            changes[purpose][month] = change
        asked = [_months_before(now, back) for back in range(months, 0, -1)]
        return [
            ConsentMonth(Purpose(purpose), month, sum(n for first, n in by_month.items() if first <= month))
            for month in asked
            for purpose, by_month in changes.items()
            if min(by_month) <= month
        ]


def _months_before(now: datetime, back: int) -> date:
    index = now.year * 12 + now.month - 1 - back
    return date(index // 12, index % 12 + 1, 1)
