"""Who saw my data: the access log about one learner, in words that the learner understands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from markupsafe import Markup

from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import Cell, Column, Table
from akademos.serving.pages.wording import Words

ALLOWED = "allowed"
_COMMAND_LINE = "command line: "
_SEEN = (
    ("/v1/analytics/dashboard", "overview"),
    ("/v1/analytics/mastery", "mastery"),
    ("/v1/analytics/reviews", "reviews"),
    ("/v1/analytics/knowledge-gaps", "gaps"),
    ("/v1/analytics/peers", "peers"),
    ("/v1/analytics/exam-readiness", "readiness"),
    ("/v1/analytics/exam-plan", "plan"),
    ("/exam-plan", "plan"),
    ("/v1/analytics/recommendations", "recommendations"),
    ("/v1/analytics/students-in-focus", "focus"),
    ("/students-in-focus", "focus"),
    ("/my-progress", "progress"),
    ("/my-study-habits", "study"),
    ("/v1/analytics/study-", "study"),
    ("/peers", "peers"),
    ("/my-courses", "courses"),
    ("/v1/me/courses", "courses"),
    ("/v1/me/certificates", "certificates"),
    ("/v1/learners", "list"),
    ("/learners", "list"),
    ("/v1/accesses", "accesses"),
    ("/who-saw-my-data", "accesses"),
    ("akademos learner", "progress"),
)
"""Beginnings of addresses and commands, and which message says what is seen there."""


@dataclass(frozen=True)
class Access:
    """One look at the learner's data, or one attempt: `what` as the log has it, `at` in any zone; `name` of a member
    of staff whom the vault knows; `own` when it was the learner."""

    at: datetime
    role: str
    name: str | None
    own: bool
    what: str
    purposes: Sequence[str]
    reason: str | None
    decision: str


def described(what: str, words: Words) -> str:
    """What somebody saw, in words; the address itself where there are none for it."""
    command = what.removeprefix(_COMMAND_LINE)
    key = next((key for beginning, key in _SEEN if command.startswith(beginning)), None)
    seen = command if key is None else words.plain(f"access.what.{key}")
    return words.plain("access.what.command_line", seen=seen) if what.startswith(_COMMAND_LINE) else seen


def outcome(decision: str, words: Words) -> str:
    """What the gate decided, in words."""
    key = f"access.decision.{decision}"
    return words.plain(key if key in words else "access.decision.other")


def who(access: Access, words: Words) -> str:
    """Who it was: "You", a name and the role, or the role alone."""
    if access.own:
        return words.plain("access.who.own")
    if access.name:
        role = f"role.{access.role}"
        return f"{access.name}, {words.plain(role) if role in words else access.role}"
    key = f"access.who.{access.role}"
    return words.plain(key if key in words else "access.who.other")


def render_accesses(
    accesses: Sequence[Access],
    *,
    shell: Shell,
    zone: tzinfo,
    own_shown: bool,
    own_href: str,
    next_href: str | None = None,
) -> str:
    """The page as HTML.

    Args:
        accesses: newest first; the page's part of them.
        zone: the learner's time zone.
        own_shown: whether the learner's own looks are among them.
        own_href: the address of the page with, or without, them.
        next_href: the address of the older ones, if there are any.
    """
    words = shell.words
    keys = ("when", "who", "what", "purpose", "reason", "outcome")
    table = Table(
        words.plain("access.title"),
        [Column(words.plain(f"access.col.{key}")) for key in keys],
        [_line(one, zone, words) for one in accesses],
    )
    return page(
        "accesses.html",
        shell,
        title=words.plain("access.title"),
        take=_take(accesses, zone, words),
        table=table if accesses else None,
        own_shown=own_shown,
        own_href=own_href,
        next_href=next_href,
    )


def _take(accesses: Sequence[Access], zone: tzinfo, words: Words) -> Markup:
    others = [one for one in accesses if not one.own]
    saw = [one for one in others if one.decision == ALLOWED]
    if not saw:
        return words.html("access.take.none")
    said = words.counted("access.take", len(saw), day=words.locale.full_day(saw[0].at.astimezone(zone).date()))
    refused = len(others) - len(saw)
    return said + Markup(" ") + words.counted("access.take.refused", refused) if refused else said


def _line(one: Access, zone: tzinfo, words: Words) -> list[Cell]:
    locale = words.locale
    purposes = [words.plain(f"purpose.{name}") if f"purpose.{name}" in words else name for name in one.purposes]
    return [
        Cell(locale.moment(one.at.astimezone(zone)), one.at.isoformat()),
        Cell(who(one, words)),
        Cell(described(one.what, words)),
        Cell(", ".join(purposes) or words.plain("access.purpose.none")),
        Cell(one.reason or words.plain("access.reason.none")),
        Cell(outcome(one.decision, words), chip="chip" if one.decision == ALLOWED else "chip strong"),
    ]
