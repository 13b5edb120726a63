"""`bench answers`: how long the answers take, of learners with a heavy year behind them.

Makes an installation of its own through the doors (records, a bulk import under a recorded basis, the nightly run,
`serve`), then asks as the learners would, one request after the other. The figure of each endpoint is of answers that
no cache holds; answers asked again, 304 and past instants stand beside it.
"""

from __future__ import annotations

import base64
import csv
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import numpy as np
import polars as pl

from akademos.bench.installation import Installation
from akademos.errors import Unavailable

TENANT = "bench"
TOPICS, PARENTS, ITEMS = 60, 6, 1_200
ROWS_PER_FILE = 500_000
SEED = 20

PATHS: Mapping[str, str] = {
    "dashboard": "/v1/analytics/dashboard",
    "mastery": "/v1/analytics/mastery",
    "mastery_topic": "/v1/analytics/mastery/t{topic}",
    "reviews": "/v1/analytics/reviews",
    "knowledge_gaps": "/v1/analytics/knowledge-gaps",
    "study_efficiency": "/v1/analytics/study-efficiency",
    "study_patterns": "/v1/analytics/study-patterns",
    "exam_readiness": "/v1/analytics/exam-readiness",
}
PAST_ASKED = 60
"""A past instant is recomputed from the events, so fewer of them are asked."""

BASIS = f"""
id = "bench-answers"
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
time_to_answer_seconds = "seconds"
[constants]
event_name = "question_submitted"
course_id = "bench-course"
[time]
column = "at"
precision = "exact"
"""


def run(*, learners: int = 1_000, answers_each: int = 5_000, folder: Path | None = None) -> dict[str, Any]:
    """Measure; see the module. With `folder` the installation is kept there and used again.

    Returns:
        {endpoint: {"p50_ms", "p99_ms", "answers"}, ..., "as_of_past": {...}, "baselines": {"asked_again": {...},
        "not_modified": {...}, "no_answer": {...}}, "learners", "answers_each", "seeding": {...}}
    """
    if folder is not None:
        return _measured(folder, learners, answers_each)
    with tempfile.TemporaryDirectory(prefix="akademos-bench-answers-") as made:
        return _measured(Path(made), learners, answers_each)


