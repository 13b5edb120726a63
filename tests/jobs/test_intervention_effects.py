"""Publication of effects: from enough learners only, and never a change of few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import cast

import pytest
from tests.jobs.test_model_training import Runs

from akademos.jobs.intervention_effects import InterventionEffectsJob
from akademos.stores.ports.intervention_effects import Group, Intervention, LastPublished, Material, PublishedEffect
from akademos.stores.ports.job_runs import JobRuns

START = date(2026, 3, 2)
GROUP = ("tutoring", "spring")


@dataclass
class Store:
    """Everything in memory; `people` are those who consent, even numbers helped and odd ones compared with."""

    people: set[int]
    published: dict[Group, PublishedEffect] = field(default_factory=dict)
    counted: dict[Group, tuple[frozenset[str], int]] = field(default_factory=dict)
    withheld: set[Group] = field(default_factory=set)
    refuses: bool = False

    def material(self, tenant_id: str) -> Material:
        rows = [
            Intervention(
                f"l{n}", "algebra", *GROUP, treated=n % 2 == 0, randomised=True, starts_on=START, took_place=n % 2 == 0
            )
            for n in sorted(self.people)
        ]
        scores = [
            (f"l{n}", "algebra", START + timedelta(days=days), 0.5 - (0.1 if days and n % 2 == 0 else 0.0) + n / 1000)
            for n in self.people
            for days in (0, 28)
        ]
        return Material(rows, scores, {})

    def last(self, tenant_id: str) -> Mapping[Group, LastPublished]:
        still = {f"l{n}" for n in self.people}
        return {
            group: LastPublished(members & still, count, group in self.withheld)
            for group, (members, count) in self.counted.items()
        }

    def publish(self, tenant_id: str, effect: PublishedEffect, members: frozenset[str]) -> bool:
        if self.refuses:
            return False
        group = (effect.kind, effect.trial)
        self.published[group] = effect
        self.counted[group] = (members, len(members))
        self.withheld.discard(group)
        return True

    def withhold(self, tenant_id: str, group: Group) -> None:
        self.withheld.add(group)


@pytest.fixture
def store() -> Store:
    return Store(set(range(40)))


def run(store: Store, floor: int = 10) -> int:
    clock = datetime(2026, 5, 1, tzinfo=UTC)
    runs = cast("JobRuns", Runs())
    done = InterventionEffectsJob(store, lambda _: floor, runs, clock=lambda: clock).run("college")
    assert done is not None
    return done.rows_out


def test_enough_learners_are_published_rounded(store: Store) -> None:
    assert run(store) == 1
    shown = store.published[GROUP]
    assert (shown.treated, shown.comparison, shown.design) == (20, 20, "randomised")
    assert shown.effect == -0.1
    assert all(value == round(value, 2) for value in (shown.low, shown.high))


def test_too_few_are_not_published() -> None:
    store = Store(set(range(18)))
    assert run(store) == 0
    assert not store.published


def test_one_who_goes_takes_it_away_until_many_have_changed(store: Store) -> None:
    run(store)
    first = store.published[GROUP]
    store.people.discard(7)
    assert run(store) == 0
    assert GROUP in store.withheld
    store.people |= set(range(100, 108))
    assert run(store) == 0, "one has gone and eight have come: nine"
    store.people.add(108)
    assert run(store) == 1
    assert GROUP not in store.withheld
    assert store.published[GROUP].treated != first.treated


def test_few_who_come_change_nothing(store: Store) -> None:
    run(store)
    first = store.published[GROUP]
    store.people |= {100, 101}
    assert run(store) == 0
    assert store.published[GROUP] is first
    assert GROUP not in store.withheld


def test_too_few_left_is_withheld(store: Store) -> None:
    run(store)
    store.people = set(range(12))
    run(store)
    assert GROUP in store.withheld


def test_who_withdraws_while_it_is_published_stops_it(store: Store) -> None:
    run(store)
    store.people |= set(range(100, 120))
    store.refuses = True
    assert run(store) == 0
    assert GROUP in store.withheld
