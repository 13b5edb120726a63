"""Grant, withdraw, pause, resume, restrict, object in any order, against a model that replays the decisions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from tests.intake.conftest import Door

from akademos.catalogue.declarations import Purpose
from akademos.errors import Conflict
from akademos.privacy.pseudonyms import Keys
from akademos.privacy.standing import DECISIONS, Decision
from akademos.stores.postgres.reading import PostgresReadings

EVENTS = ("question_submitted", "career_match_viewed")


class Model:
    """What a person decided about one purpose, replayed from the last word on each matter."""

    def __init__(self) -> None:
        self.said: list[Decision] = []

    def last(self, *among: Decision) -> Decision | None:
        return next((one for one in reversed(self.said) if one in among), None)

    @property
    def granted(self) -> bool:
        return self.last("granted", "withdrawn") == "granted"

    @property
    def stops(self) -> set[str]:
        stopped = set()
        if self.last("paused", "resumed", "granted", "withdrawn") == "paused":
            stopped.add("paused")
        if self.last("restricted", "restriction_lifted") == "restricted":
            stopped.add("restricted")
        if self.last("objected", "objection_withdrawn") == "objected":
            stopped.add("objected")
        return stopped

    @property
    def live(self) -> bool:
        return self.granted and not self.stops


class Machine(RuleBasedStateMachine):
    """One person, behind the real door and the real gate's reading."""

    def __init__(self, door: Door, readings: PostgresReadings, examples: dict[str, dict[str, Any]]) -> None:
        super().__init__()
        self.door = door
        self.readings = readings
        self.examples = examples
        self.user = f"u-{uuid.uuid4().hex}"
        self.key = door.person(self.user)
        self.model = {purpose: Model() for purpose in Purpose}
        self.held: list[str] = []
        self.landed: list[str] = []
        self.versions: list[int] = []

    def purposes_of(self, event: str) -> set[Purpose]:
        return set(self.door.registry.latest(event).purposes)

    def covered(self, event: str, purposes: set[Purpose]) -> bool:
        return bool(self.purposes_of(event) & purposes)

    @property
    def live(self) -> set[Purpose]:
        return {purpose for purpose, model in self.model.items() if model.live}

    @property
    def granted(self) -> set[Purpose]:
        return {purpose for purpose, model in self.model.items() if model.granted}

    @rule(
        decision=st.sampled_from(DECISIONS),
        purposes=st.lists(st.sampled_from(list(Purpose)), min_size=1, max_size=3, unique=True),
    )
    def decide(self, decision: Decision, purposes: Sequence[Purpose]) -> None:
        def ask() -> Any:
            return self.door.consent.decide(
                self.door.tenant, self.key, purposes, decision, text_version="v1", recorded_by="self"
            )

        if decision == "paused" and not self.granted.issuperset(purposes):
            with pytest.raises(Conflict):
                ask()
            return
        receipt = ask()
        for purpose in purposes:
            self.model[purpose].said.append(decision)
        freed = [event for event in self.held if self.covered(event, self.live)]
        if decision in ("granted", "resumed", "restriction_lifted", "objection_withdrawn"):
            assert receipt.released == len(freed)
            self.held = [event for event in self.held if not self.covered(event, self.live)]
            self.landed += freed
        else:
            assert receipt.released == 0
            assert freed == []
        if decision == "withdrawn":
            gone = [event for event in self.landed if not self.covered(event, self.granted)]
            assert receipt.deleted == len(gone)
            self.landed = [event for event in self.landed if self.covered(event, self.granted)]
        else:
            assert receipt.deleted == 0
        self.versions.append(receipt.version)

    @precondition(lambda self: len(self.held) < 4)
    @rule(event=st.sampled_from(EVENTS))
    def send(self, event: str) -> None:
        sent = {**self.examples[event], "event_id": str(uuid.uuid4()), "user_id": self.user}
        ((verdict,), purposes) = (self.door.verdicts(sent), self.purposes_of(event))
        if purposes & self.live:
            assert verdict == "accepted"
            self.landed.append(event)
        elif any(self.model[purpose].stops for purpose in purposes):
            assert verdict == "suppressed"
        else:
            assert verdict == "held"
            self.held.append(event)

    @invariant()
    def everybody_sees_the_same(self) -> None:
        reading = self.readings.read(self.door.tenant, actor=self.user, learner=None)
        assert reading.granted == self.live
        assert {purpose for purpose, model in self.model.items() if model.stops} == set(reading.stopped)
        for purpose, stop in reading.stopped.items():
            assert stop.value in self.model[purpose].stops
        tenant = self.door.tenant
        assert self.door.consent.purposes(tenant, [self.key]).get(self.key, frozenset()) == self.live
        assert self.door.consent.granted(tenant, [self.key]).get(self.key, frozenset()) == self.granted
        standing = {one.purpose: one.standing for one in self.door.consent.state(tenant, self.key)}
        for purpose, model in self.model.items():
            assert (purpose in standing) == bool(model.said)
            if model.said:
                assert (standing[purpose].live, standing[purpose].granted) == (model.live, model.granted)

    @invariant()
    def nothing_is_lost_and_nothing_is_forgotten(self) -> None:
        with self.door.database.pipeline() as transaction:
            landed = transaction.execute("SELECT event FROM landing WHERE actor_key = %s", (self.key,)).fetchall()
            held = transaction.execute(
                "SELECT event FROM held JOIN identifiers ON identifier_hash = actor_hash WHERE learner_key = %s",
                (self.key,),
            ).fetchall()
        assert sorted(event for (event,) in landed) == sorted(self.landed)
        assert sorted(event for (event,) in held) == sorted(self.held)
        history = self.door.consent.history(self.door.tenant, self.key)
        for purpose, model in self.model.items():
            assert [line.decision for line in history if line.purpose == purpose] == model.said
        assert self.versions == sorted(set(self.versions))


def test_decisions_in_any_order(door: Door, keys: Keys) -> None:
    examples = {event: dict(door.registry.latest(event).example) for event in EVENTS}
    for example in examples.values():
        for name in ("client_timestamp", "anonymous_id", "subject_id", "event_timestamp", "opt_out_status"):
            example.pop(name, None)
    readings = PostgresReadings(door.database, keys)
    few = settings(max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(lambda: Machine(door, readings, examples), settings=few)  # type: ignore[arg-type]  # a factory is taken too
    assert door.rows("SELECT count(*) FROM audit_log")[0][0] > 0
