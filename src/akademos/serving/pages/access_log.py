"""The access log as those search it who answer for it: who looked at what, when, for which purpose and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from akademos.serving.pages.accesses import ALLOWED, outcome
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Column, Table
from akademos.serving.pages.wording import Words
from akademos.stores.ports.audit_trail import RecordedAccess

NAME_SHOWN = 16
"""Characters of an audit name that are shown; they tell two people apart."""

OUTCOMES = ("all", "allowed", "refused")


@dataclass(frozen=True)
class SearchForm:
    """What was asked for, as the form has it."""

    person: str = ""
    actor: str = ""
    since: str = ""
    until: str = ""
    outcome: str = "all"
    reason: str = ""


def render_access_log(
    found: Sequence[RecordedAccess],
    form: SearchForm,
    *,
    shell: Shell,
    reason_missing: bool = False,
    unknown: bool = False,
    older: str | None = None,
    file: str | None = None,
) -> str:
    """The page as HTML.

    Args:
        found: newest first; the page's part of them.
        reason_missing: the form names a person and does not say why.
        unknown: the vault knows nobody by that id.
        older: address of the rows before these, if there are any.
        file: address of all of them as a file; None where no reason was given yet.
    """
    words = shell.words
    keys = ("at", "who", "about", "what", "purpose", "reason", "outcome")
    table = Table(
        words.plain("log.title"),
        [Column(words.plain(f"log.col.{key}")) for key in keys],
        [_row(one, words) for one in found],
    )
    return page(
        "access_log.html",
        shell,
        title=words.plain("log.title"),
        lede=words.plain("log.lede"),
        form=form,
        outcomes=[(one, words.plain(f"log.outcome.{one}"), one == form.outcome) for one in OUTCOMES],
        problem=words.plain("log.reason_missing") if reason_missing else "",
        take=_take(found, older is not None, words),
        empty=words.plain("log.unknown" if unknown else "log.empty"),
        table=table if found else None,
        older=older,
        file=file,
    )


def _take(found: Sequence[RecordedAccess], more: bool, words: Words) -> Markup:
    refused = sum(one.entry.decision != ALLOWED for one in found)
    key = "log.take.more" if more else "log.take"
    said = words.counted(key, len(found))
    return said + Markup(" ") + words.counted("log.take.refused", refused) if refused else said


def _row(one: RecordedAccess, words: Words) -> list[Cell]:
    entry = one.entry
    purposes = [purpose for purpose in entry.purpose.split(",") if purpose]
    role = f"role.{entry.role}"
    named = words.plain(role) if role in words else entry.role
    about = MISSING if entry.subject is None else words.plain("log.self") if one.own else shortened(entry.subject.hex())
    return [
        Cell(words.plain("ops.utc", at=words.locale.moment(one.at)), one.at.isoformat()),
        Cell(f"{one.staff_name or shortened(entry.actor)}, {named}"),
        Cell(about),
        Cell(entry.what),
        Cell(", ".join(words.plain(f"purpose.{name}") if f"purpose.{name}" in words else name for name in purposes)
             or MISSING),
        Cell(entry.reason or MISSING),
        Cell(outcome(entry.decision, words), chip="chip" if entry.decision == ALLOWED else "chip strong"),
    ]  # fmt: skip


def shortened(name: str) -> str:
    """A name of the logs as a table shows it."""
    return name if len(name) <= NAME_SHOWN else f"{name[:NAME_SHOWN]}\u2026"
