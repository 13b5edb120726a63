"""`akademos evaluate`: how good the models are, by protocols that no option bends (docs/evaluation.md)."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from akademos.cli.figures import show_figures

app = typer.Typer(no_args_is_help=True)

Data = Annotated[Path, typer.Argument(help="A file or folder of one of the layouts in docs/evaluation.md.")]


@app.callback()
def evaluate() -> None:
    """Judge models on held-out data. The last line printed is one JSON object."""


def _judged(protocol: str, *arguments: Path) -> None:
    show_figures(f"evaluate {protocol}", import_module(f"akademos.evaluate.{protocol}").run(*arguments))


@app.command()
def readiness(data: Data) -> None:
    """An exam score from what came before it: error, coverage of the interval, calibration of the pass probability."""
    _judged("readiness", data)
