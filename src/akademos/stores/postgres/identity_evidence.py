"""What events say about who is whom, noted once their rows are durable.

Most of it is known: browsers send both ids with every event. What the writer's own cache of people can tell costs
nothing; only a pair that is not one person yet, or a hash not seen before, is a transaction. If that fails the sender
is refused and sends the same ids again, which are duplicates then, and say the same again.
"""

from __future__ import annotations

import time

from akademos.stores.ports.identity import HashSeen, Identifier, Login
from akademos.stores.ports.landing import Receipt
from akademos.stores.postgres.identity import PostgresIdentity
from akademos.stores.postgres.standing import Standings

REMEMBERED = 50_000
REMEMBERED_S = 60.0
"""What was looked into is not looked into again for so long; merges that were undone meanwhile make no difference."""


class EvidenceNotes:
    """Notes of one writer. Not thread-safe."""

    def __init__(self, standings: Standings, identity: PostgresIdentity) -> None:
        self._standings = standings
        self._identity = identity
        self._settled: set[tuple[str, bytes | HashSeen, bytes]] = set()
        self._since = time.monotonic()

    def settled(self, receipt: Receipt) -> bool:
        """Whether the cache of people tells that nothing is new, so that no thread need be asked."""
        people = self._standings.met(receipt.tenant_id)
        for one in receipt.evidence:
            if not isinstance(one, Login):
                person = people.get(one.person)
                if person is None or (person.consented and (receipt.tenant_id, one, b"") not in self._settled):
                    return False
                continue
            user, anonymous = people.get(one.user), people.get(one.anonymous)
            if user is None or anonymous is None:
                return False
            known = anonymous.person is None or anonymous.person == user.person
            if not known and (receipt.tenant_id, user.identifier_hash, anonymous.identifier_hash) not in self._settled:
                return False
        return True

    def note(self, receipt: Receipt) -> None:
        """Link and merge whom a request's events call one.

        Raises:
            Unavailable: the store is down.
        """
        now = time.monotonic()
        if now - self._since > REMEMBERED_S or len(self._settled) > REMEMBERED:
            self._settled.clear()
            self._since = now
        evidence = dict.fromkeys(receipt.evidence)
        wanted: set[Identifier] = set()
        for one in evidence:
            wanted.update(one if isinstance(one, Login) else (one.person,))
        people = self._standings.of(receipt.tenant_id, wanted)
        changed = False
        for one in evidence:
            if isinstance(one, Login):
                user, anonymous = people[one.user], people[one.anonymous]
                unsettled = (
                    anonymous.person is not None
                    and anonymous.person != user.person
                    and self._first_time(receipt.tenant_id, user.identifier_hash, anonymous.identifier_hash)
                )
                if unsettled:
                    outcome = self._identity.login(receipt.tenant_id, one, by=f"key:{receipt.source}")
                    changed = changed or outcome == "linked"
            elif people[one.person].consented and self._first_time(receipt.tenant_id, one, b""):
                changed = self._identity.note_hash(receipt.tenant_id, one, by=f"key:{receipt.source}") > 0 or changed
        if changed:
            self._standings.forget(receipt.tenant_id)

    def _first_time(self, tenant_id: str, one: bytes | HashSeen, other: bytes) -> bool:
        found = tenant_id, one, other
        if found in self._settled:
            return False
        self._settled.add(found)
        return True
