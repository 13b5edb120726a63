"""A person is gone from every byte of the data folder, stays out, and what others did is still there."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from tests.erasure.installation import TENANT, Installation, answered, example, forms, found_in, measured, opted_out
from tests.jobs.pipeline import core_rows

from akademos.catalogue.declarations import Purpose
from akademos.errors import Conflict, NotFound
from akademos.privacy.erasure_receipt import checksum
from akademos.stores.ports.identity import Identifier

pytestmark = pytest.mark.slow


FILL = """
INSERT INTO learning_courses (tenant_id, course_id, title) VALUES (%(t)s, 'c', 'C') ON CONFLICT DO NOTHING;
INSERT INTO enrolments (tenant_id, learner_key, course_id) VALUES (%(t)s, %(k)s, 'c');
INSERT INTO topic_mastery (tenant_id, learner_key, topic_id, as_of, status, answers)
    VALUES (%(t)s, %(k)s, 'x', now(), 'ok', 1);
INSERT INTO memory_weights (tenant_id, learner_key, fitted_at, reviews, weights)
    VALUES (%(t)s, %(k)s, now(), 400, decode(repeat('000000000000f03f', 21), 'hex'));
INSERT INTO stale_learner_states (tenant_id, learner_key, marked_at) VALUES (%(t)s, %(k)s, now())
    ON CONFLICT DO NOTHING;
INSERT INTO job_runs (job, started_at, detail)
    VALUES ('learner_states', now(), jsonb_build_object('done_through', (%(k)s::uuid)::text))
