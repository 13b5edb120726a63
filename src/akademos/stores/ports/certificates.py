"""Certificates: issued once, verified by anybody who has the code, revoked and expired with an entry in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from akademos.learning.credentials import Kind, PublicCertificate, Standing, standing_on
from akademos.stores.ports.learning import Actor


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate as its holder sees it; `expires_at` is the instant after its last day (UTC).

    `serial` is its place among the tenant's, and in the status list.
    """

    certificate_id: str
    number: str
    serial: int
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
    """Every change is written to the audit log in its transaction."""

    def issue(
        self,
        tenant_id: str,
        learner_key: str,
        kind: Kind,
        content_id: str,
        *,
        valid_months: int | None,
        actor: Actor,
        at: datetime,
    ) -> Certificate:
        """Issue one for a course or path that the learner has completed, on the revision that it was completed on.

        Raises:
            NotFound: there is no such learner or content.
            Conflict: it is not completed, or the learner has one for this revision that stands.
        """
        ...

    def revoke(self, tenant_id: str, certificate_id: str, reason: str, *, actor: Actor) -> Certificate:
        """Take one back for good.

        Raises:
            NotFound: there is none.
            Conflict: it is revoked already.
        """
        ...

    def expire_due(self, at: datetime) -> int:
        """Note that the time of some is over; how many."""
        ...

    def of_learner(self, tenant_id: str, learner_key: str) -> list[Certificate]:
        """A learner's, newest first."""
        ...

    def public(self, code: str, at: datetime) -> PublicCertificate | None:
        """What anybody is told who has the code, of whatever tenant; None when there is no such certificate."""
        ...

    def revoked(self, tenant_id: str) -> Sequence[int]:
        """The serials of revoked ones, also of those whose holder was erased since."""
        ...

    def course_of(self, tenant_id: str, certificate_id: str) -> str | None:
        """The course of a certificate, None when it is of a path, or there is none."""
        ...
