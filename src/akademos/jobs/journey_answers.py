"""Questions about journeys, answered on request from the event log, under disclosure control.

Whoever may ask anything can subtract one answer from another. So questions are made of closed lists, rest on the people
and events of the last edition (of which the one before differs by at least k people), are limited in number, and each
is answered once and then the same way (docs/decisions/0035, 0037). Within an answer every count, and whatever left
before the next, is of at least k people; counts are rounded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson
import polars as pl

from akademos.analytics.journeys import Steps, read_steps
from akademos.catalogue.content_policies import JOURNEY_LIMITS
from akademos.catalogue.declarations import Purpose
from akademos.errors import TooFast
from akademos.jobs.content_rows import in_courses
from akademos.jobs.journey_steps import EVENTS, channels_of, steps_of
from akademos.jobs.journey_tables import funnel_table, large_groups, paths_table, retention_table, survival_table
from akademos.jobs.past_tables import attributed
from akademos.privacy.disclosure_tables import rounded
from akademos.stores.ports.consent import ConsentLedger
from akademos.stores.ports.event_log import EventLogReader
from akademos.stores.ports.journeys import (
    CountedPart,
    Edition,
    FunnelQuestion,
    JourneyAnswer,
    JourneyLedger,
    JourneyQuestion,
    PathsQuestion,
    RetentionQuestion,
)
from akademos.stores.ports.records import Records

_COLUMNS = (
    "learner_key", "event_id", "event_name", "occurred_at", "time_precision", "received_at", "course_id",
    "material_id", "question_id", "score", "properties",
)  # fmt: skip


KEPT = timedelta(minutes=1)
BASES_KEPT, EVENTS_KEPT = 4, 1_000_000
"""What was read is kept for as long, of so many courses, if it is no larger."""

WITHHELD: Mapping[str, Any] = {"learners": None, "withheld": True}
"""Said where too few may be read."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Basis = tuple[str, str, datetime, tuple[tuple[str, ...], ...]]
"""Tenant, course, edition, and who is counted at this moment: after a withdrawal it is another one."""


@dataclass(frozen=True, slots=True)
class _Walked:
    """Who, in order of number, their steps, and how the registration of each came, as read at an instant."""

    at: datetime
    keys: list[str]
    steps: Steps
    channels: Mapping[str, str]


