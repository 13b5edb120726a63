"""Publishing outward: changes get their places in the sequence, and webhooks their deliveries."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

import structlog

from akademos.outbox.cloud_events import BATCH_MEDIA_TYPE, MEDIA_TYPE, batched, structured
from akademos.outbox.retries import asked_pause, outcome_of, pause
from akademos.outbox.signature import signed_headers
from akademos.privacy.erasure import ErasedPerson
from akademos.stores.ports.erasure import Erasure
from akademos.stores.ports.outbox import Deliveries, Delivery, Outbox, Recipients, Webhooks
from akademos.telemetry import (
    OUTBOX_DELIVERIES,
    OUTBOX_EVENTS,
    OUTBOX_LAG,
    OUTBOX_LETTERS,
    OUTBOX_SEQUENCED,
    OUTBOX_UNCONFIRMED,
)

log = structlog.get_logger()

Result = Literal["delivered", "failed", "dead", "gone"]


class OutboxJob:
    """Gives places, and delivers; as many processes as there are may run it.

    Args:
        chance: a number in 0..1 for the jitter of pauses.
    """

    def __init__(
        self,
        outbox: Outbox,
        deliveries: Deliveries,
        webhooks: Webhooks,
        *,
        clock: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._outbox = outbox
        self._deliveries = deliveries
        self._webhooks = webhooks
        self._clock = clock
        self._chance = chance

    def sequence(self) -> int:
        """Give places to committed changes; how many."""
        given = self._outbox.sequence()
        OUTBOX_SEQUENCED.inc(given)
        return given

    def deliver(self) -> Result | None:
        """Take one turn; what came of it, None when none is due."""
        delivery = self._deliveries.take(self._clock())
        if delivery is None:
            return None
        body, headers = message(delivery, self._clock())
        reply = self._webhooks.send(str(delivery.consumer.url), body, headers)
        outcome = "again" if reply.status is None else outcome_of(reply.status)
        result: Result
        if outcome == "delivered":
            self._deliveries.delivered(delivery)
            OUTBOX_EVENTS.inc(len(delivery.page.events))
            result = "delivered"
        elif outcome == "gone":
            self._deliveries.gone(delivery)
            result = "gone"
        else:
            wait = pause(delivery.consumer.failures + 1, self._chance())
            asked = None if reply.status is None else asked_pause(reply.status, reply.retry_after)
            given_up = self._deliveries.failed(
                delivery, reply.reason, next_attempt_at=self._clock() + max(wait, asked or wait)
            )
            result = "dead" if given_up else "failed"
        if result != "delivered":
            consumer = delivery.consumer
            log.warning("delivery_failed", tenant=consumer.tenant_id, consumer=consumer.name, reason=reply.reason)
        OUTBOX_DELIVERIES.labels(result).inc()
        return result

    def measure(self) -> None:
        """Set the metrics that alerts rest on."""
        standing, now = self._deliveries.standing(), self._clock()
        OUTBOX_LETTERS.set(standing.letters)
        for gauge, since in ((OUTBOX_LAG, standing.waiting_since), (OUTBOX_UNCONFIRMED, standing.unconfirmed_since)):
            gauge.set(0 if since is None else max(0.0, (now - since).total_seconds()))


def message(delivery: Delivery, at: datetime) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a delivery: one event in structured mode, or several as a batch. The message's id is that of
    its first event, so a repetition is known by it."""
    events = delivery.page.events
    single = delivery.consumer.batch == 1
    body = structured(events[0]) if single else batched(events)
    signed = signed_headers(str(events[0]["id"]), at, body, delivery.secrets)
    return body, {**signed, "Content-Type": MEDIA_TYPE if single else BATCH_MEDIA_TYPE, "User-Agent": "akademos"}


def teller(recipients: Recipients) -> Callable[[Erasure, ErasedPerson], Mapping[str, Any]]:
    """For the erasure job: tells the consumers of the outbox; what the receipt says of it."""

    def tell(erasure: Erasure, person: ErasedPerson) -> Mapping[str, Any]:
        return recipients.tell(erasure.tenant_id, erasure.erasure_id, person.keys)

    return tell
