"""Progress that follows what learners do: observations off the queue become rows, and rows roll up.

Observations come from three sides: events that the mover has brought into the core, what record changes say (a scored
attempt, a reviewed submission, progress that a service has set), and requests to compute a learner anew. All of them
join (`learning.progress`), so their order is of no account and a replay changes nothing. What this job writes bears an
action of its own in the log of changes, and what it emits is no event that it looks at: nothing goes round in circles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime

import polars as pl

from akademos.catalogue.declarations import Purpose
from akademos.jobs.progress_rows import COLUMNS, rebuild, with_seconds
from akademos.learning.observations import PROGRESS_EVENTS, Seen, progress_of
from akademos.learning.progress import Content, Progress, Reached, joined, updated
from akademos.learning.structure import Structure
from akademos.stores.ports.consent import ConsentLedger
from akademos.stores.ports.event_log import EventLogReader
from akademos.stores.ports.progress import (
    REBUILD,
    RECOMPUTE,
    TOUCHED,
    Action,
    Observation,
    ProgressBatch,
    ProgressStore,
)

AT_ONCE = 1_000
LEARNERS_AT_ONCE = 1_000


class ProgressJob:
    """Works off the queue; of several processes one at a time does."""

    def __init__(
        self,
        store: ProgressStore,
        events: EventLogReader,
        consent: ConsentLedger,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._events = events
        self._consent = consent
        self._clock = clock

    def once(self) -> int:
        """Follow the changes of records, then take a batch; how many of both."""
        followed = self._store.follow_changes()
        with self._store.take(AT_ONCE) as batch:
            if batch is None:
                return followed
            self._apply(batch)
            return followed + len(batch.observations)

    def drain(self) -> int:
        """Work until nothing waits."""
        done = 0
        while count := self.once():
            done += count
        return done

    def rebuild(self, tenant_id: str) -> int:
        """Ask for the progress of everybody in the core to be computed anew, as after an import; how many learners."""
        count = 0
        found = self._events.by_learner(tenant_id, columns=["learner_key"], event_names=sorted(PROGRESS_EVENTS))
        for rows in found:
            keys = pl.DataFrame(rows)["learner_key"].unique().sort().to_list()
            for start in range(0, len(keys), LEARNERS_AT_ONCE):
                asked = [rebuild(tenant_id, key, self._clock()) for key in keys[start : start + LEARNERS_AT_ONCE]]
                self._store.observe(asked)
            count += len(keys)
        return count

    def _apply(self, batch: ProgressBatch) -> None:
        structure = batch.structure()
        people = self._people(batch)
        seen: dict[str, dict[Content, Progress]] = defaultdict(dict)
        touched: dict[str, set[Content]] = defaultdict(set)
        anew: set[str] = set()
        for one in batch.observations:
            if one.event == TOUCHED:
                if one.content_type is not None and one.content_id is not None:
                    touched[one.learner_key].add(Content(one.content_type, one.content_id))
            elif one.event in {RECOMPUTE, REBUILD}:
                anew.add(one.learner_key)
            else:
                # What a record says is a record's, and needs no consent.
                person = one.learner_key if one.of_record else people.get(one.learner_key)
                if person is None:
                    continue
                for content in structure.contents(one.event, str(one.content_id)):
                    if structure.rules[content].rule == "time_spent" and not one.of_record:
                        anew.add(one.learner_key)
                    else:
                        _join(seen[person], content, progress_of(_seen(one), content, structure.rules[content]))
        for person, mine in self._from_core(batch.tenant_id, anew, structure).items():
            for content, progress in mine.items():
                _join(seen[person], content, progress)
        news = {one.learner_key for one in batch.observations if one.event != REBUILD}
        self._write(batch, structure, seen, touched, {people.get(key, key) for key in news})

    def _people(self, batch: ProgressBatch) -> Mapping[str, str]:
        """Under which key the progress of each learner stands who consents to learning support."""
        keys = {one.learner_key for one in batch.observations if one.event not in {TOUCHED, RECOMPUTE, REBUILD}}
        consenting = self._consent.people(batch.tenant_id, sorted(keys), Purpose.LEARNING_SUPPORT)
        return {key: person for person, mine in consenting.items() for key in mine}

    def _from_core(
        self, tenant_id: str, keys: Iterable[str], structure: Structure
    ) -> dict[str, dict[Content, Progress]]:
        """Everything that the core says of some learners, by the key that they are read under."""
        wanted = sorted(keys)
        if not wanted:
            return {}
        people = self._consent.people(tenant_id, wanted, Purpose.LEARNING_SUPPORT)
        person_of = {key: person for person, mine in people.items() for key in mine}
        rows = self._events.learner_events(
            tenant_id, sorted(person_of), columns=["event_id", *COLUMNS], event_names=sorted(PROGRESS_EVENTS)
        )
        found: dict[str, dict[Content, Progress]] = defaultdict(dict)
        seconds: dict[tuple[str, Content], float] = defaultdict(float)
        for one, took in with_seconds(pl.DataFrame(rows)):
            person = person_of[one.learner_key]
            for content in structure.contents(one.event, str(one.content_id)):
                seconds[person, content] += took
                observed = _seen(one, seconds[person, content])
                _join(found[person], content, progress_of(observed, content, structure.rules[content]))
        return found

    def _write(
        self,
        batch: ProgressBatch,
        structure: Structure,
        seen: Mapping[str, Mapping[Content, Progress]],
        touched: Mapping[str, set[Content]],
        news: set[str],
    ) -> None:
        """`news`: learners of whom something is reported that has just happened."""
        learners = sorted({*seen, *touched})
        wholes = {key: structure.outlines.to_roll_up(seen.get(key, ()), touched.get(key, ())) for key in learners}
        looked_at = {key: {*seen.get(key, ()), *wholes[key]} for key in learners}
        stored = batch.stored(looked_at)
        others = _others(batch, structure, wholes, looked_at)
        by_action: dict[Action, dict[str, dict[Content, Progress]]] = {"observe": {}, "roll_up": {}, "rebuild": {}}
        for key in learners:
            own = seen.get(key, {})
            changes = updated(structure.outlines, own, stored.get(key, {}), others.get(key, {}), wholes[key])
            for content, progress in changes.items():
                action: Action = "rebuild" if key not in news else "observe" if content in own else "roll_up"
                by_action[action].setdefault(key, {})[content] = progress
        for action, changed in by_action.items():
            batch.write(action, changed, structure.course_of)


def _others(
    batch: ProgressBatch,
    structure: Structure,
    wholes: Mapping[str, Iterable[Content]],
    looked_at: Mapping[str, Collection[Content]],
) -> Mapping[str, Mapping[Content, Reached]]:
    """By learner and whole, what those parts come to that are not looked at one by one: a course may have hundreds."""
    by_whole: dict[Content, dict[str, Collection[Content]]] = defaultdict(dict)
    for key, mine in wholes.items():
        for whole in mine:
            by_whole[whole][key] = looked_at[key]
    found: dict[str, dict[Content, Reached]] = defaultdict(dict)
    for whole, but in by_whole.items():
        for key, parts in batch.reached(structure.outlines[whole], but).items():
            found[key][whole] = parts
    return found


def _join(found: dict[Content, Progress], content: Content, progress: Progress) -> None:
    found[content] = joined(found.get(content), progress)


def _seen(one: Observation, seconds: float = 0.0) -> Seen:
    return Seen(
        one.event,
        str(one.content_id),
        one.at,
        share=one.share,
        score=one.score,
        passed=one.passed,
        result=one.result,
        seconds=seconds,
        version=one.revision,
    )
