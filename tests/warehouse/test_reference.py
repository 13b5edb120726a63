"""The reference of the tables: made from the descriptions beside the models, which leave nothing out."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from akademos.stores.disk.warehouse_pages import described, page, schemas

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"

INGEST = {
    "stg_raw", "raw_records", "dim_source_system", "dim_data_owner", "dim_file_type", "ref_file_schema",
    "fact_raw_events", "stage_enrichments", "dim_geo", "dim_business_unit", "audit_ingest", "dim_environment",
    "ref_parsing_errors", "stage_cdc", "dim_schema_version", "fact_event_counts", "audit_transforms", "stage_retries",
    "ref_mappings", "dim_status",
}  # fmt: skip


@pytest.mark.parametrize("schema", schemas())
def test_page_is_what_the_descriptions_say(schema: str) -> None:
    assert (REFERENCE / f"warehouse_{schema}.md").read_text(encoding="utf-8") == page(schema), (
        "run `akademos marts reference`"
    )


@pytest.mark.parametrize("schema", schemas())
def test_every_model_is_described_and_the_other_way_round(schema: str) -> None:
    folder = Path(str(files("akademos").joinpath(f"warehouse/models/marts/{schema}")))
    models = {one.stem.removeprefix(f"{schema}__") for one in folder.glob("*.sql")}
    assert models == {one.table for one in described(schema)}
    assert models


def test_ingest_has_its_tables() -> None:
    assert {one.table for one in described("ingest")} == INGEST
