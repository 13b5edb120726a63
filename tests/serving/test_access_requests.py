"""Requests of one person, found by the index and under every name that the vault knows the person by."""

from __future__ import annotations

import pytest
from tests.serving.institution import NOW, Institution

from akademos.errors import NotFound
from akademos.privacy.pseudonyms import seal
from akademos.stores.ports.access_requests import Wanted
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.database import Database

KIND: Wanted = "dataset"
NAME = "kpi_snapshots"


def second_name(institution: Institution, database: Database, user: str, other: str) -> None:
    """Let the vault know a person by one more user_id."""
    keys, tenant = institution.keys, institution.tenant
    who = Identifier("user", user)
    key = institution.services.vault.find(tenant, [who])[who].learner_key
    with database.pipeline() as transaction:
        ((wrapped,),) = transaction.execute("SELECT data_key FROM people WHERE learner_key = %s", (key,)).fetchall()
        sealed = seal(keys.unwrap(tenant, key, wrapped), other, bytes(12))
        transaction.execute(
            "INSERT INTO identifiers (tenant_id, identifier_hash, kind, learner_key, sealed, created_at) "
            "VALUES (%s, %s, 'user', %s, %s, now() + interval '1 s')",
            (tenant, keys.identifier_hash(tenant, "user", other), key, sealed),
        )


def test_of_one_person_are_theirs_alone_whatever_name_they_ask_under(institution: Institution) -> None:
    tenant, requests = institution.tenant, institution.services.access_requests
    mine = requests.ask(tenant, "prof", "instructor", KIND, NAME, "term report", at=NOW)
    requests.ask(tenant, "ann", "advisor", KIND, NAME, "another", at=NOW)
    assert requests.of(tenant, "prof") == [mine]
    assert requests.of(tenant, "nobody") == []
    second_name(institution, institution.database, "prof", "prof@staff")
    assert requests.of(tenant, "prof@staff") == [mine]
    with pytest.raises(NotFound):
        requests.end(tenant, mine.request_id, actor="person:00", at=NOW, only_of="ann")
    ended = requests.end(tenant, mine.request_id, actor="person:00", at=NOW, only_of="prof@staff")
    assert ended.status == "withdrawn"
