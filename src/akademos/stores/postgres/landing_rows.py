"""What one landing statement writes: the rows of several requests as columns, and the consent they were checked by.

A single statement, so a group costs one round trip and is atomic by itself. It share-locks the consent versions that
the verdicts rest on, and writes nothing when one has moved on: whoever decides meanwhile waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.landing import VERDICTS, Arrival, Handling, Receipt
from akademos.stores.postgres.binary_arrays import (
    Array,
    Bigints,
    Binaries,
    Hashes,
    Integers,
    Texts,
    Timestamps,
    Uuids,
)
from akademos.stores.postgres.standing import Standing

_UNCHANGED = """
    SELECT count(*) = cardinality(%s) AS holds FROM (
        SELECT FROM tenants JOIN unnest(%s, %s) AS seen (tenant, version)
            ON tenant_id = seen.tenant AND consent_version = seen.version
        ORDER BY tenant_id FOR SHARE OF tenants
    ) AS _
"""
_TABLES = {
    "event_index": "tenant_id, event_id, content_hash, received_at, source, event, size, verdict",
    "landing": "tenant_id, event_id, event, actor_key, subject_key, source, received_at, occurred_at, raw",
    "held": "tenant_id, event_id, event, actor_hash, subject_hash, source, received_at, occurred_at, raw",
    "receipts": f"tenant_id, source, door, received_at, received, {', '.join(VERDICTS)}",
}


@lru_cache
def _statement(tables: tuple[str, ...]) -> str:
    inserts = "".join(
        f", into_{table} AS (INSERT INTO {table} ({columns}) SELECT rows.* "
        f"FROM unchanged, unnest({', '.join('%s' for _ in columns.split(','))}) AS rows WHERE holds)"
        for table, columns in _TABLES.items()
        if table in tables
    )
    return f"WITH unchanged AS MATERIALIZED ({_UNCHANGED}){inserts} SELECT holds FROM unchanged"


class _Common(NamedTuple):
    """Columns that the index of ids has too."""

    rows: int
    tenants: Texts
    event_ids: Uuids
    events: Texts
    sources: Texts
    received: Timestamps

    @classmethod
    def of(cls, arrivals: Sequence[Arrival], receipts: Sequence[Receipt]) -> _Common:
        return cls(
            len(arrivals),
            Texts([receipt.tenant_id for receipt in receipts]),
            Uuids([one.event_id for one in arrivals]),
            Texts([one.handling.event for one in arrivals]),
            Texts([receipt.source for receipt in receipts]),
            Timestamps([receipt.received_at for receipt in receipts]),
        )


class _Waiting:
    """Rows of `landing` or of `held`; `parties` is the array type of its two columns of people."""

    def __init__(self, parties: type[Uuids] | type[Hashes]) -> None:
        self._parties = parties
        self._receipts: list[Receipt] = []
        self.arrivals: list[Arrival] = []
        self.actors: list[bytes | None] = []
        self.subjects: list[bytes | None] = []

    def close(self, receipt: Receipt) -> None:
        """The rows added since the last call came with this receipt."""
        self._receipts += [receipt] * (len(self.arrivals) - len(self._receipts))

    def arrays(self, indexed: _Common) -> tuple[Array[Any], ...]:
        """In the order of the table's columns; `indexed` stands for all events, which these usually are."""
        arrivals = self.arrivals
        common = indexed if indexed.rows == len(arrivals) else _Common.of(arrivals, self._receipts)
        return (
            common.tenants,
            common.event_ids,
            common.events,
            self._parties(self.actors),
            self._parties(self.subjects),
            common.sources,
            common.received,
            Timestamps([one.occurred_at for one in arrivals]),
            Binaries([one.raw for one in arrivals]),
        )


