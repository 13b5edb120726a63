"""How many events the core of each tenant holds: counted by the worker, which has the lake open anyway."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from akademos.stores.ports.access import Tenants
from akademos.stores.ports.event_log import EventLogReader
from akademos.stores.ports.incidents import Measured


class CoreGauges:
    """Measures one figure a tenant."""

    figures = frozenset({"core_events"})

    def __init__(self, core: EventLogReader, tenants: Tenants) -> None:
        self._core = core
        self._tenants = tenants

    def measure(self, now: datetime) -> Sequence[Measured]:
        """Rows of the core."""
        return [
            Measured("core_events", self._core.count(one.tenant_id), tenant_id=one.tenant_id)
            for one in self._tenants.all()
        ]
