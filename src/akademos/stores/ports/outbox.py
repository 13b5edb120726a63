"""Ports of the outbox: the sequence of record changes, the consumers that follow it, and deliveries to webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias
from uuid import UUID

from akademos.catalogue.declarations import Purpose
from akademos.outbox.selection import People, Recipient

State: TypeAlias = Literal["active", "paused", "gone"]
"""`gone`: the recipient answered 410, and nothing is sent until somebody resumes it."""

SCOPE = "outbox:"
"""Scope of a consumer's API key, followed by the consumer's name."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """One that follows the record changes of a tenant.

    Attributes:
        basis: on which basis user ids may leave; needed where `people` is `user_id`.
        url: where its webhook is; None for one that pulls.
        batch: how many events one delivery holds at most; 1: each on its own.
        attempts: after how many failed deliveries an event lies in the dead letters.
        position: everything up to it is acknowledged.
        failures: failed deliveries in a row.
        letters: dead letters that wait for a replay.
    """

    tenant_id: str
    name: str
    records: tuple[str, ...]
    people: People
    purposes: tuple[Purpose, ...]
    basis: str
    url: str | None
    batch: int
    attempts: int
    position: int
    state: State
    failures: int
    next_attempt_at: datetime
    last_error: str | None
    letters: int
    created_at: datetime

    @property
    def recipient(self) -> Recipient:
        """What decides about what it gets."""
        return Recipient(self.name, frozenset(self.records), self.people, self.purposes)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A consumer that is to be."""

    name: str
    records: tuple[str, ...]
    people: People = "none"
    purposes: tuple[Purpose, ...] = (Purpose.LEARNING_SUPPORT,)
    basis: str = ""
    url: str | None = None
    batch: int = 1
    attempts: int = 10
    from_beginning: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What follows a position.

    Attributes:
        events: CloudEvents in the order of the sequence, as JSON objects.
        after, cursor: from where, and up to where it was looked: acknowledging `cursor` acknowledges all of `events`.
        head: the end of the sequence.
    """

    events: Sequence[Mapping[str, Any]]
    after: int
    cursor: int
    head: int


@dataclass(frozen=True, slots=True)
class Letter:
    """An event that could not be delivered: which, how often it was tried, and what the recipient said last."""

    position: int
    attempts: int
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """A consumer's turn: what to send now, under which secrets. `lease` proves that the turn is still ours; `letters`
    are the places of dead letters that are sent again, empty where it is the sequence's turn."""

    consumer: Consumer
    page: Page
    secrets: tuple[bytes, ...]
    lease: UUID
    letters: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What a recipient answered: a status, or None and what went wrong; the pause it asks for."""

    status: int | None
    reason: str
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How deliveries stand: dead letters, since when the oldest place waits that a webhook has not taken, and since
    when an erasure waits that a consumer has not confirmed."""

    letters: int
    waiting_since: datetime | None
    unconfirmed_since: datetime | None


