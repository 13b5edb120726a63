"""Bytes that rows leave behind in PostgreSQL's files: pages, indexes, statistics, the write-ahead log.

A deleted row stays in its page until something else is written there; a plain VACUUM gives the room free and leaves
the bytes. Rewriting a table (VACUUM FULL) copies what is alive, with its indexes and TOAST. The log holds every page
that changed, and old segments are renamed for use to come with their bytes in them; they are removed here instead,
and those that wait already are written over with zeros by switching through them (a switch fills its segment).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg import sql

from akademos.catalogue.declarations import Dataset
from akademos.errors import Unavailable
from akademos.privacy.erasure import Needle
from akademos.stores.ports.erasure import Found, ServerCleared
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.person_columns import personal_tables

LOCK_TIMEOUT_MS = 15_000
ATTEMPTS = 3
SETTING_TIMEOUT_S = 60

_PARTITIONS = """
    SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_class c
    WHERE c.relnamespace = 'akademos'::regnamespace AND c.relkind = 'r' AND c.relname = ANY(%s)
    ORDER BY c.relname
"""
_COMPRESSIBLE = """
    SELECT c.relname, a.attname, t.typname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attstorage IN ('x', 'm')
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relnamespace = 'akademos'::regnamespace AND c.relkind = 'r' AND c.relname = ANY(%s)
        AND t.typname IN ('text', 'jsonb', 'bytea')
"""
# ANALYZE leaves the statistics of a table as they are once the table is empty, and those over partitions always.
_STALE_STATISTICS = """
    SELECT c.relname, array_agg(a.attname::text), c.relkind = 'p' FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'akademos'::regnamespace AND c.relname = ANY(%s)
        AND (c.relkind = 'p' OR c.relkind = 'r' AND pg_relation_size(c.oid) = 0)
    GROUP BY c.oid, c.relname, c.relkind
"""
_CLEAR_STATISTICS = "SELECT pg_clear_attribute_stats('akademos', %s, name, %s) FROM unnest(%s::text[]) AS name"
_CLEARS_STATISTICS = 180_000
"""The first version of the server whose tables' owner may clear statistics."""

_AHEAD = """
    SELECT count(*) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' AND name > pg_walfile_name(pg_current_wal_lsn())
"""
_EXTERNAL = (
    "files of the external database server: its operator recycles the write-ahead log (wal_recycle = off, then "
    "CHECKPOINT, SELECT pg_switch_wal(), CHECKPOINT); archives and base backups keep the person for as long as the "
    "operator keeps them"
)
_SEGMENTS = "SELECT count(*), coalesce(sum(size), 0)::bigint FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'"


class TableRewriter:
    """The half of the port `PersonEraser` that works on whole tables, as their owner."""

    def __init__(self, database: Database, datasets: Sequence[Dataset]) -> None:
        self._database = database
        self._datasets = datasets

    def rewrite_tables(self, tables: Sequence[str] | None = None) -> ServerCleared:
        """Rewrite every table that may have held a person (or those given), its indexes and statistics.

        Raises:
            Unavailable: somebody kept a table locked for too long (`table_locked`); to be tried again.
        """
        with self._database.pipeline() as transaction:
            wanted = tables or personal_tables(transaction, self._datasets)
            sizes = dict(transaction.execute(_PARTITIONS, (list(wanted),)).fetchall())
        done: dict[str, Any] = {"tables": 0, "bytes_before": sum(sizes.values())}
        left = []
        with psycopg.connect(self._database.dsn, autocommit=True) as owner:
            owner.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
            owner.execute("SET client_min_messages = error")
            # What was done is remembered by a commit that waits for the log, and so for all of this before it.
            owner.execute("SET synchronous_commit = off")
            for table in sizes:
                _patiently(owner, sql.SQL("VACUUM (FULL, ANALYZE) akademos.{}").format(sql.Identifier(table)))
                done["tables"] += 1
            left += _clear_statistics(owner, list(wanted))
            if not _may(
                owner, "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"
            ):
                left.append("pg_statistic: the login does not own the database; have its owner run VACUUM FULL on it")
            else:
                _patiently(owner, sql.SQL("VACUUM (FULL) {}").format(sql.Identifier("pg_catalog", "pg_statistic")))
        return ServerCleared(done, tuple(left))

    def vacuum(self, tables: Sequence[str]) -> None:
        """Give room free in tables that name nobody."""
        with psycopg.connect(self._database.dsn, autocommit=True) as owner:
            owner.execute("SET client_min_messages = error")
            for table in tables:
                owner.execute(sql.SQL("VACUUM akademos.{}").format(sql.Identifier(table)))

    def search_rows(self, needles: Sequence[Needle]) -> Found:
        """Search values that the server may have compressed: long texts, JSON and bytes of personal tables."""
        hits: set[tuple[str, str]] = set()
        rows = 0
        with self._database.pipeline() as transaction:
            tables = personal_tables(transaction, self._datasets)
            columns = transaction.execute(_COMPRESSIBLE, (tables,)).fetchall()
            for table, column, kind in columns:
                name = sql.Identifier("kept", column)
                value = (
                    sql.SQL("{}").format(name)
                    if kind == "bytea"
                    else sql.SQL("convert_to({}::text, 'UTF8')").format(name)
                )
                statement = sql.SQL(
                    "SELECT count(*), coalesce(array_agg(DISTINCT n.kind) FILTER (WHERE n.kind IS NOT NULL), '{{}}') "
                    "FROM {table} AS kept LEFT JOIN unnest(%s::text[], %s::bytea[]) AS n (kind, form) "
                    "ON octet_length({name}::text) > 500 AND position(n.form IN {value}) > 0"
                ).format(table=sql.Identifier(table), name=name, value=value)
                found = transaction.execute(
                    statement, ([one.kind for one in needles], [one.form for one in needles])
                ).fetchone()
                if found is not None:
                    rows += found[0]
                    hits.update((f"table {table}.{column}", what) for what in found[1])
        return Found(tuple(sorted(hits)), 0, 0, rows)


