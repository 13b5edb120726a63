"""The sequence of record changes: no gap, nothing behind what was seen, whoever commits when."""

from __future__ import annotations

import threading

import pytest
from tests.outbox.conftest import ACTOR, Desk, change_course

from akademos.errors import AkademosError, Conflict, InputError, NotFound
from akademos.stores.postgres import outbox_places


def test_a_change_that_commits_late_comes_late_and_is_not_skipped(desk: Desk) -> None:
    desk.add()
    with desk.database.pipeline() as slow:
        change_course(slow, desk.tenant, "slow", "begun first")  # has the lower number
        desk.course("quick")
        first = desk.read()
        assert [event["subject"] for event in first.events] == ["learning_courses/quick"]
        desk.outbox.acknowledge(desk.tenant, "graph", first.cursor, after=first.after)
        assert desk.read().events == []
    second = desk.read()
    assert [event["subject"] for event in second.events] == ["learning_courses/slow"]
    assert second.cursor > first.cursor


def test_what_is_rolled_back_never_comes(desk: Desk) -> None:
    desk.add()
    with desk.database.pipeline() as transaction:
        change_course(transaction, desk.tenant, "a", "A")
        transaction.rollback()
    desk.course("b")
    assert [event["subject"] for event in desk.read().events] == ["learning_courses/b"]