class LandingRows:
    """The rows of a group of requests, and the verdict of each event.

    Attributes:
        verdicts: per request the verdict of each arrival, in order.
        suppressed: by tenant and event id why an event was suppressed: opt_out, paused, restricted or erased.
        logged: accepted events that go to a log instead of landing, with the actor's key.
    """

    def __init__(self, known: Mapping[tuple[str, bytes], bytes]) -> None:
        self._known = dict(known)
        self._receipts: list[Receipt] = []
        self._indexed: list[Arrival] = []
        self._indexed_receipts: list[Receipt] = []
        self._outcomes: list[str] = []
        self._landing = _Waiting(Uuids)
        self._held = _Waiting(Hashes)
        self.verdicts: list[list[str]] = []
        self.suppressed: dict[tuple[str, bytes], str] = {}
        self.logged: list[tuple[Receipt, Arrival, bytes | None]] = []

    def add(self, receipt: Receipt, people: Mapping[Identifier, Standing]) -> None:
        """Decide about one request's events."""
        tenant_id, known = receipt.tenant_id, self._known
        landing, held = self._landing, self._held
        mine: list[str] = []
        for one in receipt.arrivals:
            first = known.get((tenant_id, one.event_id))
            if first is not None:
                mine.append("duplicate" if first == one.content_hash else "conflict")
                continue
            actor = people[one.actor] if one.actor is not None else None
            subject = people[one.subject] if one.subject is not None else None
            if (actor is not None and actor.erased) or (subject is not None and subject.erased):
                mine.append("suppressed")  # however often, and nothing of it is kept, not even the id
                self.suppressed[tenant_id, one.event_id] = "erased"
                continue
            if one.too_old:
                mine.append("rejected")
                continue
            known[tenant_id, one.event_id] = one.content_hash
            verdict, reason = _verdict(one.handling, one.opt_out, actor, subject)
            if reason is not None:
                self.suppressed[tenant_id, one.event_id] = reason
            mine.append(verdict)
            self._indexed.append(one)
            self._outcomes.append(verdict)
            if verdict == "accepted" and one.handling.in_core:
                landing.arrivals.append(one)
                landing.actors.append(actor and actor.key)
                landing.subjects.append(subject and subject.key)
            elif verdict == "held":
                held.arrivals.append(one)
                held.actors.append(actor and actor.identifier_hash)
                held.subjects.append(subject and subject.identifier_hash)
            elif verdict == "accepted":
                self.logged.append((receipt, one, actor and actor.key))
        self.verdicts.append(mine)
        self._receipts.append(receipt)
        self._indexed_receipts += [receipt] * (len(self._indexed) - len(self._indexed_receipts))
        landing.close(receipt)
        held.close(receipt)

    @property
    def usual(self) -> bool:
        """Whether `statement` writes all there is: nothing goes to a log, nothing was refused or seen before."""
        return not self.logged and all(
            not receipt.refusals and set(mine) <= {"accepted", "held"}
            for receipt, mine in zip(self._receipts, self.verdicts, strict=True)
        )

    def statement(self, versions: Mapping[str, int]) -> tuple[str, tuple[object, ...]]:
        """What writes everything, or nothing, with its parameters.

        It answers false when a consent version is no longer the one in `versions`, and fails with a UniqueViolation
        when an id is known already.
        """
        tenants = Texts(list(versions))
        columns: dict[str, tuple[Array[Any], ...]] = {}
        if self._indexed:
            arrivals = self._indexed
            common = _Common.of(arrivals, self._indexed_receipts)
            columns["event_index"] = (
                common.tenants,
                common.event_ids,
                Hashes([one.content_hash for one in arrivals]),
                common.received,
                common.sources,
                common.events,
                Integers([len(one.raw) for one in arrivals]),
                Texts(self._outcomes),
            )
            for table, waiting in (("landing", self._landing), ("held", self._held)):
                if waiting.arrivals:
                    columns[table] = waiting.arrays(common)
        columns["receipts"] = self._counts()
        seen = tenants, tenants, Bigints(list(versions.values()))
        return _statement(tuple(columns)), (*seen, *chain(*columns.values()))

    def _counts(self) -> tuple[Array[Any], ...]:
        receipts = self._receipts
        refused = [len(receipt.refusals) for receipt in receipts]
        return (
            Texts([receipt.tenant_id for receipt in receipts]),
            Texts([receipt.source for receipt in receipts]),
            Texts([receipt.door for receipt in receipts]),
            Timestamps([receipt.received_at for receipt in receipts]),
            Integers([receipt.received for receipt in receipts]),
            *(
                Integers([mine.count(verdict) for mine in self.verdicts])
                if verdict != "rejected"
                else Integers([mine.count(verdict) + more for mine, more in zip(self.verdicts, refused, strict=True)])
                for verdict in VERDICTS
            ),
        )


def _verdict(
    handling: Handling, opt_out: bool, actor: Standing | None, subject: Standing | None
) -> tuple[str, str | None]:
    """The verdict, and why where it is suppressed."""
    if actor is not None and (actor.staff or handling.actor_is_staff):
        actor = None  # no learner: nobody's consent is asked
    if handling.stopped_by_opt_out and (
        opt_out or (actor is not None and actor.opted_out) or (subject is not None and subject.opted_out)
    ):
        return "suppressed", "opt_out"
    if handling.needs_consent and not (
        (actor is None or handling.purposes & actor.consented)
        and (subject is None or handling.purposes & subject.consented)
    ):
        stop = _stop(handling, actor) or _stop(handling, subject)
        return ("suppressed", stop) if stop else ("held", None)
    return "accepted", None


def _stop(handling: Handling, learner: Standing | None) -> str | None:
    """What keeps an event out for good that may not be collected: consent that comes later must not bring it back."""
    if learner is None or handling.purposes & learner.consented:
        return None
    if handling.purposes & learner.restricted:
        return "restricted"
    return "paused" if handling.purposes & learner.paused else None
