"""The word for an estimate of risk: whom to ask soon, whom to check in with, about whom nothing stands out.

Grain: one learner and course in one week, beside everybody who is estimated in the same course that week. What a chance
is worth asking about differs from institution to institution, so the words do not go by fixed chances: `high` are the
first FOCUS_SHARE of a course, `raised` as many again, of these only who is likelier than usual not to complete. Nobody
falls below what the rule says that stands in where there is no model (`risk_reasons.rule_level`): a long silence and a
missed assessment are known, whatever a model makes of them.

Caveat: it is a place in a course, not a bound of the chance; where many leave, many who may leave are only `raised`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from akademos.analytics.dropout_risk import Floats
from akademos.catalogue.risk_datasets import FOCUS_SHARE

LEVELS = ("low", "raised", "high")
"""From nothing that stands out to whom to ask first."""


def focus_levels(courses: Sequence[str], chances: Floats, usual: float, share: float = FOCUS_SHARE) -> list[str]:
    """The word for each chance, by its place in its course; the same chance in a course has the same word.

    Args:
        courses: of each row.
        chances: that the course is not completed, of each row.
        usual: share of learners who did not complete in training; below it nobody is more than `low`.
        share: of a course for whom there is time.

    Example:
        >>> import numpy as np
        >>> focus_levels(["a"] * 5, np.array([0.40, 0.30, 0.20, 0.10, 0.05]), usual=0.15)
        ['high', 'raised', 'low', 'low', 'low']
        >>> focus_levels(["a"] * 5, np.array([0.40, 0.10, 0.08, 0.07, 0.05]), usual=0.15)
        ['high', 'low', 'low', 'low', 'low']
    """
    of_course: dict[str, list[float]] = {}
    for course, chance in zip(courses, chances.tolist(), strict=True):
        of_course.setdefault(course, []).append(chance)
    bounds = {}
    for course, said in of_course.items():
        said.sort(reverse=True)
        last = [said[min(ceil(times * share * len(said)), len(said)) - 1] for times in (1, 2)]
        bounds[course] = [max(one, usual) for one in last]
    words = []
    for course, chance in zip(courses, chances.tolist(), strict=True):
        high, raised = bounds[course]
        words.append("high" if chance >= high else "raised" if chance >= raised else "low")
    return words


def higher(one: str, other: str) -> str:
    """The more urgent of two words.

    Example:
        >>> higher("low", "raised")
        'raised'
    """
    return max(one, other, key=LEVELS.index)
