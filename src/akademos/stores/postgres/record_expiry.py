"""Records whose time is over, on PostgreSQL: each expires in a transaction of its own, and holds up no other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from akademos.catalogue.records import BY_NAME
from akademos.learning.scoring import GRACE
from akademos.privacy.pseudonyms import Keys
from akademos.stores.postgres.behaviours import BEHAVIOURS, SUBSCRIBERS
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.record_changes import RecordWork

ACTOR = "job:record_expiry"

_OVER: Mapping[str, str] = {
    "learning_certificates": "r.status = 'issued' AND r.expires_at <= %(at)s",
    "learning_recommendations": "r.status IN ('proposed', 'shown', 'accepted') AND r.expires_at <= %(at)s",
    # By the revision that was begun; one without a limit never ends by itself.
    "learning_quiz_attempts": """
        r.status = 'in_progress' AND EXISTS (
            SELECT FROM content_versions v WHERE v.tenant_id = r.tenant_id AND v.record = 'learning_quizzes'
                AND v.key = r.quiz_id AND v.revision = r.quiz_revision AND coalesce(r.started_at, r.created_at)
                + make_interval(secs => (v.content ->> 'time_limit_seconds')::double precision) + %(grace)s <= %(at)s)
    """,
}


class PostgresRecordExpiry:
    """Adapter of the port `RecordExpiry`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def expire_due(self, at: datetime) -> Mapping[str, int]:
        """Let expire what is over at an instant."""
        return {record: self._expire(record, over, at) for record, over in _OVER.items()}

    def _expire(self, record: str, over: str, at: datetime) -> int:
        declared = BY_NAME[record]
        key = declared.keys[0].name
        values = {"at": at, "grace": GRACE}
        with self._database.pipeline() as transaction:
            due = transaction.execute(
                f"SELECT r.tenant_id, r.{key} FROM {record} r WHERE {over} ORDER BY 1, 2", values
            ).fetchall()
        done = 0
        for tenant_id, name in due:
            with self._database.pipeline(tenant_id) as transaction:
                still = transaction.execute(
                    f"SELECT FROM {record} r WHERE r.tenant_id = %(tenant)s AND r.{key} = %(name)s AND {over} "
                    "FOR UPDATE",
                    {**values, "tenant": tenant_id, "name": name},
                ).fetchone()
                if still is not None:  # nobody has acted on it, or erased it, since
                    work = RecordWork(
                        transaction, tenant_id, self._keys, ACTOR, behaviours=BEHAVIOURS, subscribers=SUBSCRIBERS
                    )
                    work.change(declared, (name,), action="expire")
                    work.finish()
                    done += 1
        return done
