"""What the units of a KPI are found in: events of the core and records, of people who consent to be counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from akademos.analytics.cohort_comparison import as_far_as_closed, weeks_until, whole_weeks
from akademos.analytics.kpi_units import EVENTS, MASTERED, PERSON, PROPERTIES, Sources
from akademos.analytics.kpi_windows import Stretch
from akademos.analytics.parameters import DEFAULT
from akademos.catalogue.declarations import Purpose, Zone
from akademos.catalogue.kpi_declaration import Kpi
from akademos.catalogue.registry import Registry
from akademos.jobs.evaluated_states import evaluated_states
from akademos.stores.ports.kpis import PRODUCTION, Crowd, KpiLedgers
from akademos.stores.ports.learner_state import LearnerStates
from akademos.stores.ports.period_events import PeriodEvents
from akademos.stores.ports.records import Records

COLUMNS = (
    *(name for name in EVENTS if name not in PROPERTIES),
    "environment",
    "properties",
)
_PARTS = ("mastery",)


@dataclass(frozen=True, slots=True)
class KpiReaders:
    """The stores that sources are read from; `registries` gives a tenant's events."""

    core: PeriodEvents
    ledgers: KpiLedgers
    states: LearnerStates
    records: Records
    registries: Callable[[str], Registry]


class KpiSources:
    """Reads for one tenant and moment; what several KPIs share is read once."""

    def __init__(self, readers: KpiReaders, tenant_id: str, now: datetime) -> None:
        self._tenant_id = tenant_id
        self._now = now
        self._first: dict[tuple[str, str], date] | None = None
        self._core = readers.core
        self._ledgers = readers.ledgers
        self._states = readers.states
        self._records = readers.records
        self._tracked = tracked(readers.registries(tenant_id))

    def read(self, kpi: Kpi, stretch: Stretch, crowd: Crowd) -> Mapping[str, Sources]:
        """By environment what a KPI's units of a stretch of weeks are found in; of production always, since who did
        nothing counts, too.

        Args:
            kpi: which one.
            stretch: the week, or the term up to its end.
            crowd: who may be counted.
        """
        person_of = {key: person for person, one in crowd.people.items() for key in one.keys}
        if not kpi.events:
            return self._active(stretch, person_of)
        nothing = pl.DataFrame(schema=EVENTS)
        if kpi.name == "time_to_value":
            return {PRODUCTION: Sources(nothing, mastered=self._mastered(stretch, crowd))}
        since = kpi.reads_since(stretch.start)
        found = pl.DataFrame(
            self._core.between(self._tenant_id, since, stretch.end, columns=COLUMNS, event_names=kpi.events)
        )
        rows = decoded(attributed(found, person_of, keep_nobody=not kpi.of_people))
        roster = pl.DataFrame(schema=PERSON)
        if kpi.name == "advisee_activation":
            keys = {person_of[key] for key in self._ledgers.roster(self._tenant_id, stretch.last) if key in person_of}
            roster = pl.DataFrame({"learner_key": sorted(keys)}, schema=PERSON)
        return {PRODUCTION: Sources(nothing, roster=roster)} | {
            environment: Sources(of.select(EVENTS.names()), roster=roster)
            for (environment,), of in rows.partition_by("environment", as_dict=True).items()
        }

    def _active(self, stretch: Stretch, person_of: Mapping[str, str]) -> Mapping[str, Sources]:
        found: dict[str, set[str]] = {PRODUCTION: set()}
        names = self._tracked
        for key, environment in self._core.active(self._tenant_id, stretch.start, stretch.end, event_names=names):
            if key in person_of:
                found.setdefault(environment, set()).add(person_of[key])
        nothing = pl.DataFrame(schema=EVENTS)
        return {
            environment: Sources(nothing, active=pl.DataFrame({"learner_key": sorted(people)}, schema=PERSON))
            for environment, people in found.items()
        }

    def _mastered(self, stretch: Stretch, crowd: Crowd) -> pl.DataFrame:
        """Of those who enrolled in the term: weeks until a first topic of the course was mastered, else those that are
        over; who enrolled less than a week ago, or longer ago than weekly points reach back, is not among them."""
        person_of = {key: person for person, one in crowd.people.items() for key in one.keys}
        enrolled: dict[tuple[str, str], date] = {}
        since = max(stretch.first, self._now.date() - timedelta(weeks=DEFAULT.mastery.history_weeks))
        for key, course, day in self._ledgers.enrolled(self._tenant_id, since, stretch.last):
            if key in person_of:
                at = (person_of[key], course)
                enrolled[at] = min(day, enrolled.get(at, day))
        if self._first is None:
            self._first = dict(self._first_mastered(sorted(crowd.people)))
        rows = []
        for (key, course), day in sorted(enrolled.items()):
            reached = self._first.get((key, course))
            week_of_it = None if reached is None else weeks_until(day, reached)
            found = as_far_as_closed(week_of_it, whole_weeks(day, stretch.last))
            if found is not None:
                rows.append((key, course, *found))
        return pl.DataFrame(rows, schema=MASTERED, orient="row")

    def _first_mastered(self, keys: Sequence[str]) -> Iterator[tuple[tuple[str, str], date]]:
        """On which week's end a learner first stood at a mastered topic of a course, as known now."""
        for known in evaluated_states(self._records, self._states, self._tenant_id, keys, self._now, _PARTS):
            courses = known["mastery"].select("learner_key", "topic_id", "course_id").drop_nulls()
            found = (
                known["history"]
                .filter(pl.col("value") >= DEFAULT.mastery.mastered_from)
                .join(courses, on=("learner_key", "topic_id"))
                .group_by("learner_key", "course_id")
                .agg(day=pl.col("date").min())
            )
            for key, course, day in found.iter_rows():
                yield (key, course), day


def tracked(registry: Registry) -> list[str]:
    """Names of the events that serve product analytics and reach the core."""
    return sorted(
        one.name for one in registry.newest() if one.zone is Zone.CORE and Purpose.PRODUCT_ANALYTICS in one.purposes
    )


def attributed(rows: pl.DataFrame, person_of: Mapping[str, str], *, keep_nobody: bool) -> pl.DataFrame:
    """Rows of people who may be counted, under the key of the person; those about nobody only where they are wanted."""
    people = pl.DataFrame(
        {"learner_key": list(person_of), "person": list(person_of.values())},
        schema={"learner_key": pl.String, "person": pl.String},
    )
    named = rows.join(people, on="learner_key", how="left")
    kept = pl.col("learner_key").is_null() if keep_nobody else pl.col("person").is_not_null()
    return named.filter(kept).with_columns(learner_key="person").drop("person")


def decoded(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the properties that KPIs read as columns."""
    told = pl.Struct(dict(PROPERTIES))
    properties = pl.col("properties").str.json_decode(told) if rows.height else pl.lit(None, told)
    return rows.with_columns(told=properties).unnest("told").drop("properties")
