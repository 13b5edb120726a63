"""`akademos topics`: merge and split topics, see what was changed, take it back."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from akademos import settings
from akademos.cli.operator import operator
from akademos.errors import InputError
from akademos.stores.ports.topic_changes import KEYS, CurriculumRows, TopicPlan
from akademos.system import System

app = typer.Typer(help="Topics of the curriculum: merge, split, take back.", no_args_is_help=True)
Tenant = Annotated[str, typer.Option(help="Whose curriculum.")]
Reason = Annotated[str, typer.Option(help="Why, for history and audit log; name nobody.")]
WhyMake = Annotated[
    str | None, typer.Option(help="Why, for history and audit log; name nobody. Needed unless it is a preview.")
]
Look = Annotated[bool, typer.Option("--preview", help="Show what would happen; change nothing.")]
Upon = Annotated[str | None, typer.Option(help="Tag of a preview: do exactly that, or nothing.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


@app.callback()
def topics() -> None:
    """Topics of the curriculum: merge, split, take back."""


@app.command()
def merge(
    sources: Annotated[list[str], typer.Argument(help="Topics that go.")],
    into: Annotated[str, typer.Option(help="Topic that stays.")],
    tenant: Tenant,
    reason: WhyMake = None,
    preview: Look = False,
    upon: Upon = None,
    data: Data = None,
) -> None:
    """Make topics one: what was answered on any of them counts for the one that stays."""
    from akademos.intake.topic_plans import plan_merge

    _change(tenant, lambda rows: plan_merge(rows, sources, into), reason, upon, look=preview, data=data)


@app.command()
def split(
    topic: Annotated[str, typer.Argument(help="Topic that goes.")],
    plan: Annotated[Path, typer.Argument(help="TOML file: [parts] id = name, rest = id, [items], [materials].")],
    tenant: Tenant,
    reason: WhyMake = None,
    preview: Look = False,
    upon: Upon = None,
    data: Data = None,
) -> None:
    """Make several new topics of one: answers go to the part that their item is assigned to, others to the rest."""
    from akademos.intake.topic_plans import plan_split

    parts, rest, items, materials = _split_plan(plan)

    def planner(rows: CurriculumRows) -> TopicPlan:
        return plan_split(rows, topic, parts, rest, items, materials)

    _change(tenant, planner, reason, upon, look=preview, data=data)


@app.command()
def undo(
    number: Annotated[int, typer.Argument(help="Number of the change.")],
    tenant: Tenant,
    reason: Reason,
    data: Data = None,
) -> None:
    """Take a change back: topics, items and answers are what they were."""
    with System(settings.load(data=data)) as system:
        change = system.topic_changes.undo(tenant, number, reason=reason, actor=operator())
    typer.echo(f"Change {change.number} is taken back.")


@app.command()
def changes(tenant: Tenant, data: Data = None) -> None:
    """All changes, the newest first."""
    with System(settings.load(data=data)) as system:
        history = system.topic_changes.history(tenant)
    table = Table("number", "kind", "from", "to", "when", "why", "taken back")
    for one in history:
        taken_back = "" if one.undone_at is None else f"{one.undone_at:%Y-%m-%d %H:%M}, {one.undone_reason}"
        sides = (", ".join(one.sources), ", ".join(one.targets))
        table.add_row(str(one.number), one.kind, *sides, f"{one.made_at:%Y-%m-%d %H:%M}", one.reason, taken_back)
    Console().print(table)


def _change(
    tenant: str,
    planner: Callable[[CurriculumRows], TopicPlan],
    reason: str | None,
    tag: str | None,
    *,
    look: bool,
    data: Path | None,
) -> None:
    from akademos.intake.topic_plans import upon

    if reason is None and not look:
        raise InputError("The change has no reason.", hint="Give one with --reason TEXT, or look first with --preview.")
    with System(settings.load(data=data)) as system:
        if look or reason is None:
            _shown(system.topic_changes.preview(tenant, upon(planner, tag)))
            return
        change = system.topic_changes.make(tenant, upon(planner, tag), reason=reason, actor=operator())
    typer.echo(f"Change {change.number}: {', '.join(change.sources)} > {', '.join(change.targets)}.")


def _shown(plan: TopicPlan) -> None:
    from akademos.intake.topic_plans import tag_of

    table = Table("records", "key", "what changes")
    for edit in plan.edits:
        keys = KEYS[edit.table]
        before = edit.before
        changes = [
            f"{name}: {_cell(value)}" if before is None else f"{name}: {_cell(before[name])} > {_cell(value)}"
            for name, value in edit.after.items()
            if name not in keys and (before is None or before[name] != value)
        ]
        key = ", ".join(_cell(edit.after[name]) for name in keys)
        what = "; ".join([*(["new"] if before is None else []), *changes])
        table.add_row(edit.table, escape(key), escape(what))
    Console().print(table)
    typer.echo(f"{len(plan.edits):,} rows would change; nothing has. To do exactly this: --upon {tag_of(plan)}")


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(str, value)) + "]"
    return "-" if value is None else str(value)


def _split_plan(path: Path) -> tuple[dict[str, str], str, dict[str, str], dict[str, str]]:
    try:
        document: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as missing:
        raise InputError(f"The plan {path} cannot be read.", hint="Check the path.") from missing
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise InputError(f"The plan {path} is not TOML: {broken}.", hint="Mend that line.") from broken
    for unknown in document.keys() - {"parts", "rest", "items", "materials"}:
        raise InputError(f"The plan has an unknown entry `{unknown}`.", hint="Known: parts, rest, items, materials.")
    tables = []
    for name in ("parts", "items", "materials"):
        table = document.get(name, {})
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            raise InputError(f"[{name}] of the plan is no table of texts.", hint='Write id = "text".')
        tables.append(dict(table))
    rest = document.get("rest")
    if not isinstance(rest, str):
        raise InputError("The plan does not say which part is the rest.", hint='Write rest = "ID" above the tables.')
    parts, items, materials = tables
    return parts, rest, items, materials
