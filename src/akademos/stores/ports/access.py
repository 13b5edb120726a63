"""Ports of the gate: everything that decides about one question in one snapshot, and the log of decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.roles import Reach, Role
from akademos.stores.ports.learner_state import LearnerState

Standing = Literal["stands", "changed", "refused"]
"""What became of a consent while an answer was made: unchanged, changed but still given, or gone (or stopped)."""


class Stop(StrEnum):
    """What stands in the way of a purpose, though nothing of it is deleted."""

    PAUSED = "paused"
    RESTRICTED = "restricted"
    OBJECTED = "objected"


@dataclass(frozen=True, slots=True)
class Contest:
    """A statement that the learner contests, in their words, until it is answered."""

    concerns: str
    said: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """One snapshot of what decides about a question, and of what answers it.

    `actor_key` and `learner_key` are None when nobody is known by that name; `teaches` says whether the actor is
    assigned as instructor to a course in which the learner is enrolled today, `advises` whether the learner is on the
    actor's advising roster today; `granted` and `decided` are the purposes that are live, and that the learner has
    ever decided about; `stopped` says of others what stops them; `consent_version` rises with each decision of the
    learner; `score_model` and `tracing_model` are the versions of these models in service; `time_zone` is the
    learner's, else the tenant's; `contested` is what the learner contests. The audit names are those of the same
    people (privacy.pseudonyms.audit_name).
    """

    actor_key: str | None
    learner_key: str | None
    teaches: bool
    granted: frozenset[Purpose]
    decided: frozenset[Purpose]
    consent_version: int
    curriculum_version: int
    time_zone: str
    display_name: str | None
    state: LearnerState | None
    actor_audit_name: bytes | None = None
    learner_audit_name: bytes | None = None
    stopped: Mapping[Purpose, Stop] = field(default_factory=dict)
    contested: tuple[Contest, ...] = ()
    advises: bool = False
    score_model: int | None = None
    tracing_model: int | None = None


@dataclass(frozen=True, slots=True)
class AccessEntry:
    """One decision of the gate, without the data: who, whom, what, why.

    Attributes:
        actor: `person:<audit name, hex>`, `key:<key id>` of a service account, or `unknown:<keyed hash>` of somebody
            whom the vault does not know.
        subject: audit name of whom it was about.
    """

    actor: str
    role: Role
    subject: bytes | None
    what: str
    purpose: str
    reason: str | None
    decision: str
    consent_version: int | None = None


@dataclass(frozen=True, slots=True)
class RosterLearner:
    """One learner on the list of an instructor or advisor: consenting, and within the reach of the role.

    `courses` are titles: on an instructor's list the shared ones, on an advisor's those the learner is enrolled in.
    `last_event_at` is None without events, and without a clock; `clock` is exact, order or none. The mastery is the
    last night's over all topics (shares), its status as in the answers; `mastery_as_of` is None before the first night.
    `audit_name` is that of privacy.pseudonyms.
    """

    learner_key: str
    user_id: str | None
    display_name: str | None
    courses: tuple[str, ...]
    events: int
    clock: str
    last_event_at: datetime | None
    mastery_status: str
    mastery: float | None
    mastery_low: float | None
    mastery_high: float | None
    mastery_answers: int
    mastery_as_of: datetime | None
    audit_name: bytes = b""


@dataclass(frozen=True, slots=True)
class Roster:
    """What an instructor or advisor may list: `withheld` counts learners in reach who do not consent."""

    actor_audit_name: bytes | None
    learners: tuple[RosterLearner, ...]
    withheld: int


class LearnerReadings(Protocol):
    """Reads for the gate, as the serving role behind row-level security."""

    def read(self, tenant_id: str, *, actor: str, learner: str | None) -> Reading:
        """Everything about one question, of one snapshot. `actor` is a user_id, `learner` a user_id or a
        learner_key; None asks about the actor."""
        ...

    def confirm(
        self,
        tenant_id: str,
        reading: Reading,
        purposes: Sequence[Purpose],
        entry: AccessEntry,
        *,
        durable: bool,
    ) -> Standing:
        """Look at the live consent again and log the decision, in one statement; the last thing before an answer
        leaves. Only what stands is logged. With `durable` the log is on disk before this returns."""
        ...

    def record(self, tenant_id: str, entry: AccessEntry, *, durable: bool = False) -> None:
        """Log a decision without looking at any consent; one that is not `durable` may be lost in a crash."""
        ...

    def roster(self, tenant_id: str, *, actor: str, reach: Reach, purposes: Sequence[Purpose]) -> Roster:
        """The learners within the actor's reach (own courses or own advisees) who consent to all of `purposes`."""
        ...

    def confirm_roster(
        self, tenant_id: str, learners: Sequence[RosterLearner], purposes: Sequence[Purpose], entry: AccessEntry
    ) -> frozenset[str]:
        """Keys of the learners who still consent, looked up anew; logs the decision about each of them, and about
        nobody when it is none."""
        ...

    def actor_name(self, tenant_id: str, user_id: str) -> str:
        """How the log names somebody whom the vault does not know: a keyed hash."""
        ...

    def ready(self) -> None:
        """Return when the store answers; raises Unavailable otherwise."""
        ...


@dataclass(frozen=True, slots=True)
class Tenant:
    """An institution or product that keeps its data apart."""

    tenant_id: str
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person of a tenant, for a sign-in page of a development installation and for the command line."""

    user_id: str
    display_name: str | None
    role: Role
    courses: tuple[str, ...]


class Tenants(Protocol):
    """The tenants of an installation and who may sign in to them."""

    def create(self, tenant_id: str, name: str, *, time_zone: str = "UTC", actor: str) -> bool:
        """Add a tenant; false when it is already there. The id as name, and UTC, claim nothing about one that is.
        `actor` answers for it in the audit log.

        Raises:
            InputError: no slug, or no IANA time zone.
            Conflict: it is there with another name or zone.
        """
        ...

    def set_group_floor(self, tenant_id: str, floor: int, *, actor: str) -> None:
        """Set the smallest group that is published; recorded in the audit log.

        Raises:
            InputError: below what any tenant may set.
            NotFound: there is no such tenant.
        """
        ...

    def all(self) -> list[Tenant]:
        """Every tenant, by id."""
        ...

    def people(self, tenant_id: str, *, learners: int = 12) -> list[KnownPerson]:
        """All instructors and advisors with their courses, then the first `learners` named learners."""
        ...

    def roles_of(self, tenant_id: str, user_id: str) -> tuple[Role, ...]:
        """The roles in which a person may look at individuals by the rosters: instructor, advisor, learner in this
        order; empty when unknown."""
        ...
