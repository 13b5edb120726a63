"""What a lesson may ask for to be done: viewed, looked at long enough, passed, or all its parts done.

How far a learner is by it: `learning.observations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from akademos.errors import InputError

Rule: TypeAlias = Literal["viewed", "time_spent", "score", "all_parts"]
RULES: tuple[Rule, ...] = ("viewed", "time_spent", "score", "all_parts")


@dataclass(frozen=True, slots=True)
class CompletionRule:
    """What a lesson asks for.

    `minimum_seconds` is needed by time_spent, `minimum_score` (share in 0..1) by score; `all_parts` means the parts
    that are not optional.
    """

    rule: Rule = "viewed"
    minimum_seconds: float | None = None
    minimum_score: float | None = None

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise _rule("rule", "is one of " + ", ".join(RULES))
        if self.rule == "time_spent" and (self.minimum_seconds is None or self.minimum_seconds <= 0):
            raise _rule("minimum_seconds", "is longer than nothing")
        if self.rule == "score" and (self.minimum_score is None or not 0 <= self.minimum_score <= 1):
            raise _rule("minimum_score", "is within 0 and 1")


def _rule(name: str, what: str) -> InputError:
    return InputError(
        f"The completion rule is not one: `{name}` {what}.",
        hint="Correct the lesson's completion rule.",
        code="completion_rule_invalid",
        pointer=f"/{name}",
    )
