"""Connections to PostgreSQL: one pool a role, one transaction a call, every outage an announced refusal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Literal, TypeAlias

import psycopg
from psycopg import AsyncConnection, Connection, sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from akademos.errors import Unavailable
from akademos.stores.postgres.roles import PIPELINE, SERVING

Role: TypeAlias = Literal["akademos_serving", "akademos_pipeline"]
Transaction: TypeAlias = Connection[TupleRow]
AsyncTransaction: TypeAlias = AsyncConnection[TupleRow]

POOL_TIMEOUT_S = 5.0
_LANDING = "landing"
_POOLS = ((SERVING, SERVING, False), (PIPELINE, PIPELINE, True), (_LANDING, PIPELINE, False))


class Database:
    """The pools of the two roles. `open` once, `close` at the end; transactions in between."""

    def __init__(self, dsn: str, *, max_size: int = 12) -> None:
        self.dsn = dsn
        self._pools = {
            name: ConnectionPool(
                self._conninfo(role),
                min_size=0,
                max_size=max_size,
                open=False,
                timeout=POOL_TIMEOUT_S,
                check=ConnectionPool.check_connection if checked else None,
                max_idle=60,
                kwargs={"autocommit": True},  # what is more than a statement begins by itself
            )
            for name, role, checked in _POOLS
        }

    def _conninfo(self, role: str) -> str:
        return make_conninfo(self.dsn, options=f"-c role={role} -c search_path=akademos", application_name=role)

    def open(self) -> None:
        """Open the pools without waiting for connections."""
        for pool in self._pools.values():
            pool.open(wait=False)

    def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            pool.close()

    @contextmanager
    def pipeline(self, tenant_id: str | None = None) -> Iterator[Transaction]:
        """A transaction of the pipeline's role."""
        with self._transaction(PIPELINE, tenant_id) as transaction:
            yield transaction

    @contextmanager
    def landing(self) -> Iterator[Transaction]:
        """The pipeline's role on a connection that was not checked first and commits each statement: for the one who
        tries again anyway, and for whom a round trip counts."""
        with self._transaction(_LANDING, None) as transaction:
            yield transaction

    async def connect_landing(self) -> AsyncTransaction:
        """The same for an event loop, which keeps it open.

        Raises:
            psycopg.OperationalError: the store is down.
        """
        return await AsyncConnection.connect(self._conninfo(PIPELINE), autocommit=True)

    @contextmanager
    def serving(self, tenant_id: str, *, snapshot: bool = False, durable: bool = True) -> Iterator[Transaction]:
        """A transaction of the serving role that sees `tenant_id` only; `snapshot` for repeatable reads. What one that
        is not `durable` writes may be lost in a crash of the server."""
        with self._transaction(SERVING, tenant_id, snapshot=snapshot, durable=durable) as transaction:
            yield transaction

    @contextmanager
    def _transaction(
        self, role: str, tenant_id: str | None, *, snapshot: bool = False, durable: bool = True
    ) -> Iterator[Transaction]:
        try:
            with self._pools[role].connection() as connection:
                if role != _LANDING:
                    connection.execute(_begin(tenant_id, snapshot=snapshot, durable=durable), prepare=False)
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as down:
            raise unavailable() from down


@lru_cache(maxsize=1_000)
def _begin(tenant_id: str | None, *, snapshot: bool, durable: bool) -> bytes:
    """The beginning of a transaction as one message, since each costs an answer a round trip; the pool ends it."""
    parts = ["BEGIN ISOLATION LEVEL REPEATABLE READ" if snapshot else "BEGIN"]
    if tenant_id is not None:
        parts.append(f"SET LOCAL akademos.tenant = {sql.Literal(tenant_id).as_string()}")
    if not durable:
        parts.append("SET LOCAL synchronous_commit = off")
    return "; ".join(parts).encode()


def unavailable() -> Unavailable:
    """What a caller is told while the store is down."""
    return Unavailable(
        "the store is not reachable at the moment; nothing of this request was taken",
        hint="Send it again, with the same ids, after the pause given.",
        retry_after_s=2,
    )
