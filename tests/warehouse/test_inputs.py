"""Inputs: typed whatever comes, of one tenant only, and refused where a query gives something else than declared."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from akademos.catalogue import validation, value_checks
from akademos.catalogue.warehouse.parsing_errors import PARSING_ERRORS
from akademos.catalogue.warehouse.statuses import statuses
from akademos.catalogue.warehouse_extracts import Extract, check_names, extracts
from akademos.errors import CatalogueError
from akademos.intake import check, decode
from akademos.jobs.warehouse.computed import computed
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.extracts import PostgresExtracts

EVERY_TYPE = (
    ("text", "string"),
    ("small", "int32"),
    ("big", "int64"),
    ("real", "float64"),
    ("yes", "bool"),
    ("at", "timestamp"),
    ("day", "date"),
    ("money", "decimal(20,4)"),
)
QUERY = """
    SELECT * FROM (VALUES
        ('a "quoted", \n line', 1, 9007199254740993::bigint, 0.1::float8, true,
            '2026-01-02 03:04:05.678901+01'::timestamptz, '2026-01-02'::date, 12.3400::numeric),
        ('', -1, 0, 'NaN'::float8, false, '1970-01-01 00:00:00+00', '0001-01-01', -0.0001),
        (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
    ) AS v (text, small, big, real, yes, at, day, money) WHERE %(wanted)s
"""


def test_values_arrive_as_they_are(database: Database, tenant: str, tmp_path: Path) -> None:
    extract = Extract("probe", QUERY, "", EVERY_TYPE)
    with PostgresExtracts(database).at_one_instant() as source:
        assert source.write(tenant, extract, tmp_path / "a.parquet", wanted=True) == 3
        assert source.write(tenant, extract, tmp_path / "b.parquet", wanted=False) == 0
    first, second, third = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert first == {
        "text": 'a "quoted", \n line',
        "small": 1,
        "big": 9007199254740993,
        "real": 0.1,
        "yes": True,
        "at": datetime(2026, 1, 2, 2, 4, 5, 678901, tzinfo=UTC),
        "day": date(2026, 1, 2),
        "money": Decimal("12.3400"),
    }
    assert (second["text"], second["day"], second["money"]) == ("", date(1, 1, 1), Decimal("-0.0001"))
    assert set(third.values()) == {None}
    assert pq.read_schema(tmp_path / "b.parquet") == pq.read_schema(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    "extract",
    [
        Extract("missing", "SELECT 1 AS other", "", (("number", "int64"),)),
        Extract("mistyped", "SELECT 'word' AS number", "", (("number", "int64"),)),
    ],
)
def test_other_columns_than_declared_are_refused(
    database: Database, tenant: str, tmp_path: Path, extract: Extract
) -> None:
    with pytest.raises(CatalogueError), PostgresExtracts(database).at_one_instant() as source:
        source.write(tenant, extract, tmp_path / "a.parquet")


@pytest.mark.parametrize("extract", extracts(), ids=lambda one: one.name)
def test_extract_runs_on_an_empty_tenant_and_says_whose_rows_it_reads(
    database: Database, tenant: str, tmp_path: Path, extract: Extract
) -> None:
    with database.pipeline() as transaction:
        transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES ('other', 'Another')")
    assert "%(tenant)s" in extract.query
    with PostgresExtracts(database).at_one_instant() as source:
        source.write(tenant, extract, tmp_path / "a.parquet")
    assert "other" not in str(pq.read_table(tmp_path / "a.parquet").to_pylist())


def test_names_stand_once_and_types_are_known() -> None:
    check_names([(one.name, one.columns) for one in extracts()] + [(one.name, one.columns) for one in computed()])
    assert len({(one.kind, one.status) for one in statuses()}) == len(statuses())
    for wrong in ((("a", (("x", "int64"),)), ("a", (("x", "int64"),))), (("a", (("x", "uuid"),)),), (("a", ()),)):
        with pytest.raises(CatalogueError):
            check_names(wrong)


def test_every_code_of_intake_is_explained() -> None:
    known = {one.code for one in PARSING_ERRORS}
    missing = set()
    for module in (check, decode, validation, value_checks):
        assert module.__file__ is not None
        missing |= codes(Path(module.__file__).read_text()) - known
    assert missing == set()


def codes(source: str) -> set[str]:
    """First texts of what refuses: Fault("code", Violation("code", _refuse(.., "code", code="code"."""
    found = re.findall(r'(?:Fault\(|Violation\(|code=)"([a-z_]+)"', source)
    found += re.findall(r'_refuse\((?:[^"()]|\([^()]*\))*"([a-z_]+)"', source)
    return set(found)
