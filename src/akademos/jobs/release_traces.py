"""What learners who consent to research did in some courses, by course-relative week: what a release is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from akademos.catalogue.research_columns import LONGEST
from akademos.privacy.research_release import Trace
from akademos.stores.ports.event_log import EventLogReader
from akademos.stores.ports.releases import ResearchPopulation

COLUMNS = ("learner_key", "occurred_at", "time_precision", "course_id", "topic_ids", "question_id", "score")
STAYED, WITHDREW, UNKNOWN = "stayed", "withdrew", "unknown"
_DAYS = {"person": pl.String, "course": pl.String, "day": pl.Date, "events": pl.Int64, "answers": pl.Int64,
         "score": pl.Float64}  # fmt: skip


def traces(
    core: EventLogReader, tenant_id: str, population: ResearchPopulation, event_names: Sequence[str]
) -> tuple[list[Trace], dict[str, int]]:
    """One trace for each person and course with an enrolment or any activity, and how many weeks each course has.

    A course begins on its first day as its record says, else on the first day anybody here was active; it has ended
    with its last activity. Events without a day (`time_precision` order) are left out; one without a course belongs to
    that of its first topic. Whoever has several keys is one person.
    """
    days = _days(core, tenant_id, population, event_names)
    pairs: dict[tuple[str, str], dict[int, tuple[int, int]]] = {
        (one.person, one.course): {} for one in population.enrolments if one.course in population.courses
    }
    scores: dict[tuple[str, str], tuple[float, int]] = {}
    starts, weeks = _calendar(days, population)
    for person, course, day, events, answers, score in days.iter_rows():
        week = week_of(day, starts[course])
        found = pairs.setdefault((person, course), {})
        if week > weeks[course]:
            continue
        before = found.get(week, (0, 0))
        found[week] = before[0] + events, before[1] + answers
        total, count = scores.get((person, course), (0.0, 0))
        scores[person, course] = total + score, count + answers
    outcomes = _outcomes(population)
    made = []
    for (person, course), found in sorted(pairs.items()):
        total, count = scores.get((person, course), (0.0, 0))
        said = [found.get(week, (0, 0)) for week in range(weeks.get(course, 0) + 1)]
        made.append(
            Trace(
                person,
                course,
                population.personas[person],
                tuple(events for events, _ in said),
                tuple(answers for _, answers in said),
                total / count if count else None,
                outcomes.get((person, course), UNKNOWN),
            )
        )
    return made, {course: weeks.get(course, 0) for course in sorted(population.courses)}


def week_of(day: date, start: date) -> int:
    """The course-relative week of a day: 1 is the first, 0 all the time before.

    Example:
        >>> week_of(date(2026, 3, 9), date(2026, 3, 2)), week_of(date(2026, 3, 1), date(2026, 3, 2))
        (2, 0)
    """
    return max((day - start) // timedelta(days=7) + 1, 0)


def _days(
    core: EventLogReader, tenant_id: str, population: ResearchPopulation, event_names: Sequence[str]
) -> pl.DataFrame:
    persons = pl.DataFrame(
        {"learner_key": list(population.person_of), "person": list(population.person_of.values())},
        schema={"learner_key": pl.String, "person": pl.String},
    )
    topics = pl.DataFrame(
        {"topic": list(population.topics), "of_topic": list(population.topics.values())},
        schema={"topic": pl.String, "of_topic": pl.String},
    )
    parts = [pl.DataFrame(schema=_DAYS)]
    for table in core.by_learner(tenant_id, columns=COLUMNS, event_names=event_names):
        answered = pl.col("score").is_not_null() & pl.col("question_id").is_not_null()
        frame = (
            pl.DataFrame(table)
            .filter(pl.col("time_precision") != "order")
            .join(persons, on="learner_key")
            .with_columns(topic=pl.col("topic_ids").list.first())
            .join(topics, on="topic", how="left")
            .with_columns(course=pl.coalesce("course_id", "of_topic"))
            .filter(pl.col("course").is_in(sorted(population.courses)))
        )
        parts.append(
            frame.group_by("person", "course", day=pl.col("occurred_at").dt.date())
            .agg(
                events=pl.len().cast(pl.Int64),
                answers=answered.sum().cast(pl.Int64),
                score=pl.col("score").filter(answered).sum(),
            )
            .select(*_DAYS)
            .cast(pl.Schema(_DAYS))
        )
    return pl.concat(parts).sort("person", "course", "day")


def _calendar(days: pl.DataFrame, population: ResearchPopulation) -> tuple[dict[str, date], dict[str, int]]:
    starts: dict[str, date] = {}
    weeks: dict[str, int] = {}
    for course, first, last in days.group_by("course").agg(pl.min("day"), pl.max("day").alias("last")).iter_rows():
        starts_on, ends_on = population.courses[course]
        starts[course] = starts_on or first
        until = last if ends_on is None else min(last, ends_on)
        weeks[course] = min(week_of(until, starts[course]), LONGEST)
    return starts, weeks


def _outcomes(population: ResearchPopulation) -> Mapping[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for one in population.enrolments:
        before = found.get((one.person, one.course))
        found[one.person, one.course] = WITHDREW if one.withdrawn and before != STAYED else STAYED
    return found
