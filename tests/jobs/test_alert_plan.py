"""Laws of the judgement over figures: pure, so tried on many invented histories."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from akademos.catalogue.alert_rules import AlertRule
from akademos.jobs.alert_plan import REOPENS_AFTER, covers, judge
from akademos.stores.ports.incidents import Incident, Measured, Resolution, StandingAlert, Verdict, Window

START = datetime(2026, 3, 1, tzinfo=UTC)
HELD = timedelta(minutes=3)
RULES = (
    AlertRule("Now", "load", 10, "P1", "platform", "capacity", "at once"),
    AlertRule("Held", "load", 5, "P2", "platform", "capacity", "after a while", HELD),
    AlertRule("Other", "age", 1, "P3", "platform", "jobs", "of something else"),
)


class Book:
    """What the store would remember between looks."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.alerts: dict[UUID, StandingAlert] = {}
        self.incidents: dict[UUID, Incident] = {}
        self.cleared: list[StandingAlert] = []

    def new_id(self) -> UUID:
        return UUID(int=next(self.numbers))

    def look(
        self, figures: list[Measured], at: datetime, windows: tuple[Window, ...] = (), measured: str = "load age"
    ) -> list[Verdict]:
        standing = [self._joined(one) for one in self.alerts.values()]
        verdicts = judge(RULES, figures, frozenset(measured.split()), standing, windows, at, self.new_id)
        for one in verdicts:
            if one.resolves:
                self.end(one.resolves, "recovered", at)
            if one.opens:
                self.incidents[one.opens.incident_id] = one.opens
            self.alerts[one.alert.alert_id] = one.alert
            if one.cleared:
                self.cleared.append(self.alerts.pop(one.alert.alert_id))
        return verdicts

    def end(self, incident_id: UUID, resolution: Resolution, at: datetime) -> None:
        known = self.incidents[incident_id]
        self.incidents[incident_id] = replace(known, resolved_at=at, resolved_by="x", resolution=resolution)

    def _joined(self, alert: StandingAlert) -> StandingAlert:
        incident = self.incidents.get(alert.incident_id) if alert.incident_id else None
        return replace(
            alert,
            resolved_at=incident.resolved_at if incident else None,
            resolution=incident.resolution if incident else None,
        )

    def open(self) -> list[Incident]:
        return [one for one in self.incidents.values() if one.resolved_at is None]


def window(start: datetime, length: timedelta, *rules: str, tenant: str | None = None) -> Window:
    return Window(UUID(int=0), tenant, "test", rules, start, start + length, "test")


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=40))
def test_whatever_happens_the_books_stay_right(history: list[tuple[float, bool]]) -> None:
    book = Book()
    quiet = window(START + timedelta(minutes=10), timedelta(minutes=10))
    for minute, (value, known) in enumerate(history):
        at = START + timedelta(minutes=minute)
        open_windows = (quiet,) if quiet.starts_at <= at < quiet.ends_at else ()
        figures = [Measured("load", value)] if known else []
        opened = [one.opens for one in book.look(figures, at, open_windows, "load" if known else "") if one.opens]
        if open_windows:
            assert not opened
        keys = [(one.rule, one.tenant_id, one.subject) for one in book.alerts.values()]
        assert len(keys) == len(set(keys))
        open_keys = [(one.rule, one.subject) for one in book.open()]
        assert len(open_keys) == len(set(open_keys))
        if known:
            assert {one.rule for one in book.alerts.values()} == {
                rule.name for rule in RULES if rule.figure == "load" and value > rule.above
            }
        for incident in book.open():
            assert any(one.incident_id == incident.incident_id for one in book.alerts.values())
    for one in (*book.alerts.values(), *book.cleared):
        assert one.began_at <= one.seen_at
        assert one.fired_at is None or one.fired_at >= one.seen_at
    for incident in book.incidents.values():
        assert incident.began_at <= incident.opened_at
        assert incident.resolved_at is None or incident.resolved_at >= incident.opened_at


