"""Rows and published content within a transaction of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.rows import dict_row

from akademos.catalogue.records import BY_NAME
from akademos.errors import InputError
from akademos.stores.postgres.record_changes import RecordWork

Content = dict[str, Any]


def rows(work: RecordWork, query: str, *values: object) -> list[Content]:
    """The rows of a query, by column; its first placeholder is the tenant."""
    with work.transaction.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, (work.tenant_id, *values)).fetchall()


def published(work: RecordWork, record: str, key: object) -> Content:
    """Content as it is published, with its revision.

    Raises:
        InputError: there is none that is published.
    """
    declared = BY_NAME[record]
    found = rows(
        work,
        "SELECT v.content FROM content_versions v WHERE v.tenant_id = %s AND v.record = %s AND v.key = %s "
        f"AND EXISTS (SELECT FROM {record} r WHERE r.tenant_id = v.tenant_id AND r.{declared.keys[0].name} = v.key "
        "AND r.status = 'published') ORDER BY v.revision DESC LIMIT 1",
        record,
        key,
    )
    if not found:
        raise InputError(
            f"There is no published {declared.singular} {str(key)[:64]}.",
            hint=f"Publish the {declared.singular} first.",
            code="not_published",
            status=422,
            pointer=f"/{declared.keys[0].name}",
        )
    content: Content = found[0]["content"]
    return content


def published_as(work: RecordWork, record: str, key: object, revision: object) -> Content:
    """Content as it was published under a number."""
    found = rows(
        work,
        "SELECT content FROM content_versions WHERE tenant_id = %s AND record = %s AND key = %s AND revision = %s",
        record,
        key,
        revision,
    )
    return found[0]["content"] if found else published(work, record, key)


def in_force(work: RecordWork, record: str, keys: Sequence[str], at: object) -> Mapping[str, Content]:
    """Of each content that was ever published what was in force at an instant; before its first revision, that."""
    found = rows(
        work,
        "SELECT DISTINCT ON (key) key, content FROM content_versions "
        "WHERE tenant_id = %s AND record = %s AND key = ANY (%s) "
        "ORDER BY key, published_at <= %s DESC, CASE WHEN published_at <= %s THEN -revision ELSE revision END",
        record,
        list(keys),
        at,
        at,
    )
    return {row["key"]: row["content"] for row in found}
