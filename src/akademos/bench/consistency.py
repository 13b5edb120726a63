"""`bench consistency`: one learner asked now is the same learner in the nightly run, field by field.

The demo's institution, and among its learners a late event, a duplicate, a learner whose answers have an order but no
clock, and one without a target exam. After the nightly run and with the worker at rest, each consenting learner is
asked for every answer twice: for now, which evaluates the row that the nightly run made of all learners together;
and as of the very instant of that answer, which computes this learner alone from the events. Every field but
`computed_at` must be equal, bounds included. The nightly snapshot of mastery by topic, read from the database's own
table, must equal the answer as of the night.
"""

from __future__ import annotations

import csv
import subprocess
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import polars as pl
from rich.console import Console

from akademos.bench.answers import token_signer
from akademos.bench.installation import Installation, command, end
from akademos.demo.furnish import TENANT, TEXT_VERSION
from akademos.errors import Unavailable

ENDPOINTS = (
    "dashboard",
    "mastery",
    "reviews",
    "knowledge-gaps",
    "exam-readiness",
    "study-efficiency",
    "study-patterns",
    "recommendations",
    "exam-plan",
)
CHOSEN = ("peers",)
"""Answers that a learner gets only who chose it."""
TOPICS_ASKED = 3
"""Topics of each learner whose own answer is compared too."""

LATE_DAYS = 20
PATIENCE_S = 600
ORDER_ONLY, NO_EXAM = "order-only-learner", "learner-without-exam"
BASIS = f"""
id = "bench-consistency-order"
tenant = "{TENANT}"
purposes = ["learning_support"]
text_version = "{TEXT_VERSION}"
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
column = "position"
precision = "order"
"""

Snapshot = dict[str, list[dict[str, Any]]]
"""Rows of the nightly snapshot by learner_key."""


@dataclass
class Comparison:
    """Rows compared: one a JSON object, with its own fields; and where they differ."""

    learners: int = 0
    rows: int = 0
    fields: int = 0
    differing: list[str] = field(default_factory=list)
    covered: dict[str, bool] = field(default_factory=dict)
    compared: Counter[str] = field(default_factory=Counter)

    def same(self, left: object, right: object, at: str) -> None:
        """Compare two JSON values, exactly."""
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            self.rows += 1
            wrong = sorted(left.keys() ^ right.keys())
            for name in left.keys() & right.keys():
                if isinstance(left[name], Mapping | list) and isinstance(right[name], type(left[name])):
                    self.same(left[name], right[name], f"{at}/{name}")
                elif name != "computed_at":
                    self.fields += 1
                    if left[name] != right[name]:
                        wrong.append(f"{name} {left[name]!r} / {right[name]!r}")
            if wrong:
                self.differing.append(f"{at}: {', '.join(wrong)}")
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                self.rows += 1
                self.differing.append(f"{at}: {len(left)} / {len(right)} rows")
            for index, (one, other) in enumerate(zip(left, right, strict=False)):
                self.same(one, other, f"{at}/{index}")
        else:
            self.fields += 1
            if left != right:
                self.differing.append(f"{at}: {left!r} / {right!r}")


def run(*, learners: int = 300, folder: Path | None = None) -> dict[str, Any]:
    """Compare; see the module.

    Returns:
        {"learners", "rows", "differing_rows", "fields", "covered": {"late_event", "duplicate", "order_only",
        "without_exam"}, "compared": answers by address, "night": {"rows", "differing_rows"}, "examples": up to ten
        differences}
    """
    if folder is not None:
        return _compared(folder, learners)
    with tempfile.TemporaryDirectory(prefix="akademos-bench-consistency-") as made:
        return _compared(Path(made), learners)


def _compared(folder: Path, learners: int) -> dict[str, Any]:
    folder.chmod(0o711)
    installation = Installation(folder / "data")
    installation.data.mkdir(exist_ok=True)
    with _demo(installation, learners) as url:
        people = _people(folder)
        asker = _Asker(installation, url)
        covered = _special_cases(installation, folder, asker, people)
    installation.run("jobs", "run", "learner_states")
    installation.run("jobs", "run", "peer_comparison")
    found, night = Comparison(covered=covered), Comparison()
    with installation.served("--no-worker") as server:
        asker = _Asker(installation, server.url)
        snapshot = _snapshot(installation)
        for user_id in [*people, ORDER_ONLY, NO_EXAM]:
            _compare_learner(asker, user_id, found)
            _compare_night(asker, user_id, snapshot, night)
    for one in (*found.differing, *night.differing)[:20]:
        Console(stderr=True).print(one, highlight=False, soft_wrap=True)
    return {
        "learners": found.learners,
        "rows": found.rows,
        "differing_rows": len(found.differing),
        "fields": found.fields,
        "covered": found.covered,
        "compared": dict(found.compared),
        "night": {"rows": night.rows, "differing_rows": len(night.differing)},
        "examples": [*found.differing, *night.differing][:10],
    }


