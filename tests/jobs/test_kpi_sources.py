"""What units are found in, where little is recorded: who did nothing counts, who has just begun does not yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
from tests.analytics.populations import table

from akademos.analytics.kpi_units import UNITS_OF, Span
from akademos.analytics.kpi_windows import Stretch, Term, of_term, of_week, week_of
from akademos.catalogue.kpis import KPI_OF
from akademos.catalogue.registry import builtin
from akademos.jobs.kpi_sources import COLUMNS, KpiReaders, KpiSources
from akademos.jobs.state_rows import state_rows
from akademos.stores.ports.event_log import SCHEMA
from akademos.stores.ports.kpis import Crowd, Standing
from akademos.stores.ports.learner_state import LearnerState

WEEK = week_of(date(2026, 3, 2), ZoneInfo("Europe/Berlin"))
NOW = datetime(2026, 3, 9, tzinfo=UTC)
PEOPLE = [f"p{n}" for n in range(30)]
CURRICULUM = {"topics": table("topics", [{"topic_id": "algebra", "name": "Algebra", "course_id": "maths"}])}
CROWD = Crowd({who: Standing("student", "c", "2026", (who,)) for who in PEOPLE}, 30)


def sources(enrolled: list[tuple[str, str, date]] | None = None, states: Sequence[LearnerState] = ()) -> KpiSources:
    """Nobody has an event, everybody an advisor; mastered is what the states say."""
    nothing = pa.schema([SCHEMA.field(name) for name in COLUMNS]).empty_table()
    readers: Any = KpiReaders(
        core=SimpleNamespace(between=lambda *_, **__: nothing, active=lambda *_, **__: []),
        ledgers=SimpleNamespace(
            roster=lambda *_: frozenset(PEOPLE),
            enrolled=lambda _, since, until: [one for one in enrolled or () if since <= one[2] <= until],
        ),
        states=SimpleNamespace(read_many=lambda *_: states),
        records=SimpleNamespace(curriculum=lambda _: SimpleNamespace(tables=CURRICULUM)),
        registries=lambda _: builtin(),
    )
    return KpiSources(readers, "t", NOW)


def hits(name: str, found: KpiSources, stretch: Stretch) -> list[bool]:
    units = UNITS_OF[name](found.read(KPI_OF[name], stretch, CROWD)["prod"], Span(stretch.start, stretch.end))
    return units["hit"].to_list()


def test_a_roster_of_which_nobody_has_signed_in_is_not_nothing() -> None:
    assert hits("advisee_activation", sources(), of_week(WEEK)) == [False] * 30


def test_who_has_just_enrolled_waits_until_a_week_is_over() -> None:
    days = {"p0": date(2026, 3, 8), "p1": date(2026, 3, 2), "p2": date(2026, 3, 1), "p3": date(2026, 1, 29)}
    term = of_term(WEEK, [], ZoneInfo("Europe/Berlin"))
    found = sources([(who, "c", day) for who, day in days.items()])
    mastered = found.read(KPI_OF["time_to_value"], term, CROWD)["prod"].mastered
    # p2 is enrolled for one whole week, p3 for five: the band of weeks 5 and 6 is not over
    assert mastered.rows() == [("p2", "c", 1, False), ("p3", "c", 4, False)]


def test_a_state_computed_since_the_run_began_counts_as_of_then() -> None:
    days = {"p0": date(2026, 2, 2), "p1": date(2026, 2, 3)}
    later = [mastered(who, day, NOW + timedelta(minutes=n)) for n, (who, day) in enumerate(days.items())]
    found = sources([(who, "maths", day) for who, day in days.items()], later)
    rows = found.read(KPI_OF["time_to_value"], of_term(WEEK, [], ZoneInfo("Europe/Berlin")), CROWD)["prod"].mastered
    assert rows.rows() == [("p0", "maths", 1, True), ("p1", "maths", 1, True)]


def test_who_enrolled_before_the_weekly_points_begin_is_not_counted_anew_and_later() -> None:
    days = {"p0": date(2025, 9, 1), "p1": date(2025, 9, 8)}
    states = [mastered(who, day, NOW) for who, day in days.items()]
    year = [Term("year", date(2025, 9, 1), date(2026, 7, 31))]
    found = sources([(who, "maths", day) for who, day in days.items()], states)
    rows = found.read(KPI_OF["time_to_value"], of_term(WEEK, year, ZoneInfo("Europe/Berlin")), CROWD)["prod"].mastered
    assert rows.rows() == [("p1", "maths", 1, True)], "p0 had mastered it in the first week, of which no point is kept"


def mastered(who: str, since: date, as_of: datetime) -> LearnerState:
    """The state of somebody who has answered everything right, on each of many days from one on."""
    began = datetime(since.year, since.month, since.day, 12, tzinfo=UTC)
    answers = [
        {"learner_key": who, "event_id": f"{who}-{n}", "occurred_at": began + timedelta(hours=n // 5),
         "question_id": f"q{n % 5}", "topic_ids": ["algebra"], "score": 1.0}
        for n in range(60)
    ]  # fmt: skip
    (state,) = state_rows({"question_attempts": pl.DataFrame(answers)}, as_of, as_of).states
    return state
