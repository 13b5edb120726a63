"""`akademos catalogue`: what data there is, how good it is, and its metadata for other catalogues."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, get_args
from uuid import UUID, uuid4

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from akademos import settings
from akademos.cli.erasures import Data, TenantId
from akademos.cli.learner import only_tenant
from akademos.cli.operator import operator
from akademos.errors import InputError, NotFound
from akademos.stores.ports.catalogue import Level
from akademos.system import System

app = typer.Typer(help="What data there is: search, quality, lineage, certifications, export.", no_args_is_help=True)
export_app = typer.Typer(help="Metadata for other catalogues.", no_args_is_help=True)
app.add_typer(export_app, name="export")

LEVELS: tuple[Level, ...] = get_args(Level)
To = Annotated[Path, typer.Option("--to", help="File to write.", dir_okay=False)]


@app.command()
def search(
    words: Annotated[list[str] | None, typer.Argument(help="Words; all datasets when left out.")] = None,
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Find datasets; best first."""
    table = Table("dataset", "owner", "zone", "about people", "freshness", "quality")
    with System(settings.load(data=data)) as system:
        found = system.data_catalogue.search(tenant or only_tenant(system), " ".join(words or ()))
    for one in found:
        table.add_row(
            one.dataset.name, one.dataset.owner, one.dataset.zone, one.sensitivity.value, one.service_level.state,
            one.quality,
        )  # fmt: skip
    Console().print(table)
    typer.echo(f"{len(found)} datasets.")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name of the dataset.")], tenant: TenantId = None, data: Data = None
) -> None:
    """One dataset: columns with their origins, and what is made from it."""
    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        entry, lineage = system.data_catalogue.entries(chosen).get(name), system.data_catalogue.lineage(chosen)
    if entry is None:
        raise NotFound(f"There is no dataset {name}.", hint="`akademos catalogue search` lists them.")
    console = Console(highlight=False)
    console.print(f"[bold]{escape(name)}[/]: {escape(entry.dataset.description)}", soft_wrap=True)
    console.print(f"one row: {entry.dataset.grain}; owner: {entry.dataset.owner}; {entry.classification.value}")
    table = Table("column", "type", "meaning", "made from")
    for column in entry.dataset.columns:
        origins = ", ".join(f"{edge.origin.node}.{edge.origin.column}" for edge in lineage.origins(name, column.name))
        table.add_row(column.name, column.type, column.description, origins)
    console.print(table)
    for title, found in (("made from", lineage.upstream(name)), ("made from it", lineage.downstream(name))):
        console.print(f"{title}: {', '.join(sorted(found)) or 'nothing'}", soft_wrap=True)


