"""Answers about one learner: from the precomputed row for now, from the core's events for a past instant.

Both go through the same `evaluate`; only where the state comes from differs.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import polars as pl

from akademos.analytics.curriculum import Curriculum, prepare
from akademos.analytics.exam_planner import Asked, planning
from akademos.analytics.exam_readiness import MODEL, ServedScore
from akademos.analytics.learner_state import blank, evaluate, precompute, unpack
from akademos.analytics.parameters import DEFAULT, Parameters
from akademos.analytics.score_model import from_bytes
from akademos.errors import InputError
from akademos.jobs import answers
from akademos.jobs.answers import PARTS, Header
from akademos.jobs.answers.header import instant
from akademos.jobs.served_tracing import TracingInService
from akademos.stores.ports.answers import Answer, AnswerName, Question
from akademos.stores.ports.learner_state import LearnerState
from akademos.stores.ports.models import ServedModels
from akademos.stores.ports.records import Records

Tables = Mapping[str, pl.DataFrame]

CURRICULA_KEPT = 32
SCORES_KEPT = 32
STATES_KEPT = 64

_PARTS_OF: Mapping[AnswerName, tuple[str, ...]] = {
    AnswerName.DASHBOARD: PARTS["dashboard"],
    AnswerName.MASTERY: PARTS["mastery"],
    AnswerName.MASTERY_TOPIC: PARTS["mastery_topic"],
    AnswerName.REVIEWS: PARTS["reviews"],
    AnswerName.KNOWLEDGE_GAPS: PARTS["knowledge_gaps"],
    AnswerName.EXAM_PLAN: (),
    AnswerName.STUDY_EFFICIENCY: PARTS["study_efficiency"],
    AnswerName.STUDY_PATTERNS: PARTS["study_patterns"],
    AnswerName.PEERS: PARTS["peers"],
    AnswerName.EXAM_READINESS: PARTS["exam_readiness"],
    AnswerName.RECOMMENDATIONS: PARTS["recommendations"],
}
_BUILD: Mapping[AnswerName, Callable[[Tables, Header], Answer]] = {
    AnswerName.DASHBOARD: answers.dashboard,
    AnswerName.MASTERY: answers.mastery,
    AnswerName.REVIEWS: answers.reviews,
    AnswerName.KNOWLEDGE_GAPS: answers.knowledge_gaps,
    AnswerName.STUDY_EFFICIENCY: answers.study_efficiency,
    AnswerName.STUDY_PATTERNS: answers.study_patterns,
    AnswerName.EXAM_READINESS: answers.exam_readiness,
}


def _params(question: Question) -> Parameters:
    """The parameters of an answer: the usual ones, but for the window that was asked for."""
    window_days = question.particulars.window_days
    if window_days is None:
        return DEFAULT
    return replace(DEFAULT, study=replace(DEFAULT.study, window_days=window_days))


class LearnerTables(Protocol):
    """Reads what `analytics.learner_state.precompute` takes, for some learners, from the core and the records."""

    def __call__(
        self, tenant_id: str, learner_keys: Sequence[str], *, until: datetime, known_at: datetime | None = None
    ) -> Tables:
        """Tables of `analytics.schemas.INPUT` with events up to `until` that had been received by `known_at`."""
        ...


class LearnerAnswers:
    """Adapter of the port `AnswerSource`. Keeps prepared curricula, models and unpacked states of this process."""

    def __init__(self, records: Records, tables: LearnerTables, models: ServedModels) -> None:
        self._records = records
        self._tables = tables
        self._models = models
        self._tracing = TracingInService(models)
        self._scores: OrderedDict[tuple[str, int], ServedScore | None] = OrderedDict()
        self._curricula: OrderedDict[tuple[str, int], Curriculum] = OrderedDict()
        self._states: OrderedDict[tuple[str, str], tuple[LearnerState, Tables]] = OrderedDict()
        self._lock = threading.Lock()

    def now(
        self, question: Question, names: Sequence[AnswerName], state: LearnerState | None
    ) -> dict[AnswerName, Answer]:
        """Answers from the precomputed row; without one, or with one of another version, from the core's events."""
        if state is None:  # no events, or an import that no job has worked off yet
            return self.past(question, names)
        try:
            tables = self._unpacked(question.tenant_id, state)
        except InputError as unreadable:
            if unreadable.code != "state_unreadable":
                raise
            return self.past(question, names)
        return self._evaluate(question, names, tables, state.computed_at, question.tracing_model)

    def past(self, question: Question, names: Sequence[AnswerName]) -> dict[AnswerName, Answer]:
        """Answers from the events up to `as_of`, recomputed, by the models that were in service then."""
        as_of, known_at = question.as_of, question.known_at
        told = as_of if known_at is None else min(as_of, known_at)  # what taught a model later was not known then
        tables = self._tables(question.tenant_id, [question.learner_key], until=as_of, known_at=known_at)
        tracing = self._tracing.at(question.tenant_id, told)
        state: Tables = precompute(tables, question.as_of, tracing=tracing)
        if state["profile"].is_empty():
            state = blank(question.learner_key, question.time_zone, question.as_of)
        version = None if tracing is None else tracing.version
        score = self._models.in_service_at(question.tenant_id, MODEL, told)
        return self._evaluate(replace(question, score_model=score), names, state, question.as_of, version)

    def _evaluate(
        self,
        question: Question,
        names: Sequence[AnswerName],
        state: Tables,
        computed_at: datetime,
        tracing: int | None,
    ) -> dict[AnswerName, Answer]:
        parts = tuple(dict.fromkeys(part for name in names for part in _PARTS_OF[name]))
        curriculum, params = self._curriculum(question), _params(question)
        score = self._score(question) if "readiness" in parts else None
        evaluated = evaluate(state, curriculum, question.as_of, params, parts, score)
        facts = self._tracing.facts(question.tenant_id, tracing) if "mastery" in parts else None
        known_at = question.known_at
        note = None if known_at is None else f"Computed from what had been received by {instant(known_at)}."
        header = Header(question.learner_key, question.as_of, computed_at, note=note, parameters=params, tracing=facts)

        particulars = question.particulars

        def plan() -> Answer:
            exam = particulars.exam
            asked = Asked(exam.on, exam.target_recall, exam.minutes_a_day)
            found = planning(state, curriculum, question.as_of, asked)
            return answers.exam_plan(evaluated, header, asked, found, curriculum)

        special: Mapping[AnswerName, Callable[[], Answer]] = {
            AnswerName.MASTERY_TOPIC: lambda: answers.mastery_topic(evaluated, header, particulars.topic or ""),
            AnswerName.PEERS: lambda: answers.peers(evaluated, header, particulars.peers),
            AnswerName.EXAM_PLAN: plan,
            AnswerName.RECOMMENDATIONS: lambda: answers.recommendations(
                evaluated, header, state, curriculum, particulars.support
            ),
        }
        return {name: special[name]() if name in special else _BUILD[name](evaluated, header) for name in names}

    def _curriculum(self, question: Question) -> Curriculum:
        key = question.tenant_id, question.curriculum_version
        with self._lock:
            kept = self._curricula.get(key)
        if kept is not None:
            return kept
        read = self._records.curriculum(question.tenant_id)
        made = prepare(read.tables)
        with self._lock:
            # Under the version that was read, which may be newer than the one asked for.
            self._curricula[question.tenant_id, read.version] = made
            while len(self._curricula) > CURRICULA_KEPT:
                self._curricula.popitem(last=False)
        return made

    def _score(self, question: Question) -> ServedScore | None:
        if question.score_model is None:
            return None
        key = question.tenant_id, question.score_model
        with self._lock:
            if key in self._scores:
                return self._scores[key]
        data = self._models.artefact(question.tenant_id, MODEL, question.score_model)
        try:
            made = None if data is None else ServedScore(from_bytes(data), question.score_model)
        except InputError as unreadable:
            if unreadable.code != "model_unreadable":
                raise
            made = None  # of another release: there is none until the next training
        with self._lock:
            self._scores[key] = made
            while len(self._scores) > SCORES_KEPT:
                self._scores.popitem(last=False)
        return made

    def _unpacked(self, tenant_id: str, state: LearnerState) -> Tables:
        key = tenant_id, state.learner_key
        facts = replace(state, packed=b"")
        with self._lock:
            kept = self._states.get(key)
            if kept is not None and kept[0] == facts:
                self._states.move_to_end(key)
                return kept[1]
        tables = unpack(state.packed)
        with self._lock:
            self._states[key] = facts, tables
            self._states.move_to_end(key)
            while len(self._states) > STATES_KEPT:
                self._states.popitem(last=False)
        return tables
