"""`bench answers`: how long the answers take, of learners with a year of events behind them.

Makes an installation of its own through the doors (records, a bulk import under a recorded basis, the nightly run,
`serve`), then asks as the learners would, one request after the other. The figure of each endpoint is of answers that
no cache holds; answers asked again, 304 and past instants stand beside it.

Some learners have ten times the history of the others. `growth` is what an answer to one of them takes as a multiple
of what it takes for the others: the two kinds stand mixed in one row of questions; medians.

What is made up is the year (`year.year_of`), the curriculum and who consents; the states are those of the nightly job.
"""

from __future__ import annotations

import base64
import csv
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import numpy as np
import psutil

from akademos.bench.installation import Installation
from akademos.bench.year import SEED, Catalogue, year_of
from akademos.errors import Unavailable

TENANT = "bench"
TOPICS, PARENTS, ITEMS, MATERIALS = 60, 6, 1_200, 240
COURSE, EXAM = "bench-course", "exam"
EXAM_IN_DAYS = 60
ROWS_PER_FILE = 500_000
LONG = 10
"""Times the history of the others that some learners have."""

PATHS: Mapping[str, str] = {
    "dashboard": "/v1/analytics/dashboard",
    "mastery": "/v1/analytics/mastery",
    "mastery_topic": "/v1/analytics/mastery/t{topic}",
    "reviews": "/v1/analytics/reviews",
    "knowledge_gaps": "/v1/analytics/knowledge-gaps",
    "study_efficiency": "/v1/analytics/study-efficiency",
    "study_patterns": "/v1/analytics/study-patterns",
    "exam_readiness": "/v1/analytics/exam-readiness",
    "exam_plan": "/v1/analytics/exam-plan",
    "peers": "/v1/analytics/peers",
}
ASKED = 1_000
"""Learners asked at each endpoint, where there are so many."""
WARMED = 20
"""Learners asked before, whose answers do not count."""

PAST_ASKED = 60
"""A past instant is recomputed from the events, so fewer of them are asked."""

BASIS = f"""
id = "bench-answers"
tenant = "{TENANT}"
purposes = ["learning_support", "peer_comparison"]
text_version = "bench-1"
evidence = "made up for the bench"
person_responsible = "the bench"
historical = true
"""
COLUMNS = """
layout = "rows"
take_named = true
[time]
column = "client_timestamp"
"""


def run(
    *, learners: int = 10_000, events_each: int = 1_000, long_ones: int = 100, folder: Path | None = None
) -> dict[str, Any]:
    """Measure; see the module. With `folder` the installation is kept there and used again.

    Args:
        learners: with a year of `events_each` events.
        events_each: answers, heartbeats and openings of each.
        long_ones: learners beside them with ten times as many.
        folder: where the installation is kept.

    Returns:
        {endpoint: {"p50_ms", "p99_ms", "answers", "server_cpu_ms"}, ..., "growth": {endpoint: ratio of p50},
        "as_of_past": {...}, "baselines": {"asked_again": {...}, "not_modified": {...}, "no_answer": {...}},
        "learners", "events_each", "long_ones", "seeding": {...}}
    """
    if folder is not None:
        return _measured(folder, learners, events_each, long_ones)
    with tempfile.TemporaryDirectory(prefix="akademos-bench-answers-") as made:
        Path(made).chmod(0o711)
        return _measured(Path(made), learners, events_each, long_ones)