def test_a_follower_gets_everything_once_and_in_order_while_many_write(desk: Desk) -> None:
    desk.add()
    writers, each = 4, 15

    def write(number: int) -> None:
        for version in range(each):
            desk.course(f"c{number}", f"title {version}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    ids: list[str] = []
    titles: dict[str, list[str]] = {}
    while (
        any(thread.is_alive() for thread in threads)
        or desk.read().cursor > desk.outbox.consumer(desk.tenant, "graph").position
    ):
        page = desk.read(limit=7)
        for event in page.events:
            ids.append(event["id"])
            titles.setdefault(event["subject"], []).append(event["data"]["values"]["title"])
        desk.outbox.acknowledge(desk.tenant, "graph", page.cursor, after=page.after)
    assert len(ids) == len(set(ids)) == writers * each
    assert all(found == [f"title {version}" for version in range(each)] for found in titles.values())
    places = [place for (place,) in desk.rows("SELECT position FROM outbox ORDER BY position")]
    assert places == list(range(1, len(places) + 1))


def test_more_than_one_turn_gives_every_place_in_order(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_places, "AT_ONCE", 3)
    desk.add()
    for number in range(8):
        desk.course(f"c{number}")
    assert desk.outbox.sequence() == 8
    placed = desk.rows("SELECT position, change FROM outbox ORDER BY position")
    assert [position for position, _ in placed] == list(range(1, 9))
    assert [change for _, change in placed] == sorted(change for _, change in placed)
    assert desk.outbox.sequence() == 0


def test_reading_moves_nothing_and_acknowledging_moves_once(desk: Desk) -> None:
    desk.add()
    desk.course("a")
    desk.course("b")
    page = desk.read()
    assert desk.read() == page
    done = desk.outbox.acknowledge(desk.tenant, "graph", page.cursor, after=page.after)
    again = desk.outbox.acknowledge(desk.tenant, "graph", page.cursor, after=page.after)
    assert done.position == again.position == page.cursor
    assert desk.read().events == []


def test_of_two_who_took_the_same_page_one_wins(desk: Desk) -> None:
    desk.add()
    for course in "abc":
        desk.course(course)
    one, other = desk.read(limit=1), desk.read(limit=2)
    desk.outbox.acknowledge(desk.tenant, "graph", one.cursor, after=one.after)
    with pytest.raises(Conflict) as refused:
        desk.outbox.acknowledge(desk.tenant, "graph", other.cursor, after=other.after)
    assert refused.value.code == "cursor_moved"


def test_cursors_go_forward_only_and_not_beyond_the_end(desk: Desk) -> None:
    desk.add()
    desk.course("a")
    page = desk.read()
    desk.outbox.acknowledge(desk.tenant, "graph", page.cursor, after=None)
    with pytest.raises(Conflict, match="More is acknowledged"):
        desk.outbox.acknowledge(desk.tenant, "graph", page.after, after=None)
    for ahead in (page.cursor + 1, 2**62):
        with pytest.raises(InputError):
            desk.outbox.acknowledge(desk.tenant, "graph", ahead, after=None)
        with pytest.raises(InputError):
            desk.read(after=ahead)


def test_a_replay_brings_the_same_events_again(desk: Desk) -> None:
    desk.add()
    desk.course("a")
    page = desk.read()
    desk.outbox.acknowledge(desk.tenant, "graph", page.cursor, after=page.after)
    desk.outbox.replay(desk.tenant, "graph", after=page.after, actor=ACTOR)
    assert desk.read().events == page.events
    with pytest.raises(InputError):
        desk.outbox.replay(desk.tenant, "graph", after=page.cursor, actor=ACTOR)
    said = desk.rows("SELECT detail FROM audit_log WHERE action = 'consumer.changed' ORDER BY seq")
    assert ["added" in said[0][0], "replayed" in said[1][0]] == [True, True]


def test_a_consumer_of_few_records_comes_forward_too(desk: Desk) -> None:
    desk.add("graph", "learning_paths")
    desk.course("a")
    page = desk.read()
    assert (page.events, page.cursor) == ([], page.head)
    assert page.head > page.after


def test_who_stayed_away_too_long_is_told(desk: Desk) -> None:
    desk.add()
    for course in "ab":
        desk.course(course)
    desk.read()
    desk.rows("DELETE FROM outbox WHERE position = 1 RETURNING 1")
    with pytest.raises(AkademosError) as refused:
        desk.read()
    assert (refused.value.code, refused.value.status) == ("cursor_expired", 410)
    found = desk.outbox.restart(desk.tenant, "graph", actor=ACTOR)
    assert found.position == desk.read().head
    desk.course("c")
    assert len(desk.read().events) == 1


def test_a_consumer_from_the_beginning_gets_what_is_kept(desk: Desk) -> None:
    desk.course("a")
    desk.outbox.sequence()
    desk.add("late")
    desk.add("whole", from_beginning=True)
    assert desk.read("late").events == []
    assert len(desk.read("whole").events) == 1


def test_a_paused_consumer_gets_nothing(desk: Desk) -> None:
    desk.add()
    desk.outbox.set_state(desk.tenant, "graph", "paused", actor=ACTOR)
    with pytest.raises(Conflict):
        desk.read()
    desk.outbox.set_state(desk.tenant, "graph", "active", actor=ACTOR)
    assert desk.read().events == []


@pytest.mark.parametrize(
    ("records", "more", "code"),
    [
        (("nothing",), {}, "record_unknown"),
        (("items",), {}, "record_unknown"),
        (("learning_courses",), {"people": "user_id", "basis": "  "}, "basis_missing"),
        (("learning_courses",), {"url": "https://example.org/"}, "host_not_declared"),
        (("learning_courses",), {"url": "gopher://127.0.0.1/"}, "url_invalid"),
    ],
)
def test_what_cannot_be_a_consumer(desk: Desk, records: tuple[str, ...], more: dict[str, str], code: str) -> None:
    with pytest.raises(InputError) as refused:
        desk.add("graph", *records, **more)
    assert refused.value.code == code


def test_names_are_taken_once_and_unknown_ones_refused(desk: Desk) -> None:
    desk.add()
    with pytest.raises(Conflict):
        desk.add()
    with pytest.raises(NotFound):
        desk.read("other")
    with pytest.raises(NotFound):
        desk.outbox.remove(desk.tenant, "other", actor=ACTOR)
    desk.outbox.remove(desk.tenant, "graph", actor=ACTOR)
    assert desk.outbox.consumers(desk.tenant) == []


def test_another_tenant_has_another_sequence(desk: Desk) -> None:
    with desk.database.pipeline() as transaction:
        transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES ('other', 'Another college')")
    desk.add()
    with desk.database.pipeline() as transaction:
        change_course(transaction, "other", "secret", "Secret")
    desk.outbox.sequence()
    assert desk.read().head == 0
    with pytest.raises(NotFound):
        desk.outbox.read("other", "graph", after=None, limit=10, actor=ACTOR)
