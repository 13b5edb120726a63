"""Reads everything that the analytics of some learners rest on: their events, what was carried forward, the records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import polars as pl

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.registry import Registry
from akademos.jobs.carried_rows import carried_tables, uncovered
from akademos.jobs.past_tables import EVENT_COLUMNS, People, Tables, events_of, learner_tables, learning_events
from akademos.stores.ports.carried import CarriedReader
from akademos.stores.ports.consent import ConsentLedger
from akademos.stores.ports.event_log import EventLogReader
from akademos.stores.ports.learner_state import LearnerStates
from akademos.stores.ports.records import Records


class PastTables:
    """Reads what `analytics.learner_state.precompute` takes."""

    def __init__(
        self,
        events: EventLogReader,
        records: Records,
        states: LearnerStates,
        consent: ConsentLedger,
        carried: CarriedReader,
        registries: Callable[[str], Registry],
    ) -> None:
        """`registries` gives a tenant's registry, which names the events that count."""
        self._events = events
        self._records = records
        self._states = states
        self._consent = consent
        self._carried = carried
        self._registries = registries

    def __call__(
        self,
        tenant_id: str,
        learner_keys: Sequence[str],
        *,
        until: datetime,
        people: People | None = None,
        known_at: datetime | None = None,
    ) -> Tables:
        """Tables of `analytics.schemas.INPUT` with events up to `until` and what was carried forward; memory weights
        and what else the cohort taught are those that could be known then.

        With `known_at` events that were received later are left out, and so is what the cohort taught after it; what
        was carried forward of expired events knows no receipts and stays in.

        `people` tells under which keys the learners are known, where the caller has looked that up.
        """
        if people is None:
            people = self._consent.people(tenant_id, learner_keys, Purpose.LEARNING_SUPPORT)
        keys = [key for mine in people.values() for key in mine]
        columns = (*EVENT_COLUMNS, "retention_from", *(() if known_at is None else ("received_at",)))
        told = until if known_at is None else min(until, known_at)
        carried = self._carried.read(tenant_id, keys)
        names = learning_events(self._registries(tenant_id))
        found = self._events.learner_events(tenant_id, keys, columns=columns, event_names=names, until=until)
        left = uncovered(pl.DataFrame(found), carried)
        if known_at is not None:
            left = left.filter(pl.col("received_at") <= known_at)
        cohort = self._states.cohort(tenant_id, told)
        known = self._records.curriculum(tenant_id).tables
        taught = {**(cohort.tables if cohort else {}), **self._states.weights(tenant_id, list(people), told)}
        return learner_tables(events_of(left, people), people, known, {**taught, **carried_tables(carried, people)})
