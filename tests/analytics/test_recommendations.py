"""Recommendations: reviews first, then what closes gaps, nothing before what it needs, stable ids, reasons; and what
the learner did with a step decides whether it is listed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.analytics.curriculum import prepare
from akademos.analytics.learner_state import evaluate, precompute
from akademos.analytics.material_choice import NO_SUPPORT, Support
from akademos.analytics.parameters import DEFAULT
from akademos.analytics.recommendations import LISTED, PARTS, Recommendation, recommendations

PARAMS = DEFAULT.recommendations
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


Done = tuple[str, str, float]
"""What happened to a recommendation: its id, the change, and how many days after the first day."""


def steps(
    answers: list[tuple[str, float]],
    finished: Sequence[str] = (),
    days: float = 1,
    begun: Sequence[str] = (),
    done: Sequence[Done] = (),
    computed: float | None = None,
    support: Support = NO_SUPPORT,
    tables_of: Mapping[str, pl.DataFrame] = CURRICULUM,
) -> list[Recommendation]:
    """Recommendations after answers (question, score) on the first day, asked so many days later, from a state computed
    then or, if told so, earlier."""
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
        "recommendation_events": pl.DataFrame(
            [
                {"learner_key": "l", "event_name": f"recommendation_{change}",
                 "occurred_at": START + timedelta(days=after), "recommendation_id": one}
                for one, change, after in done
            ],
            schema={"learner_key": pl.String, "event_name": pl.String, "occurred_at": pl.Datetime("us", "UTC"),
                    "recommendation_id": pl.String},
        ),
        "enrolments": pl.DataFrame({"learner_key": ["l"], "course_id": ["m"]}),
        "learners": pl.DataFrame({"learner_key": ["l"], "time_zone": ["UTC"]}),
    }  # fmt: skip
    curriculum = prepare(tables_of)
    state = precompute(tables, as_of if computed is None else START + timedelta(days=computed))
    evaluated = evaluate(state, curriculum, as_of, parts=PARTS)
    return recommendations(evaluated, state, curriculum, "l", as_of, PARAMS, support)


GAIN = {"gain": {"value": 0.06, "low": 0.03, "high": 0.09, "learners": 60, "others": 60}}


def helped(level: str, change: float) -> dict[str, object]:
    after = {"value": 0.4 + change, "bound": "", "people": 60}
    others = {"value": 0.4, "bound": "below", "people": 60}
    return {"similar": {"a": {level: {"learners": after, "others": others, "change": change, "low": 0.1, "high": 0.5}}}}


def right(topic: str, count: int = 30) -> list[tuple[str, float]]:
    return [(f"{topic}{n}", 1.0) for n in range(count)]


def wrong(topic: str, count: int = 30) -> list[tuple[str, float]]:
    return [(f"{topic}{n}", 0.0) for n in range(count)]


def brief(found: list[Recommendation]) -> list[tuple[str, str | None]]:
    return [(one.kind, one.material_id or one.topic_id) for one in found]


def test_a_beginner_starts_at_the_beginning() -> None:
    assert brief(steps([])) == [("content", "a-1"), ("content", "a-2"), ("content", "b-1"), ("content", "c-1")]


def test_what_is_forgotten_is_reviewed_first() -> None:
    found = steps(right("a"), finished=["a-1", "a-2"], days=90)
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


def test_what_was_dismissed_is_out_for_its_time_and_the_next_moves_up() -> None:
    first = steps([])[0]
    out = [(first.recommendation_id, "dismissed", 1.0)]
    assert brief(steps([], days=2, done=out)) == [("content", "a-2"), ("content", "b-1"), ("content", "c-1")]
    assert steps([], days=PARAMS.dismissed_days + 0.9, done=out)[0].material_id == "a-2"
    back = steps([], days=PARAMS.dismissed_days + 1.0, done=out)[0]
    assert (back.material_id, back.status) == ("a-1", "proposed")


def test_what_was_accepted_stays_and_says_so_until_it_is_completed() -> None:
    proposed = steps([])[1]
    seen = [(proposed.recommendation_id, "shown", 0.5)]
    assert next(one for one in steps([], done=seen) if one.material_id == "a-2").status == "shown"
    taken = [*seen, (proposed.recommendation_id, "accepted", 0.6)]
    first = steps([], done=taken)[0]
    assert (first.material_id, first.status) == ("a-2", "accepted")
    assert first.accepted_at == START + timedelta(days=0.6)
    finished = [*taken, (proposed.recommendation_id, "completed", 0.7)]
    for days in (1, 400):
        assert "a-2" not in [one.material_id for one in steps([], days=days, done=finished)]


@pytest.mark.parametrize(("kind", "finished"), [("tutoring", []), ("question", ["a-1", "a-2", "b-1", "c-1"])])
def test_of_steps_of_a_kind_what_was_accepted_comes_first(kind: str, finished: list[str]) -> None:
    apart = CURRICULUM | {"topic_relationships": CURRICULUM["topic_relationships"].clear()}
    answers = [(f"{topic}{n}", 0.0) for n in range(25) for topic in "abc"]
    first, second, last = (one for one in steps(answers, finished, tables_of=apart) if one.kind == kind)
    done = [(last.recommendation_id, "accepted", 0.5)]
    found = [one for one in steps(answers, finished, done=done, tables_of=apart) if one.kind == kind]
    assert [one.topic_id for one in found] == [last.topic_id, first.topic_id, second.topic_id]
    assert found[0].status == "accepted"


def test_practice_that_was_accepted_stays_on_the_list_however_many_materials_there_are() -> None:
    more = [f"c-{n}" for n in range(2, 14)]
    rows = pl.DataFrame({"material_id": more, "topic_ids": [["c"]] * len(more), "course_id": ["m"] * len(more)})
    apart = CURRICULUM | {
        "topic_relationships": CURRICULUM["topic_relationships"].clear(),
        "materials": pl.concat([CURRICULUM["materials"], rows]),
    }
    answers, finished = wrong("a", 5) + wrong("c", 5), ["a-1", "a-2"]
    (practice,) = (one for one in steps(answers, [*finished, *more], tables_of=apart) if one.kind == "question")
    assert practice.topic_id == "a"
    found = steps(answers, finished, done=[(practice.recommendation_id, "accepted", 0.5)], tables_of=apart)
    assert len(found) == LISTED
    assert practice.recommendation_id in [one.recommendation_id for one in found]


def test_a_review_that_was_completed_returns_when_it_is_due_again() -> None:
    review = steps(right("a"), finished=["a-1", "a-2"], days=90)[0]
    done = [(review.recommendation_id, "completed", 90.0)]
    assert review.recommendation_id not in [
        one.recommendation_id for one in steps(right("a"), finished=["a-1", "a-2"], days=91, done=done)
    ]
    later = steps(right("a"), finished=["a-1", "a-2"], days=90 + PARAMS.completed_days, done=done)
    assert (later[0].recommendation_id, later[0].status) == (review.recommendation_id, "proposed")


def test_a_material_waits_with_the_practice_that_it_needs() -> None:
    before = steps(wrong("a", 10), finished=["a-1", "a-2"])
    practice = next(one for one in before if one.kind == "question")
    after = steps(wrong("a", 10), finished=["a-1", "a-2"], done=[(practice.recommendation_id, "dismissed", 0.9)])
    assert brief(after) == []
    done = steps(wrong("a", 10), finished=["a-1", "a-2"], done=[(practice.recommendation_id, "completed", 0.9)])
    assert brief(done)[0] == ("content", "b-1")


def test_who_stopped_studying_is_told_of_an_advisor_for_some_weeks() -> None:
    def kinds(days: int, done: Sequence[Done] = ()) -> list[str]:
        return [one.kind for one in steps(wrong("a", 5), days=days, done=done)]

    assert "advisor" not in kinds(PARAMS.inactive_days)  # less than so many whole days
    found = steps(wrong("a", 5), days=PARAMS.inactive_days + 1)[0]
    assert (found.kind, found.trigger, found.topic_id) == ("advisor", "inactivity", None)
    assert "14 days" in found.reason
    assert "advisor" not in kinds(PARAMS.gone_days + 1)
    assert "advisor" not in [one.kind for one in steps([], days=20)]
    assert "advisor" not in kinds(16, [(found.recommendation_id, "dismissed", 15.0)])


CHANGES = ("shown", "accepted", "dismissed", "completed")


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_what_happened_counts_in_any_order_and_as_of_any_instant(data: st.DataObject) -> None:
    ids = [one.recommendation_id for one in steps([])]
    happened = data.draw(
        st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(CHANGES), st.integers(0, 40).map(float)), max_size=12)
    )
    asked = data.draw(st.integers(0, 60))
    found = steps([], days=asked, done=happened)
    repeated = data.draw(st.permutations([*happened, *happened[:3]]))
    assert steps([], days=asked, done=repeated) == found
    assert steps([], days=asked, done=[one for one in happened if one[2] <= asked]) == found
    if all(after <= asked for _, _, after in happened):
        computed = max((after for _, _, after in happened), default=0.0)
        assert steps([], days=asked, done=happened, computed=computed) == found
    for one in found:
        mine = [(after, change) for of, change, after in happened if of == one.recommendation_id and after <= asked]
        no = max((after for after, change in mine if change == "dismissed"), default=None)
        yes = max((after for after, change in mine if change == "accepted"), default=-1.0)
        if no is not None and yes <= no:
            assert asked >= no + PARAMS.dismissed_days
        assert one.kind != "content" or yes > max((at for at, change in mine if change == "completed"), default=-2.0)


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_no_step_comes_before_what_it_needs(data: st.DataObject) -> None:
    answers = data.draw(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 29), st.booleans()), max_size=60))
    finished = data.draw(st.lists(st.sampled_from(["a-1", "a-2", "b-1", "c-1"]), unique=True))
    given_ = [(f"{topic}{n}", float(score)) for topic, n, score in answers]
    listed = [one.recommendation_id for one in steps(given_, finished)] or ["x"]
    refused, taken = (data.draw(st.lists(st.sampled_from(listed))) for _ in range(2))
    done = [(one, "accepted", 0.4) for one in taken] + [(one, "dismissed", 0.5) for one in refused]
    found = steps(given_, finished, done=done)
    assert len(found) <= LISTED
    assert not {one.recommendation_id for one in found} & set(refused)
    needed: dict[str, set[str]] = {"a": set(), "b": {"a"}, "c": {"a", "b"}}
    weak = _lacking([(f"{topic}{n}", float(score)) for topic, n, score in answers], finished)
    met: set[str] = set()
    for one in found:
        if one.kind == "content" and one.topic_id:
            assert not (needed[one.topic_id] & weak) - met
        met.add(one.topic_id or "")
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


def test_of_several_materials_what_works_comes_first_and_says_so() -> None:
    first, second, *_ = steps([], support={"a-2": GAIN})
    assert [(one.material_id, one.trigger) for one in (first, second)] == [("a-2", "effectiveness"), ("a-1", "gap")]
    assert first.reason.endswith("by about 6 points of 100 (3 to 9).")
    assert first.evidence is not None
    assert first.evidence.figures == GAIN["gain"]
    assert first.recommendation_id == steps([])[1].recommendation_id  # another reason, the same step


def test_what_helped_similar_learners_comes_before_what_works_for_all() -> None:
    support: Support = {"a-1": GAIN, "a-2": helped("low", 0.3)}
    first = steps(wrong("a", 5), support=support)[0]
    assert (first.material_id, first.trigger) == ("a-2", "similar_learners")
    assert first.reason.endswith(
        "Of learners who stood alike in it, about 70% had mastered it four weeks after this, at most 40% after others."
    )
    stronger = steps([*right("a", 3), *wrong("a", 5)[3:]], support=support)[0]  # 3 of 5 are right: another level
    assert (stronger.material_id, stronger.trigger) == ("a-1", "effectiveness")
    of_two = next(one for one in steps(wrong("a", 2), support=support) if one.kind == "content")
    assert of_two.material_id == "a-1"  # of two answers nobody is similar


def test_the_trigger_is_the_gap_where_nothing_was_chosen() -> None:
    (only,) = (one for one in steps([], finished=["a-1"], support={"a-2": GAIN}) if one.material_id == "a-2")
    assert only.trigger == "gap"
    assert only.evidence is not None  # it speaks for the material all the same
    begun = steps([], begun=["a-1"], support={"a-2": GAIN})
    assert [one.material_id for one in begun][:2] == ["a-1", "a-2"]  # what was begun is finished first
    assert begun[0].trigger == begun[1].trigger == "gap"
