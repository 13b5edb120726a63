"""Runs of dbt for one build, each in a process of its own: on DuckDB in the build's file, or its models on Spark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from akademos.errors import Unavailable
from akademos.stores.lake.dbt_results import failures
from akademos.stores.lake.spark_process import EXECUTORS, TABLES

LAST_LINES = 12
HINT = "`akademos marts build` prints what dbt says; what is published stays as it was."
_MOVED = ("IO Error", "FILE_NOT_EXIST", "does not exist")
"""How the engines say that a file is gone."""
_SHORT = ("Out of Memory Error", "OutOfMemoryError", "Java heap space")
"""How they say that memory is short."""


@dataclass(frozen=True, slots=True)
class Spark:
    """Where models run instead of DuckDB.

    Args:
        master: `local[2]`, `local-cluster[2,1,1024]` or a cluster's address.
        options: of the session, by Spark's names (`spark.executor.memory`).
    """

    master: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DbtRun:
    """What a run left: results and manifest as dbt writes them, seconds, peak memory in megabytes, and how many tasks
    each executor of Spark ran."""

    results: Mapping[str, Any]
    manifest: Mapping[str, Any]
    seconds: float
    peak_mb: float
    executors: Mapping[str, int] = field(default_factory=dict)


def project() -> Path:
    """The folder of the dbt project."""
    return Path(str(files("akademos").joinpath("warehouse")))


def spark_tables(work: Path) -> Path:
    """Where models on Spark leave their tables."""
    return work / "on-spark" / TABLES


def run_dbt(
    command: Sequence[str],
    work: Path,
    given: Mapping[str, str],
    *,
    memory_limit_mb: int,
    spark: Spark | None = None,
) -> DbtRun:
    """Run a command of dbt over the project; a check that finds something is a result, not an error.

    Args:
        command: with its choice of models.
        work: the build's folder, in which dbt runs; the file is built in it, dbt's own files go to `dbt`, those of
            Spark to `on-spark`.
        given: what the project reads of its environment, by name without `AKADEMOS_WAREHOUSE_`.
        memory_limit_mb: what DuckDB may hold.
        spark: where the models run; None: DuckDB.

    Raises:
        Unavailable: it could not be run, or a model could not be built (`build_failed`), or not with so much memory
            (`memory_short`); files of the event log were rewritten meanwhile (`core_moved`).
    """
    target, apart = work / "dbt", work / "on-spark"
    if spark is not None:
        target = apart / "dbt"
        target.mkdir(parents=True, exist_ok=True)
    results, peak = target / "run_results.json", work / "peak_mb"
    results.unlink(missing_ok=True)
    process = "dbt_process" if spark is None else "spark_process"
    arguments = [
        "--no-use-colors", "--log-path", str(work / "logs"), *command, "--project-dir", str(project()),
        "--profiles-dir", str(project()), "--target-path", str(target),
        "--target", "duckdb" if spark is None else "spark",
    ]  # fmt: skip
    environment = {
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "AKADEMOS_WAREHOUSE_MEMORY": f"{memory_limit_mb}MB",
        "AKADEMOS_WAREHOUSE_PEAK": str(peak),
        **{f"AKADEMOS_WAREHOUSE_{name.upper()}": value for name, value in given.items()},
    }
    if spark is not None:
        environment |= {
            "AKADEMOS_SPARK_WORK": str(apart),
            "AKADEMOS_SPARK_MASTER": spark.master,
            "AKADEMOS_SPARK_OPTIONS": json.dumps(dict(spark.options)),
        }
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-P", "-m", f"akademos.stores.lake.{process}", *arguments],
        cwd=work,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        printed = child.stdout.read() if child.stdout else ""
    seconds = time.monotonic() - began
    if not results.exists():
        said = " ".join(printed.strip().splitlines()[-LAST_LINES:])
        raise Unavailable(f"The models of the warehouse could not be run: {said}", hint=HINT, code="build_failed")
    found = json.loads(results.read_text())
    _stop_if_broken(found)
    memory = float(peak.read_text()) if peak.exists() else 0.0
    tasks = apart / EXECUTORS
    executors = json.loads(tasks.read_text()) if spark is not None and tasks.exists() else {}
    return DbtRun(found, json.loads((target / "manifest.json").read_text()), seconds, memory, executors)


def _stop_if_broken(found: Mapping[str, Any]) -> None:
    wrong = failures(found)
    if any("core_events" in message and any(said in message for said in _MOVED) for _, message in wrong):
        raise Unavailable(
            "Files of the event log were rewritten during the build.", hint="Build again.", code="core_moved"
        )
    if wrong:
        name, message = wrong[0]
        if any(said in message for said in _SHORT):
            raise Unavailable(
                f"Model {name} could not be built: the engine was short of memory; what is published stays as it was.",
                hint="Give it more with AKADEMOS_MEMORY_LIMIT_MB, or in Spark's own options, and build again.",
                code="memory_short",
            )
        raise Unavailable(f"Model {name} could not be built: {message}", hint=HINT, code="build_failed")
