"""An installation of its own for a bench: made, served and ended through the command line, as anybody would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg

from akademos.errors import Unavailable

START_TIMEOUT_S = 60.0
END_TIMEOUT_S = 30.0
SETTLED_S = 300.0

# By wider margins than the database's own, so that none waits for what is not due.
_UNSETTLED = """
    SELECT count(*) + (SELECT count(*) FROM pg_stat_progress_vacuum) FROM pg_stat_user_tables
    WHERE schemaname = 'akademos'
        AND (n_mod_since_analyze > 1000 + n_live_tup / 5 OR n_ins_since_vacuum > 10000 + n_live_tup / 2)
"""
_NOT_FOLLOWED = """
    SELECT (SELECT count(*) FROM akademos.outbox_pending) + (SELECT count(*) FROM akademos.progress_observations)
        + (SELECT count(*) FROM akademos.outbox_heads h LEFT JOIN akademos.outbox_readers r
            ON r.tenant_id = h.tenant_id AND r.reader = 'progress_events' WHERE h.position > coalesce(r.position, 0))
        + (SELECT count(*) FROM akademos.job_runs
            WHERE outcome = 'running' OR finished_at > clock_timestamp() - interval '10 s')
"""


@dataclass
class Installation:
    """A data folder, and what the command line does with it."""

    data: Path

    def run(self, *arguments: str) -> str:
        """Run one command and return what it printed; a refusal ends the bench with the command's own words."""
        done = subprocess.run(command(*arguments), env=self.environment(), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Unavailable(f"`akademos {' '.join(arguments)}` failed: {done.stderr.strip()}", hint="See above.")
        return done.stdout.strip()

    def environment(self) -> dict[str, str]:
        """The environment in which every command means this installation."""
        return {**os.environ, "AKADEMOS_DATA": str(self.data), "AKADEMOS_PORT": "0", "AKADEMOS_LOG_LEVEL": "warning"}

    @contextmanager
    def served(self, *arguments: str) -> Iterator[Server]:
        """Serve until the block is left."""
        log = (self.data / "bench-server.log").open("w+")
        process = subprocess.Popen(command("serve", *arguments), env=self.environment(), stdout=log, stderr=log)
        try:
            yield Server(process, _url(process, self.data / "bench-server.log"))
        finally:
            end(process)
            log.close()

    def settle(self) -> None:
        """Return once the database has vacuumed and analysed what was written, as it does soon after an import; while
        something serves.

        Raises:
            Unavailable: the database has not had its look at them in time.
        """
        self._wait(_UNSETTLED, "The database has not looked at its tables")

    def follow(self) -> float:
        """Return once the worker that runs has followed every change of records and has nothing more to make up for;
        seconds it took.

        Raises:
            Unavailable: not in time.
        """
        started = time.monotonic()
        self._wait(_NOT_FOLLOWED, "The worker has not come to rest")
        return time.monotonic() - started

    def _wait(self, left: str, what: str) -> None:
        until = time.monotonic() + SETTLED_S
        with self.connection() as connection:
            while any(connection.execute(left).fetchone() or ()):
                connection.commit()
                if time.monotonic() > until:
                    raise Unavailable(f"{what} in {SETTLED_S:g} s.", hint="See its log.")
                time.sleep(0.5)

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        """The database under its pipeline role, while something serves; for a look that no door gives."""
        folder = self.data / "postgres"
        password = json.loads((folder / "credentials.json").read_text())["akademos"]
        socket = (folder / "data" / "postmaster.pid").read_text().splitlines()[4]
        with psycopg.connect(host=socket, dbname="akademos", user="akademos", password=password) as connection:
            connection.execute("SET ROLE akademos_pipeline")
            yield connection


@dataclass
class Server:
    """A running server and where it answers."""

    process: subprocess.Popen[bytes]
    url: str

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(urlsplit(self.url).port or 0)


@contextmanager
def temporary() -> Iterator[Installation]:
    """An empty installation that is gone afterwards; a server of it that still runs is ended first."""
    with tempfile.TemporaryDirectory(prefix="akademos-bench-") as folder:
        Path(folder).chmod(0o711)
        yield Installation(Path(folder))


def command(*arguments: str) -> list[str]:
    """The command line of this very interpreter."""
    return [sys.executable, "-m", "akademos.cli.app", *arguments]


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and wait until it has."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        for line in reversed(log.read_text().splitlines()):
            if line.startswith("Akademos serves at "):
                return line.removeprefix("Akademos serves at ").strip()
        time.sleep(0.05)
    raise Unavailable(f"The server did not start: {log.read_text()[-2000:]}", hint="What it logged says why.")


def consent_all(url: str, key: str, users: Sequence[str], purposes: Sequence[str]) -> None:
    """Record consent of many people through the API, as fast as it lets a key go."""
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        for user in users:
            decision = {"purposes": list(purposes), "decision": "granted", "text_version": "bench", "user_id": user}
            while (reply := client.post("/v1/consent", json=decision)).status_code == httpx.codes.TOO_MANY_REQUESTS:
                time.sleep(float(reply.headers["Retry-After"]))
            reply.raise_for_status()
