"""FSRS-6 weights on PostgreSQL: every fit is kept, the newest by an instant are those in force then."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl

from akademos.stores.postgres.database import Transaction
from akademos.stores.postgres.stale_marks import MARKED_AGAIN

_WRITE_COHORT = """
    INSERT INTO cohort_memory_weights (tenant_id, version, fitted_at, learners, reviews, weights)
    SELECT %(tenant)s, coalesce(max(version), 0) + 1, %(at)s, %(learners)s, %(reviews)s, %(weights)s
    FROM cohort_memory_weights WHERE tenant_id = %(tenant)s
    RETURNING version
"""
_WRITE = """
    INSERT INTO memory_weights AS kept (tenant_id, learner_key, fitted_at, reviews, weights) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, learner_key, fitted_at) DO UPDATE SET reviews = excluded.reviews, weights = excluded.weights
"""
# A state of a later instant than the fit was computed without it.
_OVERTAKEN = f"""
    INSERT INTO stale_learner_states (tenant_id, learner_key, marked_at)
    SELECT tenant_id, learner_key, (SELECT clock_timestamp()) FROM learner_state
    WHERE tenant_id = %s AND computed_as_of >= %s AND learner_key = ANY(coalesce(%s::uuid[], ARRAY[learner_key]))
    {MARKED_AGAIN}
"""
_COHORT = """
    SELECT weights, reviews, fitted_at FROM cohort_memory_weights
    WHERE tenant_id = %s AND fitted_at <= %s ORDER BY fitted_at DESC, version DESC LIMIT 1
"""
_OWN = """
    SELECT DISTINCT ON (learner_key) learner_key::text, weights, reviews, fitted_at FROM memory_weights
    WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[]) AND fitted_at <= %s
    ORDER BY learner_key, fitted_at DESC
"""
_WEIGHTS = pl.List(pl.Float64)
_COHORT_COLUMNS = [("weights", _WEIGHTS), ("reviews", pl.Int64()), ("version", pl.String())]
_OWN_COLUMNS = [
    ("learner_key", pl.String()),
    ("weights", _WEIGHTS),
    ("reviews", pl.Int64()),
    ("fitted_at", pl.Datetime("us", "UTC")),
]
_DOUBLES = np.dtype("<f8")


def write_cohort(
    transaction: Transaction,
    tenant_id: str,
    fitted_at: datetime,
    weights: Sequence[float],
    *,
    learners: int,
    reviews: int,
) -> int:
    """A new version of the tenant's weights; its number."""
    values = {
        "tenant": tenant_id,
        "at": fitted_at,
        "learners": learners,
        "reviews": reviews,
        "weights": _packed(weights),
    }
    ((version,),) = transaction.execute(_WRITE_COHORT, values)
    transaction.execute(_OVERTAKEN, (tenant_id, fitted_at, None))
    return int(version)


def write_own(transaction: Transaction, tenant_id: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Fits of learners (learner_key, fitted_at, reviews, weights); how many."""
    fits = list(rows)
    if fits:
        transaction.cursor().executemany(
            _WRITE,
            [
                (tenant_id, one["learner_key"], one["fitted_at"], one["reviews"], _packed(one["weights"]))
                for one in fits
            ],
        )
        for fitted_at in {one["fitted_at"] for one in fits}:
            keys = [UUID(one["learner_key"]) for one in fits if one["fitted_at"] == fitted_at]
            transaction.execute(_OVERTAKEN, (tenant_id, fitted_at, keys))
    return len(fits)


def in_force(
    transaction: Transaction, tenant_id: str, learner_keys: Sequence[str], at: datetime
) -> dict[str, pl.DataFrame]:
    """Tables `cohort_memory_weights` (one row at most) and `memory_weights` as of an instant."""
    cohort = [
        (_unpacked(weights), reviews, _version(fitted_at, weights))
        for weights, reviews, fitted_at in transaction.execute(_COHORT, (tenant_id, at))
    ]
    own = [
        (key, _unpacked(weights), reviews, fitted_at)
        for key, weights, reviews, fitted_at in transaction.execute(
            _OWN, (tenant_id, [UUID(key) for key in learner_keys], at)
        )
    ]
    return {
        "cohort_memory_weights": pl.DataFrame(cohort, schema=_COHORT_COLUMNS, orient="row"),
        "memory_weights": pl.DataFrame(own, schema=_OWN_COLUMNS, orient="row"),
    }


def _version(fitted_at: datetime, weights: bytes) -> str:
    """Date and content: two fits of the same reviews on one day are the same version."""
    return f"{fitted_at:%Y-%m-%d} {hashlib.blake2b(weights, digest_size=4).hexdigest()}"


def _packed(weights: Sequence[float]) -> bytes:
    return np.asarray(weights, dtype=_DOUBLES).tobytes()


def _unpacked(packed: bytes) -> list[float]:
    found: list[float] = np.frombuffer(packed, dtype=_DOUBLES).tolist()
    return found