"""


def core(installation: Installation) -> list[dict[str, Any]]:
    return core_rows(installation.data / "lake")


def ids_of(installation: Installation, user: str, key: str, *more: str) -> list[bytes]:
    hashed = installation.system.keys.identifier_hash(TENANT, "user", user)
    return [*forms(user, key, *more), hashed, hashed.hex().encode()]


def fill(installation: Installation, user: str, name: str, other: str) -> str:
    """Somebody in every place that may hold a person; the learner_key."""
    key = installation.person(user, name)
    installation.person(other)
    assert (
        installation.send(*(answered(user) for _ in range(20)), *(answered(other) for _ in range(20)))
        == ["accepted"] * 40
    )
    installation.move()
    assert installation.send(measured(user), measured(other)) == ["held"] * 2
    broken = answered(user, properties={"correct": "perhaps", "note": f"asked by {name}"})
    assert installation.send(broken) == ["rejected"]
    assert installation.send(opted_out(user)) == ["accepted"]
    with installation.system.database.pipeline() as transaction:
        for statement in FILL.split(";"):
            transaction.execute(statement.encode(), {"t": TENANT, "k": uuid.UUID(key)})
    installation.system.jobs().learner_states.run(TENANT)
    return key


def test_nothing_of_a_person_is_left_on_disk(installation: Installation) -> None:
    user, name, other = str(uuid.uuid4()), f"Zoë {uuid.uuid4()}", str(uuid.uuid4())
    key = fill(installation, user, name, other)
    assert installation.send(answered(user), answered(other)) == ["accepted"] * 2  # these two still wait in landing
    installation.rows("SELECT 1")
    wanted = ids_of(installation, user, key, name)
    before = found_in(installation.data, wanted)
    assert any(place.startswith("lake/events/_delta_log") for place in before)
    assert any(place.endswith(".parquet") for place in before)
    assert any("pg_wal" in place for place in before)
    others_before = [row for row in core(installation) if row["learner_key"] != key]

    said = installation.erase(user)

    assert found_in(installation.data, wanted) == set()
    assert said["verified"]
    assert said["search"]["hits"] == []
    assert said["search"]["files"] > 100
    assert said["checksum"] == checksum(said)
    assert said["removed"]["event_log"] == 20
    assert said["removed"]["landing"] == 1
    assert said["removed"]["held"] == 1
    assert said["removed"]["dead_letters"] == 1
    assert {"enrolments", "topic_mastery", "learner_state", "consent_state", "people"} <= said["removed"].keys()
    assert {one["dataset"]: one["rows"] for one in said["kept"]}.items() >= {
        "preference_log": 1,
        "consent_history": 1,
    }.items()
    assert not [one for one in wanted if one in json.dumps(said).encode()]
    assert said["models_to_rebuild"] == ["item_difficulty/1"]
    # Others are untouched.
    assert [row for row in core(installation) if row["learner_key"] != key] == others_before
    assert installation.rows("SELECT count(*) FROM landing") == [(1,)]
    assert installation.rows("SELECT count(*) FROM held") == [(1,)]


def test_erased_people_stay_out_until_they_consent_anew(installation: Installation) -> None:
    user = str(uuid.uuid4())
    key = installation.person(user)
    first = answered(user)
    assert installation.send(first) == ["accepted"]
    installation.move()
    installation.erase(user)
    # A replay, later events, whatever they rest on, and however often.
    later = answered(user)
    assert installation.send(first, later, opted_out(user)) == ["suppressed"] * 3
    assert installation.send(first, later) == ["suppressed"] * 2
    assert installation.system.vault.ensure(TENANT, [Identifier("user", user)]) == {}
    with pytest.raises(Conflict, match="erased already"):
        installation.erase(user)
    with pytest.raises(NotFound):
        installation.erase("nobody-knows-me")
    assert found_in(installation.data, ids_of(installation, user, key)) == set()
    # A new beginning, under a new key; nothing of before comes back.
    again = installation.person(user)
    assert again != key
    assert installation.send(answered(user)) == ["accepted"]
    installation.move()
    assert [row["learner_key"] for row in core(installation) if row["learner_key"] in (key, again)] == [again]


def test_a_member_of_staff_leaves_the_events_of_others(installation: Installation) -> None:
    staff, learner = str(uuid.uuid4()), str(uuid.uuid4())
    key = installation.person(staff, kind="staff", consents=False)
    other = installation.person(learner)
    graded = [example("exercise_reviewed", user_id=staff, subject_id=learner) for _ in range(2)]
    assert installation.send(graded[0]) == ["accepted"]
    installation.move()
    assert installation.send(graded[1]) == ["accepted"]  # still in landing when the person goes
    (row,) = [row for row in core(installation) if row["learner_key"] == other]
    assert row["actor_key"] == key
    said = installation.erase(staff)
    assert said["redacted_in_events_of_others"] == {"held": 0, "landing": 1, "event_log": 1}
    installation.move()
    after = [row for row in core(installation) if row["learner_key"] == other]
    assert len(after) == 2
    assert {**row, "actor_key": None} in after
    assert {one["actor_key"] for one in after} == {None}
    assert found_in(installation.data, ids_of(installation, staff, key)) == set()


def test_a_legal_hold_keeps_sealed_what_it_names(installation: Installation) -> None:
    user, other = str(uuid.uuid4()), str(uuid.uuid4())
    key = fill(installation, user, "", other)
    holds = installation.system.legal_holds
    hold = holds.set(TENANT, Identifier("user", user), ["event_log", "enrolments"], reason="case 17", by="test")
    said = installation.erase(user)
    assert said["under_legal_hold"] == {str(hold): ["event_log", "enrolments"]}
    assert found_in(installation.data, ids_of(installation, user, key)) == set()
    kept = holds.kept(TENANT, hold, reason="court order", by="test")
    assert {dataset: len(rows) for dataset, rows in kept.items()} == {"event_log": 20, "enrolments": 1, "identity": 1}
    assert kept["identity"][0]["identifiers"] == [["user", user]]
    assert holds.lift(TENANT, hold, by="test") == 22
    assert holds.kept(TENANT, hold, reason="again", by="test") == {}


def test_erasures_are_carried_over_to_what_is_restored(installation: Installation) -> None:
    user = str(uuid.uuid4())
    installation.person(user)
    system = installation.system
    hashed = system.keys.identifier_hash(TENANT, "user", user)
    # The list of an installation that erased the person, applied where a backup from before was restored.
    (taken,) = system.erasures.apply_suppressions(TENANT, [system.keys.suppression_hash(TENANT, hashed)])
    assert installation.send(answered(user)) == ["suppressed"]
    system.erasure_job().run()
    done = system.erasures.get(TENANT, taken.erasure_id)
    assert done is not None
    assert done.step == "completed"


def test_the_chain_of_the_audit_log_holds_and_tells_both_ends(installation: Installation) -> None:
    user = str(uuid.uuid4())
    installation.person(user)
    said = installation.erase(user)
    entries = installation.rows(
        "SELECT action, subject, detail FROM audit_log WHERE subject = (SELECT subject FROM erasures "
        "WHERE receipt->>'checksum' = %s) ORDER BY seq",
        said["checksum"],
    )
    assert [action for action, _, _ in entries][-2:] == ["erasure.requested", "erasure.completed"]
    assert json.loads(entries[-1][2])["receipt"] == said
    broken = installation.rows(
        "SELECT count(*) FROM (SELECT previous, lag(hash, 1, ''::bytea) OVER (PARTITION BY tenant_id ORDER BY seq) "
        "AS h FROM audit_log) AS _ WHERE previous <> h"
    )
    assert broken == [(0,)]


def test_purposes_of_an_erased_person_are_gone(installation: Installation) -> None:
    user = str(uuid.uuid4())
    key = installation.person(user)
    assert installation.system.consent.purposes(TENANT, [key]) == {key: frozenset({Purpose.LEARNING_SUPPORT})}
    installation.erase(user)
    assert installation.system.consent.purposes(TENANT, [key]) == {}
    with pytest.raises(NotFound):
        installation.system.consent.decide(
            TENANT, key, [Purpose.RESEARCH], "granted", text_version="v1", recorded_by="test"
        )
