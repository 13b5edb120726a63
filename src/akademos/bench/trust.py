"""`akademos bench trust`: does what is promised hold?

Is a revocation honoured by the next request, is nothing lost or double whatever is killed, can an attacker recover a
small cell, is somebody who was erased gone, is a change of the audit log found?

Five benches under their full protocols, of which each but `audit` is a command too.
"""

from __future__ import annotations

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
    return {
        "revocation": revocation.run(trials=trials),
        "disclosure": disclosure.run(queries=queries, baselines=False),
        "erasure": erasure.run(events=events),
        "faults": faults.run(rounds=rounds, governance=True, seed=seed),
        "audit": audit.run(),
    }
