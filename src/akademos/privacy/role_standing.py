"""Whether a role stands for somebody, decided from facts that were looked up for this very request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from akademos.catalogue.roles import RULE_OF, Role, Source

GivenBy = Literal["tenant", "provider", "development"]
"""Who says that a person has a role: the tenant's grants and rosters; its identity provider, by a claim that the
tenant has mapped; or the sign-in of a development installation."""


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """What decides about one role of one person. `granted` is the tenant's last word: None when it never spoke, or
    what it granted has run out; `on_roster`: an assignment of today gives the role; `mapped`: a claim may give it."""

    granted: bool | None = None
    on_roster: bool = False
    mapped: bool = False


def role_stands(role: Role, given_by: GivenBy, facts: RoleFacts) -> bool:
    """Whether the role stands. A revoked one never does, whoever claims it."""
    source = RULE_OF[role].source
    if source is Source.KEY:
        return given_by == "development"
    if source is Source.EVERYBODY:
        return True
    if facts.granted is False:
        return False
    if facts.granted or given_by == "development":
        return True
    return (source is Source.ROSTER and facts.on_roster) or (given_by == "provider" and facts.mapped)
