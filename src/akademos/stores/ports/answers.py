"""Port of the learner analytics as serving asks for them: a question about one learner in, JSON out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from akademos.stores.ports.learner_state import LearnerState

Answer = dict[str, Any]
"""One answer as it goes out, ready for JSON; the name in its header is filled in by serving."""


class AnswerName(StrEnum):
    """The answers there are, by the last part of their address."""

    DASHBOARD = "dashboard"
    MASTERY = "mastery"
    MASTERY_TOPIC = "mastery_topic"
    REVIEWS = "reviews"
    KNOWLEDGE_GAPS = "knowledge-gaps"
    EXAM_READINESS = "exam-readiness"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one learner, once the gate has let it pass.

    `time_zone` is the IANA name that days and hours are in; `curriculum_version` the version of the records that
    the gate's transaction saw, and `score_model` the version of the score model that was in service there, if any.
    """

    tenant_id: str
    learner_key: str
    as_of: datetime
    time_zone: str
    curriculum_version: int
    score_model: int | None = None


class AnswerSource(Protocol):
    """Evaluates answers. Only the gate hands out what is needed to ask."""

    def now(
        self,
        question: Question,
        names: Sequence[AnswerName],
        state: LearnerState | None,
        *,
        topic: str | None = None,
    ) -> dict[AnswerName, Answer]:
        """Answers from the precomputed row, decay evaluated at `as_of`; None: there is no row yet, ask the core.

        Raises:
            NotFound: the curriculum and the learner's answers know no topic `topic`.
        """
        ...

    def past(
        self, question: Question, names: Sequence[AnswerName], *, topic: str | None = None
    ) -> dict[AnswerName, Answer]:
        """The same, recomputed from the core's events up to `as_of`."""
        ...
