"""The units of each KPI in small tables made by hand, and the laws that hold for all of them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.analytics import kpi_units
from akademos.analytics.kpi_units import EVENTS, MASTERED, PERSON, UNITS, UNITS_OF, Sources, Span
from akademos.analytics.kpi_values import HITS, OF, WITH_HIT, WITH_MISS, added, figure, total, width
from akademos.analytics.kpi_windows import Term, closed_weeks, term_of, week_of
from akademos.catalogue.kpi_declaration import Measure
from akademos.catalogue.kpis import KPI_OF, KPIS
from akademos.catalogue.registry import builtin

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
SPAN = Span(MONDAY, MONDAY + timedelta(days=7))


def at(day: float) -> datetime:
    """So many days after the Monday."""
    return MONDAY + timedelta(days=day)


def event(name: str, who: str | None, day: float, **columns: Any) -> dict[str, Any]:
    return {
        "event_name": name,
        "learner_key": who,
        "occurred_at": at(day),
        "time_precision": "exact",
        "persona": "student",
        **columns,
    }


def table(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in EVENTS} for row in rows], schema=EVENTS)


def hits(name: str, rows: Sequence[Mapping[str, Any]], **more: pl.DataFrame) -> list[tuple[str | None, bool | None]]:
    units = UNITS_OF[name](Sources(table(rows), **more), SPAN)
    assert units.schema == UNITS
    return sorted(units.select("learner_key", "hit").iter_rows())


def share(name: str, rows: Sequence[Mapping[str, Any]]) -> float | None:
    people = added(KPI_OF[name], UNITS_OF[name](Sources(table(rows)), SPAN))
    whole = total(people, KPI_OF[name])
    return figure(KPI_OF[name], len(people), whole.value, whole.numbers).value


def test_every_sum_has_its_function_and_reads_what_it_may() -> None:
    for kpi in KPIS:
        assert (kpi.name in UNITS_OF) == (kpi.measure is not Measure.EFFECT)
        assert kpi.function == f"akademos.analytics.kpi_units.{kpi.name}"
        assert kpi.waits_for or hasattr(kpi_units, kpi.name)
        for name in kpi.events:
            event_type = builtin().latest(name)
            assert set(kpi.purposes) <= set(event_type.purposes), (kpi.name, name)
        assert list(kpi.edges) == sorted(set(kpi.edges))
        assert (kpi.measure is Measure.QUANTILE) == bool(kpi.edges)
        assert kpi.of_people or not kpi.dimensions


def test_onboarding_counts_students_whose_day_ended_in_the_week() -> None:
    rows = [
        event("account_created", "in-time", 0.0),
        event("student_onboarding_completed", "in-time", 1.0),  # at the very end of the 24 hours
        event("account_created", "late", 0.0),
        event("student_onboarding_completed", "late", 1.001),
        event("account_created", "never", 1.0),
        event("account_created", "still-open", 6.5),  # its 24 hours end in the next week
        event("account_created", "before", -1.5),  # they ended in the week before
        event("account_created", "weekend", -0.5),  # began last week, ended in this one
        event("student_onboarding_completed", "weekend", -0.4),
        event("account_created", "changer", 1.0, persona="career_changer"),
        event("account_created", "undated", 1.0, time_precision="day"),
        event("account_created", "twice", 1.0),
        event("account_created", "twice", 2.0),
    ]
    assert hits("onboarding_completion", rows) == [
        ("in-time", True),
        ("late", False),
        ("never", False),
        ("twice", False),
        ("weekend", True),
    ]
    assert share("onboarding_completion", rows) == pytest.approx(2 / 5)


def test_readiness_moves_from_what_was_said_or_seen_before() -> None:
    rows = [
        event("assessment_completed", "told", 1, readiness_score=64.0, previous_readiness_score=58.5),
        event("assessment_completed", "seen", -30, readiness_score=50.0),
        event("assessment_completed", "seen", 2, readiness_score=47.0),
        event("assessment_completed", "first", 2, readiness_score=70.0),
    ]
    units = kpi_units.skill_readiness_delta(Sources(table(rows)), SPAN)
    assert sorted(units["value"].to_list()) == [-3.0, 5.5]
    assert share("skill_readiness_delta", rows) == pytest.approx(1.25)


def test_a_task_is_kept_by_the_date_that_stood_when_it_passed() -> None:
    due = [at(day).isoformat() for day in (3, 5, 9)]

    def task(who: str, day: float, due_at: str, done: float | None = None) -> list[dict[str, Any]]:
        rows = [event("task_assigned", who, day, task_id="t", due_at=due_at)]
        return rows + ([] if done is None else [event("task_completion_logged", who, done, task_id="t")])

    rows = [
        *task("kept", -20, due[0], 3.0),
        *task("late", -20, due[0], 3.1),
        *task("overdue-from-the-start", 4, due[0], 5.0),  # could not be kept: no unit
        *task("never", -20, due[0]),
        *task("open", -20, due[2], 4.0),  # falls due next week
        *task("moved", -20, due[0]),
        *task("moved", 2, due[1], 4.5),  # moved before it fell due, and kept
        *task("too-late-moved", -20, due[0]),
        *task("too-late-moved", 4, due[1], 4.5),  # moved after it fell due: not kept
    ]
    assert hits("action_plan_adherence", rows) == [
        ("kept", True),
        ("late", False),
        ("moved", True),
        ("never", False),
        ("too-late-moved", False),
    ]
    assert share("action_plan_adherence", rows) == pytest.approx(0.4)


def test_a_plan_counts_for_the_latest_upload_before_it_and_once() -> None:
    rows = [
        event("resume_parsed", "followed", -13),
        event("action_plan_accepted", "followed", -12.5),
        event("action_plan_accepted", "followed", -12),  # a second plan is no second hit
        event("resume_parsed", "again", -13),
        event("resume_parsed", "again", -12),
        event("action_plan_accepted", "again", -11),  # belongs to the later upload
        event("resume_parsed", "slow", -13),
        event("action_plan_accepted", "slow", 1.1),  # after 14.1 days
        event("resume_parsed", "open", -6),  # its 14 days end next week
        event("action_plan_accepted", "plan-only", 1),
    ]
    assert hits("resume_to_roadmap", rows) == [("again", False), ("again", True), ("followed", True), ("slow", False)]
    assert share("resume_to_roadmap", rows) == pytest.approx(0.5)


def test_time_in_the_planner_is_that_of_a_session() -> None:
    rows = [
        event("financial_planner_used", "one", 1, session_id="a", planner_seconds=100.0),
        event("financial_planner_used", "one", 1.1, session_id="a", planner_seconds=50.0),
        event("financial_planner_used", "one", 2, session_id="b", duration_seconds=20.0),
        event("financial_planner_used", "two", 3, session_id="a", planner_seconds=300.0),
        event("financial_planner_used", "two", 6.5, session_id="c", planner_seconds=999.0),  # its day is not over
    ]
    units = kpi_units.roi_projection_engagement(Sources(table(rows)), SPAN)
    assert sorted(units["value"].to_list()) == [20.0, 150.0, 300.0]
    assert share("roi_projection_engagement", rows) == pytest.approx(157.5)  # the middle of the step of 150 s


def test_advisees_are_those_on_the_roster_active_those_who_signed_in() -> None:
    roster = pl.DataFrame({"learner_key": ["active", "away", "never", "active"]}, schema=PERSON)
    rows = [
        event("session_started", "active", -22),  # 29 days before the end of the week
        event("session_started", "away", -24),  # 31 days
        event("session_started", "stranger", 3),
    ]
    assert hits("advisee_activation", rows, roster=roster) == [("active", True), ("away", False), ("never", False)]


def test_a_person_is_active_once() -> None:
    active = pl.DataFrame({"learner_key": ["one", "two", "one"]}, schema=PERSON)
    units = kpi_units.weekly_active_users(Sources(table([]), active=active), SPAN)
    assert figure(KPI_OF["weekly_active_users"], len(added(KPI_OF["weekly_active_users"], units)), 0, []).value == 2


def test_a_release_is_fresh_when_it_was_processed_within_two_days() -> None:
    def released(label: str, day: float) -> dict[str, Any]:
        return event("occupational_data_released", None, day, data_source="onet", release_label=label)

    def imported(label: str, day: float, outcome: str = "completed") -> dict[str, Any]:
        return event(
            "occupational_data_imported",
            None,
            day,
            data_source="onet",
            release_label=label,
            import_outcome=outcome,
        )

    rows = [
        released("quick", 0),
        imported("quick", 2.0),
        released("slow", 0),
        imported("slow", 2.1),
        released("broken", 1),
        imported("broken", 1.5, "failed"),
        released("open", 6),
    ]
    assert hits("data_freshness", rows) == [(None, False), (None, False), (None, True)]
    assert share("data_freshness", rows) == pytest.approx(1 / 3)


def test_a_material_is_completed_within_two_weeks_of_being_opened_anew() -> None:
    rows = [
        event("material_opened", "done", -13, material_id="m", course_id="c"),
        event("material_opened", "done", -12, material_id="m", course_id="c"),  # opened before
        event("material_completed", "done", -1, material_id="m"),
        event("material_opened", "late", -13, material_id="m"),
        event("material_completed", "late", 1.5, material_id="m"),
        event("material_opened", "known", -65, material_id="m"),
        event("material_opened", "known", -10, material_id="m"),  # 55 days after: not anew
        event("material_opened", "again", -66, material_id="m"),
        event("material_opened", "again", -10, material_id="m"),  # 56 days after
        event("material_opened", "open", -5, material_id="m"),
    ]
    assert hits("content_completion", rows) == [("again", False), ("done", True), ("late", False)]


def test_time_to_value_is_a_median_that_waits_for_those_who_are_not_there_yet() -> None:
    rows = [("a", "c", 2, True), ("b", "c", 3, True), ("d", "c", 3, True), ("e", "c", 8, False)]
    mastered = pl.DataFrame(rows, schema=MASTERED, orient="row")
    kpi = KPI_OF["time_to_value"]
    people = added(kpi, kpi_units.time_to_value(Sources(table([]), mastered=mastered), SPAN))
    whole = total(people, kpi)
    assert figure(kpi, 4, whole.value, whole.numbers).value == 3.0


def test_page_views_and_requests_are_counted_as_they_were() -> None:
    views = [event("web_vitals_measured", f"p{n}", 1, lcp_ms=100.0 * n + 50) for n in range(100)]
    assert share("web_vitals_lcp", [*views, event("web_vitals_measured", "p0", 9, lcp_ms=9e4)]) == pytest.approx(
        7500.0, abs=100
    )
    requests = [
        event("api_requests_counted", None, 1, requests_total=900, requests_failed=9),
        event("api_requests_counted", None, 2, requests_total=100, requests_failed=1),
        event("api_requests_counted", None, 8, requests_total=100, requests_failed=100),
    ]
    assert share("api_error_rate", requests) == pytest.approx(0.01)


def test_weeks_follow_the_clock_of_the_institution_and_terms_the_records() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    week = week_of(date(2026, 3, 29), berlin)  # the clocks go forward on its Sunday
    assert (week.monday, week.end - week.start) == (date(2026, 3, 23), timedelta(days=7, hours=-1))
    ended = list(closed_weeks(date(2026, 3, 4), datetime(2026, 3, 15, 22, 59, tzinfo=UTC), berlin))
    assert [one.monday for one in ended] == [date(2026, 3, 2)]
    later = list(closed_weeks(date(2026, 3, 4), datetime(2026, 3, 15, 23, 0, tzinfo=UTC), berlin))
    assert [one.monday for one in later] == [date(2026, 3, 2), date(2026, 3, 9)]
    year = Term("year", date(2025, 9, 1), date(2026, 7, 31))
    half = Term("spring", date(2026, 2, 1), date(2026, 7, 31))
    assert term_of(date(2026, 3, 2), [year, half]) is half
    assert term_of(date(2026, 8, 2), [year, half]).name == "2026-2"


_NAMES = sorted({name for kpi in KPIS for name in kpi.events})
WEEKS = [Span(MONDAY + timedelta(days=7 * n), MONDAY + timedelta(days=7 * n + 7)) for n in range(4)]


def read(name: str, rows: Sequence[Mapping[str, Any]], span: Span) -> pl.DataFrame:
    """The units of a span in what is read for it."""
    since = KPI_OF[name].reads_since(span.start)
    known = [row for row in rows if since <= row["occurred_at"] < span.end]
    return UNITS_OF[name](Sources(table(known)), span).drop("course_id")


@pytest.mark.parametrize(
    ("name", "days", "columns"),
    [
        ("onboarding_completion", (-1.1, -0.9, 13.5), {}),
        ("roi_projection_engagement", (-1.01, -0.99, 26), {"session_id": "s", "planner_seconds": 9.0}),
        ("data_freshness", (-2.1, 0, 9), {"data_source": "onet", "release_label": "1"}),
        ("content_completion", (-70, -50, -13, 7, 13), {"material_id": "m"}),
        ("action_plan_adherence", (-400, 2), {"task_id": "t"}),
    ],
)
def test_what_began_before_is_not_found_again(name: str, days: tuple[float, ...], columns: dict[str, Any]) -> None:
    who = "p" if KPI_OF[name].of_people else None
    rows = [event(KPI_OF[name].events[0], who, day, due_at=at(day + 1).isoformat(), **columns) for day in days]
    found = [read(name, rows, week).height for week in WEEKS]
    assert found == [0, 0, 0, 0]


_HOURS = st.sampled_from([0, 1, 23, 24, 25, 47, 48, 49, 24 * 14, 24 * 30, 24 * 56])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(-70, 27), _HOURS, st.booleans()), max_size=14))
def test_of_consecutive_weeks_each_unit_counts_in_exactly_one(rows: list[tuple[str, int, int, bool]]) -> None:
    """What the weeks find, each in what is read for it, is what is found of their whole time in all that ever was."""
    long = [
        event(
            name, None if name.startswith(("occupational", "api")) else who, day - hours / 24, task_id="t",
            due_at=at(day).isoformat(), material_id="m", session_id="s", readiness_score=float(hours),
            planner_seconds=float(hours), data_source="onet", release_label=who, import_outcome="completed",
            lcp_ms=1.0, inp_ms=1.0, cls=0.0, requests_total=10, requests_failed=1,
        )
        for who, day, hours, first in rows
        for name in (_NAMES if first else [one for one in _NAMES if not one.endswith(("opened", "used", "created"))])
    ]  # fmt: skip
    for name in _SUMS:
        weeks = pl.concat([read(name, long, week) for week in WEEKS])
        known = [row for row in long if row["occurred_at"] < WEEKS[-1].end]
        whole = UNITS_OF[name](Sources(table(known)), Span(WEEKS[0].start, WEEKS[-1].end)).drop("course_id")
        assert weeks.sort(pl.all()).equals(whole.sort(pl.all())), name


_DAYS = st.integers(-20 * 24, 10 * 24).map(lambda hours: hours / 24)


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events of a few people, as they may lie around a week."""
    rows = []
    for _ in range(draw(st.integers(0, 40))):
        name, who, day = draw(st.sampled_from(_NAMES)), draw(st.sampled_from("abcd")), draw(_DAYS)
        rows.append(
            event(
                name,
                None if name.startswith(("occupational", "api")) else who,
                day,
                task_id=draw(st.sampled_from("xy")),
                due_at=at(draw(_DAYS)).isoformat(),
                material_id=draw(st.sampled_from("mn")),
                session_id=draw(st.sampled_from("st")),
                readiness_score=draw(st.floats(0, 100)),
                planner_seconds=draw(st.floats(0, 4000)),
                data_source="onet",
                release_label=draw(st.sampled_from("jk")),
                import_outcome="completed",
                requests_total=10,
                requests_failed=1,
            )
        )
    return rows


