"""Looks at tables of the published warehouse: rows, types of columns, and a few rows of what is about nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from akademos.catalogue.dataset_rights import grantable
from akademos.catalogue.declarations import Dataset
from akademos.errors import NotFound
from akademos.stores.ports.catalogue import Sample, Standing, Use
from akademos.stores.ports.warehouse import Warehouse

LONGEST_TEXT = 120
_TYPES = {
    "VARCHAR": "string",
    "INTEGER": "int32",
    "BIGINT": "int64",
    "DOUBLE": "float64",
    "BOOLEAN": "bool",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}
_COLUMNS = """
    SELECT column_name AS name, data_type AS type FROM information_schema.columns
    WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position
"""


class WarehouseLooks:
    """Adapter of the port `DatasetLooks` for tables named `schema.table`."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def standing(self, tenant_id: str, dataset: Dataset) -> Standing | None:
        """Its rows and the types of its columns; None where it is not published."""
        try:
            rows = self._warehouse.query(
                tenant_id, "SELECT rows FROM published.table_states WHERE name = ?", [dataset.name]
            )
        except NotFound:
            return None
        return Standing(rows[0]["rows"], True, None, self._types(tenant_id, dataset.name)) if rows else None

    def sample(self, tenant_id: str, dataset: Dataset, limit: int) -> Sample | None:
        """Its first rows as text; None where it is not published, or may be shown to nobody."""
        if not grantable(dataset):
            return None
        try:
            types = self._types(tenant_id, dataset.name)
        except NotFound:
            return None
        shown = [one.name for one in dataset.columns if one.name in types and not one.personal]
        if not shown:
            return None
        columns = ", ".join(f'left(CAST("{one}" AS VARCHAR), {LONGEST_TEXT}) AS "{one}"' for one in shown)
        found = self._warehouse.query(
            tenant_id, f'SELECT {columns} FROM {dataset.name} AS t ORDER BY t."{shown[0]}" LIMIT ?', [limit]
        )
        left_out = tuple(one.name for one in dataset.columns if one.name in types and one.personal)
        return Sample(tuple(shown), tuple(tuple(row.values()) for row in found), left_out)

    def use(self, tenant_id: str, addresses: Sequence[str], since: datetime) -> list[Use]:
        """Nothing: who read what is in the access log."""
        return []

    def _types(self, tenant_id: str, name: str) -> dict[str, str]:
        schema, _, table = name.partition(".")
        found = self._warehouse.query(tenant_id, _COLUMNS, [schema, table])
        return {row["name"]: _TYPES.get(row["type"], row["type"].lower()) for row in found}
