"""Is a revocation honoured by the very next request, in every process, under load?

Protocol: a server of several processes, kept busy by askers of other learners. A trial takes a learner whose answers
were just given out (warm caches, a known ETag), puts requests of that learner under way, withdraws the consent in the
middle of them, and from the moment the withdrawal is acknowledged asks each address anew, each on a connection of its
own so that any process may get it, plainly and with If-None-Match. Half of the looks are the learner's own, half
those of the instructor, at the API and at the pages (dashboards); the instructor's list must not name the learner. An
answer that is not a refusal is a leak. Requests that were under way before the acknowledgement are not judged. Then
consent is given again for the next trial. Exports in preparation have trials of their own (`revocation_exports`).
"""

from __future__ import annotations

import csv
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any

import orjson

from akademos.bench import revocation_exports
from akademos.bench.answers import token_signer
from akademos.bench.installation import Installation, consent_all, temporary
from akademos.errors import Unavailable

TENANT = "bench"
PROCESSES = 4
LEARNERS = 60
ANSWERS_EACH = 30
LOADERS = 2
ASKED_AGAIN = 8
"""Requests after each acknowledgement, half of them with If-None-Match."""

UNDER_WAY = 4
EXPORT_EVERY = 100
"""One export for so many revocations."""

PROGRESS_EVERY = 100
PURPOSES = ["learning_support"]
ADDRESSES = (
    "/v1/analytics/dashboard",
    "/v1/analytics/mastery",
    "/v1/analytics/mastery/topic-1",
    "/v1/analytics/reviews",
    "/v1/analytics/knowledge-gaps",
    "/v1/analytics/exam-readiness",
    "/v1/analytics/study-efficiency",
    "/my-progress",
    "/my-study-habits",
)
ROSTERS = ("/v1/learners", "/learners")
INSTRUCTOR = "prof"
COURSE = "algebra"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: when it was sent (monotonic seconds), and what came back."""

    sent: float
    status: int
    etag: str


def leaked(asked: Sequence[Asked], acknowledged: float) -> int:
    """How many requests sent after the acknowledgement got anything but a refusal (403)."""
    return sum(one.status != 403 for one in asked if one.sent > acknowledged)


def run(*, trials: int = 1_000, processes: int = PROCESSES, seed: int = 7) -> dict[str, Any]:
    """Run the trials.

    Returns:
        {"trials", "leaks", "requests_after", "processes", "load_per_s", "exports": {"trials", "leaks"}}; the leaks of
        exports are among `leaks`.

    Raises:
        Unavailable: an answer that should have been given was not, so that a trial would prove nothing.
    """
    chance = random.Random(seed)  # noqa: S311  # which learner and when, not a secret
    with temporary() as installation:
        users = [f"learner-{number:03d}" for number in range(LEARNERS)]
        _enrol(installation, users)
        ingest, consents = (
            installation.run("tenant", "key", TENANT, scope, "--scope", scope).splitlines()[-1]
            for scope in ("ingest", "consent")
        )
        sign = token_signer(installation, TENANT)
        with installation.served("--processes", str(processes)) as server:
            consent_all(server.url, consents, users, [*PURPOSES, "research"])
            site = Site(server.port, consents, sign)
            site.send(ingest, users)
            with Load(site, users[LEARNERS // 2 :]) as load, ThreadPoolExecutor(UNDER_WAY + ASKED_AGAIN) as pool:
                leaks = judged = 0
                for number in range(1, trials + 1):
                    user = chance.choice(users[: LEARNERS // 2])
                    asked, acknowledged = trial(site, pool, user, chance)
                    leaks += leaked(asked, acknowledged)
                    judged += sum(one.sent > acknowledged for one in asked)
                    if number % PROGRESS_EVERY == 0:
                        print(f"{number:,} of {trials:,} revocations: {leaks} leaks", flush=True)
            exports = revocation_exports.run(installation, site.decide, users, trials=-(-trials // EXPORT_EVERY))
            return {
                "trials": trials,
                "leaks": leaks + exports["leaks"],
                "requests_after": judged,
                "processes": processes,
                "load_per_s": round(load.answered / load.seconds, 1),
                "exports": exports,
            }


def _enrol(installation: Installation, users: Sequence[str]) -> None:
    """A tenant with one course, its instructor, and a researcher."""
    starts = datetime.now(UTC).date() - timedelta(days=3)
    files: dict[str, list[tuple[str, ...]]] = {
        "courses.csv": [("course_id", "title", "starts_on"), (COURSE, "Algebra", starts.isoformat())],
        "topics.csv": [("topic_id", "course_id", "name"), *((f"topic-{n}", COURSE, f"Topic {n}") for n in range(3))],
        "people.csv": [
            ("user_id", "kind", "persona", "display_name"),
            *((who, "staff", "instructor", who) for who in (INSTRUCTOR, revocation_exports.RESEARCHER)),
            *((user, "learner", "student", user) for user in users),
        ],
        "enrolments.csv": [("user_id", "course_id"), *((user, COURSE) for user in users)],
        "staff_assignments.csv": [("user_id", "course_id", "role"), (INSTRUCTOR, COURSE, "instructor")],
    }
    folder = installation.data / "bench-records"
    folder.mkdir(parents=True)
    for name, rows in files.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
    installation.run("tenant", "create", TENANT)
    installation.run("records", "import", str(folder), "--tenant", TENANT)
    installation.run("tenant", "role", "grant", TENANT, revocation_exports.RESEARCHER, "researcher")


def trial(site: Site, pool: ThreadPoolExecutor, user: str, chance: random.Random) -> tuple[list[Asked], float]:
    """One trial: every request of it, and when the withdrawal was acknowledged."""
    address = chance.choice(ADDRESSES)
    before = site.ask(user, address)
    if before.status != 200:
        raise Unavailable(
            f"{address} answered {before.status} although there is consent.", hint="See the server's log."
        )
    under_way = [pool.submit(site.ask, user, one) for one in chance.choices(ADDRESSES, k=UNDER_WAY)]
    time.sleep(chance.uniform(0, 0.02))
    site.decide(user, "withdrawn")
    acknowledged = time.monotonic()
    after = [
        pool.submit(
            site.ask,
            user,
            address if number % 2 else chance.choice(ADDRESSES),
            before.etag * (number % 2),
            instructor=number % 4 > 1,
        )
        for number in range(ASKED_AGAIN)
    ]
    after.append(pool.submit(site.listed, user, chance.choice(ROSTERS)))
    asked = [one.result() for one in (*under_way, *after)]
    site.decide(user, "granted")
    return asked, acknowledged


class Site:
    """The server as its clients see it; each request on a connection of its own."""

    def __init__(self, port: int, consents: str, sign: Callable[..., dict[str, str]]) -> None:
        self._port = port
        self._consents = {"Authorization": f"Bearer {consents}"}
        self._sign = sign

    def ask(self, user: str, address: str, etag: str = "", *, instructor: bool = False) -> Asked:
        """A question of a learner about themself, or of the instructor about the learner."""
        headers = self._headers(address, instructor=instructor, user=user) | ({"If-None-Match": etag} if etag else {})
        if instructor:
            address += f"?learner={user}"
        sent = time.monotonic()
        status, tag, _ = self._request("GET", address, headers)
        return Asked(sent, status, tag)

    def listed(self, user: str, address: str) -> Asked:
        """The instructor's list: it counts as refused for this learner when it does not name them."""
        sent = time.monotonic()
        status, _, said = self._request("GET", address, self._headers(address, instructor=True, user=user))
        return Asked(sent, 403 if status == 200 and user.encode() not in said else status, "")

    def _headers(self, address: str, *, instructor: bool, user: str) -> dict[str, str]:
        accept = "application/json" if address.startswith("/v1/") else "text/html"
        signed = self._sign(INSTRUCTOR, "instructor") if instructor else self._sign(user)
        return {**signed, "Accept": accept}

    def decide(self, user: str, decision: str, purposes: Sequence[str] = PURPOSES) -> None:
        """Record a decision; returns when it is acknowledged."""
        said = {"purposes": list(purposes), "decision": decision, "text_version": "bench", "user_id": user}
        self._post("/v1/consent", said, self._consents)

    def send(self, key: str, users: Sequence[str]) -> None:
        """Some answers of each learner, and wait until they are shown."""
        for user in users:
            events = [
                {
                    "event_name": "question_submitted",
                    "user_id": user,
                    "topic_id": f"topic-{number % 3}",
                    "question_id": f"q-{number}",
                    "properties": {"correct": number % 2 == 0, "time_to_answer_seconds": 20},
                }
                for number in range(ANSWERS_EACH)
            ]
            self._post("/v1/events/batch", {"events": events}, {"Authorization": f"Bearer {key}"})
        deadline = time.monotonic() + 60
        while b'"answers":%d' % ANSWERS_EACH not in self._request("GET", ADDRESSES[0], self._sign(users[-1]))[2]:
            if time.monotonic() > deadline:
                raise Unavailable("The answers sent are not shown.", hint="Does the worker run?")
            time.sleep(0.1)

    def _post(self, address: str, content: object, headers: dict[str, str]) -> None:
        status, _, said = self._request(
            "POST", address, {**headers, "Content-Type": "application/json"}, orjson.dumps(content)
        )
        if status != 200:
            raise Unavailable(f"{address} answered {status}: {said.decode()}", hint="See the server's log.")

    def _request(
        self, method: str, address: str, headers: dict[str, str], content: bytes | None = None
    ) -> tuple[int, str, bytes]:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request(method, address, content, headers)
            reply = connection.getresponse()
            return reply.status, reply.headers.get("ETag", ""), reply.read()
        finally:
            connection.close()


class Load:
    """Askers that keep every process busy meanwhile."""

    def __init__(self, site: Site, users: Sequence[str]) -> None:
        self._site = site
        self._users = users
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(LOADERS)]
        self.answered = 0
        self.seconds = 0.0

    def __enter__(self) -> Load:
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()
        self.seconds = time.monotonic() - self._started

    def _ask(self) -> None:
        chance = random.Random(threading.get_ident())  # noqa: S311
        while not self._ended.is_set():
            self._site.ask(chance.choice(self._users), chance.choice(ADDRESSES))
            self.answered += 1
