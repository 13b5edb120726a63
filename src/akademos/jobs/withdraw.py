"""After a withdrawal: rid the core of what no remaining consent of the person covers.

The withdrawal itself took effect with its commit. This job waits out whoever checked consent before that, clears
what is left in landing, deletes from the core in one commit that notes the number of rows, and counts them.
"""

from __future__ import annotations

from collections.abc import Callable

from akademos.catalogue.declarations import Basis, Purpose, Zone
from akademos.catalogue.registry import Registry
from akademos.jobs.mover import EventLog
from akademos.privacy.consent import mask, may_keep
from akademos.stores.ports.carried import CarriedForward
from akademos.stores.ports.consent import ConsentLedger, PendingWithdrawal
from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.stores.ports.landing_queue import LandingQueue
from akademos.stores.ports.learner_state import LearnerStates

JOB = "withdrawals"


class WithdrawalsJob:
    """Works off pending withdrawals, oldest first."""

    def __init__(
        self,
        core: EventLog,
        consent: ConsentLedger,
        queue: LandingQueue,
        states: LearnerStates,
        runs: JobRuns,
        registries: Callable[[str], Registry],
        carried: CarriedForward,
    ) -> None:
        self._core = core
        self._consent = consent
        self._queue = queue
        self._states = states
        self._runs = runs
        self._registries = registries
        self._carried = carried

    def pending(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._consent.pending_withdrawals())

    def run(self) -> JobRun | None:
        """One run; None when another process is at it."""
        with self._runs.running(JOB) as run:
            if run is None:
                return None
            for withdrawal in self._consent.pending_withdrawals():
                run.rows_in += 1
                run.rows_out += self._work_off(withdrawal)
        return run

    def _work_off(self, withdrawal: PendingWithdrawal) -> int:
        tenant_id, key = withdrawal.tenant_id, withdrawal.learner_key
        self._queue.wait_for_writers()
        self._consent.clear_landing(tenant_id, key)
        granted = self._consent.granted(tenant_id, [key]).get(key, frozenset())
        self._consent.clear_records(tenant_id, key, granted)
        rows = self._core.delete(
            tenant_id,
            key,
            self._uncovered(tenant_id, key, granted),
            application=f"withdrawal/{tenant_id}/{withdrawal.version}",
        )
        if Purpose.LEARNING_SUPPORT not in granted:
            self._carried.remove(tenant_id, [key])
        if self._consent.people(tenant_id, [key], Purpose.LEARNING_SUPPORT):
            self._states.mark_stale(tenant_id, [key])
        else:
            self._states.remove(tenant_id, [key])
        self._consent.withdrawal_done(withdrawal, rows)
        return rows

    def _uncovered(self, tenant_id: str, learner_key: str, granted: frozenset[Purpose]) -> list[str]:
        """Names of events that may not be kept; one that the dictionary does not know any more is among them."""
        registry = self._registries(tenant_id)
        covered, uncovered = set(), set()
        for event in registry.events:
            rests_on_consent = event.basis is Basis.CONSENT and not event.essential
            if not rests_on_consent or may_keep(mask(event.purposes), [mask(granted)]):
                covered.add(event.name)
            elif event.zone is Zone.CORE:
                uncovered.add(event.name)
        held = self._core.learner_events(tenant_id, [learner_key], columns=["event_name"])["event_name"].unique()
        return sorted(uncovered | (set(held.to_pylist()) - covered))
