"""`akademos train`: train models now, and put them into service if they are better."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from akademos import settings as settings_module
from akademos.errors import NotFound


def command(
    name: Annotated[str | None, typer.Argument(help="Model to train; all of them when left out.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Tenant; all of them when left out.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
) -> None:
    """Train on learners who consent, judge on learners it never saw, promote if better than what serves."""
    from akademos.jobs.trainers import TRAINERS
    from akademos.system import System

    if name is not None and name not in TRAINERS:
        raise NotFound(f"There is no model `{name}` to train.", hint="Models: " + ", ".join(TRAINERS) + ".")
    with System(settings_module.load(data=data)) as system:
        tenants = [one.tenant_id for one in system.tenants.all()]
        if tenant is not None and tenant not in tenants:
            raise NotFound(f"There is no tenant `{tenant}`.", hint="`akademos tenant list` names them.")
        for one in tenants if tenant is None else [tenant]:
            run = system.training.run(one, tuple(TRAINERS) if name is None else (name,))
            if run is None:
                typer.echo(f"{one}: another process is training.")
                continue
            for model in TRAINERS:
                if model in run.detail:
                    typer.echo(f"{one}: {model}: {_sentence(run.detail[model])}")


def _sentence(said: dict[str, object]) -> str:
    if not said["trained"]:
        return f"not trained: {said['learners']} learners with a result, it takes {said['needed']}."
    what = "in service" if said["promoted"] else "kept as a candidate"
    return f"version {said['version']} trained on {said['learners']} learners; {said['reason']}; {what}."
