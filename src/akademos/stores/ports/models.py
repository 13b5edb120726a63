"""Port of the registry of models: whose rows trained which version."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol


class TrainedModels(Protocol):
    """An erasure finds here which versions have to be rebuilt without somebody."""

    def record(
        self, tenant_id: str, model: str, version: int, trained_at: datetime, learner_keys: Iterable[str]
    ) -> None:
        """Keep whose rows trained a version, which takes the place of those before it."""
        ...
