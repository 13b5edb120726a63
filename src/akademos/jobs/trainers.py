"""What the training job needs to know of a kind of model; `TRAINERS` lists them all.

A trainer gathers examples in the worker, which must stay small; everything that needs a learning library happens in a
process of its own, which ends with the training: `fit`, `losses` and `metrics` are called there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from akademos.catalogue.registry import Registry
from akademos.jobs.course_activity import is_of_a_course
from akademos.jobs.learner_buckets import LearnerBuckets
from akademos.jobs.past_tables import learning_events
from akademos.stores.ports.learner_state import LearnerStates
from akademos.stores.ports.records import Records
from akademos.stores.ports.risk import RiskLedger

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class TrainingSource:
    """Where examples come from: `buckets` gives the events of learners who consent to learning support, and only
    theirs."""

    buckets: LearnerBuckets
    records: Records
    states: LearnerStates
    registries: Callable[[str], Registry]
    risk: RiskLedger | None = None

    def teaching(self, tenant_id: str) -> list[str]:
        """Names of the events that any trainer learns from."""
        registry = self.registries(tenant_id)
        of_courses = {event.name for event in registry.events if is_of_a_course(event.name)}
        return sorted(of_courses.union(learning_events(registry)))


class Trainer(Protocol):
    """One kind of model, without state: it is found again by name in the process that trains.

    Attributes:
        name: in the registry.
        learners_least: with examples, from which a model is fitted at all.
        use: what it is for, and what not, in words.
        limits: what it cannot do, in words.
        loss: what is compared in a promotion, in words; smaller is better.
    """

    name: str
    learners_least: int
    use: str
    limits: Sequence[str]
    loss: str

    def gather(self, source: TrainingSource, tenant_id: str, as_of: datetime) -> pl.DataFrame:
        """Examples with a column `learner_key`; other columns are the trainer's own."""
        ...

    def fit(self, examples: pl.DataFrame, seed: int) -> bytes:
        """The model as bytes; the same examples and seed give the same bytes."""
        ...

    def features(self, artefact: bytes) -> Sequence[str]:
        """What a model predicts from."""
        ...

    def parameters(self, artefact: bytes) -> Mapping[str, Any]:
        """What was chosen in training."""
        ...

    def losses(self, artefact: bytes | None, taught: pl.DataFrame, judged: pl.DataFrame) -> dict[str, float]:
        """Mean loss of each learner in `judged`; without a model, of the baseline, which learns from `taught`.

        Raises:
            InputError: the bytes are of another release (`model_unreadable`).
        """
        ...

    def metrics(
        self, artefact: bytes, judged: pl.DataFrame, floor: int, seed: int
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """(metrics with intervals, the same by group of at least `floor` learners) on learners who did not train it."""
        ...


TRAINERS: Mapping[str, str] = {
    "dropout_hazard": "akademos.jobs.hazard_trainer:DropoutHazardTrainer",
    "dropout_risk": "akademos.jobs.risk_trainer:DropoutRiskTrainer",
    "exam_readiness": "akademos.jobs.readiness_trainer:ReadinessTrainer",
    "tracing": "akademos.jobs.tracing_trainer:TracingTrainer",
}
"""Name -> where its trainer is; it is imported only where somebody trains."""


def trainer(name: str) -> Trainer:
    """The trainer of that name, which is one of `TRAINERS`."""
    module, kind = TRAINERS[name].split(":")
    made: Trainer = getattr(import_module(module), kind)()
    return made
