"""From what learners do to their progress, and from progress to events, without going round in circles."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.intake.conftest import START
from tests.jobs.pipeline import Killed, Pipeline

from akademos.catalogue.declarations import Purpose
from akademos.intake.group_commit import GroupCommit
from akademos.intake.receive import Intake
from akademos.jobs.progress import ProgressJob
from akademos.jobs.progress_events import ProgressEventsJob
from akademos.learning.observations import PROGRESS_CHANGED
from akademos.learning.progress import Content, Outline, Part, reached
from akademos.stores.ports.progress import REBUILD, Observation
from akademos.stores.postgres.landing import PostgresLanding
from akademos.stores.postgres.outbox_places import give_places
from akademos.stores.postgres.progress import PostgresProgress
from akademos.stores.postgres.progress_events import PostgresProgressEvents

Row = tuple[str, str, str, float]


@dataclass
class Classroom:
    """One course of four lessons (one read, one timed, one shows a quiz, one an exercise), on a path."""

    pipeline: Pipeline
    job: ProgressJob
    events: ProgressEventsJob

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self.pipeline.door.database.pipeline() as transaction:
            found = transaction.execute(statement, values)
            return found.fetchall() if found.description else []

    def settle(self) -> int:
        """Until nothing waits anywhere; how many rounds it took."""
        for rounds in range(1, 20):
            moved = sum(one.taken for one in self.pipeline.drain())
            self.give_places()
            if not moved + self.job.drain() + self.give_places() + self.events.drain():
                return rounds
        raise AssertionError("it goes round in circles")

    def give_places(self) -> int:
        return give_places(self.pipeline.door.database, self.pipeline.door.tenant)

    def rows(self) -> list[Row]:
        return self.sql("SELECT content_type, content_id, state, percentage FROM learning_user_progress ORDER BY 1, 2")

    def changes(self) -> list[tuple[str, str]]:
        return self.sql(
            "SELECT key ->> 'content_id', action FROM record_changes WHERE record = 'learning_user_progress' "
            "ORDER BY position"
        )

    def emitted(self) -> list[dict[str, Any]]:
        return [row for row in self.pipeline.rows() if row["event_name"] == PROGRESS_CHANGED]


COURSE = """
    INSERT INTO learning_courses (tenant_id, course_id, title, status) VALUES ('college', 'c', 'C', 'published');
    INSERT INTO learning_quizzes (tenant_id, quiz_id, course_id, title, question_ids, pass_threshold, status)
        VALUES ('college', 'quiz', 'c', 'Q', '{}', 0.6, 'in_review');
    UPDATE learning_quizzes SET status = 'published';
    INSERT INTO learning_practical_exercises (tenant_id, exercise_id, course_id, title, prompt, status)
        VALUES ('college', 'work', 'c', 'W', 'Do it', 'in_review');
    UPDATE learning_practical_exercises SET status = 'published';
    INSERT INTO learning_modules (tenant_id, module_id, course_id, title) VALUES ('college', 'm', 'c', 'M');
    INSERT INTO learning_lessons (tenant_id, lesson_id, module_id, course_id, title, content_type, content_id,
        completion_rule, status) VALUES
        ('college', 'read', 'm', 'c', 'R', 'material', 'page-1', '{"rule": "all_parts"}', 'published'),
        ('college', 'timed', 'm', 'c', 'T', 'page', NULL, '{"rule": "time_spent", "minimum_seconds": 100}',
            'published'),
        ('college', 'asked', 'm', 'c', 'A', 'quiz', 'quiz', NULL, 'published'),
        ('college', 'done', 'm', 'c', 'D', 'exercise', 'work', NULL, 'published');
    INSERT INTO learning_paths (tenant_id, path_id, title, status) VALUES ('college', 'p', 'P', 'in_review');
    INSERT INTO learning_path_steps (tenant_id, path_id, step_id, content_type, content_id)
        VALUES ('college', 'p', '1', 'course', 'c');
    UPDATE learning_paths SET status = 'published';
