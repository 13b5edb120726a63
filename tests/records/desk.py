"""Acts on records as their routes do them, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from akademos.catalogue.records import BY_NAME
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.audit import name_of
from akademos.stores.postgres.behaviours import BEHAVIOURS, SUBSCRIBERS
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.record_changes import RecordWork
from akademos.stores.postgres.vault import PostgresVault

Row = dict[str, Any]


@dataclass
class Desk:
    """A tenant's records."""

    database: Database
    keys: Keys
    tenant: str

    def person(self, user_id: str, kind: str = "learner") -> str:
        """The key of a person, who is made known."""
        who = Identifier("user", user_id)
        vault = PostgresVault(self.database, self.keys)
        return vault.ensure(self.tenant, [who], kind=cast("Any", kind))[who].learner_key

    def create(self, record: str, by: str | None = None, **values: object) -> Row:
        """A new row, by a person or else a service account."""
        with self.database.pipeline(self.tenant) as transaction:
            work = self._work(transaction, by)
            row = work.create(BY_NAME[record], values)
            work.finish()
        return self.read(record, *(row[one.name] for one in BY_NAME[record].keys))

    def act(self, record: str, key: str | tuple[str, ...], action: str, by: str | None = None, **values: object) -> Row:
        """An action, and the row as it stands when all is done."""
        with self.database.pipeline(self.tenant) as transaction:
            work = self._work(transaction, by)
            parts = (key,) if isinstance(key, str) else key
            work.change(BY_NAME[record], parts, values=values, action=action)
            work.finish()
        return self.read(record, *parts)

    def change(self, record: str, key: str, **values: object) -> Row:
        """Columns set."""
        with self.database.pipeline(self.tenant) as transaction:
            work = self._work(transaction, None)
            work.change(BY_NAME[record], (key,), values=values)
            work.finish()
        return self.read(record, key)

    def publish(self, record: str, key: str) -> Row:
        """Through review to publication."""
        self.act(record, key, "submit")
        return self.act(record, key, "publish")

    def read(self, record: str, *key: object) -> Row:
        """A row as it stands."""
        with self.database.pipeline(self.tenant) as transaction:
            return RecordWork(transaction, self.tenant, self.keys, "test").row(BY_NAME[record], key)

    def audit(self) -> list[tuple[str, str | None, Mapping[str, Any]]]:
        """Action, subject and detail of the audit log, oldest first."""
        with self.database.pipeline(self.tenant) as transaction:
            return transaction.execute(
                "SELECT action, encode(subject, 'hex'), detail::jsonb FROM audit_log WHERE tenant_id = %s ORDER BY seq",
                (self.tenant,),
            ).fetchall()

    def audit_name(self, learner_key: str) -> str:
        """Under which name the log knows somebody."""
        with self.database.pipeline(self.tenant) as transaction:
            name = name_of(transaction, self.keys, self.tenant, learner_key)
        assert name is not None
        return name.hex()

    def execute(self, statement: str, *values: object) -> None:
        """A statement of the application's own role."""
        with self.database.pipeline(self.tenant) as transaction:
            transaction.execute(statement, values)

    def _work(self, transaction: Any, by: str | None) -> RecordWork:
        actor = "key:host" if by is None else f"person:{by}"
        return RecordWork(transaction, self.tenant, self.keys, actor, by, BEHAVIOURS, SUBSCRIBERS)


def teach(desk: Desk) -> None:
    """A course with a quiz of two items and an exercise, published."""
    desk.create("learning_courses", course_id="aid", title="Erste Hilfe", description="Leben retten.")
    desk.create("topics", topic_id="t", name="T")
    desk.create(
        "items",
        question_id="i1",
        topic_ids=["t"],
        kind="single choice",
        options=[{"option": "a", "text": "A", "credit": 1}, {"option": "b", "text": "B", "credit": 0.5}],
    )
    desk.create("items", question_id="i2", topic_ids=["t"], answer_key={"kind": "numeric", "correct": 112})
    for item in ("i1", "i2"):
        desk.publish("items", item)
    desk.create(
        "learning_quizzes",
        quiz_id="q",
        course_id="aid",
        title="Quiz",
        question_ids=["i1", "i2"],
        pass_threshold=0.75,
        attempts_allowed=3,
        time_limit_seconds=600,
    )
    rubric = {
        "criteria": [
            {"criterion": "care", "levels": [{"level": str(points), "points": points} for points in range(11)]}
        ]
    }
    desk.create(
        "learning_practical_exercises",
        exercise_id="e",
        course_id="aid",
        title="Verband",
        prompt="Legen Sie einen Verband an.",
        rubric=rubric,
        pass_threshold=0.5,
    )
    desk.publish("learning_quizzes", "q")
    desk.publish("learning_practical_exercises", "e")
    desk.create("learning_modules", module_id="m", course_id="aid", title="Grundlagen")
    lesson = {"module_id": "m", "course_id": "aid", "status": "draft"}
    desk.create("learning_lessons", lesson_id="l1", title="Quiz", content_type="quiz", content_id="q", **lesson)
    desk.create("learning_lessons", lesson_id="l2", title="Übung", content_type="exercise", content_id="e", **lesson)
    desk.publish("learning_courses", "aid")
