"""How far a learner is in courses and on paths, as they see it themself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from akademos.learning.path import PathStanding, State


@dataclass(frozen=True, slots=True)
class CourseOfLearner:
    """How far a learner is in a course; `share` in 0..1, `revision` the one that this was reached on."""

    course_id: str
    title: str
    state: State
    share: float
    revision: int | None
    last_activity_at: datetime | None


@dataclass(frozen=True, slots=True)
class PathOfLearner:
    """How far a learner is on a path: `titles` and `optional` by step."""

    path_id: str
    title: str
    goal: str
    standing: PathStanding
    titles: Mapping[str, str]
    optional: frozenset[str]


class LearnerCourses(Protocol):
    """What a learner is enrolled in or has begun."""

    def courses(self, tenant_id: str, learner_key: str) -> list[CourseOfLearner]:
        """Courses, by title."""
        ...

    def paths(self, tenant_id: str, learner_key: str) -> list[PathOfLearner]:
        """Paths that the learner has begun, or has done steps of."""
        ...
