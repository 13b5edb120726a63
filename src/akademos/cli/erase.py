"""`akademos erase`: take a person out of everything the installation holds, and print the receipt."""

from __future__ import annotations

import getpass
import time
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from akademos import settings
from akademos.catalogue.roles import ROLES
from akademos.cli.learner import only_tenant
from akademos.errors import Forbidden
from akademos.privacy.erasure import STEPS, may_request
from akademos.serving.principal import name_of
from akademos.stores.ports.erasure import Erasure
from akademos.stores.ports.identity import Identifier
from akademos.system import System
from akademos.telemetry import configure_logging

SAID = {
    "vault": "key destroyed, identifiers on the suppression list, rows removed",
    "landing": "nothing waits any more",
    "core": "files of the event log rewritten, the table log too",
    "tables": "tables, indexes and statistics rewritten",
    "write_ahead": "write-ahead log recycled",
    "logs": "logs of the server cleared",
    "verified": "every byte searched",
    "completed": "receipt written",
}


def command(
    person: Annotated[str, typer.Argument(metavar="ID", help="The person's id in the host application.")],
    who: Annotated[str, typer.Option("--as", help="user_id of whoever asks: the person, an administrator or steward.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the request, without the person's names.")],
    tenant: Annotated[str | None, typer.Option(help="The tenant; may be left out when there is one only.")] = None,
    anonymous: Annotated[bool, typer.Option(help="The id is an anonymous_id.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the receipt as JSON.")] = False,
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
) -> None:
    """Erase a person for good, and print the receipt. Other processes may go on running."""
    console = Console(stderr=True, highlight=False)
    configure_logging("warning")
    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        subject = Identifier("anonymous" if anonymous else "user", name_of(person, "id", ""))
        asker = name_of(who, "user_id after --as", "")
        own = not anonymous and asker == subject.value
        if not own:
            _require_role(system, chosen, asker)
        by = None if own else f"command line:{getpass.getuser()}"
        erasure = system.erasures.request(chosen, subject, by=by, reason=name_of(reason, "reason", ""))
        console.print(f"Erasure {erasure.erasure_id}")
        done = _work(system, erasure, console)
    if as_json:
        typer.echo(orjson.dumps(done.receipt).decode())
    else:
        show(Console(highlight=False), done)


def _require_role(system: System, tenant: str, asker: str) -> None:
    """Refuse whoever may not have others erased."""
    standing = system.services.standing
    for role in (one for one in ROLES if may_request(one, own=False)):
        try:
            standing.role_for(tenant, asker, role, ())
        except Forbidden:
            continue
        return
    raise Forbidden(
        f"`{asker}` may not have others erased.",
        hint="Ask as the person, or as an administrator or steward (`akademos tenant role grant`).",
        code="role",
    )


def _work(system: System, erasure: Erasure, console: Console) -> Erasure:
    """Have the request completed, by this process or by the one that is at it."""

    def told(erasure_id: str, step: str) -> None:
        if erasure_id == str(erasure.erasure_id):
            console.print(f"  {STEPS.index(step)}/{len(STEPS) - 1} {step.replace('_', ' ')}: {SAID[step]}")

    job = system.erasure_job()
    while True:
        ran = job.run(told)
        present = system.erasures.get(erasure.tenant_id, erasure.erasure_id)
        if present is None or present.completed_at is not None:
            return present or erasure
        if ran is None:
            time.sleep(0.2)  # a worker has it


def show(console: Console, erasure: Erasure) -> None:
    """A receipt, readable."""
    if erasure.receipt is None:
        console.print(f"Erasure {erasure.erasure_id}: at the step {erasure.step}.")
        return
    said = erasure.receipt
    console.print(f"[bold]Receipt[/] of erasure {erasure.erasure_id}")
    console.print(f"asked {said['requested_at']}, completed {said['completed_at']}")
    for place, rows in said["removed"].items():
        console.print(f"  removed from {place}: {rows:,}")
    for place, rows in said["redacted_in_events_of_others"].items():
        if rows:
            console.print(f"  taken out of events of others in {place}: {rows:,}")
    for one in said["kept"]:
        console.print(
            f"  kept in {one['dataset']}: {one['rows']:,}, on the basis {one['basis'].replace('_', ' ')}, "
            f"until {one['until_at_the_latest']} at the latest, as {one['as']}"
        )
    for hold, datasets in said["under_legal_hold"].items():
        console.print(f"  under legal hold {hold}, sealed: {', '.join(datasets)}")
    for model in said["models_to_rebuild"]:
        console.print(f"  to be rebuilt: {model}")
    search = said["search"]
    console.print(
        f"  searched: {search['files']:,} files, {search['bytes']:,} bytes, {search['parquet_rows_decoded']:,} rows "
        f"decoded; found: {len(search['hits'])}"
    )
    for hit in search["hits"]:
        console.print(f"    [bold red]{hit['kind']}[/] in {hit['place']}")
    if search["identifiers_too_short"]:
        console.print(f"    {search['identifiers_too_short']} identifiers are too short to be searched for")
    for left in said["not_in_reach"]:
        console.print(f"  not in reach: {left}")
    console.print(f"checksum {said['checksum']}")
