"""The source of the answers: now from the packed row, the past from events; the forms that the API documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from tests.serving.json_schema import violations

from akademos.analytics.learner_state import pack, precompute
from akademos.errors import NotFound
from akademos.jobs.learner_answers import LearnerAnswers
from akademos.serving.api import forms_of_answers
from akademos.stores.ports.answers import AnswerName, Particulars, Question
from akademos.stores.ports.learner_state import LearnerState
from akademos.stores.ports.models import TrainedModel
from akademos.stores.ports.records import Curriculum

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
EVERY = tuple(name for name in AnswerName if name is not AnswerName.MASTERY_TOPIC)
FORMS = {
    AnswerName.DASHBOARD: "Dashboard",
    AnswerName.MASTERY: "Mastery",
    AnswerName.MASTERY_TOPIC: "MasteryTopic",
    AnswerName.REVIEWS: "Reviews",
    AnswerName.KNOWLEDGE_GAPS: "KnowledgeGaps",
    AnswerName.EXAM_PLAN: "ExamPlan",
    AnswerName.STUDY_EFFICIENCY: "StudyEfficiency",
    AnswerName.STUDY_PATTERNS: "StudyPatterns",
    AnswerName.PEERS: "Peers",
    AnswerName.EXAM_READINESS: "ExamReadiness",
    AnswerName.RECOMMENDATIONS: "Recommendations",
}


class NoModels:
    """A registry without models."""

    def artefact(self, tenant_id: str, model: str, version: int) -> bytes | None:
        """Nothing."""

    def version(self, tenant_id: str, model: str, version: int) -> TrainedModel | None:
        """Nothing."""

    def in_service_at(self, tenant_id: str, model: str, at: datetime) -> int | None:
        """Nothing."""


class OneCurriculum:
    """Records of one tenant with three topics in a row."""

    def __init__(self) -> None:
        self.version = 1
        self.read = 0
        self.tables = {
            "topics": pl.DataFrame(
                {
                    "topic_id": ["a", "b", "c"],
                    "parent_id": [None, None, None],
                    "name": ["Adding", "Borrowing", "Carrying"],
                    "course_id": ["maths"] * 3,
                    "position": [1, 2, 3],
                }
            ),
            "topic_relationships": pl.DataFrame(
                {"from_topic": ["a", "b"], "to_topic": ["b", "c"], "kind": ["prerequisite"] * 2}
            ),
            "items": pl.DataFrame(
                {"question_id": [f"q{i}" for i in range(9)], "topic_ids": [["abc"[i % 3]] for i in range(9)]}
            ),
            "exam_weights": pl.DataFrame({"exam_id": ["final"] * 2, "topic_id": ["a", "c"], "weight": [3.0, 1.0]}),
            "learner_targets": pl.DataFrame({"learner_key": ["ada"], "exam_id": ["final"]}),
        }

    def curriculum(self, tenant_id: str) -> Curriculum:
        """The tables, under the present version."""
        self.read += 1
        return Curriculum(tenant_id, self.version, self.tables)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"answers need nothing but the curriculum, not {name}")


def attempts(precision: str, until: datetime) -> pl.DataFrame:
    """Forty answers on two topics, the last an hour before NOW; none at all of precision `none`."""
    start = datetime(1970, 1, 1, tzinfo=UTC) if precision == "order" else NOW - timedelta(days=39, hours=1)
    step = timedelta(seconds=1) if precision == "order" else timedelta(days=1)
    rows = [
        {
            "learner_key": "ada",
            "event_id": f"e{i}",
            "occurred_at": start + i * step,
            "time_precision": precision,
            "question_id": f"q{i % 6}",
            "topic_ids": ["abc"[i % 6 % 3]] if i % 6 % 3 < 2 else ["a"],
            "score": float(i % 4 != 0),
            "duration_seconds": 20.0 + i,
        }
        for i in range(40)
    ]
    if precision == "none":
        until = start - step
    return pl.DataFrame(rows).filter(pl.col("occurred_at") <= until)


def source(precision: str = "exact") -> tuple[LearnerAnswers, OneCurriculum]:
    records = OneCurriculum()

    def tables(
        tenant_id: str, learner_keys: Sequence[str], *, until: datetime, known_at: datetime | None = None
    ) -> dict[str, pl.DataFrame]:
        learners = pl.DataFrame({"learner_key": ["ada"], "time_zone": ["Europe/Berlin"]})
        return {**records.tables, "question_attempts": attempts(precision, until), "learners": learners}

    return LearnerAnswers(records, tables, NoModels()), records


def row(precision: str = "exact", version: int = 1, until: datetime = NOW) -> LearnerState:
    learners = pl.DataFrame({"learner_key": ["ada"], "time_zone": ["Europe/Berlin"]})
    given = {**OneCurriculum().tables, "question_attempts": attempts(precision, until), "learners": learners}
    return LearnerState("ada", version, until, until, "mastery/1", 40, until, pack(precompute(given, until)))


def question(topic: str | None = None, *, as_of: datetime = NOW, version: int = 1) -> Question:
    return Question("college", "ada", as_of, "Europe/Berlin", version, particulars=Particulars(topic))


@pytest.mark.parametrize("precision", ["exact", "day", "order"])
@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=3)])
def test_now_and_the_past_are_the_same_definition(precision: str, later: timedelta) -> None:
    answers, _ = source(precision)
    asked = question(as_of=NOW + later)
    now = answers.now(asked, EVERY, row(precision))
    past = answers.past(asked, EVERY)
    for answer in (*now.values(), *past.values()):
        del answer["computed_at"]
    assert now == past


@pytest.mark.parametrize("precision", ["exact", "day", "order", "none"])
def test_every_answer_has_the_form_that_the_document_says(precision: str) -> None:
    answers, _ = source(precision)
    state = None if precision == "none" else row(precision)
    made = answers.now(question(), EVERY, state)
    if state is not None:
        made |= answers.now(question("a"), [AnswerName.MASTERY_TOPIC], state)
    forms = forms_of_answers()
    for name, answer in made.items():
        said = {**answer, "contested": []}  # which the route adds, from the reading
        assert list(violations(said, forms[FORMS[name]], forms)) == [], name


def test_a_topic_that_nobody_knows_is_not_found() -> None:
    answers, _ = source()
    with pytest.raises(NotFound):
        answers.now(question("z"), [AnswerName.MASTERY_TOPIC], row())
    with pytest.raises(NotFound):
        answers.past(question("z"), [AnswerName.MASTERY_TOPIC])


def test_a_learner_whose_import_no_job_has_seen_yet_is_answered_from_the_events() -> None:
    answers, _ = source()
    assert answers.now(question(), EVERY, None) == answers.past(question(), EVERY)


def test_before_the_first_answer_there_is_no_data() -> None:
    answers, _ = source()
    past = answers.past(question(as_of=NOW - timedelta(days=400)), EVERY)
    assert past[AnswerName.MASTERY]["overall"]["status"] == "no_data"
    assert past[AnswerName.DASHBOARD]["provenance"]["answers"] == 0


def test_a_row_of_another_version_is_made_anew_from_the_events() -> None:
    answers, _ = source()
    unreadable = LearnerState("ada", 9, NOW, NOW, "mastery/0", 40, NOW, b"\x00 of another time")
    assert answers.now(question(), EVERY, unreadable) == answers.past(question(), EVERY)


def test_a_new_row_is_seen_and_an_old_one_is_not_unpacked_again() -> None:
    answers, _ = source()
    before = answers.now(question(), EVERY, row(until=NOW - timedelta(days=20)))
    after = answers.now(question(), EVERY, row(version=2))
    assert before[AnswerName.MASTERY]["provenance"]["answers"] < after[AnswerName.MASTERY]["provenance"]["answers"]
    assert answers.now(question(), EVERY, row(version=2)) == after


def test_the_curriculum_is_read_once_a_version() -> None:
    answers, records = source()
    for _ in range(3):
        answers.now(question(), EVERY, row())
    assert records.read == 1
    records.version = 2
    records.tables["topics"] = records.tables["topics"].with_columns(name=pl.lit("Renamed"))
    renamed = answers.now(question(version=2), EVERY, row())
    assert {topic["name"] for topic in renamed[AnswerName.MASTERY]["topics"]} == {"Renamed"}
    assert records.read == 2