def test_a_rule_waits_for_as_long_as_it_says() -> None:
    book = Book()
    for minute in range(5):
        book.look([Measured("load", 7)], START + timedelta(minutes=minute))
        assert bool(book.open()) is (timedelta(minutes=minute) >= HELD)
    (incident,) = book.open()
    assert (incident.began_at, incident.opened_at) == (START, START + HELD)
    book.look([Measured("load", 1)], START + timedelta(minutes=6))
    assert not book.open()
    assert book.incidents[incident.incident_id].resolution == "recovered"


def test_what_nobody_watched_does_not_count_as_held() -> None:
    book, later = Book(), START + timedelta(hours=1)
    book.look([Measured("load", 7)], START)
    for minute in range(4):
        at = later + timedelta(minutes=minute)
        standing = list(book.alerts.values())
        (one,) = judge(
            RULES, [Measured("load", 7)], frozenset({"load"}), standing, (), at, book.new_id, watched_since=later
        )
        assert bool(one.opens) is (timedelta(minutes=minute) >= HELD)


def test_a_dip_makes_it_wait_anew() -> None:
    book = Book()
    for minute, value in enumerate((7, 7, 1, 7, 7)):
        book.look([Measured("load", value)], START + timedelta(minutes=minute))
    assert not book.incidents


def test_not_knowing_is_not_being_well() -> None:
    book = Book()
    book.look([Measured("load", 20)], START)
    book.look([], START + timedelta(minutes=1), measured="age")
    assert book.open()
    book.look([], START + timedelta(minutes=2))  # measured, and there is none of it any more
    assert not book.open()


def test_time_to_detect_counts_from_when_the_figure_says() -> None:
    book = Book()
    book.look([Measured("load", 20, since=START - timedelta(hours=2))], START)
    assert book.open()[0].began_at == START - timedelta(hours=2)
    other = Book()
    other.look([Measured("load", 20, since=START + timedelta(hours=2))], START)  # a clock that is off
    assert other.open()[0].began_at == START


def test_what_was_mended_and_is_not_opens_again_and_what_was_accepted_stays_quiet() -> None:
    for resolution, again in (("mended", True), ("false_alarm", False), ("accepted", False)):
        book = Book()
        book.look([Measured("load", 20)], START)
        (now_rule,) = [one for one in book.open() if one.rule == "Now"]
        book.end(now_rule.incident_id, resolution, START + timedelta(minutes=1))  # type: ignore[arg-type]  # of a tuple
        for minutes in range(2, 40):
            at = START + timedelta(minutes=minutes)
            book.look([Measured("load", 20)], at)
            reopened = [one for one in book.open() if one.rule == "Now"]
            assert bool(reopened) is (again and at - START - timedelta(minutes=1) >= REOPENS_AFTER), minutes
        book.look([Measured("load", 0)], START + timedelta(hours=1))
        book.look([Measured("load", 20)], START + timedelta(hours=2))
        assert [one for one in book.open() if one.rule == "Now"]


def test_a_window_silences_its_own_and_what_outlasts_it_opens_then() -> None:
    book = Book()
    quiet = window(START, timedelta(minutes=5), "Now")
    for minute in range(5):
        book.look([Measured("load", 20)], START + timedelta(minutes=minute), (quiet,))
    assert {one.rule for one in book.open()} == {"Held"}
    book.look([Measured("load", 20)], START + timedelta(minutes=5))
    assert {one.rule for one in book.open()} == {"Held", "Now"}


def test_a_tenants_window_covers_its_own_alerts_only() -> None:
    own = window(START, timedelta(hours=1), tenant="a")
    assert covers(own, "Now", "a")
    assert not covers(own, "Now", "b")
    assert not covers(own, "Now", None)
    assert covers(window(START, timedelta(hours=1)), "Now", "b")
