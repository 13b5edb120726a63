"""The real `akademos marts build`, killed at three moments: what is published stays served, the next build is whole."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from akademos.intake.records import import_records
from akademos.marts import warehouse, warehouses
from akademos.settings import Settings, child_environment
from akademos.stores.lake.warehouse import DuckDbWarehouse
from akademos.system import System

TENANT = "college"
PATIENCE_S = 300.0
BUILD = (sys.executable, "-m", "akademos.cli.app", "marts", "build")

HALF_WAY_BYTES = 1_000_000


def written(build: Path) -> int:
    """Bytes of the new file so far, and of its log."""
    return sum(one.stat().st_size for one in build.glob("warehouse.duckdb*"))


MOMENTS: dict[str, Callable[[Path], bool]] = {
    "while inputs are written": lambda build: any((build / "extracts").glob("*.parquet")),
    "when the first models are made": lambda build: (build / "warehouse.duckdb").exists(),
    "in the middle of models and checks": lambda build: written(build) > HALF_WAY_BYTES,
}


def enter_course(settings: Settings, number: int) -> None:
    """A course by a file of records: the next build has something new."""
    folder = settings.data / f"records-{number}"
    folder.mkdir(parents=True)
    (folder / "courses.csv").write_text(f"course_id,title\ncourse-{number},Course {number}\n", encoding="utf-8")
    with System(settings) as system:
        import_records(folder, TENANT, system.records, system.vault, actor="command line:test")


def built(settings: Settings) -> dict[str, Any]:
    """A build that nobody disturbs: its last line."""
    done = subprocess.run(BUILD, env=child_environment(settings), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])[TENANT]
    return report


def killed(settings: Settings, reached: Callable[[Path], bool]) -> None:
    """A build that is killed as soon as it has come so far; the process of its models goes with it."""
    folder = warehouses(settings) / TENANT / "build"
    process = subprocess.Popen(BUILD, env=child_environment(settings), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE_S
    while not reached(folder):
        assert process.poll() is None, "it was through before it could be killed"
        assert time.monotonic() < deadline, "it never came so far"
        time.sleep(0.002)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    _, alive = psutil.wait_procs(children, timeout=PATIENCE_S)
    assert alive == []


def served(reader: DuckDbWarehouse) -> list[dict[str, Any]]:
    return reader.query(TENANT, "SELECT name, rows, checksum FROM published.table_states ORDER BY name")


@pytest.mark.slow
@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_killed_builds_leave_what_is_published(settings: Settings) -> None:
    with System(settings) as system:
        system.tenants.create(TENANT, "A college", actor="command line:test")
    enter_course(settings, 0)
    first = built(settings)
    assert first["tables"] == 100
    with closing(warehouse(settings)) as reader:
        before = served(reader)
        for number, (moment, reached) in enumerate(MOMENTS.items(), start=1):
            enter_course(settings, number)
            killed(settings, reached)
            assert served(reader) == before, moment
            with closing(warehouse(settings)) as anew:
                assert served(anew) == before, moment
        last = built(settings)
        assert last["tables"] == 100
        assert "ingest.stage_cdc" in last["changed"]
        assert "ingest.ref_mappings" in last["changed"]
        assert {one["source_id"] for one in reader.query(TENANT, "SELECT source_id FROM ingest.ref_mappings")} == {
            f"course-{number}" for number in range(len(MOMENTS) + 1)
        }
        assert not (warehouses(settings) / TENANT / "build").exists()
