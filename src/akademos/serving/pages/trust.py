"""Trust: what a data steward must be able to prove on one page: consents, logs, erasures, retention, who changed what.

Names nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from akademos.catalogue.policies import LIMITS
from akademos.serving.pages.retention_card import retention_card
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Column, Table
from akademos.serving.pages.trust_cards import (
    PurposeConsents,
    chain_checks,
    consent_tiles,
    expired_at,
    instant,
    moment,
    shows_months,
    waiting,
)
from akademos.serving.pages.wording import Words
from akademos.stores.ports.audit_trail import RecordedAct
from akademos.stores.ports.pipeline_health import Health
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


@dataclass(frozen=True)
class Trust:
    """What the page shows.

    Attributes:
        consents: a purpose each, under disclosure control; `floor` is the smallest group.
        checks: entries `logs.verified` of the audit log, newest first.
        health: of the pipeline: what waits.
        erasures: newest first.
        retention: event types and datasets.
        acts: rows of the audit log, newest first, of the chosen action or of all.
    """

    consents: Sequence[PurposeConsents]
    floor: int
    checks: Sequence[RecordedAct]
    health: Health
    erasures: Sequence[ErasureLine]
    retention: Sequence[RetentionLine]
    acts: Sequence[RecordedAct]


def render_trust(
    told: Trust,
    *,
    shell: Shell,
    now: datetime,
    actions: Sequence[str],
    chosen: str | None,
    older: str | None,
    search: str,
) -> str:
    """The page as HTML.

    Args:
        told: what it shows.
        actions: what can be chosen (parameter `action`).
        older: address of the acts before these, if there are any.
        search: address of the search of the access log.
    """
    words, erasures = shell.words, told.erasures
    proven = sum(one.verified for one in erasures)
    checks = chain_checks(told.checks, now, words)
    waiting_take, waits = waiting(told.health, words)
    last = expired_at(told.health)
    return page(
        "trust.html",
        shell,
        title=words.plain("trust.title"),
        lede=words.plain("trust.lede"),
        alarm=checks.alarm,
        tiles=consent_tiles(told.consents, told.floor, words),
        tiles_fine=_tiles_fine(told, words),
        checks=checks,
        waiting=waits,
        waiting_take=waiting_take,
        waiting_fine=words.plain(
            "trust.waiting.fine", hours=LIMITS.landing_hours, last=moment(last, words) if last else MISSING
        ),
        erasures=_erasures(erasures, words) if erasures else None,
        erasures_take=words.html("trust.erasures.take", proven=proven, total=len(erasures)),
        retention=retention_card(told.retention, now, words),
        acts=_acts(told.acts, words) if told.acts else None,
        actions=[(action, action == chosen) for action in actions],
        older=older,
        search=search,
        provenance=_provenance(told, now, words),
    )


def _tiles_fine(told: Trust, words: Words) -> str:
    """What the tiles count; of months only where a tile shows some."""
    said = words.plain("trust.consent.fine", floor=told.floor)
    shown = any(shows_months(one) for one in told.consents)
    return f"{said} {words.plain('trust.consent.fine.months')}" if shown else said


def _provenance(told: Trust, now: datetime, words: Words) -> list[Markup]:
    """What the page rests on, from how much, and how fresh each part is."""
    number = words.locale.number
    verified = max((one.at for one in told.checks), default=None)
    expired = max((one.last_run for one in told.retention if one.last_run is not None), default=None)
    return [
        words.html("trust.how.now", at=moment(now, words)),
        words.html("trust.how.consents", floor=told.floor),
        words.html("trust.how.logs", at=moment(verified, words)) if verified else words.html("trust.how.logs.never"),
        words.html(
            "trust.how.retention",
            n=number(len(told.retention)),
            erasures=number(len(told.erasures)),
            at=moment(expired, words) if expired else MISSING,
        ),
    ]


def _columns(words: Words, section: str, keys: Sequence[str], numeric: Sequence[str] = ()) -> list[Column]:
    return [Column(words.plain(f"trust.{section}.{key}"), key in numeric) for key in keys]


def _erasures(erasures: Sequence[ErasureLine], words: Words) -> Table:
    keys = ("requested", "step", "completed", "removed", "verified", "receipt")
    rows = []
    for one in erasures:
        removed = sum((one.receipt or {}).get("removed", {}).values())
        rows.append(
            [
                instant(one.requested_at, words),
                Cell(one.step.replace("_", " ")),
                instant(one.completed_at, words),
                Cell(words.locale.number(removed), removed) if one.receipt else Cell(MISSING, -1),
                Cell(words.plain("trust.yes" if one.verified else "trust.no") if one.receipt else MISSING),
                Cell(one.erasure_id[:8], one.erasure_id, href=f"/v1/erasures/{one.erasure_id}"),
            ]
        )
    columns = _columns(words, "erasures", keys, ("removed",))
    return Table(words.plain("trust.erasures"), columns, rows)


def _acts(acts: Sequence[RecordedAct], words: Words) -> Table:
    keys = ("at", "action", "actor", "subject", "detail")
    rows = [
        [
            instant(one.at, words),
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
