"""Ports of early-warning alerts: raising them, telling their owners by mail, how advisors want to be told, and what is
new for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias
from uuid import UUID

Sent: TypeAlias = Literal["sent", "again", "refused"]
"""Taken by the mail server; to be tried again; refused for good."""


@dataclass(frozen=True, slots=True)
class AlertDraft:
    """An alert that may be raised. `source` says where it comes from, such as the week of the scores."""

    learner_key: str
    course_id: str
    kind: str
    severity: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """How somebody wants to be told: times of day as HH:MM in the time zone, both or none; without an address nothing
    is sent."""

    by_mail: bool
    address: str | None
    time_zone: str
    quiet_from: str | None = None
    quiet_until: str | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class AlertNotice:
    """A message to be sent now: to whom, about how many alerts of which kind. `lease` proves that it is still ours;
    `notice_id` stays when it is sent again."""

    tenant_id: str
    notice_id: UUID
    advisor_key: str
    lease: UUID
    settings: AlertSettings
    kinds: tuple[tuple[str, int], ...]
    attempts: int


@dataclass(frozen=True, slots=True)
class OpenAlerts:
    """How many alerts nobody has settled (`open`), how many of these nobody has taken on (`raised`), and a text that
    changes with them."""

    open: int = 0
    raised: int = 0
    mark: str = ""


@dataclass(frozen=True, slots=True)
class MailStanding:
    """How messages stand: alerts that nobody could be told of, and since when the oldest is overdue."""

    dead: int
    overdue_since: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as it is sent."""

    message_id: str
    to: str
    subject: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MailReply:
    """What a mail server made of a message, and what it said where it did not take it (without addresses)."""

    outcome: Sent
    reason: str = ""


class AlertLedger(Protocol):
    """For the job that raises alerts."""

    def raise_alerts(self, tenant_id: str, drafts: Sequence[AlertDraft], *, source_trigger: str) -> int:
        """Raise those of them that are new, each with the learner's advisor as its owner, and note that the owner is to
        be told; in one transaction. Not about whoever does not consent to advising and learning support at this moment
        or does not take the course any more, while one about learner and course from the same trigger is open, or
        within the pause after one. How many were raised."""
        ...


class AlertNotices(Protocol):
    """For the job that tells the owners."""

    def take(self, now: datetime) -> AlertNotice | None:
        """The next message that is due, leased to the caller; None when there is none.

        What is no longer to be told is settled without a message: the alert is in hand, somebody else owns it, the
        owner does not advise the learner any more, or the learner does not consent."""
        ...

    def sent(self, notice: AlertNotice) -> bool:
        """It was taken; false when the lease had run out and somebody else has it."""
        ...

    def postponed(self, notice: AlertNotice, until: datetime) -> None:
        """It waits; what comes until then joins it."""
        ...

    def failed(self, notice: AlertNotice, reason: str, *, next_attempt_at: datetime | None) -> bool:
        """It was not taken; None: and is not tried again. Whether it was given up."""
        ...

    def standing(self, now: datetime) -> MailStanding:
        """For metrics and alerts."""
        ...


class AlertPreferences(Protocol):
    """Who is told of alerts, and how they want to be told."""

    def advisors(self, tenant_id: str, learner_keys: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """Who advises each of these people today, by name or in one of their courses: whom an alert about them may be
        handed to. Keys of staff by key of the person, in a settled order; whom nobody advises is absent."""
        ...

    def settings(self, tenant_id: str, advisor_key: str) -> AlertSettings | None:
        """What somebody has set; None when nothing."""
        ...

    def set_settings(self, tenant_id: str, advisor_key: str, settings: AlertSettings) -> None:
        """Set it; switched off, what waits to be sent is withheld."""
        ...

    def mark(self, tenant_id: str, advisor_key: str) -> OpenAlerts:
        """How many alerts wait about learners whom somebody advises and who consent: for pages that are open."""
        ...


class Mail(Protocol):
    """Sends mail."""

    @property
    def declared(self) -> bool:
        """Whether there is a mail server."""
        ...

    def check(self, address: str) -> None:
        """Refuse an address that nothing may be sent to.

        Raises:
            InputError: it is no address, or of no declared domain; or no mail server is declared.
        """
        ...

    def send(self, message: Message) -> MailReply:
        """Send a message; never raises for what a server or the network does."""
        ...
