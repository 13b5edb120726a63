"""The bench finds what it looks for, and finds nothing where nothing is wrong."""

from __future__ import annotations

import pytest

from akademos.bench import faults
from akademos.errors import InputError


def test_the_oracle_counts_what_is_lost_and_what_is_double() -> None:
    found = faults.compare(["a", "b", "c", "c"], ["a", "a", "a", "c", "not acknowledged"])
    assert found == {"acknowledged": 3, "lost_events": 1, "double_events": 2}


def test_an_unknown_safeguard_is_refused() -> None:
    with pytest.raises(InputError, match="no safeguard"):
        faults.run(rounds=1, switch_off="seat_belt")


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_four_kills_lose_and_double_nothing() -> None:
    result = faults.run(rounds=4, seed=7)
    assert result["kills"] == dict.fromkeys(faults.KINDS, 1)
    assert result["acknowledged"] > 0
    assert (result["lost_events"], result["double_events"]) == (0, 0)


@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_without_the_application_transaction_it_reports_doubles() -> None:
    result = faults.run(rounds=4, switch_off="application_transaction", seed=7)
    assert result["double_events"] > 0
