"""Landing to core: what arrives there, what does not, and that every accepted event is accounted for."""

from __future__ import annotations

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.contracts.event_tables import table
from tests.intake.conftest import START, Door, answered
from tests.jobs.pipeline import Killed, Pipeline, only

from akademos.catalogue.declarations import Purpose
from akademos.errors import Conflict
from akademos.jobs.mover import Move
from akademos.jobs.study_rows import REPORTS_WAIT_S
from akademos.stores.ports.event_log import SCHEMA
from akademos.stores.postgres.learner_state import PostgresLearnerStates


def example(door: Door, name: str, **changes: Any) -> dict[str, Any]:
    """The example of an event type, happening now."""
    known = door.registry.lookup(name)
    assert known is not None
    return {**known.event.example, "client_timestamp": START.isoformat(), **changes}


def withdraw_silently(door: Door, user: str) -> None:
    """The decision alone, before what it clears from landing."""
    with door.database.pipeline() as transaction:
        transaction.execute("UPDATE consent_state SET granted = false WHERE learner_key = %s", (door.person(user),))


def test_an_answer_arrives_as_it_was_sent(pipeline: Pipeline) -> None:
    key = pipeline.door.grant("u-1", Purpose.LEARNING_SUPPORT)
    event = answered(
        "u-1",
        session_id="s-1",
        course_id="maths",
        context_page="/learn",
        properties={"correct": True, "time_to_answer_seconds": 45, "topic_ids": ["algebra"], "item_version": "3"},
    )
    assert pipeline.door.verdicts(event) == ["accepted"]
    assert pipeline.drain() == [Move(taken=1, moved=1)]
    row = only(pipeline.rows())
    assert json.loads(row.pop("properties")) == {"context_page": "/learn", "item_version": "3"}
    assert {name: value for name, value in row.items() if value is not None} == {
        "tenant_id": pipeline.door.tenant,
        "month": "2026-03",
        "event_id": event["event_id"],
        "event_name": "question_submitted",
        "event_version": 1,
        "learner_key": key,
        "actor_key": key,
        "occurred_at": START,
        "time_precision": "exact",
        "received_at": START,
        "client_timestamp": START,
        "source": "key-1",
        "basis": "consent",
        "retention_from": START,
        "environment": "prod",
        "persona": "unknown",
        "course_id": "maths",
        "topic_ids": ["fractions", "algebra"],
        "question_id": "q-1",
        "session_id": "s-1",
        "score": 1.0,
        "duration_seconds": 45.0,
    }
    assert pipeline.door.count("landing") == 0
    assert pipeline.moved() == {"moved": 1}


def test_every_event_of_the_dictionary_arrives(pipeline: Pipeline) -> None:
    door = pipeline.door
    for user in ("u-1029", "staff-7"):
        door.grant(user)
    declared = list(door.registry.by_wire_name.values())
    examples = [example(door, known.event.wire_name) for known in declared]
    verdicts = door.batch(*examples).verdicts
    assert {one["verdict"] for one in verdicts} == {"accepted"}
    pipeline.drain()
    expected = {
        (str(event["event_id"]), known.event.name, known.event.version)
        for event, known in zip(examples, declared, strict=True)
        if known.event.zone == "core"
    }
    assert {(row["event_id"], row["event_name"], row["event_version"]) for row in pipeline.rows()} == expected
    assert len(expected) > 30


def test_no_identifier_of_a_person_reaches_the_core(pipeline: Pipeline) -> None:
    user, anonymous, subject = f"user-{uuid.uuid4()}", str(uuid.uuid4()), f"subject-{uuid.uuid4()}"
    hashes = {name: uuid.uuid4().hex * 2 for name in ("pii_hash", "phone_hash", "pii_hash_previous")}
    door = pipeline.door
    for who in (user, subject):
        door.grant(who)
    door.grant(anonymous, kind="anonymous")
    door.batch(
        {**answered(user, anonymous_id=anonymous, pii_salt_version=1), **hashes},
        {**answered(), "user_id": None, "anonymous_id": anonymous},
        example(door, "advisor_note_added", user_id="staff-1", subject_id=subject),
    )
    pipeline.drain()
    assert len(pipeline.rows()) == 3
    content = b"".join(path.read_bytes() for path in pipeline.folder.rglob("*") if path.is_file())
    written = json.dumps([{name: str(value) for name, value in row.items()} for row in pipeline.rows()])
    for identifier in (user, anonymous, subject, "staff-1", *hashes.values()):
        assert identifier.encode() not in content
        assert identifier not in written


def test_the_learner_is_the_actor_or_else_the_subject(pipeline: Pipeline) -> None:
    door = pipeline.door
    learner = door.grant("u-1029")
    note = example(door, "advisor_note_added")
    door.batch(note)
    pipeline.drain()
    row = only(pipeline.rows())
    assert (row["learner_key"], row["subject_key"]) == (learner, learner)
    assert row["actor_key"] == door.person(note["user_id"]) != learner


