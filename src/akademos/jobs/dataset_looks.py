"""Looks at any dataset: a table of the warehouse where it is published, all else in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from akademos.catalogue.declarations import Dataset
from akademos.stores.ports.catalogue import DatasetLooks, Sample, Standing, Use


class EveryLook:
    """Adapter of the port `DatasetLooks` over two others.

    Args:
        tables: of the database; it also knows who read what.
        warehouse: of the tables named `schema.table`.
    """

    def __init__(self, tables: DatasetLooks, warehouse: DatasetLooks) -> None:
        self._tables = tables
        self._warehouse = warehouse

    def standing(self, tenant_id: str, dataset: Dataset) -> Standing | None:
        """How its table stands; see the port."""
        return self._place(dataset).standing(tenant_id, dataset)

    def sample(self, tenant_id: str, dataset: Dataset, limit: int) -> Sample | None:
        """Some rows; see the port."""
        return self._place(dataset).sample(tenant_id, dataset, limit)

    def use(self, tenant_id: str, addresses: Sequence[str], since: datetime) -> list[Use]:
        """Reads by role; see the port."""
        return self._tables.use(tenant_id, addresses, since)

    def _place(self, dataset: Dataset) -> DatasetLooks:
        return self._warehouse if "." in dataset.name else self._tables
