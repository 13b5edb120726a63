"""Results of checks, of the nightly ones and of the builds of the warehouse, and issues; on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from akademos.catalogue.warehouse_checks import check_of
from akademos.stores.ports.quality import QualityIssue, QualityResult
from akademos.stores.postgres.database import Database, Transaction

_KEEP = """
    INSERT INTO quality_results (tenant_id, dataset, check_name, kind, severity, statement, status, offending, sample,
        said, checked_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_FAILED = """
    INSERT INTO quality_issues AS kept (tenant_id, issue_id, dataset, check_name, severity, owner, opened_at,
        last_seen_at, offending) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, dataset, check_name) WHERE closed_at IS NULL
        DO UPDATE SET (last_seen_at, offending, owner) = (excluded.last_seen_at, excluded.offending, excluded.owner)
    RETURNING opened_at = last_seen_at
"""
_PASSED = """
    UPDATE quality_issues SET closed_at = %s
    WHERE tenant_id = %s AND dataset = %s AND check_name = %s AND closed_at IS NULL
"""
_RESULT = "dataset, check_name, kind, severity, statement, status, offending, sample, said, checked_at"
_LATEST = f"""
    SELECT DISTINCT ON (dataset, check_name) {_RESULT} FROM quality_results WHERE tenant_id = %s
    ORDER BY dataset, check_name, checked_at DESC, result_id DESC
"""
_HISTORY = f"""
    SELECT {_RESULT} FROM quality_results WHERE tenant_id = %s AND dataset = %s
    ORDER BY checked_at DESC, check_name LIMIT %s
"""
_CHECK = "dataset, check_name, nullif(column_name, ''), severity, status, failures, checked_at"
_OF_NEWEST_BUILD = f"""
    SELECT {_CHECK} FROM warehouse_checks WHERE tenant_id = %(tenant)s AND build_id = (
        SELECT build_id FROM warehouse_checks WHERE tenant_id = %(tenant)s ORDER BY checked_at DESC LIMIT 1)
    ORDER BY dataset, column_name, check_name
"""
_OF_BUILDS = f"""
    SELECT {_CHECK} FROM warehouse_checks WHERE tenant_id = %s AND dataset = %s
    ORDER BY checked_at DESC, column_name, check_name LIMIT %s
"""
_ISSUES = """
    SELECT issue_id::text, dataset, check_name, severity, owner, opened_at, last_seen_at, offending, closed_at
    FROM quality_issues WHERE tenant_id = %s AND (closed_at IS NULL OR NOT %s) ORDER BY opened_at DESC, dataset
"""


class PostgresQuality:
    """Adapter of the port `QualityStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, tenant_id: str, results: Sequence[QualityResult], owners: dict[str, str]) -> tuple[int, int]:
        """Keep results; open issues of failures, close those of what passed."""
        opened = closed = 0
        with self._database.pipeline() as transaction:
            for one in results:
                transaction.execute(
                    _KEEP,
                    (tenant_id, one.dataset, one.check, one.kind, one.severity, one.statement, one.status,
                     one.offending, list(one.sample), one.said, one.checked_at),
                )  # fmt: skip
                if one.status == "failed":
                    opened += _open(transaction, tenant_id, one, owners.get(one.dataset, "data steward"))
                elif one.status == "passed":
                    done = transaction.execute(_PASSED, (one.checked_at, tenant_id, one.dataset, one.check))
                    closed += done.rowcount
        return opened, closed

    def latest(self, tenant_id: str) -> list[QualityResult]:
        """The newest result of every check; of the warehouse those of its newest build."""
        with self._database.serving(tenant_id) as transaction:
            found = [_result(row) for row in transaction.execute(_LATEST, (tenant_id,))]
            built = transaction.execute(_OF_NEWEST_BUILD, {"tenant": tenant_id})
            return [*found, *(_of_build(row) for row in built)]

    def history(self, tenant_id: str, dataset: str, *, limit: int) -> list[QualityResult]:
        """Results of one dataset, newest first; a table of the warehouse (`schema.table`) is checked by its builds."""
        query, result = (_OF_BUILDS, _of_build) if "." in dataset else (_HISTORY, _result)
        with self._database.serving(tenant_id) as transaction:
            return [result(row) for row in transaction.execute(query, (tenant_id, dataset, limit))]

    def issues(self, tenant_id: str, *, open_only: bool = False) -> list[QualityIssue]:
        """Newest first."""
        with self._database.serving(tenant_id) as transaction:
            return [QualityIssue(*row) for row in transaction.execute(_ISSUES, (tenant_id, open_only))]


def _open(transaction: Transaction, tenant_id: str, one: QualityResult, owner: str) -> int:
    row = transaction.execute(
        _FAILED,
        (
            tenant_id,
            uuid4(),
            one.dataset,
            one.check,
            one.severity,
            owner,
            one.checked_at,
            one.checked_at,
            one.offending,
        ),
    ).fetchone()
    return int(bool(row and row[0]))


def _result(row: tuple[Any, ...]) -> QualityResult:
    values = list(row)  # columns in the order of the fields
    values[7] = tuple(values[7])
    return QualityResult(*values)


def _of_build(row: tuple[Any, ...]) -> QualityResult:
    dataset, name, column, severity, status, failures, checked_at = row
    check = check_of(name, column, critical=severity == "critical")
    return QualityResult(
        dataset, check.name, check.kind.value, check.severity.value, check.statement,
        "passed" if status == "pass" else "failed", failures, (), "", checked_at,
    )  # fmt: skip
