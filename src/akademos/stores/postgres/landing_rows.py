"""What one landing statement writes: the rows of several requests as columns, and the consent they were checked by.

A single statement, so a group costs one round trip and is atomic by itself. It share-locks the consent versions that
the verdicts rest on, and writes nothing when one has moved on: whoever decides meanwhile waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.landing import VERDICTS, Arrival, Handling, Receipt
from akademos.stores.postgres import binary_arrays as pack
from akademos.stores.postgres.binary_arrays import Array, Bigints, Binaries, Integers, Texts, Timestamps, Uuids
from akademos.stores.postgres.database import Transaction
from akademos.stores.postgres.standing import Standing

_LAND = f"""
    WITH unchanged AS MATERIALIZED (
        SELECT count(*) = cardinality(%s) AS holds FROM (
            SELECT FROM tenants JOIN unnest(%s, %s) AS seen (tenant, version)
                ON tenant_id = seen.tenant AND consent_version = seen.version
            ORDER BY tenant_id FOR SHARE OF tenants
        ) AS _
    ), indexed AS (
        INSERT INTO event_index (tenant_id, event_id, content_hash, received_at, source, event, size, verdict)
        SELECT rows.* FROM unchanged, unnest(%s, %s, %s, %s, %s, %s, %s, %s) AS rows WHERE holds
    ), landed AS (
        INSERT INTO landing (tenant_id, event_id, event, actor_key, subject_key, source, received_at, occurred_at, raw)
        SELECT rows.* FROM unchanged, unnest(%s, %s, %s, %s, %s, %s, %s, %s, %s) AS rows WHERE holds
    ), waiting AS (
        INSERT INTO held (tenant_id, event_id, event, actor_hash, subject_hash, source, received_at, occurred_at, raw)
        SELECT rows.* FROM unchanged, unnest(%s, %s, %s, %s, %s, %s, %s, %s, %s) AS rows WHERE holds
    ), counted AS (
        INSERT INTO receipts (tenant_id, source, door, received_at, received, {", ".join(VERDICTS)})
        SELECT rows.* FROM unchanged, unnest(%s, %s, %s, %s, %s, {", ".join("%s" for _ in VERDICTS)}) AS rows
        WHERE holds
    )
    SELECT holds FROM unchanged
