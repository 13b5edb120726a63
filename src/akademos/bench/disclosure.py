"""`bench disclosure`: an attacker asks 10,000 questions about groups, several people together, and solves for the rest.

An installation of its own through the doors: 180 learners of three personas (one of them rare), three courses with
overlapping learners, all above board. Nights follow each other: the first; one after a single learner has withdrawn
consent; one after a single learner has studied. In between an administrator and two instructors in collusion ask over
HTTP with all filters there are, as JSON and as exported tables, in a fixed random order. Then `disclosure_attack`
puts everything together; the truth it is held against comes from the learners' own answers.

The same with the protection weakened (`suppression` of small counts alone, `none`) must recover cells, else the attack
would be no test; those stand under `baselines`.
"""

from __future__ import annotations

import base64
import csv
import io
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import numpy as np
import polars as pl

from akademos.bench.disclosure_attack import ALL, EDGES, Answered, Attack, Fact, Group
from akademos.bench.disclosure_peers import PeersUnderAttack
from akademos.bench.installation import Installation
from akademos.errors import Unavailable

TENANT = "bench"
SEED = 12
COURSES = ("algebra", "biology", "chemistry")
TOPICS_EACH = 4
PERSONAS = (("student", 120), ("career_changer", 48), ("nurse", 12))
ENROLLED = 0.55
TAUGHT = {"prof-a": ("algebra", "biology"), "prof-b": ("biology", "chemistry")}
VICTIM, STUDIOUS = "nurse-003", "student-007"
NIGHTS = 3
PEERS_SHARE = 5
"""One question in so many is asked about peers, beside each peer's own."""

PATH = "/v1/analytics/groups"
ITEMS = 12

BASIS = f"""
id = "bench-disclosure"
tenant = "{TENANT}"
purposes = ["learning_support"]
text_version = "bench-1"
evidence = "made up for the bench"
person_responsible = "the bench"
historical = true
"""
COLUMNS = """
layout = "rows"
[columns]
user_id = "learner"
question_id = "item"
topic_id = "topic"
correct = "right"
[constants]
event_name = "question_submitted"
[time]
column = "at"
precision = "exact"
"""


def run(*, queries: int = 10_000, protection: str = "full", baselines: bool = True) -> dict[str, Any]:
    """Attack; see the module.

    Returns:
        {"queries", "cells_recovered", "values_recovered", "contradictions", "published": {...}, "peers": {...},
        "seconds", "baselines": {"suppression": {...}, "none": {...}}}
    """
    result = _attacked(queries, protection)
    if baselines:
        weaker = [one for one in ("suppression", "none") if one != protection]
        result["baselines"] = {one: _attacked(min(queries, 1_500), one) for one in weaker}
    return result


@dataclass
class Truth:
    """Mastery of every learner by night, from the learners' own answers: (night, learner, topic) to the value."""

    enrolled: Mapping[str, tuple[str, ...]]
    personas: Mapping[str, str]
    values: dict[tuple[int, str, str], float] = field(default_factory=dict)

    def count(self, group: Group, bands: Sequence[int]) -> int:
        """Learners of a group in some bands."""
        return sum(
            (group.persona in (ALL, self.personas[user]))
            and (group.course == "" or group.course in self.enrolled[user])
            and band_of(value) in bands
            for (night, user, topic), value in self.values.items()
            if night == group.night and topic == group.topic
        )


def band_of(value: float) -> int:
    """The band of a mastery."""
    return max(band for band, edge in enumerate(EDGES) if value >= edge)


def _attacked(queries: int, protection: str) -> dict[str, Any]:
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="akademos-bench-disclosure-") as folder:
        Path(folder).chmod(0o711)
        bench = _Bench(_Development(Path(folder) / "data"), Path(folder), protection)
        facts, contradictions = bench.play(queries)
    answered = Answered(facts, bench.floor, bench.step, bench.caps)
    attack, truth = Attack(answered), bench.truth
    cells = {
        (found.group, found.bands) for found in attack.cells() if truth.count(found.group, found.bands) == found.value
    }
    for night, user in ((0, VICTIM), (1, STUDIOUS)):
        cells |= {
            (found.group, (*found.bands, -1))
            for found in attack.differences(night, truth.personas[user])
            if found.bands == (_band(truth.values.get((night, user, found.group.topic))),)
        }
    values = {
        (course, topic)
        for course, topic, low, high in attack.values(0, truth.personas[VICTIM])
        if low - 0.01 <= truth.values.get((0, VICTIM, topic), -1.0) <= high + 0.01
    }
    peers = bench.peers
    of_peers = peers.recovered(bench.floor, bench.step, bench.caps, (0, VICTIM))
    shown = [fact for group, fact in facts.items() if group.night == NIGHTS - 1]
    told = [fact for group, fact in peers.facts.items() if group.night == NIGHTS - 1]
    return {
        "queries": bench.asked + peers.asked,
        "cells_recovered": len(cells) + len(of_peers),
        "values_recovered": len(values),
        "contradictions": contradictions,
        "published": {
            "groups": sum(fact.learners is not None for fact in shown),
            "of": len(shown),
            "means": sum(fact.mastery is not None for fact in shown),
            "shares": sum(share is not None for fact in shown for share in (fact.mastered, fact.weak)),
        },
        "peers": {
            "queries": peers.asked,
            "cells_recovered": len(of_peers),
            "topics": sum(fact.learners is not None for fact in told),
            "shares": sum(share is not None for fact in told for share in (fact.mastered, fact.weak)),
            "standings": sum(night == NIGHTS - 1 for night, _ in peers.standings),
        },
        "seconds": round(time.perf_counter() - started, 1),
    }


