"""Python client of the intake door: batches, compression, retries with the same ids until there is a verdict.

Example:
    with Client("https://learn.example", key) as client:
        delivery = client.send([{"event_name": "question_submitted", "user_id": "u-1", ...}])
        print(delivery.counts)
"""

from __future__ import annotations

import gzip
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from akademos.catalogue.policies import LIMITS
from akademos.errors import AkademosError, Unavailable

Event = Mapping[str, Any]

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
BATCH_BYTES = LIMITS.body_bytes - 4096
"""Plain size of a batch, so that it also fits where compression is off."""


class Undelivered(Unavailable):
    """The door did not answer in time. `remaining` are the events without a verdict, with their ids: send the same
    ones again, what had arrived all the same becomes a duplicate. `delivery` has the verdicts so far."""

    def __init__(self, reason: str, remaining: Sequence[dict[str, Any]], delivery: Delivery) -> None:
        super().__init__(reason, hint="Send the events in `remaining` again, unchanged.")
        self.remaining = list(remaining)
        self.delivery = delivery


class Refused(AkademosError):
    """The door refused a whole batch, and would again; nothing of it was taken."""

    code = "batch_refused"


@dataclass(slots=True)
class Delivery:
    """What became of the events: how many of each verdict, and the verdicts that are not `accepted`, by event id."""

    counts: Counter[str] = field(default_factory=Counter)
    others: dict[str, dict[str, Any]] = field(default_factory=dict)


class Client:
    """Sends events with one API key. Not for several threads at once."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        batch_events: int = LIMITS.batch_events,
        attempts: int = 8,
        timeout_s: float = 30.0,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`attempts` per batch; `transport`, `clock` and `sleep` can be put in for tests."""
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=timeout_s,
            transport=transport,
        )
        self._batch_events = min(batch_events, LIMITS.batch_events)
        self._attempts = attempts
        self._clock = clock
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def send(self, events: Iterable[Event]) -> Delivery:
        """Send events in order; returns when each has its verdict.

        An event without `event_id` gets a random one, one without `client_timestamp` the present time, once: every
        retry carries the same.

        Raises:
            Undelivered: the door stayed away or busy; has the events that are left.
            Refused: the key is wrong, or a batch is not understood.
        """
        delivery = Delivery()
        batches = list(self._batches(self._complete(event) for event in events))
        for number, batch in enumerate(batches):
            answer = self._post(batch, [event for later in batches[number:] for event in later], delivery)
            for event, verdict in zip(batch, answer["verdicts"], strict=True):
                delivery.counts[verdict["verdict"]] += 1
                if verdict["verdict"] != "accepted":
                    delivery.others[event["event_id"]] = verdict
        return delivery

    def _complete(self, event: Event) -> dict[str, Any]:
        made = {"event_id": str(uuid.uuid4()), "client_timestamp": self._clock().isoformat()}
        return made | dict(event)

    def _batches(self, events: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
        batch: list[dict[str, Any]] = []
        size = 0
        for event in events:
            length = len(orjson.dumps(event)) + 1
            if batch and (len(batch) == self._batch_events or size + length > BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(event)
            size += length
        if batch:
            yield batch

    def _post(self, batch: list[dict[str, Any]], remaining: list[dict[str, Any]], delivery: Delivery) -> dict[str, Any]:
        problem = ""
        for attempt in range(self._attempts):
            body = gzip.compress(orjson.dumps({"sent_at": self._clock().isoformat(), "events": batch}), 3)
            headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
            asked: float | None = None
            try:
                response = self._http.post("/v1/events/batch", content=body, headers=headers)
                if response.status_code == HTTPStatus.OK:
                    answer: dict[str, Any] = response.json()
                    return answer
                problem, asked = _problem(response), _retry_after(response)
                if response.status_code not in TRANSIENT:
                    raise Refused(problem, hint="Mend what it says; nothing of this batch was taken.")
            except httpx.TransportError as failure:
                problem = f"no answer ({type(failure).__name__})"
            if attempt + 1 < self._attempts:
                self._sleep(_pause(attempt) if asked is None else asked)
        raise Undelivered(f"After {self._attempts} attempts: {problem}", remaining, delivery)


def _pause(attempt: int) -> float:
    """Seconds before the next attempt: doubling, between half and all of it, at most a minute."""
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**attempt)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 -- spreads senders, keeps no secret


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("retry-after", "")
    return min(float(text), LONGEST_PAUSE_S) if text.isdigit() else None


def _problem(response: httpx.Response) -> str:
    try:
        document = response.json()
    except ValueError:
        document = None
    detail = document.get("detail") if isinstance(document, dict) else None
    return f"{response.status_code} {detail or response.reason_phrase}"
