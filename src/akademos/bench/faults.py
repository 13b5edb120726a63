"""`akademos bench faults`: kill -9 at random moments; is everything acknowledged in the core, and only once?

Protocol: client processes send one batch after the other and journal what was acknowledged to disk. Each round kills
one of server, mover and PostgreSQL at a random moment, or the mover between its commit to the core and the emptying of
landing, in turn; the rest goes on and must find its way by itself. At the end consent is given for what was held, the
clients finish, landing drains, and the oracle compares the journals with the files that the table log names: never the
program's own counters.

`--switch-off` takes a safeguard away and must then find something. Without synchronous commit a killed PostgreSQL
loses what its memory held, so the writer of its log is slowed down until memory holds something when it is killed.
Without the application transaction a mover that was killed after its commit does not know it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pyarrow.parquet as pq
from deltalake import DeltaTable

from akademos.bench import fault_governance
from akademos.bench.fault_client import CONSENTING, UNDECIDED
from akademos.bench.fault_governance import Governance
from akademos.bench.installation import Installation, command, consent_all, end, temporary
from akademos.bench.memory import DATABASE
from akademos.errors import InputError, Unavailable

TENANT = "bench"
CLIENTS = 3
KINDS = ("server", "postgres", "mover", "mover_between_commits")
SAFEGUARDS = ("synchronous_commit", "application_transaction")
READY_TIMEOUT_S = 120.0
DRAIN_TIMEOUT_S = 60.0
"""Nothing more arrives when nothing has arrived for so long and landing holds nothing of what is missing."""
STUCK_S = 900.0
"""When nothing has arrived for so long, what landing still holds is stuck: a busy machine is no reason any more."""

PURPOSES = ("learning_support",)


def run(
    *, rounds: int = 20, switch_off: str | None = None, seed: int | None = None, governance: bool = False
) -> dict[str, Any]:
    """Run the rounds; the result is the JSON of the bench. With `governance`, erasure and retention are killed too."""
    if switch_off not in (None, *SAFEGUARDS):
        raise InputError(f"There is no safeguard `{switch_off}`.", hint="Safeguards: " + ", ".join(SAFEGUARDS) + ".")
    seed = int.from_bytes(os.urandom(4), "big") if seed is None else seed
    chance = random.Random(seed)  # noqa: S311  # which moments, not a secret
    among = (*KINDS, *fault_governance.KINDS) if governance else KINDS
    kinds = [among[number % len(among)] for number in range(rounds)]
    chance.shuffle(kinds)
    with temporary() as installation, ExitStack() as ending:
        site = _Site(installation, switch_off, chance)
        ending.callback(site.stop)
        site.start()
        governed = Governance(installation, TENANT, chance)
        if governance:
            governed.send(site.url, site.key, site.consents, kinds.count("erasure"))
        for number, kind in enumerate(kinds, start=1):
            if kind in fault_governance.KINDS:
                governed.kill(kind)
                site.check()
            else:
                site.kill(kind)
            print(f"round {number}/{rounds}: killed {kind}; {len(site.journalled()):,} events acknowledged", flush=True)
        site.finish()
        ended = {"erasures": kinds.count("erasure"), "receipts": governed.finish()} if governance else {}
        core = core_columns(installation.data / "lake", ["event_id", "retention_from"])
        return {
            "rounds": rounds,
            **compare(site.journalled(), core["event_id"]),
            **ended,
            **(governed.left(core, datetime.now(UTC)) if governance else {}),
            "kills": {kind: kinds.count(kind) for kind in among},
            "switched_off": switch_off,
            "seed": seed,
        }


def compare(acknowledged: Sequence[str], core: Sequence[str]) -> dict[str, int]:
    """The oracle: ids that senders were told are safe, against the ids in the core's files."""
    distinct = set(core)
    return {
        "acknowledged": len(set(acknowledged)),
        "lost_events": len(set(acknowledged) - distinct),
        "double_events": len(core) - len(distinct),
    }


def core_ids(lake: Path) -> list[Any]:
    """Ids of all rows in the files that the newest version of the core names."""
    return core_columns(lake, ["event_id"])["event_id"]


