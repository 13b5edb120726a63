"""Landing to core, exactly once: consent as it is at this moment, then a commit that says how far it went.

The order is what makes it exact. Under the landing lock: rows that consent no longer covers and late duplicates
leave landing in a commit of their own; the rest goes to the core in one commit that carries the batch's watermark
as an application transaction; then landing is emptied up to it. A crash before the core's commit leaves rows in
landing only, a crash after it is recognised by the watermark, and then every row up to it is known to be in the core.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import polars as pl
import structlog

from akademos.analytics.recommendation_standing import PREFIX
from akademos.catalogue.registry import Registry
from akademos.errors import AkademosError
from akademos.jobs.core_rows import Content
from akademos.jobs.landing_rows import SEQ, Sorted, people_table, sort_out
from akademos.jobs.past_tables import ANSWERED, MATERIAL_PREFIX
from akademos.jobs.progress_rows import observations
from akademos.jobs.study_rows import REPORTS, REPORTS_WAIT_S, signs
from akademos.stores.ports.event_log import SCHEMA, EventLogReader, EventLogWriter
from akademos.stores.ports.landing_queue import LandedEvents, LandingBatch, LandingQueue, StaleMark
from akademos.telemetry import LANDING_AGE, LANDING_BACKLOG

log = structlog.get_logger()

LEAST_ROWS = 1_000
MOST_ROWS = 25_000
MOST_BYTES = 2 * 1024 * 1024
"""JSON of one batch; moving it takes about ten times that in memory. Larger ones are hardly quicker."""

BATCH_S = 0.8
"""How long a batch should hold the landing lock: a withdrawal waits for one, and live state follows it."""

LONGEST_PAUSE_S = 5.0
BACKLOG_EVERY_S = 5.0


class EventLog(EventLogReader, EventLogWriter, Protocol):
    """The core, read and written."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where the rows of one batch went."""

    taken: int = 0
    moved: int = 0
    withdrawn: int = 0
    late_duplicates: int = 0
    postponed: int = 0


NOTHING = Move()


