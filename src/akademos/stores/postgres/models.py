"""The registry of models on PostgreSQL: whose rows trained which version, how good it is, which one serves."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg.types.json import Jsonb

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.policies import LIMITS
from akademos.errors import Conflict, NotFound
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.models import Candidate, TrainedModel
from akademos.stores.postgres import audit
from akademos.stores.postgres.database import Database, Transaction

_REPLACE = """
    UPDATE models SET replaced_at = %s
    WHERE tenant_id = %s AND model = %s AND version < %s AND replaced_at IS NULL
"""
_RECORD = """
    INSERT INTO models (tenant_id, model, version, trained_at, learners, trained_on, promoted_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, model, version) DO NOTHING
"""
# One training at a time of a tenant's model: the numbers of versions follow each other.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_ADD = """
    INSERT INTO models (tenant_id, model, version, trained_at, learners, trained_on, seed, data_hash, learners_hash,
        features, parameters, metrics, card, artefact, artefact_hash, reference)
    SELECT %(tenant)s, %(model)s, coalesce(max(version), 0) + 1, %(at)s, %(learners)s, %(trained_on)s, %(seed)s,
        %(data_hash)s, %(learners_hash)s, %(features)s, %(parameters)s, %(metrics)s, %(card)s, %(artefact)s,
        %(artefact_hash)s, %(reference)s
    FROM models WHERE tenant_id = %(tenant)s AND model = %(model)s
    RETURNING version
"""
_SUPERSEDE = """
    UPDATE models SET replaced_at = %s
    WHERE tenant_id = %s AND model = %s AND version < %s AND promoted_at IS NULL AND replaced_at IS NULL
"""
_OUT = """
    UPDATE models SET replaced_at = %s
    WHERE tenant_id = %s AND model = %s AND promoted_at IS NOT NULL AND replaced_at IS NULL
    RETURNING version, rebuild_by
"""
_IN = "UPDATE models SET promoted_at = %s WHERE tenant_id = %s AND model = %s AND version = %s"
_RETIRE = "UPDATE models SET replaced_at = %s WHERE tenant_id = %s AND model = %s AND version = %s"
_TRAINED = "SELECT model, version, replaced_at IS NULL, trained_on FROM models WHERE tenant_id = %s FOR UPDATE"
_TRAINED_BY = "SELECT trained_on FROM models WHERE tenant_id = %s AND model = %s AND version = %s"
# A version that serves no more keeps nothing that an erased person's rows went into.
_MARK = """
    UPDATE models SET trained_on = %s, rebuild_by = CASE WHEN replaced_at IS NULL THEN coalesce(rebuild_by, %s) END,
        artefact = CASE WHEN replaced_at IS NULL THEN artefact END,
        reference = CASE WHEN replaced_at IS NULL THEN reference END
    WHERE tenant_id = %s AND model = %s AND version = %s
"""
_FIELDS = """
    model, version, trained_at, learners, rebuild_by, replaced_at, promoted_at, seed, encode(data_hash, 'hex'),
    encode(learners_hash, 'hex'), features, parameters, metrics, card, encode(artefact_hash, 'hex')
"""
_ALL = f"SELECT {_FIELDS} FROM models WHERE tenant_id = %s ORDER BY model, version DESC"
_IN_SERVICE = f"""
    SELECT {_FIELDS} FROM models
    WHERE tenant_id = %s AND model = %s AND promoted_at IS NOT NULL AND replaced_at IS NULL
"""
_VERSION = f"SELECT {_FIELDS} FROM models WHERE tenant_id = %s AND model = %s AND version = %s"
_IN_SERVICE_AT = """
    SELECT version FROM models
    WHERE tenant_id = %s AND model = %s AND promoted_at <= %s AND (replaced_at IS NULL OR replaced_at > %s)
    ORDER BY version DESC LIMIT 1
"""
_STANDING = """
    SELECT promoted_at, replaced_at, rebuild_by, artefact, artefact_hash,
        coalesce((metrics -> 'comparison' ->> 'promoted')::boolean, false)
    FROM models WHERE tenant_id = %s AND model = %s AND version = %s FOR UPDATE
