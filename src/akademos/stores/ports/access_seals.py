"""Port of the seals on the access log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class UnsealedAccesses:
    """Rows of one tenant that no seal covers yet: how many (counted up to the limit of a batch), and since when."""

    tenant_id: str
    rows: int
    oldest: datetime


class AccessSeals(Protocol):
    """Seals batches of the access log, each with its entry in the audit log."""

    def unsealed(self, limit: int) -> list[UnsealedAccesses]:
        """What waits to be sealed, by tenant; `rows` is counted up to `limit`."""
        ...

    def decided(self) -> int:
        """Up to which number every row of the access log is committed or will never be.

        Raises:
            Unavailable: somebody writes to the log for longer than anybody should wait.
        """
        ...

    def seal(self, tenant_id: str, up_to: int, *, limit: int, sealed_at: datetime) -> int:
        """Seal the tenant's next rows, at most `limit`, up to number `up_to` (which must be decided); how many."""
        ...
