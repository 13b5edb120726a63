"""`akademos bench trust`: does what is promised hold?

Is a revocation honoured by the next request, is nothing lost or double whatever is killed, can an attacker recover a
small cell, is somebody who was erased gone, is a change of the audit log found?

Five benches under their full protocols, of which each but `audit` is a command too. Each says when it begins and what
it found when it ends, so that nobody waits in the dark.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from akademos.bench import audit, disclosure, erasure, faults, revocation


def run(
    *, trials: int = 1_000, rounds: int = 100, queries: int = 10_000, events: int = 20_000_000, seed: int | None = None
) -> dict[str, Any]:
    """Run them; the result is the JSON of the bench.

    Returns:
        {"revocation": {"trials", "leaks", ...}, "faults": {"rounds", "lost_events", "double_events", ...},
        "disclosure": {"queries", "cells_recovered", ...}, "erasure": {"events_in_store", "seconds",
        "bytes_rewritten", "hits_after", ...}, "audit": {...}}
    """
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "revocation": lambda: revocation.run(trials=trials),
        "disclosure": lambda: disclosure.run(queries=queries, baselines=False),
        "erasure": lambda: erasure.run(events=events),
        "faults": lambda: faults.run(rounds=rounds, governance=True, seed=seed),
        "audit": audit.run,
    }
    found: dict[str, Any] = {}
    for number, (name, part) in enumerate(parts.items(), 1):
        print(f"{number} of {len(parts)}: {name} ...", flush=True)
        began = time.perf_counter()
        found[name] = part()
        print(f"{name} took {time.perf_counter() - began:.0f} s: {json.dumps(found[name])}", flush=True)
    return found
