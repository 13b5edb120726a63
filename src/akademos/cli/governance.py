"""`akademos governance`: the papers of data protection, written from what is declared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from akademos.catalogue.governance import DOCUMENTS
from akademos.catalogue.registry import builtin
from akademos.errors import InputError

app = typer.Typer(help="Register of processing, assessment template, breach runbook.", no_args_is_help=True)

Folder = Annotated[Path | None, typer.Option("--to", help="Write NAME.md into this folder instead of printing.")]


@app.callback()
def governance() -> None:
    """Register of processing, assessment template, breach runbook."""


@app.command()
def register(to: Folder = None) -> None:
    """The register of processing activities (GDPR Art. 30)."""
    _write("register", to)


@app.command()
def assessment(to: Folder = None) -> None:
    """The template of a data-protection impact assessment (GDPR Art. 35)."""
    _write("assessment", to)


@app.command()
def runbook(to: Folder = None) -> None:
    """What to do when personal data may have come into wrong hands (GDPR Art. 33 and 34)."""
    _write("runbook", to)


def _write(name: str, folder: Path | None) -> None:
    text = DOCUMENTS[name](builtin())
    if folder is None:
        typer.echo(text, nl=False)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    except OSError as refused:
        raise InputError(f"{folder} cannot be written: {refused.strerror}.", hint="Choose another folder.") from refused
    typer.echo(f"Written: {folder / name}.md")
