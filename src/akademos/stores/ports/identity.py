"""Ports of identity: the vault, the only place that knows a learner_key and a user_id together, and who is whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

PersonKind = Literal["learner", "staff"]


class Identifier(NamedTuple):
    """What a sender calls a person: kind (`user` or `anonymous`) and value."""

    kind: Literal["user", "anonymous"]
    value: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person of a tenant as far as pipeline and gate need to know."""

    learner_key: str
    kind: PersonKind
    persona: str
    time_zone: str | None
    opted_out: bool


class IdentityVault(Protocol):
    """Look-ups are by keyed hash; values are sealed under a data key per person."""

    def find(self, tenant_id: str, identifiers: Sequence[Identifier]) -> dict[Identifier, Person]:
        """The people behind identifiers; unknown identifiers are absent."""
        ...

    def ensure(
        self,
        tenant_id: str,
        identifiers: Sequence[Identifier],
        *,
        kind: PersonKind = "learner",
        readmit: bool = False,
    ) -> dict[Identifier, Person]:
        """The same, and whoever is unknown gets a random key first (safe when two do it at once).

        Whoever was erased stays absent; only with `readmit`, because the person consents anew, do they come back, as
        somebody unknown until then.
        """
        ...

    def describe(
        self,
        tenant_id: str,
        people: Mapping[str, str],
        *,
        persona: str | None = None,
        time_zone: str | None = None,
    ) -> None:
        """Set display names (learner_key -> name), and persona and time zone where given."""
        ...

    def learners(self, tenant_id: str) -> Iterator[tuple[Identifier, str]]:
        """Every learner who has decided about consent, by one identifier (a user's before an anonymous one) and key."""
        ...

    def display_names(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, str]:
        """Names of people, for pages behind the gate; who has none is absent."""
        ...

    def user_ids(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, str]:
        """The hosts' own ids of people, for pages behind the gate."""
        ...


class ClientHash(NamedTuple):
    """A client's salted hash: kind (`email` or `phone`), version of the salt, 64 hexadecimal digits."""

    kind: Literal["email", "phone"]
    salt_version: int
    value: str


class Login(NamedTuple):
    """A host's word that a user and an anonymous_id are one."""

    user: Identifier
    anonymous: Identifier


class HashSeen(NamedTuple):
    """A client's hash that came with somebody's event."""

    person: Identifier
    hash: ClientHash


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge as it stands in the log; keys are random, `merged_by` and `undone_by` as in the audit log."""

    merge_id: str
    first_key: str
    second_key: str
    evidence: str
    reason: str | None
    merged_by: str
    merged_at: datetime
    undone_by: str | None
    undone_reason: str | None
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Side:
    """One of two people before they are merged: their keys, how many user_ids lead to them, how many
    events of the core (not which: docs/decisions/0017-preview-of-a-merge.md), and by purpose whether it stands."""

    keys: tuple[str, ...]
    users: int
    events: int
    consents: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would join. `refusal` says why it would not happen as things are, `person_key` under which key the
    person would be read, `consents` what would stand."""

    first: Side
    second: Side
    person_key: str
    consents: Mapping[str, bool]
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two people whom a client's hash calls one, and who are not: nothing happens by itself."""

    first_key: str
    second_key: str
    kind: str
    users: int


@dataclass(frozen=True, slots=True)
class Salt:
    """A version of a tenant's salt; `counts` while hashes with it say anything."""

    version: int
    salt: str
    made_at: datetime
    counts: bool


EventCounts = Callable[[str, Sequence[str]], Mapping[str, int]]
"""(tenant_id, keys) -> how many events of each type the core holds under them."""


class IdentityGraph(Protocol):
    """Which keys are one person. Each change takes effect for every process with its commit."""

    def key_of(self, tenant_id: str, text: str) -> str:
        """The key behind whatever names a person: a user_id, else an anonymous_id, else a key.

        Raises:
            NotFound: it names nobody.
        """
        ...

    def actor(self, tenant_id: str, user_id: str) -> str:
        """How the audit log names a user who acts: by the audit name, or a keyed hash of who is not in the vault."""
        ...

    def keys_of(self, tenant_id: str, learner_key: str) -> tuple[str, ...]:
        """All keys of the person behind a key, the one the person is read under first."""
        ...

    def preview(self, tenant_id: str, first: str, second: str, events_under: EventCounts) -> MergePreview:
        """What merging the people behind two keys would join; changes nothing.

        Raises:
            NotFound: there is no such key.
        """
        ...

    def merge(self, tenant_id: str, first: str, second: str, *, by: str, reason: str, confirmed: bool = False) -> Merge:
        """Make the people behind two keys one.

        Args:
            by: who says so, as the audit log names actors.
            reason: why; names nobody.
            confirmed: an administrator's word that two authenticated users are one person.

        Raises:
            NotFound: there is no such key.
            Conflict: it may not be (`privacy.identity.Refusal` is the code).
        """
        ...

    def unmerge(self, tenant_id: str, merge_id: str, *, by: str, reason: str) -> Merge:
        """Take a merge back; answers are what they would be without it.

        Raises:
            NotFound: there is no such merge.
            Conflict: it is undone already.
        """
        ...

    def login(self, tenant_id: str, login: Login, *, by: str) -> str:
        """Link an anonymous_id to the user who signed in; says what came of it: `linked`, `unknown` when nothing is
        held of the anonymous_id, or why not (`privacy.identity.Refusal`)."""
        ...

    def note_hash(self, tenant_id: str, seen: HashSeen, *, by: str) -> int:
        """Keep a client's hash of a person we know, and merge whom it joins; return how many merges it made."""
        ...

    def log(self, tenant_id: str, *, limit: int = 100) -> list[Merge]:
        """Merges, the newest first."""
        ...

    def suggestions(self, tenant_id: str, *, limit: int = 100) -> list[Suggestion]:
        """People who share a hash and are not one."""
        ...


class Salts(Protocol):
    """Salts of clients' hashes, per tenant and versioned; while one is rotated two versions count."""

    def salts(self, tenant_id: str) -> list[Salt]:
        """All versions, the newest first; the first is made when there is none."""
        ...

    def rotate(self, tenant_id: str, *, actor: str) -> Salt:
        """Make a new version."""
        ...
