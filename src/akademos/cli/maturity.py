"""`akademos maturity`: the models that come with the platform, and bringing one into a tenant."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.operator import operator
from akademos.errors import InputError, NotFound
from akademos.learning.maturity import maturity_model
from akademos.system import System

app = typer.Typer(help="Maturity models: what organisations are assessed by.", no_args_is_help=True)

_RECORD = "maturity_models"


@app.callback()
def maturity() -> None:
    """Maturity models: what organisations are assessed by."""


@app.command()
def models() -> None:
    """List the models that come with the platform."""
    table = Table("model", "title", "questions", "levels", "languages")
    for name in _shipped():
        content = _read(name, None)
        model = maturity_model(content["rubric"])
        questions = sum(len(one.questions) for one in model.dimensions)
        languages = ", ".join(("en", *content["rubric"].get("translations", {})))
        table.add_row(name, content["title"], str(questions), str(len(model.levels)), languages)
    Console().print(table)


@app.command()
def add(
    tenant: Annotated[str, typer.Option(help="Tenant to bring it into.")],
    model: Annotated[str, typer.Argument(help="Name of a model that comes with the platform.")] = "",
    file: Annotated[Path | None, typer.Option(help="A model of one's own, a TOML file of the same form.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
) -> None:
    """Publish a model in a tenant; one that is there already and differs becomes its next revision."""
    if bool(model) == (file is not None):
        raise InputError("Name a model or a file.", hint="`akademos maturity models` lists what there is.")
    content = _read(model, file)
    maturity_model(content["rubric"])
    row = {name: content.get(name) for name in ("model_id", "title", "domain", "rubric")}
    with System(settings.load(data=data)) as system:
        report = system.records.load(tenant, _RECORD, [{**row, "status": "published"}], actor=operator())
    done = "added" if report.new else "changed" if report.changed else "there already"
    Console().print(f"{row['model_id']}: {done}")


def _shipped() -> list[str]:
    folder = files("akademos.learning") / "models"
    return sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))


def _read(name: str, file: Path | None) -> Mapping[str, Any]:
    if file is None and name not in _shipped():
        raise NotFound(f"There is no model {name[:64]}.", hint=f"There is: {', '.join(_shipped())}.")
    try:
        text = (
            (files("akademos.learning") / "models" / f"{name}.toml").read_text() if file is None else file.read_text()
        )
        content = tomllib.loads(text)
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as broken:
        raise InputError(f"The model cannot be read: {broken}.", hint="Send a TOML file in UTF-8.") from broken
    if not all(isinstance(content.get(key), str) for key in ("model_id", "title")) or "rubric" not in content:
        raise InputError("The model lacks model_id, title or rubric.", hint="Compare it with a model that is shipped.")
    return content
