"""Training of models: examples of learners who consent, a candidate for the registry, and whether it may serve.

One learner in five is never learned from, for ever the same (`ports.models.ModelRegistry.held_out`): on these a
candidate is compared with the version in service, or with the trainer's baseline where none serves, and promoted if it
is better (`analytics.promotion`). Somebody whose rows trained the one in service is left out of the comparison,
whatever the split says.

A version that rests on rows of an erased person, or of one of whom no row is left, is replaced by the next one even if
that is no better; where too few learners are left to train one, it retires.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import numpy as np
import polars as pl

from akademos import __version__
from akademos.analytics.promotion import Verdict, compare
from akademos.catalogue.policies import LIMITS
from akademos.errors import InputError
from akademos.jobs.child_process import run_apart
from akademos.jobs.model_watch import ModelWatch, trained_on
from akademos.jobs.trainers import TRAINERS, TrainingSource, trainer
from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.stores.ports.models import Candidate, ModelRegistry, ServedModels, TrainedModel

JOB = "train"
AGAIN_AFTER = timedelta(days=7)
"""Models are trained anew every week; sooner where a version must be rebuilt."""


class Registry(ModelRegistry, ServedModels, Protocol):
    """What training needs of the registry of models."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What comes back from the process that trained."""

    artefact: bytes
    features: tuple[str, ...]
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Any]
    fairness: Mapping[str, Any]
    verdict: Verdict
    against: str
    reference: Mapping[str, Any] = field(default_factory=dict)


class TrainingJob:
    """Trains the models of a tenant.

    Args:
        models: the registry.
        source: where examples come from.
        runs: the record of jobs.
        clock: the installation's.
        watch: looks at the models in service once the night's training is done.
    """

    def __init__(
        self,
        models: Registry,
        source: TrainingSource,
        runs: JobRuns,
        *,
        clock: Callable[[], datetime],
        watch: ModelWatch | None = None,
    ) -> None:
        self._models = models
        self._source = source
        self._runs = runs
        self._clock = clock
        self._watch = watch

    def run(self, tenant_id: str, names: Collection[str] = tuple(TRAINERS), *, due_only: bool = False) -> JobRun | None:
        """Train some models, or with `due_only` those of them that are due; None when another process is at it."""
        with self._runs.running(JOB, tenant_id) as run:
            if run is not None:
                if due_only and (forgotten := self._forget_expired(tenant_id, names)):
                    run.detail["forgotten"] = forgotten
                for name in names:
                    if not due_only or self._due(tenant_id, name):
                        run.detail[name] = self._train(tenant_id, name, run)
                        self._runs.note(run)
                if due_only and self._watch is not None:
                    looks = self._watch.look(tenant_id)
                    run.detail["watched"] = {one.model: {"version": one.version, "status": one.status} for one in looks}
        return run

    def _forget_expired(self, tenant_id: str, names: Collection[str]) -> list[str]:
        """Mark versions for rebuilding that rest on people of whom no row to learn from is left."""
        if not any(one.model in names and one.replaced_at is None for one in self._models.all(tenant_id)):
            return []
        present = self._source.buckets.present(tenant_id, self._source.teaching(tenant_id))
        return self._models.forget_absent(tenant_id, present, names, self._clock())

    def _due(self, tenant_id: str, name: str) -> bool:
        versions = [one for one in self._models.all(tenant_id) if one.model == name]
        newest = max((one.trained_at for one in versions), default=None)
        rebuild = any(one.state == "to rebuild" for one in versions)
        return newest is None or rebuild or self._clock() - newest >= AGAIN_AFTER

    def _train(self, tenant_id: str, name: str, run: JobRun) -> dict[str, Any]:
        now, kind = self._clock(), trainer(name)
        examples = kind.gather(self._source, tenant_id, now)
        serving = self._models.in_service(tenant_id, name)
        everybody = sorted(set(examples["learner_key"].to_list()))
        run.rows_in += examples.height
        if len(everybody) < kind.learners_least:
            if serving is not None and serving.rebuild_by is not None:
                why = "too few learners are left to rebuild it without an erased one"
                self._models.retire(tenant_id, name, serving.version, actor=f"job:{JOB}", at=now, why=why)
            return {"learners": len(everybody), "needed": kind.learners_least, "trained": False}
        held_out = self._models.held_out(tenant_id, everybody)
        known = self._known(tenant_id, name, serving, held_out)
        judged = examples.filter(pl.col("learner_key").is_in(list(held_out - known)))
        taught = examples.filter(~pl.col("learner_key").is_in(list(held_out)))
        learners = sorted(set(taught["learner_key"].to_list()))
        before = None if serving is None else self._models.artefact(tenant_id, name, serving.version)
        digest = data_hash(taught)
        seed = int.from_bytes(digest[:4], "big")
        trained = run_apart(train_apart, name, taught, judged, before, seed)
        card = _card(name, trained, taught, learners, held_out, digest, seed, now)
        candidate = Candidate(
            model=name,
            trained_at=now,
            seed=seed,
            data_hash=digest,
            features=trained.features,
            parameters=trained.parameters,
            metrics={**trained.metrics, "comparison": _verdict(trained)},
            card=card,
            artefact=trained.artefact,
            reference=trained.reference,
        )
        version = self._models.add(tenant_id, candidate, learners)
        run.rows_out += 1
        rebuilt = serving is not None and serving.rebuild_by is not None
        if trained.verdict.promoted or rebuilt:
            reasons = {**_verdict(trained), "rebuilt": rebuilt}
            self._models.promote(tenant_id, name, version, actor=f"job:{JOB}", at=now, why=reasons)
        return {
            "version": version,
            "learners": len(learners),
            "held_out": len(held_out),
            "promoted": trained.verdict.promoted or rebuilt,
            "reason": trained.verdict.reason,
            "trained": True,
        }

    def _known(
        self, tenant_id: str, name: str, serving: TrainedModel | None, held_out: frozenset[str]
    ) -> frozenset[str]:
        """Held-out learners whom the version in service learned from all the same (keys that a merge moved)."""
        if serving is None:
            return frozenset()
        return self._models.trained_by(tenant_id, name, serving.version, held_out)


