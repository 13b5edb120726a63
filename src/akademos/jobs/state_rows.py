"""From events of learners to what is stored of them: one function for the live refresh and for the night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from akademos.analytics.curriculum import Curriculum
from akademos.analytics.learner_state import evaluate, pack, precompute, split, unpack
from akademos.analytics.next_answer import ServedTracing
from akademos.analytics.parameters import DEFAULT
from akademos.errors import InputError
from akademos.jobs.past_tables import Tables
from akademos.stores.ports.learner_state import LearnerState

NEEDED_OF_BEFORE = ("profile", "topics", "history")
"""Tables of an earlier state that a new one is made from (`analytics.history_reuse`)."""


@dataclass(frozen=True, slots=True)
class StateRows:
    """Rows to store: packed states, the snapshot of mastery by topic, and memory weights fitted on the way."""

    states: list[LearnerState]
    topics: pl.DataFrame
    weights: pl.DataFrame = field(default_factory=pl.DataFrame)


def state_rows(
    tables: Tables,
    as_of: datetime,
    computed_at: datetime,
    *,
    snapshot_on: Curriculum | None = None,
    tracing: ServedTracing | None = None,
    before: Sequence[bytes] = (),
) -> StateRows:
    """States of the learners in the tables that have events, as of an instant.

    Args:
        tables: `past_tables.learner_tables`.
        as_of: events up to it count.
        computed_at: what the clock says.
        snapshot_on: the prepared curriculum, when the snapshot of mastery by topic is wanted too.
        tracing: the knowledge-tracing model in service at that instant.
        before: packed states of these learners that were computed earlier; what still holds of them is not computed
            anew.
    """
    computed = precompute(tables, as_of, previous=_together(before), tracing=tracing)
    facts = {row["learner_key"]: row for row in computed["profile"].iter_rows(named=True) if row["events"]}
    states = [
        LearnerState(
            learner_key=key,
            version=0,
            computed_at=computed_at,
            computed_as_of=as_of,
            definition=DEFAULT.definition,
            events=facts[key]["events"],
            last_event_at=facts[key]["last_event_at"],
            packed=pack(state),
        )
        for key, state in split(computed)
        if key in facts
    ]
    if snapshot_on is None:
        return StateRows(states, pl.DataFrame())
    mastery = evaluate(computed, snapshot_on, as_of, parts=("mastery",))["mastery"]
    topics = mastery.filter(pl.col("learner_key").is_in(list(facts)), pl.col("answers") > 0).select(
        "learner_key", "topic_id", "status", "low", "high", "answers", mastery="value", as_of=pl.lit(as_of)
    )
    return StateRows(states, topics)


def _together(packed: Sequence[bytes]) -> Tables | None:
    """The states as one; those of another release are left out."""
    states = []
    for one in packed:
        try:
            states.append(unpack(one))
        except InputError as unreadable:
            if unreadable.code != "state_unreadable":
                raise
    return {name: pl.concat([one[name] for one in states]) for name in NEEDED_OF_BEFORE} if states else None
