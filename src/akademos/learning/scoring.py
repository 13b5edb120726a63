"""The score of a quiz: of one attempt, and of all attempts of one learner.

An attempt's score is the weighted mean of its items' scores. Which attempt counts is the quiz's policy, as in Moodle's
*grading method*: the best, the last, the first, or the average of all. An attempt that was handed in after its time
limit, or beyond the attempts allowed, is kept with its score and does not count.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from akademos.errors import InputError
from akademos.learning.items import Answer, ItemKey

Keep: TypeAlias = Literal["best", "last", "first", "average"]
KEEPS: tuple[Keep, ...] = ("best", "last", "first", "average")

GRACE = timedelta(seconds=10)
"""How much later than its time limit an attempt may arrive: the network's time, not the learner's."""


@dataclass(frozen=True, slots=True)
class ScoringPolicy:
    """How a quiz is scored.

    Attributes:
        keep: which attempts make the quiz's score.
        pass_threshold: the share in 0..1 from which the quiz is passed.
        attempts_allowed: how many attempts count; None for any number.
        time_limit: how long an attempt may take; None for as long as one likes.
        partial_credit: False rounds each item's score down to right or wrong.
        weights: of items, by id; 1 where none is given.
    """

    keep: Keep = "best"
    pass_threshold: float = 0.5
    attempts_allowed: int | None = None
    time_limit: timedelta | None = None
    partial_credit: bool = True
    weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.pass_threshold <= 1:
            raise _policy("pass_threshold", "is within 0 and 1")
        if self.attempts_allowed is not None and self.attempts_allowed < 1:
            raise _policy("attempts_allowed", "is at least 1")
        if self.time_limit is not None and self.time_limit <= timedelta(0):
            raise _policy("time_limit", "is longer than nothing")
        if any(not math.isfinite(weight) or weight < 0 for weight in self.weights.values()):
            raise _policy("weights", "are not negative")


@dataclass(frozen=True, slots=True)
class AttemptScore:
    """One attempt: each item's score in 0..1, their weighted mean, and whether that passes."""

    items: Mapping[str, float]
    score: float
    passed: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One scored attempt of a learner: `number` from 1, `counts` as `why_not_counted` decided."""

    number: int
    score: float
    counts: bool = True


@dataclass(frozen=True, slots=True)
class QuizResult:
    """What stands for a learner on a quiz; `score` is None before an attempt counts."""

    score: float | None
    passed: bool
    attempts: int
    attempts_left: int | None


def score_attempt(keys: Mapping[str, ItemKey], answers: Mapping[str, Answer], policy: ScoringPolicy) -> AttemptScore:
    """Score the answers, by item id, of one attempt; an item without an answer scores 0.

    Raises:
        InputError: the quiz has no items or no weight, an answer is to an item that it does not have, or is no answer
            to its kind of item; `pointer` names the item.
    """
    for strange in answers.keys() - keys.keys():
        raise InputError(
            f"The quiz has no item {strange[:64]}.",
            hint="Answer the items of this version of the quiz.",
            code="answer_unknown_item",
            pointer=f"/answers/{strange[:64]}",
        )
    weights = {item: policy.weights.get(item, 1.0) for item in keys}
    total = math.fsum(weights.values())
    if not total:
        raise InputError("The quiz has nothing to score.", hint="Give it items with a weight.", code="quiz_empty")
    scores = {}
    for item, key in keys.items():
        try:
            score = key.score(answers.get(item))
        except InputError as refusal:
            refusal.pointer = f"/answers/{item}"
            raise
        scores[item] = score if policy.partial_credit else float(score >= 1)
    mean = min(1.0, math.fsum(weights[item] * score for item, score in scores.items()) / total)
    return AttemptScore(scores, mean, passes(mean, policy.pass_threshold))


def passes(score: float, threshold: float) -> bool:
    """Whether a score reaches the threshold; what differs by rounding only is equal."""
    return score >= threshold or math.isclose(score, threshold, rel_tol=0, abs_tol=1e-9)


def why_not_counted(
    number: int, started_at: datetime, submitted_at: datetime, policy: ScoringPolicy
) -> Literal["attempts_used_up", "over_time"] | None:
    """Why an attempt does not count, None if it does. `number` is its place among the attempts that count, from 1."""
    if policy.attempts_allowed is not None and number > policy.attempts_allowed:
        return "attempts_used_up"
    if policy.time_limit is not None and submitted_at - started_at > policy.time_limit + GRACE:
        return "over_time"
    return None


def quiz_result(attempts: Sequence[Attempt], policy: ScoringPolicy) -> QuizResult:
    """What stands after some attempts, in any order."""
    counting = sorted((one for one in attempts if one.counts), key=lambda one: one.number)
    left = None if policy.attempts_allowed is None else max(0, policy.attempts_allowed - len(counting))
    if not counting:
        return QuizResult(None, passed=False, attempts=0, attempts_left=left)
    scores = [one.score for one in counting]
    kept = {
        "best": max(scores),
        "last": scores[-1],
        "first": scores[0],
        "average": math.fsum(scores) / len(scores),
    }[policy.keep]
    return QuizResult(kept, passes(kept, policy.pass_threshold), len(counting), left)


def _policy(name: str, rule: str) -> InputError:
    return InputError(
        f"The scoring policy is not one: `{name}` {rule}.", hint="Correct the policy.", pointer=f"/{name}"
    )
