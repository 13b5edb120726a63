"""Which rows of which people count, so that no two publications of them ever differ by fewer than k people.

For statistics that look at every row (medians, correlations, curves), where sums over small blocks
(`disclosure_blocks`) would leave the last few of each block unread. The people of a course are split once into *parts*,
of one label where it is large. In a part, each entry (a content, an item, the journeys) is published in *editions*:

* A new edition begins when at least k people of the part have more evidence than was ever published of them. It holds
  everybody who was in the last one and may stay, and everybody with more evidence; a row stands, as it was taken, until
  its person has more.
* When somebody leaves and there are no such k people, so many others of one *cohort* (those whose rows were taken in
  the same edition) leave too, if as many of it stay; they return with more evidence. Where no cohort is that large the
  entry is withheld until the next edition begins.

Of any combination of what was published, the last edition that enters with a weight other than 0 holds k people whose
rows stand in no earlier one, or else follows a leaving: then either the k who left or the k of their cohort who stayed
do not cancel (docs/decisions/0037 has the proof). Nobody's row comes back once it was gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from akademos.privacy.disclosure_blocks import MIXED

NAMED = 3
"""A label has a part of its own where so many times k people have it: the smaller a part, the longer its last k - 1
people wait to be read."""

Counted = Mapping[str, Mapping[str, datetime]]
"""Entry to person to since when, of all whose rows are published."""

Evidence = Mapping[str, Mapping[str, int]]
"""Entry to person to how much evidence the person's row rests on: grows with what is known, and with nothing else."""


@dataclass(frozen=True, slots=True)
class Version:
    """What was last published of a person at an entry: on how much evidence it rests, and since when it is counted,
    which is when its row was taken; None: it is not counted any more."""

    evidence: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Edition:
    """What is in force of an entry in a part.

    Attributes:
        as_of: when it began: until then everybody in it was looked at.
        since: when people last came or left.
        people: how many were in it then. Erasure takes a person out without a trace, and it shows by there being fewer.
        floor: the k it was made with; with a larger one it is withheld.
        shown: False where it is withheld.
    """

    as_of: datetime
    since: datetime
    people: int
    floor: int
    shown: bool


@dataclass(frozen=True)
class Editions:
    """What must be remembered of a course from publication to publication.

    Attributes:
        parts: person to part, of everybody who may be counted.
        spent: people who left of their own; they are not counted in this course again.
        editions: by entry and part.
        versions: by entry and person.
    """

    parts: Mapping[str, str] = field(default_factory=dict)
    spent: frozenset[str] = frozenset()
    editions: Mapping[tuple[str, str], Edition] = field(default_factory=dict)
    versions: Mapping[tuple[str, str], Version] = field(default_factory=dict)

    def counted(self) -> Counted:
        """Whose rows are published now."""
        found: dict[str, dict[str, datetime]] = {}
        for (entry, person), version in self.versions.items():
            edition = self.editions.get((entry, self.parts[person]))
            if version.since is not None and edition is not None and edition.shown:
                found.setdefault(entry, {})[person] = version.since
        return found

    def shown(self, entry: str) -> dict[str, Edition]:
        """Part to edition, of those of an entry that are published."""
        return {part: one for (of, part), one in self.editions.items() if of == entry and one.shown}


def advance(
    memory: Editions,
    *,
    may_stay: Collection[str],
    may_enter: Mapping[str, str],
    evidence: Evidence,
    floor: int,
    as_of: datetime,
) -> Editions:
    """What is remembered after the next publication.

    Args:
        memory: that of the one before.
        may_stay: everybody who may be counted.
        may_enter: of those the people who belong to the course now, with their labels.
        evidence: of everybody, as known at `as_of`.
        floor: k.
        as_of: later than that of the publication before; at the same instant no edition begins.
    """
    left = frozenset(person for person in memory.parts if person not in may_stay)
    spent = memory.spent | left
    parts = {person: part for person, part in memory.parts.items() if person not in left}
    parts |= _parts(parts, {one: label for one, label in may_enter.items() if one not in spent}, floor)
    versions = {key: version for key, version in memory.versions.items() if key[1] in parts}
    editions = dict(memory.editions)
    members: dict[str, list[str]] = {}
    for person, part in sorted(parts.items()):
        members.setdefault(part, []).append(person)
    parts_of_editions = {part for _, part in editions}
    for entry in sorted({*evidence, *(entry for entry, _ in editions)}):
        known = evidence.get(entry, {})
        for part in sorted(members.keys() | parts_of_editions):
            people = members.get(part, [])
            edition = _next(entry, editions.get((entry, part)), people, known, versions, floor, as_of)
            if edition is not None:
                editions[entry, part] = edition
    return Editions(parts, spent, editions, versions)


def _parts(assigned: Mapping[str, str], may_enter: Mapping[str, str], floor: int) -> dict[str, str]:
    """Parts of those who have none yet. Labels too small for a part of their own are mixed; where all of these are too
    few as well, people of the largest label fill up."""
    enough = NAMED * floor
    common = Counter(may_enter.values())
    found = {
        person: label if common[label] >= enough else MIXED
        for person, label in sorted(may_enter.items())
        if person not in assigned
    }
    mixed = sum(part == MIXED for part in (*assigned.values(), *found.values()))
    while 0 < mixed < enough and (named := Counter(part for part in found.values() if part != MIXED)):
        largest = max(sorted(named), key=lambda label: named[label])
        lent = enough - mixed if named[largest] - (enough - mixed) >= enough else named[largest]
        found |= dict.fromkeys([person for person, part in found.items() if part == largest][:lent], MIXED)
        mixed += lent
    return found


def _next(
    entry: str,
    old: Edition | None,
    people: list[str],
    known: Mapping[str, int],
    versions: dict[tuple[str, str], Version],
    floor: int,
    as_of: datetime,
) -> Edition | None:
    """The edition of an entry in a part, with `versions` of its people brought up to it; None where there is none."""
    published = {person: versions[entry, person] for person in people if (entry, person) in versions}
    fresh = [one for one in people if known.get(one, 0) > (published[one].evidence if one in published else 0)]
    staying = {person: one.since for person, one in published.items() if one.since is not None}
    if len(fresh) >= floor and (old is None or as_of > old.as_of):
        versions |= {(entry, person): Version(known[person], as_of) for person in fresh}
        return Edition(as_of, as_of, len(staying.keys() | set(fresh)), floor, shown=True)
    if old is None or (len(staying) == old.people and old.floor >= floor):
        return old
    cohorts = Counter(staying.values())
    largest = max(cohorts, key=lambda since: (cohorts[since], since), default=None)
    if not old.shown or old.floor < floor or largest is None or cohorts[largest] < 2 * floor:
        return Edition(old.as_of, as_of, len(staying), old.floor, shown=False)
    also = [person for person in people if staying.get(person) == largest][:floor]
    versions |= {(entry, person): Version(published[person].evidence, None) for person in also}
    return Edition(old.as_of, as_of, len(staying) - floor, old.floor, shown=True)
