"""Port of the chained logs as their verification reads them: all of them, in order, a little at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from akademos.privacy.access_chain import AccessRow, Seal
from akademos.privacy.audit_chain import ChainRow


class Chains(Protocol):
    """The logs of one moment."""

    def tenants(self) -> list[str]:
        """Every tenant, by id."""
        ...

    def audit_rows(self, tenant_id: str) -> Iterator[ChainRow]:
        """The tenant's audit log, by number."""
        ...

    def checkpoint(self, tenant_id: str) -> str | None:
        """Detail of the tenant's newest entry `log.checkpoint`, which says what went by retention; None without one."""
        ...

    def seals(self, tenant_id: str) -> Iterator[Seal]:
        """The seals on the tenant's access log, by number."""
        ...

    def accesses(self, tenant_id: str, after: int, up_to: int) -> Iterator[AccessRow]:
        """The tenant's access log from behind number `after` up to number `up_to`, by number."""
        ...

    def unsealed(self, tenant_id: str, after: int) -> int:
        """How many rows of the tenant's access log stand behind number `after`."""
        ...


class ChainReader(Protocol):
    """Opens the logs for reading."""

    def reading(self) -> AbstractContextManager[Chains]:
        """The logs as they stand at this moment, until the block is left."""
        ...
