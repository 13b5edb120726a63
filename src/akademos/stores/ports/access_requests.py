"""Port of access requests: a reader asks for a dataset or product, a steward decides, and the grant ends by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from akademos.catalogue.roles import Role

Status = Literal["open", "approved", "denied", "withdrawn"]
Wanted = Literal["dataset", "product"]


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One request. `requester` and `reason` are only for the requester and for those who decide."""

    request_id: str
    kind: Wanted
    name: str
    requester: str | None
    role: Role
    reason: str
    requested_at: datetime
    status: Status
    decided_at: datetime | None
    answer: str | None
    valid_until: datetime | None

    def stands(self, now: datetime) -> bool:
        """Whether it opens anything at an instant."""
        return self.status == "approved" and (self.valid_until is None or now < self.valid_until)


class AccessRequests(Protocol):
    """Requests and grants; every change writes its entry in the audit log in the same transaction."""

    def ask(
        self, tenant_id: str, user_id: str, role: Role, kind: Wanted, name: str, reason: str, *, at: datetime
    ) -> AccessRequest:
        """Ask for access.

        Raises:
            Conflict: an open request or a grant for the same stands already.
        """
        ...

    def decide(
        self,
        tenant_id: str,
        request_id: str,
        *,
        approve: bool,
        answer: str,
        user_id: str | None,
        actor: str,
        at: datetime,
        until: datetime | None,
    ) -> AccessRequest:
        """Approve, until an instant, or deny, with a reason. `user_id` decides (None: the operator), under the name
        `actor` in the audit log.

        Raises:
            NotFound: there is no such request.
            Conflict: it is decided already.
            Forbidden: nobody decides about their own request.
        """
        ...

    def end(
        self, tenant_id: str, request_id: str, *, actor: str, at: datetime, only_of: str | None = None
    ) -> AccessRequest:
        """End a grant before its time, or take an open request back; with `only_of` a request of that user_id only.

        Raises:
            NotFound: there is no such request, or nothing of it stands.
        """
        ...

    def all(self, tenant_id: str) -> list[AccessRequest]:
        """Every request, newest first."""
        ...

    def of(self, tenant_id: str, user_id: str) -> list[AccessRequest]:
        """Those of one person, newest first."""
        ...

    def granted(self, tenant_id: str, user_id: str, kind: Wanted, name: str, at: datetime) -> bool:
        """Whether a grant stands for a person at an instant; for the gate."""
        ...
