"""Versions of what the catalogue says, on PostgreSQL: a row whenever an entry's content has become another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from akademos.stores.postgres.database import Database

_LATEST = """
    SELECT DISTINCT ON (kind, name) kind, name, fingerprint FROM catalogue_versions WHERE tenant_id = %s
    ORDER BY kind, name, version_id DESC
"""
_KEEP = """
    INSERT INTO catalogue_versions (tenant_id, kind, name, fingerprint, content, recorded_at)
    VALUES (%s, %s, %s, %s, %s::jsonb, %s)
"""


class PostgresCatalogueVersions:
    """Adapter of the port `CatalogueVersions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self, tenant_id: str, entries: Mapping[tuple[str, str], tuple[str, Mapping[str, object]]], now: datetime
    ) -> int:
        """Write those of `entries` ((kind, name) -> fingerprint and content) that are new or have changed."""
        with self._database.pipeline() as transaction:
            before = {(kind, name): mark for kind, name, mark in transaction.execute(_LATEST, (tenant_id,))}
            changed = [(key, *one) for key, one in sorted(entries.items()) if before.get(key) != one[0]]
            for (kind, name), mark, content in changed:
                transaction.execute(_KEEP, (tenant_id, kind, name, mark, json.dumps(content), now))
        return len(changed)
