"""`akademos doctor`: checks the installation and says what to do."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from akademos import __version__, settings
from akademos.errors import AkademosError
from akademos.settings import Settings

FREE_BYTES = 2 * 1024**3
DATABASE_VERSION = 150000


class Finding(NamedTuple):
    """One check: what it looked at, whether it is fine, what it saw, what to do otherwise."""

    check: str
    fine: bool
    seen: str
    advice: str = ""


def command(
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
    show_settings: Annotated[bool, typer.Option("--settings", help="List every setting too.")] = False,
) -> None:
    """Check Python, disk, keys, database and core; exits 1 when something has to be done."""
    chosen = settings.load(data=data)
    findings = [_python(), _disk(chosen), *_guarded("database", lambda: _stores(chosen)), _key(chosen), _volume(chosen)]
    table = Table("check", "", "seen", "what to do", title=f"akademos {__version__}")
    for one in findings:
        table.add_row(one.check, "ok" if one.fine else "[bold red]look[/]", one.seen, "" if one.fine else one.advice)
    console = Console()
    console.print(table)
    if show_settings:
        listing = Table("variable", "default", "meaning")
        for row in settings.document():
            listing.add_row(*row)
        console.print(listing)
    if not all(one.fine for one in findings):
        raise typer.Exit(1)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "Install Python 3.11 or newer.")


def _disk(chosen: Settings) -> Finding:
    folder = chosen.data.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    advice = f"Free space on the volume of {folder}; below 2 GB imports and compaction may stop."
    return Finding("disk", free > FREE_BYTES, f"{free / 1024**3:.1f} GB free", advice)


def _key(chosen: Settings) -> Finding:
    path = chosen.master_key_path
    if not path.exists():
        return Finding("master key", False, f"{path} is missing", "Restore it: without it nobody can be identified.")
    mode = stat.S_IMODE(path.stat().st_mode)
    return Finding(
        "master key", mode & 0o077 == 0, f"{path}, mode {mode:o}", f"chmod 600 {path}, and keep a copy apart."
    )


def _volume(chosen: Settings) -> Finding:
    """Whether the data lies on an encrypted volume, as far as Linux tells."""
    try:
        device = chosen.data.stat().st_dev
        name = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/dm/uuid")
        encrypted = name.exists() and name.read_text().startswith("CRYPT-")
    except OSError:
        encrypted = False
    seen = "encrypted" if encrypted else "no encryption seen"
    # Advice only: it may be encrypted below what this machine can see.
    return Finding("volume", True, seen + ("" if encrypted else " (use an encrypted volume in production)"))


def _stores(chosen: Settings) -> list[Finding]:
    from akademos.stores.postgres.landing_queue import PostgresLandingQueue
    from akademos.system import System, now

    with System(chosen) as system:
        with system.database.pipeline() as transaction:
            row = transaction.execute(
                "SELECT current_setting('server_version_num')::int, current_setting('synchronous_commit'), "
                "current_setting('fsync'), (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user)"
            ).fetchone()
        if row is None:
            return [Finding("database", False, "no answer", "Check AKADEMOS_DATABASE_URL.")]
        number, synchronous, fsync, powerful = row
        rows = system.event_log.count()
        backlog = PostgresLandingQueue(system.database).backlog()
        where = "embedded" if not chosen.database_url else "AKADEMOS_DATABASE_URL"
        return [
            Finding("database", number >= DATABASE_VERSION, f"PostgreSQL {number // 10000}, {where}", "Use 15 or up."),
            Finding(
                "durability",
                synchronous in ("on", "remote_apply", "remote_write", "local") and fsync == "on",
                f"synchronous_commit {synchronous}, fsync {fsync}",
                "Switch both on: else accepted events can be lost.",
            ),
            Finding(
                "database role", not powerful, "no superuser" if not powerful else "passes row-level security",
                "Connect as a role that is no superuser and has no BYPASSRLS.",
            ),
            Finding("core", True, f"{rows:,} events in {chosen.lake}"),
            Finding(
                "landing",
                backlog.oldest is None or (now() - backlog.oldest).total_seconds() < 3600,
                f"{backlog.events:,} waiting",
                "Start the worker: `akademos worker`.",
            ),
        ]  # fmt: skip


def _guarded(check: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return look()
    except AkademosError as refusal:
        return [Finding(check, False, refusal.reason, refusal.hint)]
