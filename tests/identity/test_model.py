"""Any sequence of grants, withdrawals, merges and unmerges against a model that knows only sets and last words."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.intake.conftest import Door, door

from akademos.catalogue.declarations import Purpose
from akademos.errors import Conflict
from akademos.privacy.identity import people_of
from akademos.stores.postgres.identity import PostgresIdentity
from akademos.stores.postgres.reading import PostgresReadings

__all__ = ["door"]

PURPOSE = Purpose.LEARNING_SUPPORT
KEYS = 4
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["granted", "withdrawn"]), st.integers(0, KEYS - 1)),
        st.tuples(st.just("merge"), st.integers(0, KEYS - 1), st.integers(0, KEYS - 1)),
        st.tuples(st.just("unmerge"), st.integers(0, 5)),
    ),
    max_size=12,
)


@dataclass
class Model:
    """Last word under each key (None: never decided) and who gave it, and the merges that stand."""

    word: dict[int, tuple[bool, int] | None] = field(default_factory=lambda: dict.fromkeys(range(KEYS)))
    merges: dict[int, tuple[int, int]] = field(default_factory=dict)

    def person(self, key: int) -> set[int]:
        found = people_of([str(n) for n in range(KEYS)], [(str(a), str(b)) for a, b in self.merges.values()])
        return {int(one) for one in next(keys for keys in found if str(key) in keys)}

    def decide(self, key: int, *, granted: bool) -> None:
        for one in self.person(key):
            word = self.word[one]
            if one == key or not granted or (word is not None and not word[0]):
                self.word[one] = (granted, key if granted else one)

    def apart(self) -> None:
        for key, word in self.word.items():
            if word is not None and word[0] and word[1] not in self.person(key):
                self.word[key] = (False, key)

    def stands(self, key: int) -> bool:
        words = [word[0] for one in self.person(key) if (word := self.word[one]) is not None]
        return bool(words) and all(words)

    def keeps(self, key: int) -> bool:
        word = self.word[key]
        return word is not None and word[0] and self.stands(key)


@given(steps=STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_consent_follows_the_model(door: Door, steps: list[tuple[object, ...]]) -> None:
    identity = PostgresIdentity(door.database, door.vault_keys)
    readings = PostgresReadings(door.database, door.vault_keys)
    mark = door.count("people")
    names = [f"u-{mark}-{n}" for n in range(KEYS)]
    keys = [door.person(name) for name in names]
    model, made, ids = Model(), 0, dict[int, str]()
    for step in steps:
        match step:
            case ("granted" | "withdrawn" as decision, int(n)):
                door.consent.decide(door.tenant, keys[n], [PURPOSE], decision, text_version="1", recorded_by="test")
                model.decide(n, granted=decision == "granted")
            case ("merge", int(a), int(b)):
                try:
                    merge = identity.merge(door.tenant, keys[a], keys[b], by="test", reason="test", confirmed=True)
                except Conflict:
                    assert b in model.person(a)
                else:
                    assert b not in model.person(a)
                    model.merges[made], ids[made] = (a, b), merge.merge_id
                    made += 1
            case ("unmerge", int(n)) if n in model.merges:
                identity.unmerge(door.tenant, ids[n], by="test", reason="test")
                del model.merges[n]
                model.apart()
        for n, (name, key) in enumerate(zip(names, keys, strict=True)):
            found = identity.keys_of(door.tenant, key)
            assert set(found) == {keys[one] for one in model.person(n)}
            reading = readings.read(door.tenant, actor=name, learner=None)
            assert reading.learner_key == found[0]
            assert (PURPOSE in reading.granted) is model.stands(n)
            assert (PURPOSE in door.consent.purposes(door.tenant, [key]).get(key, ())) is model.keeps(n)
            people = door.consent.people(door.tenant, [key], PURPOSE)
            counted = {keys[one] for one in model.person(n) if model.keeps(one)}
            assert {one for mine in people.values() for one in mine} == (counted if model.stands(n) else set())