def test_consent_is_checked_again_when_a_row_is_moved(pipeline: Pipeline) -> None:
    door = pipeline.door
    door.grant("u-1", Purpose.LEARNING_SUPPORT)
    door.grant("u-2", Purpose.LEARNING_SUPPORT)
    door.batch(answered("u-1"), answered("u-2"), answered("u-1"))
    withdraw_silently(door, "u-1")
    assert pipeline.drain() == [Move(taken=3, moved=1, withdrawn=2)]
    assert only(pipeline.rows())["learner_key"] == door.person("u-2")
    assert pipeline.moved() == {"moved": 1, "withdrawn": 2}


def test_what_was_held_follows_its_consent(pipeline: Pipeline) -> None:
    door = pipeline.door
    assert door.verdicts(answered("u-1"), answered("u-2")) == ["held", "held"]
    assert pipeline.drain() == []
    door.grant("u-1")
    assert pipeline.drain() == [Move(taken=1, moved=1)]
    assert pipeline.door.count("held") == 1


@pytest.mark.parametrize("restarts", [1, 3])
def test_a_crash_after_the_commit_neither_loses_nor_doubles(pipeline: Pipeline, restarts: int) -> None:
    door = pipeline.door
    door.grant("u-1")
    sent = [answered("u-1") for _ in range(5)]
    door.batch(*sent)
    for _ in range(restarts):
        with pytest.raises(Killed):
            pipeline.mover(killed=True).move()
        assert door.count("landing") > 0
        pipeline.equation()
        sent.append(answered("u-1"))
        door.batch(sent[-1])
        pipeline.equation()
    pipeline.drain()
    assert sorted(pipeline.ids()) == sorted(event["event_id"] for event in sent)
    assert pipeline.moved() == {"moved": len(sent)}


def test_a_withdrawal_between_crash_and_restart_is_counted_once(pipeline: Pipeline) -> None:
    door = pipeline.door
    for user in ("u-1", "u-2"):
        door.grant(user, Purpose.LEARNING_SUPPORT)
    door.batch(answered("u-1"), answered("u-2"))
    withdraw_silently(door, "u-1")
    with pytest.raises(Killed):
        pipeline.mover(killed=True).move()
    pipeline.equation()
    with door.database.pipeline() as transaction:
        transaction.execute("UPDATE consent_state SET granted = NOT granted")
    pipeline.drain()
    assert pipeline.moved() == {"moved": 1, "withdrawn": 1}
    assert only(pipeline.rows())["learner_key"] == door.person("u-2")


def test_a_withdrawal_after_a_crash_leaves_what_is_in_the_core_to_the_mover(pipeline: Pipeline) -> None:
    door = pipeline.door
    door.grant("u-1")
    door.batch(answered("u-1"))
    with pytest.raises(Killed):
        pipeline.mover(killed=True).move()
    door.batch(answered("u-1"))
    assert door.withdraw("u-1") == 1  # the second only: the first is in the core, and goes from there
    pipeline.equation()
    pipeline.drain()
    assert pipeline.moved() == {"moved": 1, "withdrawn": 1}


def test_without_the_application_transaction_the_crash_doubles(pipeline: Pipeline) -> None:
    door = pipeline.door
    door.grant("u-1")
    door.batch(answered("u-1"))
    with pytest.raises(Killed):
        pipeline.mover(killed=True, exactly_once=False).move()
    list(pipeline.mover(exactly_once=False).drain())
    assert len(pipeline.ids()) == 2
    assert len(set(pipeline.ids())) == 1


def test_another_mover_that_got_there_first_is_noticed(pipeline: Pipeline) -> None:
    door = pipeline.door
    door.grant("u-1")
    door.batch(answered("u-1"))
    application = pipeline.queue.application
    with pipeline.queue.take(10, 10**6, committed=None) as batch:
        assert batch is not None
        pipeline.core.append(table([]), application=application, version=batch.version - 1)
        with pytest.raises(Conflict):
            pipeline.core.append(table([]), application=application, version=batch.version, after=None)
    assert pipeline.mover().move().moved == 1
    pipeline.equation()


