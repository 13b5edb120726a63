"""Payments of an erased person: the rows stay, as tax law asks, and nobody can tell any more whose they were."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from tests.erasure.installation import TENANT, Installation, forms, found_in

from akademos.intake.money_rows import RowMap
from akademos.intake.payment_files import Report, load_payments
from akademos.money import money_hash

pytestmark = pytest.mark.slow

HEADER = "reference,merchant,product,kind,amount,currency,posted_at,user_id\n"


def load(installation: Installation, file: Path, *rows: str) -> Report:
    file.write_text(HEADER + "\n".join(rows) + "\n", "utf-8")
    system = installation.system
    keyed = money_hash(system, TENANT)
    return load_payments(file, "transactions", TENANT, system.money_books, keyed, RowMap(), by="command line:tester")


def test_payments_stay_and_nobody_can_tell_whose(installation: Installation, tmp_path: Path) -> None:
    user = str(uuid.uuid4())
    key = installation.person(user, "Mara")
    first = f"a-{uuid.uuid4().hex[:8]},Payline,algebra,enrolment,49.00,EUR,2026-05-04,{user}"
    assert load(installation, tmp_path / "a.csv", first).loaded.accepted == 1
    ((name,),) = installation.rows("SELECT subject FROM transactions WHERE subject IS NOT NULL")
    installation.erase(user)
    assert found_in(installation.data, forms(user, key)) == set()
    assert installation.rows("SELECT subject, amount::text FROM transactions") == [(name, "49.0000")]
    assert installation.rows("SELECT count(*) FROM people WHERE learner_key = %s", key) == [(0,)]

    # The same row again, and another one of the same person: nothing brings the person back.
    assert load(installation, tmp_path / "b.csv", first).loaded.duplicate == 1
    later = f"b-{uuid.uuid4().hex[:8]},Payline,algebra,enrolment,49.00,EUR,2026-06-04,{user}"
    assert load(installation, tmp_path / "c.csv", later).loaded.accepted == 1
    assert installation.rows("SELECT count(*) FROM transactions WHERE subject IS NULL") == [(1,)]
    assert found_in(installation.data, forms(user, key)) == set()
