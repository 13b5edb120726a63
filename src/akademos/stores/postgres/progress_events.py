"""Changes of progress in the order of the sequence, with what their events need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from akademos.learning.progress import Content
from akademos.privacy.pseudonyms import Keys, unseal
from akademos.stores.ports.progress import ProgressChange
from akademos.stores.postgres.database import Database

READER = "progress_events"

WAITS_S = 60.0
"""So long at most do changes wait for the progress itself: in a burst rows go first, and what reports them follows."""

_BEHIND = """
    SELECT h.tenant_id, coalesce(r.position, 0), h.position FROM outbox_heads h
        LEFT JOIN outbox_readers r ON r.tenant_id = h.tenant_id AND r.reader = %(reader)s
    WHERE h.position > coalesce(r.position, 0)
        AND NOT (
            EXISTS (SELECT FROM progress_observations q WHERE q.tenant_id = h.tenant_id)
            AND EXISTS (SELECT FROM outbox o
                WHERE o.tenant_id = h.tenant_id AND o.position = coalesce(r.position, 0) + 1
                    AND o.sequenced_at > clock_timestamp() - make_interval(secs => %(waits)s)))
    ORDER BY h.position - coalesce(r.position, 0) DESC LIMIT 1
"""
# OFFSET 0: see `progress._FOLLOW`.
_CHANGES = """
    SELECT o.position, o.event_id, c.learner_key::text, c.action, c.version, c.at, c.before, c.after, p.data_key, (
        SELECT sealed FROM identifiers i WHERE i.tenant_id = p.tenant_id AND i.learner_key = p.learner_key
            AND i.kind = 'user' ORDER BY i.created_at, i.identifier_hash LIMIT 1)
    FROM outbox o CROSS JOIN LATERAL (
            SELECT * FROM record_changes n WHERE n.tenant_id = o.tenant_id AND n.position = o.change OFFSET 0) c
        JOIN people p ON p.tenant_id = c.tenant_id AND p.learner_key = c.learner_key
    WHERE o.tenant_id = %(tenant)s AND o.position > %(after)s AND o.position <= %(until)s
        AND c.record = 'learning_user_progress' AND c.action <> 'rebuild'
    ORDER BY o.position
"""
_PUBLISHED = """
    INSERT INTO outbox_readers (tenant_id, reader, position) VALUES (%s, %s, %s)
    ON CONFLICT (tenant_id, reader) DO UPDATE SET position = greatest(outbox_readers.position, excluded.position)
"""


class PostgresProgressEvents:
    """Adapter of the port `ProgressEvents`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def unpublished(self, limit: int) -> tuple[str, int, Sequence[ProgressChange]] | None:
        """What the next places of the tenant that is furthest behind hold; see the port."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_BEHIND, {"reader": READER, "waits": WAITS_S}).fetchone()
            if row is None:
                return None
            tenant_id, after, head = row
            until = min(head, after + limit)
            values = {"tenant": tenant_id, "after": after, "until": until}
            changes = [self._change(tenant_id, found) for found in transaction.execute(_CHANGES, values)]
        return tenant_id, until, [one for one in changes if one is not None]

    def published(self, tenant_id: str, position: int) -> None:
        """Everything up to a position is emitted; see the port."""
        with self._database.pipeline() as transaction:
            transaction.execute(_PUBLISHED, (tenant_id, READER, position))

    def _change(self, tenant_id: str, row: tuple[Any, ...]) -> ProgressChange | None:
        _, event_id, learner_key, action, version, at, before, after, wrapped, sealed = row
        if sealed is None:  # nobody whom a host knows: an event about them could name nobody
            return None
        return ProgressChange(
            event_id=str(event_id),
            user_id=unseal(self._keys.unwrap(tenant_id, learner_key, wrapped), sealed),
            content=Content(after["content_type"], after["content_id"]),
            course_id=after["course_id"],
            action=action,
            version=version,
            at=at,
            state=after["state"],
            percent=after["percentage"],
            percent_before=None if before is None else before["percentage"],
            revision=after["content_revision"],
        )
