"""The learner's consent page: what is asked, what stands, what each choice does, what was decided before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from akademos.catalogue.declarations import Purpose
from akademos.privacy.standing import Decision, PurposeStanding, Word, word_for
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import Cell, Column, Table
from akademos.stores.ports.consent import UNDECIDED, ConsentEntry, ConsentStanding
from akademos.stores.ports.consent_terms import ConsentText

_MAIN: Mapping[Word, tuple[Decision, ...]] = {
    "undecided": ("granted",),
    "withdrawn": ("granted",),
    "granted": ("paused", "withdrawn"),
    "paused": ("resumed", "withdrawn"),
    "restricted": ("restriction_lifted",),
    "objected": ("objection_withdrawn",),
}
"""What a person may want next; the first is the main button."""


@dataclass(frozen=True)
class Choice:
    """A button: the decision that it posts, and whether it stands out; consent is never nudged."""

    decision: Decision
    label: str
    primary: bool


@dataclass(frozen=True)
class PurposeCard:
    """One purpose: what is asked, how it stands, since when, and what can be chosen."""

    purpose: str
    name: str
    text: str
    version: str
    word: Word
    standing: str
    since: str
    agreed: str
    effect: str
    choices: Sequence[Choice]
    rights: Sequence[Choice]


@dataclass(frozen=True)
class Decided:
    """What the page shows of one person."""

    standings: Mapping[Purpose, ConsentStanding]
    history: Sequence[ConsentEntry]
    opted_out: bool


def render_my_consent(
    decided: Decided,
    texts: Mapping[Purpose, ConsentText],
    *,
    shell: Shell,
    zone: tzinfo,
    action: str,
    done: tuple[Purpose, Decision] | bool | None = None,
    problem: str = "",
    links: Mapping[str, str],
) -> str:
    """The page as HTML; each button posts `purpose`, `decision`, `text_version`, `lang` and `csrf` to `action`.

    Args:
        decided: of the person.
        texts: the text to show for a purpose.
        shell: what surrounds the page.
        zone: in which moments are written.
        action: where the forms go.
        done: the decision that was just recorded; true after an opt-out of tracking, false after an opt-in.
        problem: a sentence about why the last one was not.
        links: addresses by name: `data` (what is held, readable), `download` (the same as JSON).
    """
    words = shell.words
    said = None
    if isinstance(done, bool):
        said = words.plain("my_consent.done.off" if done else "my_consent.done.on")
    elif done is not None:
        purpose, decision = done
        name = words.plain(f"purpose.{purpose.value}")
        said = words.plain("my_consent.done", purpose=name, decision=words.plain(f"decision.{decision}"))
    return page(
        "my_consent.html",
        shell,
        title=words.plain("my_consent.title"),
        cards=[_card(purpose, decided, texts.get(purpose), shell, zone) for purpose in Purpose],
        history=_history(decided.history, shell, zone) if decided.history else None,
        opted_out=decided.opted_out,
        action=action,
        said=said,
        problem=problem,
        links=links,
    )


def _card(purpose: Purpose, decided: Decided, text: ConsentText | None, shell: Shell, zone: tzinfo) -> PurposeCard:
    words = shell.words
    known = decided.standings.get(purpose)
    standing = known.standing if known else PurposeStanding()
    word = word_for(standing, decided=known is not None and known.basis != UNDECIDED)
    rights: list[Decision] = []
    if not standing.restricted:
        rights.append("restricted")
    if not standing.objected:
        rights.append("objected")
    main = _MAIN[word]
    if word in ("restricted", "objected") and standing.granted:
        main = (*main, "withdrawn")
    return PurposeCard(
        purpose=purpose.value,
        name=words.plain(f"purpose.{purpose.value}"),
        text=text.body if text else words.plain("my_consent.no_text"),
        version=text.version if text else "",
        word=word,
        standing=words.plain(f"standing.{word}"),
        since=words.plain("my_consent.since", at=words.locale.moment(known.changed_at.astimezone(zone)))
        if known
        else "",
        agreed=words.plain("my_consent.agreed", version=known.text_version)
        if known and standing.granted and text and known.text_version != text.version
        else "",
        effect=words.plain(f"effect.{word}"),
        choices=[
            Choice(decision, words.plain(f"choice.{decision}"), number == 0 and decision not in ("granted", "paused"))
            for number, decision in enumerate(main)
            if decision != "granted" or text is not None
        ],
        rights=[Choice(decision, words.plain(f"choice.{decision}"), primary=False) for decision in rights],
    )


def _history(history: Sequence[ConsentEntry], shell: Shell, zone: tzinfo) -> Table:
    words = shell.words
    columns = [
        Column(words.plain(f"my_consent.column.{name}")) for name in ("when", "purpose", "decision", "text", "by")
    ]
    lines = []
    for entry in reversed(history):
        at: datetime = entry.proof.decided_at or entry.recorded_at
        lines.append(
            [
                Cell(words.locale.moment(at.astimezone(zone)), at.timestamp()),
                Cell(words.plain(f"purpose.{entry.purpose.value}")),
                Cell(words.plain(f"decision.{entry.decision}")),
                Cell(entry.text_version or "\u2013"),
                Cell(words.plain("my_consent.by.self" if entry.recorded_by == "self" else "my_consent.by.other")),
            ]
        )
    return Table(words.plain("my_consent.history"), columns, lines)
