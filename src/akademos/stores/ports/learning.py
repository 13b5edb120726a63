"""What is done with learning records beyond writing them down: attempts scored, work reviewed, courses published,
organisations assessed, and how far a learner is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from akademos.learning.maturity import MaturityScore
from akademos.learning.path import PathStanding, State
from akademos.learning.problems import Problem

Row: TypeAlias = Mapping[str, Any]
"""A record's row by column."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the name in the audit log, and the key of a person."""

    name: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class QuizStanding:
    """An attempt's row, why it does not count (None: it does), and what stands for the learner on the quiz."""

    attempt: Row
    why_not_counted: str | None
    score: float | None
    passed: bool
    attempts: int
    attempts_left: int | None


class QuizAttempts(Protocol):
    """A learner's attempts at quizzes."""

    def start(self, tenant_id: str, learner_key: str, quiz_id: str, *, actor: Actor, at: datetime) -> Row:
        """Begin an attempt at the published revision; an attempt under way is given back instead.

        Raises:
            NotFound: there is no such quiz, or it is not published.
            Conflict: all attempts are used up.
        """
        ...

    def submit(
        self, tenant_id: str, learner_key: str, attempt_id: str, answers: Sequence[Row], *, actor: Actor, at: datetime
    ) -> QuizStanding:
        """Hand an attempt in and score it, by the revision that it was begun on; the audit log notes the scoring.

        Raises:
            NotFound: the learner has no such attempt.
            Conflict: it is handed in already.
            InputError: an answer is none to an item of the quiz.
        """
        ...


@dataclass(frozen=True, slots=True)
class ReviewStanding:
    """A submission's row, the share that stands (None: not settled), and how many more reviews it needs, and why."""

    submission: Row
    share: float | None
    passed: bool
    needed: int
    reason: str


class ExerciseReviews(Protocol):
    """Reviews of what learners handed in for exercises."""

    def review(
        self,
        tenant_id: str,
        submission_id: str,
        chosen: Mapping[str, str],
        feedback: str | None,
        *,
        courses: frozenset[str],
        actor: Actor,
    ) -> ReviewStanding:
        """Review a submission by the rubric of the revision that it was made for; `courses` are those that the
        reviewer teaches, `actor.key` is the reviewer.

        Raises:
            NotFound: there is no such submission in these courses.
            Forbidden, Conflict: the reviewer may not, or it is not waiting for a review.
            InputError: a criterion is left out, or has no such level.
        """
        ...

    def contest(self, tenant_id: str, learner_key: str, submission_id: str, *, actor: Actor) -> ReviewStanding:
        """Ask for a review by somebody else, as the learner whose work it is.

        Raises:
            NotFound: the learner has no such submission.
            Conflict: it is not reviewed, or was contested before.
        """
        ...


class CoursePublishing(Protocol):
    """Publishing of courses and paths that hold together."""

    def problems(self, tenant_id: str, kind: str, content_id: str) -> list[Problem]:
        """What stands in the way of publishing a course or path.

        Raises:
            NotFound: there is none.
        """
        ...

    def publish(self, tenant_id: str, kind: str, content_id: str, *, actor: Actor) -> Row:
        """Publish a course or path that is in review.

        Raises:
            NotFound: there is none.
            Unpublishable: it has problems, all named.
            Conflict: it is not in review.
        """
        ...


class MaturityScoring(Protocol):
    """Assessments of organisations by maturity models."""

    def score(self, tenant_id: str, assessment_id: str, *, actor: Actor) -> MaturityScore:
        """Score a submitted assessment by the published revision of its model; the organisation's profile follows.

        Raises:
            NotFound: there is none.
            Conflict: it is not submitted, its model is not published, or too little was answered.
            InputError: an answer does not fit the model.
        """
        ...


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
        """Courses, those under way first."""
        ...

    def paths(self, tenant_id: str, learner_key: str, path_id: str | None = None) -> list[PathOfLearner]:
        """Paths that the learner has begun, or the published one that is named, begun or not."""
        ...


@dataclass(frozen=True, slots=True)
class LearningActs:
    """All of them."""

    quizzes: QuizAttempts
    reviews: ExerciseReviews
    publishing: CoursePublishing
    maturity: MaturityScoring
    learners: LearnerCourses