"""


class _Waiting:
    """Columns of `landing` or of `held`; `parties` is the array type of its two columns of people."""

    def __init__(self, parties: type[Array]) -> None:
        self._parties = parties
        self._tenants: list[bytes] = []
        self._sources: list[bytes] = []
        self._received: list[bytes] = []
        self.ids: list[bytes] = []
        self.events: list[bytes] = []
        self.actors: list[bytes] = []
        self.subjects: list[bytes] = []
        self.occurred: list[bytes] = []
        self.raw: list[bytes] = []

    def close(self, tenant: bytes, source: bytes, received: bytes) -> None:
        """The rows added since the last call came with one receipt."""
        added = len(self.ids) - len(self._tenants)
        self._tenants += [tenant] * added
        self._sources += [source] * added
        self._received += [received] * added

    def arrays(self) -> tuple[Array, ...]:
        """In the order of the statement."""
        return (
            Texts(self._tenants), Uuids(self.ids), Texts(self.events), self._parties(self.actors),
            self._parties(self.subjects), Texts(self._sources), Timestamps(self._received), Timestamps(self.occurred),
            Binaries(self.raw),
        )  # fmt: skip


class LandingRows:
    """The rows of a group of requests, and the verdict of each event.

    Attributes:
        verdicts: per request the verdict of each arrival, in order.
        logged: accepted events that go to a log instead of landing, with the actor's key.
    """

    def __init__(self, known: Mapping[tuple[str, bytes], bytes]) -> None:
        self._known = dict(known)
        self._tenants: list[bytes] = []
        self._sources: list[bytes] = []
        self._received: list[bytes] = []
        self._ids: list[bytes] = []
        self._hashes: list[bytes] = []
        self._events: list[bytes] = []
        self._sizes: list[bytes] = []
        self._outcomes: list[bytes] = []
        self._landing = _Waiting(Uuids)
        self._held = _Waiting(Binaries)
        self._receipts: list[Receipt] = []
        self.verdicts: list[list[str]] = []
        self.logged: list[tuple[Receipt, Arrival, bytes | None]] = []

    def add(self, receipt: Receipt, people: Mapping[Identifier, Standing]) -> None:
        """Decide about one request's events."""
        tenant_id, known = receipt.tenant_id, self._known
        mine: list[str] = []
        for one in receipt.arrivals:
            event_id, content_hash = one.event_id, one.content_hash
            first = known.get((tenant_id, event_id))
            if first is not None:
                mine.append("duplicate" if first == content_hash else "conflict")
                continue
            if one.too_old:
                mine.append("rejected")
                continue
            known[tenant_id, event_id] = content_hash
            actor = people[one.actor] if one.actor is not None else None
            subject = people[one.subject] if one.subject is not None else None
            verdict = _verdict(one, actor, subject)
            mine.append(verdict)
            packed_id, packed_event = pack.sixteen(event_id), _text(one.handling.event)
            self._ids.append(packed_id)
            self._hashes.append(pack.sixteen(content_hash))
            self._events.append(packed_event)
            self._sizes.append(pack.integer(len(one.raw)))
            self._outcomes.append(_text(verdict))
            if verdict == "accepted" and one.handling.in_core:
                target = self._landing
                target.actors.append(pack.NULL if actor is None else pack.sixteen(actor.key))
                target.subjects.append(pack.NULL if subject is None else pack.sixteen(subject.key))
            elif verdict == "held":
                target = self._held
                target.actors.append(pack.NULL if actor is None else pack.sixteen(actor.identifier_hash))
                target.subjects.append(pack.NULL if subject is None else pack.sixteen(subject.identifier_hash))
            else:
                if verdict == "accepted":
                    self.logged.append((receipt, one, actor and actor.key))
                continue
            target.ids.append(packed_id)
            target.events.append(packed_event)
            target.occurred.append(pack.timestamp(one.occurred_at))
            target.raw.append(pack.binary(one.raw))
        self.verdicts.append(mine)
        self._receipts.append(receipt)
        sent = pack.text(tenant_id), pack.text(receipt.source), pack.timestamp(receipt.received_at)
        added = len(self._ids) - len(self._tenants)
        for column, value in zip((self._tenants, self._sources, self._received), sent, strict=True):
            column.extend([value] * added)
        self._landing.close(*sent)
        self._held.close(*sent)

    @property
    def usual(self) -> bool:
        """Whether `write` writes all there is: nothing goes to a log, nothing was refused or seen before."""
        return not self.logged and all(
            not receipt.refusals and set(mine) <= {"accepted", "held"}
            for receipt, mine in zip(self._receipts, self.verdicts, strict=True)
        )

    def write(self, transaction: Transaction, versions: Mapping[str, int]) -> bool:
        """Write everything, or nothing: False when a consent version is no longer the one in `versions`.

        Raises:
            psycopg.errors.UniqueViolation: an id is known already.
        """
        tenants = Texts([pack.text(tenant_id) for tenant_id in versions])
        arguments = (
            tenants, tenants, Bigints([pack.bigint(version) for version in versions.values()]),
            Texts(self._tenants), Uuids(self._ids), Binaries(self._hashes), Timestamps(self._received),
            Texts(self._sources), Texts(self._events), Integers(self._sizes), Texts(self._outcomes),
            *self._landing.arrays(), *self._held.arrays(), *self._counts(),
        )  # fmt: skip
        row = transaction.execute(_LAND, arguments).fetchone()
        return bool(row and row[0])

    def _counts(self) -> tuple[Array, ...]:
        counts = [
            [mine.count(verdict) + (len(receipt.refusals) if verdict == "rejected" else 0) for verdict in VERDICTS]
            for receipt, mine in zip(self._receipts, self.verdicts, strict=True)
        ]
        return (
            Texts([_text(receipt.tenant_id) for receipt in self._receipts]),
            Texts([_text(receipt.source) for receipt in self._receipts]),
            Texts([_text(receipt.door) for receipt in self._receipts]),
            Timestamps([pack.timestamp(receipt.received_at) for receipt in self._receipts]),
            Integers([pack.integer(receipt.received) for receipt in self._receipts]),
            *(Integers([pack.integer(count) for count in column]) for column in zip(*counts, strict=True)),
        )


_text = lru_cache(maxsize=1_000)(pack.text)
"""For the few texts that recur: names of events, tenants, keys, verdicts."""


def _verdict(one: Arrival, actor: Standing | None, subject: Standing | None) -> str:
    handling = one.handling
    if actor is not None and (actor.staff or handling.actor_is_staff):
        actor = None  # no learner: nobody's consent is asked
    if handling.stopped_by_opt_out and (
        one.opt_out or (actor is not None and actor.opted_out) or (subject is not None and subject.opted_out)
    ):
        return "suppressed"
    if handling.needs_consent and not (_consents(handling, actor) and _consents(handling, subject)):
        return "held"
    return "accepted"


def _consents(handling: Handling, learner: Standing | None) -> bool:
    return learner is None or bool(handling.purposes & learner.consented)
