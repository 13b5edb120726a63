"""When a lesson is done: it was viewed, looked at long enough, passed, or all its parts are done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from akademos.errors import InputError
from akademos.learning.scoring import passes

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


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a lesson, and how much of it is done (share in 0..1)."""

    share: float
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Activity:
    """What a learner did in a lesson: whether it was opened, active seconds, the score that stands, its parts."""

    viewed: bool = False
    seconds: float = 0.0
    score: float | None = None
    parts: Sequence[Part] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """How far a learner is: `share` in 0..1, done when nothing is missing."""

    share: float
    done: bool
    missing: str = ""


def completion(rule: CompletionRule, activity: Activity) -> Completion:
    """How far the activity fulfils the rule. `missing` says in one word what is missing: view, time, score, parts.

    A lesson under all_parts that has no part that counts is done when it was viewed.
    """
    if rule.rule == "time_spent":
        share = min(1.0, activity.seconds / (rule.minimum_seconds or 1.0))
        return Completion(share, share >= 1, "" if share >= 1 else "time")
    if rule.rule == "score":
        needed = rule.minimum_score or 0.0
        done = activity.score is not None and passes(activity.score, needed)
        if done:
            return Completion(1.0, done=True)
        share = min(1.0, (activity.score or 0.0) / needed) if needed else 0.0
        return Completion(share, done=False, missing="score")
    needed_parts = [part for part in activity.parts if not part.optional]
    if rule.rule == "all_parts" and needed_parts:
        share = sum(min(1.0, max(0.0, part.share)) for part in needed_parts) / len(needed_parts)
        done = all(part.share >= 1 for part in needed_parts)
        return Completion(share, done, "" if done else "parts")
    return Completion(float(activity.viewed), activity.viewed, "" if activity.viewed else "view")


def _rule(name: str, what: str) -> InputError:
    return InputError(
        f"The completion rule is not one: `{name}` {what}.",
        hint="Correct the lesson's completion rule.",
        code="completion_rule_invalid",
        pointer=f"/{name}",
    )
