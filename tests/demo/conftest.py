"""One small history for the tests of the generative model."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from akademos.demo.simulation import History, simulate

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def history() -> History:
    return simulate(40, 7, NOW)
