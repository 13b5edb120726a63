"""Whole learners of the core, bucket by bucket: the events of those who consent to learning support, nobody else's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa

from akademos.catalogue.declarations import Purpose
from akademos.jobs.carried_rows import carried_tables, uncovered
from akademos.jobs.past_tables import People, Tables, events_of
from akademos.stores.ports.carried import CarriedReader
from akademos.stores.ports.consent import ConsentLedger
from akademos.stores.ports.event_log import SCHEMA, EventLogReader

KEYS_AT_ONCE = 1_000_000
LINKED_AT_ONCE = 100
"""People with several keys who are read together."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Events of some people, in the order of the event log, and what was carried forward of events before; `last` is
    the key to go on after."""

    events: pl.DataFrame
    consenting: People
    last: str
    carried: Tables = field(default_factory=dict)


class LearnerBuckets:
    """Reads all learners of a tenant.

    Args:
        events, consent: the stores.
        rows_per_bucket: about so many events at once.
        carried: what was carried forward; without it buckets hold events only.
    """

    def __init__(
        self,
        events: EventLogReader,
        consent: ConsentLedger,
        rows_per_bucket: int,
        carried: CarriedReader | None = None,
    ) -> None:
        self._events = events
        self._consent = consent
        self._rows_per_bucket = rows_per_bucket
        self._carried = carried

    def read(
        self, tenant_id: str, names: Sequence[str], columns: Sequence[str], after: str | None = None
    ) -> Iterator[Bucket]:
        """Buckets of whole learners; then people of whom only what was carried forward is left; at the end people who
        have several keys, whose rows lie apart."""
        linked = self._consent.linked(tenant_id)
        apart = {*linked, *linked.values()}
        wanted = [*dict.fromkeys((*columns, "learner_key", "event_name", "retention_from"))]
        found = self._events.by_learner(
            tenant_id, columns=wanted, event_names=names, rows_per_bucket=self._rows_per_bucket, after=after
        )
        last, seen = after or "", set[str]()
        for rows in found:
            events = pl.DataFrame(rows)
            keys = events["learner_key"].unique(maintain_order=True).to_list()
            last = keys[-1]
            seen.update(keys)
            alone = [key for key in keys if key not in apart]
            granted = self._consent.people(tenant_id, alone, Purpose.LEARNING_SUPPORT)
            consenting = {key: (key,) for key in alone if granted.get(key) == (key,)}
            if len(consenting) < len(keys):
                events = events.filter(pl.col("learner_key").is_in(list(consenting)))
            yield self._bucket(tenant_id, events, consenting, last)
        nothing = pl.DataFrame(pa.schema([SCHEMA.field(name) for name in wanted]).empty_table())
        for left in batched(self._left(tenant_id, after or "", seen | apart), LINKED_AT_ONCE):
            granted = self._consent.people(tenant_id, left, Purpose.LEARNING_SUPPORT)
            consenting = {key: (key,) for key in left if granted.get(key) == (key,)}
            yield self._bucket(tenant_id, nothing, consenting, last)
        persons = sorted(set(linked.values()))
        for some in batched(persons, LINKED_AT_ONCE):
            people = self._consent.people(tenant_id, some, Purpose.LEARNING_SUPPORT)
            listed = [key for mine in people.values() for key in mine]
            rows = self._events.learner_events(
                tenant_id, listed, columns=[*dict.fromkeys((*wanted, "event_id"))], event_names=names
            )
            yield self._bucket(tenant_id, pl.DataFrame(rows), people, last)

    def consenting(self, tenant_id: str, learner_keys: Sequence[str]) -> People:
        """Who of these people consents at this moment, and under which keys."""
        return self._consent.people(tenant_id, learner_keys, Purpose.LEARNING_SUPPORT)

    def present(self, tenant_id: str, names: Sequence[str]) -> set[str]:
        """Keys of people of whom the core holds an event of these names, whatever they consent to; a person with
        several keys is there with all of them."""
        found = self._events.by_learner(
            tenant_id, columns=["learner_key"], event_names=names, rows_per_bucket=KEYS_AT_ONCE
        )
        keys = {key for rows in found for key in rows["learner_key"].unique().to_pylist()}
        linked = self._consent.linked(tenant_id)
        persons = {linked.get(key, key) for key in keys}
        return keys | persons | {key for key, person in linked.items() if person in persons}

    def _left(self, tenant_id: str, after: str, seen: set[str]) -> list[str]:
        """Keys that have something carried and no event any more."""
        if self._carried is None:
            return []
        return [key for key in self._carried.keys(tenant_id, after=after) if key not in seen]

    def _bucket(self, tenant_id: str, rows: pl.DataFrame, people: People, last: str) -> Bucket:
        if self._carried is None:
            return Bucket(events_of(rows, people), people, last)
        carried = self._carried.read(tenant_id, [key for mine in people.values() for key in mine])
        events = events_of(uncovered(rows, carried), people)
        return Bucket(events, people, last, carried_tables(carried, people))


def batched(keys: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The keys, so many at once."""
    return (keys[start : start + size] for start in range(0, len(keys), size))
