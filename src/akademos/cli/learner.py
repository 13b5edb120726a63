"""`akademos learner`: one learner's mastery, gaps and reviews in the terminal, through the same gate as the API."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.catalogue.roles import Role
from akademos.cli.default_verb import leaving_out
from akademos.cli.operator import operator
from akademos.errors import InputError, NotFound
from akademos.serving import services as at
from akademos.serving.gate import Ask
from akademos.serving.principal import Principal, name_of
from akademos.serving.routes.analytics import evaluate, instant_of
from akademos.serving.routes.my_data import export
from akademos.stores.ports.answers import Answer, AnswerName
from akademos.stores.ports.identity import Identifier
from akademos.system import System

app = typer.Typer(cls=leaving_out("show"), help="One learner: answers, and everything held.", no_args_is_help=True)

SHOWN = (AnswerName.DASHBOARD, AnswerName.MASTERY, AnswerName.REVIEWS, AnswerName.KNOWLEDGE_GAPS)
ROWS, REASONS = 15, 5


@app.callback()
def learner_() -> None:
    """One learner: answers, and everything held."""


@app.command("export")
def export_held(
    learner: Annotated[str, typer.Argument(metavar="ID", help="The learner's user_id.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log's entry. Names nobody.")],
    tenant: Annotated[str | None, typer.Option(help="The tenant; may be left out when there is one only.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
) -> None:
    """Print everything held about one learner as JSON, to be handed to them; registered and audited."""
    name_of(reason, "reason", "")
    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        who = Identifier("user", name_of(learner, "learner", ""))
        person = system.vault.find(chosen, [who]).get(who)
        if person is None:
            raise NotFound("Nobody is known by that id.", hint="Check the id and the tenant.")
        held, by = system.held_data, operator()
        request_id = held.begin(chosen, person.learner_key, requested_by=by, reason=reason)
        for piece in export(held, chosen, person.learner_key, request_id):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.write(b"\n")


@app.command("show")
def command(
    learner: Annotated[str, typer.Argument(metavar="ID", help="The learner's user_id or key.")],
    who: Annotated[str, typer.Option("--as", help="user_id of whoever asks: the learner, or an instructor.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the access log, which the learner may see.")],
    role: Annotated[str | None, typer.Option(help="instructor, advisor or learner, where one has several.")] = None,
    tenant: Annotated[str | None, typer.Option(help="The tenant; may be left out when there is one only.")] = None,
    as_of: Annotated[str | None, typer.Option(help="A past instant, ISO 8601 with offset.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answers as JSON.")] = False,
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
) -> None:
    """Print what one learner knows, if whoever asks may see it and the learner consents."""
    with System(settings.load(data=data)) as system:
        services = system.services
        chosen = tenant or only_tenant(system)
        name = name_of(who, "user_id after --as", "")
        principal = Principal(chosen, role_of(system, chosen, name, role), name, "command_line")
        instant = instant_of(as_of, services.clock())
        ask = Ask(
            name_of(learner, "learner", ""),
            f"akademos learner ({getpass.getuser()})",
            services.purposes_of(at.DASHBOARD, at.MASTERY, at.REVIEWS, at.KNOWLEDGE_GAPS),
            name_of(reason, "reason", ""),
        )
        answers = services.gate.about_learner(
            principal, ask, lambda reading: evaluate(services, principal, reading, SHOWN, as_of=instant)
        )
    if as_json:
        typer.echo(orjson.dumps({name.value: answer for name, answer in answers.items()}).decode())
        return
    _print(Console(), answers)


def only_tenant(system: System) -> str:
    """The installation's tenant, where there is one only."""
    tenants = system.tenants.all()
    if len(tenants) != 1:
        raise InputError(
            f"The installation has {len(tenants)} tenants.",
            hint="Name one with --tenant; `akademos tenant list` shows them.",
        )
    return tenants[0].tenant_id


