"""One job for one tenant after the other: what fails for one keeps no other from its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from akademos.errors import AkademosError

_Done = TypeVar("_Done")


def of_every_tenant(tenants: Iterable[str], run: Callable[[str], _Done]) -> list[_Done]:
    """Run it for all of them.

    Raises:
        AkademosError: of the kind of the first refusal, when all have had their turn; says whose job failed, and why.
    """
    done: list[_Done] = []
    refusals: dict[str, AkademosError] = {}
    for tenant_id in tenants:
        try:
            done.append(run(tenant_id))
        except AkademosError as refusal:
            refusals[tenant_id] = refusal
    if refusals:
        first = next(iter(refusals.values()))
        first.reason = " ".join(f"Tenant {tenant_id}: {one.reason}" for tenant_id, one in refusals.items())
        raise first
    return done
