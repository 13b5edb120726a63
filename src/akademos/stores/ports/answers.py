"""Port of the learner analytics as serving asks for them: a question about one learner in, JSON out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from akademos.stores.ports.content import ContentSupport
from akademos.stores.ports.learner_state import LearnerState
from akademos.stores.ports.peers import PeerPublication

Answer = dict[str, Any]
"""One answer as it goes out, ready for JSON; the name in its header is filled in by serving."""


class AnswerName(StrEnum):
    """The answers there are, by the last part of their address."""

    DASHBOARD = "dashboard"
    MASTERY = "mastery"
    MASTERY_TOPIC = "mastery_topic"
    REVIEWS = "reviews"
    KNOWLEDGE_GAPS = "knowledge-gaps"
    EXAM_PLAN = "exam-plan"
    EXAM_READINESS = "exam-readiness"
    STUDY_EFFICIENCY = "study-efficiency"
    STUDY_PATTERNS = "study-patterns"
    PEERS = "peers"
    RECOMMENDATIONS = "recommendations"


@dataclass(frozen=True, slots=True)
class ExamTarget:
    """What a plan is asked for: a day (None: that of the learner's target exam), a share to recall, minutes a day."""

    on: date | None = None
    target_recall: float = 0.9
    minutes_a_day: int = 30


@dataclass(frozen=True, slots=True)
class Particulars:
    """What only some answers are asked for.

    `topic` is that of the answer about one topic; `exam` what the exam plan is for; `window_days` how far back the
    answers about study look, None for the usual window; `peers` what is in force of the learner's courses; `support`
    what is published of materials that help.
    """

    topic: str | None = None
    exam: ExamTarget = ExamTarget()
    window_days: int | None = None
    peers: tuple[PeerPublication, ...] = ()
    support: tuple[ContentSupport, ...] = ()


PLAIN = Particulars()


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one learner, once the gate has let it pass.

    `time_zone` is the IANA name that days and hours are in; `curriculum_version` the version of the records that
    the gate's transaction saw, and `score_model` and `tracing_model` the versions of these models that were in service
    there, if any. With `known_at` only what had been received by then counts.
    """

    tenant_id: str
    learner_key: str
    as_of: datetime
    time_zone: str
    curriculum_version: int
    score_model: int | None = None
    tracing_model: int | None = None
    particulars: Particulars = PLAIN
    known_at: datetime | None = None


class AnswerSource(Protocol):
    """Evaluates answers. Only the gate hands out what is needed to ask."""

    def now(
        self, question: Question, names: Sequence[AnswerName], state: LearnerState | None
    ) -> dict[AnswerName, Answer]:
        """Answers from the precomputed row, decay evaluated at `as_of`; None: there is no row yet, ask the core.

        Raises:
            NotFound: the curriculum and the learner's answers know no topic of the particulars' name.
        """
        ...

    def past(self, question: Question, names: Sequence[AnswerName]) -> dict[AnswerName, Answer]:
        """The same, recomputed from the core's events up to `as_of`."""
        ...
