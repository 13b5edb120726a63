"""Kept states of many learners, evaluated as of now: what nightly jobs over people read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import polars as pl

from akademos.analytics.curriculum import prepare
from akademos.analytics.learner_state import Evaluated, State, evaluate, unpack
from akademos.errors import InputError
from akademos.stores.ports.learner_state import LearnerStates
from akademos.stores.ports.records import Records

LEARNERS_AT_ONCE = 200


def evaluated_states(
    records: Records, states: LearnerStates, tenant_id: str, keys: Sequence[str], now: datetime, parts: Collection[str]
) -> Iterator[Evaluated]:
    """Parts (`evaluated_schemas.PARTS`) of what is known of these learners, some of them at a time; of who has no state
    of this release, nothing.

    States may be computed while a job runs: those that come together are evaluated as of the newest of them, if that is
    after `now`.
    """
    curriculum = prepare(records.curriculum(tenant_id).tables)
    for start in range(0, len(keys), LEARNERS_AT_ONCE):
        found = list(_unpacked(states, tenant_id, keys[start : start + LEARNERS_AT_ONCE]))
        if found:
            state = {name: pl.concat([one[name] for one in found]) for name in found[0]}
            at = max([now, *state["profile"]["as_of"].drop_nulls()])
            yield evaluate(state, curriculum, at, parts=parts)


def _unpacked(states: LearnerStates, tenant_id: str, keys: Sequence[str]) -> Iterator[State]:
    for one in states.read_many(tenant_id, keys):
        try:
            yield unpack(one.packed)
        except InputError as unreadable:  # of another version: computed anew by the next nightly run
            if unreadable.code != "state_unreadable":
                raise