class _Asker:
    """Asks as any learner of the demo; tokens are the command line's, made once a learner."""

    def __init__(self, installation: Installation, url: str) -> None:
        self._sign = token_signer(installation, TENANT)
        self.client = httpx.Client(base_url=url, timeout=60)

    def get(self, user_id: str, path: str, **parameters: str) -> httpx.Response:
        """The answer as this learner gets it."""
        return self.client.get(path, params=parameters, headers=self._sign(user_id))

    def answer(self, user_id: str, path: str, **parameters: str) -> dict[str, Any] | None:
        """The answer's JSON, or None when the learner does not consent."""
        response = self.get(user_id, f"/v1/analytics/{path}", **parameters)
        if response.status_code == httpx.codes.FORBIDDEN:
            return None
        if response.status_code != httpx.codes.OK:
            raise Unavailable(
                f"{path} answered {response.status_code}: {response.text[:300]}", hint="See what it says."
            )
        body: dict[str, Any] = response.json()
        return body


def _compare_learner(asker: _Asker, user_id: str, found: Comparison) -> None:
    mastery = asker.answer(user_id, "mastery")
    if mastery is None:
        return
    found.learners += 1
    met = [topic["topic_id"] for topic in mastery["topics"] if topic["sample"]["answers"]]
    for path in (*ENDPOINTS, *CHOSEN, *(f"mastery/{topic}" for topic in met[:TOPICS_ASKED])):
        now = asker.answer(user_id, path)
        if now is None and path in CHOSEN:
            continue
        if now is None:
            raise Unavailable(f"{path} was refused to a learner who consents.", hint="See the access log.")
        found.compared[path if path in (*ENDPOINTS, *CHOSEN) else "mastery/{topic}"] += 1
        alone = asker.answer(user_id, path, as_of=now["as_of"])
        found.same(now, alone, f"{user_id} {path}")


def _compare_night(
    asker: _Asker, user_id: str, snapshot: Mapping[str, list[dict[str, Any]]], night: Comparison
) -> None:
    mastery = asker.answer(user_id, "mastery")
    if mastery is None:
        return
    rows = snapshot.get(mastery["learner"]["key"], [])
    if not rows:
        if mastery["provenance"]["answers"]:
            night.differing.append(f"{user_id}: answers, but no row of the night")
        return
    as_of = rows[0]["as_of"].astimezone(UTC).isoformat().replace("+00:00", "Z")
    then = asker.answer(user_id, "mastery", as_of=as_of)
    if then is None:
        raise Unavailable("mastery was refused to a learner who consents.", hint="See the access log.")
    answered = {topic["topic_id"]: topic for topic in then["topics"]} | {"*": then["overall"]}
    for row in rows:
        estimate = answered.get(row["topic_id"], {})
        stored = {name: row[name] for name in ("status", "mastery", "low", "high", "answers")}
        shown = {
            "status": estimate.get("status"),
            "mastery": estimate.get("value"),
            "low": estimate.get("low"),
            "high": estimate.get("high"),
            "answers": estimate.get("sample", {}).get("answers"),
        }
        night.same(stored, shown, f"{user_id} night {row['topic_id']}")