class JourneyAnswers:
    """Adapter of the port `JourneyDesk`.

    Args:
        ledger, events, consent, records: the stores.
        purposes: what everybody counted must consent to at the moment of reading.
        clock: the installation's.
    """

    def __init__(
        self,
        ledger: JourneyLedger,
        events: EventLogReader,
        consent: ConsentLedger,
        records: Records,
        purposes: Sequence[Purpose],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._events = events
        self._consent = consent
        self._records = records
        self._purposes = tuple(purposes)
        self._clock = clock
        self._read: dict[_Basis, _Walked] = {}
        self._reading = threading.Lock()

    def answer(self, tenant_id: str, course_id: str, question: JourneyQuestion) -> JourneyAnswer:
        """The answer; see the port."""
        edition = self._ledger.edition(tenant_id, course_id)
        if edition is None:
            return JourneyAnswer(course_id, None, None, None)
        key = canonical(question)
        content = self._ledger.kept(tenant_id, course_id, edition.since, key)
        if content is None:
            computed = self._computed(tenant_id, course_id, edition, question)
            if computed is None:
                return JourneyAnswer(course_id, edition.since, None, WITHHELD)
            content = self._ledger.keep(
                tenant_id, course_id, edition.since, key, computed, self._clock(), JOURNEY_LIMITS.questions
            )
        if content is None:
            raise TooFast(
                f"{JOURNEY_LIMITS.questions} different questions about the journeys of this course were asked since "
                "its numbers last changed; more of them would tell of single people.",
                hint="Ask one that was asked before, or wait for the next night with new events.",
                code="journey_questions",
            )
        return JourneyAnswer(course_id, edition.since, content["learners"], content)

    def _computed(
        self, tenant_id: str, course_id: str, edition: Edition, question: JourneyQuestion
    ) -> Mapping[str, Any] | None:
        """None while too few may be read: that is not kept, as who withdrew may come back before the night."""
        floor = edition.smallest_group
        people = self._people(tenant_id, edition.parts)
        # Without the one who left the rest would tell of that one alone: it waits for the night.
        parts = [part for part in edition.parts if part.whole and all(one in people for one in part.people)]
        counted = sum(len(part.people) for part in parts)
        if counted < 2 * floor:
            return None
        part_of = {key: part for part in parts for key in part.people}
        basis = (tenant_id, course_id, edition.since, tuple(tuple(part.people) for part in parts))
        with self._reading:
            walked = self._walked(basis, lambda: self._steps(tenant_id, course_id, parts, people, edition))
        keys, numbered = walked.keys, walked.steps
        header = {"learners": rounded(counted)}
        observed = np.array([(part_of[key].observed - _EPOCH) // timedelta(microseconds=1) for key in keys], np.int64)
        if isinstance(question, FunnelQuestion):
            return header | funnel_table(numbered, question, floor)
        if isinstance(question, PathsQuestion):
            return header | paths_table(numbered, question, floor)
        if isinstance(question, RetentionQuestion):
            groups = None
            if question.by == "persona":
                groups = [part_of[key].persona for key in keys]
            elif question.by == "channel":
                groups = large_groups([walked.channels.get(key, "") for key in keys], floor)
            return header | retention_table(numbered, observed, groups, floor, question.by)
        return header | survival_table(numbered, question, observed, floor)

    def _walked(self, basis: _Basis, read: Callable[[], _Walked]) -> _Walked:
        """What was read of the same people and edition a moment ago, or is read now: a page asks four questions."""
        now = self._clock()
        self._read = {key: one for key, one in self._read.items() if timedelta(0) <= now - one.at < KEPT}
        if basis not in self._read:
            walked = read()
            if len(walked.steps.at) > EVENTS_KEPT:
                return walked
            self._read = dict([*self._read.items()][1 - BASES_KEPT :]) | {basis: walked}
        return self._read[basis]

    def _people(self, tenant_id: str, parts: Sequence[CountedPart]) -> dict[str, tuple[str, ...]]:
        """Of the people of the parts those who consent now, with the keys whose events count."""
        listed = [key for part in parts for key in part.people]
        granted = [self._consent.people(tenant_id, listed, purpose) for purpose in self._purposes]
        return {
            person: tuple(sorted(set.intersection(*(set(one.get(person, ())) for one in granted))))
            for person in listed
            if all(person in one for one in granted)
        }

    def _steps(
        self,
        tenant_id: str,
        course_id: str,
        parts: Sequence[CountedPart],
        people: Mapping[str, tuple[str, ...]],
        edition: Edition,
    ) -> _Walked:
        chosen = {person: people[person] for part in parts for person in part.people}
        keys = [key for mine in chosen.values() for key in mine]
        rows = pl.DataFrame(
            self._events.learner_events(tenant_id, keys, columns=_COLUMNS, event_names=EVENTS, until=edition.since)
        )
        until = pl.DataFrame(
            [pair for part in parts for pair in part.people.items()],
            schema={"learner_key": pl.String, "until": pl.Datetime("us", "UTC")},
            orient="row",
        )
        known = self._records.curriculum(tenant_id).tables
        mine = (
            in_courses(attributed(rows, chosen).join(until, on="learner_key"), known)
            .filter(
                pl.col("course_id") == course_id,
                pl.col("received_at") <= pl.col("until"),
                pl.col("time_precision") != "order",
            )
            .sort("learner_key", "occurred_at", "event_id")
        )
        steps = steps_of(mine)
        keys = steps["learner_key"].unique(maintain_order=True).to_list()
        return _Walked(self._clock(), keys, read_steps(steps, in_order=True), channels_of(mine))


def canonical(question: JourneyQuestion) -> str:
    """The one form of a question.

    Example:
        >>> canonical(RetentionQuestion("week"))
        '{"by":"week","kind":"RetentionQuestion"}'
    """
    return orjson.dumps({"kind": type(question).__name__, **asdict(question)}, option=orjson.OPT_SORT_KEYS).decode()
