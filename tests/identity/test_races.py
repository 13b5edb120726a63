"""Merges, unmerges, logins and decisions at once: the links are what the merges that stand say, whoever came first."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

from tests.intake.conftest import Door, door

from akademos.catalogue.declarations import Purpose
from akademos.errors import Conflict
from akademos.privacy.identity import people_of
from akademos.stores.postgres.identity import PostgresIdentity

__all__ = ["door"]

KEYS, THREADS, STEPS = 6, 4, 20


def test_changes_at_once_leave_links_and_merges_in_agreement(door: Door) -> None:
    identity = PostgresIdentity(door.database, door.vault_keys)
    keys = [door.person(f"u-{n}") for n in range(KEYS)]

    def work(seed: int) -> int:
        drawn, done = random.Random(seed), 0
        for _ in range(STEPS):
            one, other = drawn.sample(keys, 2)
            try:
                match drawn.choice(["merge", "merge", "unmerge", "grant", "withdraw"]):
                    case "merge":
                        identity.merge(door.tenant, one, other, by="test", reason="test", confirmed=True)
                    case "unmerge":
                        standing = [merge for merge in identity.log(door.tenant) if merge.undone_at is None]
                        if standing:
                            chosen = drawn.choice(standing)
                            identity.unmerge(door.tenant, chosen.merge_id, by="test", reason="test")
                    case decision:
                        door.consent.decide(
                            door.tenant, one, [Purpose.RESEARCH], "granted" if decision == "grant" else "withdrawn",
                            text_version="1", recorded_by="test",
                        )  # fmt: skip
            except Conflict:
                continue
            done += 1
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(work, range(THREADS))) > THREADS * STEPS // 3
    standing = [(one.first_key, one.second_key) for one in identity.log(door.tenant) if one.undone_at is None]
    people = {frozenset(identity.keys_of(door.tenant, key)) for key in keys}
    assert people == set(people_of(keys, standing))
    assert len(standing) == KEYS - len(people)  # no merge joins who was one already
    for person in people:
        assert len({identity.keys_of(door.tenant, key)[0] for key in person}) == 1
