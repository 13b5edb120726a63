"""How many checks of each dataset fail: of the tables, by their open issues; of the warehouse, by its newest build."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from akademos.stores.ports.incidents import Measured
from akademos.stores.postgres.database import Database

_FAILING = """
    SELECT tenant_id, dataset, count(*), min(opened_at) FROM quality_issues WHERE closed_at IS NULL
    GROUP BY tenant_id, dataset
    UNION ALL
    SELECT c.tenant_id, c.dataset, count(*), min(c.checked_at) FROM tenants t
    CROSS JOIN LATERAL (SELECT n.build_id FROM warehouse_checks n WHERE n.tenant_id = t.tenant_id
        ORDER BY n.checked_at DESC LIMIT 1) AS newest
    JOIN warehouse_checks c ON c.tenant_id = t.tenant_id AND c.build_id = newest.build_id
    WHERE c.status = 'fail' GROUP BY c.tenant_id, c.dataset
    ORDER BY 1, 2
"""


class QualityGauges:
    """Measures one figure for each tenant and dataset of which a check fails; nothing where all pass."""

    figures = frozenset({"quality_failed"})

    def __init__(self, database: Database) -> None:
        self._database = database

    def measure(self, now: datetime) -> Sequence[Measured]:
        """Failing checks, since the first of them fails."""
        with self._database.pipeline() as transaction:
            return [
                Measured("quality_failed", float(failing), dataset, tenant_id, since)
                for tenant_id, dataset, failing, since in transaction.execute(_FAILING)
            ]
