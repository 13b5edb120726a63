"""Port of requests by right: rectification of what the vault says, and statements that a learner contests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

Kind = Literal["rectification", "contest"]
Status = Literal["open", "fulfilled", "refused", "taken_back"]

CONCERNS: dict[Kind, tuple[str, ...]] = {
    "rectification": ("display_name", "persona", "time_zone", "events"),
    "contest": ("mastery", "knowledge_gaps", "reviews", "readiness", "risk"),
}
"""What a request can be about. Events of the core are corrected by new events of their sender."""


@dataclass(frozen=True, slots=True)
class RightsRequest:
    """One request; `said` and `outcome` are opened, and None where nothing was said."""

    request_id: str
    learner_key: str
    kind: str
    concerns: str
    said: str | None
    requested_at: datetime
    due_on: date
    status: Status
    outcome: str | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Correction:
    """What a rectification changes in the vault; None leaves it as it is."""

    display_name: str | None = None
    persona: str | None = None
    time_zone: str | None = None


class Rights(Protocol):
    """Every request and every closing is audited."""

    def ask(
        self, tenant_id: str, learner_key: str, kind: Kind, concerns: str, said: str, *, requested_by: str
    ) -> RightsRequest:
        """Record a request.

        Raises:
            InputError: it is about nothing that such a request can be about.
            Conflict: the same is open already.
            NotFound: there is no such person.
        """
        ...

    def of(self, tenant_id: str, learner_key: str) -> list[RightsRequest]:
        """A person's requests, newest first."""
        ...

    def open(self, tenant_id: str) -> list[RightsRequest]:
        """What still has to be answered, the first due first."""
        ...

    def close(
        self,
        tenant_id: str,
        request_id: str,
        status: Status,
        outcome: str,
        *,
        closed_by: str,
        learner_key: str | None = None,
        correction: Correction | None = None,
    ) -> None:
        """Answer a request, with the correction in the same transaction; `learner_key` bounds it to a person's own.

        Raises:
            NotFound: there is no such open request.
            InputError: a correction with no rectification, or of a time zone that is none.
        """
        ...
