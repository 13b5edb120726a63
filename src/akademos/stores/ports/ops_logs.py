"""Port of the kept log: what processes hand over of what they said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from akademos.privacy.log_lines import KeptLine


@dataclass(frozen=True, slots=True)
class Process:
    """Who hands over: kind of process, its random name, version of the platform, region, and when it started."""

    service: str
    instance: str
    version: str
    region: str
    started_at: datetime


class OpsLogs(Protocol):
    """Append-only; in as many processes at once as there are."""

    def append(self, process: Process, lines: Sequence[KeptLine], *, offered: int, lost: int, waiting: int) -> None:
        """Keep lines and write down the hand-over with its checksums, in one transaction; also without lines, so that
        a process is known.

        Args:
            process, lines: who hands over, and what.
            offered, lost: lines said, and given up, since the hand-over before.
            waiting: lines that wait for the next one.

        Raises:
            Unavailable: the store is down or its disk full; nothing was kept.
            Conflict: the store holds other lines than it was given (`log_load_differs`); nothing was kept.
        """
        ...
