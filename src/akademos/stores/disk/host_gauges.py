"""Figures of the machine: how full the disk is, and how busy the processors."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from akademos.errors import Unavailable
from akademos.stores.ports.incidents import Measured

CPU_TIMES = Path("/proc/stat")
_IDLE = slice(3, 5)
"""Of the columns of /proc/stat (proc(5)): idle and waiting for input or output."""
_COUNTED = 8
"""user, nice, system, idle, iowait, irq, softirq, steal; what comes after is counted in user already."""


class HostGauges:
    """Measures the volume of a folder, and the processors between two looks; where /proc is missing, the former."""

    def __init__(self, folder: Path, cpu_times: Path = CPU_TIMES) -> None:
        self._folder = folder
        self._cpu_times = cpu_times
        self._before = self._times()
        self.figures = frozenset({"disk_used"} if self._before is None else {"disk_used", "cpu_used"})

    def measure(self, now: datetime) -> Sequence[Measured]:
        """Used shares, 0..1."""
        try:
            disk = shutil.disk_usage(self._folder)
        except OSError as failed:
            raise Unavailable("The volume of the data folder cannot be looked at.", hint=str(failed.strerror)) from None
        found = [Measured("disk_used", 1 - disk.free / disk.total)]
        after = self._times()
        if after is not None and self._before is not None:
            idle, total = (late - early for late, early in zip(after, self._before, strict=True))
            if total > 0:
                found.append(Measured("cpu_used", min(1.0, max(0.0, 1 - idle / total))))
                self._before = after
        return found

    def _times(self) -> tuple[int, int] | None:
        """Idle time and all time since the machine started, in ticks; None where nobody tells."""
        try:
            first = self._cpu_times.read_text().split("\n", 1)[0].split()
            ticks = [int(one) for one in first[1 : 1 + _COUNTED]]
        except (OSError, ValueError):
            return None
        return (sum(ticks[_IDLE]), sum(ticks)) if first[0] == "cpu" and len(ticks) == _COUNTED else None
