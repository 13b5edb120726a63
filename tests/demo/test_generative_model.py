"""The generative model: reproducible, and what is said about it is so."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from akademos.catalogue.registry import builtin
from akademos.demo.bank import Floats, build_bank
from akademos.demo.courses import COURSES
from akademos.demo.events import event_table, on_the_wire
from akademos.demo.learning import ItemMemory, Understanding
from akademos.demo.parameters import DEFAULT, describe
from akademos.demo.personas import CAREER_CHANGER, NEWCOMER, SHORT_HISTORY_DAYS, STUDENT, UNDECIDED
from akademos.demo.population import NEVER, draw_learners
from akademos.demo.simulation import TERM_WEEKS, History, simulate
from akademos.demo.truth import item_topics, true_answers, true_items, true_topics
from akademos.errors import InputError
from akademos.intake.check import EventCheck
from akademos.intake.typed_events import TypedEvents
from akademos.stores.ports.landing import Arrival

DOCS = Path(__file__).parents[2] / "docs" / "demo.md"


@pytest.fixture(scope="module")
def events(history: History) -> pl.DataFrame:
    return event_table(history)


def same(one: History, other: History) -> bool:
    return all(
        np.array_equal(getattr(one.attempts, column.name), getattr(other.attempts, column.name), equal_nan=True)
        for column in fields(one.attempts)
    )


def test_a_seed_says_it_all(history: History) -> None:
    again = simulate(len(history.learners), history.seed, history.now)
    assert same(history, again)
    assert event_table(history).equals(event_table(again))
    assert not same(history, simulate(len(history.learners), history.seed + 1, history.now))


def test_a_longer_simulation_begins_with_the_shorter_one(history: History) -> None:
    longer = simulate(len(history.learners), history.seed, history.now, beyond_days=5)
    whole_days = history.attempts.session < int(history.term.now.min())
    count = int(whole_days.sum())
    assert count > 1000
    for column in fields(history.attempts):
        early = getattr(history.attempts, column.name)[whole_days]
        assert np.array_equal(early, getattr(longer.attempts, column.name)[:count], equal_nan=True)
    assert (longer.attempts.at > longer.term.now[longer.attempts.who]).any()


def test_dropouts_stop_and_there_are_some(history: History) -> None:
    rows = history.attempts
    starts_of_sessions = history.sittings.start
    assert (starts_of_sessions < history.learners.drops[history.sittings.who]).all()
    assert (rows.at < history.learners.drops[rows.who] + 0.5).all()  # who is at it may finish the session
    bank = build_bank(1, DEFAULT.items, 0.2)
    many = draw_learners(1000, 1, TERM_WEEKS, bank, DEFAULT)
    assert 0.08 < (many.drops < 7 * TERM_WEEKS).mean() < 0.25


def test_share_without_consent_is_exact_and_has_both_kinds() -> None:
    bank = build_bank(1, DEFAULT.items, 0.2)
    consents = draw_learners(300, 3, TERM_WEEKS, bank, DEFAULT).consents
    assert consents.count("refused") == consents.count("undecided") == 12
    few = draw_learners(10, 3, TERM_WEEKS, bank, DEFAULT).consents
    assert {"refused", "undecided"} <= set(few)


def test_personas(history: History) -> None:
    def times(who: int) -> Floats:
        mine: Floats = history.attempts.at[history.attempts.who == who]
        return mine

    now = history.term.now
    assert now[STUDENT] - times(STUDENT).max() < 1
    assert 0 < history.term.exam - now[STUDENT] <= DEFAULT.habits.exam_in_days
    assert now[CAREER_CHANGER] - times(CAREER_CHANGER).min() <= SHORT_HISTORY_DAYS
    assert len(times(CAREER_CHANGER)) > 20
    assert len(times(NEWCOMER)) == 0
    assert len(times(UNDECIDED)) > 50
    assert history.learners.consents[UNDECIDED] == "undecided"
    assert {history.learners.consents[one] for one in (STUDENT, CAREER_CHANGER, NEWCOMER)} == {"granted"}
    forgotten = history.learners.neglects[STUDENT]
    last = max(
        history.attempts.at[i]
        for i in np.flatnonzero(history.attempts.who == STUDENT)
        if forgotten[history.bank.topics_of_item[history.attempts.item[i], 0]]
    )
    assert now[STUDENT] - last > 30


def test_answers_follow_their_chances(history: History) -> None:
    chance, correct = history.attempts.chance, history.attempts.correct
    assert ((chance > 0) & (chance < 1)).all()
    deviation = np.sqrt((chance * (1 - chance)).sum())
    assert abs(correct.sum() - chance.sum()) < 4 * deviation
    for low, high in ((0.0, 0.4), (0.4, 0.7), (0.7, 1.0)):
        band = (chance >= low) & (chance < high)
        deviation = np.sqrt((chance[band] * (1 - chance[band])).sum())
        assert abs(correct[band].sum() - chance[band].sum()) < 4 * deviation


def test_items_are_forgotten_with_time_and_kept_by_practice() -> None:
    memory = ItemMemory(2, 1, DEFAULT.memory)
    who, item = np.array([0, 1]), np.array([0, 0])
    assert (memory.activation(who, item, np.array([0.0, 0.0])) == 0).all()
    memory.practise(who, item, np.array([0.0, 0.0]))
    after = [memory.activation(who, item, np.full(2, day))[0] for day in (0.5, 1.0, 5.0, 30.0)]
    assert after == sorted(after, reverse=True)
    assert after[1] == pytest.approx(1.0)  # one trace after one day, whatever its decay
    assert after[3] == pytest.approx(30**-DEFAULT.memory.decay_intercept)
    memory.practise(who, item, np.array([0.01, 5.0]))  # massed, and spaced
    massed, spaced = memory.activation(who, item, np.full(2, 60.0))
    assert spaced > massed


def test_traces_beyond_the_number_kept_replace_the_oldest() -> None:
    memory = ItemMemory(1, 1, DEFAULT.memory)
    one = np.array([0])
    for day in range(DEFAULT.memory.traces + 3):
        memory.practise(one, one, np.array([float(day)]))
    assert memory.practised[0, 0] == DEFAULT.memory.traces + 3
    assert memory.last[0, 0] == DEFAULT.memory.traces + 2
    assert memory._at.min() == 3


def test_understanding_grows_to_its_cap_fades_and_waits_for_prerequisites() -> None:
    bank = build_bank(1, DEFAULT.items, 0.2)
    learners = draw_learners(10, 1, TERM_WEEKS, bank, DEFAULT)
    learners.aptitude[:] = 0.0
    learners.ability[:5], learners.ability[5:] = -2.0, 2.0
    learners.gain[:] = DEFAULT.learning.answer_gain
    needing = next(at for at, leaf in enumerate(bank.leaves) if leaf.needs)
    understanding = Understanding(learners, bank, DEFAULT.learning)
    who = np.arange(10)
    leaf, at = np.full(10, needing), np.zeros(10)
    before = understanding.ability(who, leaf, at)
    understanding.study(who, leaf, at, np.full(10, 0.5))
    gained = understanding.ability(who, leaf, at) - before
    assert (gained[:5] < gained[5:]).all()  # prerequisites are missing
    assert gained[5] <= 0.5
    for hour in range(200):
        understanding.study(who, leaf, np.full(10, hour / 24), np.full(10, 0.5))
    full = understanding.ability(who, leaf, np.full(10, 200 / 24)) - before
    assert (full <= DEFAULT.learning.cap + 1e-9).all()
    later = [understanding.ability(who, leaf, np.full(10, 9.0 + days)) for days in (0, 5, 50)]
    assert (later[0] > later[1]).all()
    assert (later[1] > later[2]).all()
    assert (later[2] > before).all()


def test_seen_long_ago_is_answered_worse_in_the_history(history: History) -> None:
    rows = pl.DataFrame(
        {
            "who": history.attempts.who,
            "item": history.attempts.item,
            "at": history.attempts.at,
            "correct": history.attempts.correct,
            "number": history.attempts.number,
        }
    ).sort("who", "item", "at")
    rows = rows.with_columns(gap=pl.col("at") - pl.col("at").shift(1).over("who", "item")).filter(number=2)
    assert rows.filter(pl.col("gap") > 15).height > 200
    within = rows.filter(pl.col("gap").is_between(0.5, 3))["correct"].mean()
    beyond = rows.filter(pl.col("gap") > 15)["correct"].mean()
    assert isinstance(within, float)
    assert isinstance(beyond, float)
    assert within > beyond + 0.03


def test_truth_tables_have_one_row_a_pair_and_agree(history: History) -> None:
    items = true_items(history)
    topics = true_topics(history, items)
    answers = true_answers(history)
    assert items.select("user_id", "question_id").is_unique().all()
    assert topics.select("user_id", "topic_id").is_unique().all()
    assert answers.select("user_id", "question_id", "attempt_number").is_unique().all()
    assert items["recall"].is_between(0, 1).all()
    one = topics.filter(user_id="mara", topic_id="ana-heart").row(0, named=True)
    heart = item_topics(history).filter(topic_id="ana-heart")
    of_heart = items.filter(user_id="mara").join(heart, on="question_id")["recall"]
    assert len(of_heart) >= DEFAULT.items.per_topic
    assert one["mastery"] == pytest.approx(of_heart.mean())
    answered = answers.filter(user_id="mara").select("question_id").unique().height
    assert items.filter(pl.col("seen"), user_id="mara").height == answered


def test_every_event_is_of_the_dictionary_with_nothing_unknown(events: pl.DataFrame, history: History) -> None:
    check = EventCheck(TypedEvents(builtin()), bytes(32), strict=True)
    sample = pl.concat([events.filter(event_name=name).head(50) for name in events["event_name"].unique()])
    assert events["event_name"].n_unique() >= 7
    for position, event in enumerate(on_the_wire(sample)):
        checked, dropped = check.check(position, event, None, history.now + timedelta(minutes=1))
        assert isinstance(checked, Arrival), checked
        assert dropped == ()


def test_events_are_in_order_until_now_with_ids_of_their_own(events: pl.DataFrame, history: History) -> None:
    assert events["client_timestamp"].is_sorted()
    assert events["client_timestamp"].max() <= history.now  # type: ignore[operator]  # a datetime
    assert events["event_id"].is_unique().all()
    assert events["user_id"].is_in(history.learners.user_ids).all()
    assert set(events["course_id"].drop_nulls()) == {course.course_id for course in COURSES}


def test_local_hours_are_kept_across_the_change_of_clocks(events: pl.DataFrame, history: History) -> None:
    """The term spans the end of daylight saving in Berlin: local time of the rows is what the model drew."""
    berlin = ZoneInfo("Europe/Berlin")
    at = history.attempts.at[history.attempts.who == STUDENT]
    origin = datetime.combine(history.first_day, datetime.min.time())
    drawn = {(origin + timedelta(days=float(one))).replace(microsecond=0) for one in at}
    mine = events.filter(user_id="mara", event_name="question_submitted")["client_timestamp"]
    written = {one.astimezone(berlin).replace(tzinfo=None, microsecond=0) for one in mine}
    rounded = {one + timedelta(seconds=shift) for one in drawn for shift in (-1, 0, 1)}
    assert len(mine) == len(at)
    assert written <= rounded
    assert {one.astimezone(berlin).utcoffset() for one in mine} == {timedelta(hours=1), timedelta(hours=2)}


def test_bad_arguments_are_refused() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    with pytest.raises(InputError, match="too few"):
        simulate(3, 1, now)
    with pytest.raises(InputError, match="time zone"):
        simulate(20, 1, now.replace(tzinfo=None))
    with pytest.raises(InputError, match="weeks"):
        simulate(20, 1, now, weeks=0)


def test_courses_are_as_described() -> None:
    for course in COURSES:
        topics = len(course.leaves) + len(course.groups)
        assert 8 <= topics <= 14
        place = {leaf.topic_id: at for at, leaf in enumerate(course.leaves)}
        assert all(place[need] < place[leaf.topic_id] for leaf in course.leaves for need in leaf.needs)
        assert all(0 <= leaf.weight <= 10 for leaf in course.leaves)
        assert all(one in place for pair in course.related for one in pair)


def test_the_page_states_every_parameter() -> None:
    page = DOCS.read_text(encoding="utf-8")
    for name, value, unit, meaning in describe():
        shown = f"{value:.6g}"
        assert f"| `{name}` | {shown} | {unit} | {meaning} |" in page


def test_nobody_starts_twice_or_never_by_accident(history: History) -> None:
    starts = history.learners.starts
    assert (starts[starts < NEVER] < 7 * TERM_WEEKS).all()
    assert list(np.flatnonzero(starts == NEVER)) == [NEWCOMER]
    assert len(set(history.learners.user_ids)) == len(history.learners)
