"""The registry of models on PostgreSQL: whose rows trained which version, and which must be rebuilt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from akademos.catalogue.policies import LIMITS
from akademos.privacy.pseudonyms import Keys
from akademos.stores.postgres.database import Database, Transaction

_RECORD = """
    INSERT INTO models (tenant_id, model, version, trained_at, learners, trained_on) VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, model, version) DO NOTHING
"""
_REPLACE = """
    UPDATE models SET replaced_at = %s WHERE tenant_id = %s AND model = %s AND version < %s AND replaced_at IS NULL
"""
_TRAINED = "SELECT model, version, replaced_at IS NULL, trained_on FROM models WHERE tenant_id = %s FOR UPDATE"
_MARK = """
    UPDATE models SET trained_on = %s, rebuild_by = CASE WHEN replaced_at IS NULL THEN coalesce(rebuild_by, %s) END
    WHERE tenant_id = %s AND model = %s AND version = %s
"""
_ALL = """
    SELECT model, version, trained_at, learners, rebuild_by, replaced_at FROM models WHERE tenant_id = %s
    ORDER BY model, version DESC
"""


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """One version; `rebuild_by`: somebody in it was erased."""

    model: str
    version: int
    trained_at: datetime
    learners: int
    rebuild_by: datetime | None
    replaced_at: datetime | None


class PostgresModels:
    """Adapter of the port `TrainedModels`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def record(
        self, tenant_id: str, model: str, version: int, trained_at: datetime, learner_keys: Iterable[str]
    ) -> None:
        """Keep whose rows trained a version, which takes the place of those before it."""
        digests = sorted({self._keys.training_digest(tenant_id, key) for key in learner_keys})
        with self._database.pipeline() as transaction:
            values = (tenant_id, model, version, trained_at, len(digests), b"".join(digests))
            transaction.execute(_RECORD, values)
            transaction.execute(_REPLACE, (trained_at, tenant_id, model, version))

    def all(self, tenant_id: str) -> list[TrainedModel]:
        """By model, newest version first."""
        with self._database.pipeline() as transaction:
            return [TrainedModel(*row) for row in transaction.execute(_ALL, (tenant_id,))]


def mark_for_rebuild(
    transaction: Transaction, keys: Keys, tenant_id: str, learner_keys: Sequence[str], now: datetime
) -> list[str]:
    """Take people out of the lists of all versions, and mark those in use; which (`model/version`)."""
    gone = np.array([keys.training_digest(tenant_id, key) for key in learner_keys], dtype="V8")
    marked = []
    for model, version, in_use, trained_on in transaction.execute(_TRAINED, (tenant_id,)).fetchall():
        digests = np.frombuffer(trained_on, dtype="V8")
        kept = digests[~np.isin(digests.view("u8"), gone.view("u8"))]
        if len(kept) < len(digests):
            due = now + LIMITS.model_rebuild
            transaction.execute(_MARK, (kept.tobytes(), due, tenant_id, model, version))
            if in_use:
                marked.append(f"{model}/{version}")
    return marked
