"""Certificates as their holders and strangers see them. They are issued and revoked as records are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from akademos.learning.credentials import Kind, PublicCertificate, Standing, standing_on


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate as its holder sees it; `expires_at` is the instant at which it ends (UTC).

    `serial` is its place among the tenant's, and in the status list; None for one that was numbered elsewhere.
    """

    certificate_id: str
    number: str
    serial: int | None
    kind: Kind
    content_id: str
    title: str
    description: str
    revision: int | None
    issuer: str
    issued_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    code: str

    @property
    def last_day(self) -> date | None:
        """The last day on which it holds."""
        return None if self.expires_at is None else (self.expires_at - timedelta(microseconds=1)).date()

    def standing(self, today: date) -> Standing:
        """How it stands on a day."""
        return standing_on(revoked_at=self.revoked_at, last_day=self.last_day, today=today)


class Certificates(Protocol):
    """Reading."""

    def of_learner(self, tenant_id: str, learner_key: str) -> list[Certificate]:
        """A learner's, newest first."""
        ...

    def public(self, code: str, at: datetime) -> PublicCertificate | None:
        """What anybody is told who has the code, of whatever tenant; None when there is no such certificate."""
        ...

    def issuer(self, tenant_id: str) -> str | None:
        """The name under which a tenant issues; None when there is no such tenant."""
        ...

    def revoked(self, tenant_id: str) -> Sequence[int]:
        """The serials of revoked ones, also of those whose holder was erased since."""
        ...
