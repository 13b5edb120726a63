"""The client: every event gets a verdict or is handed back, retries carry the same ids, pauses are honoured."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from akademos.errors import Unavailable
from akademos.sdk.client import Client, Refused, Undelivered

NOW = datetime(2026, 11, 5, 8, 30, tzinfo=UTC)
Door = Callable[[dict[str, Any]], httpx.Response]


class Recorder:
    """A door that keeps what it was sent and answers as told."""

    def __init__(self, *answers: Door | Exception) -> None:
        self.answers = list(answers)
        self.bodies: list[dict[str, Any]] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer secret"
        assert request.headers["content-encoding"] == "gzip"
        self.bodies.append(orjson.loads(gzip.decompress(request.content)))
        answer = self.answers.pop(0) if self.answers else accept
        if isinstance(answer, Exception):
            raise answer
        return answer(self.bodies[-1])

    def client(self, **options: Any) -> Client:
        return Client(
            "http://door",
            "secret",
            transport=httpx.MockTransport(self),
            sleep=self.pauses.append,
            clock=lambda: NOW,
            **options,
        )


def accept(body: dict[str, Any]) -> httpx.Response:
    verdicts = [{"event_id": event["event_id"], "verdict": "accepted"} for event in body["events"]]
    return httpx.Response(200, json={"verdicts": verdicts})


def refuse(status: int, **headers: str) -> Door:
    return lambda _: httpx.Response(status, headers=headers, json={"detail": "not now"})


def test_events_go_out_in_batches_in_order() -> None:
    door = Recorder()
    with door.client(batch_events=2) as client:
        delivery = client.send({"event_name": "n", "properties": {"place": place}} for place in range(5))
    assert [len(body["events"]) for body in door.bodies] == [2, 2, 1]
    assert [event["properties"]["place"] for body in door.bodies for event in body["events"]] == [0, 1, 2, 3, 4]
    assert delivery.counts == {"accepted": 5}
    assert all(body["sent_at"] == NOW.isoformat() for body in door.bodies)


def test_ids_and_times_are_made_once_and_given_ones_are_kept() -> None:
    door = Recorder(refuse(503), httpx.ConnectError("down"))
    with door.client() as client:
        client.send([{"event_name": "a", "event_id": "mine", "client_timestamp": "then"}, {"event_name": "b"}])
    assert len(door.bodies) == 3
    assert len({orjson.dumps(body["events"]) for body in door.bodies}) == 1
    assert door.bodies[0]["events"][0] == {"event_name": "a", "event_id": "mine", "client_timestamp": "then"}
    assert door.bodies[0]["events"][1]["client_timestamp"] == NOW.isoformat()


def test_retry_after_is_honoured_else_the_pause_doubles() -> None:
    door = Recorder(refuse(429, **{"Retry-After": "7"}), refuse(503), refuse(502), httpx.ReadTimeout("slow"))
    with door.client() as client:
        client.send([{"event_name": "a"}])
    assert door.pauses[0] == 7
    for attempt, pause in enumerate(door.pauses[1:], start=1):
        assert 0.5 * 2**attempt / 2 <= pause <= 0.5 * 2**attempt


def test_what_was_not_delivered_is_handed_back_with_its_ids() -> None:
    door = Recorder(accept, *[refuse(503)] * 3)
    with door.client(batch_events=1, attempts=3) as client, pytest.raises(Undelivered) as failure:
        client.send([{"event_name": "a"}, {"event_name": "b"}, {"event_name": "c"}])
    assert isinstance(failure.value, Unavailable)
    assert [event["event_name"] for event in failure.value.remaining] == ["b", "c"]
    assert failure.value.remaining[0]["event_id"] == door.bodies[1]["events"][0]["event_id"]
    assert failure.value.delivery.counts == {"accepted": 1}


@pytest.mark.parametrize("status", [400, 401, 403, 413, 422])
def test_a_refusal_that_would_be_repeated_is_not(status: int) -> None:
    door = Recorder(refuse(status))
    with door.client() as client, pytest.raises(Refused, match=f"{status} not now"):
        client.send([{"event_name": "a"}])
    assert len(door.bodies) == 1


def test_other_verdicts_are_told_by_id() -> None:
    held = {"event_id": "x", "verdict": "held", "expires_at": "later"}
    door = Recorder(lambda _: httpx.Response(200, json={"verdicts": [held]}))
    with door.client() as client:
        delivery = client.send([{"event_name": "a", "event_id": "x"}])
    assert delivery.counts == {"held": 1}
    assert delivery.others == {"x": held}


def test_a_batch_stays_under_the_size_of_a_body() -> None:
    door = Recorder()
    with door.client() as client:
        client.send({"event_name": "a", "properties": {"text": "x" * 60_000}} for _ in range(200))
    assert len(door.bodies) == 3
    assert all(len(orjson.dumps(body)) < 5 * 1024 * 1024 for body in door.bodies)
