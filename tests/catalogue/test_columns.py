"""Where the values of an event go: by example."""

from __future__ import annotations

from akademos.catalogue.registry import builtin


def split(name: str, properties: dict[str, object], **core: object) -> tuple[dict[str, object], dict[str, object]]:
    return builtin().by_wire_name[name].columns.split(properties, core)


def test_answer() -> None:
    columns, rest = split(
        "question_submitted",
        {"correct": True, "time_to_answer_seconds": 45, "attempt_number": 2, "item_version": "3"},
        user_id="u-1",
        question_id="q-7",
        persona="student",
        context_page="/learn",
        course_id=None,
    )
    assert columns == {
        "persona": "student",
        "environment": "prod",
        "question_id": "q-7",
        "score": 1.0,
        "duration_seconds": 45,
        "attempt_number": 2,
    }
    assert rest == {"item_version": "3", "context_page": "/learn"}


def test_partial_score_counts_before_correct() -> None:
    assert split("question_submitted", {"correct": False, "score": 0.4})[0]["score"] == 0.4
    assert split("question_submitted", {"correct": False})[0]["score"] == 0.0


def test_topics_are_united_and_named_once() -> None:
    def topics(properties: dict[str, object], **core: object) -> object:
        return split("question_submitted", {"correct": True, **properties}, **core)[0].get("topic_ids")

    assert topics({}) is None
    assert topics({}, topic_id="b") == ["b"]
    assert topics({"topic_ids": ["a", "b", "a"]}) == ["a", "b"]
    assert topics({"topic_ids": ["a", "b", "c"]}, topic_id="b") == ["b", "a", "c"]


def test_identifiers_of_people_go_nowhere_but_to_the_vault() -> None:
    people = {
        "user_id": "u-1",
        "subject_id": "u-2",
        "anonymous_id": "0d9b7c55-8c4f-4a53-9a0b-1f1f6a3f5a11",
        "pii_hash": "a" * 64,
        "pii_salt_version": 3,
    }
    columns, rest = split("advisor_note_added", {"note_length": 3}, **people)
    held = {**columns, **rest}
    assert not people.keys() & held.keys()
    assert not set(people.values()) - {3} & {value for value in held.values() if isinstance(value, str)}