"""
_REFERENCE = "SELECT reference FROM models WHERE tenant_id = %s AND model = %s AND version = %s"
_ARTEFACT = "SELECT artefact, artefact_hash FROM models WHERE tenant_id = %s AND model = %s AND version = %s"

HELD_OUT_ONE_IN = 5


class PostgresModels:
    """Adapter of the ports `ModelRegistry`, `ServedModels` and `ModelCards`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def record(
        self, tenant_id: str, model: str, version: int, trained_at: datetime, learner_keys: Iterable[str]
    ) -> None:
        """Keep whose rows trained a version that serves at once, in the place of those before it."""
        digests = self._digests(tenant_id, learner_keys)
        with self._database.pipeline() as transaction:
            transaction.execute(_REPLACE, (trained_at, tenant_id, model, version))
            values = (tenant_id, model, version, trained_at, len(digests), b"".join(digests), trained_at)
            transaction.execute(_RECORD, values)

    def held_out(self, tenant_id: str, learner_keys: Iterable[str]) -> frozenset[str]:
        """One in five, for ever the same: by the digest that the registry knows them by."""
        return frozenset(
            key
            for key in learner_keys
            if int.from_bytes(self._keys.training_digest(tenant_id, key), "big") % HELD_OUT_ONE_IN == 0
        )

    def trained_by(self, tenant_id: str, model: str, version: int, learner_keys: Iterable[str]) -> frozenset[str]:
        """Which of these people's rows trained a version."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_TRAINED_BY, (tenant_id, model, version)).fetchone()
        packed = b"" if row is None else bytes(row[0])
        known = {packed[at : at + 8] for at in range(0, len(packed), 8)}
        return frozenset(key for key in learner_keys if self._keys.training_digest(tenant_id, key) in known)

    def add(self, tenant_id: str, candidate: Candidate, learner_keys: Iterable[str]) -> int:
        """Keep a candidate under the next number; candidates before it retire."""
        digests = self._digests(tenant_id, learner_keys)
        trained_on = b"".join(digests)
        values = {
            "tenant": tenant_id,
            "model": candidate.model,
            "at": candidate.trained_at,
            "learners": len(digests),
            "trained_on": trained_on,
            "seed": candidate.seed,
            "data_hash": candidate.data_hash,
            "learners_hash": hashlib.sha256(trained_on).digest(),
            "features": list(candidate.features),
            "parameters": Jsonb(dict(candidate.parameters)),
            "metrics": Jsonb(dict(candidate.metrics)),
            "card": Jsonb(dict(candidate.card)),
            "artefact": candidate.artefact,
            "artefact_hash": hashlib.sha256(candidate.artefact).digest(),
            "reference": Jsonb(dict(candidate.reference)) if candidate.reference else None,
        }
        with self._database.pipeline() as transaction:
            transaction.execute(_LOCK, (f"models/{tenant_id}/{candidate.model}",))
            ((version,),) = transaction.execute(_ADD, values).fetchall()
            transaction.execute(_SUPERSEDE, (candidate.trained_at, tenant_id, candidate.model, version))
        return int(version)

    def promote(
        self, tenant_id: str, model: str, version: int, *, actor: str, at: datetime, why: Mapping[str, Any]
    ) -> None:
        """Put a candidate into service in the place of the one that serves."""
        with self._database.pipeline() as transaction:
            transaction.execute(_LOCK, (f"models/{tenant_id}/{model}",))
            standing = _standing(transaction, tenant_id, model, version)
            promoted_at, replaced_at, rebuild_by, artefact, digest, better = standing
            if promoted_at is not None or replaced_at is not None:
                raise Conflict(
                    f"Version {version} of {model} is no candidate.",
                    hint="`akademos models list` says which versions are.",
                    code="not_a_candidate",
                )
            if rebuild_by is not None:
                raise Conflict(
                    f"Somebody whose rows trained version {version} of {model} was erased.",
                    hint="Train a new version: `akademos train`.",
                    code="model_to_rebuild",
                )
            if not _intact(artefact, digest):
                raise Conflict(
                    f"The bytes of version {version} of {model} are not those that were trained.",
                    hint="Train a new version: `akademos train`.",
                    code="artefact_changed",
                )
            before = transaction.execute(_OUT, (at, tenant_id, model)).fetchone()
            if not better and (before is None or before[1] is None):
                raise Conflict(
                    f"Version {version} of {model} was not better on held-out learners.",
                    hint="`akademos models show` has the comparison; train again when there are more results.",
                    code="not_better",
                )
            transaction.execute(_IN, (at, tenant_id, model, version))
            detail: dict[str, Json] = {
                "model": model,
                "version": version,
                "before": before[0] if before else None,
                "why": dict(why),
            }
            audit.append(transaction, tenant_id, AuditEntry(actor, AuditAction.MODEL_PROMOTED, detail=detail))

    def retire(self, tenant_id: str, model: str, version: int, *, actor: str, at: datetime, why: str) -> None:
        """Take a version out of service, or off the list of candidates."""
        with self._database.pipeline() as transaction:
            transaction.execute(_LOCK, (f"models/{tenant_id}/{model}",))
            promoted_at, replaced_at, *_ = _standing(transaction, tenant_id, model, version)
            if replaced_at is not None:
                raise Conflict(
                    f"Version {version} of {model} has retired already.",
                    hint="`akademos models list` says which versions serve.",
                    code="retired",
                )
            transaction.execute(_RETIRE, (at, tenant_id, model, version))
            detail: dict[str, Json] = {
                "model": model,
                "version": version,
                "served": promoted_at is not None,
                "why": why,
            }
            audit.append(transaction, tenant_id, AuditEntry(actor, AuditAction.MODEL_RETIRED, detail=detail))

    def reference(self, tenant_id: str, model: str, version: int) -> Mapping[str, Any] | None:
        """How the rows that trained a version were distributed; None where it is not kept."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_REFERENCE, (tenant_id, model, version)).fetchone()
        return None if row is None else row[0]

    def forget_absent(self, tenant_id: str, present: Iterable[str], names: Iterable[str], at: datetime) -> list[str]:
        """Mark what rests on rows of people who have none any more; see the port."""
        digests = self._digests(tenant_id, present)
        with self._database.pipeline() as transaction:
            wanted, held = set(names), _numbers(digests)
            return _mark(transaction, tenant_id, lambda trained: np.isin(trained, held), at, wanted.__contains__)

    def all(self, tenant_id: str) -> list[TrainedModel]:
        """By model, newest version first."""
        with self._database.pipeline() as transaction:
            return [TrainedModel(*row) for row in transaction.execute(_ALL, (tenant_id,))]

    def cards(self, tenant_id: str) -> list[TrainedModel]:
        """The same as serving sees it, behind the wall between tenants."""
        with self._database.serving(tenant_id) as transaction:
            return [TrainedModel(*row) for row in transaction.execute(_ALL, (tenant_id,))]

    def in_service(self, tenant_id: str, model: str) -> TrainedModel | None:
        """The version that serves."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_IN_SERVICE, (tenant_id, model)).fetchone()
        return None if row is None else TrainedModel(*row)

    def artefact(self, tenant_id: str, model: str, version: int) -> bytes | None:
        """The bytes of a version; None when there are none, or when they are not those of its hash."""
        with self._database.serving(tenant_id) as transaction:
            row = transaction.execute(_ARTEFACT, (tenant_id, model, version)).fetchone()
        return bytes(row[0]) if row is not None and _intact(*row) else None

    def version(self, tenant_id: str, model: str, version: int) -> TrainedModel | None:
        """What is known of a version."""
        with self._database.serving(tenant_id) as transaction:
            row = transaction.execute(_VERSION, (tenant_id, model, version)).fetchone()
        return None if row is None else TrainedModel(*row)

    def in_service_at(self, tenant_id: str, model: str, at: datetime) -> int | None:
        """The version that was in service at an instant."""
        with self._database.serving(tenant_id) as transaction:
            row = transaction.execute(_IN_SERVICE_AT, (tenant_id, model, at, at)).fetchone()
        return None if row is None else int(row[0])

    def _digests(self, tenant_id: str, learner_keys: Iterable[str]) -> list[bytes]:
        return sorted({self._keys.training_digest(tenant_id, key) for key in learner_keys})


def _standing(transaction: Transaction, tenant_id: str, model: str, version: int) -> tuple[Any, ...]:
    row = transaction.execute(_STANDING, (tenant_id, model, version)).fetchone()
    if row is None:
        raise NotFound(
            f"There is no version {version} of {model}.",
            hint="`akademos models list` names them all.",
            code="unknown_model",
        )
    return tuple(row)


def _intact(artefact: bytes | None, digest: bytes | None) -> bool:
    return artefact is not None and digest is not None and hashlib.sha256(artefact).digest() == bytes(digest)


def mark_for_rebuild(
    transaction: Transaction, keys: Keys, tenant_id: str, learner_keys: Sequence[str], now: datetime
) -> list[str]:
    """Take people out of the lists of all versions, and mark those in use; which (`model/version`)."""
    gone = _numbers([keys.training_digest(tenant_id, key) for key in learner_keys])
    return _mark(transaction, tenant_id, lambda trained: ~np.isin(trained, gone), now, lambda model: True)


def _mark(
    transaction: Transaction,
    tenant_id: str,
    stays: Callable[[npt.NDArray[np.uint64]], npt.NDArray[np.bool_]],
    now: datetime,
    wanted: Callable[[str], bool],
) -> list[str]:
    """Take those who do not stay out of the lists of versions; which of them are in use and to be rebuilt."""
    marked = []
    for model, version, in_use, trained_on in transaction.execute(_TRAINED, (tenant_id,)).fetchall():
        digests = np.frombuffer(trained_on, dtype="u8")
        kept = digests[stays(digests)]
        if wanted(model) and len(kept) < len(digests):
            due = now + LIMITS.model_rebuild
            transaction.execute(_MARK, (kept.tobytes(), due, tenant_id, model, version))
            if in_use:
                marked.append(f"{model}/{version}")
    return marked


def _numbers(digests: Sequence[bytes]) -> npt.NDArray[np.uint64]:
    """Digests of eight bytes as numbers."""
    return np.frombuffer(b"".join(digests), dtype="u8")
