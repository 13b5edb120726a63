"""Port of the identity vault: the only place that knows a learner_key and a user_id together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
