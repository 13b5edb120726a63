"""The watch over models on PostgreSQL, and the figure that alerts are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from akademos.stores.ports.incidents import Measured
from akademos.stores.ports.model_watch import Look
from akademos.stores.postgres.database import Database

_WRITE = """
    INSERT INTO model_watch (tenant_id, model, version, watched_at, learners, status, shift, figures)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, model, version, watched_at) DO NOTHING
"""
_NEWEST = """
    SELECT DISTINCT ON (model, version) model, version, watched_at, learners, status, shift, figures
    FROM model_watch WHERE tenant_id = %s ORDER BY model, version DESC, watched_at DESC
"""
_COURSE = """
    SELECT model, version, watched_at, learners, status, shift, figures
    FROM model_watch WHERE tenant_id = %s AND model = %s AND version = %s AND watched_at >= %s ORDER BY watched_at
"""
_IN_SERVICE = """
    SELECT DISTINCT ON (w.tenant_id, w.model) w.tenant_id, w.model, w.shift
    FROM model_watch w JOIN models m USING (tenant_id, model, version)
    WHERE m.promoted_at IS NOT NULL AND m.replaced_at IS NULL
    ORDER BY w.tenant_id, w.model, w.watched_at DESC
"""


class PostgresModelWatch:
    """Adapter of the ports `ModelWatchBook` and `ModelLooks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, tenant_id: str, look: Look) -> None:
        """Keep a look."""
        values = (look.model, look.version, look.watched_at, look.learners, look.status, look.shift)
        with self._database.pipeline() as transaction:
            transaction.execute(_WRITE, (tenant_id, *values, Jsonb([dict(one) for one in look.figures])))

    def newest(self, tenant_id: str) -> list[Look]:
        """The last look at every version, behind the wall between tenants."""
        with self._database.serving(tenant_id) as transaction:
            return [Look(*row) for row in transaction.execute(_NEWEST, (tenant_id,))]

    def course(self, tenant_id: str, model: str, version: int, since: datetime) -> list[Look]:
        """The looks at one version, oldest first, behind the wall between tenants."""
        with self._database.serving(tenant_id) as transaction:
            return [Look(*row) for row in transaction.execute(_COURSE, (tenant_id, model, version, since))]


class ModelGauges:
    """The figure `model_drift`: what the last look at each model in service found."""

    figures = frozenset({"model_drift"})

    def __init__(self, database: Database) -> None:
        self._database = database

    def measure(self, now: datetime) -> Sequence[Measured]:
        """One value a tenant and model; 0 where too few learners were there to tell."""
        with self._database.pipeline() as transaction:
            found = transaction.execute(_IN_SERVICE).fetchall()
        return [Measured("model_drift", float(shift or 0.0), model, tenant_id) for tenant_id, model, shift in found]
