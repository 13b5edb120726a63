"""`bench erasure`: erase one learner from a store of many events; seconds, bytes rewritten, what is found after.

The events come in by a bulk import of the command line: learners with a year of answers each. One of them is erased by
`akademos erase`, in a process of its own. `seconds` is what the erasing itself took, by its receipt (core, tables,
write-ahead log); `search_seconds` is the search of every byte afterwards; `whole_seconds` the command from start to
end, with the start of the database server.
"""

from __future__ import annotations

import random
import time
import uuid
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from akademos.bench import installation
from akademos.bench.installation import Installation

SEED = 2026
EVENTS = 1_000_000
ANSWERS_EACH = 2_000
TENANT = "bench"
START = 1_735_689_600  # 2025-01-01T00:00Z
YEAR_S = 365 * 86_400

_BASIS = f"""
id = "bench-erasure"
tenant = "{TENANT}"
purposes = ["learning_support"]
text_version = "bench"
evidence = "made up"
person_responsible = "bench"
historical = true
"""
_MAP = """
[columns]
user_id = "user"
question_id = "question"
correct = "correct"
[constants]
event_name = "question_submitted"
topic_id = "algebra"
time_to_answer_seconds = 20
[time]
column = "at"
[values.correct]
1 = "true"
0 = "false"
"""


def run(*, events: int = EVENTS) -> dict[str, Any]:
    """The figures as the JSON object of the last line."""
    with installation.temporary() as one:
        user = _fill(one, events)
        print(f"{events:,} events are in; now one learner of them is erased", flush=True)
        began = time.perf_counter()
        said = orjson.loads(
            one.run("erase", user, "--as", user, "--reason", "bench", "--tenant", TENANT, "--json").splitlines()[-1]
        )
        whole = time.perf_counter() - began
        return {
            "events_in_store": events,
            "seconds": round(said["event_log"]["seconds"] + said["database_files"]["logs"]["seconds"], 3),
            "core_seconds": said["event_log"]["seconds"],
            "bytes_rewritten": said["event_log"]["bytes_rewritten"] + said["database_files"]["tables"]["bytes_before"],
            "hits_after": len(said["search"]["hits"]) + _found(one.data, user),
            "events_erased": said["removed"]["event_log"],
            "search_seconds": said["search"]["seconds"],
            "bytes_searched": said["search"]["bytes"],
            "whole_seconds": round(whole, 3),
        }


def _fill(one: Installation, events: int) -> str:
    """Import answers of learners; one of them."""
    one.run("tenant", "create", TENANT)
    rng = random.Random(SEED)  # noqa: S311  # no secret hangs on it
    learners = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(max(2, events // ANSWERS_EACH))]
    rows = pl.DataFrame({"number": pl.int_range(events, eager=True)})
    spread = pl.col("number").hash(SEED)
    table = rows.select(
        user=pl.lit(pl.Series(learners)).gather(pl.col("number") % len(learners)),
        question=pl.format("q{}", spread % 2_000),
        correct=(spread // 2_000 % 2).cast(pl.String),
        at=pl.from_epoch(START + (spread // 4_000 % YEAR_S).cast(pl.Int64)).dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    files = {"answers.parquet": None, "basis.toml": _BASIS, "map.toml": _MAP}
    for name, content in files.items():
        path = one.data.with_name(f"{one.data.name}-{name}")
        if content is None:
            table.write_parquet(path)
        else:
            path.write_text(content)
        files[name] = str(path)
    try:
        one.run(
            "ingest",
            str(files["answers.parquet"]),
            "--map",
            str(files["map.toml"]),
            "--basis",
            str(files["basis.toml"]),
        )
    finally:
        for path_text in files.values():
            Path(str(path_text)).unlink(missing_ok=True)
    return learners[len(learners) // 2]


def _found(folder: Path, user: str) -> int:
    """Files that hold the learner's id as text, looked at by the bench itself."""
    wanted = user.encode()
    return sum(wanted in path.read_bytes() for path in folder.rglob("*") if path.is_file())
