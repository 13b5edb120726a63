"""Single shares, curves and choices of a counted crowd, as they may be shown.

Everything said is a statement about at least k people and, of the same crowd, about at least k others: a share with
fewer than k people on one side is shown as a bound ("less than"), a curve falls only where k people have left since it
last fell, and answers that fewer than k chose are put together. Shares and curves are made of rounded counts.
(docs/decisions/0035.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from akademos.catalogue.policies import LIMITS
from akademos.privacy.disclosure_tables import merged_bands, rounded

Bound = Literal["", "below", "above"]


@dataclass(frozen=True, slots=True)
class ShownShare:
    """A share of `people` (rounded). With a bound only that is known: it lies below, or above, `value`."""

    value: float
    people: int
    bound: Bound = ""


def shown_share(count: float, people: int, floor: int) -> ShownShare | None:
    """A share as it may be shown; None of fewer than 2 k people, where it would say something of a few either way.

    Example:
        >>> shown_share(33, 62, 10)
        ShownShare(value=0.58, people=60, bound='')
        >>> shown_share(3, 62, 10), shown_share(61, 62, 10)
        (ShownShare(value=0.18, people=60, bound='below'), ShownShare(value=0.82, people=60, bound='above'))
    """
    if people < 2 * floor:
        return None
    shown = rounded(people)
    edge = round(floor / (shown - LIMITS.count_rounding // 2) + 0.005, 2)
    if count < floor:
        return ShownShare(edge, shown, "below")
    if people - count < floor:
        return ShownShare(round(1 - edge, 2), shown, "above")
    return ShownShare(round(rounded(round(count)) / shown, 2), shown)


@dataclass(frozen=True, slots=True)
class ShownPoint:
    """So large a share came at least as far as `position`."""

    position: int
    share: float


def shown_curve(still: Sequence[int], floor: int) -> list[ShownPoint]:
    """How many came how far, as it may be shown: points between which at least k people left, and at least k remain.

    Args:
        still: by position from 0, people who came at least so far; the first is everybody.
        floor: k.

    Returns:
        Points in order, from the beginning on; none of fewer than 2 k people.

    Example:
        >>> shown_curve([40, 39, 38, 20, 19, 12], 10)
        [ShownPoint(position=0, share=1.0), ShownPoint(position=3, share=0.5), ShownPoint(position=5, share=0.25)]
    """
    if not still or still[0] < 2 * floor:
        return []
    left = [here - after for here, after in zip(still, (*still[1:], 0), strict=True)]
    everybody = rounded(still[0])
    points = [ShownPoint(0, 1.0)]
    for _, last in merged_bands(left, floor)[:-1]:
        points.append(ShownPoint(last + 1, round(rounded(still[last + 1]) / everybody, 2)))
    return points


@dataclass(frozen=True, slots=True)
class ShownFall:
    """Of `people`, looked at since the fall before, it happened to `events`, the last of them at `place`; `left` are
    looked at afterwards. All rounded."""

    place: int
    people: int
    events: int
    left: int


def shown_falls(at_risk: Sequence[int], events: Sequence[int], people: int, floor: int) -> list[ShownFall]:
    """Where the curve of those to whom something has not happened yet may fall: at the k-th since it last fell, while k
    are left. Of who was only looked at for a part of the time since then, half count.

    Events are rounded from the beginning on, so that the errors of one fall and the next make up for each other.

    Args:
        at_risk, events: by place, in order of time: people looked at right before it, and to how many it happened.
        people: everybody.
        floor: k.

    Example:
        >>> shown_falls([62, 60, 48, 30], [2, 12, 11, 4], 62, 10)
        [ShownFall(place=1, people=60, events=15, left=50), ShownFall(place=2, people=50, events=10, left=35)]
    """
    found: list[ShownFall] = []
    happened = 0
    for first, last in merged_bands([*events, people - sum(events)], floor)[:-1]:
        fallen, left = sum(events[first : last + 1]), at_risk[last] - events[last]
        since, happened = happened, happened + fallen
        fall = ShownFall(
            last, rounded((at_risk[first] + fallen + left) // 2), rounded(happened) - rounded(since), rounded(left)
        )
        if left < floor or fall.people <= fall.events:
            break
        found.append(fall)
    return found


def shown_choices(counts: Mapping[str, int], floor: int) -> list[tuple[tuple[str, ...], int]]:
    """What people chose, with those choices together that too few made: (choices, people), the most frequent first.

    Put together are the rarest, until they are at least k people; where that is everything, nothing is told apart.

    Example:
        >>> shown_choices({"a": 30, "b": 12, "c": 4, "d": 1}, 10)
        [(('a',), 30), (('b', 'c', 'd'), 17)]
        >>> shown_choices({"a": 30, "b": 12}, 10)
        [(('a',), 30), (('b',), 12)]
    """
    rare: list[str] = []
    alone = sorted(counts, key=lambda name: (-counts[name], name))
    while alone and (counts[alone[-1]] < floor or 0 < sum(counts[one] for one in rare) < floor):
        rare.append(alone.pop())
    found: list[tuple[tuple[str, ...], int]] = [((name,), counts[name]) for name in alone]
    if rare:
        found.append((tuple(sorted(rare)), sum(counts[name] for name in rare)))
    return [(names, people) for names, people in found if people >= floor]
