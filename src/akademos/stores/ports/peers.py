"""Ports of the comparison with peers: the guard's memory for the job that publishes, what is in force for the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from akademos.catalogue.declarations import Purpose
from akademos.privacy.disclosure_blocks import Ledger


@dataclass(frozen=True, slots=True)
class Peers:
    """Who compares themselves: everybody who consents, and who of them is enrolled now, by course."""

    consenting: frozenset[str]
    enrolled: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class PeerPublication:
    """A course of a learner, and what is in force of it; `published_at`, `smallest_group` and `content` are None where
    nothing is. Content is as `jobs.peer_comparison` makes it."""

    course_id: str
    course: str
    published_at: datetime | None
    smallest_group: int | None
    content: Mapping[str, Any] | None


class PeerLedgers(Protocol):
    """The guard's memory; for the pipeline only."""

    def floor(self, tenant_id: str) -> int:
        """The tenant's k."""
        ...

    def courses(self, tenant_id: str) -> list[str]:
        """Every course with enrolments, or with anybody counted."""
        ...

    def peers(self, tenant_id: str, purposes: Sequence[Purpose]) -> Peers:
        """Who consents to all of `purposes`, of one snapshot, by the key under which they are read."""
        ...

    def ledger(self, tenant_id: str, course_id: str) -> Ledger:
        """What is remembered of a course."""
        ...

    def newest(self, tenant_id: str, course_id: str) -> Mapping[str, Any] | None:
        """Content of the newest publication of a course."""
        ...

    def publish(
        self,
        tenant_id: str,
        course_id: str,
        ledger: Ledger,
        at: datetime,
        smallest_group: int,
        content: Mapping[str, Any],
    ) -> bool:
        """Replace the memory of a course, and publish what differs from the newest publication, in one transaction;
        whether it did."""
        ...


class PublishedPeers(Protocol):
    """What is published, as the serving role behind row-level security."""

    def in_force(self, tenant_id: str, learner_key: str, at: datetime) -> tuple[PeerPublication, ...]:
        """Of each course that a person is enrolled in (under any key, today) the newest publication up to an instant.
        One made with a smaller k than the tenant has now is not in force any more."""
        ...
