"""`akademos`: thin commands over the system, one module a noun."""

from __future__ import annotations

import sys
from importlib import import_module

import typer
from rich.console import Console
from rich.markup import escape

from akademos import __version__
from akademos.errors import AkademosError

app = typer.Typer(
    name="akademos",
    help="Learning analytics: consented events in; mastery, forgetting, gaps and more out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

GROUPS = (
    "events",
    "records",
    "import",
    "export",
    "topics",
    "consent",
    "identity",
    "tenant",
    "learner",
    "alerts",
    "interventions",
    "rights",
    "governance",
    "catalogue",
    "jobs",
    "audit",
    "groups",
    "kpi",
    "release",
    "outbox",
    "incidents",
    "maintenance",
    "erasures",
    "hold",
    "retention",
    "models",
    "cost",
    "payments",
    "txn",
    "marts",
    "maturity",
    "bench",
    "evaluate",
)
MODULES = {"import": "imports", "export": "exports"}
"""Where the word of a command is no name for a module."""
COMMANDS = ("demo", "serve", "worker", "ingest", "reconcile", "train", "items", "erase", "token", "doctor")


def _version(show: bool) -> None:
    if show:
        typer.echo(f"akademos {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """Settings come from AKADEMOS_ variables and the file AKADEMOS_CONFIG; `akademos doctor` lists them."""


def _assemble(arguments: list[str]) -> None:
    """Import only the module of the command asked for; all of them when help is wanted."""
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    nouns = [wanted] if wanted in (*GROUPS, *COMMANDS) else [*GROUPS, *COMMANDS]
    for noun in nouns:
        module = import_module(f"akademos.cli.{MODULES.get(noun, noun)}")
        if noun in GROUPS:
            app.add_typer(module.app, name=noun)
        else:
            app.command(name=noun)(module.command)


def main() -> None:
    """Entry point: every refusal ends as one readable line and a non-zero exit, never as a traceback."""
    _assemble(sys.argv[1:])
    try:
        app()
    except AkademosError as refusal:
        console = Console(stderr=True, highlight=False)
        console.print(f"[bold red]error[/] ({refusal.code}): {escape(refusal.reason)}", soft_wrap=True)
        if refusal.hint:
            console.print(f"  {escape(refusal.hint)}", soft_wrap=True)
        sys.exit(75 if refusal.transient else 1)
    except BrokenPipeError:
        sys.exit(0)


if __name__ == "__main__":
    main()
