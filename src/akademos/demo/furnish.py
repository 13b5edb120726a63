"""Furnish an institution through the public doors, step by step, and remember which steps are done.

Everything derives from the seed and the instant of the first attempt, which stand in the marker, so an attempt that
was broken off goes on where it stopped: every door takes the same rows again without counting them twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import httpx
import polars as pl

from akademos.catalogue.consent_texts import BUILT_IN
from akademos.catalogue.declarations import Purpose
from akademos.catalogue.roles import Role
from akademos.demo.earlier_term import earlier_term, write_earlier_records
from akademos.demo.events import event_table, on_the_wire, recent_from
from akademos.demo.money import MoneyFiles, write_money
from akademos.demo.people_at_work import GRANTED, PeopleAtWork
from akademos.demo.personas import NEWCOMER, compares_with_peers
from akademos.demo.records import write_records
from akademos.demo.simulation import History, simulate
from akademos.demo.truth import write_truth
from akademos.errors import Conflict, Unavailable
from akademos.sdk.client import Client, Delivery

TENANT, TENANT_NAME, TIME_ZONE = "demo", "Demo institution", "Europe/Berlin"
TEXT_VERSION = "demo-2026-1"
BASIS = f"""# Who is in the history decided about it; who refused has a withdrawal on record, which counts.
id = "demo-consent-register"
tenant = "{TENANT}"
purposes = ["learning_support", "advising", "product_analytics", "research"]
text_version = "{TEXT_VERSION}"
evidence = "consent register of the demo institution (invented people)"
person_responsible = "data steward of the demo institution"
historical = false
"""
COLUMNS = """# The columns have the names of our properties.
layout = "rows"
take_named = true
[time]
column = "client_timestamp"
"""
SHOWN_BEFORE = timedelta(days=300)
"""Since when the texts of consent are shown; the term before began later."""

RECENT_DAYS = 2.0
"""What happened in the last so many days comes by HTTP, what was before by import."""

OUTSIDE_SUFFIX = "-demo"
"""The institution's own files and the truth lie beside the data folder, under its name with this suffix."""
PATIENCE_S = 300.0

Note = Callable[[str], None]


class Doors(Protocol):
    """What the demo does on the command line, as somebody who installs the platform would."""

    def create_tenant(self, tenant_id: str, name: str, time_zone: str) -> None:
        """`akademos tenant create`."""
        ...

    def declare_texts(self, file: Path, tenant_id: str) -> None:
        """`akademos consent texts --add`; texts that are declared already stay as they are."""
        ...

    def make_key(self, tenant_id: str, name: str) -> str:
        """`akademos tenant key`, with the scopes ingest and consent."""
        ...

    def grant_role(self, tenant_id: str, user_id: str, role: Role) -> None:
        """`akademos tenant role grant`."""
        ...

    def sign_token(self, tenant_id: str, user_id: str, role: Role) -> str:
        """`akademos token`: what the host application gives a person who is signed in there."""
        ...

    def import_records(self, folder: Path, tenant_id: str) -> None:
        """`akademos records import`."""
        ...

    def ingest(self, file: Path, basis: Path, columns: Path) -> None:
        """`akademos ingest`."""
        ...

    def keep_books(self, files: MoneyFiles, tenant_id: str) -> None:
        """`akademos cost declare` and `import`, `akademos payments rates`, `import`, `settlements` and `balances`."""
        ...

    def meter(self, tenant_id: str) -> None:
        """`akademos cost meter`."""
        ...

    def declare_maintenance(self, kind: str, length: timedelta, rules: Sequence[str]) -> None:
        """`akademos maintenance add`, from now on."""
        ...

    def rehearse_incident(self) -> None:
        """`akademos incidents rehearse`."""
        ...

    def moved(self) -> bool:
        """Whether nothing accepted waits in landing any more."""
        ...

    def train(self, model: str, tenant_id: str) -> None:
        """`akademos train`."""
        ...

    def nightly(self) -> None:
        """`akademos jobs run` of everything that the night computes."""
        ...


@dataclass(slots=True)
class Marker:
    """What was asked for, and the steps that are done."""

    seed: int
    learners: int
    now: str
    done: list[str] = field(default_factory=list)


