"""`akademos groups`: differentially private counts on a budget. Everything else about groups is published nightly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings as settings_module
from akademos.cli.operator import operator

app = typer.Typer(help="Counts of groups with noise, on a privacy budget.", no_args_is_help=True)

Tenant = Annotated[str, typer.Option(help="The tenant.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


@app.command()
def budget(
    release: Annotated[str, typer.Argument(help="Name of the release.")],
    tenant: Tenant,
    epsilon: Annotated[float, typer.Option(help="What all its counts together may cost.")] = 1.0,
    data: Data = None,
) -> None:
    """Grant a release its budget, once; it goes into the audit log."""
    from akademos.jobs.noisy_counts import checked_epsilon
    from akademos.system import System

    with System(settings_module.load(data=data)) as system:
        granted = system.noise.open(tenant, release, checked_epsilon(epsilon), actor=operator())
    typer.echo(f"The release {release} may spend {granted.epsilon:g}.")


@app.command()
def budgets(tenant: Tenant, data: Data = None) -> None:
    """What was granted, and what is spent."""
    from akademos.system import System

    table = Table("release", "epsilon", "spent")
    with System(settings_module.load(data=data)) as system:
        for one in system.noise.budgets(tenant):
            table.add_row(one.release_id, f"{one.epsilon:g}", f"{one.spent:g}")
    Console().print(table)


@app.command()
def count(
    release: Annotated[str, typer.Argument(help="The release that pays.")],
    tenant: Tenant,
    course: Annotated[str | None, typer.Option(help="A course; left out: the institution.")] = None,
    topic: Annotated[str | None, typer.Option(help="A topic; left out: any.")] = None,
    epsilon: Annotated[float, typer.Option(help="What this count costs.")] = 0.1,
    data: Data = None,
) -> None:
    """Learners with an estimate of a topic, with noise. The same question gets the same answer, for nothing."""
    from akademos.catalogue.registry import builtin
    from akademos.jobs.noisy_counts import learners_with_estimate
    from akademos.serving.services import declared_over_groups
    from akademos.system import System

    with System(settings_module.load(data=data)) as system:
        found = learners_with_estimate(
            system.groups,
            system.noise,
            declared_over_groups(builtin().metrics),
            tenant,
            release,
            course=course,
            topic=topic,
            epsilon=epsilon,
            actor=operator(),
        )
    typer.echo(f"{found.answer} (cost {found.cost:g}, left {found.left:g})")
