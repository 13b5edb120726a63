"""`bench records`: how long it takes to look up learning records, how fast events become progress, and how fast the
audit log is verified.

An installation of its own is made through the doors: record files, a bulk import of study events under a recorded
basis, the job that makes progress of them; then `serve`, and the database's own look at its tables, which comes within
seconds of any import. Learners look up single rows of their own and their lists in a course; a service looks at lists
of a course and of a state. Once the worker has followed the changes that the import made, and made up for the jobs of
the night, events arrive at a fixed rate while learners go on reading, until the last one is seen in the progress. The
audit log is one of consent decisions that were imported, and of their entries once more until there are as many rows as
asked.
"""

from __future__ import annotations

import csv
import json
import random
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import polars as pl

from akademos.bench.answers import token_signer
from akademos.bench.audit import verified
from akademos.bench.installation import Installation
from akademos.errors import Unavailable

TENANT, AUDITED = "bench", "audited"
COURSES, LESSONS = 10, 99
"""Each learner is in one course and has begun every lesson of it: a hundred rows with the course's own."""

SEED = 5
PER_BATCH = 100
LISTS_PER_LOOKUP = 0.2
LATEST_S = 120.0
ROWS_PER_FILE = 500_000
DECISIONS, REPEATED_AT_ONCE = 2_000, 50_000
_AUDIT_ROWS = "SELECT count(*) FROM akademos.audit_log WHERE tenant_id = %s"
_REPEAT_AUDIT_ROWS = """
    INSERT INTO akademos.audit_log (tenant_id, actor, action, subject, detail)
    SELECT tenant_id, actor, action, subject, detail FROM akademos.audit_log WHERE tenant_id = %s ORDER BY seq LIMIT %s
"""

BASIS = f"""
id = "bench-records"
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
material_id = "lesson"
course_id = "course"
progress = "share"
[constants]
event_name = "material_progressed"
[time]
column = "at"
precision = "exact"
"""

Headers = Mapping[str, str]