STEPS = ("records", "money", "decisions", "history", "recent", "work", "operations", "analytics", "follow_up")
FURNISHED_WITHIN = timedelta(hours=1)
QUIET_MEANWHILE = ("BacklogGrows", "EventsLate", "JobOverBudget", "ProcessorBusy")
"""What an import of a whole history may well set off."""


class Furnishing:
    """One institution in one data folder; `outside` is the folder of the institution's own files and the truth."""

    def __init__(self, data: Path, outside: Path, *, seed: int, learners: int, now: datetime) -> None:
        self._path = data / "demo.json"
        self._outside = outside
        self._marker = self._read() or Marker(seed, learners, now.isoformat())
        if (self._marker.seed, self._marker.learners) != (seed, learners):
            raise Conflict(
                f"The data folder holds a demo of {self._marker.learners} learners with seed {self._marker.seed}.",
                hint="Start that one, or give another --data folder.",
            )

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        return set(self._marker.done) == set(STEPS)

    def _read(self) -> Marker | None:
        return Marker(**json.loads(self._path.read_text())) if self._path.exists() else None

    def _finish(self, step: str) -> None:
        self._marker.done.append(step)
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(asdict(self._marker)))
        part.replace(self._path)

    def simulate(self, note: Note) -> History:
        """The history of this institution, and its truth beside it."""
        note(f"Simulating a term of {self._marker.learners} learners")
        history = simulate(self._marker.learners, self._marker.seed, datetime.fromisoformat(self._marker.now))
        write_truth(history, self._outside / "truth")
        return history

    def before_serving(self, doors: Doors, history: History, note: Note) -> None:
        """What needs no server: tenant, texts of consent, records."""
        doors.create_tenant(TENANT, TENANT_NAME, TIME_ZONE)
        self._outside.mkdir(parents=True, exist_ok=True)
        texts = self._outside / "consent-texts.toml"
        texts.write_text(consent_texts(datetime.fromisoformat(self._marker.now)), encoding="utf-8")
        doors.declare_texts(texts, TENANT)
        if "records" not in self._marker.done:
            doors.declare_maintenance("import", FURNISHED_WITHIN, QUIET_MEANWHILE)
            note("Importing courses, people and enrolments")
            before = write_earlier_records(earlier_term(history), self._outside / "records" / "earlier")
            for folder in (*write_records(history, self._outside / "records"), before):
                doors.import_records(folder, TENANT)
            self._finish("records")
        if "money" not in self._marker.done:
            note("Keeping the books: bills, payments, settlements")
            doors.keep_books(write_money(history, self._outside / "money"), TENANT)
            self._finish("money")

    def while_serving(self, doors: Doors, history: History, url: str, note: Note) -> None:
        """What enters while the server runs: decisions, history, recent events; then the nightly analytics."""
        left = [step for step in STEPS if step not in self._marker.done]
        key = doors.make_key(TENANT, "demo") if {"decisions", "recent", "work"} & set(left) else ""
        events = event_table(history)
        people = PeopleAtWork(url, key, TEXT_VERSION, lambda user_id, role: doors.sign_token(TENANT, user_id, role))
        if "decisions" in left:
            note("Recording who refused, and who compares themself with peers")
            self._decide(history, url, key)
            self._finish("decisions")
        if "history" in left:
            note("Importing the history under a recorded basis")
            self._import(doors, history, events)
            self._finish("history")
        if "recent" in left:
            note("Sending the last two days")
            note(_told(self._send(url, key, history, events)))
            self._finish("recent")
        if "work" in left:
            note("People join, leave, ask, note, and make mistakes")
            for user_id, role in GRANTED:
                doors.grant_role(TENANT, user_id, role)
            people.before_the_night(history, list(on_the_wire(_recent(history, events))))
            self._finish("work")
        if "operations" in left:
            note("Rehearsing an incident")
            doors.rehearse_incident()
            self._finish("operations")
        if "analytics" in left:
            note("Computing what everybody knows")
            _wait_until(doors.moved)
            doors.train("dropout_risk", TENANT)
            doors.nightly()
            doors.meter(TENANT)
            self._finish("analytics")
        if "follow_up" in left:
            note("Taking alerts on, certifying, forgetting who asked for it")
            people.after_the_night(history)
            self._finish("follow_up")

    def _send(self, url: str, key: str, history: History, events: pl.DataFrame) -> Delivery:
        with Client(url, key) as client:
            delivery = client.send(on_the_wire(_recent(history, events)))
        if delivery.counts["rejected"]:
            refused = next(one for one in delivery.others.values() if one["verdict"] == "rejected")
            raise Conflict(
                f"{delivery.counts['rejected']} recent events were rejected: {refused['code']}.",
                hint="If the demo was begun long ago, begin anew with another --data folder.",
            )
        return delivery

    def _decide(self, history: History, url: str, key: str) -> None:
        learners = history.learners
        everything = [purpose.value for purpose in Purpose]
        decisions = [
            (user_id, "withdrawn", everything)
            for user_id, consent in zip(learners.user_ids, learners.consents, strict=True)
            if consent == "refused"
        ]
        decisions.append((learners.user_ids[NEWCOMER], "granted", everything))
        decisions += [
            (user_id, "granted", [Purpose.PEER_COMPARISON.value])
            for number, (user_id, consent) in enumerate(zip(learners.user_ids, learners.consents, strict=True))
            if consent == "granted" and compares_with_peers(number)
        ]
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
            for user_id, decision, purposes in decisions:
                decided = {
                    "user_id": user_id,
                    "decision": decision,
                    "purposes": purposes,
                    "text_version": TEXT_VERSION,
                }
                response = client.post("/v1/consent", json=decided)
                if not response.is_success:
                    raise Unavailable(
                        f"A decision was not taken: {response.status_code} {response.text[:200]}",
                        hint="Start the demo again; it goes on where it stopped.",
                    )

    def _import(self, doors: Doors, history: History, events: pl.DataFrame) -> None:
        learners = history.learners
        decided = [
            user_id
            for user_id, consent in zip(learners.user_ids, learners.consents, strict=True)
            if consent != "undecided"
        ]
        earlier = events.filter(
            pl.col("client_timestamp") < recent_from(history, RECENT_DAYS), pl.col("user_id").is_in(decided)
        )
        folder = self._outside / "events"
        folder.mkdir(parents=True, exist_ok=True)
        whole = pl.concat([earlier_term(history).events, earlier], how="diagonal_relaxed")
        whole.write_parquet(folder / "history.parquet")
        (folder / "basis.toml").write_text(BASIS, encoding="utf-8")
        (folder / "columns.toml").write_text(COLUMNS, encoding="utf-8")
        doors.ingest(folder / "history.parquet", folder / "basis.toml", folder / "columns.toml")


