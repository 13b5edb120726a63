"""What a consumer is given: places of the sequence filled with what may leave at this moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from akademos.catalogue.declarations import Purpose
from akademos.outbox.cloud_events import PERSON_ERASED, envelope, type_of
from akademos.outbox.selection import Change, Decisions, PublishedRecord, content, may_leave, pseudonym, subject
from akademos.privacy.pseudonyms import Keys, audit_name, unseal
from akademos.stores.ports.outbox import Consumer
from akademos.stores.postgres.database import Transaction
from akademos.stores.postgres.person_sql import LIVE, person_of

PSEUDONYMS = "consumers"
"""Use of the tenant's key under which consumers know people."""

_COLUMNS = """
    o.position, o.event_id, o.sequenced_at, c.record, c.key, c.learner_key::text, c.action, c.version, c.at, c.before,
    c.after, n.people, n.told_at
"""
_FROM = """
    FROM outbox o LEFT JOIN record_changes c ON c.tenant_id = o.tenant_id AND c.position = o.change
    LEFT JOIN outbox_notices n ON n.tenant_id = o.tenant_id AND n.position = o.position AND n.consumer = %(consumer)s
        AND o.change IS NULL
    WHERE o.tenant_id = %(tenant)s AND (c.record = ANY(%(records)s) OR n.people IS NOT NULL)
"""
FOLLOWING = f"""
    SELECT {_COLUMNS} {_FROM} AND o.position > %(after)s AND o.position <= %(until)s
    ORDER BY o.position LIMIT %(limit)s
"""
AT_PLACES = f"SELECT {_COLUMNS} {_FROM} AND o.position = ANY(%(positions)s) ORDER BY o.position"

# The strictest decision of all keys of a person stands.
_DECISIONS = f"""
    WITH asked AS MATERIALIZED (
        SELECT k AS key, {person_of("%(tenant)s", "k")} AS person FROM unnest(%(keys)s::uuid[]) AS k
    ), mine AS MATERIALIZED (
        SELECT key AS asked, person AS key FROM asked
        UNION
        SELECT asked.key, l.learner_key FROM asked
            JOIN identity_links l ON l.tenant_id = %(tenant)s AND l.person_key = asked.person
    )
    SELECT asked::text, purpose, {LIVE}, bool_or(restricted OR objected) FROM mine
        JOIN consent_state c ON c.tenant_id = %(tenant)s AND c.learner_key = mine.key
    GROUP BY asked, purpose
"""
_PEOPLE = """
    SELECT learner_key::text, data_key, (SELECT sealed FROM identifiers i WHERE i.tenant_id = p.tenant_id
        AND i.learner_key = p.learner_key AND i.kind = 'user' ORDER BY i.created_at, i.identifier_hash LIMIT 1)
    FROM people p WHERE tenant_id = %(tenant)s AND learner_key = ANY(%(keys)s::uuid[])
"""
_LOG_EACH = """
    INSERT INTO access_log (tenant_id, actor, role, subject, what, purpose, reason, decision)
    SELECT %(tenant)s, %(actor)s, 'service', subject, %(what)s, %(purpose)s, NULL, 'allowed'
    FROM unnest(%(subjects)s::bytea[]) AS subject
"""


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody who is in the changes of a page, as they stand now."""

    decisions: Decisions
    audit_name: bytes
    data_key: bytes
    user: bytes | None


class Pages:
    """Makes events of places; one for all consumers.

    Args:
        published: what of each record may leave, by the record's name.
    """

    def __init__(self, keys: Keys, published: Mapping[str, PublishedRecord]) -> None:
        self._keys = keys
        self._published = published

    def events(
        self, transaction: Transaction, consumer: Consumer, rows: Sequence[tuple[Any, ...]], *, actor: str
    ) -> list[dict[str, Any]]:
        """The events at some places (rows of `FOLLOWING` or `AT_PLACES`), without those that may not leave; who is in
        them is noted in the access log, in this transaction."""
        about = {row[5] for row in rows if row[5] is not None}
        people = self._people(transaction, consumer.tenant_id, about)
        events: list[dict[str, Any]] = []
        seen: set[str] = set()
        for row in rows:
            if row[3] is None:
                events.append(self._notice(consumer, row))
                continue
            event = self._change(consumer, row, people.get(row[5]) if row[5] is not None else None)
            if event is not None:
                events.append(event)
                seen.update({row[5]} & people.keys())
        self._note(transaction, consumer, [people[key].audit_name for key in sorted(seen)], actor)
        return events

    def _people(self, transaction: Transaction, tenant_id: str, keys: Iterable[str]) -> dict[str, _Person]:
        wanted = {"tenant": tenant_id, "keys": sorted(keys)}
        if not wanted["keys"]:
            return {}
        live: dict[str, set[Purpose]] = {}
        stopped: dict[str, set[Purpose]] = {}
        for key, purpose, is_live, is_stopped in transaction.execute(_DECISIONS, wanted):
            if is_live:
                live.setdefault(key, set()).add(Purpose(purpose))
            if is_stopped:
                stopped.setdefault(key, set()).add(Purpose(purpose))
        found = {}
        for key, wrapped, sealed in transaction.execute(_PEOPLE, wanted):
            data_key = self._keys.unwrap(tenant_id, key, wrapped)
            decisions = Decisions(frozenset(live.get(key, ())), frozenset(stopped.get(key, ())))
            found[key] = _Person(decisions, audit_name(data_key), data_key, sealed)
        return found

    def _change(self, consumer: Consumer, row: tuple[Any, ...], person: _Person | None) -> dict[str, Any] | None:
        position, event_id, _, record, key, learner_key, action, version, at, before, after = row[:11]
        published = self._published.get(record)
        if published is None:
            return None
        if not may_leave(published, consumer.recipient, None if person is None else person.decisions):
            return None
        change = Change(record, key, action, version, at, before, after)
        known = user_id = None
        if published.person is not None and person is not None and consumer.people != "none":
            known = self.pseudonym(consumer.tenant_id, consumer.name, learner_key)
            if consumer.people == "user_id" and person.user is not None:
                user_id = unseal(person.data_key, person.user)
        return envelope(
            event_id=event_id,
            tenant_id=consumer.tenant_id,
            kind=type_of(record, action),
            position=position,
            at=at,
            subject=subject(change, published, known),
            data=content(change, published, known, user_id),
        )

    def _notice(self, consumer: Consumer, row: tuple[Any, ...]) -> dict[str, Any]:
        position, event_id, told_at, people = row[0], row[1], row[12], row[11]
        return envelope(
            event_id=event_id,
            tenant_id=consumer.tenant_id,
            kind=PERSON_ERASED,
            position=position,
            at=told_at,
            subject=None,
            data={"people": list(people)},
        )

    def pseudonym(self, tenant_id: str, consumer: str, learner_key: str) -> str:
        """How a consumer knows a person."""
        return pseudonym(self._keys.derived(tenant_id, PSEUDONYMS), consumer, learner_key)

    def _note(self, transaction: Transaction, consumer: Consumer, names: list[bytes], actor: str) -> None:
        if names:
            values = {
                "tenant": consumer.tenant_id,
                "actor": actor,
                "what": f"/v1/outbox/{consumer.name}",
                "purpose": ",".join(sorted(consumer.purposes)),
                "subjects": names,
            }
            transaction.execute(_LOG_EACH, values)
