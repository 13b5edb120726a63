"""Reviews of practical exercises: points by rubric, who may review, and what holds when reviewers disagree.

Two reviews that disagree call for a third. Their score is then resolved as *tertium quid*: the mean of the third review
and of whichever earlier one is nearer to it (Johnson, Penny and Gordon, 2000, "The relation between score resolution
methods and interrater reliability", Applied Measurement in Education 13(2); both are equally near: the mean of all).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from akademos.errors import Conflict, Forbidden, InputError
from akademos.learning.scoring import passes

Requirement: TypeAlias = Literal["one", "two"]


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a criterion: its points, and what work at this level looks like."""

    level_id: str
    points: float
    description: str = ""


@dataclass(frozen=True, slots=True)
class Criterion:
    """What is looked at, and the levels that it can reach; points count `weight` times."""

    criterion_id: str
    levels: tuple[Level, ...]
    weight: float = 1.0

    @property
    def most(self) -> float:
        """Weighted points of its highest level."""
        return self.weight * max(level.points for level in self.levels)


@dataclass(frozen=True, slots=True)
class Rubric:
    """Criteria, each with levels and points."""

    criteria: tuple[Criterion, ...]

    @property
    def maximum(self) -> float:
        """Points of perfect work."""
        return math.fsum(criterion.most for criterion in self.criteria)


@dataclass(frozen=True, slots=True)
class RubricScore:
    """Weighted points by criterion, their sum, the most there is, and the share of it in 0..1."""

    points: Mapping[str, float]
    total: float
    maximum: float

    @property
    def share(self) -> float:
        """The share of the most there is."""
        return self.total / self.maximum


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """How many reviews a submission needs, from which share it passes, and how far two reviews may lie apart (share
    of the maximum) before they disagree. Two that lie on either side of the pass mark always do."""

    required: Requirement = "one"
    pass_threshold: float = 0.5
    disagreement: float = 0.15


