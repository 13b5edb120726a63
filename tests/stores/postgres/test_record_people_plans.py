"""People of records are looked up by key, whatever the planner thinks it will be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from akademos.stores.postgres.database import Database
from akademos.stores.postgres.person_sql import keys_of
from akademos.stores.postgres.record_people import _FIND, _NAMED

KEYS = {
    "people": ("learner_key",),
    "identifiers": ("identifier_hash", "learner_key"),
    "identity_links": ("learner_key", "person_key"),
}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for one in plan.get("Plans", ()):
        yield from nodes(one)


_KEYS = keys_of("%(tenant)s", "(%(keys)s)[1]")


@pytest.mark.parametrize(
    ("statement", "kind", "tables"),
    [(_FIND, "bytea[]", set(KEYS)), (_NAMED, "uuid[]", set(KEYS)), (_KEYS, "uuid[]", {"identity_links"})],
    ids=["find", "named", "keys"],
)
def test_nobody_is_read_but_who_is_asked_for(
    database: Database, tenant: str, statement: str, kind: str, tables: set[str]
) -> None:
    """Row-level security keeps a comparison with a sub-query out of an index; a kept plan would then read everybody.
    With sequential scans at a price, one is left only where no index fits."""
    asked = statement.replace("%(tenant)s", "$1").replace("%(hashes)s", "$2").replace("%(keys)s", "$2")
    with database.serving(tenant) as transaction:
        transaction.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        transaction.execute("SET LOCAL enable_seqscan = off")
        transaction.execute(f"PREPARE asked (text, {kind}) AS {asked}")
        ((found,),) = transaction.execute(f"EXPLAIN (FORMAT JSON) EXECUTE asked ('{tenant}', '{{}}')")
        transaction.execute("DEALLOCATE asked")
    read = [one for one in nodes(found[0]["Plan"]) if one.get("Relation Name") in KEYS]
    assert {one["Relation Name"] for one in read} == tables
    for one in read:
        looked_up_by = one.get("Index Cond") or one.get("Recheck Cond") or ""
        assert any(key in looked_up_by for key in KEYS[one["Relation Name"]]), (
            one["Relation Name"],
            looked_up_by,
            one.get("Filter"),
        )
