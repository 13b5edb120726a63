"""`bench warehouse`: the nightly build after a day of events, a full rebuild over many, and what they take.

The night is that of a furnished institution (`akademos demo`, small) into which a day of 10,000 learners comes by bulk
import; `tables` and `empty_tables` are its own, `repeated_s` is the same build once more, which must change nothing.
The rebuild is of an installation whose core holds many events and that has no warehouse yet: every envelope is gathered
and every table made. `peak_mb` is the most that a process of either build held: dbt with DuckDB, or the command itself.
Seconds are those of `akademos marts build`, by step in `steps`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

from akademos.bench.imported_answers import import_answers
from akademos.bench.installation import Installation, command, end, temporary
from akademos.bench.recovery_platform import wait_until_furnished
from akademos.demo.furnish import TENANT as DEMO

DAY_EVENTS = 1_400_000
DAY_EACH = 140
"""Events of one learner on that day."""

EVENTS = 20_000_000
TENANT = "bench"
DEMO_LEARNERS = 60


def run(*, day_events: int = DAY_EVENTS, events: int = EVENTS) -> dict[str, Any]:
    """The figures as the JSON object of the last line."""
    with _furnished() as one:
        import_answers(one, DEMO, day_events, answers_each=DAY_EACH)
        print(f"{day_events:,} events of a day are in; now the nightly build", flush=True)
        night = _build(one, DEMO)
        again = _build(one, DEMO)
    rebuild = {"seconds": 0.0, "peak_mb": 0, "steps": {}, "rows": 0}
    if events:
        with temporary() as one:
            one.run("tenant", "create", TENANT)
            import_answers(one, TENANT, events)
            print(f"{events:,} events are in; now everything is built from them", flush=True)
            rebuild = _build(one, TENANT)
    return {
        "nightly_s": night["seconds"],
        "rebuild_s": rebuild["seconds"],
        "peak_mb": max(night["peak_mb"], rebuild["peak_mb"]),
        "tables": night["tables"],
        "empty_tables": night["empty_tables"],
        "repeated_s": again["seconds"],
        "changed_by_repeating": again["changed"],
        "checks": night["checks"],
        "failed_checks": night["failed_checks"],
        "day_events": day_events,
        "events": events,
        "nightly_steps": night["steps"],
        "rebuild_steps": rebuild["steps"],
    }


def _build(one: Installation, tenant: str) -> dict[str, Any]:
    figures: dict[str, Any] = orjson.loads(one.run("marts", "build", "--tenant", tenant).splitlines()[-1])[tenant]
    return figures


@contextmanager
def _furnished() -> Iterator[Installation]:
    """A small demo that was furnished and is not served any more."""
    with temporary() as house:
        one = Installation(house.data / "data")
        log = house.data / "demo.log"
        with log.open("w") as sink:
            process = subprocess.Popen(
                command("demo", "--port", "0", "--learners", str(DEMO_LEARNERS)),
                env=one.environment(),
                stdout=sink,
                stderr=sink,
            )
            try:
                wait_until_furnished(process, log)
            finally:
                end(process)
        yield one
