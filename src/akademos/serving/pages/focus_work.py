"""What an advisor does about students in focus: alerts to take on or hand over, help given, notes, how they are told,
what help brought about. Parts of the page of students in focus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import quote, unquote

from akademos.serving.pages.focus_words import alert_words
from akademos.serving.pages.suggestions import SUGGESTION_LENGTH, suggestion_lines
from akademos.serving.pages.tables import Cell, Column, Table
from akademos.serving.pages.wording import Words
from akademos.stores.ports.alerts import AlertSettings, OpenAlerts
from akademos.stores.ports.intervention_effects import PublishedEffect
from akademos.stores.ports.record_store import RecordRow

KINDS = ("conversation", "tutoring", "extension", "study_plan", "referral", "other")
"""Kinds of help that the form offers; records may hold others."""

OUTCOMES = ("helped", "partly", "no_change", "unknown")
SHOWN = 50
"""Rows of alerts, of help and of notes on the page; the addresses of the records list them all."""

NOTE_LENGTH = 2_000
"""Characters of a note, and of what came of an alert, as the forms take them."""


class Typed(dict[str, str]):
    """What was entered in a form, by field; a field that was not is empty. Falsy for a form that was not sent."""

    def __missing__(self, name: str) -> str:
        return ""


@dataclass(frozen=True)
class Act:
    """A button: what it does and what it is called."""

    action: str
    label: str


@dataclass(frozen=True)
class AlertLine:
    """An alert; `outcome` of one that is settled. `english`: the reason is an English one of a job that
    has no words of its own."""

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
    english: bool
    asks_outcome: bool
    outcome: str


@dataclass(frozen=True)
class NoteLine:
    """A note; `own`: the asker wrote it."""

    note_id: str
    name: str
    by: str
    text: str
    own: bool


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
    """Somebody to choose from a list: a learner, a learner in a course, or a colleague."""

    value: str
    label: str


@dataclass(frozen=True)
class FocusWork:
    """Everything beside the list of estimates.

    Attributes:
        waiting: how many alerts there are, also those that are not shown.
        names: of learners and staff, by user id.
        people: learners in a course, whom help may be noted for; `learners`: whom notes may be about, and whom steps
            may be suggested to.
        colleagues: other advisors of the asker's learners, whom alerts may be handed to.
        asker: the advisor's own user id.
        live: the address that says when there is something new, empty for none.
        typed: of a form that was refused what was entered, and its name as `form`; `ticked`: its alerts.
    """

    alerts: Sequence[RecordRow] = ()
    settled: Sequence[RecordRow] = ()
    interventions: Sequence[RecordRow] = ()
    notes: Sequence[RecordRow] = ()
    suggestions: Sequence[RecordRow] = ()
    effects: Sequence[PublishedEffect] = ()
    waiting: OpenAlerts = field(default_factory=OpenAlerts)
    settings: AlertSettings | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    courses: Mapping[str, str] = field(default_factory=dict)
    people: Sequence[Somebody] = ()
    learners: Sequence[Somebody] = ()
    colleagues: Sequence[Somebody] = ()
    asker: str = ""
    mail: bool = False
    live: str = ""
    done: str = ""
    problem: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    ticked: frozenset[str] = frozenset()
    today: date | None = None


FIRST_ALERTS = 8
"""So many alerts stand on the page by themselves, the others behind a word, so that the list below is found."""


def about_value(user_id: str, course_id: str) -> str:
    """A learner in a course as the value of a form; `about_in` reads it again."""
    return f"{quote(user_id, safe='')}|{quote(course_id, safe='')}"


def about_in(value: str) -> tuple[str, str]:
    """(user_id, course_id) of a form's value; an empty course where none is meant."""
    user_id, _, course_id = value.partition("|")
    return unquote(user_id), unquote(course_id)


