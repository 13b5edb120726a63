"""A job by hand reaches every tenant, whoever's fails."""

from __future__ import annotations

import pytest

from akademos.errors import Conflict
from akademos.jobs.every_tenant import of_every_tenant


def test_a_refusal_is_told_when_all_have_had_their_turn() -> None:
    ran: list[str] = []

    def job(tenant_id: str) -> str:
        ran.append(tenant_id)
        if tenant_id in ("a", "c"):
            raise Conflict(f"{tenant_id} has no courses.", hint="Import them.", code="no_courses")
        return tenant_id

    with pytest.raises(Conflict) as refusal:
        of_every_tenant("abcd", job)
    assert ran == ["a", "b", "c", "d"]
    assert refusal.value.reason == "Tenant a: a has no courses. Tenant c: c has no courses."
    assert (refusal.value.code, refusal.value.hint) == ("no_courses", "Import them.")
    assert of_every_tenant("bd", job) == ["b", "d"]
