"""The demo's record files pass the platform's own checks, once and again."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from akademos.demo.courses import COURSES
from akademos.demo.earlier_term import LEARNERS, earlier_term, write_earlier_records
from akademos.demo.records import write_records
from akademos.demo.simulation import History
from akademos.intake.records import import_records
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.records import PostgresRecords
from akademos.stores.postgres.vault import PostgresVault


def test_records_load_and_load_again(
    history: History, database: Database, keys: Keys, tenant: str, tmp_path: Path
) -> None:
    records, vault = PostgresRecords(database, keys), PostgresVault(database, keys)
    before = write_earlier_records(earlier_term(history), tmp_path / "earlier")
    folders = [*write_records(history, tmp_path), before]
    loaded = {
        one.table: one for folder in folders for one in import_records(folder, tenant, records, vault, actor="test")
    }
    assert loaded["topics"].new == sum(len(one.leaves) + len(one.groups) for one in COURSES)
    assert loaded["items"].new == len(history.bank.question_ids)
    for folder in folders:
        assert all(one.new == one.changed == 0 for one in import_records(folder, tenant, records, vault, actor="test"))

    instructor = vault.find(tenant, [Identifier("user", "ines")])[Identifier("user", "ines")]
    mara = vault.find(tenant, [Identifier("user", "mara")])[Identifier("user", "mara")]
    assert (instructor.kind, mara.persona, mara.time_zone) == ("staff", "student", "Europe/Berlin")
    taught = records.learners_of(tenant, instructor.learner_key)
    assert mara.learner_key in taught
    tables = records.curriculum(tenant).tables
    assert tables["learners"].height == len(history.learners) + LEARNERS
    of_this_term = tables["enrolments"].filter(pl.col("course_id").is_in([one.course_id for one in COURSES]))
    assert len(taught) == of_this_term["learner_key"].n_unique() < len(history.learners)  # some withdrew
    target = tables["learner_targets"].filter(learner_key=mara.learner_key).row(0, named=True)
    assert target["exam_id"] == "anatomy-final"
    assert (target["target_date"] - history.now.date()).days == 12
