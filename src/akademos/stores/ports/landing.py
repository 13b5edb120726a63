"""Port of landing for intake, which writes; `landing_queue` is the one for the mover, which empties it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from akademos.stores.ports.identity import HashSeen, Identifier, Login

VERDICTS = ("accepted", "held", "duplicate", "conflict", "suppressed", "rejected")


@dataclass(frozen=True, slots=True)
class Handling:
    """What the declaration of an event says about landing it; one object an event type, shared by its events.

    `purposes` is a mask (privacy.consent). Staff only need a key, learners consent; an event whose declared basis is
    another one needs no consent. `stopped_by_opt_out` says whether an opt-out concerns it at all.
    """

    event: str
    event_name: str
    purposes: int
    needs_consent: bool
    in_core: bool
    zone: str
    actor_is_staff: bool
    stopped_by_opt_out: bool


class Arrival(Struct, gc=False):
    """One checked event on its way into landing.

    `opt_out` is what the event itself says. `too_old` events are refused unless the index knows them: duplicates are
    found first.
    """

    handling: Handling
    position: int
    event_id: bytes
    event_id_text: str
    actor: Identifier | None
    subject: Identifier | None
    opt_out: bool
    occurred_at: datetime
    raw: bytes
    content_hash: bytes
    environment: str
    too_old: bool
    properties: dict[str, object]


@dataclass(frozen=True, slots=True)
class Refusal:
    """One event that was refused before it reached the store; `payload` has personal data removed."""

    position: int
    event_id: str | None
    event: str | None
    code: str
    pointer: str | None
    hint: str
    payload: bytes | None
    payload_hash: bytes
    size: int


@dataclass(slots=True)
class Receipt:
    """What one request brought: checked events and refusals, all by their position in it, and what it says about who
    is whom."""

    tenant_id: str
    source: str
    door: str
    received_at: datetime
    arrivals: list[Arrival]
    refusals: list[Refusal]
    evidence: Sequence[Login | HashSeen] = ()

    @property
    def received(self) -> int:
        """How many events the request held."""
        return len(self.arrivals) + len(self.refusals)


class LandingStore(Protocol):
    """What intake needs."""

    async def land(self, receipts: Sequence[Receipt]) -> list[list[str]]:
        """Take several requests in one durable transaction; per request the verdict of each arrival, in order.

        Nothing is taken when it raises.

        Raises:
            Unavailable: the store is down or full, or the mover lags so far that the landing TTL is in danger.
        """
        ...

    async def close(self) -> None:
        """Give back what is held open."""
        ...
