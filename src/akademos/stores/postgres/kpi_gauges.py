"""How far KPIs of production lie from those of staging, by what is published of both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from akademos.stores.ports.incidents import Measured
from akademos.stores.ports.kpis import PRODUCTION
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.kpis import apart

_APART = f"""
    SELECT p.tenant_id, p.kpi, {apart("p.value", "p.baseline")}
    FROM kpi_snapshots p
    WHERE p.environment = '{PRODUCTION}' AND p.dimension = '' AND p.parity IS NOT NULL AND p.week = (
        SELECT max(n.week) FROM kpi_snapshots n
        WHERE n.tenant_id = p.tenant_id AND n.kpi = p.kpi AND n.environment = p.environment)
    ORDER BY 1, 2
"""


class KpiGauges:
    """Measures one figure for each tenant and KPI that staging has in the newest week, over everybody.

    The figure is |production - staging| / |staging|; 1 where staging says 0 and production does not.
    """

    figures = frozenset({"kpi_apart"})

    def __init__(self, database: Database) -> None:
        self._database = database

    def measure(self, now: datetime) -> Sequence[Measured]:
        """How far each lies from its baseline."""
        with self._database.pipeline() as transaction:
            return [
                Measured("kpi_apart", float(share), kpi, tenant_id)
                for tenant_id, kpi, share in transaction.execute(_APART)
            ]
