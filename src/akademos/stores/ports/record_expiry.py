"""Records whose time is over although nobody says so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class RecordExpiry(Protocol):
    """Certificates, recommendations, and attempts at quizzes that were never handed in."""

    def expire_due(self, at: datetime) -> Mapping[str, int]:
        """Let expire what is over at an instant, each with its entry in the audit log where it has one; how many
        rows of each record."""
        ...
