"""The pipeline on a real database and a real lake."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.intake.conftest import Door, door
from tests.jobs.pipeline import Pipeline

from akademos.stores.lake.event_log import LakeEventLog
from akademos.stores.postgres.locks import LakeLocks

__all__ = ["door"]


@pytest.fixture
def pipeline(door: Door, tmp_path: Path) -> Iterator[Pipeline]:
    """Landing, core and mover behind a sender's door."""
    core = LakeEventLog(str(tmp_path / "lake"), LakeLocks(door.database), memory_limit_mb=64)
    yield Pipeline(door, tmp_path / "lake", core)
    core.close()
