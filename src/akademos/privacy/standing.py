"""What a person's decisions about one purpose add up to: granted or not, and what stands in the way.

A grant and a withdrawal decide whether the data may be kept at all. A pause, a restriction of processing and an
objection delete nothing, but while one of them stands the purpose is not *live*: nothing new is collected for it and
nothing is put out. Who grants or withdraws has said the newer word on their own pause; a restriction and an objection
end only when they are taken back themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

Decision = Literal[
    "granted",
    "withdrawn",
    "paused",
    "resumed",
    "restricted",
    "restriction_lifted",
    "objected",
    "objection_withdrawn",
]
DECISIONS: tuple[Decision, ...] = get_args(Decision)

Word = Literal["undecided", "granted", "withdrawn", "paused", "restricted", "objected"]
"""How a standing is called in one word: what stands in the way first."""

FREEING: frozenset[Decision] = frozenset({"granted", "resumed", "restriction_lifted", "objection_withdrawn"})
"""Decisions after which a purpose may be live that was not: what is held may go on."""


@dataclass(frozen=True, slots=True)
class PurposeStanding:
    """One person and one purpose."""

    granted: bool = False
    paused: bool = False
    restricted: bool = False
    objected: bool = False

    @property
    def live(self) -> bool:
        """Whether data may be collected and put out for the purpose at this moment."""
        return self.granted and not self.stopped

    @property
    def stopped(self) -> bool:
        """Whether a pause, a restriction or an objection stands."""
        return self.paused or self.restricted or self.objected

    def after(self, decision: Decision) -> PurposeStanding | None:
        """The standing that a decision makes; None when there is nothing to pause."""
        match decision:
            case "granted" | "withdrawn":
                return replace(self, granted=decision == "granted", paused=False)
            case "paused":
                return replace(self, paused=True) if self.granted else None
            case "resumed":
                return replace(self, paused=False)
            case "restricted" | "restriction_lifted":
                return replace(self, restricted=decision == "restricted")
            case "objected" | "objection_withdrawn":
                return replace(self, objected=decision == "objected")


def word_for(standing: PurposeStanding, *, decided: bool) -> Word:
    """The standing in one word; `decided`: whether the person, or a basis, ever granted or withdrew."""
    if standing.objected:
        return "objected"
    if standing.restricted:
        return "restricted"
    if standing.paused:
        return "paused"
    if standing.granted:
        return "granted"
    return "withdrawn" if decided else "undecided"
