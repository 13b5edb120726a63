"""Which material of a topic comes first: what is published to help learners who stand where this one stands.

What more of similar learners succeeded after comes before what goes with a gain, and that before the rest; of two of a
sort the larger difference. Only what is clearly above zero is published of a material (`similar_learners`,
`content_effectiveness`), so whatever is known of one speaks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Support = Mapping[str, Mapping[str, Any]]
"""By material_id what is published of it, if it helps: `gain` (value, low, high: shares of a full score, of `learners`
against `others`), and by topic_id and level `similar`: the shares who succeeded after it (`learners`) and after others
(`others`), and their difference (`change`, `low`, `high`)."""
NO_SUPPORT: Support = {}

Ground = Literal["similar_learners", "effectiveness"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a material: `figures` as published, of the ground named."""

    ground: Ground
    figures: Mapping[str, Any]

    @property
    def rank(self) -> tuple[int, float]:
        """The smaller, the sooner."""
        similar = self.ground == "similar_learners"
        return (0, -self.figures["change"]) if similar else (1, -self.figures["value"])

    @property
    def reason(self) -> str:
        """The figures as a sentence."""
        if self.ground == "similar_learners":
            after, others = (_share(self.figures[side]) for side in ("learners", "others"))
            mastered = f"{after} had mastered it four weeks after this, {others} after others."
            return f"Of learners who stood alike in it, {mastered}"
        value, low, high = (round(100 * self.figures[name]) for name in ("value", "low", "high"))
        return (
            f"Who opened it did better on its topics afterwards than comparable learners who did not, by about {value} "
            f"points of 100 ({low} to {high})."
        )


UNRANKED = (2, 0.0)
"""The rank of what nothing is known of."""


def evidence_for(published: Mapping[str, Any], topic_id: str, level: str | None) -> Evidence | None:
    """What speaks for a material to a learner of a level in a topic.

    Args:
        published: of `Support`, of one material.
        topic_id: the topic in which the learner has a gap.
        level: `similar_learners.level` of the learner in it; None: none is similar.

    Example:
        >>> gain = {"value": 0.06, "low": 0.02, "high": 0.1}
        >>> evidence_for({"gain": gain}, "fractions", "low").reason.partition(", by about ")[2]
        '6 points of 100 (2 to 10).'
        >>> evidence_for({}, "fractions", "low") is None
        True
    """
    similar = published.get("similar", {}).get(topic_id, {}).get(level)
    if similar is not None:
        return Evidence("similar_learners", similar)
    gain = published.get("gain")
    return None if gain is None else Evidence("effectiveness", gain)


def rank_of(evidence: Evidence | None) -> tuple[int, float]:
    """The smaller, the sooner; what nothing is known of comes last."""
    return UNRANKED if evidence is None else evidence.rank


def _share(share: Mapping[str, Any]) -> str:
    said = {"above": "at least ", "below": "at most "}.get(share["bound"], "about ")
    return f"{said}{share['value']:.0%}"
