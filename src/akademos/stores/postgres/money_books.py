"""The books of money on PostgreSQL."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
from psycopg.types.json import Jsonb

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import Conflict, NotFound
from akademos.ledger.metering import Standing
from akademos.privacy.pseudonyms import Keys, audit_name
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.money_books import COLUMNS, TABLE, Bill, Loaded, MoneyFile, MoneyRow
from akademos.stores.postgres.audit import append as append_audit
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.tenant_settings import require_tenant
from akademos.stores.postgres.vault import PostgresVault

JSON_COLUMNS = frozenset({"tags", "body"})
_BORN = ("tenant_id", "row_id", "load_id", "line")
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('akademos.money.' || %s, 0))"
_LOAD = """
    INSERT INTO money_loads (tenant_id, load_id, kind, name, content_sha256, bytes, received, accepted, duplicate,
        rejected, codes, meant_checksum, kept_checksum, seconds, loaded_at, loaded_by)
    OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now(), %s)
"""
_NEXT = "SELECT nextval(pg_get_serial_sequence('akademos.money_loads', 'load_id'))"
_CHARGES = f"""
    SELECT line, row_id, {", ".join(COLUMNS["billing_charges"])} FROM billing_charges
    WHERE tenant_id = %s AND (billing_account, period_start, currency)
        IN (SELECT * FROM unnest(%s::text[], %s::date[], %s::text[]))
    ORDER BY load_id, line, row_id
"""
_PEOPLE = "SELECT learner_key::text, data_key FROM people WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[])"
_METERED = """
    SELECT greatest(t.created_at, (SELECT max(c.charge_end) FROM billing_charges c
        JOIN money_loads l USING (tenant_id, load_id) WHERE c.tenant_id = t.tenant_id AND l.kind = 'metering'))
    FROM tenants t WHERE t.tenant_id = %s
"""
_CHARGED = """
    SELECT c.service, coalesce(c.resource, ''), coalesce(c.unit, ''), c.currency, sum(coalesce(c.quantity, 0)),
        sum(coalesce(c.listed, 0)), sum(c.billed)
    FROM billing_charges c JOIN money_loads l USING (tenant_id, load_id)
    WHERE c.tenant_id = %(tenant)s AND l.kind = 'metering' AND c.charge_start >= %(start)s AND c.charge_start < %(end)s
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
_EVENTS = """
    SELECT door, sum(received)::float FROM receipts
    WHERE tenant_id = %(tenant)s AND (counted_at >= %(start)s AND counted_at < %(end)s
        OR counted_at IS NULL AND received_at >= %(start)s AND received_at < %(end)s) GROUP BY door
"""
_COMPUTE = """
    WITH came AS (
        SELECT coalesce(sum(received) FILTER (WHERE tenant_id = %(tenant)s), 0)::float AS own,
            coalesce(sum(received), 0)::float AS everybody
        FROM receipts WHERE received_at >= %(start)s AND received_at < %(end)s
    ), part AS (
        SELECT CASE WHEN everybody > 0 THEN own / everybody ELSE 1.0 / (SELECT count(*) FROM tenants) END AS own
        FROM came
    )
    SELECT job, sum(extract(epoch FROM finished_at - started_at)::float
        * CASE WHEN tenant_id IS NULL THEN part.own ELSE 1 END)
    FROM job_runs, part WHERE (tenant_id = %(tenant)s OR tenant_id IS NULL)
        AND finished_at >= %(start)s AND finished_at < %(end)s GROUP BY job
    UNION ALL SELECT query, sum(seconds) FROM query_usage
    WHERE tenant_id = %(tenant)s AND noted_at >= %(start)s AND noted_at < %(end)s GROUP BY query
"""
_REFERENCES = """
    SELECT encode(row_id, 'hex'), reference FROM transactions WHERE tenant_id = %(tenant)s
    UNION ALL SELECT encode(row_id, 'hex'), reference FROM settlement_lines WHERE tenant_id = %(tenant)s
"""
_ANSWERS = """
    SELECT what, count(*)::float FROM access_log
    WHERE tenant_id = %(tenant)s AND decision = 'allowed' AND at >= %(start)s AND at < %(end)s GROUP BY what
"""


