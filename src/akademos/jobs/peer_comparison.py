"""Every night: what learners who compare themselves see of each other, published under disclosure control.

The only place that makes comparisons. It works as `group_statistics` does (blocks of at least k people, counts rounded,
small ones withheld, audited), over those who chose to compare themselves, with blocks of their own. Nothing published
here states the same as the groups' tables do (there means and bands of mastery at a topic; here bands of mastery of a
course, of first-attempt accuracy, of weeks, of habits), so the one cannot be subtracted from the other:
docs/decisions/0016.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import polars as pl

from akademos.analytics.cohort_comparison import PARTS, ROWS, Band, comparison_rows, top_edge
from akademos.catalogue.declarations import Metric, Purpose
from akademos.jobs.evaluated_states import evaluated_states
from akademos.jobs.group_statistics import Protection, declared_floor
from akademos.jobs.peer_tables import BANDS, PEER, Items, Publishing, course_items, habit_items
from akademos.privacy.disclosure_blocks import Ledger, advance
from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.stores.ports.learner_state import LearnerStates
from akademos.stores.ports.peers import PeerLedgers, Peers
from akademos.stores.ports.records import Records

JOB = "peer_comparison"


class PeerComparisonJob:
    """Publishes the comparisons of a tenant, course by course.

    Args:
        peers, states, records, runs: the stores.
        metrics: those that are answered; purposes and floor are theirs.
        clock: the installation's.
        protection: as of `group_statistics`.
    """

    def __init__(
        self,
        peers: PeerLedgers,
        states: LearnerStates,
        records: Records,
        runs: JobRuns,
        metrics: tuple[Metric, ...],
        *,
        clock: Callable[[], datetime],
        protection: Protection = "full",
    ) -> None:
        self._peers = peers
        self._states = states
        self._records = records
        self._runs = runs
        self._floor = declared_floor(tuple(metric for metric in metrics if metric.over_groups))
        self._purposes: tuple[Purpose, ...] = tuple(sorted({one for metric in metrics for one in metric.purposes}))
        self._clock = clock
        self._protection = protection

    def run(self, tenant_id: str) -> JobRun | None:
        """One run; None when another process is at it."""
        with self._runs.running(JOB, tenant_id) as run:
            if run is not None:
                floor = max(self._floor, self._peers.floor(tenant_id))
                peers, now = self._peers.peers(tenant_id, self._purposes), self._clock()
                rows = self._rows(tenant_id, sorted(peers.consenting), now)
                for course in self._peers.courses(tenant_id):
                    self._publish(tenant_id, course, peers, rows, floor, now, run)
                run.detail |= {"floor": floor, "protection": self._protection, "consenting": len(peers.consenting)}
        return run

    def _rows(self, tenant_id: str, keys: Sequence[str], now: datetime) -> Mapping[str, pl.DataFrame]:
        """What everybody who compares themself adds."""
        found: dict[str, list[pl.DataFrame]] = {name: [pl.DataFrame(schema=schema)] for name, schema in ROWS.items()}
        for known in evaluated_states(self._records, self._states, tenant_id, keys, now, PARTS):
            for name, table in comparison_rows(known).items():
                found[name].append(table)
        return {name: pl.concat(tables) for name, tables in found.items()}

    def _publish(
        self,
        tenant_id: str,
        course: str,
        peers: Peers,
        rows: Mapping[str, pl.DataFrame],
        floor: int,
        now: datetime,
        run: JobRun,
    ) -> None:
        standing, topics = (rows[name].filter(pl.col("course_id") == course) for name in ("standing", "topics"))
        known = frozenset(topics["learner_key"].to_list())
        may_enter = dict.fromkeys(sorted(peers.enrolled.get(course, frozenset()) & known), PEER)
        memory = self._peers.ledger(tenant_id, course)
        publishing = Publishing(1 if self._protection == "none" else floor, exact=self._protection != "full")

        def counted(items: Items) -> Ledger:
            full = self._protection == "full"
            return advance(
                memory if full else Ledger(),
                may_stay=peers.consenting,
                may_enter=may_enter,
                records=items,
                floor=floor if full else 1,
                as_of=now,
                bands=BANDS,
            )

        # Twice: where the top begins follows from the standing as it is published, and then stays.
        items = course_items(standing, topics)
        ledger = counted(items)
        before = self._peers.newest(tenant_id, course) or {}
        edge = before.get("top_from")
        if edge is None:
            edge = top_edge([Band(**band) for band in publishing.standing(ledger)["bands"]])
        if edge is not None:
            ledger = counted(items | habit_items(standing, rows["habits"], edge))
        content = publishing.course(ledger, edge)
        kept = ledger if self._protection == "full" else Ledger()
        run.rows_in += len(may_enter)
        run.rows_out += self._peers.publish(tenant_id, course, kept, now, floor, content)
        run.detail.setdefault("courses", {})[course] = {
            "waiting": len(may_enter.keys() - {key for block in ledger.blocks.values() for key in block.people}),
            "counted": sum(block.size for block in ledger.blocks.values()),
            "spent": len(ledger.spent),
        }
