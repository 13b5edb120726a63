"""`bench erasure`: erase one learner from a store of many events; seconds, bytes rewritten, what is found after.

The events come in by a bulk import of the command line: learners with a year of answers each. One of them is erased by
`akademos erase`, in a process of its own. `seconds` is what the erasing itself took, by its receipt (core, tables,
write-ahead log); `search_seconds` is the search of every byte afterwards; `whole_seconds` the command from start to
end, with the start of the database server.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import orjson

from akademos.bench import installation
from akademos.bench.imported_answers import import_answers

EVENTS = 1_000_000
TENANT = "bench"


def run(*, events: int = EVENTS) -> dict[str, Any]:
    """The figures as the JSON object of the last line."""
    with installation.temporary() as one:
        one.run("tenant", "create", TENANT)
        user = import_answers(one, TENANT, events)
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


def _found(folder: Path, user: str) -> int:
    """Files that hold the learner's id as text, looked at by the bench itself."""
    wanted = user.encode()
    return sum(wanted in path.read_bytes() for path in folder.rglob("*") if path.is_file())
