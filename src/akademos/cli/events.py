"""`akademos events`: the dictionary of events, its lock and its reference pages."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.json import JSON
from rich.markup import escape
from rich.table import Column, Table

from akademos import catalogue, settings
from akademos.catalogue import reference as reference_pages
from akademos.catalogue.compatibility import Change, Changes, compare, lock_of, lock_text, read_lock
from akademos.catalogue.declarations import EventType
from akademos.catalogue.registry import Registry, builtin
from akademos.errors import CatalogueError, InputError, NotFound

app = typer.Typer(help="Events: check the dictionary, show it, write its reference.", no_args_is_help=True)

#: What senders and readers of the built-in events rely on, as of the last change.
LOCK_FILE = Path(catalogue.__path__[0]) / "events.lock.json"

TenantFile = Annotated[
    Path | None, typer.Option(help="A tenant's own events (YAML); their lock stands beside it, as FILE.lock.json.")
]


@app.command()
def check(
    write: Annotated[bool, typer.Option("--write", help="Put additive changes into the lock.")] = False,
    tenant_file: TenantFile = None,
) -> None:
    """Compare the event types with their lock: a breaking change needs a new version, another one `--write`."""
    registry, beside = (builtin(), None) if tenant_file is None else (tenant_registry(tenant_file), builtin())
    lock_file = LOCK_FILE if tenant_file is None else tenant_file.with_name(tenant_file.name + ".lock.json")
    declared = lock_of(registry, beside)
    if lock_file.exists():
        changes = compare(read_lock(lock_file.read_text(encoding="utf-8")), registry, beside)
    else:
        changes = Changes((), tuple(Change(name, f"{name} is new.") for name in sorted(declared.events)))
    if changes.breaking:
        for change in changes.breaking:
            typer.echo(f"breaking: {change.what}", err=True)
        for line in dict.fromkeys(_remedy(change, registry) for change in changes.breaking):
            typer.echo(line, err=True)
        raise typer.Exit(1)
    if changes.additive and not write:
        for change in changes.additive:
            typer.echo(f"not in the lock: {change.what}", err=True)
        of_tenant = "" if tenant_file is None else f" --tenant-file {tenant_file}"
        typer.echo(
            f"Nothing breaks. `akademos events check --write{of_tenant}` puts this into {lock_file.name}.", err=True
        )
        raise typer.Exit(1)
    if write:
        lock_file.write_text(lock_text(declared), encoding="utf-8")
    written = f"; {len(changes.additive)} new to {lock_file.name}" if write else ""
    typer.echo(f"{len(declared.events)} event types fit together and break nothing{written}.")


@app.command()
def show(
    name: Annotated[str | None, typer.Argument(help="Name of an event, with or without version suffix.")] = None,
) -> None:
    """All event types; or one, with its properties and a valid example."""
    registry = builtin()
    console = Console()
    if name is None:
        overview = Table(Column("event", no_wrap=True), "personas", "purposes", "kept")
        for event in registry.newest():
            overview.add_row(
                event.wire_name,
                ", ".join(event.personas),
                ", ".join(event.purposes),
                reference_pages.period(event.retention),
            )
        console.print(overview)
        return
    known = registry.lookup(name)
    if known is None:
        near = difflib.get_close_matches(name, registry.by_wire_name, 3)
        hint = f"Did you mean {', '.join(near)}?" if near else "`akademos events show` lists them."
        raise NotFound(f"The dictionary has no event {name}.", hint=hint)
    _show_event(console, known.event)


@app.command()
def reference(
    folder: Annotated[Path, typer.Argument(help="Folder of the pages, docs/reference in the repository.")],
    check_only: Annotated[bool, typer.Option("--check", help="Write nothing; say which pages are stale.")] = False,
) -> None:
    """Write the reference pages, all derived from what is declared."""
    expected = pages()
    stale = [
        name
        for name, text in expected.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    ]
    if check_only:
        for name in stale:
            typer.echo(f"{folder / name} is not what is declared.", err=True)
        if stale:
            typer.echo(f"`akademos events reference {folder}` writes it.", err=True)
            raise typer.Exit(1)
        typer.echo(f"{len(expected)} pages are current.")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (folder / name).write_text(expected[name], encoding="utf-8")
    typer.echo(f"{len(expected)} pages, {len(stale)} of them written.")


def pages() -> dict[str, str]:
    """All reference pages that are generated, file name to text."""
    return {**reference_pages.pages(builtin()), "settings.md": settings_page()}


def settings_page() -> str:
    """The reference of the settings."""
    return reference_pages.page(
        "Settings",
        "The environment goes before the TOML file that `AKADEMOS_CONFIG` names, where a setting has its name in "
        "lower case without the prefix; options of a command go before both. `akademos doctor` prints what holds.",
        reference_pages.table(
            ("Variable", "Default", "Meaning"),
            (
                (f"`{variable}`", f"`{default}`" if default else "", description)
                for variable, default, description in settings.document()
            ),
        ),
    )


def tenant_registry(file: Path) -> Registry:
    """The built-in registry with a tenant's own event types.

    Raises:
        InputError: the file cannot be read, or is no YAML.
        CatalogueError: an event type in it is malformed or does not fit the rest.
    """
    import yaml

    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as unreadable:
        raise InputError(f"The file {file} cannot be read: {unreadable}.", hint="Check the path.") from unreadable
    except yaml.YAMLError as broken:
        where = getattr(broken, "problem_mark", None)
        line = f" in line {where.line + 1}" if where is not None else ""
        raise InputError(f"The file {file} is no YAML{line}.", hint="Mend it there.") from broken
    shipped = builtin()
    registry = shipped.with_tenant_events(document)
    if len(registry.events) == len(shipped.events):
        raise CatalogueError(f"The file {file} declares no events.", hint="List them under `events`.")
    return registry


def _remedy(change: Change, registry: Registry) -> str:
    """What to do instead, for one breaking change; one line an event."""
    known = registry.lookup(change.event)
    if not change.event:
        return "Core properties have no versions: take the change back."
    if known is None:
        return f"Old versions stay accepted: declare {change.event} again; it may have a newer version beside it."
    event = known.event
    following = registry.latest(event.name).version + 1
    return (
        f"To change {event.name}: leave {change.event} as it was, and declare it once more with version={following} "
        f"and the upcast that leads there; senders then call it {event.name}_v{following}."
    )


def _show_event(console: Console, event: EventType) -> None:
    console.print(f"[bold]{event.wire_name}[/]  {escape(event.description)}")
    for label, text in (
        ("sent when", event.emitted_when),
        ("personas", ", ".join(event.personas)),
        ("purposes", ", ".join(event.purposes)),
        ("basis", event.basis.value),
        ("kept", reference_pages.period(event.retention)),
        ("owner", f"{event.owner}, review by {event.review_by}"),
        ("feeds", ", ".join(event.marts)),
        ("endpoint", event.backend_endpoint),
        ("core", ", ".join(event.required_core)),
        ("one of", "; ".join(", ".join(group) for group in event.require_one_of)),
    ):
        if text:
            console.print(f"  [dim]{label:9}[/] {escape(text)}", highlight=False)
    if event.properties:
        table = Table(Column("property", no_wrap=True), "kind", "required", "bounds", "meaning")
        for rule in event.properties:
            allowed = reference_pages.bounds_of(rule).replace("`", "") + (f" {rule.unit}" if rule.unit else "")
            needed = "yes" if rule.required else ""
            table.add_row(rule.name, rule.kind.value, needed, escape(allowed), escape(rule.description))
        console.print(table)
    console.print(JSON(json.dumps(event.example, ensure_ascii=False)))
