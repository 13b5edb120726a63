"""Why an alert was raised, as it is kept: one English sentence in a fixed form, from which its facts are read back, so
that a page says them in its own language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

AlertKind = Literal["new_in_focus", "sharp_rise"]
Basis = Literal["model", "hazard", "rule"]

_HEADS: Mapping[AlertKind, str] = {"new_in_focus": "New in focus", "sharp_rise": "Sharp rise"}
_CHANCES: Mapping[Basis, str] = {
    "model": "chance of not completing",
    "hazard": "chance of leaving within four weeks",
    "rule": "by rule",
}
_THEMES: Mapping[str, str] = {"effort": "how much they do", "rhythm": "how regularly they study"}
"""Themes whose names say little by themselves."""

_REASON = re.compile(
    rf"(?P<head>{'|'.join(_HEADS.values())}): (?P<basis>{'|'.join(_CHANCES.values())})(?: (?P<chance>\d{{1,3}})%)?"
    r"(?:, (?P<points>\d{1,3}) points more than the week before)?(?:; speaks for it: (?P<themes>[a-z][a-z ,]*))?\."
)


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What an alert rests on.

    Attributes:
        kind: what it is raised of.
        basis: what gave the estimate.
        chance: of not completing (model) or of leaving within four weeks (hazard), in hundredths; None by rule.
        points: hundredths more than the week before; None where it is no more, or cannot be compared.
        themes: what speaks for it, most first.
    """

    kind: AlertKind
    basis: Basis
    chance: int | None = None
    points: int | None = None
    themes: tuple[str, ...] = ()


def reason_of(facts: AlertFacts) -> str:
    """The sentence that is kept; it names nobody.

    Example:
        >>> reason_of(AlertFacts("sharp_rise", "model", 55, 25, ("marks",)))
        'Sharp rise: chance of not completing 55%, 25 points more than the week before; speaks for it: marks.'
    """
    chance = "" if facts.chance is None else f" {facts.chance}%"
    moved = "" if facts.points is None else f", {facts.points} points more than the week before"
    themes = ", ".join(_THEMES.get(one, one) for one in facts.themes)
    why = f"; speaks for it: {themes}" if themes else ""
    return f"{_HEADS[facts.kind]}: {_CHANCES[facts.basis]}{chance}{moved}{why}."


def facts_of(reason: str) -> AlertFacts | None:
    """The facts behind a sentence that `reason_of` wrote; None for what somebody else wrote.

    Example:
        >>> facts_of("New in focus: by rule; speaks for it: inactivity.")
        AlertFacts(kind='new_in_focus', basis='rule', chance=None, points=None, themes=('inactivity',))
    """
    found = _REASON.fullmatch(reason)
    if found is None:
        return None
    kinds = {text: kind for kind, text in _HEADS.items()}
    bases = {text: basis for basis, text in _CHANCES.items()}
    codes = {text: code for code, text in _THEMES.items()}
    themes = found["themes"].split(", ") if found["themes"] else ()
    return AlertFacts(
        kinds[found["head"]],
        bases[found["basis"]],
        None if found["chance"] is None else int(found["chance"]),
        None if found["points"] is None else int(found["points"]),
        tuple(codes.get(one, one) for one in themes),
    )
