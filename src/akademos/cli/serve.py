"""`akademos serve`: the store, the API and the worker, started together and ended together."""

from __future__ import annotations

import gc
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from akademos import settings as settings_module
from akademos.cli.children import Children
from akademos.cli.even_listening import EvenListener, Shares
from akademos.cli.shared_metrics import metrics_shared
from akademos.cli.worker import work
from akademos.errors import SettingsError, Unavailable
from akademos.settings import Settings

if TYPE_CHECKING:
    from akademos.intake.rate import TokenBuckets
    from akademos.system import System

BACKLOG = 2048
GRACE_S = 10
PROCESSES = 2
"""Of the server, when nobody says otherwise: one interpreter cannot decode as fast as PostgreSQL takes."""
ALLOCATIONS = 10_000
"""Before the youngest objects are searched for cycles."""

Ready = Callable[[str], None]


def command(
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on (AKADEMOS_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, 0 for a free one (AKADEMOS_PORT).")] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer requests.")] = PROCESSES,
    worker: Annotated[
        bool | None, typer.Option("--worker/--no-worker", help="Run the worker beside it (AKADEMOS_WORKER).")
    ] = None,
    development: Annotated[
        bool, typer.Option("--development", help="With the development sign-in: anybody may be anybody.")
    ] = False,
) -> None:
    """Serve the API and the pages; everything that this starts ends with it."""
    chosen = settings_module.load(data=data, host=host, port=port, worker=worker)
    if development:
        chosen = replace(chosen, environment="development")
    settings_module.check_development(chosen)
    with metrics_shared(), prepared(chosen, processes=processes) as front:
        from akademos.system import System

        with System(chosen) as system:
            serve(system, front, ready=lambda url: typer.echo(f"Akademos serves at {url}"))


@dataclass(frozen=True)
class Front:
    """What the processes of a server share: the socket that they listen on, their connections, and how much every
    sender may send."""

    listening: socket.socket
    shares: Shares
    buckets: TokenBuckets
    children: Children


@contextmanager
def prepared(chosen: Settings, *, processes: int = PROCESSES) -> Iterator[Front]:
    """Get ready to serve: import everything, and fork what the other processes come from. Call from the main thread,
    before threads are started and the installation is opened, and within `metrics_shared` for joint metrics.

    Args:
        chosen: where to listen, and whether a worker runs beside the server.
        processes: processes that answer requests; this one is the first of them.

    Raises:
        SettingsError: the address or port cannot be listened on.
    """
    import_module("akademos.cli.prefork")
    from akademos.intake.rate import TokenBuckets

    listening, shares, buckets = _bound(chosen), Shares(processes), TokenBuckets()
    children = Children(ended=_forget_metrics, log_level=chosen.log_level)
    if chosen.worker:
        children.add("worker", work, chosen)
    for number in range(1, processes):
        children.add(f"server {number + 1}", serve_on, chosen, listening, shares, number, buckets)
    try:
        children.prepare()
        yield Front(listening, shares, buckets, children)
    finally:
        children.stop()
        listening.close()


def serve(system: System, front: Front, *, ready: Ready = lambda url: None) -> None:
    """Serve until SIGINT or SIGTERM; call from the main thread.

    Args:
        system: the opened installation.
        front: what `prepared` gave for its settings.
        ready: called with the address once requests are answered.

    Raises:
        SettingsError: the address or port cannot be listened on.
        Unavailable: the server did not start, or the other processes were lost.
    """
    chosen = system.settings
    settings_module.check_development(chosen)
    _listen(front.listening, chosen)
    url = f"http://{chosen.host}:{front.listening.getsockname()[1]}"
    system.buckets = front.buckets
    with _signals_noted() as asked_to_end:
        try:
            front.children.start()
            # A copy: the server closes its own at the end.
            _run_here(system, front.listening.dup(), front.shares, 0, lambda: ready(url), asked_to_end)
        finally:
            front.children.stop()
    if front.children.lost:
        raise Unavailable("The worker and the other servers were lost.", hint="Serve again; the log says what ended.")


def serve_on(chosen: Settings, listening: socket.socket, shares: Shares, number: int, buckets: TokenBuckets) -> None:
    """Serve on a socket that the parent process listens on, with its buckets: process `number` of several, from 0."""
    from akademos.system import System

    with _signals_noted() as asked_to_end, System(chosen) as system:
        system.buckets = buckets
        _run_here(system, listening, shares, number, lambda: None, asked_to_end)


def _bound(chosen: Settings) -> socket.socket:
    found = socket.socket(socket.AF_INET6 if ":" in chosen.host else socket.AF_INET)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((chosen.host, chosen.port))
    except OSError as refusal:
        found.close()
        raise _taken(chosen, refusal) from refusal
    return found


def _listen(listening: socket.socket, chosen: Settings) -> None:
    try:
        listening.listen(BACKLOG)
    except OSError as refusal:
        raise _taken(chosen, refusal) from refusal


def _taken(chosen: Settings, refusal: OSError) -> SettingsError:
    return SettingsError(
        f"{chosen.host}:{chosen.port} cannot be listened on: {refusal.strerror}.",
        hint="Choose another with --port, or 0 for a free one.",
    )


def _run_here(
    system: System,
    listening: socket.socket,
    shares: Shares,
    number: int,
    ready: Callable[[], None],
    asked_to_end: threading.Event,
) -> None:
    import asyncio

    import structlog
    import uvicorn

    from akademos import __version__
    from akademos.serving.door_protocol import with_doors
    from akademos.telemetry import configure_logging
    from akademos.watching import log_keeper

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=[])
            if self.started:
                self.listener = EvenListener(
                    listening, self.protocol, lambda: len(self.server_state.connections), shares, number
                )
                self.servers.append(self.listener)  # type: ignore[arg-type]  # closed as the others are
            if asked_to_end.is_set():  # before the server listened to signals itself
                self.should_exit = True
            elif self.started:
                gc.collect()
                gc.freeze()  # what is here now stays: collections during requests need not look at it
                gc.set_threshold(ALLOCATIONS)  # a batch makes thousands of objects, of which none form cycles
                ready()

        def protocol(self) -> asyncio.Protocol:
            made: asyncio.Protocol = config.http_protocol_class(  # type: ignore[call-arg]  # as uvicorn
                config=config, server_state=self.server_state, app_state=self.lifespan.state
            )
            return made

        async def on_tick(self, counter: int) -> bool:
            self.listener.note()
            return await super().on_tick(counter)

    application = system.application()
    config = uvicorn.Config(
        application,
        http=with_doors({path.encode(): door for path, door in application.doors.items()}),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=GRACE_S,
    )
    server = Server(config)
    try:
        with log_keeper(system, "server") as keeper:
            configure_logging(system.settings.log_level, keeper.offer)
            log = structlog.get_logger()
            log.info("server_started", version=__version__)
            server.run(sockets=[listening])
            log.info("server_stopped")
    finally:
        gc.unfreeze()  # else libraries that count their objects at the end complain of leaks
    if not server.started:
        raise Unavailable("The server did not start.", hint="What it logged says why.")


@contextmanager
def _signals_noted() -> Iterator[threading.Event]:
    """SIGINT and SIGTERM ask to end instead of ending; the server notices them by itself, and passes them on."""
    asked = threading.Event()
    before = {one: signal.signal(one, lambda *_: asked.set()) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _forget_metrics(pid: int) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)  # type: ignore[no-untyped-call]  # prometheus_client leaves it untyped
