"""Port of the registry of models: what each version was trained on, how good it is, and which one serves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

State = Literal["candidate", "in service", "to rebuild", "retired"]
"""`to rebuild` serves still, and somebody whose rows trained it was erased."""


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """One version; `rebuild_by`: somebody in it was erased.

    Attributes:
        promoted_at: when it went into service, None for a candidate.
        replaced_at: when another took its place, or it was retired.
        data_hash, learners_hash, artefact_hash: SHA-256 in hex of the rows, of the people (keyed), of the bytes.
        card: intended use, data, metrics, fairness by group, limits; names nobody.
    """

    model: str
    version: int
    trained_at: datetime
    learners: int
    rebuild_by: datetime | None
    replaced_at: datetime | None
    promoted_at: datetime | None
    seed: int | None = None
    data_hash: str | None = None
    learners_hash: str | None = None
    features: Sequence[str] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)
    artefact_hash: str | None = None

    @property
    def state(self) -> State:
        """Where it is in its life."""
        if self.replaced_at is not None:
            return "retired"
        if self.promoted_at is None:
            return "candidate"
        return "in service" if self.rebuild_by is None else "to rebuild"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that was just trained; attributes as of `TrainedModel`; `reference`: how the rows that trained it are
    distributed (`analytics.drift`)."""

    model: str
    trained_at: datetime
    seed: int
    data_hash: bytes
    features: Sequence[str]
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Any]
    card: Mapping[str, Any]
    artefact: bytes
    reference: Mapping[str, Any] = field(default_factory=dict)


class TrainedModels(Protocol):
    """An erasure finds here which versions have to be rebuilt without somebody."""

    def record(
        self, tenant_id: str, model: str, version: int, trained_at: datetime, learner_keys: Iterable[str]
    ) -> None:
        """Keep whose rows trained a version that serves at once, in the place of those before it."""
        ...


class ModelRegistry(TrainedModels, Protocol):
    """Versions as they are trained, promoted and retired. At most one version of a model serves."""

    def held_out(self, tenant_id: str, learner_keys: Iterable[str]) -> frozenset[str]:
        """Which of these people no model ever learns from: one in five, for ever the same, so that every version can
        be compared with every other on them."""
        ...

    def trained_by(self, tenant_id: str, model: str, version: int, learner_keys: Iterable[str]) -> frozenset[str]:
        """Which of these people's rows trained a version."""
        ...

    def add(self, tenant_id: str, candidate: Candidate, learner_keys: Iterable[str]) -> int:
        """Keep a candidate under the next number, which is returned; candidates before it retire."""
        ...

    def promote(
        self, tenant_id: str, model: str, version: int, *, actor: str, at: datetime, why: Mapping[str, Any]
    ) -> None:
        """Put a candidate into service in the place of the one that serves; an audit entry goes with it.

        Only one whose comparison on held-out learners (`metrics["comparison"]["promoted"]`) says that it is better; or
        any, where the one that serves must be rebuilt.

        Raises:
            NotFound: there is no such version.
            Conflict: it is no candidate, it is not better, its bytes are not those of its hash, or somebody in it was
                erased.
        """
        ...

    def retire(self, tenant_id: str, model: str, version: int, *, actor: str, at: datetime, why: str) -> None:
        """Take a version out of service, or off the list of candidates; an audit entry goes with it.

        Raises:
            NotFound: there is no such version.
            Conflict: it has retired already.
        """
        ...

    def reference(self, tenant_id: str, model: str, version: int) -> Mapping[str, Any] | None:
        """How the rows that trained a version were distributed; None where it is not kept."""
        ...

    def forget_absent(self, tenant_id: str, present: Iterable[str], names: Iterable[str], at: datetime) -> list[str]:
        """Versions of these models that serve or may serve, and that rest on rows of people who are not among
        `present`: marked to be rebuilt without them, as `model/version`. Each is marked once for a person."""
        ...

    def all(self, tenant_id: str) -> list[TrainedModel]:
        """By model, newest version first."""
        ...

    def in_service(self, tenant_id: str, model: str) -> TrainedModel | None:
        """The version that serves."""
        ...


class ServedModels(Protocol):
    """What answers need of the registry."""

    def artefact(self, tenant_id: str, model: str, version: int) -> bytes | None:
        """The bytes of a version; None when there are none, or when they are not those of its hash."""
        ...

    def version(self, tenant_id: str, model: str, version: int) -> TrainedModel | None:
        """What is known of a version."""
        ...

    def in_service_at(self, tenant_id: str, model: str, at: datetime) -> int | None:
        """The version that was in service at an instant."""
        ...


class ModelCards(Protocol):
    """What people are told of the registry."""

    def cards(self, tenant_id: str) -> list[TrainedModel]:
        """Every version, by model, newest first."""
        ...
