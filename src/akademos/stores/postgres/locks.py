"""Advisory locks that order the processes of one installation: who holds what, and who waits for whom.

All of them end with the transaction that took them, or with its connection, so a killed process leaves none
behind. They live in the two-number space of PostgreSQL's advisory locks, under one class of our own.

- LANDING: the mover from taking a batch to deleting it; whoever else deletes rows that were accepted.
- CONSENTED_WRITES: shared by everybody between checking consent and the commit of what it allowed; taken
  exclusively, and given back at once, by whoever must know that no such write from before is still under way.
- LAKE_APPEND: shared by appends to the event log; exclusive while files that no commit names are swept away.
- LAKE_REWRITE: exclusive to whoever replaces or removes files of the event log.
- PAUSE: exclusive to whoever wants workers to leave out nights and refreshes for now; they look by asking for it
  shared.
- JOB and its number: one run of a job at a time.

They are asked for without parameters: a statement with parameters leaves its portal, and with it its snapshot, until
the next statement of its connection, and while a lock is held for long no VACUUM could remove what was deleted since.

The audit log's trigger takes a lock of its own class (24940, and a hash of the tenant), always as the last one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from akademos.stores.postgres.database import Database, Transaction

CLASS = 0x616B
LANDING = 1
CONSENTED_WRITES = 2
LAKE_APPEND = 3
LAKE_REWRITE = 4
PAUSE = 5
_FIRST_JOB = 1 << 16


def lock(transaction: Transaction, number: int, *, shared: bool = False) -> None:
    """Take a lock until the transaction ends; waits."""
    call = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    transaction.execute(f"SELECT {call}({CLASS}, {number:d})", prepare=False)


def try_lock(transaction: Transaction, number: int, *, shared: bool = False) -> bool:
    """Take a lock until the transaction ends, if nobody holds it against us."""
    call = "pg_try_advisory_xact_lock_shared" if shared else "pg_try_advisory_xact_lock"
    row = transaction.execute(f"SELECT {call}({CLASS}, {number:d})", prepare=False).fetchone()
    return bool(row and row[0])


def lock_landing(transaction: Transaction) -> None:
    """Delete accepted rows only under this lock, and only `WAITING` ones: it waits for the mover's batch in hand."""
    lock(transaction, LANDING)


WAITING = "transaction_id > (SELECT coalesce(max(moving_to), '0'::xid8) FROM landing_in_hand)"
"""Condition on `landing`, under its lock: rows that are nowhere else. Others may be in the core already, put there by a
mover that was killed; the next one finds out, checks consent if they are not, and counts them either way."""


def lock_consented_writes(transaction: Transaction) -> None:
    """Hold this from checking consent until what it allowed is committed to the event log (shared)."""
    lock(transaction, CONSENTED_WRITES, shared=True)


def job_number(job: str) -> int:
    """The lock of one job, by its name."""
    digest = hashlib.blake2b(job.encode(), digest_size=3).digest()
    return _FIRST_JOB + int.from_bytes(digest, "big")


class LakeLocks:
    """The locks of the event log, for every process on this database (`stores.lake.locks.TableLocks`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def append(self) -> Iterator[None]:
        """Beside other appends and rewrites, not beside a sweep."""
        with self._database.pipeline() as transaction:
            lock(transaction, LAKE_APPEND, shared=True)
            yield

    @contextmanager
    def rewrite(self) -> Iterator[None]:
        """Beside appends, not beside another rewrite."""
        with self._database.pipeline() as transaction:
            lock(transaction, LAKE_REWRITE)
            yield

    @contextmanager
    def sweep(self) -> Iterator[None]:
        """Beside nothing that writes; call it within `rewrite`."""
        with self._database.pipeline() as transaction:
            lock(transaction, LAKE_APPEND)
            yield
