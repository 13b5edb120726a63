"""Sealing beside writers: whatever commits late is in a later batch, never lost behind a seal."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from akademos.catalogue.policies import LIMITS
from akademos.errors import Unavailable
from akademos.jobs.access_seal import AccessSealJob
from akademos.jobs.audit_verification import verify
from akademos.jobs.plan import seal_due
from akademos.stores.postgres.access_seals import PostgresAccessSeals
from akademos.stores.postgres.chains import PostgresChains
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.job_runs import PostgresJobRuns

LOOK = (
    "INSERT INTO access_log (tenant_id, actor, role, what, purpose, decision) "
    "VALUES (%s, 'person:00', 'instructor', '/v1/x', 'learning_support', 'allowed') RETURNING access_id"
)


def now() -> datetime:
    return datetime.now(UTC)


def seal_all(database: Database, tenant: str) -> int:
    seals = PostgresAccessSeals(database)
    decided, rows = seals.decided(), 0
    while more := seals.seal(tenant, decided, limit=50, sealed_at=now()):
        rows += more
    return rows


def test_a_lower_number_that_commits_late_waits_for_no_seal_before_it(database: Database, tenant: str) -> None:
    late_inserted, late_may_commit = threading.Event(), threading.Event()
    numbers: list[int] = []

    def late() -> None:
        with database.serving(tenant) as transaction:
            ((number,),) = transaction.execute(LOOK, (tenant,))
            numbers.append(number)
            late_inserted.set()
            assert late_may_commit.wait(20)

    writer = threading.Thread(target=late)
    writer.start()
    assert late_inserted.wait(10)
    with database.serving(tenant) as transaction:
        ((higher,),) = transaction.execute(LOOK, (tenant,))
    assert higher > numbers[0]
    with pytest.raises(Unavailable):  # it does not seal past a writer who does not end
        PostgresAccessSeals(database).decided()
    with database.serving(tenant) as transaction:  # and holds nobody up meanwhile
        transaction.execute(LOOK, (tenant,))
    late_may_commit.set()
    writer.join(20)
    assert seal_all(database, tenant) == 3
    with PostgresChains(database).reading() as chains:
        found = verify(chains, tenant)
    assert (found.reads, found.unsealed, found.broken) == (3, 0, [])


def test_nothing_is_lost_or_sealed_twice_beside_many_writers(database: Database, tenant: str) -> None:
    """The gate's writers commit in any order while batches are sealed again and again."""
    until = time.monotonic() + 3
    written: list[int] = []
    failures: list[BaseException] = []

    def write(pause: float) -> None:
        try:
            while time.monotonic() < until:
                with database.serving(tenant) as transaction:
                    ((number,),) = transaction.execute(LOOK, (tenant,))
                    time.sleep(pause)
                written.append(number)
        except BaseException as failure:
            failures.append(failure)
            raise

    writers = [threading.Thread(target=write, args=(pause,)) for pause in (0, 0.001, 0.004, 0.02)]
    for writer in writers:
        writer.start()
    rounds = 0
    while time.monotonic() < until:
        seal_all(database, tenant)
        rounds += 1
    for writer in writers:
        writer.join(20)
    seal_all(database, tenant)
    with PostgresChains(database).reading() as chains:
        found = verify(chains, tenant)
        sealed = [row.access_id for row in chains.accesses(tenant, 0, 2**62)]
    assert failures == []
    assert rounds > 3
    assert (found.reads, found.unsealed, found.broken) == (len(written), 0, [])
    assert sorted(written) == sealed


def test_the_job_seals_every_tenant_and_finds_nothing_to_do_afterwards(database: Database, tenant: str) -> None:
    clock = [now()]
    job = AccessSealJob(PostgresAccessSeals(database), PostgresJobRuns(database), clock=lambda: clock[0])
    assert not job.needed()
    with database.pipeline() as transaction:
        transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES ('other', 'O')")
        for one in (tenant, tenant, "other"):
            transaction.execute(LOOK, (one,))
    assert not job.needed()
    clock[0] = now() + LIMITS.access_seal_pause
    assert job.needed()
    run = job.run()
    assert run is not None
    assert (run.rows_in, run.rows_out) == (3, 2)
    assert not job.needed()
    with PostgresChains(database).reading() as chains:
        assert [verify(chains, one).reads for one in (tenant, "other")] == [2, 1]


def test_a_batch_is_due_when_it_is_old_or_full() -> None:
    at = now()
    full = LIMITS.access_seal_rows
    assert not seal_due(full - 1, at - LIMITS.access_seal_pause + timedelta(seconds=1), at)
    assert seal_due(1, at - LIMITS.access_seal_pause, at)
    assert seal_due(full, at, at)
