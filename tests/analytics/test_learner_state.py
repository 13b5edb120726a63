"""The state of a learner and what it says: examples written out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.analytics.populations import NOW, START, Tables, answer, curriculum, table, tables_of

from akademos.analytics.item_difficulty import item_difficulty
from akademos.analytics.learner_state import blank, evaluate, pack, precompute, split, unpack
from akademos.analytics.schemas import OVERALL
from akademos.errors import InputError

GOLDEN = Path(__file__).parents[1] / "golden" / "analytics"


def _evaluate(tables: Tables, as_of: datetime = NOW) -> dict[str, pl.DataFrame]:
    return dict(evaluate(precompute(tables, as_of), curriculum(), as_of))


def _row(found: pl.DataFrame, topic: str) -> dict[str, Any]:
    return found.row(by_predicate=pl.col("topic_id") == topic, named=True)


def _timeless(scores: list[tuple[str, float]]) -> list[dict[str, Any]]:
    """Answers of a source that knows only their order."""
    return [
        answer(
            number,
            question_id=question,
            score=score,
            topic_ids=["geometry"],
            time_precision="order",
            occurred_at=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=number),
        )
        for number, (question, score) in enumerate(scores)
    ]


def test_the_published_example_from_answers_to_mastery() -> None:
    # 20 attempts, 15 correct, 12 of 15 first attempts correct, no clock, no material: 0.78 (the specification's)
    first = [(f"q{n}", 1.0) for n in range(12)] + [(f"q{n}", 0.0) for n in (12, 13, 14)]
    again = [("q12", 1.0), ("q13", 1.0), ("q14", 1.0), ("q12", 0.0), ("q13", 0.0)]
    tables = tables_of(_timeless(first + again))
    tables["materials"] = tables["materials"].clear()
    found = _evaluate(tables)
    row = _row(found["mastery"], "geometry")
    assert (row["answers"], row["items"], row["status"]) == (20, 15, "ok")
    assert row["first_attempt_accuracy"] == pytest.approx(12 / 15)
    assert row["overall_accuracy"] == pytest.approx(15 / 20)
    assert row["value"] == pytest.approx(0.78)
    assert (row["retrieval_strength"], row["material_completion"]) == (None, None)
    assert (row["trend_status"], row["projection_status"]) == ("needs_clock", "needs_clock")
    assert _row(found["mastery"], OVERALL)["value"] == pytest.approx(0.78)
    assert found["learner"]["clock"].item() == "order"


def test_materials_that_exist_and_were_not_opened_count_zero() -> None:
    found = _evaluate(tables_of(_timeless([(f"q{n}", 1.0) for n in range(5)])))
    row = _row(found["mastery"], "geometry")
    assert row["material_completion"] == 0.0
    assert row["value"] == pytest.approx(0.5 / 0.7)


def _contact(number: int, material: str, name: str) -> dict[str, Any]:
    return {
        "learner_key": "ada",
        "event_id": f"contact-{number}",
        "event_name": name,
        "occurred_at": START + timedelta(days=number),
        "material_id": material,
    }


def test_a_completed_material_counts_whole_and_an_opened_one_half() -> None:
    answers = [answer(n, question_id=f"q{n}") for n in range(5)]
    contacts = [
        _contact(1, "book", "material_opened"),
        _contact(2, "book", "material_completed"),
        _contact(3, "film", "material_opened"),
        _contact(4, "film", "material_highlighted"),
        _contact(5, "unheard of", "material_completed"),
    ]
    found = _evaluate(tables_of(answers, contacts))
    assert _row(found["mastery"], "algebra")["material_completion"] == 0.75  # book 1, film 1/2, of two
    assert _row(found["mastery"], OVERALL)["material_completion"] == 0.75


def test_fewer_than_five_answers_say_what_is_missing() -> None:
    found = _evaluate(tables_of([answer(n) for n in range(4)]))
    row = _row(found["mastery"], "algebra")
    assert (row["status"], row["answers"], row["value"], row["level"]) == ("not_enough_data", 4, None, None)
    assert _row(found["mastery"], "limits")["status"] == "no_data"
    assert found["history"].height == 0
    assert _row(found["reviews"], "algebra")["items"] == 4  # memory needs no minimum


def test_a_later_attempt_is_no_first_attempt() -> None:
    answers = [answer(n, question_id=f"q{n}", attempt_number=1) for n in range(4)]
    answers.append(answer(4, question_id="q4", attempt_number=3, score=0.0))
    row = _row(_evaluate(tables_of(answers))["mastery"], "algebra")
    assert (row["first_attempt_accuracy"], row["overall_accuracy"]) == (1.0, 0.8)


def test_an_answer_without_a_score_is_activity_but_no_evidence() -> None:
    answers = [answer(n) for n in range(5)] + [answer(5, score=None), answer(6, score=float("nan"))]
    found = _evaluate(tables_of(answers), START + timedelta(days=1))
    assert _row(found["mastery"], "algebra")["answers"] == 5
    assert found["learner"].select("events", "answers").row(0) == (7, 5)


def test_the_golden_learner() -> None:
    """Two weeks of one learner, small enough to follow by hand; numbers in tests/golden/analytics."""
    outcomes = pl.read_csv(GOLDEN / "golden_answers.csv", comment_prefix="#")
    answers = [
        answer(
            n,
            occurred_at=START + timedelta(days=row["day"], hours=row["hour"]),
            question_id=row["question"],
            topic_ids=row["topics"].split("+"),
            score=row["score"],
        )
        for n, row in enumerate(outcomes.to_dicts())
    ]
    targets = [{"learner_key": "ada", "exam_id": "final"}]
    found = _evaluate(tables_of(answers, targets=targets), START + timedelta(days=20))
    for name in ("mastery", "reviews", "gaps"):
        expected = pl.read_csv(GOLDEN / f"golden_{name}.csv", comment_prefix="#", try_parse_dates=True)
        shown = found[name].select(expected.columns)
        assert_frame_equal(shown, expected.cast(dict(shown.schema)), abs_tol=5e-4)  # type: ignore[arg-type]


def test_days_and_runs_follow_the_learners_own_clock() -> None:
    # 23:30 and 00:30 in Berlin on two nights, across the change to summer time.
    moments = [
        datetime(2026, 3, 27, 22, 30, tzinfo=UTC),
        datetime(2026, 3, 28, 23, 30, tzinfo=UTC),
        datetime(2026, 3, 28, 22, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 22, 30, tzinfo=UTC),
    ]
    answers = [answer(n, occurred_at=moment, score=float(n != 1)) for n, moment in enumerate(moments)]
    learners = [{"learner_key": "ada", "time_zone": "Europe/Berlin"}]
    found = _evaluate(tables_of(answers, learners=learners), datetime(2026, 3, 30, 20, tzinfo=UTC))
    assert found["days"]["date"].to_list() == [date(2026, 3, day) for day in (27, 28, 29, 30)]
    rhythm = found["rhythm"].row(0, named=True)
    assert (rhythm["current_run_days"], rhythm["longest_run_days"], rhythm["this_week_days"]) == (4, 4, 1)
    assert (rhythm["today"], rhythm["today_answers"], rhythm["today_accuracy"]) == (date(2026, 3, 30), 1, 1.0)
    in_utc = _evaluate(tables_of(answers), datetime(2026, 3, 30, 20, tzinfo=UTC))
    assert in_utc["days"]["answers"].to_list() == [1, 2, 1]


def test_rows_of_day_precision_keep_their_date_west_of_greenwich() -> None:
    answers = [
        answer(n, occurred_at=START + timedelta(days=n), time_precision="day", question_id=f"q{n}") for n in range(6)
    ]
    learners = [{"learner_key": "ada", "time_zone": "America/Los_Angeles"}]
    found = _evaluate(tables_of(answers, learners=learners))
    assert found["days"]["date"].to_list() == [START.date() + timedelta(days=n) for n in range(6)]
    assert found["learner"]["clock"].item() == "day"
    assert found["reviews"].height == 2  # OVERALL and algebra: days are enough for reviews


def test_the_calendar_adds_up_to_the_due_items() -> None:
    answers = [answer(24 * n, question_id=f"q{n}", score=float(n % 3 > 0)) for n in range(40)]
    found = _evaluate(tables_of(answers), START + timedelta(days=41))
    items, calendar = found["topic_items"], found["calendar"]
    as_of = START + timedelta(days=41)
    today_end, horizon = as_of + timedelta(days=1), as_of + timedelta(days=31)
    assert calendar["due_items"][0] == items.filter(pl.col("due_at") < today_end).height
    assert calendar["due_items"].sum() == items.filter(pl.col("due_at") < horizon).height
    assert calendar["date"].to_list() == [as_of.date() + timedelta(days=n) for n in range(31)]
    due_now = items.filter(pl.col("due_at") <= as_of).height
    assert found["schedulers"]["due_items"].item() == due_now == _row(found["reviews"], "algebra")["due_items"]


def test_a_topic_is_due_at_the_instant_at_which_its_strength_falls_below_the_target() -> None:
    answers = [answer(37 * n, question_id=f"q{n}", score=float(n % 4 > 0)) for n in range(30)]
    tables = tables_of(answers)
    state = precompute(tables, START + timedelta(days=50))
    due_at = _row(dict(evaluate(state, curriculum(), START + timedelta(days=50)))["reviews"], "algebra")["due_at"]
    fresh = tables_of([answer(0, question_id="q0"), answer(24, question_id="q0"), answer(26, question_id="q1")])
    state = precompute(fresh, START + timedelta(days=2))
    now = evaluate(state, curriculum(), START + timedelta(days=2))["reviews"]
    due_at = _row(now, "algebra")["due_at"]
    assert _row(now, "algebra")["status"] == "fresh"
    for moment, status in ((due_at - timedelta(microseconds=1), "fresh"), (due_at, "due")):
        row = _row(evaluate(state, curriculum(), moment)["reviews"], "algebra")
        assert (row["status"], row["due_at"]) == (status, due_at)


def test_harder_items_later_do_not_look_like_a_fall() -> None:
    # Of twenty peers, 19 get the first item right, and one less on every second item after it.
    others = [
        answer(
            1000 * who + n,
            learner_key=f"peer {who}",
            question_id=f"q{n}",
            occurred_at=START,
            score=float(who < 19 - n // 2),
        )
        for who in range(20)
        for n in range(36)
    ]
    own = [
        answer(
            90_000 + n,
            occurred_at=NOW - timedelta(hours=20 * (36 - n)),
            question_id=f"q{n}",
            score=float(n * 7 % 20 < 19 - n // 2),  # as likely right as a peer
        )
        for n in range(36)
    ]
    tables = tables_of(own)
    naive = _row(_evaluate(tables)["mastery"], "algebra")
    assert naive["trend_status"] == "falling"
    tables["item_difficulty"] = item_difficulty(table("question_attempts", others), NOW)
    adjusted = _row(_evaluate(tables)["mastery"], "algebra")
    assert abs(adjusted["trend_slope"]) < abs(naive["trend_slope"]) / 2
    assert adjusted["trend_status"] != "falling"


def test_a_learner_of_whom_nothing_is_known() -> None:
    state = blank("nobody", "Europe/Rome", NOW)
    found = evaluate(unpack(pack(state)), curriculum(), NOW)
    assert found["learner"].select("learner_key", "clock", "answers", "time_zone").row(0) == (
        "nobody",
        "none",
        0,
        "Europe/Rome",
    )
    assert set(found["mastery"]["status"]) == {"no_data"}
    assert found["rhythm"]["status"].item() == "no_data"
    assert set(found["gaps"]["kind"]) == {"not_yet_seen"}


def test_no_learners_at_all() -> None:
    state = precompute({}, NOW)
    assert list(split(state)) == []
    found = evaluate(state, curriculum(), NOW)
    assert {table.height for table in found.values()} == {0}


def test_bytes_that_are_no_state_are_refused() -> None:
    state = precompute(tables_of([answer(1), answer(2, learner_key="ben")]), NOW)
    with pytest.raises(InputError) as refused:
        pack(state)
    assert refused.value.code == "not_one_learner"
    blob = pack(next(iter(split(state)))[1])
    for broken in (b"", b"nonsense", b"XXXX" + blob[4:], blob[:40], blob[:12] + bytes(8) + blob[20:]):
        with pytest.raises(InputError) as refused:
            unpack(broken)
        assert refused.value.code == "state_unreadable"


def test_an_incomplete_state_is_refused() -> None:
    state = precompute(tables_of([answer(1)]), NOW)
    with pytest.raises(InputError) as refused:
        evaluate({name: part for name, part in state.items() if name != "cards"}, curriculum(), NOW)
    assert refused.value.code == "state_unreadable"