def core_columns(lake: Path, names: list[str]) -> dict[str, list[Any]]:
    """Columns of the same rows."""
    found: dict[str, list[Any]] = {name: [] for name in names}
    for uri in DeltaTable(lake / "events").file_uris():
        table = pq.ParquetFile(uri).read(columns=names)
        for name in names:
            found[name] += table[name].to_pylist()
    return found


@dataclass
class _Site:
    """The processes under test and those that test them."""

    installation: Installation
    switched_off: str | None
    chance: random.Random
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    clients: list[subprocess.Popen[bytes]] = field(default_factory=list)
    key: str = ""
    consents: str = ""

    def __post_init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = (self.installation.data / "bench-server.log").open("a")

    def start(self) -> None:
        """Server, worker and clients; consent of those who have decided."""
        run_command = self.installation.run
        run_command("tenant", "create", TENANT)
        unlimited = ("--rate", "1000000000", "--burst", "1000000000")
        self.key = run_command("tenant", "key", TENANT, "bench", "--scope", "ingest", *unlimited).splitlines()[-1]
        self.consents = run_command("tenant", "key", TENANT, "consents", "--scope", "consent").splitlines()[-1]
        self._start_server()
        if self.switched_off == "synchronous_commit":
            self._commit_asynchronously()
        self._start_worker()
        consent_all(self.url, self.consents, [f"c-{number}" for number in range(CONSENTING)], PURPOSES)
        for number in range(CLIENTS):
            arguments = [self.url, self.key, str(self._journal(number)), str(self.chance.getrandbits(32))]
            client = [sys.executable, "-m", "akademos.bench.fault_client", *arguments]
            self.clients.append(subprocess.Popen(client, stdout=self.log, stderr=self.log))

    def kill(self, kind: str) -> None:
        """One round: wait for a random moment, kill, and have what was killed started again."""
        self._wait_for_acknowledgements()
        time.sleep(self.chance.uniform(0, 1.5))
        if kind == "server":
            self._kill("server")
            time.sleep(self.chance.uniform(0, 0.5))
            self._start_server()
        elif kind == "postgres":
            os.kill(self._postmaster(), signal.SIGKILL)
            time.sleep(self.chance.uniform(0, 0.5))
            self.installation.run("tenant", "list")  # starts it; server and worker find it again by themselves
        elif kind == "mover":
            self._kill("worker")
            time.sleep(self.chance.uniform(0, 0.5))
            self._start_worker()
        else:
            self._kill("worker")
            self._start_worker("--kill-at", str(self.chance.randint(1, 4)))
            self._wait_for_death()
            self._start_worker()
        self.check()

    def check(self) -> None:
        """Everything that should run does."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise Unavailable(f"The {name} ended by itself: {self._log_tail()}", hint="What it logged says why.")
        for client in self.clients:
            if client.poll() is not None:
                raise Unavailable(f"A client gave up: {self._log_tail()}", hint="What it says is a bug.")

    def _wait_for_death(self) -> None:
        try:
            self.processes["worker"].wait(READY_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            if self.switched_off is None:
                raise
            # Without synchronous commit a killed PostgreSQL uses transaction ids again that the core knows as
            # moved already: then nothing more is committed, which is the damage that this is to show.
            self._kill("worker")

    def _wait_for_acknowledgements(self) -> None:
        """Until the clients have got through again, so that no kill falls into the quiet after another."""
        before, deadline = self._journal_bytes(), time.monotonic() + READY_TIMEOUT_S
        while self._journal_bytes() <= before:
            if time.monotonic() > deadline:
                raise Unavailable(f"Nothing is acknowledged any more: {self._log_tail()}", hint="See above.")
            time.sleep(0.05)

    def finish(self) -> None:
        """Give the consent that was awaited, let the clients finish, and wait until everything has arrived."""
        consent_all(self.url, self.consents, [f"u-{number}" for number in range(UNDECIDED)], PURPOSES)
        for client in self.clients:
            client.send_signal(signal.SIGTERM)
        for client in self.clients:
            client.wait(READY_TIMEOUT_S)
        acknowledged = set(self.journalled())
        lake = self.installation.data / "lake"
        missing, since = acknowledged, time.monotonic()
        while missing:
            time.sleep(0.5)
            now_missing = acknowledged - set(core_ids(lake))
            if len(now_missing) < len(missing):
                missing, since = now_missing, time.monotonic()
            idle_s = time.monotonic() - since
            if idle_s > DRAIN_TIMEOUT_S:
                waiting = 0 if self.switched_off else self._waiting(missing)
                if not waiting:
                    return
                if idle_s > STUCK_S:
                    raise Unavailable(
                        f"{waiting:,} acknowledged events wait in landing and are not moved: {self._log_tail()}",
                        hint="What the worker logged says why.",
                    )

    def _waiting(self, missing: set[str]) -> int:
        """How many of the missing events landing holds."""
        with self.installation.connection() as connection:
            rows = connection.execute("SELECT event_id::text FROM akademos.landing").fetchall()
        return len(missing.intersection(event_id for (event_id,) in rows))

    def stop(self) -> None:
        """End everything that was started."""
        for client in self.clients:
            if client.poll() is None:
                client.kill()
                client.wait()
        for name in ("worker", "server"):
            if name in self.processes:
                end(self.processes[name])
        self.log.close()

    def journalled(self) -> list[str]:
        """Ids that clients wrote down, whole lines only."""
        found: list[str] = []
        for number in range(CLIENTS):
            journal = self._journal(number)
            if journal.exists():
                found += [line for line in journal.read_text().splitlines() if len(line) == len(str(_AN_ID))]
        return found

    def _journal_bytes(self) -> int:
        return sum(one.stat().st_size for one in map(self._journal, range(CLIENTS)) if one.exists())

    def _journal(self, number: int) -> Path:
        return self.installation.data / f"journal-{number}"

    def _environment(self) -> dict[str, str]:
        return {**self.installation.environment(), "AKADEMOS_PORT": str(self.port)}

    def _launch(self, name: str, *arguments: str) -> None:
        self.processes[name] = subprocess.Popen(
            command(*arguments), env=self._environment(), stdout=self.log, stderr=self.log
        )

    def _start_server(self) -> None:
        self._launch("server", "serve", "--no-worker")
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline and self.processes["server"].poll() is None:
            try:
                if httpx.get(f"{self.url}/healthz", timeout=5).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass  # not yet
            time.sleep(0.05)
        raise Unavailable(f"The server did not start: {self._log_tail()}", hint="What it logged says why.")

    def _start_worker(self, *arguments: str) -> None:
        off = ("--switch-off", self.switched_off) if self.switched_off == "application_transaction" else ()
        self._launch("worker", "worker", *off, *arguments)

    def _kill(self, name: str) -> None:
        """With all that it has started, PostgreSQL apart: that has kills of its own."""
        started = psutil.Process(self.processes[name].pid).children(recursive=True)
        self.processes[name].kill()
        for one in started:
            with suppress(psutil.NoSuchProcess):
                if one.name() != DATABASE:
                    one.kill()
        self.processes[name].wait()

    def _postmaster(self) -> int:
        return int((self.installation.data / "postgres" / "data" / "postmaster.pid").read_text().split()[0])

    def _commit_asynchronously(self) -> None:
        folder = self.installation.data / "postgres"
        password = json.loads((folder / "credentials.json").read_text())["postgres"]
        superuser = f"host={folder / 'socket'} dbname=postgres user=postgres password={password}"
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute("ALTER ROLE akademos SET synchronous_commit = off")
            connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
            connection.execute("ALTER SYSTEM SET wal_writer_flush_after = '1GB'")
            connection.execute("SELECT pg_reload_conf()")
        # Connections from before would go on committing synchronously.
        self._kill("server")
        self._start_server()

    def _log_tail(self) -> str:
        return (self.installation.data / "bench-server.log").read_text()[-2000:]


_AN_ID = "00000000-0000-4000-8000-000000000000"