def _band(value: float | None) -> int | None:
    return None if value is None else band_of(value)


class _Development(Installation):
    """Where the protection may be weakened."""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "AKADEMOS_ENVIRONMENT": "development"}


class _Bench:
    """One institution, its nights, and those who ask."""

    def __init__(self, installation: Installation, folder: Path, protection: str) -> None:
        self._installation = installation
        self._folder = folder
        self._protection = protection
        self._chance = random.Random(SEED)  # noqa: S311 -- the order of a bench
        self.asked = 0
        self.floor, self.step, self.caps = 10, 5, (0.05, 0.95)
        people = {f"{persona}-{n:03d}": persona for persona, count in PERSONAS for n in range(count)}
        enrolled = {
            user: tuple(course for course in COURSES if self._chance.random() < ENROLLED) or (COURSES[0],)
            for user in people
        }
        enrolled[VICTIM] = COURSES
        self.truth = Truth(enrolled, people)
        self.peers = PeersUnderAttack(
            list(people), (VICTIM, STUDIOUS), enrolled, lambda user: self._headers(user, "learner"), self._chance
        )

    def play(self, queries: int) -> tuple[dict[Group, Fact], int]:
        """Live through the nights, asking; facts, and how often two answers contradicted each other."""
        self._furnish()
        self._key = base64.urlsafe_b64decode(self._installation.run("token", TENANT, "--signing-key").strip())
        facts: dict[Group, Fact] = {}
        contradictions = 0
        with (
            self._installation.served("--no-worker") as server,
            httpx.Client(base_url=server.url, timeout=60) as client,
        ):
            self.peers.choose(client)
            for night in range(NIGHTS):
                if night == 1:
                    self._withdraw(client, VICTIM)
                if night == 2:
                    self._ingest("more", [(STUDIOUS, topic, 40) for topic in _topics("algebra")])
                for job in (
                    *([("withdrawals",)] if night == 1 else []),
                    ("learner_states",),
                    ("group_statistics", "--protection", self._protection),
                    ("peer_comparison", "--protection", self._protection),
                ):
                    self._installation.run("jobs", "run", *job)
                self._learn_truth(client, night)
                share = queries // NIGHTS + (queries % NIGHTS if night == NIGHTS - 1 else 0)
                contradictions += self._ask(client, night, share, facts)
                contradictions += self.peers.ask(client, night, share // PEERS_SHARE)
                print(f"night {night + 1} of {NIGHTS}: {self.asked + self.peers.asked:,} questions", flush=True)
        return facts, contradictions

    def _furnish(self) -> None:
        records = self._folder / "records"
        records.mkdir(parents=True)
        staff = [(user, "staff", "instructor", user) for user in TAUGHT]
        people = [(user, "learner", persona, user) for user, persona in self.truth.personas.items()]
        topics = [(topic, course, topic, n) for course in COURSES for n, topic in enumerate(_topics(course))]
        _write(records / "people.csv", ("user_id", "kind", "persona", "display_name"), [*staff, *people])
        _write(records / "courses.csv", ("course_id", "title"), [(one, one.title()) for one in COURSES])
        _write(records / "topics.csv", ("topic_id", "course_id", "name", "position"), topics)
        enrolments = [(user, course) for user, courses in self.truth.enrolled.items() for course in courses]
        _write(records / "enrolments.csv", ("user_id", "course_id"), enrolments)
        assigned = [(user, course, "instructor") for user, courses in TAUGHT.items() for course in courses]
        _write(records / "staff_assignments.csv", ("user_id", "course_id", "role"), assigned)
        (self._folder / "basis.toml").write_text(BASIS)
        (self._folder / "columns.toml").write_text(COLUMNS)
        self._installation.run("tenant", "create", TENANT, "--name", "Bench")
        self._installation.run("records", "import", str(records), "--tenant", TENANT)
        self._installation.run("tenant", "role", "grant", TENANT, "root", "admin")
        self._ingest("first", [
            (user, topic, 6 + self._chance.randrange(8))
            for user, courses in self.truth.enrolled.items()
            for course in courses
            for topic in _topics(course)
            if user == VICTIM or self._chance.random() < 0.92
        ])  # fmt: skip

    def _ingest(self, name: str, work: Sequence[tuple[str, str, int]]) -> None:
        """Answers: (learner, topic, how many)."""
        chance = np.random.default_rng([SEED, len(work)])
        rows = []
        first = datetime.now(UTC) - timedelta(hours=60 if name == "first" else 2)
        for user, topic, answers in work:
            ability = chance.uniform(0.35, 1.0)
            for number in range(answers):
                at = first + timedelta(seconds=int(chance.integers(0, 3_600)) + number)
                rows.append((user, f"{topic}-q{number % ITEMS}", topic, bool(chance.random() < ability), at))
        folder = self._folder / name
        folder.mkdir()
        table = pl.DataFrame(rows, schema=["learner", "item", "topic", "right", "at"], orient="row")
        table.sort("learner", "at").write_parquet(folder / "answers.parquet")
        maps = ("--basis", str(self._folder / "basis.toml"), "--map", str(self._folder / "columns.toml"))
        self._installation.run("ingest", str(folder), "--layout", "rows", *maps)

    def _headers(self, user: str, role: str) -> dict[str, str]:
        now = int(datetime.now(UTC).timestamp())
        claims = {"iss": "akademos", "tenant": TENANT, "role": role, "sub": user, "iat": now, "exp": now + 36_000}
        return {"Authorization": f"Bearer {jwt.encode(claims, self._key, algorithm='HS256')}"}

    def _withdraw(self, client: httpx.Client, user: str) -> None:
        decision = {"purposes": ["learning_support"], "decision": "withdrawn", "text_version": "bench-1"}
        client.post("/v1/consent", json=decision, headers=self._headers(user, "learner")).raise_for_status()

    def _learn_truth(self, client: httpx.Client, night: int) -> None:
        """Ask every learner who may be asked."""
        for user in self.truth.personas:
            answer = client.get("/v1/analytics/mastery", headers=self._headers(user, "learner"))
            if answer.status_code == httpx.codes.FORBIDDEN:
                continue
            answer.raise_for_status()
            body = answer.json()
            for one in ({"topic_id": ALL, **body["overall"]}, *body["topics"]):
                if one["status"] == "ok":
                    self.truth.values[night, user, one["topic_id"]] = one["value"]

    def _ask(self, client: httpx.Client, night: int, count: int, facts: dict[Group, Fact]) -> int:
        """Ask so many questions; how often an answer said something else than one before."""
        askers = {
            ("root", "admin"): ("", *COURSES),
            **{(user, "instructor"): taught for user, taught in TAUGHT.items()},
        }
        heads = {asker: self._headers(*asker) for asker in askers}
        contradictions = 0
        for number in range(count):
            asker = self._chance.choice(sorted(askers))
            chosen: dict[str, str] = {}
            if number >= len(askers):  # the first ask for everything
                course = self._chance.choice(askers[asker])
                wide = self._chance.random() < 0.3
                if course and not wide:
                    chosen["course"] = course
                if self._chance.random() < 0.7:
                    chosen["topic"] = self._chance.choice([ALL, *_topics(course or COURSES[0])])
                if self._chance.random() < 0.6:
                    chosen["persona"] = self._chance.choice([ALL, *(name for name, _ in PERSONAS)])
            else:
                asker = sorted(askers)[number]
            export = self._chance.random() < 0.3
            accept = {"Accept": "text/csv" if export else "application/json"}
            answer = client.get(PATH, params=chosen, headers={**heads[asker], **accept})
            if answer.status_code != httpx.codes.OK:
                raise Unavailable(
                    f"{PATH} answered {answer.status_code}: {answer.text[:300]}", hint="See what it says."
                )
            self.asked += 1
            for group, fact in _facts(answer, night, export=export):
                contradictions += facts.setdefault(group, fact) != fact
            if not export:
                told = answer.json()["protection"]
                self.floor, self.step = told["smallest_group"], told["counts_rounded_to"]
                self.caps = (told["shares_within"][0], told["shares_within"][1])
        return contradictions


def _facts(answer: httpx.Response, night: int, *, export: bool) -> list[tuple[Group, Fact]]:
    rows: Sequence[Mapping[str, Any]]
    rows = list(csv.DictReader(io.StringIO(answer.text))) if export else answer.json()["groups"]
    return [
        (
            Group(night, row["course_id"] or "", row["topic_id"], row["persona"]),
            Fact(
                None if row["learners"] in (None, "") else int(row["learners"]),
                *(None if row[name] in (None, "") else float(row[name]) for name in ("mastery", "mastered", "weak")),
            ),
        )
        for row in rows
    ]


def _topics(course: str) -> list[str]:
    return [f"{course}-{number}" for number in range(TOPICS_EACH)]


def _write(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
