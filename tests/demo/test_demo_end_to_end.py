"""`akademos demo` as somebody runs it: broken off, started again, ended; and what is in the core afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import httpx
import polars as pl
import psutil
import pytest

from akademos.demo.earlier_term import earlier_term
from akademos.demo.events import event_table, recent_from
from akademos.demo.furnish import RECENT_DAYS, STEPS, TENANT
from akademos.demo.simulation import simulate
from akademos.marts import warehouse
from akademos.settings import Settings
from akademos.stores.ports.identity import Identifier
from akademos.system import System

LEARNERS = 20
READY = "The demo is ready: "
PATIENCE_S = 120


@contextmanager
def demo(house: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The command as a process; ended with Ctrl-C."""
    command = [sys.executable, "-m", "akademos.cli.app", "demo", "--data", str(house / "data")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AKADEMOS_")}
    with log.open("w") as sink:
        process = subprocess.Popen(
            [*command, "--port", "0", "--learners", str(LEARNERS)], env=environment, stdout=sink, stderr=sink
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            finally:
                process.kill()


def wait_for(text: str, log: Path, process: subprocess.Popen[bytes]) -> str:
    """The first line that holds the text, once it is printed."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        found = next((line for line in log.read_text().splitlines() if text in line), None)
        if found is not None:
            return found
        assert not ended, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def left_over(house: Path) -> list[str]:
    """Command lines of processes that have to do with the folder."""
    return [
        " ".join(one.info["cmdline"] or ())
        for one in psutil.process_iter(["cmdline"])
        if any(str(house) in part for part in one.info["cmdline"] or ())
    ]


@pytest.fixture
def house() -> Iterator[Path]:
    """A folder that the database server may pass even when it runs as somebody else, as it does for root: pytest
    closes its own folder to others whenever a run starts."""
    with tempfile.TemporaryDirectory(prefix="akademos-demo-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.mark.slow
def test_demo_broken_off_started_again_and_ended(house: Path) -> None:
    first, second, third = (house / f"{name}.log" for name in ("first", "second", "third"))
    with demo(house, first) as process:
        wait_for("Importing the history", first, process)
        time.sleep(0.5)
    assert READY not in first.read_text()
    assert left_over(house) == []
    marker = json.loads((house / "data" / "demo.json").read_text())
    assert "records" in marker["done"]
    assert set(marker["done"]) < set(STEPS)

    with demo(house, second) as process:
        url = wait_for(READY, second, process).removeprefix(READY)
        assert "Importing courses" not in second.read_text()
        assert httpx.get(f"{url}/readyz").status_code == 200
        assert "development" in httpx.get(f"{url}/sign-in", follow_redirects=True).text.lower()
    assert process.returncode == 0, second.read_text()
    assert left_over(house) == []

    check_the_core(house)
    check_the_warehouse(house)

    with demo(house, third) as process:
        wait_for(READY, third, process)
        assert "Simulating" not in third.read_text()
    assert left_over(house) == []


def check_the_core(house: Path) -> None:
    """Exactly the events of those who consent are in the core, each once; nobody else is in there at all."""
    marker = json.loads((house / "data" / "demo.json").read_text())
    history = simulate(LEARNERS, marker["seed"], datetime.fromisoformat(marker["now"]))
    events = event_table(history)
    before = earlier_term(history).events
    recent = pl.col("client_timestamp") >= recent_from(history, RECENT_DAYS)
    people = zip(history.learners.user_ids, history.learners.consents, strict=True)
    consents = pl.DataFrame(list(people), schema=["user_id", "consent"], orient="row")
    sent = events.join(consents, on="user_id")
    expected = sent.filter(pl.col("consent") == "granted")
    assert sent.filter(pl.col("consent") == "refused").height > 20
    assert sent.filter(recent, pl.col("consent") == "undecided").height > 0

    with System(Settings(data=house / "data")) as system:
        known = system.vault.find(TENANT, [Identifier("user", user_id) for user_id in consents["user_id"]])
        keys = {identifier.value: person.learner_key for identifier, person in known.items()}
        columns = ["event_id", "learner_key", "event_name"]
        stored = pl.concat(
            pl.DataFrame(pl.from_arrow(bucket)) for bucket in system.event_log.by_learner(TENANT, columns=columns)
        )
        consenting = system.consent.purposes(TENANT, list(keys.values()))
    assert stored["event_id"].is_unique().all()
    assert set(stored["event_id"]) == {*expected["event_id"], *before["event_id"]}
    silent = consents.filter(pl.col("consent") != "granted")["user_id"].to_list()
    assert len(silent) >= 2
    assert {keys[user_id] for user_id in silent}.isdisjoint(stored["learner_key"])
    assert {keys[user_id] for user_id in silent}.isdisjoint(consenting)
    assert keys["nico"] in consenting

    # The platform holds no truth, and none of the institution's own names in clear.
    assert not list((house / "data").rglob("*truth*"))
    assert (house / "data-demo" / "truth" / "topics.parquet").exists()


def akademos(house: Path, *arguments: str) -> str:
    """What a command prints on this installation, standard output only."""
    done = subprocess.run(
        [sys.executable, "-m", "akademos.cli.app", *arguments, "--data", str(house / "data")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check_the_warehouse(house: Path) -> None:
    """Every table of the five schemas has rows, by what people and the platform did; a second build changes nothing."""
    first, again = (json.loads(akademos(house, "marts", "build").splitlines()[-1])[TENANT] for _ in range(2))
    assert first["tables"] == 100
    assert first["empty_tables"] == []
    assert first["failed_checks"] == 0
    assert again["changed"] == []
    assert (again["build"], again["rows"]) == (first["build"], first["rows"])

    def told(sql: str) -> list[tuple[object, ...]]:
        with closing(warehouse(Settings(data=house / "data"))) as published:
            return [tuple(row.values()) for row in published.query(TENANT, sql)]

    verdicts = told("SELECT verdict, count(*) > 0 FROM ingest.stg_raw GROUP BY verdict ORDER BY verdict")
    assert [name for name, _ in verdicts] == ["accepted", "conflict", "duplicate", "held", "rejected", "suppressed"]
    issues = told("SELECT DISTINCT dataset_id, status_key FROM gov.fact_issues")
    assert ("ingest.ref_mappings", "issue/open") in issues  # two courses under one number of the campus system
    assert told("SELECT count(*) FROM gov.fact_data_quality WHERE starts_with(dataset_id, 'ingest.')") > [(50,)]
    incidents = "SELECT status_key FROM ops.stage_incidents WHERE rule"
    assert told(f"{incidents} <> 'KpiOffBaseline'") == [("incident/resolved",)]
    assert {*told(f"{incidents} = 'KpiOffBaseline'")} <= {("incident/open",)}  # if the worker has looked since the KPIs

    report = json.loads(akademos(house, "reconcile").splitlines()[-1])
    assert set(report["differences"].values()) == {0}
    assert all(one["lines"] > 0 and one["unexplained"] == 0 for one in report["warehouse"].values())
    assert len(report["warehouse"]) == 5