def test_a_transaction_that_commits_late_is_not_passed_over(pipeline: Pipeline, dsn: str) -> None:
    door = pipeline.door
    door.grant("u-1")
    door.batch(answered("u-1"))
    pipeline.drain()
    late = answered("u-1")
    row = (door.tenant, late["event_id"], door.person("u-1"), json.dumps(late).encode())
    with psycopg.connect(dsn, options="-c role=akademos_pipeline -c search_path=akademos") as slow:
        slow.execute(
            "INSERT INTO landing (tenant_id, event_id, event, actor_key, source, received_at, occurred_at, raw) "
            "VALUES (%s, %s, 'question_submitted', %s, 'key-1', now(), now(), %s)",
            row,
        )
        door.batch(answered("u-1"))  # a higher transaction id, committed first
        assert list(pipeline.mover().drain()) == []
        slow.commit()
    with door.database.pipeline() as transaction:
        transaction.execute("UPDATE receipts SET received = received + 1, accepted = accepted + 1 WHERE receipt_id = 1")
    assert [move.moved for move in pipeline.drain()] == [2]
    assert late["event_id"] in pipeline.ids()


def test_the_same_id_twice_in_landing_is_a_late_duplicate(pipeline: Pipeline) -> None:
    door = pipeline.door
    door.grant("u-1")
    event = answered("u-1", properties={"correct": True})
    door.batch(event)
    with door.database.pipeline() as transaction:
        transaction.execute("DELETE FROM event_index")  # as the index does after 35 days
    assert door.verdicts({**event, "properties": {"correct": False}}) == ["accepted"]
    assert pipeline.drain() == [Move(taken=2, moved=1, late_duplicates=1)]
    assert only(pipeline.rows())["score"] == 1.0


def test_an_id_that_an_import_brought_is_a_late_duplicate(pipeline: Pipeline) -> None:
    door = pipeline.door
    door.grant("u-1")
    events = [answered("u-1"), answered("u-1")]
    door.batch(events[0])
    pipeline.drain()
    with door.database.pipeline() as transaction:
        transaction.execute("DELETE FROM event_index")
        transaction.execute(
            "INSERT INTO imports (tenant_id, import_id, file, basis_id, layout, fingerprint) "
            "VALUES (%s, '', '', '', '', '')",
            (door.tenant,),
        )
    door.batch(*events)
    assert pipeline.drain() == [Move(taken=2, moved=1, late_duplicates=1)]
    assert sorted(pipeline.ids()) == sorted(event["event_id"] for event in events)


