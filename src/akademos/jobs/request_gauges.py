"""Figures of the answers that all processes gave since the last look, from their metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus

from prometheus_client.samples import Sample

from akademos.stores.ports.incidents import Measured
from akademos.telemetry import samples

REQUESTS = "akademos_request_seconds"
CACHED = "akademos_answers_cached"
SLOW_FROM_S = "1.0"
LEAST_ANSWERS = 100
"""Of fewer answers a share says nothing."""


class RequestGauges:
    """Measures by the difference of two looks at counters; a process that ended takes nothing away."""

    figures = frozenset({"requests_slow", "requests_failed", "cache_missed"})

    def __init__(self, look: Callable[..., Iterable[Sample]] = samples) -> None:
        self._look = look
        self._before: Mapping[str, float] | None = None

    def measure(self, now: datetime) -> Sequence[Measured]:
        """Shares 0..1; 0 where fewer than a hundred answers were given."""
        after = self._counts()
        before, self._before = self._before or after, after
        seen = {name: max(0.0, after[name] - before[name]) for name in after}
        return [
            Measured("requests_slow", _share(seen["answers"] - seen["quick"], seen["answers"])),
            Measured("requests_failed", _share(seen["failed"], seen["answers"])),
            Measured("cache_missed", _share(seen["missed"], seen["looked up"])),
        ]

    def _counts(self) -> dict[str, float]:
        counts = dict.fromkeys(("answers", "quick", "failed", "looked up", "missed"), 0.0)
        for one in self._look(REQUESTS, CACHED):
            if one.name == f"{REQUESTS}_bucket" and one.labels["le"] == SLOW_FROM_S:
                counts["quick"] += one.value
            elif one.name == f"{REQUESTS}_count":
                counts["answers"] += one.value
                if int(one.labels["status"]) >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    counts["failed"] += one.value
            elif one.name == f"{CACHED}_total":
                counts["looked up"] += one.value
                if one.labels["outcome"] == "miss":
                    counts["missed"] += one.value
        return counts


def _share(part: float, whole: float) -> float:
    return part / whole if whole >= LEAST_ANSWERS else 0.0