def consent_texts(now: datetime) -> str:
    """What the learners of this institution were asked, for every purpose, as TOML: the built-in words under a version
    of the institution's own, shown since before its term began."""
    since = (now - SHOWN_BEFORE).isoformat()
    return "\n".join(
        f"[[text]]\npurpose = {json.dumps(one.purpose.value)}\nversion = {json.dumps(TEXT_VERSION)}\n"
        f"language = {json.dumps(one.language)}\nshown_from = {since}\n"
        f"body = {json.dumps(one.body, ensure_ascii=False)}\n"
        for one in BUILT_IN
    )


def _recent(history: History, events: pl.DataFrame) -> pl.DataFrame:
    """What comes by HTTP: the last days, and what is nobody's."""
    return events.filter(
        pl.col("user_id").is_null() | (pl.col("client_timestamp") >= recent_from(history, RECENT_DAYS))
    )


def _told(delivery: Delivery) -> str:
    """What became of the events, in words."""
    counts = ", ".join(f"{count:,} {verdict}" for verdict, count in delivery.counts.most_common())
    return f"  {counts} (held for 24 hours: of people without consent)"


def _wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        if time.monotonic() > deadline:
            raise Unavailable(
                f"What was accepted has not reached the event log within {PATIENCE_S:.0f} seconds.",
                hint="Look at what the worker logged, and start the demo again; it goes on where it stopped.",
            )
        time.sleep(0.1)
