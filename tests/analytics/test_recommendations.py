"""Recommendations: reviews first, then what closes gaps, nothing before what it needs, stable ids, reasons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.analytics.curriculum import prepare
from akademos.analytics.learner_state import evaluate, precompute
from akademos.analytics.recommendations import LISTED, PARTS, Recommendation, recommendations

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
NAMES = {"a": "Adding", "b": "Borrowing", "c": "Carrying"}
CURRICULUM = {
    "topics": pl.DataFrame(
        {"topic_id": list(NAMES), "parent_id": [None] * 3, "name": list(NAMES.values()), "course_id": ["m"] * 3,
         "position": [1, 2, 3]},
        schema_overrides={"parent_id": pl.String},
    ),
    "topic_relationships": pl.DataFrame(
        {"from_topic": ["a", "b"], "to_topic": ["b", "c"], "kind": ["prerequisite"] * 2}
    ),
    "materials": pl.DataFrame(
        {"material_id": ["a-1", "a-2", "b-1", "c-1"], "topic_ids": [["a"], ["a"], ["b"], ["c"]], "course_id": ["m"] * 4}
    ),
    "items": pl.DataFrame(
        {"question_id": [f"{topic}{n}" for topic in NAMES for n in range(30)], "course_id": ["m"] * 90,
         "topic_ids": [[topic] for topic in NAMES for _ in range(30)]}
    ),
}  # fmt: skip


def steps(
    answers: list[tuple[str, float]], finished: Sequence[str] = (), days: int = 1, begun: Sequence[str] = ()
) -> list[Recommendation]:
    """Recommendations after answers (question, score) on the first day, asked so many days later."""
    as_of = START + timedelta(days=days)
    events = [(one, "material_completed") for one in finished] + [(one, "material_opened") for one in begun]
    tables: dict[str, pl.DataFrame] = {
        "question_attempts": pl.DataFrame(
            [
                {"learner_key": "l", "event_id": f"e{n}", "occurred_at": START + timedelta(minutes=n),
                 "question_id": one, "score": score, "topic_ids": [one[0]], "course_id": "m"}
                for n, (one, score) in enumerate(answers)
            ],
            schema={"learner_key": pl.String, "event_id": pl.String, "occurred_at": pl.Datetime("us", "UTC"),
                    "question_id": pl.String, "score": pl.Float64, "topic_ids": pl.List(pl.String),
                    "course_id": pl.String},
        ),
        "material_interactions": pl.DataFrame(
            [
                {"learner_key": "l", "event_id": f"m{n}", "event_name": name, "occurred_at": START, "material_id": one}
                for n, (one, name) in enumerate(events)
            ],
            schema={"learner_key": pl.String, "event_id": pl.String, "event_name": pl.String,
                    "occurred_at": pl.Datetime("us", "UTC"), "material_id": pl.String},
        ),
        "enrolments": pl.DataFrame({"learner_key": ["l"], "course_id": ["m"]}),
        "learners": pl.DataFrame({"learner_key": ["l"], "time_zone": ["UTC"]}),
    }  # fmt: skip
    curriculum = prepare(CURRICULUM)
    state = precompute(tables, as_of)
    return recommendations(evaluate(state, curriculum, as_of, parts=PARTS), state["materials"], curriculum, "l")


def right(topic: str, count: int = 30) -> list[tuple[str, float]]:
    return [(f"{topic}{n}", 1.0) for n in range(count)]


def wrong(topic: str, count: int = 30) -> list[tuple[str, float]]:
    return [(f"{topic}{n}", 0.0) for n in range(count)]


def brief(found: list[Recommendation]) -> list[tuple[str, str | None]]:
    return [(one.kind, one.material_id or one.topic_id) for one in found]


def test_a_beginner_starts_at_the_beginning() -> None:
    assert brief(steps([])) == [("content", "a-1"), ("content", "a-2"), ("content", "b-1"), ("content", "c-1")]


def test_what_is_forgotten_is_reviewed_first() -> None:
    found = steps(right("a"), finished=["a-1", "a-2"], days=60)
    assert found[0].kind == "review"
    assert (found[0].topic_id, found[0].trigger) == ("a", "schedule")
    assert "would be recalled now" in found[0].reason


def test_begun_materials_come_before_unopened_ones_of_their_topic() -> None:
    contents = [one.material_id for one in steps([], begun=["a-2"]) if one.kind == "content"]
    assert contents[:2] == ["a-2", "a-1"]


def test_finished_materials_are_not_recommended_and_their_topic_is_practised() -> None:
    found = steps(wrong("a", 10), finished=["a-1", "a-2"])
    assert all(one.material_id not in ("a-1", "a-2") for one in found)
    practice = next(one for one in found if one.kind == "question")
    place = [one.topic_id for one in found]
    assert (practice.topic_id, practice.prerequisite_for) == ("a", "Borrowing")
    assert place.index("a") < place.index("b")


def test_many_misses_on_a_critical_gap_call_for_somebody_to_explain() -> None:
    assert [one.topic_id for one in steps(wrong("a", 25)) if one.kind == "tutoring"] == ["a"]
    assert not [one for one in steps(wrong("a", 15)) if one.kind == "tutoring"]


def test_who_has_mastered_everything_is_told_nothing() -> None:
    everything = right("a") + right("b") + right("c")
    assert steps(everything, finished=["a-1", "a-2", "b-1", "c-1"]) == []


def test_ids_stay_and_differ() -> None:
    once, again = steps(wrong("a", 25)), steps(wrong("a", 25))
    assert [one.recommendation_id for one in once] == [one.recommendation_id for one in again]
    assert len({one.recommendation_id for one in once}) == len(once)


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_no_step_comes_before_what_it_needs(data: st.DataObject) -> None:
    answers = data.draw(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 29), st.booleans()), max_size=60))
    finished = data.draw(st.lists(st.sampled_from(["a-1", "a-2", "b-1", "c-1"]), unique=True))
    found = steps([(f"{topic}{n}", float(score)) for topic, n, score in answers], finished)
    assert len(found) <= LISTED
    needed: dict[str, set[str]] = {"a": set(), "b": {"a"}, "c": {"a", "b"}}
    weak = _lacking([(f"{topic}{n}", float(score)) for topic, n, score in answers], finished)
    met: set[str] = set()
    for one in found:
        if one.kind == "content":
            assert not (needed[one.topic_id] & weak) - met
        met.add(one.topic_id)
        assert one.reason


def _lacking(answers: list[tuple[str, float]], finished: list[str]) -> set[str]:
    """Topics below 0.8 by the platform's mastery, read independently of the recommendations."""
    as_of = START + timedelta(days=1)
    rows = [
        {"learner_key": "l", "event_id": f"e{n}", "occurred_at": START + timedelta(minutes=n), "question_id": one,
         "score": score, "topic_ids": [one[0]], "course_id": "m"}
        for n, (one, score) in enumerate(answers)
    ]  # fmt: skip
    if not rows:
        return set("abc")
    tables = {
        "question_attempts": pl.DataFrame(rows),
        "material_interactions": pl.DataFrame(
            {"learner_key": ["l"] * len(finished), "event_id": [f"m{n}" for n in range(len(finished))],
             "event_name": ["material_completed"] * len(finished), "occurred_at": [START] * len(finished),
             "material_id": finished},
            schema={"learner_key": pl.String, "event_id": pl.String, "event_name": pl.String,
                    "occurred_at": pl.Datetime("us", "UTC"), "material_id": pl.String},
        ),
        "enrolments": pl.DataFrame({"learner_key": ["l"], "course_id": ["m"]}),
    }  # fmt: skip
    mastery = evaluate(precompute(tables, as_of), prepare(CURRICULUM), as_of, parts=("mastery",))["mastery"]
    strong = mastery.filter(pl.col("value") >= 0.8)["topic_id"].to_list()
    return set("abc") - set(strong)
