"""Deliveries to a real recipient that takes, fails, asks for time, and dies."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from tests.outbox.conftest import ACTOR, Desk, Recipient, Sender

from akademos.catalogue.outbox import OUTBOX_LIMITS
from akademos.outbox.signature import secret_of, verified
from akademos.stores.http.webhooks import HttpWebhooks


def follow(desk: Desk, recipient: Recipient, **more: int) -> bytes:
    secret = desk.add("graph", "learning_courses", url=recipient.url, **more)
    assert secret is not None
    return secret_of(secret)


def subjects(recipient: Recipient) -> list[str]:
    found = [orjson.loads(body) for _, body in recipient.taken]
    return [event["subject"] for one in found for event in (one if isinstance(one, list) else [one])]


def test_events_come_signed_and_in_order(desk: Desk, recipient: Recipient, sender: Sender) -> None:
    secret = follow(desk, recipient)
    desk.course("a")
    desk.course("b")
    sender.job.sequence()
    assert [sender.job.deliver() for _ in range(3)] == ["delivered", "delivered", None]
    assert subjects(recipient) == ["learning_courses/a", "learning_courses/b"]
    for headers, body in recipient.taken:
        assert headers["content-type"] == "application/cloudevents+json"
        assert headers["webhook-id"] == orjson.loads(body)["id"]
        assert verified(headers, body, secret, sender.clock())
        assert not verified(headers, body, b"another", sender.clock())


def test_batches_hold_as_many_as_asked_for(desk: Desk, recipient: Recipient, sender: Sender) -> None:
    follow(desk, recipient, batch=2)
    for course in "abc":
        desk.course(course)
    sender.job.sequence()
    assert [sender.job.deliver() for _ in range(3)] == ["delivered", "delivered", None]
    assert [len(orjson.loads(body)) for _, body in recipient.taken] == [2, 1]
    assert recipient.taken[0][0]["content-type"] == "application/cloudevents-batch+json"


def test_a_failure_is_tried_again_after_a_pause_and_nothing_overtakes_it(
    desk: Desk, recipient: Recipient, sender: Sender
) -> None:
    follow(desk, recipient)
    desk.course("a")
    desk.course("b")
    sender.job.sequence()
    recipient.answers = [500, 404]
    assert sender.job.deliver() == "failed"
    assert sender.job.deliver() is None
    sender.clock.now += timedelta(seconds=6)
    assert sender.job.deliver() == "failed"
    sender.clock.now += timedelta(seconds=6)
    assert sender.job.deliver() is None
    sender.clock.now += timedelta(seconds=5)
    assert [sender.job.deliver() for _ in range(3)] == ["delivered", "delivered", None]
    assert subjects(recipient) == ["learning_courses/a", "learning_courses/b"]


def test_a_recipient_gets_the_time_it_asks_for(desk: Desk, recipient: Recipient, sender: Sender) -> None:
    follow(desk, recipient)
    desk.course("a")
    sender.job.sequence()
    recipient.answers, recipient.headers = [429], {"Retry-After": "120"}
    assert sender.job.deliver() == "failed"
    sender.clock.now += timedelta(seconds=119)
    assert sender.job.deliver() is None
    sender.clock.now += timedelta(seconds=2)
    assert sender.job.deliver() == "delivered"


def test_after_the_last_attempt_it_lies_in_the_dead_letters_until_it_is_replayed(
    desk: Desk, recipient: Recipient, sender: Sender
) -> None:
    follow(desk, recipient, attempts=2)
    desk.course("a")
    desk.course("b")
    sender.job.sequence()
    recipient.answers = [500, 500]
    assert sender.job.deliver() == "failed"
    sender.clock.now += timedelta(hours=1)
    assert sender.job.deliver() == "dead"
    sender.clock.now += timedelta(hours=1)
    assert sender.job.deliver() == "delivered"
    assert subjects(recipient) == ["learning_courses/b"]
    (letter,) = desk.outbox.letters(desk.tenant, "graph")
    assert (letter.attempts, letter.reason) == (2, "answered 500 Internal Server Error")
    assert sender.deliveries.standing().letters == 1
    assert desk.outbox.replay_letters(desk.tenant, "graph", actor=ACTOR) == 1
    recipient.answers = [503]
    assert sender.job.deliver() == "dead"
    assert [one.attempts for one in desk.outbox.letters(desk.tenant, "graph")] == [3]
    sender.clock.now += timedelta(hours=1)
    assert sender.job.deliver() is None
    desk.outbox.replay_letters(desk.tenant, "graph", actor=ACTOR)
    assert sender.job.deliver() == "delivered"
    assert subjects(recipient) == ["learning_courses/b", "learning_courses/a"]
    assert desk.outbox.letters(desk.tenant, "graph") == []
    assert desk.outbox.consumer(desk.tenant, "graph").position == 2


def test_a_letter_of_what_may_not_leave_any_more_is_dropped(desk: Desk, recipient: Recipient, sender: Sender) -> None:
    desk.add("graph", "learning_certificates", url=recipient.url, attempts=1, people="pseudonym")
    key = desk.learner("ada")
    desk.certificate("c-1", key)
    sender.job.sequence()
    recipient.answers = [500]
    assert sender.job.deliver() == "dead"
    desk.rows("SELECT erase_record_changes(%s, ARRAY[%s::uuid], ARRAY[gen_random_uuid()], NULL)", desk.tenant, key)
    desk.outbox.replay_letters(desk.tenant, "graph", actor=ACTOR)
    sender.clock.now += timedelta(hours=1)
    assert sender.job.deliver() is None
    assert desk.outbox.letters(desk.tenant, "graph") == []
    assert recipient.taken == []


def test_a_recipient_that_wants_no_more_is_left_alone(desk: Desk, recipient: Recipient, sender: Sender) -> None:
    follow(desk, recipient)
    desk.course("a")
    sender.job.sequence()
    recipient.answers = [410]
    assert sender.job.deliver() == "gone"
    sender.clock.now += timedelta(days=1)
    assert sender.job.deliver() is None
    desk.outbox.set_state(desk.tenant, "graph", "active", actor=ACTOR)
    assert sender.job.deliver() == "delivered"


def test_a_sender_that_dies_loses_nothing_and_one_that_comes_back_late_moves_nothing(
    desk: Desk, recipient: Recipient, sender: Sender
) -> None:
    follow(desk, recipient)
    desk.course("a")
    sender.job.sequence()
    lost = sender.deliveries.take(sender.clock())
    assert lost is not None
    assert sender.job.deliver() is None  # the turn is taken
    sender.clock.now += OUTBOX_LIMITS.lease + timedelta(seconds=1)
    assert sender.job.deliver() == "delivered"
    desk.course("b")
    sender.job.sequence()
    taken = sender.deliveries.take(sender.clock())
    assert taken is not None
    assert not sender.deliveries.failed(lost, "late", next_attempt_at=sender.clock())
    sender.deliveries.delivered(taken)
    found = desk.outbox.consumer(desk.tenant, "graph")
    assert (found.position, found.failures, found.letters) == (2, 0, 0)


def test_both_secrets_count_while_one_is_rotated(desk: Desk, recipient: Recipient, sender: Sender) -> None:
    old = follow(desk, recipient)
    new = secret_of(desk.outbox.rotate(desk.tenant, "graph", actor=ACTOR))
    desk.course("a")
    sender.job.sequence()
    sender.job.deliver()
    headers, body = recipient.taken[0]
    assert verified(headers, body, old, sender.clock())
    assert verified(headers, body, new, sender.clock())
    sealed = desk.rows("SELECT secret, previous_secret FROM outbox_consumers")[0]
    assert not any(
        secret in bytes(one) or secret.hex().encode() in bytes(one) for secret in (old, new) for one in sealed
    )


def test_redirects_are_not_followed(desk: Desk, recipient: Recipient, sender: Sender) -> None:
    follow(desk, recipient)
    desk.course("a")
    sender.job.sequence()
    recipient.answers, recipient.headers = [302], {"Location": recipient.url}
    assert sender.job.deliver() == "failed"
    assert recipient.asked == 1


@pytest.mark.parametrize(
    ("url", "hosts", "reason"),
    [
        ("https://hooks.example.org/", "other.example.org", "not sent: host_not_declared"),
        ("https://hooks.example.org/", "hooks.example.org", "not sent: address_not_public"),
        ("http://hooks.example.org/", "hooks.example.org", "not sent: url_invalid"),
    ],
)
def test_what_must_not_be_reached_is_not(recipient: Recipient, url: str, hosts: str, reason: str) -> None:
    async def inside(host: str, port: int) -> list[str]:
        return ["93.184.216.34", "127.0.0.1"]

    assert HttpWebhooks(hosts, resolve=inside).send(url, b"{}", {}).reason == reason
    assert recipient.asked == 0


def test_the_connection_goes_to_the_address_that_was_looked_at(recipient: Recipient) -> None:
    port = int(recipient.url.rsplit(":", 1)[1].split("/")[0])
    asked = []

    async def once(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    webhooks = HttpWebhooks("hooks.example.org", development=True, resolve=once)
    reply = webhooks.send(f"http://hooks.example.org:{port}/in?x=1", b"{}", {"webhook-id": "m"})
    assert (reply.status, asked) == (204, ["hooks.example.org"])
    assert recipient.taken[0][0]["host"] == f"hooks.example.org:{port}"


def test_a_recipient_that_never_answers_is_given_up(recipient: Recipient) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        webhooks = HttpWebhooks("127.0.0.1", development=True, timeout=timedelta(seconds=0.3))
        reply = webhooks.send(f"http://127.0.0.1:{silent.getsockname()[1]}/", b"{}", {})
    assert reply.status is None
    assert "no answer within" in reply.reason or "ReadTimeout" in reply.reason
