"""People told apart by several things at once, published so that no slice gives away another.

A label is a tuple (persona, course, cohort). People are counted in blocks of one label; where too few share one, its
last part is given up until there are enough (`nested_blocks`), so that everybody counts in the total and as far down as
possible. What is published are the total and one row for each value of each part: sums over *cells*, the groups of
equal labels. Whatever is computed from such rows, on however many ways, is again a sum of whole cells.

So it is enough that no cell is telling by itself. Where the number is a share, a cell tells something if fewer than k
of its people lie on one side of it, nobody at all included. Such a cell gives up the last part of its label as well
(`safe_cells`), until it has become part of one that tells nothing; if even all together do, there is no share but,
for many people, a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from akademos.catalogue.policies import LIMITS
from akademos.privacy.disclosure_blocks import Sums, divided

Label = tuple[str, ...]
UNTOLD = ""
"""In a label: not told."""


def written(label: Label) -> str:
    """A label as text."""
    return orjson.dumps(label).decode()


def read(text: str) -> Label:
    """A label that was written."""
    return tuple(orjson.loads(text))


def above(label: Label) -> Label:
    """The label with the last part that it tells given up.

    Example:
        >>> above(("student", "algebra", ""))
        ('student', '', '')
    """
    told = sum(part != UNTOLD for part in label)
    return (*label[: told - 1], *[UNTOLD] * (len(label) - told + 1)) if told else label


def nested_blocks(waiting: Mapping[str, str], floor: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Blocks of people who wait, by written labels, in the order of their random keys; labels of too few are joined
    with their neighbours, and what is left of all is filled up from the largest group."""
    groups: dict[Label, list[str]] = {}
    for person in sorted(waiting):
        label = read(waiting[person])
        told = next((place for place, part in enumerate(label) if part == UNTOLD), len(label))
        groups.setdefault((*label[:told], *[UNTOLD] * (len(label) - told)), []).append(person)
    depth = max((len(label) for label in groups), default=0)
    for parts in range(depth, 0, -1):
        small = [label for label, people in groups.items() if _told(label) == parts and len(people) < floor]
        for label in sorted(small):
            groups.setdefault(above(label), []).extend(groups.pop(label))
    top: Label = (UNTOLD,) * depth
    rest = groups.pop(top, [])
    if 0 < len(rest) < floor and groups:
        largest = max(sorted(groups), key=lambda label: len(groups[label]))
        lent = floor - len(rest)
        if len(groups[largest]) - lent < floor:
            lent = len(groups[largest])
        rest += groups[largest][:lent]
        groups[largest] = groups[largest][lent:]
    for label, people in (*sorted(groups.items()), (top, rest)):
        for block in divided(sorted(people), floor):
            yield written(label), block


def _told(label: Label) -> int:
    return sum(part != UNTOLD for part in label)


Telling = Callable[[Sums], bool]
"""Whether a cell tells too much by itself."""


def safe_cells(rows: Mapping[str, Sums], telling: Telling) -> dict[Label, Sums]:
    """Cells of which none is telling, by label; nothing where even all people together are.

    Args:
        rows: sums by written label, each over at least k people.
        telling: what makes a cell telling.
    """
    cells: dict[Label, Sums] = {}
    for text, sums in rows.items():
        _join(cells, read(text), sums)
    while True:
        found = sorted((label for label, sums in cells.items() if telling(sums)), key=lambda one: (-_told(one), one))
        if not found:
            return cells
        label = found[0]
        if _told(label):
            _join(cells, above(label), cells.pop(label))
            continue
        others = sorted((one for one in cells if _told(one)), key=lambda one: (cells[one].people, one))
        if not others:
            return {}
        _join(cells, (UNTOLD,) * len(label), cells.pop(others[0]))


def _join(cells: dict[Label, Sums], label: Label, sums: Sums) -> None:
    cells[label] = cells[label] + sums if label in cells else sums


@dataclass(frozen=True, slots=True)
class Slice:
    """A row that may be published: of everybody (`dimension` and `member` empty), or of a value of a dimension."""

    dimension: str
    member: str
    sums: Sums


def slices(cells: Mapping[Label, Sums], dimensions: Sequence[str]) -> list[Slice]:
    """The total, then the values of each dimension. A dimension with one value only, and nothing beside it, says what
    the total says."""
    if not cells:
        return []
    found = [Slice("", "", _sum(list(cells.values())))]
    for place, dimension in enumerate(dimensions):
        members = sorted({label[place] for label in cells} - {UNTOLD})
        found += [
            Slice(dimension, member, _sum([sums for label, sums in cells.items() if label[place] == member]))
            for member in members
        ]
    return found


def one_sided(sums: Sums, on_one: int, on_other: int, floor: int) -> bool:
    """Whether fewer than k people lie on one side of a share; `on_one` and `on_other` are places of their counts."""
    return min(sums.bands[on_one], sums.bands[on_other]) < floor


def bound_of_share(sums: Sums, on_one: int, on_other: int, floor: int) -> float | None:
    """What may be said of a share of everybody, one side of which has fewer than k people: that it lies beyond the cap,
    if among so many people that leaves at least k possible counts; else nothing.

    Example:
        >>> from datetime import UTC, datetime
        >>> bound_of_share(Sums(datetime(2026, 1, 1, tzinfo=UTC), 300, 0.0, (298, 2)), 0, 1, 10)
        0.95
    """
    if sums.people * LIMITS.share_lowest < floor:
        return None
    if sums.bands[on_other] < floor <= sums.bands[on_one]:
        return LIMITS.share_highest
    if sums.bands[on_one] < floor <= sums.bands[on_other]:
        return LIMITS.share_lowest
    return None


def _sum(parts: Sequence[Sums]) -> Sums:
    total = parts[0]
    for sums in parts[1:]:
        total += sums
    return total