def _measured(folder: Path, learners: int, answers_each: int) -> dict[str, Any]:
    installation = Installation(folder / "data")
    installation.data.mkdir(parents=True, exist_ok=True)
    seeding: dict[str, float] = {}
    done = folder / f"seeded-{learners}-{answers_each}.json"
    if done.exists():
        seeding = json.loads(done.read_text())
    else:
        seeding = _seed(installation, folder, learners, answers_each)
        done.write_text(json.dumps(seeding))
    sign = token_signer(installation, TENANT)
    with (
        installation.served("--no-worker") as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        result = _ask_everything(client, [sign(_user(number)) for number in range(learners)])
    return {**result, "learners": learners, "answers_each": answers_each, "seeding": seeding}


def _seed(installation: Installation, folder: Path, learners: int, answers_each: int) -> dict[str, float]:
    """Records, a year of answers, the night; seconds of each."""
    files, records = folder / "answers", folder / "records"
    for made in (files, records):
        made.mkdir(parents=True, exist_ok=True)
    (folder / "basis.toml").write_text(BASIS)
    (folder / "columns.toml").write_text(COLUMNS)
    _write_records(records, learners)
    per_file = max(1, ROWS_PER_FILE // answers_each)
    now = datetime.now(UTC)
    for first in range(0, learners, per_file):
        people = range(first, min(first + per_file, learners))
        _answers(people, answers_each, now).write_parquet(files / f"answers-{first:06d}.parquet")
    seconds = {}
    installation.run("tenant", "create", TENANT, "--name", "Bench", "--time-zone", "Europe/Berlin")
    ingest = ("ingest", str(files), "--layout", "rows", "--map", str(folder / "columns.toml"))
    for step, words in {
        "records": ("records", "import", str(records), "--tenant", TENANT),
        "ingest": (*ingest, "--basis", str(folder / "basis.toml")),
        "nightly": ("jobs", "run", "learner_states"),
    }.items():
        started = time.perf_counter()
        installation.run(*words)
        seconds[f"{step}_s"] = round(time.perf_counter() - started, 1)
    return seconds


def _answers(people: Sequence[int], answers_each: int, now: datetime) -> pl.DataFrame:
    """A year of answers, sorted by time within each learner."""
    chance = np.random.default_rng([SEED, people[0]])
    rows = len(people) * answers_each
    year = 365 * 86_400 * 1_000_000
    ago = np.sort(chance.integers(60_000_000, year, (len(people), answers_each)), axis=1)[:, ::-1].ravel()
    item = chance.integers(0, ITEMS, rows)
    ability = np.repeat(chance.normal(0.7, 1.0, len(people)), answers_each)
    right = chance.random(rows) < 1 / (1 + np.exp(-(ability - (item % 17 - 8) / 4)))
    return pl.DataFrame(
        {
            "learner": np.repeat([_user(number) for number in people], answers_each),
            "item": [f"q{number}" for number in item],
            "topic": [f"t{PARENTS + number % (TOPICS - PARENTS)}" for number in item],
            "right": right,
            "seconds": chance.gamma(3.0, 12.0, rows).round(1),
            "at": (int(now.timestamp() * 1e6) - ago).astype("datetime64[us]"),
        }
    ).with_columns(pl.col("at").dt.replace_time_zone("UTC"))


def _write_records(folder: Path, learners: int) -> None:
    course = "bench-course"
    topics = [(f"t{n}", "" if n < PARENTS else f"t{n % PARENTS}", course, f"Topic {n}", n) for n in range(TOPICS)]
    tables: dict[str, tuple[tuple[str, ...], Iterator[tuple[object, ...]]]] = {
        "courses.csv": (("course_id", "title"), iter([(course, "Bench course")])),
        "topics.csv": (("topic_id", "parent_id", "course_id", "name", "position"), iter(topics)),
        "topic_relationships.csv": (
            ("from_topic", "to_topic", "kind"),
            ((f"t{n}", f"t{n + 1}", "prerequisite") for n in range(PARENTS, TOPICS - 1) if n % 9),
        ),
        "items.csv": (
            ("question_id", "course_id", "topic_ids"),
            ((f"q{n}", course, f"t{PARENTS + n % (TOPICS - PARENTS)}") for n in range(ITEMS)),
        ),
        "exams.csv": (("exam_id", "course_id", "name", "pass_mark"), iter([("exam", course, "Bench exam", 0.5)])),
        "exam_weights.csv": (
            ("exam_id", "section", "topic_id", "weight"),
            (("exam", f"Part {n % PARENTS}", f"t{n}", 1 + n % 10) for n in range(PARENTS, TOPICS)),
        ),
        "learner_targets.csv": (
            ("user_id", "exam_id", "target_date"),
            ((_user(number), "exam", "") for number in range(learners)),
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


def _ask_everything(client: httpx.Client, tokens: list[dict[str, str]]) -> dict[str, Any]:
    order = random.Random(SEED).sample(range(len(tokens)), len(tokens))  # noqa: S311 -- the order of a bench
    for number in order[:5]:  # the process has everything imported and prepared
        for path in PATHS.values():
            _get(client, path, number, tokens[number])
    result: dict[str, Any] = {}
    tags: dict[int, str] = {}
    for name, path in PATHS.items():

        def ask(number: int, path: str = path, name: str = name) -> None:
            answer = _get(client, path, number, tokens[number])
            if name == "dashboard":
                tags[number] = answer.headers["etag"]

        result[name] = _timed(ask, order[5:] or order)
    past = (datetime.now(UTC) - timedelta(days=30)).isoformat(timespec="seconds").replace("+00:00", "Z")
    asked = order[:PAST_ASKED]
    result["as_of_past"] = {}
    for name, path in PATHS.items():

        def ask_past(number: int, path: str = path) -> None:
            _get(client, path, number, tokens[number], as_of=past)

        result["as_of_past"][name] = _timed(ask_past, asked)
    last = order[-50:]
    dashboard = PATHS["dashboard"]
    _timed(lambda number: _get(client, dashboard, number, tokens[number]), last)
    held = {number: _get(client, dashboard, number, tokens[number]).headers["etag"] for number in last}
    result["baselines"] = {
        "asked_again": _timed(lambda number: _get(client, dashboard, number, tokens[number]), last * 6),
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
    taken = []
    for number in numbers:
        started = time.perf_counter()
        ask(number)
        taken.append(time.perf_counter() - started)
    p50, p99 = np.quantile(taken, [0.5, 0.99]) * 1_000
    return {"p50_ms": round(float(p50), 2), "p99_ms": round(float(p99), 2), "answers": len(taken)}
