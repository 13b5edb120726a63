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
def forgetting(data: Data) -> None:
    """Recall of reviews, on logs of reviews: the model beside FSRS, the interval rule and averages."""
    _judged("forgetting", data)


@app.command()
def drift() -> None:
    """The watch over models: false alarms where nothing has moved, and alarms where something has."""
    _judged("drift")


@app.command()
def insights() -> None:
    """Insights about study habits: false statements over shuffled labels, and power (docs/evaluation/insights.md)."""
    _judged("insights")


@app.command()
def tracing(data: Data) -> None:
    """The chance of a correct next answer: AUC, log loss, calibration, beside best-LR, BKT, difficulty, constant."""
    _judged("tracing", data)


@app.command()
def readiness(data: Data) -> None:
    """An exam score from what came before it: error, coverage of the interval, calibration of the pass probability."""
    _judged("readiness", data)


@app.command()
def recommend(data: Data) -> None:
    """The material that comes next: NDCG and coverage beside popularity, transitions, item neighbours and EASE."""
    _judged("recommend", data)


@app.command()
def hazard(data: Data) -> None:
    """Who will leave a course within four weeks, every date of it hidden: OULAD, trained on 2013, judged on 2014."""
    _judged("hazard", data)


@app.command()
def risk(data: Data) -> None:
    """Who will not complete a course, from the first weeks: OULAD, trained on 2013, judged on 2014."""
    _judged("risk", data)
