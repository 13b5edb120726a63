"""Erase people: the key first, then everything that lineage reaches, then a search of every byte, then the receipt.

A request goes through `privacy.erasure.STEPS`. Each step is remembered in the transaction of what it did, or can be
repeated without harm; a run that was killed goes on where it stopped. Steps that work on whole tables and files are
done once for all requests of a run. Where the search still finds something (a page that was being written, a reader
that held an old version), the request stays open and those steps are done again; after `SEARCHES` runs the receipt says
what was found, and where.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import structlog

from akademos.catalogue.declarations import Dataset
from akademos.errors import Unavailable
from akademos.privacy.erasure import STEPS, ErasedPerson, needles
from akademos.privacy.erasure_receipt import receipt
from akademos.stores.ports.erasure import (
    DataFolder,
    Erasure,
    ErasureLedger,
    EventEraser,
    Found,
    PersonEraser,
    ServerFiles,
)
from akademos.stores.ports.event_log import EventLogReader
from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.stores.ports.landing_queue import LandingQueue
from akademos.telemetry import ERASURE_AGE, ERASURES_OPEN

log = structlog.get_logger()

JOB = "erasure"
SEARCHES = 3
LANDING_TRIES = 20


class EventLog(EventLogReader, EventEraser, Protocol):
    """The core, read and erased from."""


Recipient = Callable[[Erasure, ErasedPerson], Mapping[str, Any]]
"""Somebody outside to whom data of the person went: told, and what they answered (for the receipt)."""

Told = Callable[[str, str], None]
"""Told the id of a request and the step that is done."""


class ErasureJob:
    """Works off open requests.

    Args:
        ledger, eraser, core, server, folder: where a person has to go from.
        datasets: the catalogue's, for what the receipt says about what is kept.
        queue: waited for until whoever checked consent before has written.
        settle: moves landing on once, so that rows in the hand of a killed mover are settled.
        recipients: by name.
        fault_point: called after each step; for tests.
    """

    def __init__(
        self,
        ledger: ErasureLedger,
        eraser: PersonEraser,
        core: EventLog,
        server: ServerFiles,
        folder: DataFolder,
        queue: LandingQueue,
        runs: JobRuns,
        datasets: Sequence[Dataset],
        *,
        settle: Callable[[], object],
        clock: Callable[[], datetime],
        recipients: Mapping[str, Recipient] | None = None,
        fault_point: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._ledger = ledger
        self._eraser = eraser
        self._core = core
        self._server = server
        self._folder = folder
        self._queue = queue
        self._runs = runs
        self._datasets = datasets
        self._settle = settle
        self._clock = clock
        self._recipients = recipients or {}
        self._fault_point = fault_point

    def pending(self) -> bool:
        """Whether there is anything to do; the metrics of lag follow."""
        waiting = self._ledger.open()
        ERASURES_OPEN.set(len(waiting))
        ERASURE_AGE.set((self._clock() - waiting[0].requested_at).total_seconds() if waiting else 0)
        return bool(waiting)

    def run(self, told: Told = lambda erasure_id, step: None) -> JobRun | None:
        """One run over all open requests; None when another process is at it.

        Raises:
            Unavailable: something is still found (`bytes_remain`), or a table was in use; the next run goes on.
        """
        with self._runs.running(JOB) as run:
            if run is None:
                return None
            self._ledger.destroy_spent_keys()
            for erasure in self._ledger.open():
                run.rows_in += 1
                self._person_steps(erasure, told)
            # Read again: a request of this moment waits for the next run, all others are past the core.
            ready = [one for one in self._ledger.open() if _past(one, "core")]
            if ready:
                run.rows_out += self._common_steps(ready, told)
        self.pending()
        return run

    def _person_steps(self, erasure: Erasure, told: Told) -> None:
        for step, work in (("vault", self._destroy), ("landing", self._clear_landing), ("core", self._erase_events)):
            if not _past(erasure, step):
                erasure = work(erasure)
                self._done(erasure, step, told)

    def _done(self, erasure: Erasure, step: str, told: Told) -> None:
        log.info("erasure_step", erasure=str(erasure.erasure_id), step=step)
        told(str(erasure.erasure_id), step)
        self._fault_point(step)

    def _destroy(self, erasure: Erasure) -> Erasure:
        return self._eraser.destroy(erasure)

    def _clear_landing(self, erasure: Erasure) -> Erasure:
        self._queue.wait_for_writers()
        person = self._ledger.person(erasure)
        removed = redacted = 0
        for _ in range(LANDING_TRIES):
            cleared = self._eraser.clear_landing(erasure.tenant_id, person)
            removed, redacted = removed + cleared.removed, redacted + cleared.redacted
            if not cleared.in_hand:
                break
            self._settle()
        else:
            raise Unavailable(
                "rows of the person stay in the hand of a mover", hint="Start the worker.", code="landing_in_hand"
            )
        told = {name: dict(tell(erasure, person)) for name, tell in self._recipients.items()}
        counted = {"removed": removed, "redacted": redacted}
        return self._ledger.advance(erasure, "landing", {"landing": counted, "recipients": told})

    def _erase_events(self, erasure: Erasure) -> Erasure:
        person = self._ledger.person(erasure)
        self._keep_held(erasure, person)
        own = self._core.learner_events(erasure.tenant_id, person.keys, columns=["event_id"])
        forgotten = self._eraser.forget_ids(erasure.tenant_id, own["event_id"].to_pylist())
        application = f"erasure/{erasure.tenant_id}/{erasure.erasure_id}"
        began = self._clock()
        events = self._core.erase(erasure.tenant_id, person.keys, application=application)
        done = {**asdict(events), "seconds": _seconds(began, self._clock()), "ids_forgotten": forgotten}
        return self._ledger.advance(erasure, "core", {"core": done}, erased=events.removed)

    def _keep_held(self, erasure: Erasure, person: ErasedPerson) -> None:
        holds = [hold for hold, datasets in erasure.progress["held"].items() if "event_log" in datasets]
        if holds:
            rows = self._core.learner_events(erasure.tenant_id, person.keys).to_pylist()
            for hold in holds:
                self._eraser.keep_events(erasure, UUID(hold), rows)

    def _common_steps(self, ready: Sequence[Erasure], told: Told) -> int:
        """What concerns whole tables and files, for several requests at once; how many are completed by it."""
        people = {one.erasure_id: self._ledger.person(one) for one in ready}
        forms = {one.erasure_id: needles(people[one.erasure_id]) for one in ready}
        everything = [needle for found, _ in forms.values() for needle in found]
        began = self._clock()
        tables = self._eraser.rewrite_tables()
        ready = self._all(ready, "tables", {"tables": asdict(tables)}, told)
        server = self._server.recycle()
        ready = self._all(ready, "write_ahead", {"write_ahead": asdict(server)}, told)
        logs: dict[str, float] = {"overwritten": self._folder.overwrite_logs(everything)}
        logs["seconds"] = _seconds(began, self._clock())
        ready = self._all(ready, "logs", {"logs": logs}, told)
        completed, remain = 0, []
        for one in ready:
            wanted, short = forms[one.erasure_id]
            began = self._clock()
            rows, found = self._eraser.search_rows(wanted), self._folder.search(wanted)
            hits = (*found.hits, *rows.hits)
            search = _search(found, rows, hits, short, one, _seconds(began, self._clock()))
            if hits and search["searches"] < SEARCHES:
                self._ledger.advance(one, "core", {"search": search})  # the steps on tables and files again
                log.warning("erasure_bytes_remain", erasure=str(one.erasure_id), places=[place for place, _ in hits])
                remain.append(str(one.erasure_id))
                continue
            verified = self._ledger.advance(one, "verified", {"search": search})
            self._done(verified, "verified", told)
            self._ledger.complete(verified, self._receipt(verified))
            self._done(verified, "completed", told)
            completed += 1
        if remain:
            raise Unavailable(
                f"something of erasure {', '.join(remain)} is still on disk; it is tried again",
                hint="Readers that hold an old version end by themselves.",
                code="bytes_remain",
            )
        return completed

    def _receipt(self, erasure: Erasure) -> dict[str, Any]:
        return receipt(erasure.requested_at, erasure.progress, self._clock(), self._datasets)

    def _all(self, ready: Sequence[Erasure], step: str, progress: Mapping[str, Any], told: Told) -> list[Erasure]:
        done = []
        for one in ready:
            done.append(one if _past(one, step) else self._ledger.advance(one, step, progress))
            self._done(done[-1], step, told)
        return done


def _search(
    found: Found, rows: Found, hits: Sequence[tuple[str, str]], short: int, erasure: Erasure, seconds: float
) -> dict[str, Any]:
    before = erasure.progress.get("search", {}).get("searches", 0)
    return {
        "files": found.files,
        "bytes": found.bytes,
        "parquet_rows_decoded": found.rows,
        "table_values_decoded": rows.rows,
        "hits": [{"place": place, "kind": kind} for place, kind in hits],
        "identifiers_too_short": short,
        "searches": before + 1,
        "seconds": seconds,
    }


def _past(erasure: Erasure, step: str) -> bool:
    return STEPS.index(erasure.step) >= STEPS.index(step)


def _seconds(began: datetime, ended: datetime) -> float:
    return round((ended - began).total_seconds(), 3)