@app.command()
def issues(
    closed: Annotated[bool, typer.Option(help="Also those that passed again.")] = False,
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Checks that fail. Ends with 1 while a critical one does."""
    with System(settings.load(data=data)) as system:
        found = system.quality.issues(tenant or only_tenant(system), open_only=not closed)
    table = Table("dataset", "check", "severity", "owner", "since", "rows", "closed")
    for one in found:
        over = "" if one.closed_at is None else f"{one.closed_at:%Y-%m-%d %H:%M}"
        table.add_row(
            one.dataset, one.check, one.severity, one.owner, f"{one.opened_at:%Y-%m-%d %H:%M}", f"{one.offending:,}",
            over,
        )  # fmt: skip
    Console().print(table)
    if any(one.closed_at is None and one.severity == "critical" for one in found):
        raise typer.Exit(1)


@app.command()
def certify(
    name: Annotated[str, typer.Argument(help="Name of the dataset.")],
    why: Annotated[str, typer.Option(help="What it rests on.")],
    level: Annotated[str, typer.Option(help=", ".join(LEVELS))] = "certified",
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Say what a dataset is worth; it stands for the columns that it has now, and is audited."""
    from akademos.catalogue.catalogue_content import columns_fingerprint
    from akademos.stores.ports.catalogue import Certification

    said = next((one for one in LEVELS if one == level), None)
    if said is None:
        raise InputError(f"There is no level {level}.", hint="Levels: " + ", ".join(LEVELS) + ".")
    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        entry = system.data_catalogue.entries(chosen).get(name)
        if entry is None:
            raise NotFound(f"There is no dataset {name}.", hint="`akademos catalogue search` lists them.")
        failing = [one for one in entry.results if one.status == "failed" and one.severity == "critical"]
        if level == "certified" and failing:
            raise InputError("A critical check of it fails.", hint="Mend it, or call it provisional.")
        made = Certification(
            str(uuid4()), name, said, why, columns_fingerprint(entry.dataset), operator(), datetime.now(UTC), None,
        )  # fmt: skip
        system.certifications.certify(chosen, made)
    typer.echo(f"{name} is {level}.")


@app.command()
def requests(tenant: TenantId = None, data: Data = None) -> None:
    """Access requests, newest first."""
    table = Table("request", "for", "role", "status", "asked", "until", "why")
    with System(settings.load(data=data)) as system:
        for one in system.access_requests.all(tenant or only_tenant(system)):
            until = "" if one.valid_until is None else f"{one.valid_until:%Y-%m-%d}"
            table.add_row(
                one.request_id, one.name, one.role, one.status, f"{one.requested_at:%Y-%m-%d}", until, one.reason
            )
    Console().print(table)


@app.command()
def decide(
    request: Annotated[str, typer.Argument(help="Id of the request.")],
    why: Annotated[str, typer.Option(help="The answer's reason.")],
    approve: Annotated[bool, typer.Option("--approve/--deny", help="Approve for 90 days, or deny.")],
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Approve or deny an access request; it is audited."""
    from akademos.serving.catalogue_access import USUAL_GRANT

    try:
        chosen_id = str(UUID(request))
    except ValueError:
        raise InputError("That is no id.", hint="`akademos catalogue requests` shows them.") from None
    now = datetime.now(UTC)
    with System(settings.load(data=data)) as system:
        made = system.access_requests.decide(
            tenant or only_tenant(system), chosen_id, approve=approve, answer=why, user_id=None, actor=operator(),
            at=now, until=now + USUAL_GRANT,
        )  # fmt: skip
    typer.echo(f"{made.name}: {made.status}.")


@app.command()
def lineage(
    to: Annotated[
        Path | None, typer.Option("--to", help="Folder of the source's catalogue; print only when left out.")
    ] = None,
) -> None:
    """Parse the queries of the warehouse anew: which columns are made from which. For whoever changes a query."""
    from akademos.catalogue.column_lineage import FILE, dumps
    from akademos.jobs.warehouse_lineage import warehouse_edges

    text = dumps(warehouse_edges())
    if to is None:
        typer.echo(text, nl=False)
    else:
        _write(to / FILE, text.encode())


@export_app.command()
def openlineage(
    to: To,
    runs: Annotated[int, typer.Option(min=1, help="How many of the latest runs.")] = 1_000,
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Runs of jobs as OpenLineage events, one line of JSON each."""
    from akademos.jobs.lineage_events import assertions_of, past_events

    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        catalogue = system.data_catalogue
        datasets = {name: one.dataset for name, one in catalogue.entries(chosen).items()}
        assertions = assertions_of(system.quality.latest(chosen), datasets)
        past = system.job_runs.recent(runs)
        events = list(past_events(past, chosen, datasets, catalogue.lineage(chosen), assertions))
    _write(to, b"".join(orjson.dumps(one) + b"\n" for one in events))
    typer.echo(f"{len(events)} events.")


@export_app.command()
def datahub(to: To, tenant: TenantId = None, data: Data = None) -> None:
    """The whole catalogue as metadata change proposals, for DataHub's source of type `file`."""
    from akademos.catalogue.datahub import proposals

    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        catalogue = system.data_catalogue
        found = list(
            proposals(
                chosen, [one.dataset for one in catalogue.entries(chosen).values()], catalogue.lineage(chosen),
                catalogue.registry(chosen).terms, catalogue.products(), at_ms=int(datetime.now(UTC).timestamp() * 1000),
            )
        )  # fmt: skip
    _write(to, orjson.dumps(found, option=orjson.OPT_INDENT_2))
    typer.echo(f"{len(found)} proposals.")


def _write(file: Path, content: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as refused:
        raise InputError(f"{file} cannot be written: {refused.strerror}.", hint="Choose another file.") from refused
    typer.echo(f"Written: {file}")