def work_parts(work: FocusWork, words: Words) -> dict[str, object]:
    """The values that the template's parts need."""

    def typed_in(form: str, **same: str) -> Typed:
        """What was entered in the form of that name, and of those fields."""
        typed = Typed(work.typed)
        return typed if typed["form"] == form and all(typed[name] == value for name, value in same.items()) else Typed()

    first = FIRST_ALERTS if len(work.alerts) > FIRST_ALERTS + 1 else len(work.alerts)
    below = {str(row.values["alert_id"]) for row in work.alerts[first:]}
    return {
        "work": work,
        "first_alerts": first,
        "problem_below": bool(below & {*work.ticked, work.typed.get("alert", "")}),
        "typed_in": typed_in,
        "told": typed_in("told") or work.settings or Typed(),
        "alerts": [_alert(row, work, words) for row in work.alerts],
        "settled": [_alert(row, work, words) for row in work.settled],
        "notes": [_note(row, work, words) for row in work.notes],
        "note_length": NOTE_LENGTH,
        "suggestions": suggestion_lines(work.suggestions, work.names, words),
        "suggestion_length": SUGGESTION_LENGTH,
        "helped": [_help(row, work, words) for row in work.interventions],
        "effects": _effects(work.effects, words),
        "kinds": [(kind, words.plain(f"help.kind.{kind}")) for kind in KINDS],
        "arms": [("", words.plain("help.arm.chosen"))]
        + [(arm, words.plain(f"help.arm.{arm}")) for arm in ("treated", "comparison")],
        "outcomes": [(one, words.plain(f"help.outcome.{one}")) for one in OUTCOMES],
        "settings": work.settings,
        "said": words.plain(f"focus.done.{work.done}") if f"focus.done.{work.done}" in words else "",
    }


def _alert(row: RecordRow, work: FocusWork, words: Words) -> AlertLine:
    values = row.values
    taken = values["status"] == "acknowledged"
    handler, owner = values["handler_id"], values["owner_id"]
    whose = _whose("taken", handler, work, words) if taken else ""
    if not taken or (owner is not None and owner != handler):
        whose = f"{whose} {_whose('for', owner, work, words)}".strip()
    actions = {"raised": ("acknowledge", "dismiss"), "acknowledged": ("resolve", "dismiss")}.get(
        str(values["status"]), ()
    )
    settled = f"alert.settled.{values['status']}"
    kind = str(values["kind"])
    known = f"alert.kind.{kind}"
    user_id, course_id = str(values["user_id"]), str(values["course_id"] or "")
    reason = alert_words(str(values["reason"]), words)
    return AlertLine(
        alert_id=str(values["alert_id"]),
        about=about_value(user_id, course_id),
        name=_name(user_id, work),
        course=work.courses.get(course_id, course_id),
        kind=words.plain(known) if known in words else kind,
        strong=values["severity"] == "high",
        reason=reason or str(values["reason"]),
        whose=words.plain(settled) if settled in words else whose,
        since=_day(values["resolved_at"] or values["created_at"], words),
        acts=[Act(one, words.plain(f"alert.act.{one}")) for one in actions],
        english=known in words and reason is None,
        asks_outcome=taken,
        outcome=str(values["outcome"] or ""),
    )


def _whose(key: str, whom: object, work: FocusWork, words: Words) -> str:
    """Whose an alert is: of the asker, of nobody, or of somebody by name."""
    if whom is None:
        return words.plain(f"alert.{key}.nobody")
    if whom == work.asker:
        return words.plain(f"alert.{key}.you")
    return words.plain(f"alert.{key}.another", name=_name(whom, work))


def _name(user_id: object, work: FocusWork) -> str:
    return work.names.get(str(user_id)) or str(user_id)


def _note(row: RecordRow, work: FocusWork, words: Words) -> NoteLine:
    values = row.values
    author = values["author_id"]
    name = words.plain("note.by.nobody") if author is None else _name(author, work)
    return NoteLine(
        note_id=str(values["note_id"]),
        name=_name(values["user_id"], work),
        by=words.plain("note.by", name=name, day=_day(values["created_at"], words)),
        text=str(values["text"]),
        own=author is not None and author == work.asker,
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
        name=_name(user_id, work),
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