class Mover:
    """Moves batches; as many movers as there are processes may run, one of them moves at a time.

    Args:
        queue: landing.
        core: the event log.
        registries: a tenant's registry.
        exactly_once: False leaves the application transaction out, for the measurement that shows what it is for.
        fault_point: called between the commit of the core and the emptying of landing.
    """

    def __init__(
        self,
        queue: LandingQueue,
        core: EventLog,
        registries: Callable[[str], Registry],
        *,
        exactly_once: bool = True,
        fault_point: Callable[[], None] = lambda: None,
    ) -> None:
        self._queue = queue
        self._core = core
        self._registries = registries
        self._exactly_once = exactly_once
        self._fault_point = fault_point
        self._contents: dict[tuple[int, str], tuple[Registry, Content]] = {}
        self._rows = LEAST_ROWS

    def move(self) -> Move:
        """Move the next batch.

        Raises:
            Conflict: another mover got there first (`already_committed`); the next call goes on after it.
            Unavailable: a store is down; the next call goes on where this one stopped.
        """
        started = time.monotonic()
        application, committed = self._life() if self._exactly_once else (None, None)
        with self._queue.take(self._rows, MOST_BYTES, committed=committed) as batch:
            if batch is None:
                return NOTHING
            sorted_rows, postponed, withdrawn = self._sort(batch)
            rows, late = self._without_late_duplicates(
                sorted_rows, batch, first=self._exactly_once and committed is None
            )
            batch.prepare(withdrawn=withdrawn, late_duplicates=late, postponed=postponed)
            if rows.height:
                events = rows.drop(SEQ).to_arrow().cast(SCHEMA)
                version = batch.version if application else None
                self._core.append(events, application=application, version=version, after=committed)
                self._fault_point()
            batch.finish(_stale(rows), observations(rows))
            done = Move(batch.rows, rows.height, len(withdrawn), len(late), len(postponed))
        self._adapt(done.taken, time.monotonic() - started)
        return done

    def drain(self) -> Iterator[Move]:
        """Move until nothing (that can be moved) waits."""
        while (done := self.move()).taken > done.postponed:
            yield done

    def run(self, stop: threading.Event, *, pause_s: float, moved: Callable[[Move], None] = lambda _: None) -> None:
        """Move until told to stop; a store that is down is waited for.

        Args:
            stop: ends the loop after the batch in hand.
            pause_s: between two looks at landing while nothing waits.
            moved: told of every batch.
        """
        pause, looked = pause_s, -BACKLOG_EVERY_S
        while not stop.is_set():
            try:
                done = self.move()
                if time.monotonic() - looked >= BACKLOG_EVERY_S:
                    self._measure()
                    looked = time.monotonic()
            except AkademosError as refused:
                log.warning("move_failed", code=refused.code, reason=refused.reason)
                pause = min(pause * 2, LONGEST_PAUSE_S)
                stop.wait(pause)
                continue
            pause = pause_s
            if done.taken:
                moved(done)
            if done.taken < self._rows // 2 or done.taken == done.postponed:
                stop.wait(pause_s)

    def _life(self) -> tuple[str, int | None]:
        """Under which application the core's commits stand, and how far they got.

        A store that was restored from older files, or whose disk lied about a flush, gives transaction ids again
        that the core knows as moved. Its new rows must not be taken for those, so from then on the application
        has another name, which the core remembers.
        """
        application = self._queue.application
        while (committed := self._core.committed_version(application)) is not None:
            renamed = f"{application}+{committed}"
            known = self._core.committed_version(renamed) is not None
            if not known and committed < self._queue.next_transaction:
                break
            if not known:
                log.error("store_wound_back", committed=committed)
            application = renamed
        return application, committed

    def _sort(self, batch: LandingBatch) -> tuple[pl.DataFrame, list[int], list[int]]:
        people = people_table(batch.people())
        found = Sorted()
        for landed in batch.events():
            content = self._content(landed)
            if content is None:
                log.error("event_type_gone", tenant=landed.tenant_id, event_name=landed.event, rows=len(landed))
                found.postponed += landed.seq.to_pylist()
            else:
                sort_out(landed, content.event, content, people, found)
        if not found.rows:
            return pl.DataFrame(schema={SEQ: pl.Int64}), found.postponed, found.withdrawn
        return pl.concat(found.rows), found.postponed, found.withdrawn

    def _content(self, landed: LandedEvents) -> Content | None:
        registry = self._registries(landed.tenant_id)
        found = self._contents.get((id(registry), landed.event))
        if found is None:
            known = registry.lookup(landed.event)
            if known is None:
                return None
            # Kept with its registry, so that the registry's id stays its own.
            found = self._contents[id(registry), landed.event] = registry, Content(known, registry)
        return found[1]

    def _without_late_duplicates(
        self, rows: pl.DataFrame, batch: LandingBatch, *, first: bool
    ) -> tuple[pl.DataFrame, list[int]]:
        """Rows whose id is new, and the seq of the others.

        The index of ids lets none of its own through, so the core is only asked for tenants with imports, which the
        index does not know, and by the first batch of a cluster's life, when the core may be ahead of it.
        """
        if not rows.height:
            return rows, []
        once = rows.sort(SEQ).unique(["tenant_id", "event_id"], keep="first", maintain_order=True)
        imported = pl.col("tenant_id").is_in(list(batch.imported_tenants())) | pl.lit(first)
        unknown = once.filter(imported)
        if unknown.height:
            new = pl.DataFrame(self._core.missing(unknown.drop(SEQ).to_arrow().cast(SCHEMA)))
            known = unknown.join(new, on=["tenant_id", "event_id"], how="anti")
            once = once.join(known, on=SEQ, how="anti")
        late = rows.join(once, on=SEQ, how="anti")[SEQ].to_list() if once.height < rows.height else []
        return once, late

    def _adapt(self, taken: int, seconds: float) -> None:
        if taken >= self._rows // 2:
            self._rows = max(LEAST_ROWS, min(MOST_ROWS, self._rows * 2, int(taken / max(seconds, 1e-3) * BATCH_S)))

    def _measure(self) -> None:
        backlog = self._queue.backlog()
        LANDING_BACKLOG.set(backlog.events)
        LANDING_AGE.set((datetime.now(UTC) - backlog.oldest).total_seconds() if backlog.oldest else 0)


def _stale(rows: pl.DataFrame) -> list[StaleMark]:
    """Learners whose analytics rest on one of the rows."""
    if not rows.height:
        return []
    name = pl.col("event_name")
    about = name.str.starts_with(MATERIAL_PREFIX) | name.str.starts_with(PREFIX)
    learning = (name == ANSWERED) | about | signs()
    wait_s = pl.when(name.is_in(REPORTS)).then(REPORTS_WAIT_S).otherwise(0)
    found = (
        rows.filter(learning, pl.col("learner_key").is_not_null())
        .group_by("tenant_id", "learner_key")
        .agg(wait_s=wait_s.min())
    )
    return [StaleMark(*row) for row in found.iter_rows()]