@dataclass(frozen=True, slots=True)
class Review:
    """One review: who (in the words of the caller), and the share it gave."""

    reviewer: str
    share: float


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where the review stands: `settled` with a share, or how many more reviews are needed and why."""

    settled: bool
    share: float | None = None
    passed: bool = False
    needed: int = 0
    reason: Literal["", "first_review", "second_review", "disagreement"] = ""


def rubric_of(content: Mapping[str, object]) -> Rubric:
    """The rubric as declared: `criteria` with criterion, weight and `levels` (with level, points, description).

    Raises:
        InputError: no criterion, a criterion without two levels, points that are negative or all nothing, an id
            twice; `pointer` says where.
    """
    criteria = []
    for number, one in enumerate(_objects(content, "criteria", "/criteria")):
        place = f"/criteria/{number}"
        levels = []
        for position, level in enumerate(_objects(one, "levels", f"{place}/levels")):
            points = _counted(level, "points", None, f"{place}/levels/{position}")
            levels.append(
                Level(_id(level, "level", f"{place}/levels/{position}"), points, str(level.get("description", "")))
            )
        criterion, weight = _id(one, "criterion", place), _counted(one, "weight", 1.0, place)
        if len(levels) < 2 or len({level.level_id for level in levels}) < len(levels):
            raise _rubric("needs two levels or more, each once", f"{place}/levels")
        if not weight or not any(level.points for level in levels):
            raise _rubric("gives no points at any level", f"{place}/levels")
        criteria.append(Criterion(criterion, tuple(levels), weight))
    if len({one.criterion_id for one in criteria}) < len(criteria):
        raise _rubric("has a criterion twice", "/criteria")
    return Rubric(tuple(criteria))


def score_by_rubric(rubric: Rubric, chosen: Mapping[str, str]) -> RubricScore:
    """The points for one level chosen of every criterion, by id.

    Raises:
        InputError: a criterion is left out or unknown, or a level is.
    """
    for strange in sorted(chosen.keys() - {one.criterion_id for one in rubric.criteria}):
        raise InputError(
            f"The rubric has no criterion {strange[:64]}.",
            hint="Choose a level of each criterion of the rubric.",
            code="criterion_unknown",
            pointer=f"/scores/{strange[:64]}",
        )
    points = {}
    for criterion in rubric.criteria:
        name = chosen.get(criterion.criterion_id)
        level = next((one for one in criterion.levels if one.level_id == name), None)
        if level is None:
            known = ", ".join(one.level_id for one in criterion.levels)
            raise InputError(
                f"No level of {criterion.criterion_id} is chosen."
                if name is None
                else f"{criterion.criterion_id} has no such level.",
                hint=f"Choose one of {known}.",
                code="level_missing" if name is None else "level_unknown",
                pointer=f"/scores/{criterion.criterion_id}",
            )
        points[criterion.criterion_id] = criterion.weight * level.points
    return RubricScore(points, math.fsum(points.values()), rubric.maximum)


def check_reviewer(*, reviewer: str, author: str, earlier: Sequence[str], teaches: bool) -> None:
    """Let somebody review a submission, or say why not.

    Raises:
        Forbidden: it is their own work, or they do not teach the course.
        Conflict: they have reviewed it before.
    """
    if reviewer == author:
        raise Forbidden("Nobody reviews their own work.", hint="Ask another member of staff.", code="own_work")
    if not teaches:
        raise Forbidden(
            "You are not assigned to the course of this exercise as instructor.",
            hint="The tenant's roster decides who teaches a course.",
            code="scope",
        )
    if reviewer in earlier:
        raise Conflict(
            "You have reviewed this submission already.",
            hint="A further review is for somebody else.",
            code="reviewed_already",
        )


def settle(reviews: Sequence[Review], policy: ReviewPolicy, *, contested: bool = False) -> Settlement:
    """Where the review of one submission stands after some reviews, oldest first; `contested` when the learner asked
    for a second one."""
    needed = 2 if policy.required == "two" or contested else 1
    if len(reviews) < needed:
        reason: Literal["first_review", "second_review"] = "second_review" if reviews else "first_review"
        return Settlement(settled=False, needed=needed - len(reviews), reason=reason)
    shares = [review.share for review in reviews]
    if needed == 1:
        return _settled(shares[0], policy)
    first, second = shares[:2]
    if not _disagree(first, second, policy):
        return _settled((first + second) / 2, policy)
    if len(shares) == 2:
        return Settlement(settled=False, needed=1, reason="disagreement")
    third = shares[2]
    near, far = sorted((first, second), key=lambda share: abs(share - third))
    if math.isclose(abs(near - third), abs(far - third), abs_tol=1e-9):
        return _settled(math.fsum(shares[:3]) / 3, policy)
    return _settled((near + third) / 2, policy)


def _disagree(first: float, second: float, policy: ReviewPolicy) -> bool:
    apart = abs(first - second)
    over = apart > policy.disagreement and not math.isclose(apart, policy.disagreement, abs_tol=1e-9)
    return over or passes(first, policy.pass_threshold) != passes(second, policy.pass_threshold)


def _settled(share: float, policy: ReviewPolicy) -> Settlement:
    return Settlement(settled=True, share=share, passed=passes(share, policy.pass_threshold))


def _rubric(what: str, pointer: str) -> InputError:
    return InputError(
        f"The rubric is not one: {pointer} {what}.", hint="Correct the rubric.", code="rubric_invalid", pointer=pointer
    )


def _objects(content: Mapping[str, object], name: str, pointer: str) -> list[Mapping[str, object]]:
    found = content.get(name)
    if isinstance(found, str) or not isinstance(found, Sequence) or not found:
        raise _rubric("is empty", pointer)
    if not all(isinstance(one, Mapping) for one in found):
        raise _rubric("holds something that is no object", pointer)
    return list(found)


def _counted(content: Mapping[str, object], name: str, default: float | None, pointer: str) -> float:
    found = content.get(name, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < math.inf:
        raise _rubric(f"needs {name} that are not negative", f"{pointer}/{name}")
    return float(found)


def _id(content: Mapping[str, object], name: str, pointer: str) -> str:
    found = content.get(name)
    if not isinstance(found, str) or not found:
        raise _rubric(f"has no {name}", pointer)
    return found
