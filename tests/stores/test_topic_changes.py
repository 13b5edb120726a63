"""Merging and splitting topics: everything follows, answers of before resolve, and it can be taken back."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.contracts.event_tables import event, key, table
from tests.contracts.polars_event_log import PolarsEventLog

from akademos.analytics.curriculum import prepare
from akademos.analytics.topic_changes import SCHEMA, resolved
from akademos.errors import Conflict, InputError, NotFound
from akademos.intake.topic_plans import plan_merge, plan_split
from akademos.jobs.resolved_events import ResolvedCarried, ResolvedEvents
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.carried import Carried
from akademos.stores.ports.topic_changes import TopicChange
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.records import PostgresRecords
from akademos.stores.postgres.topic_changes import PostgresTopicChanges

ACTOR = "command line:test"
TABLES: dict[str, list[dict[str, object]]] = {
    "learning_courses": [{"course_id": "bio", "title": "Biology"}],
    "topics": [
        {"topic_id": topic, "parent_id": parent, "course_id": "bio", "name": topic.title(), "position": place}
        for place, (topic, parent) in enumerate(
            [("body", None), ("blood", "body"), ("heart", "body"), ("vessels", "heart"), ("pulse", "body")]
        )
    ],
    "topic_relationships": [
        {"from_topic": "blood", "to_topic": "heart", "kind": "prerequisite"},
        {"from_topic": "heart", "to_topic": "pulse", "kind": "prerequisite"},
    ],
    "items": [
        {"question_id": "q1", "course_id": "bio", "topic_ids": ["heart", "blood"]},
        {"question_id": "q2", "course_id": "bio", "topic_ids": ["heart"]},
        {"question_id": "q3", "course_id": "bio", "topic_ids": ["pulse"]},
    ],
    "materials": [{"material_id": "m1", "kind": "page", "title": "Pumps", "topic_ids": ["heart"]}],
    "exams": [{"exam_id": "final", "name": "Final"}],
    "exam_weights": [
        {"exam_id": "final", "section": "A", "topic_id": "heart", "weight": 8},
        {"exam_id": "final", "section": "A", "topic_id": "blood", "weight": 4},
    ],
}


class Institution:
    """A curriculum and its changes."""

    def __init__(self, database: Database, keys: Keys, tenant: str) -> None:
        self.database, self.tenant = database, tenant
        self.records = PostgresRecords(database, keys)
        self.changes = PostgresTopicChanges(database, self.records)
        self.records.load_all(tenant, TABLES, actor=ACTOR)

    def merge(self, sources: list[str], into: str) -> TopicChange:
        return self.changes.make(
            self.tenant, lambda rows: plan_merge(rows, sources, into), reason="one thing", actor=ACTOR
        )

    def split(self) -> TopicChange:
        parts = {"chambers": "Chambers", "beat": "Beat"}
        return self.changes.make(
            self.tenant,
            lambda rows: plan_split(rows, "heart", parts, "beat", {"q2": "chambers"}, {"m1": "chambers"}),
            reason="two things",
            actor=ACTOR,
        )

    def rows_of(self, name: str) -> list[tuple[object, ...]]:
        return self.records.curriculum(self.tenant).tables[name].rows()

    def topics_of(self, question: str | None, topics: list[str]) -> list[str]:
        moves = self.records.curriculum(self.tenant).tables["topic_moves"]
        found: list[str] = resolved(events([(topics, question)]), moves)["topic_ids"].to_list()[0]
        return found

    def whole(self) -> dict[str, list[tuple[object, ...]]]:
        tables = self.records.curriculum(self.tenant).tables
        return {name: table.rows() for name, table in tables.items() if name in {*TABLES, "exam_sections"}}


def events(rows: list[tuple[list[str] | None, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        [(topics, question, None) for topics, question in rows],
        schema={"topic_ids": pl.List(pl.String), "question_id": pl.String, "material_id": pl.String},
        orient="row",
    )


@pytest.fixture
def institution(database: Database, keys: Keys, tenant: str) -> Institution:
    return Institution(database, keys, tenant)


def test_a_merge_takes_everything_along(institution: Institution) -> None:
    institution.merge(["blood"], "heart")
    assert ("blood" in str(institution.rows_of("topics"))) is False
    assert ("q1", "bio", ["heart"]) in institution.rows_of("items")
    assert institution.rows_of("topic_relationships") == [("heart", "pulse", "prerequisite")]
    assert institution.records.curriculum(institution.tenant).tables["exam_weights"].filter(
        pl.col("weight") > 0
    ).rows() == [("final", "heart", 10.0)]
    assert institution.topics_of("q1", ["blood", "heart"]) == ["heart"]
    assert institution.topics_of(None, ["pulse", "blood"]) == ["pulse", "heart"]
    prepare(institution.records.curriculum(institution.tenant).tables)


def test_a_split_sends_answers_where_their_item_went(institution: Institution) -> None:
    institution.split()
    assert {row[0]: row[2] for row in institution.rows_of("items")} == {
        "q1": ["beat", "blood"],
        "q2": ["chambers"],
        "q3": ["pulse"],
    }
    assert {row[:2] for row in institution.rows_of("topic_relationships")} == {
        ("blood", "chambers"), ("blood", "beat"), ("chambers", "pulse"), ("beat", "pulse"),
    }  # fmt: skip
    assert ("vessels", "beat") in {row[:2] for row in institution.rows_of("topics")}
    weights = institution.records.curriculum(institution.tenant).tables["exam_weights"]
    assert set(weights.filter(pl.col("weight") > 0).rows()) == {
        ("final", "blood", 4.0), ("final", "chambers", 4.0), ("final", "beat", 4.0),
    }  # fmt: skip
    assert institution.topics_of("q2", ["heart"]) == ["chambers"]
    assert institution.topics_of("q1", ["blood", "heart"]) == ["blood", "beat"]
    assert institution.topics_of("never seen", ["heart"]) == ["beat"]


def test_changes_follow_each_other_and_are_taken_back_in_turn(institution: Institution) -> None:
    before = institution.whole()
    first, second = institution.split(), institution.merge(["beat", "pulse"], "chambers")
    assert institution.topics_of("q1", ["heart"]) == ["chambers"]
    with pytest.raises(Conflict, match="Change 2 came later"):
        institution.changes.undo(institution.tenant, first.number, reason="no", actor=ACTOR)
    for change in (second, first):
        institution.changes.undo(institution.tenant, change.number, reason="no", actor=ACTOR)
    after = institution.whole()
    weights = after.pop("exam_weights"), after.pop("exam_sections")
    assert after == {name: rows for name, rows in before.items() if name not in ("exam_weights", "exam_sections")}
    for now, then in zip(weights, (before["exam_weights"], before["exam_sections"]), strict=True):
        assert sorted(row for row in now if row[-1]) == sorted(then)
    assert institution.topics_of("q2", ["heart"]) == ["heart"]
    with pytest.raises(Conflict, match="undone already"):
        institution.changes.undo(institution.tenant, first.number, reason="no", actor=ACTOR)


def test_what_was_changed_since_is_not_overwritten(institution: Institution) -> None:
    change = institution.merge(["blood"], "heart")
    institution.records.load(institution.tenant, "items", [{"question_id": "q1", "topic_ids": ["pulse"]}], actor=ACTOR)
    with pytest.raises(Conflict, match="`q1` was changed since"):
        institution.changes.undo(institution.tenant, change.number, reason="no", actor=ACTOR)


def test_a_cycle_is_refused_and_named(institution: Institution) -> None:
    before = institution.whole()
    with pytest.raises(InputError, match=r"circle: .*heart.*") as refusal:
        institution.merge(["blood"], "pulse")  # blood > heart > pulse would be pulse > heart > pulse
    assert refusal.value.code == "cycle"
    assert institution.whole() == before
    assert institution.changes.history(institution.tenant) == []


def test_refusals(institution: Institution) -> None:
    with pytest.raises(NotFound):
        institution.merge(["nowhere"], "heart")
    with pytest.raises(InputError):
        institution.merge(["heart"], "heart")
    institution.merge(["blood"], "heart")
    with pytest.raises(Conflict, match="archived"):
        institution.merge(["blood"], "pulse")


def test_each_change_has_its_audit_row_and_marks_who_is_concerned(institution: Institution) -> None:
    with institution.database.pipeline() as transaction:
        for key in ("00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"):
            transaction.execute(
                "INSERT INTO people (tenant_id, learner_key, kind, data_key) VALUES ('college', %s, 'learner', '')",
                (key,),
            )
            topic = "heart" if key.endswith("a") else "pulse"
            transaction.execute(
                "INSERT INTO topic_mastery (tenant_id, learner_key, topic_id, as_of, status, answers) "
                "VALUES ('college', %s, %s, now(), 'developing', 3)",
                (key, topic),
            )
    change = institution.merge(["blood"], "heart")
    with institution.database.pipeline() as transaction:
        assert transaction.execute("SELECT right(learner_key::text, 1) FROM stale_learner_states").fetchall() == [
            ("a",)
        ]
        ((action, detail),) = transaction.execute(
            "SELECT action, detail FROM audit_log WHERE action LIKE 'topics.%'"
        ).fetchall()
    assert action == "topics.merged"
    assert orjson.loads(detail) == {
        "change": change.number, "kind": "merge", "reason": "one thing", "sources": ["blood"], "targets": ["heart"],
    }  # fmt: skip


TOPIC = st.sampled_from("abcde")


@given(
    st.lists(st.tuples(st.none() | st.lists(TOPIC, max_size=4), st.none() | st.sampled_from(["q1", "q2"])), max_size=6),
    st.lists(st.tuples(TOPIC, st.none() | st.sampled_from(["q1", "q2"]), TOPIC), max_size=6),
)
def test_resolving_is_what_going_row_by_row_would_do(
    rows: list[tuple[list[str] | None, str | None]], wanted: list[tuple[str, str | None, str]]
) -> None:
    moves = {(number, source, question): target for number, (source, question, target) in enumerate(wanted)}
    table = pl.DataFrame(
        [(number, source, question, None, target) for (number, source, question), target in moves.items()],
        schema=SCHEMA,
        orient="row",
    )
    expected: list[list[str] | None] = []
    for topics, question in rows:
        found = topics
        for (_, source, only), target in moves.items():
            if found is not None and source in found:
                hit = only is None or only == question
                found = list(dict.fromkeys(target if hit and one == source else one for one in found))
        expected.append(found)
    assert resolved(events(rows), table)["topic_ids"].to_list() == expected


def test_analytics_read_the_topics_that_stand_now(institution: Institution) -> None:
    log = PolarsEventLog()
    log.append(
        table(
            [
                event(question_id="q2", topic_ids=["heart"], day=0),
                event(question_id="q1", topic_ids=["heart", "blood"], day=1),
                event(question_id="q3", topic_ids=None, day=2, learner_key=key(2)),
            ]
        )
    )
    read = ResolvedEvents(log, institution.records)
    columns = ["learner_key", "occurred_at", "topic_ids"]

    def topics() -> list[list[str] | None]:
        found = read.learner_events("college", [key(1), key(2)], columns=columns)
        assert found.column_names == columns
        buckets = list(read.by_learner("college", columns=columns))
        listed: list[list[str] | None] = found["topic_ids"].to_pylist()
        assert [one for bucket in buckets for one in bucket["topic_ids"].to_pylist()] == listed
        whole = read.learner_events("college", [key(1), key(2)])
        assert whole["topic_ids"].to_pylist() == listed
        assert whole["question_id"].to_pylist() == ["q2", "q1", "q3"]
        return listed

    assert topics() == [["heart"], ["heart", "blood"], None]
    change = institution.split()
    assert topics() == [["chambers"], ["beat", "blood"], None]
    institution.changes.undo("college", change.number, reason="no", actor=ACTOR)
    assert topics() == [["heart"], ["heart", "blood"], None]
    assert read.learner_events("college", [key(1)], columns=["learner_key"]).num_columns == 1
    assert log.frame["topic_ids"].to_list() == [["heart"], ["heart", "blood"], None]  # nothing was rewritten


class Kept:
    """What was carried forward of one learner: an answer to each of two questions, under the topics of its day."""

    def read(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, Carried]:
        rows = [(one, question, ["heart"]) for one in learner_keys for question in ("q1", "q2")]
        answers = pl.DataFrame(rows, schema=["learner_key", "question_id", "topic_ids"], orient="row")
        return {one: Carried(one, {}, {"carried_answers": answers}) for one in learner_keys}

    def keys(self, tenant_id: str, *, after: str = "") -> list[str]:
        return [key(1)]


def test_what_was_carried_forward_stands_under_the_topics_that_stand_now(institution: Institution) -> None:
    read = ResolvedCarried(Kept(), institution.records)

    def topics() -> list[list[str]]:
        found = read.read("college", read.keys("college"))[key(1)].tables["carried_answers"]
        assert found.columns == ["learner_key", "question_id", "topic_ids"]
        return list(found["topic_ids"].to_list())

    assert topics() == [["heart"], ["heart"]]
    change = institution.split()
    assert topics() == [["beat"], ["chambers"]]
    institution.changes.undo("college", change.number, reason="no", actor=ACTOR)
    assert topics() == [["heart"], ["heart"]]
