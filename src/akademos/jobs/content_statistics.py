"""Every night: statistics of contents and items, published under disclosure control; the only place that makes them.

What each learner did is kept as it was last taken, a row a learner and content or item, and is taken anew in editions
of at least k people with new events about it (`privacy.disclosure_editions`). Everything published is computed from
these rows, so no two publications differ by fewer than k people (docs/decisions/0035, 0037).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from akademos.analytics.content_effectiveness import content_tables
from akademos.analytics.content_use import USE, halves, newest_versions
from akademos.analytics.item_analysis import item_analysis
from akademos.analytics.item_answers import first_attempts
from akademos.analytics.kpi_windows import Term, term_of
from akademos.analytics.schemas import TIME
from akademos.analytics.similar_learners import similar_learners
from akademos.catalogue.declarations import Metric, Purpose
from akademos.jobs.content_rows import (
    COLUMNS,
    CONTENT_ENTRY,
    CONTENTS,
    ENTRY,
    ITEM_ENTRY,
    ITEMS,
    JOURNEYS,
    ContentRows,
    content_rows,
    evidence_of,
    joined,
    packed,
    published_of,
    taken_now,
    unpacked,
)
from akademos.jobs.content_tables import published_contents, published_support
from akademos.jobs.group_statistics import declared_floor
from akademos.jobs.item_tables import published_items
from akademos.jobs.learner_buckets import LearnerBuckets
from akademos.jobs.past_tables import ANSWERED, MATERIAL_PREFIX
from akademos.privacy.disclosure_blocks import MIXED
from akademos.privacy.disclosure_editions import Editions, advance
from akademos.privacy.disclosure_tables import rounded
from akademos.stores.ports.content import ContentLedgers, ContentSupport, Crowd, Statistic, Taken
from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.stores.ports.records import Records

JOB = "content_statistics"
ALSO = ("course_registered", "course_withdrawn", "quiz_attempt_submitted")
"""Events beside materials and answers that journeys know."""


class ContentStatisticsJob:
    """Publishes the contents and items of a tenant, course by course.

    Args:
        ledgers, buckets, records, runs: the stores.
        names: of the events that a tenant's registry knows.
        metrics: those that are answered; purposes and floor are theirs.
        clock: the installation's.

    Raises:
        CatalogueError: a metric declares no floor.
    """

    def __init__(
        self,
        ledgers: ContentLedgers,
        buckets: LearnerBuckets,
        records: Records,
        runs: JobRuns,
        names: Callable[[str], list[str]],
        metrics: tuple[Metric, ...],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledgers = ledgers
        self._buckets = buckets
        self._records = records
        self._runs = runs
        self._names = names
        self._floor = declared_floor(metrics)
        self._purposes: tuple[Purpose, ...] = tuple(sorted({one for metric in metrics for one in metric.purposes}))
        self._clock = clock

    def run(self, tenant_id: str) -> JobRun | None:
        """One run; None when another process is at it."""
        with self._runs.running(JOB, tenant_id) as run:
            if run is not None:
                floor = max(self._floor, self._ledgers.floor(tenant_id))
                crowd, now = self._ledgers.crowd(tenant_id, self._purposes), self._clock()
                known = self._records.curriculum(tenant_id).tables
                terms = [Term(*one) for one in self._ledgers.terms(tenant_id)]
                rows = self._rows(tenant_id, crowd, known, now, run)
                for course in self._ledgers.courses(tenant_id):
                    self._publish(tenant_id, course, crowd, rows, known, terms, floor, now, run)
                run.detail |= {"floor": floor, "consenting": len(crowd.consenting)}
        return run

    def _rows(
        self, tenant_id: str, crowd: Crowd, known: Mapping[str, pl.DataFrame], now: datetime, run: JobRun
    ) -> ContentRows:
        """What everybody who may be counted did, as the event log says now."""
        parts = []
        for bucket in self._buckets.read(tenant_id, self._names(tenant_id), COLUMNS):
            events = bucket.events.filter(pl.col("learner_key").is_in(list(crowd.consenting)))
            run.rows_in += events.height
            parts.append(content_rows(events, known, now))
        return joined(parts)

    def _publish(
        self,
        tenant_id: str,
        course: str,
        crowd: Crowd,
        everything: ContentRows,
        known: Mapping[str, pl.DataFrame],
        terms: Sequence[Term],
        floor: int,
        now: datetime,
        run: JobRun,
    ) -> None:
        here = pl.col("course_id") == course
        rows = ContentRows(
            everything.contents.filter(here), everything.items.filter(here), everything.activity.filter(here)
        )
        enrolled = crowd.enrolled.get(course, {})
        before = self._ledgers.taken(tenant_id, course)
        memory = advance(
            self._ledgers.editions(tenant_id, course),
            may_stay=crowd.consenting,
            may_enter=enrolled,
            evidence=evidence_of(rows),
            floor=floor,
            as_of=now,
        )
        contents = taken_now(rows.contents, unpacked((one.contents for one in before.values()), CONTENTS), memory, now)
        items = taken_now(rows.items, unpacked((one.items for one in before.values()), ITEMS), memory, now)
        registered = crowd.registered.get(course, {})
        counted = memory.counted()
        statistics, support = self._statistics(
            tenant_id,
            course,
            published_of(contents, counted),
            published_of(items, counted),
            memory,
            known,
            {person: term_of(registered[person], terms).name for person in memory.parts if person in registered},
            floor,
        )
        journeys = memory.shown(JOURNEYS).values()
        if journeys:
            people = {"learners": rounded(len(memory.parts))}
            since = max(edition.since for edition in journeys)
            statistics.append(Statistic(course, "course", course, "", since, floor, people))
        packs_c, packs_i = packed(contents), packed(items)
        taken = {key: Taken(packs_c.get(key, b""), packs_i.get(key, b"")) for key in packs_c.keys() | packs_i.keys()}
        helping = ContentSupport(course, now, support)
        self._ledgers.publish(tenant_id, course, memory, taken, statistics, helping, floor)
        run.rows_out += len(statistics)
        run.detail.setdefault("courses", {})[course] = {
            "waiting": len(enrolled.keys() - counted.get(JOURNEYS, {}).keys()),
            "counted": len(memory.parts),
            "spent": len(memory.spent),
        }

    def _statistics(
        self,
        tenant_id: str,
        course: str,
        contents: pl.DataFrame,
        items: pl.DataFrame,
        memory: Editions,
        known: Mapping[str, pl.DataFrame],
        terms: Mapping[str, str],
        floor: int,
    ) -> tuple[list[Statistic], dict[str, Any]]:
        """What is published of each content and item, and of the contents that help."""
        as_of: dict[str, datetime] = {}
        for (entry, _), edition in memory.editions.items():
            if edition.shown:
                as_of[entry] = min(edition.as_of, as_of.get(entry, edition.as_of))
        latest = max(as_of.values(), default=self._clock())
        attempts = first_attempts(items, latest)
        groups = pl.DataFrame(
            [(person, "persona", part) for person, part in memory.parts.items() if part != MIXED],
            schema={"learner_key": pl.String, "attribute": pl.String, "value": pl.String},
            orient="row",
        )
        analysed = item_analysis(items, latest, groups=groups, retired=self._ledgers.retired(tenant_id, course))
        quality = analysed["items"].filter(pl.col("rest_correlation").is_not_null())
        seen_until = pl.DataFrame(
            [(*key, edition.as_of) for key, edition in memory.editions.items()],
            schema={ENTRY: pl.String, "part": pl.String, "seen_until": TIME},
            orient="row",
        )
        parts = pl.DataFrame(
            list(memory.parts.items()), schema={"learner_key": pl.String, "part": pl.String}, orient="row"
        )
        people = (
            contents.join(parts, on="learner_key").join(seen_until, on=[ENTRY, "part"]).drop(ENTRY, "part", "events")
        )
        topics = dict(known["materials"].select("material_id", "topic_ids").iter_rows())
        item_topics = dict(known["items"].select("question_id", "topic_ids").iter_rows())
        tables = content_tables(
            people,
            attempts,
            topics=topics,
            item_topics=item_topics,
            enrolled={course: len(memory.parts)},
            terms=terms,
            item_quality=dict(quality.select("question_id", "rest_correlation").iter_rows()),
        )
        parts_in_all = len(set(memory.parts.values()))
        waiting = {
            material: parts_in_all - len(memory.shown(CONTENT_ENTRY + material))
            for material in contents["material_id"].unique()
        }
        shown = published_contents(tables, halves(tables["contents"].select(list(USE)), people), floor, waiting)
        found = [
            Statistic(course, "content", content, version, as_of[CONTENT_ENTRY + content], floor, detail)
            for (content, version), detail in shown.items()
        ]
        found += [
            Statistic(course, "item", item, version, as_of[ITEM_ENTRY + item], floor, dict(detail))
            for (item, version), detail in published_items(analysed, attempts, floor).items()
        ]
        similar = similar_learners(people, attempts.rows, topics=topics, item_topics=item_topics)
        return found, published_support(shown, similar, newest_versions(people), floor)


def events_of_content(names: list[str]) -> list[str]:
    """Of names of events those that statistics of contents, items and journeys read."""
    return sorted(name for name in names if name.startswith(MATERIAL_PREFIX) or name == ANSWERED or name in ALSO)
