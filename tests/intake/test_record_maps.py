"""Files of a campus system through a declared column map: the worked example of the docs, and what is refused."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from akademos.errors import InputError
from akademos.intake.record_rows import mapped_columns, read_mapped
from akademos.intake.records import RecordsError, keep_records
from akademos.privacy.pseudonyms import Keys
from akademos.sources.record_maps import record_maps
from akademos.stores.ports.records import LoadReport
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.records import PostgresRecords
from akademos.stores.postgres.vault import PostgresVault

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "campus"


def load(folder: Path, database: Database, keys: Keys, tenant: str) -> list[LoadReport]:
    maps = record_maps(tomllib.loads((EXAMPLE / "campus.map.toml").read_text(encoding="utf-8")), mapped_columns())
    records, vault = PostgresRecords(database, keys), PostgresVault(database, keys)
    return keep_records(read_mapped(folder, maps), tenant, records, vault, actor="command line:test")


def test_the_example_of_the_docs(database: Database, keys: Keys, tenant: str) -> None:
    reports = {one.table: one.new for one in load(EXAMPLE, database, keys, tenant)}
    assert reports == {
        "people": 2, "learning_courses": 1, "terms": 1, "programmes": 1, "course_offerings": 1, "enrolments": 2,
    }  # fmt: skip
    with database.pipeline() as transaction:
        assert transaction.execute("SELECT starts_on::text, ends_on::text FROM terms").fetchall() == [
            ("2026-10-01", "2027-03-31")
        ]
        assert transaction.execute("SELECT award FROM programmes").fetchall() == [("Bachelor",)]
        assert transaction.execute("SELECT resit, offering_id FROM enrolments ORDER BY 1").fetchall() == [
            (0, "4711"), (1, "4711"),
        ]  # fmt: skip
    assert sum(one.new + one.changed for one in load(EXAMPLE, database, keys, tenant)) == 0


def test_problems_say_the_campus_file_and_its_line(tmp_path: Path, database: Database, keys: Keys, tenant: str) -> None:
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "campus"))
    terms = folder / "SEMESTER.CSV"
    terms.write_text(terms.read_text().replace("31.03.2027", "in March"))
    with pytest.raises(RecordsError, match=r"SEMESTER\.CSV, line 2: ends_on `in March` is no date"):
        load(folder, database, keys, tenant)
    terms.write_text(terms.read_text().replace("BIS", "ENDE"))
    with pytest.raises(RecordsError, match=r"SEMESTER\.CSV, line 1: the column `BIS` is missing"):
        load(folder, database, keys, tenant)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[file]]\nname = "A.CSV"\nrecord = "nothing"', "not known"),
        ('[[file]]\nname = "../A.CSV"\nrecord = "terms"', "no plain name"),
        ('[[file]]\nname = "A.CSV"\nrecord = "terms"\n[file.columns]\nterm = "X"', "which terms do not have"),
        ('[[file]]\nname = "A.CSV"\nrecord = "terms"\ncolums = 1', "unknown word"),
        ("file = 3", "no list of files"),
    ],
)
def test_maps_that_are_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        record_maps(tomllib.loads(text), mapped_columns())
