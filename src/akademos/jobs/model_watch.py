"""Every night: what the models in service meet and say, against their training (`analytics.drift`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import polars as pl

from akademos.analytics.drift import LEARNER, Shift, reference, shifts, standing
from akademos.catalogue.model_policies import DRIFT
from akademos.catalogue.policies import LIMITS
from akademos.errors import InputError
from akademos.jobs.child_process import run_apart
from akademos.jobs.trainers import TrainingSource
from akademos.stores.ports.model_watch import Look, ModelWatchBook
from akademos.stores.ports.models import ModelRegistry, ServedModels, TrainedModel

FIGURE_DECIMALS = 4


class Models(ModelRegistry, ServedModels, Protocol):
    """What the watch needs of the registry of models."""


class ModelWatch:
    """Looks at every model in service of a tenant.

    Args:
        models, source, book: the stores.
        clock: the installation's.
    """

    def __init__(
        self, models: Models, source: TrainingSource, book: ModelWatchBook, *, clock: Callable[[], datetime]
    ) -> None:
        self._models = models
        self._source = source
        self._book = book
        self._clock = clock

    def look(self, tenant_id: str) -> list[Look]:
        """One look at each; kept, and returned."""
        from akademos.jobs.watched_models import WATCHED

        found = []
        for name in WATCHED:
            serving = self._models.in_service(tenant_id, name)
            look = None if serving is None else self._look(tenant_id, serving)
            if look is not None:
                self._book.write(tenant_id, look)
                found.append(look)
        return found

    def _look(self, tenant_id: str, serving: TrainedModel) -> Look | None:
        """None where its training left no reference, or its bytes cannot be read: the next training mends both."""
        from akademos.jobs.watched_models import WATCHED

        kept = self._models.reference(tenant_id, serving.model, serving.version)
        artefact = self._models.artefact(tenant_id, serving.model, serving.version)
        if not kept or artefact is None:
            return None
        now = self._clock()
        try:
            examples = WATCHED[serving.model].present(self._source, tenant_id, now, artefact)
            enough = examples.height and examples[LEARNER].n_unique() >= DRIFT.learners
            found = run_apart(moved, serving.model, artefact, examples, kept, serving.version) if enough else []
        except InputError as unreadable:
            if unreadable.code != "model_unreadable":
                raise
            return None
        known = [one for one in found if not np.isnan(one.value)]
        return Look(
            model=serving.model,
            version=serving.version,
            watched_at=now,
            learners=max((one.learners for one in found), default=examples[LEARNER].n_unique()),
            status=standing(found, DRIFT.shift),
            shift=max((round(one.low, FIGURE_DECIMALS) for one in known), default=None),
            figures=[_told(one) for one in found],
        )


def trained_on(name: str, artefact: bytes, taught: pl.DataFrame, judged: pl.DataFrame) -> dict[str, Any]:
    """What is kept of a training: inputs of all learners, outputs of those who did not teach; called in a process of
    its own."""
    from akademos.jobs.watched_models import OUTPUT, WATCHED

    if name not in WATCHED:
        return {}
    observed = WATCHED[name].observed
    others = observed(artefact, judged) if judged.height else None
    everybody = observed(artefact, taught).drop(OUTPUT)
    found = reference(everybody if others is None else pl.concat([everybody, others.drop(OUTPUT)]), LIMITS.group_floor)
    if others is not None:
        columns = [column for column in others.columns if column not in found]
        found |= reference(others.select(columns), LIMITS.group_floor)
    return found


def moved(name: str, artefact: bytes, examples: pl.DataFrame, kept: Mapping[str, Any], seed: int) -> list[Shift]:
    """The shifts of now; called in a process of its own."""
    from akademos.jobs.watched_models import WATCHED

    return shifts(kept, WATCHED[name].observed(artefact, examples), seed, DRIFT.learners)


def _told(one: Shift) -> dict[str, Any]:
    values = {
        name: None if isinstance(value, float) and np.isnan(value) else value for name, value in asdict(one).items()
    }
    return {
        name: round(value, FIGURE_DECIMALS) if isinstance(value, float) else value for name, value in values.items()
    }