def run(
    *,
    rows: int = 1_000_000,
    lookups: int = 2_000,
    events_per_s: int = 1_000,
    seconds: float = 30.0,
    audit_rows: int = 1_000_000,
) -> dict[str, Any]:
    """Measure; see the module.

    Args:
        rows: of progress, before the events arrive.
        lookups: how many are timed; and of each kind of list a fifth of it.
        events_per_s, seconds: the load of events while learners read.
        audit_rows: entries of the audit log before it is verified.

    Returns:
        {"lookup": {"p50_ms", "p99_ms", "answers"}, "list": {...} of a service by course and state, "list_own": {...},
        "audit_verify_rows_per_s", "audit_rows", "progress": {"events_per_s" that were sent, "to_rows_per_s" from the
        first sent to the last seen, "last_seen_after_s", "lookup_p99_ms" meanwhile}, "rows", "seeding"}
    """
    learners = max(COURSES, rows // (LESSONS + 1))
    with tempfile.TemporaryDirectory(prefix="akademos-bench-records-") as made:
        folder = Path(made)
        folder.chmod(0o711)
        installation = Installation(folder / "data")
        installation.data.mkdir()
        seeding = _seed(installation, folder, learners)
        key = installation.run("tenant", "key", TENANT, "bench", "--scope", "records", "--scope", "ingest")
        sign = token_signer(installation, TENANT)
        tokens = [sign(_user(number)) for number in range(learners)]
        service = {"Authorization": f"Bearer {key}"}
        with installation.served("--no-worker") as server, httpx.Client(base_url=server.url, timeout=60) as client:
            installation.settle()
            result = _ask(client, tokens, service, lookups)
        with installation.served() as server:
            seeding["followed_s"] = round(installation.follow(), 1)
            installation.settle()
            result["progress"] = _live(server.url, tokens, service, events_per_s, seconds)
        seeding["audit_s"] = _fill_audit_log(installation, folder, audit_rows)
        result |= verified(installation, tenant=AUDITED)
    return {**result, "rows": learners * (LESSONS + 1), "learners": learners, "seeding": seeding}


def _seed(installation: Installation, folder: Path, learners: int) -> dict[str, float]:
    """Records and a history of study, and progress from it; seconds of each."""
    records, files = folder / "records", folder / "events"
    for one in (records, files):
        one.mkdir()
    courses = [f"course-{number}" for number in range(COURSES)]
    tables: Mapping[str, tuple[tuple[str, ...], list[tuple[str, ...]]]] = {
        "courses.csv": (("course_id", "title"), [(one, one) for one in courses]),
        "modules.csv": (("module_id", "course_id", "title"), [(f"{one}-m", one, one) for one in courses]),
        "lessons.csv": (
            ("lesson_id", "module_id", "course_id", "title", "content_type", "status"),
            [(_lesson(c, n), f"{courses[c]}-m", courses[c], f"Lesson {n}", "page", "published")
             for c in range(COURSES) for n in range(LESSONS)],
        ),
    }  # fmt: skip
    for name, (header, lines) in tables.items():
        with (records / name).open("w", newline="") as file:
            csv.writer(file).writerows([header, *lines])
    (folder / "basis.toml").write_text(BASIS)
    (folder / "columns.toml").write_text(COLUMNS)
    per_file = max(1, ROWS_PER_FILE // LESSONS)
    for first in range(0, learners, per_file):
        people = range(first, min(first + per_file, learners))
        _history(people).write_parquet(files / f"events-{first:06d}.parquet")
    installation.run("tenant", "create", TENANT)
    ingest = ("ingest", str(files), "--layout", "rows", "--map", str(folder / "columns.toml"))
    taken = {}
    for step, words in {
        "records": ("records", "import", str(records), "--tenant", TENANT),
        "ingest": (*ingest, "--basis", str(folder / "basis.toml")),
        "progress": ("jobs", "run", "progress"),
    }.items():
        started = time.perf_counter()
        installation.run(*words)
        taken[f"{step}_s"] = round(time.perf_counter() - started, 1)
    return taken


def _history(people: Sequence[int]) -> pl.DataFrame:
    """Every learner has begun every lesson of a course, some time in the last year."""
    chance = np.random.default_rng([SEED, people[0]])
    rows = len(people) * LESSONS
    ago = chance.integers(86_400, 365 * 86_400, rows)
    return pl.DataFrame(
        {
            "learner": np.repeat([_user(number) for number in people], LESSONS),
            "lesson": [_lesson(number % COURSES, lesson) for number in people for lesson in range(LESSONS)],
            "course": np.repeat([f"course-{number % COURSES}" for number in people], LESSONS),
            "share": chance.uniform(0.05, 0.45, rows).round(3),
            "at": ((int(datetime.now(UTC).timestamp()) - ago) * 1_000_000).astype("datetime64[us]"),
        }
    ).with_columns(pl.col("at").dt.replace_time_zone("UTC"))


def _user(number: int) -> str:
    return f"learner-{number:05d}"


def _lesson(course: int, number: int) -> str:
    return f"course-{course}-{number:02d}"


def _row(number: int, lesson: int) -> str:
    return f"/v1/records/progress/{_user(number)},lesson,{_lesson(number % COURSES, lesson)}"


def _ask(client: httpx.Client, tokens: Sequence[Headers], service: Headers, lookups: int) -> dict[str, Any]:
    chance = random.Random(SEED)  # noqa: S311 -- the order of a bench

    def lookup() -> None:
        number = chance.randrange(len(tokens))
        _get(client, _row(number, chance.randrange(LESSONS)), tokens[number])

    def own_list() -> None:
        number = chance.randrange(len(tokens))
        course = f"course-{number % COURSES}"
        _get(client, f"/v1/records/progress?course_id={course}&state=in_progress&limit=50", tokens[number])

    def course_list() -> None:
        course = f"course-{chance.randrange(COURSES)}"
        _get(client, f"/v1/records/progress?course_id={course}&state=in_progress&limit=50", service)

    for ask in (lookup, own_list, course_list):
        for _ in range(5):  # the processes have everything imported and prepared
            ask()
    lists = max(10, round(lookups * LISTS_PER_LOOKUP))
    return {
        "lookup": _timed(lookup, lookups),
        "list": _timed(course_list, lists),
        "list_own": _timed(own_list, lists),
    }


def _get(client: httpx.Client, path: str, headers: Headers) -> httpx.Response:
    answer = client.get(path, headers=headers)
    while answer.status_code == httpx.codes.TOO_MANY_REQUESTS:  # a key's rate, which is not what is measured
        time.sleep(float(answer.headers["Retry-After"]))
        answer = client.get(path, headers=headers)
    if answer.status_code != httpx.codes.OK:
        raise Unavailable(f"{path} answered {answer.status_code}: {answer.text[:300]}", hint="See what it says.")
    return answer


def _timed(ask: Callable[[], object], times: int) -> dict[str, float]:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        took = time.perf_counter() - started
        if took < 0.5:  # else a key's rate was waited for
            taken.append(took)
    return _quantiles(taken)


def _quantiles(taken: Sequence[float]) -> dict[str, float]:
    p50, p99 = np.quantile(taken, [0.5, 0.99]) * 1_000
    return {"p50_ms": round(float(p50), 2), "p99_ms": round(float(p99), 2), "answers": len(taken)}


@dataclass
class _Reader:
    """Looks up rows of learners until told to stop."""

    url: str
    tokens: Sequence[Headers]
    stop: threading.Event
    taken: list[float]

    def run(self) -> None:
        chance = random.Random(SEED + 1)  # noqa: S311 -- the order of a bench
        with httpx.Client(base_url=self.url, timeout=60) as client:
            while not self.stop.is_set():
                number = chance.randrange(len(self.tokens))
                started = time.perf_counter()
                _get(client, _row(number, chance.randrange(LESSONS)), self.tokens[number])
                self.taken.append(time.perf_counter() - started)
                self.stop.wait(0.01)


def _live(url: str, tokens: Sequence[Headers], service: Headers, events_per_s: int, seconds: float) -> dict[str, float]:
    """Send events at a rate while somebody reads; when is the last one in the progress?"""
    chance = random.Random(SEED + 2)  # noqa: S311 -- the order of a bench
    reader = _Reader(url, tokens, threading.Event(), [])
    reading = threading.Thread(target=reader.run)
    reading.start()
    batches = max(1, round(events_per_s * seconds / PER_BATCH))
    last: list[tuple[int, int]] = []
    try:
        with httpx.Client(base_url=url, timeout=60) as client:
            began = time.perf_counter()
            for batch in range(batches):
                share = 0.5 + 0.48 * (batch + 1) / batches
                last = [(chance.randrange(len(tokens)), chance.randrange(LESSONS)) for _ in range(PER_BATCH)]
                body = {"events": [_progressed(number, lesson, share) for number, lesson in last]}
                answer = client.post("/v1/events/batch", json=body, headers=service)
                answer.raise_for_status()
                if answer.json()["counts"]["accepted"] != PER_BATCH:
                    raise Unavailable(f"events were not accepted: {answer.text[:300]}", hint="See what it says.")
                time.sleep(max(0.0, began + (batch + 1) * PER_BATCH / events_per_s - time.perf_counter()))
            sent = time.perf_counter()
            _await(client, tokens, last, 98.0, sent + LATEST_S)
            seen = time.perf_counter()
    finally:
        reader.stop.set()
        reading.join()
    events = batches * PER_BATCH
    return {
        "events": events,
        "events_per_s": round(events / (sent - began), 1),
        "to_rows_per_s": round(events / (seen - began), 1),
        "last_seen_after_s": round(seen - sent, 2),
        "lookup_p99_ms": _quantiles(reader.taken)["p99_ms"],
    }


def _progressed(number: int, lesson: int, share: float) -> dict[str, Any]:
    course = number % COURSES
    return {
        "event_id": str(uuid.uuid4()),
        "event_name": "material_progressed",
        "client_timestamp": (datetime.now(UTC) - timedelta(milliseconds=1)).isoformat(),
        "user_id": _user(number),
        "course_id": f"course-{course}",
        "material_id": _lesson(course, lesson),
        "properties": {"progress": round(share, 4)},
    }


def _await(
    client: httpx.Client, tokens: Sequence[Headers], rows: Sequence[tuple[int, int]], percent: float, until: float
) -> None:
    """Return once every one of the rows has come so far."""
    for number, lesson in rows:
        while _get(client, _row(number, lesson), tokens[number]).json()["percentage"] < percent:
            if time.perf_counter() > until:
                raise Unavailable(f"after {LATEST_S:g} s events are not in the progress", hint="What the log says.")
            time.sleep(0.02)


def _fill_audit_log(installation: Installation, folder: Path, rows: int) -> float:
    """Import consent decisions, each an audit entry, then repeat the entries until there are so many; seconds it took.

    What is repeated is chained by the table's own trigger, as every entry is.
    """
    installation.run("tenant", "create", AUDITED)
    path = folder / "decisions.jsonl"
    decisions = min(rows, DECISIONS)
    start, people = datetime(2026, 1, 1, tzinfo=UTC), max(1, decisions // 10)
    with path.open("w") as file:
        for number in range(decisions):
            said = {
                "user_id": f"person-{number % people}",
                "purpose": "learning_support",
                "decision": ("granted", "withdrawn")[number // people % 2],
                "text_version": "1",
                "evidence": "made up for the bench",
                "decided_at": (start + timedelta(seconds=number)).isoformat(),
            }
            file.write(json.dumps(said) + "\n")
    started = time.perf_counter()
    installation.run("consent", "import", str(path), "--tenant", AUDITED)
    with installation.served("--no-worker"), installation.connection() as connection:
        (written,) = connection.execute(_AUDIT_ROWS, (AUDITED,)).fetchone() or (0,)
        while written < rows:
            more = min(rows - written, written, REPEATED_AT_ONCE)
            connection.execute(_REPEAT_AUDIT_ROWS, (AUDITED, more))
            connection.commit()
            connection.execute("SET ROLE akademos_pipeline")
            written += more
    return round(time.perf_counter() - started, 1)
