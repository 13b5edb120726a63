"""The embedded server: start, adopt, recover, restart, stop; guarded even from its neighbours."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from akademos.stores.postgres.embedded import EmbeddedPostgres


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="akademos-pg-") as name:
        yield Path(name)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    one = EmbeddedPostgres(folder)
    one.start()
    yield one
    one.start()
    one.stop()


def pid(server: EmbeddedPostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split()[0])


def one(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


def test_application_is_no_superuser(server: EmbeddedPostgres) -> None:
    assert one(server.dsn, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user") is False


def test_strangers_find_no_door(server: EmbeddedPostgres) -> None:
    assert stat.S_IMODE(server.socket_folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.credentials_file.stat().st_mode) == 0o600
    assert one(server.dsn, "SHOW listen_addresses") == ""
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"host={server.socket_folder} dbname=akademos user=akademos password=guess")
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"host={server.socket_folder} dbname=akademos user=postgres")


def test_commits_are_durable_by_configuration(server: EmbeddedPostgres) -> None:
    assert one(server.dsn, "SHOW fsync") == "on"
    assert one(server.dsn, "SHOW synchronous_commit") == "on"
    assert one(server.dsn, "SHOW data_checksums") == "on"


def test_restart_keeps_what_was_committed(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    first = pid(server)
    server.restart()
    assert pid(server) != first
    assert one(server.dsn, "SELECT answer FROM kept") == 42


def test_second_user_adopts_and_the_last_one_stops(server: EmbeddedPostgres) -> None:
    second = EmbeddedPostgres(server.folder)
    second.start()
    running = pid(server)
    server.stop()
    assert psutil.pid_exists(running), "stopped under somebody who still uses it"
    assert one(second.dsn, "SELECT 1") == 1
    second.stop()
    assert not (server.data / "postmaster.pid").exists()


def test_recovers_after_kill(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(pid(server), signal.SIGKILL)
    again = EmbeddedPostgres(server.folder)
    again.start()
    assert one(again.dsn, "SELECT answer FROM kept") == 42
    again.stop()


def test_stale_lock_that_names_a_living_stranger(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    content = (server.data / "postmaster.pid").read_text().splitlines()
    server.stop()
    content[0] = str(os.getpid())  # the pid was given to somebody else after a crash
    (server.data / "postmaster.pid").write_text("\n".join(content) + "\n")
    server.start()
    assert one(server.dsn, "SELECT 1") == 1
    server.stop()


def test_interrupted_initialisation_is_begun_again(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.data.mkdir(parents=True)
    (server.data / "base").mkdir()
    (server.data / "half").write_text("left by a crash")
    server.start()
    assert one(server.dsn, "SELECT 1") == 1
    server.stop()


def test_long_paths_get_a_short_socket(folder: Path) -> None:
    deep = folder / ("a" * 60) / ("b" * 60)
    server = EmbeddedPostgres(deep)
    server.start()
    assert len(str(server.socket_folder)) < 90
    assert one(server.dsn, "SELECT 1") == 1
    server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_starts_without_root(folder: Path) -> None:
    folder.chmod(0o777)
    # Imports come first: what root may read, the other account may not.
    script = (
        "import json, os, sys, psycopg; from pathlib import Path\n"
        "from akademos.stores.postgres.embedded import EmbeddedPostgres\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "server = EmbeddedPostgres(Path(sys.argv[1]) / 'own'); dsn = server.start()\n"
        "print(json.dumps(psycopg.connect(dsn).execute('select current_user').fetchone()))\n"
        "server.stop()"
    )
    command = [sys.executable, "-c", script, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["akademos"]