def train_apart(name: str, taught: pl.DataFrame, judged: pl.DataFrame, before: bytes | None, seed: int) -> Trained:
    """Fit and judge a model; called in a process of its own."""
    kind = trainer(name)
    artefact = kind.fit(taught, seed)
    new = kind.losses(artefact, taught, judged)
    against = "the baseline" if before is None else "the version in service"
    try:
        old = kind.losses(before, taught, judged)
    except InputError as unreadable:
        if unreadable.code != "model_unreadable":
            raise
        old, against = kind.losses(None, taught, judged), "the baseline: the version in service is of another release"
    keys = sorted(new.keys() & old.keys())
    verdict = compare(np.array([new[key] for key in keys]), np.array([old[key] for key in keys]), seed)
    metrics, fairness = kind.metrics(artefact, judged, LIMITS.group_floor, seed) if keys else ({}, {})
    return Trained(
        artefact=artefact,
        features=tuple(kind.features(artefact)),
        parameters=kind.parameters(artefact),
        metrics=_finite(metrics),
        fairness=_finite(fairness),
        verdict=verdict,
        against=against,
        reference=trained_on(name, artefact, taught, judged),
    )


def data_hash(examples: pl.DataFrame) -> bytes:
    """SHA-256 of the rows, whatever their order; it changes when a value, a column or a row does."""
    ordered = examples.select(sorted(examples.columns))
    ordered = ordered.sort(ordered.columns, nulls_last=True)
    schema = repr([(name, str(dtype)) for name, dtype in ordered.schema.items()]).encode()
    return hashlib.sha256(schema + ordered.write_ndjson().encode()).digest()


def _verdict(trained: Trained) -> dict[str, Any]:
    """The comparison as JSON."""
    said: dict[str, Any] = _finite({**asdict(trained.verdict), "against": trained.against})
    return said


def _finite(value: Any) -> Any:
    """JSON knows no NaN: it is null."""
    if isinstance(value, Mapping):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _card(
    name: str,
    trained: Trained,
    taught: pl.DataFrame,
    learners: Collection[str],
    held_out: Collection[str],
    digest: bytes,
    seed: int,
    now: datetime,
) -> dict[str, Any]:
    """The model card (after Mitchell et al. 2019, doi:10.1145/3287560.3287596); it names nobody."""
    kind = trainer(name)
    return {
        "model": name,
        "trained_at": now.isoformat(),
        "release": __version__,
        "intended_use": kind.use,
        "data": {
            "rows": taught.height,
            "learners": len(learners),
            "held_out_learners": len(held_out),
            "consent": "learning_support, live at the moment of training",
            "sha256": digest.hex(),
            "seed": seed,
        },
        "features": list(trained.features),
        "parameters": dict(trained.parameters),
        "metrics": dict(trained.metrics),
        "fairness": {
            "groups": dict(trained.fairness),
            "note": f"Groups of at least {LIMITS.group_floor} held-out learners; no demographic attribute is used.",
        },
        "comparison": {**_verdict(trained), "loss": kind.loss},
        "limits": list(kind.limits),
    }
