"""What an advisor does about students in focus: alerts to take on, help given, how they are told, what help brought
about. Parts of the page of students in focus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import quote, unquote

from akademos.serving.pages.tables import Cell, Column, Table
from akademos.serving.pages.wording import Words
from akademos.stores.ports.alerts import AlertSettings
from akademos.stores.ports.intervention_effects import PublishedEffect
from akademos.stores.ports.record_store import RecordRow

KINDS = ("conversation", "tutoring", "extension", "study_plan", "referral", "other")
"""Kinds of help that the form offers; records may hold others."""

OUTCOMES = ("helped", "partly", "no_change", "unknown")
SHOWN = 50
"""Rows of alerts and of help on the page; the addresses of the records list them all."""


@dataclass(frozen=True)
class Act:
    """A button: what it does and what it is called."""

    action: str
    label: str


@dataclass(frozen=True)
class AlertLine:
    """An alert that is not settled."""

    alert_id: str
    about: str
    name: str
    course: str
    kind: str
    strong: bool
    reason: str
    whose: str
    since: str
    acts: Sequence[Act]


@dataclass(frozen=True)
class HelpLine:
    """Help that is planned or under way, or was given."""

    intervention_id: str
    name: str
    kind: str
    status: str
    since: str
    acts: Sequence[Act]
    asks_outcome: bool


@dataclass(frozen=True)
class Somebody:
    """Whom help may be noted for: a learner in a course."""

    value: str
    label: str


@dataclass(frozen=True)
class FocusWork:
    """Everything beside the list of estimates. `names` by user id; `asker` is the advisor's own user id; `live` is the
    address that says when there is something new, empty for none."""

    alerts: Sequence[RecordRow] = ()
    interventions: Sequence[RecordRow] = ()
    effects: Sequence[PublishedEffect] = ()
    settings: AlertSettings | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    courses: Mapping[str, str] = field(default_factory=dict)
    people: Sequence[Somebody] = ()
    asker: str = ""
    mail: bool = False
    live: str = ""
    mark: str = ""
    done: str = ""
    problem: str = ""
    today: date | None = None


def about_value(user_id: str, course_id: str) -> str:
    """A learner in a course as the value of a form; `about_in` reads it again."""
    return f"{quote(user_id, safe='')}|{quote(course_id, safe='')}"


def about_in(value: str) -> tuple[str, str]:
    """(user_id, course_id) of a form's value; an empty course where none is meant."""
    user_id, _, course_id = value.partition("|")
    return unquote(user_id), unquote(course_id)


def work_parts(work: FocusWork, words: Words) -> dict[str, object]:
    """The values that the template's parts need."""
    return {
        "work": work,
        "alerts": [_alert(row, work, words) for row in work.alerts],
        "waiting": sum(row.values["status"] == "raised" for row in work.alerts),
        "helped": [_help(row, work, words) for row in work.interventions],
        "effects": _effects(work.effects, words),
        "kinds": [(kind, words.plain(f"help.kind.{kind}")) for kind in KINDS],
        "outcomes": [(one, words.plain(f"help.outcome.{one}")) for one in OUTCOMES],
        "settings": work.settings,
        "said": words.plain(f"focus.done.{work.done}") if f"focus.done.{work.done}" in words else "",
    }


def _alert(row: RecordRow, work: FocusWork, words: Words) -> AlertLine:
    values = row.values
    taken = values["status"] == "acknowledged"
    whom = values["handler_id"] if taken else values["owner_id"]
    whose = "nobody" if whom is None else "you" if whom == work.asker else "another"
    actions = ("resolve", "dismiss") if taken else ("acknowledge", "dismiss")
    kind = str(values["kind"])
    known = f"alert.kind.{kind}"
    user_id, course_id = str(values["user_id"]), str(values["course_id"] or "")
    return AlertLine(
        alert_id=str(values["alert_id"]),
        about=about_value(user_id, course_id),
        name=work.names.get(user_id) or user_id,
        course=work.courses.get(course_id, course_id),
        kind=words.plain(known) if known in words else kind,
        strong=values["severity"] == "high",
        reason=str(values["reason"]),
        whose=words.plain(f"alert.{'taken' if taken else 'for'}.{whose}"),
        since=_day(values["created_at"], words),
        acts=[Act(one, words.plain(f"alert.act.{one}")) for one in actions],
    )


def _help(row: RecordRow, work: FocusWork, words: Words) -> HelpLine:
    values = row.values
    status, user_id, kind = str(values["status"]), str(values["user_id"]), str(values["kind"])
    actions = {"planned": ("start", "cancel"), "running": ("complete", "cancel")}.get(status, ())
    outcome = values["outcome"]
    word = f"help.outcome.{outcome}" if outcome is not None else f"help.status.{status}"
    if values["arm"] == "comparison":
        word = "help.comparison"
    return HelpLine(
        intervention_id=str(values["intervention_id"]),
        name=work.names.get(user_id) or user_id,
        kind=words.plain(f"help.kind.{kind}") if f"help.kind.{kind}" in words else kind,
        status=words.plain(word),
        since=_day(values["starts_on"] or values["created_at"], words),
        acts=[Act(one, words.plain(f"help.act.{one}")) for one in actions],
        asks_outcome="complete" in actions,
    )


def _effects(effects: Sequence[PublishedEffect], words: Words) -> Table | None:
    if not effects:
        return None
    keys = ("kind", "trial", "effect", "low", "high", "treated", "comparison", "design")
    numeric = frozenset({"effect", "low", "high", "treated", "comparison"})
    rows = []
    for one in effects:
        name = f"help.kind.{one.kind}"
        rows.append(
            [
                Cell(words.plain(name) if name in words else one.kind),
                Cell(one.trial or words.plain("effect.no_trial")),
                *(_points(value, words) for value in (one.effect, one.low, one.high)),
                Cell(words.locale.number(one.treated), one.treated),
                Cell(words.locale.number(one.comparison), one.comparison),
                Cell(words.plain(f"effect.{one.design}")),
            ]
        )
    columns = [Column(words.plain(f"effect.col.{key}"), numeric=key in numeric) for key in keys]
    return Table(words.plain("effect.title"), columns, rows)


def _points(value: float, words: Words) -> Cell:
    """Hundredths of probability with their sign."""
    points = round(100 * value)
    return Cell(("+" if points > 0 else "") + words.locale.number(points), points)


def _day(value: object, words: Words) -> str:
    return words.locale.full_day(date.fromisoformat(str(value)[:10]))
