"""Before events expire: what later answers need of them is carried forward, per key of each learner.

It is written before anything is deleted, and says which events are in it; whoever reads leaves those out. So no instant
between the two, no crash and no repetition counts an event twice or not at all. What is carried lives under the consent
to learning support: it is made only of keys that grant it (also while it is paused), a withdrawal removes it, and so
does an erasure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import polars as pl

from akademos.analytics.carry_forward import carry_forward
from akademos.catalogue.declarations import Purpose
from akademos.catalogue.registry import Registry
from akademos.jobs.carried_rows import carried_tables, uncovered
from akademos.jobs.past_tables import EVENT_COLUMNS, learner_tables, learning_events
from akademos.stores.ports.carried import Carried, CarriedForward
from akademos.stores.ports.consent import ConsentLedger
from akademos.stores.ports.event_log import EventLogReader
from akademos.stores.ports.learner_state import LearnerStates

ROWS_AT_ONCE = 50_000


class CarryForward:
    """Carries the learning events of a tenant that are due.

    Args:
        events, carried, consent, states: the stores; of `states` the memory weights in force.
        registries: a tenant's registry, which names the events that count.
    """

    def __init__(
        self,
        events: EventLogReader,
        carried: CarriedForward,
        consent: ConsentLedger,
        states: LearnerStates,
        registries: Callable[[str], Registry],
    ) -> None:
        self._events = events
        self._carried = carried
        self._consent = consent
        self._states = states
        self._registries = registries

    def __call__(self, tenant_id: str, cutoffs: Mapping[str, datetime], now: datetime) -> int:
        """Carry what is due at these cutoffs (event name to instant, `privacy.retention.cutoffs`) and was not carried
        before; how many keys of learners had any."""
        names = learning_events(self._registries(tenant_id))
        due = {name: cutoffs[name] for name in names if name in cutoffs}
        done = 0
        for found in self._events.by_learner(
            tenant_id, columns=(*EVENT_COLUMNS, "retention_from"), due=due, rows_per_bucket=ROWS_AT_ONCE
        ):
            done += self._carry(tenant_id, pl.DataFrame(found), due, now)
        return done

    def _carry(self, tenant_id: str, rows: pl.DataFrame, due: Mapping[str, datetime], now: datetime) -> int:
        keys = rows["learner_key"].unique(maintain_order=True).to_list()
        granted = self._consent.granted(tenant_id, keys)
        keys = [key for key in keys if Purpose.LEARNING_SUPPORT in granted.get(key, ())]
        before = self._carried.read(tenant_id, keys)
        fresh = uncovered(rows.filter(pl.col("learner_key").is_in(keys)), before)
        keys = fresh["learner_key"].unique(maintain_order=True).to_list()
        if not keys:
            return 0
        people = {key: (key,) for key in keys}
        weights = self._states.weights(tenant_id, keys, now)
        tables = carry_forward(learner_tables(fresh, people, {}, {**weights, **carried_tables(before, people)}))
        parts = {name: table.partition_by("learner_key", as_dict=True) for name, table in tables.items()}
        return self._carried.write(
            tenant_id,
            [
                Carried(
                    key,
                    {**(before[key].covers if key in before else {}), **due},
                    {name: parts[name].get((key,), table.clear()) for name, table in tables.items()},
                )
                for key in keys
            ],
            now,
        )
