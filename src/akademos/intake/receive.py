"""The door for events over HTTP, without HTTP: bytes in, a verdict per event out, durable before it returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from akademos import telemetry
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.registry import Registry
from akademos.intake import browser
from akademos.intake.check import EventCheck, is_screened
from akademos.intake.decode import Body, Unparsable, decode_batch, decode_event, decompress
from akademos.intake.group_commit import GroupCommit
from akademos.intake.typed_events import TypedEvents
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.api_keys import ApiKey
from akademos.stores.ports.identity import HashSeen, Login
from akademos.stores.ports.landing import VERDICTS, Arrival, Receipt, Refusal

TYPED_REGISTRIES = 100

Clock = Callable[[], datetime]
CheckAll = Callable[[EventCheck, Body, Receipt, dict[int, tuple[str, ...]]], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told: a verdict an event in the order sent, and how many of each there are."""

    received_at: datetime
    verdicts: list[dict[str, Any]]
    counts: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """The reply's content."""
        return {"received_at": self.received_at.isoformat(), "counts": self.counts, "verdicts": self.verdicts}


class Intake:
    """Decode, check, queue for the group commit, answer. One per process."""

    def __init__(self, registries: Callable[[str], Registry], keys: Keys, writer: GroupCommit, *, clock: Clock) -> None:
        self._registries = registries
        self._keys = keys
        self._writer = writer
        self._clock = clock
        self._checks: dict[tuple[str, bool, frozenset[str]], tuple[Registry, EventCheck]] = {}
        self._typed: dict[int, TypedEvents] = {}

    async def single(self, key: ApiKey, content: bytes, encoding: str, sent_at: str | None) -> Answer:
        """One event."""
        return await self._receive(key, "http", content, lambda plain, _: decode_event(plain, sent_at), encoding)

    async def batch(self, key: ApiKey, content: bytes, encoding: str, media_type: str, sent_at: str | None) -> Answer:
        """Many events; good ones are taken even if others are bad."""
        return await self._receive(
            key,
            "http_batch",
            content,
            lambda plain, typed: decode_batch(plain, media_type, sent_at, typed.parse_envelope),
            encoding,
        )

    async def from_browser(
        self,
        key: ApiKey,
        content: bytes,
        encoding: str,
        media_type: str,
        sent_at: str | None,
        *,
        user_id: str | None,
        single: bool,
    ) -> Answer:
        """Events sent with a publishable key; `user_id` is whom the host vouches for."""

        def decode(plain: bytes, _: TypedEvents) -> Body:
            return decode_event(plain, sent_at) if single else decode_batch(plain, media_type, sent_at)

        def check_all(check: EventCheck, body: Body, receipt: Receipt, dropped: dict[int, tuple[str, ...]]) -> None:
            browser.check_all(check, body, receipt, dropped, user_id)

        return await self._receive(key, "browser", content, decode, encoding, check_all)

    async def _receive(
        self,
        key: ApiKey,
        door: str,
        content: bytes,
        decode: Callable[[bytes, TypedEvents], Body],
        encoding: str,
        check_all: CheckAll | None = None,
    ) -> Answer:
        received_at = self._clock()
        check = self._check_of(key)
        receipt = Receipt(key.tenant_id, key.key_id, door, received_at, [], [])
        dropped: dict[int, tuple[str, ...]] = {}
        try:
            body = decode(decompress(content, encoding), check.typed)
            (check_all or _check_all)(check, body, receipt, dropped)
        except Unparsable as refusal:
            refused = Refusal(
                refusal.position,
                None,
                None,
                refusal.code,
                None,
                refusal.hint,
                None,
                check.payload_hash(content),
                len(content),
            )
            await self._land(Receipt(key.tenant_id, key.key_id, door, received_at, [], [refused]))
            raise
        return _answer(receipt, await self._land(receipt), dropped)

    async def _land(self, receipt: Receipt) -> list[str]:
        if not receipt.received:
            return []
        return await self._writer.submit(receipt)

    def _check_of(self, key: ApiKey) -> EventCheck:
        registry = self._registries(key.tenant_id)
        known = self._checks.get((key.tenant_id, key.strict, key.origins))
        if known is None or known[0] is not registry:
            payload_key = self._keys.derived(key.tenant_id, "payloads")
            known = (
                registry,
                EventCheck(self._typed_of(registry), payload_key, strict=key.strict, from_browser=bool(key.origins)),
            )
            self._checks[key.tenant_id, key.strict, key.origins] = known
        return known[1]

    def _typed_of(self, registry: Registry) -> TypedEvents:
        # By identity: tenants without events of their own share one registry. Each holds its registry, so ids stay.
        typed = self._typed.get(id(registry))
        if typed is None:
            if len(self._typed) >= TYPED_REGISTRIES:
                self._typed.clear()
            typed = self._typed[id(registry)] = TypedEvents(registry)
        return typed


def _check_all(check: EventCheck, body: Body, receipt: Receipt, dropped: dict[int, tuple[str, ...]]) -> None:
    sent_at, received_at, arrivals = body.sent_at, receipt.received_at, receipt.arrivals
    screened = is_screened(body.content)
    evidence: list[Login | HashSeen] = []
    check.evidence = evidence
    for position, arrival in enumerate(check.accept_all(body.events, sent_at, received_at, screened=screened)):
        if arrival is not None:
            arrivals.append(arrival)
            continue
        checked, gone = check.check(position, body.read(position), sent_at, received_at)
        if gone:
            dropped[position] = gone
        if isinstance(checked, Arrival):
            arrivals.append(checked)
        else:
            receipt.refusals.append(checked)
    receipt.evidence = evidence


def _answer(receipt: Receipt, outcomes: list[str], dropped: dict[int, tuple[str, ...]]) -> Answer:
    verdicts: list[dict[str, Any]] = [{}] * receipt.received
    counts = dict.fromkeys(VERDICTS, 0)
    for arrival, verdict in zip(receipt.arrivals, outcomes, strict=True):
        one: dict[str, Any] = {"event_id": arrival.event_id_text, "verdict": verdict}
        if verdict == "held":
            one["expires_at"] = (receipt.received_at + timedelta(hours=LIMITS.landing_hours)).isoformat()
        elif verdict == "rejected":
            one |= too_old_refusal()
        if arrival.position in dropped:
            one["dropped"] = list(dropped[arrival.position])
        verdicts[arrival.position] = one
        counts[verdict] += 1
    for refusal in receipt.refusals:
        verdicts[refusal.position] = {
            **({"event_id": refusal.event_id} if refusal.event_id else {}),
            "verdict": "rejected",
            "code": refusal.code,
            "pointer": refusal.pointer,
            "hint": refusal.hint,
        }
        counts["rejected"] += 1
        telemetry.VALIDATION_FAILURES.labels(refusal.code).inc()
    return Answer(receipt.received_at, verdicts, counts)


def too_old_refusal() -> dict[str, str]:
    """Why an event beyond offline sync is refused, in the words of a verdict."""
    return {
        "code": "too_old",
        "pointer": "/client_timestamp",
        "hint": f"It happened over {LIMITS.offline.days} days ago: import it with `akademos ingest` instead.",
    }