_SUMS = [name for name in UNITS_OF if name not in ("weekly_active_users", "time_to_value", "advisee_activation")]


@settings(max_examples=25)
@given(histories(), st.integers())
def test_order_changes_nothing(rows: list[dict[str, Any]], seed: int) -> None:
    mixed = [*rows]
    random.Random(seed).shuffle(mixed)
    for name in _SUMS:
        units = [UNITS_OF[name](Sources(table(some)), SPAN).sort(pl.all()) for some in (rows, mixed)]
        assert units[0].equals(units[1]), name


@settings(max_examples=25)
@given(histories(), st.sampled_from("abcd"))
def test_people_change_nothing_of_each_other(rows: list[dict[str, Any]], gone: str) -> None:
    for name in _SUMS:
        kpi = KPI_OF[name]
        whole, without = (
            added(kpi, UNITS_OF[name](Sources(table(some)), SPAN))
            for some in (rows, [row for row in rows if row["learner_key"] != gone])
        )
        assert {key: one for key, one in whole.items() if key != gone} == without


@settings(max_examples=25)
@given(histories())
def test_windows_are_closed_what_comes_later_changes_no_denominator(rows: list[dict[str, Any]]) -> None:
    """Of consecutive weeks each unit is in one, and the events after a week's end change nothing of it."""
    known = [row for row in rows if row["occurred_at"] < SPAN.end]
    for name in _SUMS:
        late, early = (
            UNITS_OF[name](Sources(table(some)), SPAN).select("learner_key", "of", "hit", "value").sort(pl.all())
            for some in (rows, known)
        )
        assert late.equals(early), name


@settings(max_examples=25)
@given(histories())
def test_groups_add_up(rows: list[dict[str, Any]]) -> None:
    for name in _SUMS:
        kpi = KPI_OF[name]
        units = UNITS_OF[name](Sources(table(rows)), SPAN)
        people = added(kpi, units)
        whole = total(people, kpi)
        assert len(whole.numbers) == width(kpi)
        assert whole.numbers[OF] == units["of"].sum()
        assert whole.numbers[HITS] == units["hits"].sum()
        assert whole.numbers[WITH_HIT] <= len(people) >= whole.numbers[WITH_MISS]
        if kpi.measure is Measure.QUANTILE:
            assert sum(whole.numbers[4:]) == whole.numbers[OF]
