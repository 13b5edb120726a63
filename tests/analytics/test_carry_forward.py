"""What is carried forward of expired events stands for them: laws over drawn populations; what must not be in it."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.analytics.populations import NOW, START, Tables, answer, curriculum, populations, tables_of
from tests.analytics.test_laws import _with_cohort

from akademos.analytics.attempts import CARRIED
from akademos.analytics.carry_forward import carry_forward, covers
from akademos.analytics.learner_state import evaluate, precompute
from akademos.analytics.schemas import INPUT

law = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
RAW = ("question_attempts", "material_interactions", "study_events")
STANDS = ("cards", "topics", "card_topics", "materials", "history", "curves", "next_answers")
"""Tables of a state that are the same as with all events."""


def parted(tables: Tables, cut: datetime) -> tuple[Tables, Tables]:
    """The events before an instant, and the tables without them."""
    gone = {**tables, **{name: tables[name].filter(pl.col("occurred_at") < cut) for name in RAW}}
    left = {**tables, **{name: tables[name].filter(pl.col("occurred_at") >= cut) for name in RAW}}
    return gone, left


def known(state: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    profile = state["profile"].drop("fingerprint").filter(pl.col("events") > 0)
    return {"profile": profile, **{name: state[name] for name in STANDS}}


def same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> None:
    for name, table in one.items():
        assert_frame_equal(table, other[name], check_exact=True)


@law
@given(populations(), st.integers(0, 91))
def test_a_state_stays_what_it_was_when_its_events_expire(tables: Tables, days: int) -> None:
    tables = _with_cohort(tables)
    cut = START + timedelta(days=days)
    as_of = START + timedelta(days=days + 200, hours=13)
    gone, left = parted(tables, cut)
    whole, carried = precompute(tables, as_of), precompute({**left, **carry_forward(gone)}, as_of)
    same(known(whole), known(carried))
    clocked = whole["profile"].filter(pl.col("clock") != "order")["learner_key"]
    before, after = (evaluate(state, curriculum(), as_of) for state in (whole, carried))
    for name in ("mastery", "gaps", "reviews", "history"):
        if name in before:
            mine = pl.col("learner_key").is_in(clocked.implode())
            assert_frame_equal(before[name].filter(mine), after[name].filter(mine), check_exact=True)


@law
@given(populations(), st.integers(0, 45), st.integers(46, 91))
def test_carrying_twice_is_carrying_once(tables: Tables, early: int, late: int) -> None:
    tables = _with_cohort(tables)
    first, rest = parted(tables, START + timedelta(days=early))
    second, _ = parted(rest, START + timedelta(days=late))
    at_once, _ = parted(tables, START + timedelta(days=late))
    once, twice = carry_forward(at_once), carry_forward({**second, **carry_forward(first)})
    for name in CARRIED:
        columns = INPUT[name].names()[:4]
        one, other = (found[name].sort(columns, nulls_last=True) for found in (once, twice))
        assert_frame_equal(one, other, check_exact=True)


@law
@given(populations())
def test_nothing_gone_carries_nothing(tables: Tables) -> None:
    gone, _ = parted(tables, START - timedelta(days=1))
    unclocked = tables["question_attempts"]["time_precision"].eq("order").any()
    if not unclocked:
        assert all(table.is_empty() for table in carry_forward(gone).values())


def test_a_second_attempt_does_not_become_the_first_one() -> None:
    wrong_then_right = [answer(0, question_id="q", score=0.0), answer(24 * 40, question_id="q", score=1.0)]
    more = [answer(24 * 40 + n, question_id=f"x{n}") for n in range(1, 6)]
    tables = tables_of([*wrong_then_right, *more])
    gone, left = parted(tables, START + timedelta(days=30))
    as_of = START + timedelta(days=60)
    forgotten, carried = precompute(left, as_of), precompute({**left, **carry_forward(gone)}, as_of)
    assert forgotten["cards"].filter(pl.col("question_id") == "q")["first_score"].item() == 1.0
    card = carried["cards"].filter(pl.col("question_id") == "q")
    assert (card["first_score"].item(), card["attempts"].item(), card["reviews"].item()) == (0.0, 2, 2)


def test_what_is_carried_holds_no_single_answer_and_no_identifier_of_an_event() -> None:
    answers = [answer(n, question_id=f"q{n % 3}", session_id=f"session-{n}", confidence=0.7) for n in range(30)]
    carried = carry_forward(tables_of(answers))
    text = str({name: table.to_dicts() for name, table in carried.items()})
    assert carried["carried_answers"]["answers"].to_list() == [10, 10, 10]
    assert "event-" not in text
    assert "session-" not in text
    assert carried["carried_learners"]["events"].to_list() == [30]


def test_an_instant_before_what_was_carried_does_not_know_it() -> None:
    carried = carry_forward(tables_of([answer(24 * 50, question_id="q")]))
    early = precompute({**tables_of([]), **carried}, START + timedelta(days=10))
    assert early["cards"].is_empty()
    assert precompute({**tables_of([]), **carried}, NOW)["cards"].height == 1


def test_only_rows_that_were_due_are_covered() -> None:
    rows = pl.DataFrame(
        {
            "event_name": ["question_submitted", "question_submitted", "material_opened", "other"],
            "retention_from": [START, NOW, START, START],
        }
    )
    due = {"question_submitted": NOW, "material_opened": START}
    assert rows.filter(covers(due)).height == 1
    assert rows.filter(covers({})).is_empty()
