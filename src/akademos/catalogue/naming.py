"""How events are named: `object_action_outcome` in snake_case, ending in a past participle.

A prefix of one persona (`student_`, `career_changer_`, `advisor_`) means that persona only; no prefix says
nothing. The version suffix `_v2` belongs to the wire and not to the name.
"""

from __future__ import annotations

import re

#: Names that the rule does not hold for, and why.
EXCEPTIONS = {"settings_tracking_opt_out": "a name that senders already use"}
#: Prefixes that bind an event to one persona.
PERSONA_PREFIXES = {"student_": "student", "career_changer_": "career_changer", "advisor_": "advisor"}
#: Participles that do not end in -ed.
IRREGULAR_PARTICIPLES = frozenset(
    {
        "begun",
        "bought",
        "broken",
        "built",
        "caught",
        "chosen",
        "done",
        "drawn",
        "driven",
        "fallen",
        "forgotten",
        "found",
        "given",
        "gone",
        "held",
        "hidden",
        "kept",
        "known",
        "learnt",
        "left",
        "lent",
        "lost",
        "made",
        "met",
        "overdrawn",
        "paid",
        "put",
        "read",
        "risen",
        "run",
        "seen",
        "sent",
        "set",
        "shown",
        "sold",
        "spent",
        "split",
        "spoken",
        "taken",
        "taught",
        "thought",
        "told",
        "understood",
        "undone",
        "unset",
        "withdrawn",
        "won",
        "written",
    }
)
#: Words that end in -ed and are no participles.
_NO_PARTICIPLES = frozenset(
    {
        "bed",
        "bleed",
        "breed",
        "embed",
        "exceed",
        "feed",
        "greed",
        "indeed",
        "need",
        "proceed",
        "red",
        "seed",
        "speed",
        "weed",
    }
)

_SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
_VERSION_SUFFIX = re.compile(r"_v\d+$")


def naming_problems(name: str, personas: tuple[str, ...]) -> list[str]:
    """What is wrong with an event's name, in sentences; empty when it follows the rule."""
    if name in EXCEPTIONS:
        return []
    if _SNAKE_CASE.fullmatch(name) is None:
        return [f"{name}: name it object_action in snake_case, of two words at least"]
    problems = []
    if _VERSION_SUFFIX.search(name):
        problems.append(f"{name}: the version is a field of its own, the suffix is made from it")
    last = name.rsplit("_", 1)[1]
    regular = last.endswith("ed") and len(last) > 3 and last not in _NO_PARTICIPLES
    if not regular and last not in IRREGULAR_PARTICIPLES:
        problems.append(f"{name}: the last word must be a past participle, such as viewed or sent")
    for prefix, persona in PERSONA_PREFIXES.items():
        if name.startswith(prefix) and personas != (persona,):
            problems.append(f"{name}: the prefix {prefix} means the persona {persona} only")
    return problems