class Webhooks(Protocol):
    """Sends deliveries to declared hosts."""

    def check(self, url: str) -> None:
        """Refuse an address that nothing may be sent to.

        Raises:
            InputError: it is no address, of no declared host, or of one that is not public.
        """
        ...

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Post a body; an address that may not be sent to any more is a reply without status."""
        ...


class Outbox(Protocol):
    """Every tenant's record changes have one sequence, without gaps, in which nothing ever turns up behind what a
    consumer has seen. `actor` answers for an act in the audit log."""

    def sequence(self) -> int:
        """Give places in the sequence to changes that are committed and have none; how many."""
        ...

    def add(self, tenant_id: str, wanted: Wanted, *, actor: str) -> str | None:
        """Take on a consumer and return the secret of its webhook, for the only time; None for one that pulls.

        Raises:
            InputError: a record that nothing is published of, user ids without a basis, an address that may not be.
            Conflict: there is one of that name (`consumer_exists`).
            NotFound: there is no such tenant.
        """
        ...

    def consumers(self, tenant_id: str) -> list[Consumer]:
        """By name."""
        ...

    def consumer(self, tenant_id: str, name: str) -> Consumer:
        """One of them.

        Raises:
            NotFound: there is none of that name.
        """
        ...

    def set_state(self, tenant_id: str, name: str, state: State, *, actor: str) -> None:
        """Pause or resume; who resumes starts with a clean slate.

        Raises:
            NotFound: there is no such consumer.
        """
        ...

    def rotate(self, tenant_id: str, name: str, *, actor: str) -> str:
        """Make a new secret and return it; deliveries are signed under both for a while.

        Raises:
            NotFound: there is no such consumer, or it pulls.
        """
        ...

    def remove(self, tenant_id: str, name: str, *, actor: str) -> None:
        """Forget a consumer, its dead letters and what it still had to confirm.

        Raises:
            NotFound: there is no such consumer.
        """
        ...

    def read(self, tenant_id: str, name: str, *, after: int | None, limit: int, actor: str) -> Page:
        """What follows a position, or what is acknowledged; live decisions of the people in it are looked up in the
        same transaction, and each person in it is noted in the access log as seen by `actor`. Reading moves nothing.

        Raises:
            NotFound: there is no such consumer.
            Conflict: the consumer is paused (`consumer_paused`).
            InputError: the position is beyond the end (`cursor_unknown`).
            AkademosError: 410 `cursor_expired`: what follows it is no longer kept.
        """
        ...

    def acknowledge(self, tenant_id: str, name: str, cursor: int, *, after: int | None) -> Consumer:
        """Say that everything up to a position is taken care of; the same again is no change.

        Args:
            after: what was acknowledged before, as the page says; then of two who took the same page one wins.

        Raises:
            NotFound: there is no such consumer.
            Conflict: something else is acknowledged by now (`cursor_moved`), or more than this (`cursor_behind`).
            InputError: the position is beyond the end (`cursor_unknown`).
        """
        ...

    def replay(self, tenant_id: str, name: str, *, after: int, actor: str) -> Consumer:
        """Go back to a position: what follows it comes again.

        Raises:
            NotFound: there is no such consumer.
            InputError: the position is beyond what is acknowledged (`cursor_unknown`).
        """
        ...

    def restart(self, tenant_id: str, name: str, *, actor: str) -> Consumer:
        """Follow from the end on, leaving out what lies between; notices of erasures that are not confirmed come
        again.

        Raises:
            NotFound: there is no such consumer.
        """
        ...

    def letters(self, tenant_id: str, name: str) -> list[Letter]:
        """The dead letters of a consumer, oldest first.

        Raises:
            NotFound: there is no such consumer.
        """
        ...

    def replay_letters(self, tenant_id: str, name: str, *, actor: str) -> int:
        """Have the dead letters sent again, before anything else; how many.

        Raises:
            NotFound: there is no such consumer.
        """
        ...


class Deliveries(Protocol):
    """The turns of webhooks: one process at a time has a consumer's turn, until it ends it or its lease runs out."""

    def take(self, now: datetime) -> Delivery | None:
        """The next turn that is due, or None. A consumer with nothing to send has its position moved, not a turn."""
        ...

    def delivered(self, delivery: Delivery) -> None:
        """The recipient took everything in it."""
        ...

    def failed(self, delivery: Delivery, reason: str, *, next_attempt_at: datetime) -> bool:
        """It did not; whether that was the last attempt, so that what is in it is among the dead letters."""
        ...

    def standing(self) -> Standing:
        """For metrics and alerts."""
        ...

    def gone(self, delivery: Delivery) -> None:
        """The recipient wants nothing any more: stop."""
        ...


class Recipients(Protocol):
    """Who outside was told of people, for the erasure of one."""

    def tell(self, tenant_id: str, erasure_id: UUID, learner_keys: Sequence[str]) -> dict[str, list[str]]:
        """Put the notice of an erasure into the sequence of every consumer that knows people, once; the consumers told
        and those that have confirmed."""
        ...

    def unconfirmed(self, tenant_id: str) -> list[tuple[str, UUID, datetime]]:
        """(consumer, erasure, told at) of notices that nobody has confirmed yet, oldest first."""
        ...
