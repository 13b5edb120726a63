"""All five schemas of one institution: every table has rows from a real flow, and a second build changes none."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.warehouse.conftest import Site
from tests.warehouse.flows import furnish
from tests.warehouse.flows_gov import expect_checks
from tests.warehouse.flows_money import expect_money
from tests.warehouse.flows_ops import expect_operations

from akademos.jobs.warehouse_models import warehouse_models

SCHEMAS = ("ingest", "ops", "gov", "cost", "txn")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_table_has_rows_and_a_second_build_changes_none(site: Site, tmp_path: Path) -> None:
    furnish(site, tmp_path / "money")
    first = site.build()
    assert {one.name for one in first.tables} == {one.name for one in warehouse_models()}
    assert {
        schema: sum(one.name.startswith(f"{schema}.") for one in first.tables) for schema in SCHEMAS
    } == dict.fromkeys(SCHEMAS, 20)
    assert first.empty == []
    assert [check for check in first.checks if check.status != "pass"] == []
    expect_money(site)
    expect_checks(site)
    expect_operations(site)

    again = site.build()
    assert again.changed == []
    assert again.build_id == first.build_id
    assert [(one.name, one.checksum) for one in again.tables] == [(one.name, one.checksum) for one in first.tables]
