"""Live state: after a move, the learners whose answers it held are computed anew, all that wait at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import accumulate, groupby
from typing import Protocol

import structlog

from akademos.analytics.next_answer import ServedTracing
from akademos.catalogue.declarations import Purpose
from akademos.errors import AkademosError
from akademos.jobs.past_tables import People, Tables
from akademos.jobs.state_rows import state_rows
from akademos.stores.ports.consent import ConsentLedger
from akademos.stores.ports.learner_state import LearnerStates, StaleState

log = structlog.get_logger()

LEARNERS_AT_ONCE = 32
EVENTS_AT_ONCE = 5_000
"""As far as known: so many events and their states take about 25 MB while they are computed."""

LONGEST_PAUSE_S = 5.0


class LearnerTables(Protocol):
    """Reads what the analytics of some learners rest on (`past_tables.PastTables`)."""

    def __call__(
        self, tenant_id: str, learner_keys: Sequence[str], *, until: datetime, people: People | None = None
    ) -> Tables:
        """Tables of `analytics.schemas.INPUT` with events up to `until`, of people with these keys."""
        ...


class Refresh:
    """Works off the marks that moves leave. A mark set again while its learner is computed stays."""

    def __init__(
        self,
        states: LearnerStates,
        tables: LearnerTables,
        consent: ConsentLedger,
        *,
        clock: Callable[[], datetime],
        tracing: Callable[[str, datetime], ServedTracing | None] = lambda *_: None,
    ) -> None:
        """`tracing` gives the knowledge-tracing model of a tenant in service at an instant."""
        self._states = states
        self._tables = tables
        self._consent = consent
        self._clock = clock
        self._tracing = tracing

    def once(self, learners: int = LEARNERS_AT_ONCE, *, early: bool = False) -> int:
        """Compute the states that have been due the longest, `early` those that may wait, too; return how many."""
        stale = _within(self._states.stale(learners, early=early), EVENTS_AT_ONCE)
        for tenant_id, marks in groupby(sorted(stale, key=lambda one: one.tenant_id), lambda one: one.tenant_id):
            self._compute_all(tenant_id, [one.learner_key for one in marks])
        self._states.settle(stale)
        return len(stale)

    def drain(self) -> int:
        """Compute until no state is stale."""
        done = 0
        while count := self.once(early=True):
            done += count
        return done

    def run(
        self,
        stop: threading.Event,
        wake: threading.Event,
        *,
        pause_s: float,
        paused: Callable[[], bool] = lambda: False,
    ) -> None:
        """Compute whenever woken, and now and then in case another process left marks, until told to stop; while
        `paused` the marks wait."""
        pause = pause_s
        while not stop.is_set():
            wake.wait(pause)
            wake.clear()
            try:
                while not stop.is_set() and not paused() and self.once():
                    pass
                pause = pause_s
            except AkademosError as refused:
                log.warning("refresh_failed", code=refused.code, reason=refused.reason)
                pause = min(pause * 2, LONGEST_PAUSE_S)

    def _compute_all(self, tenant_id: str, learner_keys: Sequence[str]) -> None:
        try:
            self._compute(tenant_id, learner_keys)
        except AkademosError:
            raise
        except Exception:
            # One learner's events must not keep the others' states behind; the night says so again.
            if len(learner_keys) == 1:
                log.exception("state_not_computed", tenant=tenant_id)
                return
            for key in learner_keys:
                self._compute_all(tenant_id, [key])

    def _compute(self, tenant_id: str, learner_keys: Sequence[str]) -> None:
        people = self._consent.people(tenant_id, learner_keys, Purpose.LEARNING_SUPPORT)
        written = set()
        if people:
            as_of = self._clock()
            tables = self._tables(tenant_id, list(people), until=as_of, people=people)
            before = [state.packed for state in self._states.read_many(tenant_id, list(people))]
            rows = state_rows(tables, as_of, self._clock(), tracing=self._tracing(tenant_id, as_of), before=before)
            self._states.write(tenant_id, rows.states, of=people)
            written = {state.learner_key for state in rows.states}
        self._states.remove(tenant_id, [key for key in learner_keys if key not in written])


def _within(stale: Sequence[StaleState], events: int) -> list[StaleState]:
    """The first of them that together hold so many events at most; one at least."""
    totals = accumulate(one.events for one in stale)
    return [one for number, (one, total) in enumerate(zip(stale, totals, strict=True)) if not number or total <= events]