class PostgresMoneyBooks:
    """Adapter of the port `MoneyBooks`."""

    def __init__(self, database: Database, keys: Keys, vault: PostgresVault) -> None:
        self._database = database
        self._keys = keys
        self._vault = vault

    def append(self, tenant_id: str, file: MoneyFile, rows: Sequence[MoneyRow], *, by: str) -> Loaded:
        """Append what is not there yet; see the port."""
        began = time.monotonic()
        table, refused = TABLE[file.kind], dict(file.codes)
        with self._database.pipeline() as transaction:
            require_tenant(transaction, tenant_id)
            transaction.execute(_LOCK, (tenant_id,))
            new, conflicts = self._new(transaction, tenant_id, table, rows)
            if conflicts:
                refused["conflict"] = len(conflicts)
            rejected = sum(refused.values())
            received = len(rows) + sum(file.codes.values())
            (load_id,) = transaction.execute(_NEXT).fetchone() or (0,)
            self._write(transaction, tenant_id, table, load_id, new)
            meant = checksum(row.values for row in new)
            kept = checksum(self._read_back(transaction, tenant_id, table, load_id))
            if meant != kept:
                raise Conflict(
                    f"What was kept of {file.name} is not what was read; nothing of it was taken.",
                    hint="Load it again; if it stays so, tell whoever runs the database.",
                    code="checksum",
                )
            loaded = Loaded(load_id, len(new), received - len(new) - rejected, rejected, tuple(conflicts))
            transaction.execute(
                _LOAD,
                (
                    tenant_id, load_id, file.kind, file.name, file.content_sha256, file.bytes, loaded.received,
                    loaded.accepted, loaded.duplicate, loaded.rejected, Jsonb(refused), meant, kept,
                    time.monotonic() - began, by,
                ),
            )  # fmt: skip
            detail = {"kind": file.kind, "load": load_id, "accepted": loaded.accepted, "rejected": loaded.rejected}
            append_audit(transaction, tenant_id, AuditEntry(by, AuditAction.MONEY_LOADED, None, detail))
        return loaded

    def _new(
        self, transaction: Transaction, tenant_id: str, table: str, rows: Sequence[MoneyRow]
    ) -> tuple[list[MoneyRow], list[int]]:
        """Rows whose id does not stand, and the lines of those whose id stands with other values."""
        known: dict[bytes, bytes | None] = self._standing(transaction, tenant_id, table, [row.row_id for row in rows])
        new, conflicts = [], []
        for row in rows:
            content = row.values[0] if table == "transactions" else None
            if row.row_id not in known:
                known[row.row_id] = content
                new.append(row)
            elif known[row.row_id] != content:
                conflicts.append(row.line)
        return new, conflicts

    def charges(self, tenant_id: str, bills: Sequence[Bill]) -> Sequence[MoneyRow]:
        """Every charge that stands of some bills; see the port."""
        columns = ([bill[place] for bill in bills] for place in range(3))
        with self._database.pipeline() as transaction:
            found = transaction.execute(_CHARGES, (tenant_id, *columns)).fetchall()
        return [
            MoneyRow(
                line,
                bytes(row_id),
                tuple(one.astimezone(UTC) if isinstance(one, datetime) else one for one in values),
            )
            for line, row_id, *values in found
        ]

    def _standing(
        self, transaction: Transaction, tenant_id: str, table: str, row_ids: Sequence[bytes]
    ) -> dict[bytes, bytes | None]:
        content = "content_hash" if table == "transactions" else "NULL::bytea"
        found = transaction.execute(
            f"SELECT row_id, {content} FROM {table} WHERE tenant_id = %s AND row_id = ANY(%s)",
            (tenant_id, list(row_ids)),
        )
        return {bytes(row_id): None if hashed is None else bytes(hashed) for row_id, hashed in found}

    def _write(
        self, transaction: Transaction, tenant_id: str, table: str, load_id: int, rows: Sequence[MoneyRow]
    ) -> None:
        columns = COLUMNS[table]
        packed = [name in JSON_COLUMNS for name in columns]
        named = (*_BORN, *columns)
        statement = (
            f"INSERT INTO {table} ({', '.join(named)}, recorded_at) VALUES ({', '.join(['%s'] * len(named))}, now())"
        )
        transaction.cursor().executemany(
            statement,
            (
                (
                    tenant_id, row.row_id, load_id, row.line,
                    *(Jsonb(value) if is_json else value for value, is_json in zip(row.values, packed, strict=True)),
                )
                for row in rows
            ),
        )  # fmt: skip

    def _read_back(
        self, transaction: Transaction, tenant_id: str, table: str, load_id: int
    ) -> Iterable[tuple[Any, ...]]:
        return transaction.execute(
            f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE tenant_id = %s AND load_id = %s",
            (tenant_id, load_id),
        )

    def customers(self, tenant_id: str, user_ids: Sequence[str]) -> Mapping[str, bytes]:
        """Audit names of people by the host's ids; see the port."""
        asked = [Identifier("user", one) for one in dict.fromkeys(user_ids)]
        with self._database.pipeline() as transaction:
            require_tenant(transaction, tenant_id)
            people = self._vault.ensure_in(transaction, tenant_id, asked)
            learner_keys = [person.learner_key for person in people.values()]
            names = {
                key: audit_name(self._keys.unwrap(tenant_id, key, bytes(wrapped)))
                for key, wrapped in transaction.execute(_PEOPLE, (tenant_id, learner_keys))
            }
        return {one.value: names[person.learner_key] for one, person in people.items()}

    def metered_until(self, tenant_id: str) -> datetime:
        """Until before when the platform's own use is charged; see the port."""
        with self._database.pipeline() as transaction:
            require_tenant(transaction, tenant_id)
            (until,) = transaction.execute(_METERED, (tenant_id,)).fetchone() or (None,)
        if not isinstance(until, datetime):
            raise NotFound(f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`.")
        return until.astimezone(UTC)

    def metered(self, tenant_id: str, start: datetime, end: datetime) -> Sequence[Standing]:
        """What metering has charged; see the port."""
        values = {"tenant": tenant_id, "start": start, "end": end}
        with self._database.pipeline() as transaction:
            return [Standing(*row) for row in transaction.execute(_CHARGED, values)]

    def used(self, tenant_id: str, start: datetime, end: datetime) -> Mapping[str, Mapping[str, float]]:
        """What a tenant used; see the port."""
        values = {"tenant": tenant_id, "start": start, "end": end}
        with self._database.pipeline() as transaction:
            return {
                item: {str(name): float(quantity) for name, quantity in transaction.execute(query, values)}
                for item, query in (("events", _EVENTS), ("compute", _COMPUTE), ("answers", _ANSWERS))
            }

    def references(self, tenant_id: str) -> Mapping[str, str]:
        """By which reference providers know transactions and settlement lines; see the port."""
        with self._database.pipeline() as transaction:
            return dict(transaction.execute(_REFERENCES, {"tenant": tenant_id}).fetchall())

    def read(self, tenant_id: str, extract: str) -> pl.DataFrame:
        """The rows of an extract, as it declares them."""
        from akademos.catalogue.warehouse_extracts import extracts

        declared = next(one for one in extracts() if one.name == extract)
        with self._database.pipeline() as transaction, transaction.cursor() as cursor:
            cursor.execute(declared.query, {"tenant": tenant_id})
            names = [column.name for column in cursor.description or ()]
            rows = cursor.fetchall()
        wanted = dict(declared.columns)
        frame = pl.DataFrame(
            [[_plain(value) for value in row] for row in rows],
            schema={name: dtype(wanted[name]) for name in names},
            orient="row",
        )
        return frame.select(*wanted)


def checksum(rows: Iterable[tuple[Any, ...]]) -> str:
    """The sum of the rows' hashes, whatever their order: 32 hexadecimal digits.

    Example:
        >>> checksum([(1, "a"), (2, "b")]) == checksum([(2, "b"), (1, "a")]) != checksum([(1, "b"), (2, "a")])
        True
    """
    total = sum(int.from_bytes(hashlib.blake2b(canonical(row), digest_size=16).digest(), "big") for row in rows)
    return f"{total % (1 << 128):032x}"


def canonical(row: tuple[Any, ...]) -> bytes:
    """A row as bytes, the same before it was stored and after."""
    return json.dumps([_told(value) for value in row], ensure_ascii=False, sort_keys=True).encode()


def _told(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return json.dumps(value) if isinstance(value, dict | list) else value


def dtype(kind: str) -> pl.DataType:
    """The polars type of a column of an extract."""
    from akademos.catalogue.warehouse_extracts import decimal_digits

    digits = decimal_digits(kind)
    if digits is not None:
        return pl.Decimal(*digits)
    return {
        "string": pl.String(),
        "int32": pl.Int32(),
        "int64": pl.Int64(),
        "float64": pl.Float64(),
        "bool": pl.Boolean(),
        "timestamp": pl.Datetime("us", "UTC"),
        "date": pl.Date(),
    }[kind]
