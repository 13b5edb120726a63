"""The bench finds what it looks for, and finds nothing where nothing is wrong."""

from __future__ import annotations

import os
import random
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from akademos.bench import analytics, faults, revocation
from akademos.bench.fault_governance import Governance
from akademos.bench.revocation import Asked
from akademos.cli.bench import app
from akademos.errors import InputError


def test_the_oracle_counts_what_is_lost_and_what_is_double() -> None:
    found = faults.compare(["a", "b", "c", "c"], ["a", "a", "a", "c", "not acknowledged"])
    assert found == {"acknowledged": 3, "lost_events": 1, "double_events": 2}


def test_the_oracle_counts_what_should_be_gone() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    ended = Governance(None, "t", random.Random(1), erased={"u": ["a", "b"]})  # type: ignore[arg-type]  # asks nobody
    core: dict[str, list[object]] = {
        "event_id": ["b", "c", "d"],
        "retention_from": [now, now - timedelta(days=731), now - timedelta(days=729)],
    }
    assert ended.left(core, now) == {"erased_events_left": 1, "due_events_left": 1}


def test_an_answer_after_the_acknowledgement_is_a_leak() -> None:
    asked = [Asked(0.9, 200, ""), Asked(1.1, 403, ""), Asked(1.2, 304, ""), Asked(1.3, 200, "")]
    assert revocation.leaked(asked, 1.0) == 2


def test_a_bench_that_is_asked_to_end_ends_what_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    def run() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        finally:
            ended.append("server")

    monkeypatch.setattr(analytics, "run", run)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert CliRunner().invoke(app, ["analytics"]).exit_code == 128 + signal.SIGTERM
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended == ["server"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_revocations_are_honoured_by_every_process_under_load() -> None:
    result = revocation.run(trials=25)
    assert result["leaks"] == 0
    assert result["requests_after"] >= 25 * revocation.ASKED_AGAIN  # and whatever else was sent after it


def test_an_unknown_safeguard_is_refused() -> None:
    with pytest.raises(InputError, match="no safeguard"):
        faults.run(rounds=1, switch_off="seat_belt")


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_twenty_kills_lose_and_double_nothing() -> None:
    result = faults.run(rounds=20)
    assert result["kills"] == dict.fromkeys(faults.KINDS, 5)
    assert result["acknowledged"] > 0
    assert (result["lost_events"], result["double_events"]) == (0, 0), result


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_erasure_and_retention_end_though_they_are_killed() -> None:
    result = faults.run(rounds=6, governance=True)
    assert (result["lost_events"], result["double_events"]) == (0, 0), result
    assert result["receipts"] == result["erasures"] == 1
    assert (result["erased_events_left"], result["due_events_left"]) == (0, 0)


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_without_the_application_transaction_it_reports_doubles() -> None:
    result = faults.run(rounds=4, switch_off="application_transaction", seed=7)
    assert result["double_events"] > 0
