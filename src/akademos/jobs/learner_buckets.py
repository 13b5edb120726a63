"""Whole learners of the core, bucket by bucket: the events of those who consent to learning support, nobody else's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from akademos.catalogue.declarations import Purpose
from akademos.jobs.past_tables import People, events_of
from akademos.stores.ports.consent import ConsentLedger
from akademos.stores.ports.event_log import EventLogReader

LINKED_AT_ONCE = 100
"""People with several keys who are read together."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Events of some people, in the order of the event log; `last` is the key to go on after."""

    events: pl.DataFrame
    consenting: People
    last: str


class LearnerBuckets:
    """Reads all learners of a tenant.

    Args:
        events, consent: the stores.
        rows_per_bucket: about so many events at once.
    """

    def __init__(self, events: EventLogReader, consent: ConsentLedger, rows_per_bucket: int) -> None:
        self._events = events
        self._consent = consent
        self._rows_per_bucket = rows_per_bucket

    def read(
        self, tenant_id: str, names: Sequence[str], columns: Sequence[str], after: str | None = None
    ) -> Iterator[Bucket]:
        """Buckets of whole learners; at the end people who have several keys, whose rows lie apart."""
        linked = self._consent.linked(tenant_id)
        apart = {*linked, *linked.values()}
        found = self._events.by_learner(
            tenant_id, columns=columns, event_names=names, rows_per_bucket=self._rows_per_bucket, after=after
        )
        last = after or ""
        for rows in found:
            events = pl.DataFrame(rows)
            keys = events["learner_key"].unique(maintain_order=True).to_list()
            last = keys[-1]
            alone = [key for key in keys if key not in apart]
            granted = self._consent.people(tenant_id, alone, Purpose.LEARNING_SUPPORT)
            consenting = {key: (key,) for key in alone if granted.get(key) == (key,)}
            if len(consenting) < len(keys):
                events = events.filter(pl.col("learner_key").is_in(list(consenting)))
            yield Bucket(events, consenting, last)
        persons = sorted(set(linked.values()))
        for start in range(0, len(persons), LINKED_AT_ONCE):
            people = self._consent.people(tenant_id, persons[start : start + LINKED_AT_ONCE], Purpose.LEARNING_SUPPORT)
            listed = [key for mine in people.values() for key in mine]
            rows = self._events.learner_events(
                tenant_id, listed, columns=[*dict.fromkeys((*columns, "event_id"))], event_names=names
            )
            yield Bucket(events_of(pl.DataFrame(rows), people), people, last)