class WriteAheadLog:
    """Adapter of the port `ServerFiles`.

    Args:
        superuser_dsn: of the embedded server; None: somebody else's server, of which we ask what its login may do.
    """

    def __init__(self, database: Database, superuser_dsn: Callable[[], str] | None) -> None:
        self._database = database
        self._superuser_dsn = superuser_dsn

    def recycle(self) -> ServerCleared:
        """Have no write-ahead log from before now on disk."""
        if self._superuser_dsn is None:
            return self._ask()
        with psycopg.connect(self._superuser_dsn(), autocommit=True) as server:
            server.execute("ALTER SYSTEM SET wal_recycle = off")
            server.execute("SELECT pg_reload_conf()")
            try:
                self._wait_until_off(server)
                server.execute("CHECKPOINT")
                ((waiting,),) = server.execute(_AHEAD).fetchall()
                for _ in range(waiting + 1):
                    server.execute(
                        "SELECT pg_logical_emit_message(false, 'akademos', '')"
                    )  # else there is nothing to switch
                    server.execute("SELECT pg_switch_wal()")
                server.execute("CHECKPOINT")
            finally:
                server.execute("ALTER SYSTEM RESET wal_recycle")
                server.execute("SELECT pg_reload_conf()")
            ((segments, size),) = server.execute(_SEGMENTS).fetchall()
        return ServerCleared({"segments_written_over": waiting, "segments_now": segments, "bytes_now": int(size)})

    def _wait_until_off(self, server: psycopg.Connection[Any]) -> None:
        deadline = time.monotonic() + SETTING_TIMEOUT_S
        while server.execute("SHOW wal_recycle").fetchone() != ("off",):
            if time.monotonic() > deadline:
                raise Unavailable("the database server does not take its settings", hint="Restart it.")
            time.sleep(0.05)
            server.execute("SELECT pg_reload_conf()")
        time.sleep(0.05)  # the checkpointer takes them at its own pace, at its next wake-up at the latest

    def _ask(self) -> ServerCleared:
        done: dict[str, Any] = {}
        left = [_EXTERNAL]
        with psycopg.connect(self._database.dsn, autocommit=True) as login:
            for name, statement in (("switched", "SELECT pg_switch_wal()"), ("checkpoint", "CHECKPOINT")):
                try:
                    login.execute(statement)
                    done[name] = True
                except psycopg.errors.InsufficientPrivilege:
                    left.append(f"{name}: the login may not; run {statement} as an administrator")
        return ServerCleared(done, tuple(left))


def _clear_statistics(owner: psycopg.Connection[Any], tables: Sequence[str]) -> list[str]:
    """Have no values left in the planner's statistics of tables that ANALYZE passes by; what remains to be done."""
    stale = owner.execute(_STALE_STATISTICS, (list(tables),)).fetchall()
    if stale and owner.info.server_version < _CLEARS_STATISTICS:
        named = ", ".join(sorted(table for table, _, _ in stale))
        return [f"pg_statistic: values of rows that are gone may stay for {named}; an administrator deletes them"]
    for table, columns, partitioned in stale:
        owner.execute(_CLEAR_STATISTICS, (table, partitioned, columns))
    return []


def _may(connection: psycopg.Connection[Any], question: str) -> bool:
    row = connection.execute(question.encode()).fetchone()
    return bool(row and row[0])


def _patiently(owner: psycopg.Connection[Any], statement: sql.Composed) -> None:
    for attempt in range(ATTEMPTS):
        try:
            owner.execute(statement)
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as busy:
            if attempt == ATTEMPTS - 1:
                raise Unavailable(
                    "a table is in use for so long that it could not be rewritten",
                    hint="The job tries again by itself; end what holds it (pg_stat_activity).",
                    code="table_locked",
                ) from busy
        else:
            return
