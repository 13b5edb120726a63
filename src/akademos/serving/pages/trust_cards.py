"""Cards of the page "Trust" about consent, about the verification of the logs, and about what waits without consent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from markupsafe import Markup

from akademos.catalogue.policies import LIMITS
from akademos.serving.charts.canvas import Caption
from akademos.serving.charts.sparkline import sparkline
from akademos.serving.pages.cards import NOTHING
from akademos.serving.pages.operations import length
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, count_cell
from akademos.serving.pages.tiles import Tile
from akademos.serving.pages.wording import Words
from akademos.stores.ports.audit_trail import RecordedAct
from akademos.stores.ports.pipeline_health import Health

UNPROVEN_AFTER = timedelta(hours=26)
"""A night is a day, and two hours to get it done."""


@dataclass(frozen=True)
class PurposeConsents:
    """One purpose as it may be shown: counts of people, rounded, None below the smallest group.

    `months` are the first day of an ended month and how many had consented at its end, oldest first.
    """

    purpose: str
    consented: int | None
    stopped: int | None
    withdrawn: int | None
    months: Sequence[tuple[date, int | None]]


@dataclass(frozen=True)
class ChainChecks:
    """The verification of the logs in words."""

    alarm: Markup
    take: Markup
    table: Table | None


def consent_tiles(consents: Sequence[PurposeConsents], floor: int, words: Words) -> list[Tile]:
    """A tile a purpose: how many consent now, and their number month by month."""
    return [_consent_tile(one, floor, words) for one in consents]


def shows_months(one: PurposeConsents) -> bool:
    """Whether enough months are known for a course of them."""
    return sum(count is not None for _, count in one.months) >= 2


def _consent_tile(one: PurposeConsents, floor: int, words: Words) -> Tile:
    def people(count: int | None) -> str:
        return words.plain("trust.consent.few", floor=floor) if count is None else words.locale.number(count)

    key = f"purpose.{one.purpose}"
    label = words.plain(key) if key in words else one.purpose
    text = words.html("trust.consent.text", stopped=people(one.stopped), withdrawn=people(one.withdrawn))
    known = [count for _, count in one.months if count is not None]
    if not shows_months(one):
        return Tile(label, people(one.consented), text=text)
    title = words.plain("trust.consent.months", purpose=label)
    table = Table(
        title,
        [Column(words.plain("trust.consent.month")), Column(words.plain("trust.consent.people"), numeric=True)],
        [
            [Cell(words.locale.month(month), month.isoformat()), Cell(people(count), -1 if count is None else count)]
            for month, count in one.months
        ],
    )
    course = words.plain("trust.consent.course", first=people(known[0]), last=people(known[-1]))
    tips = [f"{row[0].text}: {row[1].text}" for row in table.rows]
    drawn = sparkline([count for _, count in one.months], tips,
                      caption=Caption(f"consent-{one.purpose}", title, course), floor=0)  # fmt: skip
    return Tile(label, people(one.consented), text=text, spark=Markup(drawn), table=table)  # noqa: S704 - our drawing


def chain_checks(acts: Sequence[RecordedAct], now: datetime, words: Words) -> ChainChecks:
    """The entries `logs.verified`, newest first, as a card; an alarm when the newest found a fault, or is too old."""
    if not acts:
        return ChainChecks(words.html("trust.never"), NOTHING, None)
    newest, said = acts[0], json.loads(acts[0].detail)
    places = _places(said, words)
    alarm = NOTHING
    if places:
        alarm = words.html("trust.broken", places=places)
    elif now - newest.at > UNPROVEN_AFTER:
        alarm = words.html("trust.unproven", ago=length(now - newest.at, words))
    number = words.locale.number
    take = words.html(
        "trust.chain.fault" if places else "trust.chain.whole",
        at=moment(newest.at, words),
        **({} if places else {"rows": number(said["audit_rows"]), "reads": number(said["sealed_reads"])}),
    )
    keys = ("at", "by", "rows", "reads", "unsealed", "result", "head")
    columns = [Column(words.plain(f"trust.chain.{key}"), key in ("rows", "reads", "unsealed")) for key in keys]
    return ChainChecks(alarm, take, Table(words.plain("trust.chain"), columns, [_check(one, words) for one in acts]))


def _check(act: RecordedAct, words: Words) -> list[Cell]:
    said = json.loads(act.detail)
    places = _places(said, words)
    result = words.plain("trust.chain.is_broken", places=places) if places else words.plain("trust.chain.is_whole")
    counts = [count_cell(said[name], words.locale) for name in ("audit_rows", "sealed_reads", "unsealed_reads")]
    return [
        Cell(moment(act.at, words), act.at.isoformat()),
        Cell(act.actor),
        *counts,
        Cell(result, chip="chip strong" if places else "chip"),
        Cell(said["head"] or MISSING),
    ]


def _places(said: Mapping[str, Any], words: Words) -> str:
    return ", ".join(words.plain(f"trust.chain.place.{one['log']}", n=one["place"]) for one in said["broken"])


def waiting(health: Health, words: Words) -> tuple[Markup, Table]:
    """What waits in landing, by why it waits and when it goes; counts of events."""
    limit = timedelta(hours=LIMITS.landing_hours)
    held = health.held
    take = words.html("trust.waiting.none")
    if held.events and held.oldest is not None:
        take = words.counted("trust.waiting.take", held.events, gone=moment(held.oldest + limit, words))
    rows = []
    for name, aside in (("held", held), ("letters", health.letters)):
        gone = None if aside.oldest is None else aside.oldest + limit
        rows.append([Cell(words.plain(f"trust.waiting.{name}")), count_cell(aside.events, words.locale),
                     instant(aside.oldest, words), instant(gone, words)])  # fmt: skip
    landed = next(one for one in health.stations if one.name == "landed")
    rows.append([Cell(words.plain("trust.waiting.landing")), count_cell(landed.waiting, words.locale),
                 instant(landed.waiting_since, words), Cell(words.plain("trust.waiting.moved"), "")])  # fmt: skip
    keys = ("what", "rows", "oldest", "gone")
    columns = [Column(words.plain(f"trust.waiting.{key}"), key == "rows") for key in keys]
    return take, Table(words.plain("trust.waiting"), columns, rows)


def expired_at(health: Health) -> datetime | None:
    """When the limit of landing was enforced last."""
    return next((job.started_at for job in health.jobs if job.job == "landing_expiry"), None)


def moment(at: datetime, words: Words) -> str:
    """An instant in UTC, in words."""
    return words.plain("ops.utc", at=words.locale.moment(at))


def instant(at: datetime | None, words: Words) -> Cell:
    """An instant in UTC as a cell."""
    return Cell(MISSING, "") if at is None else Cell(moment(at, words), at.isoformat())
