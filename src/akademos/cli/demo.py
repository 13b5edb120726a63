"""`akademos demo`: a furnished institution in one command; see docs/demo.md."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from akademos import settings as settings_module
from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.roles import Role
from akademos.cli.operator import operator
from akademos.cli.serve import Front, prepared, serve
from akademos.cli.shared_metrics import metrics_shared
from akademos.errors import InputError, Unavailable
from akademos.settings import PREFIX, child_environment
from akademos.stores.ports.audit import AuditEntry

if TYPE_CHECKING:
    from akademos.demo.furnish import Furnishing
    from akademos.demo.money import MoneyFiles
    from akademos.system import System

LEAVE_S = 20.0
LAST_WORDS = 1_000
NIGHTLY = (
    "learner_states",
    "group_statistics",
    "peer_comparison",
    "content_statistics",
    "kpis",
    "risk_scores",
    "risk_alerts",
    "quality",
)
TOKEN_LIFETIME = timedelta(hours=1)
_LOOK_EVERY_S = 0.1

Note = Callable[[str], None]


def command(
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, 0 for a free one (AKADEMOS_PORT).")] = None,
    learners: Annotated[int, typer.Option(help="Learners of the institution.")] = 300,
    seed: Annotated[int, typer.Option(help="What all chance derives from.")] = 7,
) -> None:
    """Furnish an institution (first start), serve it, and say how to sign in. Ctrl-C ends all of it."""
    chosen = replace(settings_module.load(data=data, port=port), environment="development")
    if port is None and PREFIX + "PORT" not in os.environ and not _is_free(chosen.host, chosen.port):
        chosen = replace(chosen, port=0)
    console = Console(highlight=False)
    started = time.monotonic()

    def note(what: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:5.1f} s[/]  {what}", soft_wrap=True)

    with metrics_shared(), prepared(chosen) as front:
        from akademos.demo.furnish import OUTSIDE_SUFFIX, Furnishing
        from akademos.system import System

        note(f"Opening the installation in {chosen.data}")
        with System(chosen) as system:
            outside = chosen.data.with_name(chosen.data.name + OUTSIDE_SUFFIX)
            furnishing = Furnishing(chosen.data, outside, seed=seed, learners=learners, now=datetime.now(UTC))
            _serve_furnished(system, front, furnishing, note, lambda url: _welcome(console, url))


def _serve_furnished(
    system: System, front: Front, furnishing: Furnishing, note: Note, welcome: Callable[[str], None]
) -> None:
    """Serve; furnish beside it what is missing; welcome when all is there."""
    if furnishing.finished:
        serve(system, front, ready=welcome)
        return
    doors = CommandLineDoors(system)
    history = furnishing.simulate(note)
    furnishing.before_serving(doors, history, note)
    failures: list[BaseException] = []
    paused = ExitStack()  # all is computed once, when all is there

    def furnish(url: str) -> None:
        try:
            furnishing.while_serving(doors, history, url, note)
            paused.close()
            welcome(url)
        except BaseException as failure:  # noqa: BLE001 -- the main thread raises it, once the server has ended
            failures.append(failure)
            os.kill(os.getpid(), signal.SIGINT)

    beside: list[threading.Thread] = []

    def ready(url: str) -> None:
        beside.append(threading.Thread(target=furnish, args=(url,), name="furnishing", daemon=True))
        beside[0].start()

    note("Starting the server")
    try:
        paused.enter_context(system.job_runs.pause())
        serve(system, front, ready=ready)
    finally:
        ended_by_hand = not failures
        doors.leave()
        for thread in beside:
            thread.join(LEAVE_S)
        paused.close()
    if failures and not ended_by_hand:
        raise failures[0]


class CommandLineDoors:
    """`akademos.demo.furnish.Doors`: quick ones in this process, long ones as commands of their own."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._leaving = threading.Event()

    def create_tenant(self, tenant_id: str, name: str, time_zone: str) -> None:
        """`akademos tenant create`."""
        self._system.tenants.create(tenant_id, name, time_zone=time_zone, actor=operator())

    def declare_texts(self, file: Path, tenant_id: str) -> None:
        """`akademos consent texts --add`."""
        from akademos.intake.consent_text_files import read_texts

        for text in read_texts(file, self._system.services.clock()):
            self._system.consent_terms.declare(tenant_id, text, declared_by=operator())

    def make_key(self, tenant_id: str, name: str) -> str:
        """`akademos tenant key`."""
        return self._system.api_keys.create(tenant_id, name, scopes=("ingest", "consent"), actor=operator())

    def grant_role(self, tenant_id: str, user_id: str, role: Role) -> None:
        """`akademos tenant role grant`."""
        self._system.role_grants.grant(tenant_id, user_id, role, by=operator())

    def sign_token(self, tenant_id: str, user_id: str, role: Role) -> str:
        """`akademos token`."""
        self._system.services.standing.role_for(tenant_id, user_id, role, ())
        return self._system.tokens.issue(tenant_id, role, user_id, lifetime=TOKEN_LIFETIME)

    def import_records(self, folder: Path, tenant_id: str) -> None:
        """`akademos records import`."""
        from akademos.intake.records import import_records

        import_records(folder, tenant_id, self._system.records, self._system.vault, actor=operator())

    def ingest(self, file: Path, basis: Path, columns: Path) -> None:
        """`akademos ingest`."""
        self._run("ingest", str(file), "--basis", str(basis), "--map", str(columns))

    def keep_books(self, files: MoneyFiles, tenant_id: str) -> None:
        """`akademos cost declare` and `import`, `akademos payments` of every kind."""
        from akademos.intake.bill_loading import load_bills
        from akademos.intake.money_rows import RowMap
        from akademos.intake.money_terms import declare_terms
        from akademos.intake.payment_files import PaymentKind, load_payments
        from akademos.money import money_hash

        books, keyed = self._system.money_books, money_hash(self._system, tenant_id)
        declare_terms(files.terms, tenant_id, books, keyed, by=operator())
        load_bills(files.bills, tenant_id, books, keyed, by=operator())
        kinds: tuple[tuple[Path, PaymentKind], ...] = (
            (files.rates, "rates"),
            (files.payments, "transactions"),
            (files.settlements, "settlements"),
            (files.balances, "balances"),
        )
        for file, kind in kinds:
            report = load_payments(file, kind, tenant_id, books, keyed, RowMap(), by=operator())
            if report.problems:
                first = report.problems[0]
                raise InputError(
                    f"{file.name}:{first.line} {first.column} {first.reason}.", hint="Report it: the demo wrote it."
                )

    def meter(self, tenant_id: str) -> None:
        """`akademos cost meter`."""
        from akademos.money import metering

        metering(self._system).by_hand(tenant_id, by=operator())

    def declare_maintenance(self, kind: str, length: timedelta, rules: Sequence[str]) -> None:
        """`akademos maintenance add`."""
        from akademos.cli.maintenance import kind_of, window_of

        window = window_of(None, kind_of(kind), rules, self._system.services.clock(), length)
        by = AuditEntry(operator(), AuditAction.MAINTENANCE_DECLARED)
        self._system.incidents.declare(window, by=by)

    def rehearse_incident(self) -> None:
        """`akademos incidents rehearse`."""
        self._run("incidents", "rehearse")

    def moved(self) -> bool:
        """Whether landing is empty."""
        from akademos.stores.postgres.landing_queue import PostgresLandingQueue

        self._stay()
        return PostgresLandingQueue(self._system.database).backlog().events == 0

    def train(self, model: str, tenant_id: str) -> None:
        """`akademos train`."""
        self._run("train", model, "--tenant", tenant_id)

    def nightly(self) -> None:
        """`akademos jobs run` of the states and what follows; again if the worker is just at it."""
        self._run("jobs", "run", "--wait", *NIGHTLY)

    def leave(self) -> None:
        """End what runs; nothing more is started."""
        self._leaving.set()

    def _stay(self) -> None:
        if self._leaving.is_set():
            raise Unavailable("The demo was ended while it was being furnished.", hint="Start it again; it goes on.")

    def _run(self, *arguments: str) -> str:
        """Run `akademos` with the arguments and return what it printed."""
        self._stay()
        process = subprocess.Popen(
            [sys.executable, "-m", "akademos.cli.app", *arguments],
            env=child_environment(self._system.settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C reaches this process only, which ends the other
        )
        try:
            while True:
                try:
                    printed, _ = process.communicate(timeout=_LOOK_EVERY_S)
                    break
                except subprocess.TimeoutExpired:
                    self._stay()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if process.returncode != 0:
            raise Unavailable(
                f"`akademos {arguments[0]}` failed: {printed.strip()[-LAST_WORDS:]}",
                hint="Mend what it says and start the demo again; it goes on where it stopped.",
            )
        return printed


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError:
            return False
    return True


def _welcome(console: Console, url: str) -> None:
    from akademos.demo.personas import GUIDE

    console.print(f"\n[bold]The demo is ready: {url}[/]", soft_wrap=True)
    console.print("Choose there whom to be; this development sign-in asks for no password:")
    for name, story in GUIDE:
        console.print(f"  [bold]{name}[/]: {story}", soft_wrap=True)
    console.print("What is true of them, and how they were made: docs/demo.md. Ctrl-C ends everything.\n")
