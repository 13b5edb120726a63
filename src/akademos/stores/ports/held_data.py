"""Port of the right of access: everything held about one person, table by table, and the register of requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from akademos.stores.ports.audit import Json


@dataclass(frozen=True, slots=True)
class HeldTable:
    """The person's rows of one dataset, streamed; identifiers and texts are opened."""

    name: str
    description: str
    basis: str
    rows: Iterator[dict[str, Json]]


class HeldData(Protocol):
    """Needs no consent: the right of access stands whatever was decided."""

    def begin(self, tenant_id: str, learner_key: str, *, requested_by: str, reason: str | None = None) -> str:
        """Register an export, audited, before anything leaves; return the request's id.

        Raises:
            NotFound: there is no such person (any more).
        """
        ...

    def tables(self, tenant_id: str, learner_key: str) -> Iterator[HeldTable]:
        """All tables that hold rows of the person; it ends early when the person is erased meanwhile."""
        ...

    def known(self, tenant_id: str, learner_key: str) -> bool:
        """Whether the person is still there: looked at again at delivery."""
        ...

    def delivered(self, tenant_id: str, request_id: str, *, complete: bool) -> None:
        """Close the request: fulfilled, or refused because the person was erased meanwhile."""
        ...