def _measured(folder: Path, learners: int, events_each: int, long_ones: int) -> dict[str, Any]:
    installation = Installation(folder / "data")
    installation.data.mkdir(parents=True, exist_ok=True)
    done = folder / f"seeded-{learners}-{events_each}-{long_ones}.json"
    if done.exists():
        seeding = json.loads(done.read_text())
    else:
        seeding = _seed(installation, folder, learners, events_each, long_ones)
        done.write_text(json.dumps(seeding))
    sign = token_signer(installation, TENANT)
    with (
        installation.served("--no-worker") as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        installation.settle()
        tokens = [sign(_user(number)) for number in range(learners + long_ones)]
        result = _ask_everything(client, tokens, learners, _cpu_of(server.process.pid))
    return {**result, "learners": learners, "events_each": events_each, "long_ones": long_ones, "seeding": seeding}


def _seed(
    installation: Installation, folder: Path, learners: int, events_each: int, long_ones: int
) -> dict[str, float]:
    """Records, a year of events, the night; seconds of each."""
    files, records = folder / "events", folder / "records"
    for made in (files, records):
        made.mkdir(parents=True, exist_ok=True)
    (folder / "basis.toml").write_text(BASIS)
    (folder / "columns.toml").write_text(COLUMNS)
    started = time.perf_counter()
    _write_records(records, learners + long_ones)
    _write_events(files, range(learners), events_each)
    _write_events(files, range(learners, learners + long_ones), LONG * events_each)
    seconds = {"generating_s": round(time.perf_counter() - started, 1)}
    installation.run("tenant", "create", TENANT, "--name", "Bench", "--time-zone", "Europe/Berlin")
    ingest = ("ingest", str(files), "--layout", "rows", "--map", str(folder / "columns.toml"))
    for step, words in {
        "records": ("records", "import", str(records), "--tenant", TENANT),
        "ingest": (*ingest, "--basis", str(folder / "basis.toml")),
        "nightly": ("jobs", "run", "learner_states"),
        "peers": ("jobs", "run", "peer_comparison"),
    }.items():
        started = time.perf_counter()
        installation.run(*words)
        seconds[f"{step}_s"] = round(time.perf_counter() - started, 1)
    return seconds


def _write_events(folder: Path, people: range, events_each: int) -> None:
    catalogue = Catalogue(
        COURSE,
        [f"q{number}" for number in range(ITEMS)],
        [_topic(number) for number in range(ITEMS)],
        [f"m{number}" for number in range(MATERIALS)],
        [_topic(number) for number in range(MATERIALS)],
    )
    now = datetime.now(UTC)
    per_file = max(1, ROWS_PER_FILE // events_each)
    for first in range(people.start, people.stop, per_file):
        some = [(number, _user(number)) for number in range(first, min(first + per_file, people.stop))]
        year_of(some, events_each, catalogue, now).write_parquet(folder / f"events-{first:06d}.parquet")


def _topic(number: int) -> str:
    return f"t{PARENTS + number % (TOPICS - PARENTS)}"


def _write_records(folder: Path, learners: int) -> None:
    topics = [(f"t{n}", "" if n < PARENTS else f"t{n % PARENTS}", COURSE, f"Topic {n}", n) for n in range(TOPICS)]
    exam_day = (datetime.now(UTC) + timedelta(days=EXAM_IN_DAYS)).date().isoformat()
    users = [_user(number) for number in range(learners)]
    tables: dict[str, tuple[tuple[str, ...], Iterable[tuple[object, ...]]]] = {
        "people.csv": (
            ("user_id", "kind", "persona", "time_zone", "display_name"),
            ((user, "learner", "", "", f"Learner {user[-5:]}") for user in users),
        ),
        "courses.csv": (("course_id", "title"), [(COURSE, "Bench course")]),
        "topics.csv": (("topic_id", "parent_id", "course_id", "name", "position"), topics),
        "topic_relationships.csv": (
            ("from_topic", "to_topic", "kind"),
            ((f"t{n}", f"t{n + 1}", "prerequisite") for n in range(PARENTS, TOPICS - 1) if n % 9),
        ),
        "items.csv": (
            ("question_id", "course_id", "topic_ids"),
            ((f"q{n}", COURSE, _topic(n)) for n in range(ITEMS)),
        ),
        "materials.csv": (
            ("material_id", "course_id", "kind", "title", "topic_ids"),
            ((f"m{n}", COURSE, "page" if n % 2 else "video", f"Material {n}", _topic(n)) for n in range(MATERIALS)),
        ),
        "exams.csv": (("exam_id", "course_id", "name", "pass_mark"), [(EXAM, COURSE, "Bench exam", 0.5)]),
        "exam_weights.csv": (
            ("exam_id", "section", "topic_id", "weight"),
            ((EXAM, f"Part {n % PARENTS}", f"t{n}", 1 + n % 10) for n in range(PARENTS, TOPICS)),
        ),
        "enrolments.csv": (("user_id", "course_id"), ((user, COURSE) for user in users)),
        "learner_targets.csv": (
            ("user_id", "exam_id", "target_date"),
            ((user, EXAM, exam_day) for user in users),
        ),
    }
    for name, (header, rows) in tables.items():
        with (folder / name).open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(rows)


def _user(number: int) -> str:
    return f"learner-{number:05d}"


def token_signer(installation: Installation, tenant: str) -> Callable[..., dict[str, str]]:
    """What a host application sends with a person's request, signed with the tenant's key: user_id and role (left out:
    learner) to headers."""
    key = base64.urlsafe_b64decode(installation.run("token", tenant, "--signing-key").strip())

    def sign(user_id: str, role: str = "learner") -> dict[str, str]:
        now = datetime.now(UTC)
        claims = {"iss": "akademos", "tenant": tenant, "role": role, "sub": user_id}
        times = {"iat": int(now.timestamp()), "exp": int((now + timedelta(hours=12)).timestamp())}
        return {"Authorization": f"Bearer {jwt.encode(claims | times, key, algorithm='HS256')}"}

    return sign


def _cpu_of(pid: int) -> Callable[[], float]:
    """Seconds of processor time that a server has used so far, all its processes but the database's."""

    def used() -> float:
        server = psutil.Process(pid)
        total = 0.0
        for process in (server, *server.children(recursive=True)):
            if not process.name().startswith("postgres"):
                times = process.cpu_times()
                total += times.user + times.system
        return total

    return used


def _ask_everything(
    client: httpx.Client, tokens: list[dict[str, str]], usual: int, cpu_s: Callable[[], float]
) -> dict[str, Any]:
    """Figures; the first `usual` tokens are of learners with a year, the others of those with ten times as much."""

    def ask(path: str, **parameters: str) -> Callable[[int], object]:
        return lambda number: _get(client, path, number, tokens[number], **parameters)

    chance = random.Random(SEED)  # noqa: S311 -- the order of a bench
    order = chance.sample(range(usual), min(usual, ASKED + WARMED))
    for number in order[:WARMED]:  # every process has everything imported and prepared
        for path in PATHS.values():
            ask(path)(number)
    order = order[WARMED:] or order
    in_turn = chance.sample([*order, *range(usual, len(tokens))], len(order) + len(tokens) - usual)
    result: dict[str, Any] = {"growth": {}}
    for name, path in PATHS.items():
        before = cpu_s()
        taken = dict(zip(in_turn, _seconds(ask(path), in_turn), strict=True))
        cpu_ms = 1_000 * (cpu_s() - before) / len(in_turn)
        result[name] = {**_figures([taken[number] for number in order]), "server_cpu_ms": round(cpu_ms, 2)}
        if len(tokens) > usual:
            longest = np.median([taken[number] for number in range(usual, len(tokens))])
            result["growth"][name] = round(float(longest / np.median([taken[number] for number in order])), 3)
    past = (datetime.now(UTC) - timedelta(days=30)).isoformat(timespec="seconds").replace("+00:00", "Z")
    result["as_of_past"] = {name: _timed(ask(path, as_of=past), order[:PAST_ASKED]) for name, path in PATHS.items()}
    last = order[-50:]
    dashboard = PATHS["dashboard"]
    _timed(ask(dashboard), last)
    held = {number: _get(client, dashboard, number, tokens[number]).headers["etag"] for number in last}
    result["baselines"] = {
        "asked_again": _timed(ask(dashboard), last * 6),
        "not_modified": _timed(
            lambda number: _get(client, dashboard, number, {**tokens[number], "If-None-Match": held[number]}), last * 6
        ),
        "no_answer": _timed(lambda _: client.get("/healthz").raise_for_status(), last * 6),
    }
    return result


def _get(client: httpx.Client, path: str, number: int, headers: Mapping[str, str], **parameters: str) -> httpx.Response:
    topic = PARENTS + number % (TOPICS - PARENTS)
    answer = client.get(path.format(topic=topic), params=parameters, headers=headers)
    if answer.status_code not in (httpx.codes.OK, httpx.codes.NOT_MODIFIED):
        raise Unavailable(f"{path} answered {answer.status_code}: {answer.text[:300]}", hint="See what it says.")
    return answer


def _timed(ask: Callable[[int], object], numbers: Sequence[int]) -> dict[str, float]:
    return _figures(_seconds(ask, numbers))


def _seconds(ask: Callable[[int], object], numbers: Sequence[int]) -> list[float]:
    taken = []
    for number in numbers:
        started = time.perf_counter()
        ask(number)
        taken.append(time.perf_counter() - started)
    return taken


def _figures(taken: Sequence[float]) -> dict[str, float]:
    p50, p99 = np.quantile(taken, [0.5, 0.99]) * 1_000
    return {"p50_ms": round(float(p50), 2), "p99_ms": round(float(p99), 2), "answers": len(taken)}