def role_of(system: System, tenant: str, who: str, wanted: str | None) -> Role:
    """The role in which somebody asks: the one wanted, or the first of theirs.

    Raises:
        NotFound: nobody is known by that id.
        InputError: they do not have the role.
    """
    roles = system.tenants.roles_of(tenant, who)
    if not roles:
        raise NotFound(
            "Nobody is known by the id after --as.", hint="Name the learner, or somebody who teaches or advises them."
        )
    if wanted is None:
        return roles[0]
    chosen = next((role for role in roles if role == wanted), None)
    if chosen is None:
        raise InputError(f"Whoever asks has no role {wanted}.", hint="They have " + ", ".join(roles) + ".")
    return chosen


def _print(console: Console, answers: Mapping[AnswerName, Answer]) -> None:
    mastery, gaps = answers[AnswerName.MASTERY], answers[AnswerName.KNOWLEDGE_GAPS]
    provenance = mastery["provenance"]
    name = mastery["learner"]["display_name"] or mastery["learner"]["key"]
    console.print(f"[bold]{name}[/]  as of {mastery['as_of']}, clock: {mastery['clock']}", highlight=False)
    console.print(f"{provenance['answers']:,} answers in {provenance['events']:,} events. {provenance['note']}\n")
    console.print(f"Mastery over all topics: {_estimate(mastery['overall'])}")
    table = Table("topic", "mastery", "likely", "answers", "trend", "projection")
    met = [topic for topic in mastery["topics"] if topic["sample"]["answers"]]
    for topic in met[:ROWS]:
        table.add_row(
            topic["name"],
            _percent(topic["value"]),
            _range(topic),
            str(topic["sample"]["answers"]),
            _word(topic["trend"]["status"]),
            projected(topic["projection"]),
        )
    console.print(table)
    if len(met) > ROWS:
        console.print(f"and {len(met) - ROWS} more topics (--json prints all)")
    _print_gaps(console, gaps)
    for title, block in (
        ("Reviews", answers[AnswerName.REVIEWS]),
        ("Streaks and rhythm", answers[AnswerName.DASHBOARD]["rhythm"]),
        ("Projection", mastery["overall"]["projection"]),
    ):
        console.print(f"{title}: {_said(block)}")


def _print_gaps(console: Console, gaps: Answer) -> None:
    table = Table("gap", "kind", "severity", "priority", "mastery", "likely")
    for gap in gaps["gaps"][:ROWS]:
        table.add_row(
            gap["name"],
            _word(gap["kind"]),
            gap["severity"] or "-",
            "-" if gap["priority"] is None else f"{gap['priority']:.2f}",
            _percent(gap["mastery"]),
            _range(gap),
        )
    console.print(table)
    if len(gaps["gaps"]) > ROWS:
        console.print(f"and {len(gaps['gaps']) - ROWS} more gaps (--json prints all)")
    for gap in gaps["gaps"][:REASONS]:
        console.print(f"  {gap['name']}: {gap['reason']}", highlight=False)


def _said(block: Mapping[str, Any]) -> str:
    status = block["status"]
    if status == "needs_clock":
        return "needs a clock: the source knows the order of the answers, not when they were given."
    if "due_items" in block and status == "ok":
        return f"{block['due_items']} items of {block['due_topics']} topics are due."
    if "active_days_28" in block and status == "ok":
        return f"active on {block['active_days_28']} of 28 days, {block['current_run_days']} days in a row."
    return str(block.get("reason") or block.get("date") or _word(status))


def _estimate(block: Mapping[str, Any]) -> str:
    if block["value"] is None:
        return str(block["reason"] or _word(block["status"]))
    return f"{_percent(block['value'])}, likely {_range(block)}, from {block['sample']['answers']:,} answers"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _range(block: Mapping[str, Any]) -> str:
    return "-" if block["low"] is None or block["high"] is None else f"{block['low']:.0%}-{block['high']:.0%}"


def projected(projection: Mapping[str, Any]) -> str:
    """The date at which the goal is likely reached, that it is reached, or why there is no date."""
    if projection["days"] is None:
        return _word(projection["status"])
    return "reached" if projection["days"] == 0 else str(projection["date"])


def _word(status: str) -> str:
    return status.replace("_", " ")
