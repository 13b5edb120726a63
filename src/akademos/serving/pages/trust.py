"""Trust: what a data steward must be able to prove on one page: erasures, retention, who changed what. Names nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Column, Table
from akademos.serving.pages.wording import Words
from akademos.stores.ports.audit_trail import RecordedAct
from akademos.stores.ports.retention import RetentionLine

NAME_SHOWN = 20
"""Letters of an audit name that are shown; they tell two people apart."""


@dataclass(frozen=True)
class ErasureLine:
    """One request to erase somebody, and what its receipt says."""

    erasure_id: str
    requested_at: datetime
    step: str
    completed_at: datetime | None
    receipt: Mapping[str, Any] | None

    @property
    def verified(self) -> bool:
        """Whether the search of every byte found nothing."""
        return bool(self.receipt and self.receipt.get("verified"))


def render_trust(
    erasures: Sequence[ErasureLine],
    retention: Sequence[RetentionLine],
    acts: Sequence[RecordedAct],
    *,
    shell: Shell,
    actions: Sequence[str],
    chosen: str | None,
    older: str | None,
) -> str:
    """The page as HTML.

    Args:
        erasures: newest first.
        retention: event types and datasets.
        acts: rows of the audit log, newest first, of the chosen action or of all.
        actions: what can be chosen (parameter `action`).
        older: address of the acts before these, if there are any.
    """
    words = shell.words
    due = sum(line.age.due for line in retention)
    proven = sum(one.verified for one in erasures)
    return page(
        "trust.html",
        shell,
        title=words.plain("trust.title"),
        lede=words.plain("trust.lede"),
        erasures=_erasures(erasures, words) if erasures else None,
        erasures_take=words.html("trust.erasures.take", proven=proven, total=len(erasures)),
        retention=_retention(retention, words),
        retention_take=words.html("trust.retention.due", n=words.locale.number(due))
        if due
        else words.html("trust.retention.none"),
        acts=_acts(acts, words) if acts else None,
        actions=[(action, action == chosen) for action in actions],
        older=older,
    )


def _columns(words: Words, section: str, keys: Sequence[str], numeric: Sequence[str] = ()) -> list[Column]:
    return [Column(words.plain(f"trust.{section}.{key}"), key in numeric) for key in keys]


def _erasures(erasures: Sequence[ErasureLine], words: Words) -> Table:
    keys = ("requested", "step", "completed", "removed", "verified")
    rows = []
    for one in erasures:
        removed = sum((one.receipt or {}).get("removed", {}).values())
        rows.append(
            [
                _instant(one.requested_at),
                Cell(one.step.replace("_", " ")),
                _instant(one.completed_at),
                Cell(words.locale.number(removed), removed) if one.receipt else Cell(MISSING, -1),
                Cell(words.plain("trust.yes" if one.verified else "trust.no") if one.receipt else MISSING),
            ]
        )
    columns = _columns(words, "erasures", keys, ("removed",))
    return Table(words.plain("trust.erasures"), columns, rows)


def _retention(lines: Sequence[RetentionLine], words: Words) -> Table:
    keys = ("name", "kept", "rows", "oldest", "due_rows", "held")
    rows = []
    for line in lines:
        days = None if line.kept_for is None else line.kept_for.days
        kept = words.plain("trust.retention.needed") if days is None else words.counted_plain("trust.days", days)
        rows.append(
            [
                Cell(line.name),
                Cell(kept, -1 if days is None else days),
                Cell(words.locale.number(line.age.rows), line.age.rows),
                _instant(line.age.oldest),
                Cell(words.locale.number(line.age.due), line.age.due),
                Cell(words.plain("trust.yes") if line.held else MISSING),
            ]
        )
    return Table(words.plain("trust.retention"), _columns(words, "retention", keys, ("kept", "rows", "due_rows")), rows)


def _acts(acts: Sequence[RecordedAct], words: Words) -> Table:
    keys = ("at", "action", "actor", "subject", "detail")
    rows = [
        [
            _instant(one.at),
            Cell(one.action),
            Cell(_shortened(one.actor)),
            Cell(_shortened(one.subject) if one.subject else MISSING),
            Cell(one.detail),
        ]
        for one in acts
    ]
    return Table(words.plain("trust.acts"), _columns(words, "acts", keys), rows)


def _shortened(name: str) -> str:
    return name if len(name) <= NAME_SHOWN else f"{name[:NAME_SHOWN]}\u2026"


def _instant(at: datetime | None) -> Cell:
    if at is None:
        return Cell(MISSING, "")
    return Cell(f"{at:%Y-%m-%d %H:%M} UTC", at.isoformat())
