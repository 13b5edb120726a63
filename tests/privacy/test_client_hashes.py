"""An erasure searches for hashes that clients sent, too; it never suppresses them, and leaves what others share."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.serving.institution import NOW, Institution

from akademos.catalogue.registry import builtin
from akademos.privacy.erasure import ErasedPerson, needles
from akademos.stores.disk.erasure_keys import FileErasureKeys
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.erasing import PostgresEraser
from akademos.stores.postgres.erasures import PostgresErasures

OWN, SHARED = b"o" * 32, b"s" * 32


def test_client_hashes_are_searched_for_and_not_suppressed(institution: Institution) -> None:
    tenant, database, keys = institution.tenant, institution.database, institution.keys
    with database.pipeline() as transaction:
        transaction.cursor().executemany(
            "INSERT INTO identity_hashes (tenant_id, keyed_hash, learner_key, kind, salt_version) "
            "VALUES (%s, %s, %s, 'email', 1)",
            [(tenant, one, institution.people[who]) for one, who in ((OWN, "ada"), (SHARED, "ada"), (SHARED, "ben"))],
        )
    secrets = FileErasureKeys(Path(tempfile.mkdtemp()))
    ledger = PostgresErasures(database, keys, secrets, clock=lambda: NOW)
    eraser = PostgresEraser(database, keys, secrets, builtin().datasets, clock=lambda: NOW)
    erasure = eraser.destroy(ledger.request(tenant, Identifier("user", "ada"), by=None, reason="asked"))
    person = ledger.person(erasure)
    assert person.client_hashes == (OWN,)
    assert {OWN, OWN.hex().encode()} <= {needle.form for needle in needles(person)[0]}
    with database.pipeline() as transaction:
        left = transaction.execute("SELECT learner_key::text FROM identity_hashes WHERE tenant_id = %s", (tenant,))
        assert left.fetchall() == [(institution.people["ben"],)]
        listed = transaction.execute("SELECT count(*) FROM suppressions WHERE tenant_id = %s", (tenant,)).fetchone()
    assert listed == (len(person.hashes),)


def test_an_erasure_that_began_before_has_none() -> None:
    person = ErasedPerson({}, False, (), (), (), (OWN,))
    assert ErasedPerson.loaded(person.dumped()) == person
    before = person.dumped().replace('"client_hashes"', '"unknown"')
    assert ErasedPerson.loaded(before).client_hashes == ()