def test_a_new_life_of_the_cluster_asks_the_core_first(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    door = pipeline.door
    door.grant("u-1")
    door.batch(answered("u-1"))
    with pytest.raises(Killed):
        pipeline.mover(killed=True).move()
    monkeypatch.setattr(type(pipeline.queue), "application", "mover/restored")
    assert pipeline.mover().move() == Move(taken=1, late_duplicates=1)
    assert len(pipeline.ids()) == 1


def test_rows_of_a_store_that_was_wound_back_are_not_taken_for_moved_ones(pipeline: Pipeline) -> None:
    door = pipeline.door
    door.grant("u-1")
    sent = [answered("u-1")]
    door.batch(*sent)
    pipeline.drain()
    # As if the store had been at a transaction far ahead, and then restored to what it is now.
    ahead = pipeline.queue.next_transaction + 1000
    moved = pipeline.core.committed_version(pipeline.queue.application)
    pipeline.core.append(table([]), application=pipeline.queue.application, version=ahead, after=moved)
    for _ in range(3):
        sent.append(answered("u-1"))
        door.batch(sent[-1])
        assert [move.moved for move in pipeline.mover().drain()] == [1]
    while pipeline.queue.next_transaction <= ahead:  # ids pass those of the former life
        with door.database.pipeline() as transaction:
            transaction.execute("SELECT pg_current_xact_id()")
    sent.append(answered("u-1"))
    door.batch(sent[-1])
    with pytest.raises(Killed):
        pipeline.mover(killed=True).move()
    assert [move.moved for move in pipeline.mover().drain()] == []
    assert sorted(pipeline.ids()) == sorted(event["event_id"] for event in sent)
    assert pipeline.moved() == {"moved": len(sent)}


def test_an_event_type_that_is_gone_waits_and_blocks_nobody(pipeline: Pipeline) -> None:
    door = pipeline.door
    door.grant("u-1")
    door.batch(answered("u-1"), answered("u-1"))
    with door.database.pipeline() as transaction:
        transaction.execute("UPDATE landing SET event = 'never_declared' WHERE seq = (SELECT min(seq) FROM landing)")
    assert pipeline.mover().move() == Move(taken=2, moved=1, postponed=1)
    pipeline.equation()
    assert list(pipeline.mover().drain()) == []
    with door.database.pipeline() as transaction:
        transaction.execute("UPDATE landing SET event = 'question_submitted'")
    assert pipeline.drain() == [Move(taken=1, moved=1)]


def test_a_row_that_cannot_be_read_waits_and_blocks_nobody(pipeline: Pipeline) -> None:
    door = pipeline.door
    door.grant("u-1")
    sent = [answered("u-1") for _ in range(4)]
    door.batch(*sent)
    with door.database.pipeline() as transaction:
        transaction.execute(
            "UPDATE landing SET raw = %s WHERE seq = (SELECT min(seq) FROM landing)",
            (b'{"properties":{"time_to_answer_seconds":"long"}}',),
        )
    assert pipeline.mover().move() == Move(taken=4, moved=3, postponed=1)
    assert sorted(pipeline.ids()) == sorted(event["event_id"] for event in sent[1:])
    pipeline.equation()


def test_batches_are_whole_transactions_within_their_bounds(pipeline: Pipeline) -> None:
    door = pipeline.door
    door.grant("u-1")
    for count in (3, 4, 2, 9):
        door.batch(*(answered("u-1") for _ in range(count)))
    taken = []
    for rows, size in ((6, 10**9), (6, 10**9), (1, 1)):
        with pipeline.queue.take(rows, size, committed=None) as batch:
            assert batch is not None
            taken.append(batch.rows)
            assert sum(map(len, batch.events())) == batch.rows
            assert batch.finish([]) == batch.rows
    assert taken == [3, 6, 9]  # 3; then 4 and 2; then 9, alone over the bound
    with pipeline.queue.take(6, 1, committed=None) as batch:
        assert batch is None


def test_two_movers_and_a_busy_sender_lose_nothing(pipeline: Pipeline) -> None:
    door = pipeline.door
    users = [f"u-{n}" for n in range(5)]
    for user in users:
        door.grant(user)
    done = threading.Event()
    sent: list[str] = []

    def move() -> int:
        mover, moved = pipeline.mover(), 0
        while not done.is_set() or door.count("landing"):
            try:
                moved += mover.move().moved
            except Conflict:
                continue
        return moved

    with ThreadPoolExecutor(2) as pool:
        movers = [pool.submit(move) for _ in range(2)]
        try:
            for part in range(15):
                events = [answered(users[part % 5], START - timedelta(days=part)) for _ in range(7)]
                door.batch(*events)
                sent += [event["event_id"] for event in events]
        finally:
            done.set()
        assert sum(one.result() for one in movers) == len(sent)
    assert sorted(pipeline.ids()) == sorted(sent)
    pipeline.equation()


def test_a_withdrawal_waits_for_the_batch_in_hand_and_then_holds(pipeline: Pipeline) -> None:
    door = pipeline.door
    key = door.grant("u-1")
    door.batch(answered("u-1"))
    with ThreadPoolExecutor(1) as pool:
        with pipeline.queue.take(10, 10**6, committed=None) as batch:
            assert batch is not None
            waiting = pool.submit(door.withdraw, "u-1")
            assert not threading.Event().wait(0.3)
            assert not waiting.done()
            assert door.consent.purposes(door.tenant, [key]) == {}  # effective at once all the same
        assert waiting.result() == 1
    assert pipeline.drain() == []


def test_learners_whose_answers_moved_are_marked_stale(pipeline: Pipeline) -> None:
    door = pipeline.door
    for user in ("u-1", "u-2"):
        door.grant(user)
    door.batch(answered("u-1"), answered("u-1"), example(door, "session_started", user_id="u-2"))
    pipeline.drain()
    assert door.rows("SELECT learner_key::text FROM stale_learner_states") == [(door.person("u-1"),)]
    door.batch(answered("u-2"))
    with pytest.raises(Killed):
        pipeline.mover(killed=True).move()
    assert door.count("stale_learner_states") == 1
    pipeline.drain()
    assert door.count("stale_learner_states") == 2


def test_a_state_that_only_reports_of_reading_put_behind_may_wait(pipeline: Pipeline) -> None:
    door = pipeline.door
    states = PostgresLearnerStates(door.database)
    key = door.grant("u-1")
    reports = ("material_progressed", "study_session_heartbeat_sent")
    door.batch(*(example(door, name, event_id=str(uuid.uuid4()), user_id="u-1") for name in reports))
    pipeline.drain()
    assert states.stale(10) == []
    (waiting,) = states.stale(10, early=True)
    assert waiting.learner_key == key
    wait = door.rows("SELECT extract(epoch FROM due_at - marked_at)::int FROM stale_learner_states")
    assert wait == [(REPORTS_WAIT_S,)]
    door.batch(answered("u-1"))
    pipeline.drain()
    (due,) = states.stale(10)
    assert due.learner_key == key
    door.batch(example(door, "material_progressed", event_id=str(uuid.uuid4()), user_id="u-1"))
    pipeline.drain()
    assert [one.learner_key for one in states.stale(10)] == [key]  # a report puts nothing off


def test_columns_are_those_of_the_event_log(pipeline: Pipeline) -> None:
    pipeline.door.grant("u-1")
    pipeline.door.batch(answered("u-1"))
    pipeline.drain()
    assert set(only(pipeline.rows())) == set(SCHEMA.names)
