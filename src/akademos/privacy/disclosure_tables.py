"""A table of groups as it may be published: suppressed, rounded, capped, and audited against what it gives away.

Rows are labels (and all of them together), columns are bands, each row has a mean. Published are, of a row, the number
of people, the mean, and the share of each shown band. A band with fewer than k people is withheld, nobody at all
included: that nobody of a group is weak is as telling as that one is. Then the table is audited: for every withheld
band the exact bounds that follow from all that is published (and from knowing why it is withheld) must leave at least
`LEAST_VALUES` possible counts, and so must the rest of its row; where they do not, more is withheld, until they do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from akademos.catalogue.policies import LIMITS
from akademos.privacy.disclosure_blocks import Sums
from akademos.privacy.disclosure_intervals import Knowledge

ALL = "*"
"""Label of the row over all labels."""

LEAST_VALUES = LIMITS.count_rounding
"""So many counts must remain possible for whatever is below k: as many as rounding leaves of any other count."""

MEAN_STEP = 0.01


@dataclass(frozen=True, slots=True)
class Row:
    """A row as published: people rounded; mean and shares capped, None where withheld."""

    label: str
    people: int
    mean: float | None
    shares: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """How a value 0..1 falls into bands: `edges` are the lower ends of the bands, ascending from 0."""

    edges: tuple[float, ...]

    def band(self, value: float) -> int:
        """The band of a value."""
        return max(number for number, edge in enumerate(self.edges) if value >= edge)

    def ends(self) -> list[tuple[float, float]]:
        """Lower and upper end of each band."""
        return list(zip(self.edges, (*self.edges[1:], 1.0), strict=True))


def rounded(count: int) -> int:
    """A count as published.

    Example:
        >>> [rounded(count) for count in (10, 12, 13, 17, 18)]
        [10, 10, 15, 15, 20]
    """
    step = LIMITS.count_rounding
    return step * ((count + step // 2) // step)


def capped(share: float) -> float:
    """A share as published, to the hundredth."""
    return round(min(max(share, LIMITS.share_lowest), LIMITS.share_highest), 2)


def published_count(count: int, floor: int) -> int | None:
    """One count by itself as published: rounded; None below k, zero included.

    Example:
        >>> published_count(0, 10), published_count(9, 10), published_count(13, 10)
        (None, None, 15)
    """
    return rounded(count) if count >= floor else None


class Suppression:
    """What is withheld of one table. Items are (row, band) and (row, MEAN)."""

    MEAN = -1

    def __init__(
        self, rows: Mapping[str, Sums], shown: Sequence[int], scale: Scale, floor: int, *, means: bool = True
    ) -> None:
        self._rows = dict(sorted(rows.items()))
        self._names = list(self._rows)
        self._bands = len(scale.edges)
        self._shown = tuple(shown)
        self._scale = scale
        self._floor = floor
        self._total = _sum(list(self._rows.values()))
        self.withheld = {
            (name, band) for name in (*self._names, ALL) for band in shown if self._of(name).bands[band] < floor
        }
        if not means:
            self.withheld |= {(name, self.MEAN) for name in (*self._names, ALL)}

    def _of(self, name: str) -> Sums:
        return self._total if name == ALL else self._rows[name]

    def complete(self) -> None:
        """Withhold more until the audit finds nothing.

        A table of people alone, with nothing else, is always safe: of each row only the sum is known.
        """
        while (at := next(self.exposed(), None)) is not None:
            more = next(self._victims(at), None)
            if more is None:
                raise ArithmeticError("a table of people alone does not pass the audit")
            _, item = more  # with one label only, the row over all is that row again
            self.withheld |= {more} if len(self._names) > 1 else {(one, item) for one in (ALL, *self._names)}

    def exposed(self) -> Iterator[str]:
        """Rows of which a count below k can be narrowed down too far."""
        knowledge = self._knowledge()
        for name in (*self._names, ALL):
            sums = self._of(name)
            for band in range(self._bands):
                rest = [other for other in range(self._bands) if other != band]
                for counted, truth in (([band], sums.bands[band]), (rest, sums.people - sums.bands[band])):
                    if truth < self._floor and self._narrow(knowledge, self._unknowns(name, counted)):
                        yield name

    def _narrow(self, knowledge: Knowledge, weights: Mapping[int, float]) -> bool:
        known = Knowledge(knowledge.unknowns, list(knowledge.statements))
        known.say(weights, high=self._floor - 1)
        bounds = known.bounds(weights)
        return bounds is None or bounds[1] - bounds[0] + 1 < LEAST_VALUES

    def _victims(self, name: str) -> Iterator[tuple[str, int]]:
        for row in (name, ALL, *self._names):
            bands = sorted(self._shown, key=lambda band, row=row: (self._of(row).bands[band], band))  # type: ignore[misc]  # the default binds the row
            for item in (*bands, self.MEAN):
                if (row, item) not in self.withheld:
                    yield row, item

    def _unknowns(self, name: str, bands: Sequence[int], weights: Sequence[float] = ()) -> dict[int, float]:
        rows = range(len(self._names)) if name == ALL else [self._names.index(name)]
        factors = weights or [1.0] * len(bands)
        return {row * self._bands + band: factor for row in rows for band, factor in zip(bands, factors, strict=True)}

    def _knowledge(self) -> Knowledge:
        """What follows from the table as it would be published now."""
        known = Knowledge(len(self._names) * self._bands)
        every = range(self._bands)
        reach = LIMITS.count_rounding // 2
        for name in (*self._names, ALL):
            sums = self._of(name)
            people = rounded(sums.people)
            known.say(self._unknowns(name, every), max(self._floor, people - reach), people + reach)
            for band in self._shown:
                if (name, band) not in self.withheld:
                    low, high = _bounds_of_share(sums.bands[band], sums.people, self._floor)
                    known.say(self._unknowns(name, [band]), low, high)
            if (name, self.MEAN) not in self.withheld:
                least, most = _bounds_of_mean(capped(sums.value / sums.people))
                ends = self._scale.ends()
                known.say(self._unknowns(name, every, [high - least for _, high in ends]), low=0)
                known.say(self._unknowns(name, every, [low - most for low, _ in ends]), high=0)
        return known

    def row(self, name: str) -> Row:
        """A row as it may be published."""
        sums = self._of(name)
        mean = None if (name, self.MEAN) in self.withheld else capped(sums.value / sums.people)
        shares = tuple(
            None if (name, band) in self.withheld else capped(rounded(sums.bands[band]) / rounded(sums.people))
            for band in self._shown
        )
        return Row(name, rounded(sums.people), mean, shares)


def published(
    rows: Mapping[str, Sums],
    *,
    shown: Sequence[int],
    scale: Scale,
    floor: int,
    hidden: Sequence[str] = (),
    means: bool = True,
) -> list[Row]:
    """A table of groups as it may be published: the row over all first, then one a label.

    Args:
        rows: sums by label, each over at least k people.
        shown: bands whose shares are published.
        scale: the bands.
        floor: k.
        hidden: labels that get no row of their own, though they count in the total.
        means: whether means are published; where not, sums of values are not looked at.

    Raises:
        ValueError: a row has fewer than k people.
    """
    if any(sums.people < floor for sums in rows.values()):
        raise ValueError(f"a row has fewer than {floor} people")
    if not rows:
        return []
    suppression = Suppression(rows, shown, scale, floor, means=means)
    suppression.complete()
    return [suppression.row(name) for name in (ALL, *sorted(rows)) if name not in hidden]


def merged_bands(counts: Sequence[int], floor: int) -> list[tuple[int, int]]:
    """Neighbouring bands put together until each holds at least k people: (first, last) of each, in order.

    Example:
        >>> merged_bands([3, 8, 0, 12, 15, 4], 10)
        [(0, 1), (2, 3), (4, 5)]
    """
    found: list[tuple[int, int]] = []
    first, people = 0, 0
    for band, count in enumerate(counts):
        people += count
        if people >= floor:
            found.append((first, band))
            first, people = band + 1, 0
    if found and first < len(counts):
        found[-1] = (found[-1][0], len(counts) - 1)
    return found


def _sum(rows: Sequence[Sums]) -> Sums:
    total = rows[0]
    for sums in rows[1:]:
        total += sums
    return total


def _bounds_of_share(count: int, people: int, floor: int) -> tuple[float, float]:
    """Counts that a published share may stand for; it was made of a rounded count, at its caps, too."""
    step, shown, of = LIMITS.count_rounding, rounded(count), rounded(people)
    reach = step // 2
    low, high = float(shown - reach), float(shown + reach)
    if shown / of >= LIMITS.share_highest:
        low, high = step * math.ceil(round(LIMITS.share_highest * of / step, 9)) - reach, math.inf
    elif shown / of <= LIMITS.share_lowest:
        low, high = 0.0, step * math.floor(round(LIMITS.share_lowest * of / step, 9)) + reach
    return max(float(floor), low), high


def _bounds_of_mean(mean: float) -> tuple[float, float]:
    """Means that a published one may stand for."""
    low = 0.0 if mean <= LIMITS.share_lowest else mean - MEAN_STEP / 2
    high = 1.0 if mean >= LIMITS.share_highest else mean + MEAN_STEP / 2
    return low, high
