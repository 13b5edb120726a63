"""Whether production takes in as many events as the staging that mirrors it, from the counters of all processes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from prometheus_client.samples import Sample

from akademos.catalogue.alert_rules import PARITY_LEAST
from akademos.stores.ports.incidents import Measured
from akademos.telemetry import STAGING_BASELINE, samples

INGESTED = "analytics_events_ingested"
PRODUCTION, STAGING = "prod", "staging"
OVER = timedelta(hours=24)
"""Compared is what both have taken in since then, or since the first look."""

LOOK_APART = timedelta(minutes=5)
"""Counts are remembered no closer than so."""

MIRRORS_FROM = 0.5
"""A staging that takes in less than this share of production is no mirror of it, and says nothing about it."""


class ParityGauges:
    """Measures by the difference of two looks at a counter; a process that ended takes nothing away.

    The figure is |production - staging| / staging, of events taken (accepted or held); 0 where staging is no baseline:
    fewer than `PARITY_LEAST` events, of which 2% say little, or no mirror.
    """

    figures = frozenset({"ingestion_apart"})

    def __init__(self, look: Callable[..., Iterable[Sample]] = samples) -> None:
        self._look = look
        self._seen: deque[tuple[datetime, float, float]] = deque()

    def measure(self, now: datetime) -> Sequence[Measured]:
        """How far production lies from staging; the baseline is exported beside."""
        taken = {PRODUCTION: 0.0, STAGING: 0.0}
        for one in self._look(INGESTED):
            if one.name == f"{INGESTED}_total" and one.labels["environment"] in taken:
                taken[one.labels["environment"]] += one.value
        STAGING_BASELINE.set(taken[STAGING])
        while len(self._seen) > 1 and now - self._seen[1][0] >= OVER:
            self._seen.popleft()
        if not self._seen or now - self._seen[-1][0] >= LOOK_APART:
            self._seen.append((now, taken[PRODUCTION], taken[STAGING]))
        _, production, staging = self._seen[0]
        return [Measured("ingestion_apart", apart(taken[PRODUCTION] - production, taken[STAGING] - staging))]


def apart(production: float, staging: float) -> float:
    """The difference as a share of staging's events.

    Example:
        >>> apart(950, 1000), apart(1000, 1000), apart(10, 20), apart(90_000, 1000)
        (0.05, 0.0, 0.0, 0.0)
    """
    if staging < max(PARITY_LEAST, MIRRORS_FROM * production):
        return 0.0
    return abs(production - staging) / staging