def _special_cases(installation: Installation, folder: Path, asker: _Asker, people: list[str]) -> dict[str, bool]:
    """A late event, a duplicate, a learner with order only, one without an exam; which of them the platform took."""
    mastery = next(found for user in people if (found := _with_answers(asker, user)) is not None)
    user_id, before = mastery
    topic = next(one["topic_id"] for one in before["topics"] if one["sample"]["answers"])
    key = installation.run("tenant", "key", TENANT, "bench", "--scope", "ingest", "--scope", "consent").split()[-1]
    headers = {"Authorization": f"Bearer {key}"}
    decision = {"purposes": ["learning_support"], "decision": "granted", "text_version": TEXT_VERSION}
    asker.client.post("/v1/consent", json={**decision, "user_id": NO_EXAM}, headers=headers).raise_for_status()
    late = _answered(user_id, topic, timedelta(days=LATE_DAYS))
    fresh = [_answered(NO_EXAM, topic, timedelta(hours=hours)) for hours in range(1, 31)]
    verdicts = [
        asker.client.post("/v1/events/batch", json={"events": events}, headers=headers).raise_for_status().json()
        for events in ([late], [late, *fresh])
    ]
    _import_in_order(installation, folder, topic)
    wanted = before["provenance"]["answers"] + 1
    _wait(lambda: (found := asker.answer(user_id, "mastery")) is not None and found["provenance"]["answers"] == wanted)
    _wait(lambda: (found := _with_answers(asker, NO_EXAM)) is not None and found[1]["provenance"]["answers"] == 30)
    order = asker.answer(ORDER_ONLY, "mastery") or {}
    gaps = asker.answer(NO_EXAM, "knowledge-gaps") or {"gaps": []}
    return {
        "late_event": verdicts[0]["verdicts"][0]["verdict"] == "accepted",
        "duplicate": verdicts[1]["verdicts"][0]["verdict"] == "duplicate",
        "order_only": order.get("clock") == "order",
        "without_exam": all(gap["exam_weight_source"] == "default" for gap in gaps["gaps"]),
    }


def _with_answers(asker: _Asker, user_id: str) -> tuple[str, dict[str, Any]] | None:
    answer = asker.answer(user_id, "mastery")
    return None if answer is None or not answer["provenance"]["answers"] else (user_id, answer)


def _answered(user_id: str, topic: str, ago: timedelta) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "event_name": "question_submitted",
        "client_timestamp": (datetime.now(UTC) - ago).isoformat(),
        "user_id": user_id,
        "question_id": f"bench-{ago.total_seconds() % 7:.0f}",
        "topic_id": topic,
        "properties": {"correct": ago.total_seconds() % 3 > 0, "time_to_answer_seconds": 30},
    }


def _import_in_order(installation: Installation, folder: Path, topic: str) -> None:
    rows = pl.DataFrame(
        {
            "learner": [ORDER_ONLY] * 40,
            "item": [f"bench-{number % 8}" for number in range(40)],
            "topic": [topic] * 40,
            "right": [number % 3 > 0 for number in range(40)],
            "position": list(range(1, 41)),
        }
    )
    rows.write_parquet(folder / "order.parquet")
    (folder / "order-basis.toml").write_text(BASIS)
    (folder / "order-columns.toml").write_text(COLUMNS)
    paths = (str(folder / "order.parquet"), "--layout", "rows", "--map", str(folder / "order-columns.toml"))
    installation.run("ingest", *paths, "--basis", str(folder / "order-basis.toml"))


@contextmanager
def _demo(installation: Installation, learners: int) -> Iterator[str]:
    """The furnished demo, served with its worker."""
    log = installation.data / "bench-demo.log"
    with log.open("w") as said:
        words = command("demo", "--learners", str(learners))
        process = subprocess.Popen(words, env=installation.environment(), stdout=said, stderr=said)
        try:
            marker = "The demo is ready: "
            _wait(lambda: marker in log.read_text() or process.poll() is not None)
            line = next((line for line in log.read_text().splitlines() if line.startswith(marker)), None)
            if line is None:
                raise Unavailable(f"The demo did not start: {log.read_text()[-2000:]}", hint="What it said says why.")
            yield line.removeprefix(marker).strip()
        finally:
            end(process)


def _people(folder: Path) -> list[str]:
    """user_ids of the demo's learners, from the institution's own files."""
    files = sorted((folder / "data-demo" / "records").rglob("people.csv"))
    people: list[str] = []
    for path in files:
        with path.open(newline="") as file:
            people.extend(row["user_id"] for row in csv.DictReader(file) if row.get("kind", "learner") != "staff")
    return people


def _snapshot(installation: Installation) -> Snapshot:
    """Rows of the nightly snapshot by learner_key, as they stand in the database's table."""
    columns = ("learner_key", "topic_id", "as_of", "status", "mastery", "low", "high", "answers")
    rows: Snapshot = {}
    with installation.connection() as connection:
        for row in connection.execute(
            f"SELECT learner_key::text, {', '.join(columns[1:])} FROM akademos.topic_mastery WHERE tenant_id = %s",
            (TENANT,),
        ):
            rows.setdefault(row[0], []).append(dict(zip(columns, row, strict=True)))
    return rows


def _wait(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        if time.monotonic() > deadline:
            raise Unavailable(
                f"Nothing came of it within {PATIENCE_S} seconds.", hint="Look at what the worker logged."
            )
        time.sleep(0.2)