"""


@pytest.fixture
def classroom(pipeline: Pipeline) -> Iterator[Classroom]:
    door = pipeline.door
    with door.database.pipeline() as transaction:
        for statement in COURSE.split(";\n"):
            if statement.strip():
                transaction.execute(statement)
    store = PostgresProgress(door.database, structure_s=0)
    job = ProgressJob(store, pipeline.core, door.consent, clock=lambda: door.now)
    # The store's clock stamps the changes, so their events are taken by that one.
    writer = GroupCommit([PostgresLanding(door.database, door.vault, door.vault_keys)], queue_depth=1_000)
    intake = Intake(lambda _: door.registry, door.vault_keys, writer, clock=lambda: datetime.now(UTC))
    events = ProgressEventsJob(PostgresProgressEvents(door.database, door.vault_keys), intake, writer.close)
    yield Classroom(pipeline, job, events)
    events.close()


CONTENT: tuple[str, ...] = ("material_id", "assessment_id", "subject_id")


def event(name: str, user: str = "u-1", after_s: float = 0, **properties: Any) -> dict[str, Any]:
    core: dict[str, Any] = {one: properties.pop(one) for one in CONTENT if one in properties}
    return {
        "event_id": str(uuid.uuid4()),
        "event_name": name,
        "user_id": user,
        "client_timestamp": (START - timedelta(hours=1) + timedelta(seconds=after_s)).isoformat(),
        **core,
        "properties": properties,
    }


def test_events_become_progress_that_rolls_up_to_the_path(classroom: Classroom) -> None:
    door = classroom.pipeline.door
    door.grant("u-1")
    door.batch(
        event("material_progressed", material_id="page-1", progress=0.5),
        event("quiz_attempt_submitted", after_s=5, assessment_id="quiz", score=0.3),
    )
    classroom.settle()
    assert classroom.rows() == [
        ("course", "c", "in_progress", 25),
        ("lesson", "asked", "in_progress", 50),
        ("lesson", "read", "in_progress", 50),
        ("path", "p", "in_progress", 25),
        ("quiz", "quiz", "in_progress", 50),
    ]
    door.batch(
        event("material_completed", after_s=10, material_id="page-1"),
        event("quiz_attempt_submitted", after_s=20, assessment_id="quiz", score=0.9),
        event("material_opened", after_s=30, material_id="timed", duration_seconds=60),
        event("material_progressed", after_s=40, material_id="timed", progress=0.2, duration_seconds=40),
        event("exercise_submitted", after_s=50, assessment_id="work"),
    )
    classroom.settle()
    assert {row[1]: row[3] for row in classroom.rows()} == {
        "c": 75, "asked": 100, "read": 100, "timed": 100, "done": 0, "p": 75, "quiz": 100, "work": 0,
    }  # fmt: skip
    review = event("exercise_reviewed", "staff-1", 60, assessment_id="work", subject_id="u-1", review_result="accepted")
    door.batch(review)
    classroom.settle()
    assert {row[2] for row in classroom.rows()} == {"completed"}
    (stamps,) = classroom.sql(
        "SELECT first_activity_at, last_activity_at, completed_at, content_revision FROM learning_user_progress "
        "WHERE content_type = 'path'"
    )
    first = START - timedelta(hours=1)
    assert stamps == (first, first + timedelta(seconds=60), first + timedelta(seconds=60), 1)


def test_a_change_emits_one_event_and_comes_to_rest(classroom: Classroom) -> None:
    door = classroom.pipeline.door
    key = door.grant("u-1")
    door.batch(event("material_completed", material_id="page-1"))
    assert classroom.settle() <= 3
    changes = classroom.changes()
    assert sorted(changes) == [("c", "roll_up"), ("p", "roll_up"), ("read", "observe")]
    emitted = classroom.emitted()
    assert len(emitted) == len(changes)
    assert {row["subject_key"] for row in emitted} == {key}
    assert classroom.settle() == 1
    assert classroom.changes() == changes
    assert classroom.emitted() == emitted


def test_a_replay_changes_nothing(classroom: Classroom) -> None:
    door = classroom.pipeline.door
    door.grant("u-1")
    sent = [
        event("material_completed", material_id="page-1"),
        event("material_opened", after_s=3, material_id="timed", duration_seconds=30),
        event("quiz_attempt_submitted", after_s=5, assessment_id="quiz", score=0.4),
    ]
    door.batch(*sent)
    classroom.settle()
    before, changes = classroom.rows(), classroom.changes()
    assert door.verdicts(*sent) == ["duplicate"] * 3
    door.batch(*({**one, "event_id": str(uuid.uuid4())} for one in (sent[0], sent[2])))
    classroom.settle()
    classroom.job.rebuild(door.tenant)
    classroom.settle()
    assert classroom.rows() == before
    assert classroom.changes() == changes


def test_what_a_killed_mover_left_is_computed_from_the_core(classroom: Classroom) -> None:
    door = classroom.pipeline.door
    door.grant("u-1")
    door.batch(event("material_completed", material_id="page-1"))
    with pytest.raises(Killed):
        classroom.pipeline.mover(killed=True).move()
    assert classroom.rows() == []
    classroom.settle()
    assert ("lesson", "read", "completed", 100) in classroom.rows()


def test_an_imported_history_becomes_progress_and_no_news(classroom: Classroom) -> None:
    door = classroom.pipeline.door
    door.grant("u-1")
    door.batch(event("material_completed", material_id="page-1"))
    classroom.pipeline.drain()
    classroom.sql("DELETE FROM progress_observations")  # as if it had come past the mover
    assert classroom.job.rebuild(door.tenant) == 1
    classroom.settle()
    assert ("lesson", "read", "completed", 100) in classroom.rows()
    assert {action for _, action in classroom.changes()} == {"rebuild"}
    assert classroom.emitted() == []


def test_nothing_is_learned_of_whoever_does_not_consent_to_support(classroom: Classroom) -> None:
    door = classroom.pipeline.door
    door.grant("u-1", Purpose.RESEARCH)
    door.batch(event("material_completed", material_id="page-1"))
    classroom.settle()
    assert classroom.rows() == []
    assert door.count("progress_observations") == 0


def test_what_a_service_sets_rolls_up_too(classroom: Classroom) -> None:
    key = classroom.pipeline.door.person("u-1")
    classroom.sql(
        "INSERT INTO learning_user_progress (tenant_id, learner_key, content_type, content_id, state, percentage) "
        "VALUES ('college', %s, 'lesson', 'read', 'in_progress', 80)",
        key,
    )
    classroom.settle()
    assert ("course", "c", "in_progress", 20) in classroom.rows()
    assert ("path", "p", "in_progress", 20) in classroom.rows()
    assert classroom.settle() == 1


def test_what_reports_progress_waits_for_the_progress_a_minute_at_most(classroom: Classroom) -> None:
    door = classroom.pipeline.door
    door.grant("u-1")
    door.batch(event("material_completed", material_id="page-1"))
    classroom.pipeline.drain()
    classroom.job.drain()
    classroom.give_places()
    door.batch(event("material_completed", material_id="page-2"))
    classroom.pipeline.drain()
    assert door.count("progress_observations") == 1
    assert classroom.events.drain() == 0
    classroom.sql("UPDATE outbox SET sequenced_at = sequenced_at - interval '61 s'")
    assert classroom.events.drain() > 0
    classroom.settle()
    assert len(classroom.emitted()) == len(classroom.changes())


def test_changes_are_followed_past_what_two_bytes_count(classroom: Classroom) -> None:
    """The sum of two small parameters is small to the database: 30,000 + 10,000 was out of its range."""
    test_what_a_service_sets_rolls_up_too(classroom)
    for reader in ("progress", "progress_events"):
        classroom.sql("UPDATE outbox_readers SET position = 30000 WHERE reader = %s", reader)
    classroom.sql("UPDATE outbox_heads SET position = 45000")
    classroom.sql("UPDATE learning_user_progress SET percentage = 90 WHERE content_type = 'lesson'")
    classroom.settle()
    assert ("course", "c", "in_progress", 22.5) in classroom.rows()
    assert {position for (position,) in classroom.sql("SELECT position FROM outbox_readers")} == {
        classroom.sql("SELECT position FROM outbox_heads")[0][0]
    }


def test_a_scored_attempt_of_the_records_counts_without_any_event(classroom: Classroom) -> None:
    key = classroom.pipeline.door.person("u-1")
    classroom.sql(
        "INSERT INTO learning_quiz_attempts (tenant_id, attempt_id, learner_key, quiz_id, score, passed, status) "
        "VALUES ('college', 'a-1', %s, 'quiz', 0.7, true, 'scored')",
        key,
    )
    classroom.settle()
    assert ("quiz", "quiz", "completed", 100) in classroom.rows()
    assert ("lesson", "asked", "completed", 100) in classroom.rows()


def test_a_revision_takes_nothing_away_and_the_revision_reached_is_kept(classroom: Classroom) -> None:
    door = classroom.pipeline.door
    door.grant("u-1")
    door.batch(event("material_completed", material_id="page-1"))
    classroom.settle()
    classroom.sql(
        "INSERT INTO learning_lessons (tenant_id, lesson_id, module_id, course_id, title, content_type, status) "
        "SELECT 'college', 'new-' || n, 'm', 'c', 'N', 'page', 'published' FROM generate_series(1, 4) AS n"
    )
    door.batch(event("material_opened", after_s=9, material_id="new-1"))
    classroom.settle()
    ((percent, revision),) = classroom.sql(
        "SELECT percentage, content_revision FROM learning_user_progress WHERE content_type = 'course'"
    )
    assert (percent, revision) == (25, 1)
    ((fresh,),) = classroom.sql("SELECT content_revision FROM learning_user_progress WHERE content_id = 'new-1'")
    assert fresh > revision


def test_unknown_content_and_events_without_a_time_are_passed_over(classroom: Classroom) -> None:
    door = classroom.pipeline.door
    door.grant("u-1")
    door.batch(
        event("material_completed", material_id="nothing"),
        event("quiz_attempt_submitted", after_s=1, assessment_id="nothing", score=1.0),
    )
    classroom.settle()
    assert classroom.rows() == []


LESSONS = [Content("lesson", f"l{number}") for number in range(8)]
QUIZ = Content("quiz", "l0")
WHOLE = Outline(
    Content("course", "c"),
    1,
    (
        *(Part(one) for one in LESSONS[:5]),
        *(Part(one, optional=True) for one in LESSONS[5:]),
        Part(Content("quiz", "l0")),
    ),
)


@pytest.mark.parametrize("outline", [WHOLE, Outline(WHOLE.content, 1, WHOLE.parts[5:8])])
def test_the_database_sums_parts_as_the_definition_does(classroom: Classroom, outline: Outline) -> None:
    """Rows of all kinds: begun or not, set apart by somebody, without times of their own; parts left out."""
    door = classroom.pipeline.door
    chance = random.Random(4)  # the same rows each time
    people = [door.grant(f"u-{number}") for number in range(30)]
    for key in people:
        for content in (*LESSONS, QUIZ, Content("lesson", "elsewhere")):
            state = chance.choice(["absent", "not_started", "in_progress", "completed"])
            at = START + timedelta(hours=chance.randrange(100))
            began = chance.choice([None, at]) if state != "not_started" else None
            if state != "absent":
                classroom.sql(
                    "INSERT INTO learning_user_progress (tenant_id, learner_key, content_type, content_id, state, "
                    "percentage, first_activity_at, last_activity_at, completed_at) "
                    "VALUES ('college', %s, %s, %s, %s, %s, %s, %s, %s)",
                    key, content.kind, content.id, state,
                    0 if state == "not_started" else 100 if state == "completed" else chance.randrange(10_000) / 100,
                    began, began and began + timedelta(minutes=5),
                    chance.choice([None, at]) if state == "completed" else None,
                )  # fmt: skip
    store = PostgresProgress(door.database, structure_s=0)
    asked = Observation("college", people[0], REBUILD, None, None, START)
    store.observe([asked])
    contents = {part.content for part in outline.parts}
    but = {key: set(chance.sample(sorted(contents), chance.randrange(3))) for key in people}
    with store.take(10) as batch:
        assert batch is not None
        found = batch.reached(outline, but)
        rows = batch.stored({key: contents - but[key] for key in people})
    expected = {key: summed for key in people if (summed := reached(outline, rows[key])) is not None}
    assert found == expected
    assert len(expected) > 0
    assert {one.done for one in expected.values()} > {0}
