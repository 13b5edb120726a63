"""Who is counted in a group, so that no two publications ever isolate fewer than k people.

People are counted in *blocks* of at least k. A block enters a publication as a whole, its values are taken anew only
when at least k of its people have new evidence, and it is dropped as a whole when one of them may no longer be counted;
the others of it do not come back. Everything published is a sum over whole blocks, so whatever is added, subtracted or
weighted over all publications of all nights contains, of each block, nobody or at least k people: along its life a
block's people enter together, leave together, and change version k at a time. (Proof: docs/decisions/0007.)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

MIXED = ""
"""Label of a block whose people have several labels."""


@dataclass(frozen=True, slots=True)
class Record:
    """What one person adds to one item: a value (share), the band it lies in, and how much evidence it rests on."""

    value: float
    band: int
    evidence: int

    def counts(self, bands: int) -> Sequence[int]:
        """One in the band it lies in."""
        return [int(band == self.band) for band in range(bands)]


@dataclass(frozen=True, slots=True)
class Tally:
    """What one person adds to an item of which several things are counted: `numbers` are added one by one."""

    value: float
    numbers: tuple[int, ...]
    evidence: int

    def counts(self, bands: int) -> Sequence[int]:
        """The numbers."""
        if len(self.numbers) != bands:
            raise ValueError(f"{len(self.numbers)} numbers where {bands} are counted")
        return self.numbers


class Contribution(Protocol):
    """What one person adds to one item: a value, counts, and how much evidence they rest on."""

    @property
    def value(self) -> float:
        """Added up."""
        ...

    @property
    def evidence(self) -> int:
        """Grows with what is known, and with nothing else."""
        ...

    def counts(self, bands: int) -> Sequence[int]:
        """`bands` counts, added up one by one."""
        ...


Forming = Callable[[Mapping[str, str], int], Iterable[tuple[str, tuple[str, ...]]]]
"""How people who wait, with their labels, become blocks of at least so many."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What a block adds to an item, as of an instant: people with a record, sum of values, people by band."""

    as_of: datetime
    people: int
    value: float
    bands: tuple[int, ...]

    def __add__(self, other: Sums) -> Sums:
        bands = tuple(mine + theirs for mine, theirs in zip(self.bands, other.bands, strict=True))
        return Sums(min(self.as_of, other.as_of), self.people + other.people, self.value + other.value, bands)


@dataclass(frozen=True, slots=True)
class Block:
    """People who are counted together. `size` is how many they were when they entered: erasure takes a person out of
    `people` without a trace, and the block shows it by being smaller."""

    label: str
    people: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class Ledger:
    """What must be remembered of one population from publication to publication.

    `spent` are people whose block was dropped. `sums` holds (item, block) to what was last taken of it, `evidence`
    (item, person) to the most evidence on which a taken value rested.
    """

    blocks: Mapping[int, Block] = field(default_factory=dict)
    spent: frozenset[str] = frozenset()
    sums: Mapping[tuple[str, int], Sums] = field(default_factory=dict)
    evidence: Mapping[tuple[str, str], int] = field(default_factory=dict)
    last_block: int = 0

    def rows(self, item: str) -> dict[str, Sums]:
        """Sums of an item by label, over all blocks of the label."""
        found: dict[str, Sums] = {}
        for (of, number), sums in self.sums.items():
            if of == item:
                label = self.blocks[number].label
                found[label] = found[label] + sums if label in found else sums
        return found

    def items(self) -> list[str]:
        """Items of which anything is published."""
        return sorted({item for item, _ in self.sums})


def advance(
    ledger: Ledger,
    *,
    may_stay: Collection[str],
    may_enter: Mapping[str, str],
    records: Mapping[str, Mapping[str, Contribution]],
    floor: int,
    as_of: datetime,
    bands: int,
    form: Forming | None = None,
) -> Ledger:
    """The ledger of the next publication.

    Args:
        ledger: that of the one before.
        may_stay: everybody who may be counted.
        may_enter: of those the people who belong to the population now, with their labels.
        records: item to person to what the person adds to it.
        floor: k.
        as_of: the instant that the records describe.
        bands: how many bands there are.
        form: how blocks are formed; `form_blocks` if not said.
    """
    kept = {
        number: block
        for number, block in ledger.blocks.items()
        if len(block.people) == block.size >= floor and all(person in may_stay for person in block.people)
    }
    dropped = {person for number, block in ledger.blocks.items() if number not in kept for person in block.people}
    spent = ledger.spent | dropped
    counted = {person for block in kept.values() for person in block.people}
    waiting = {person: label for person, label in may_enter.items() if person not in counted and person not in spent}
    last = ledger.last_block
    for label, people in (form or form_blocks)(waiting, floor):
        last += 1
        kept[last] = Block(label, people, len(people))
    sums = {key: taken for key, taken in ledger.sums.items() if key[1] in kept}
    living = {person for block in kept.values() for person in block.people}
    evidence = {key: amount for key, amount in ledger.evidence.items() if key[1] in living}
    for item in sorted({*records, *(item for item, _ in sums)}):
        of_item = records.get(item, {})
        for number, block in kept.items():
            _take(item, number, block, of_item, sums, evidence, floor, as_of, bands)
    return Ledger(kept, spent, sums, evidence, last)


def _take(
    item: str,
    number: int,
    block: Block,
    records: Mapping[str, Contribution],
    sums: dict[tuple[str, int], Sums],
    evidence: dict[tuple[str, str], int],
    floor: int,
    as_of: datetime,
    bands: int,
) -> None:
    """Take a block's values of an item anew, if so many of its people have more evidence than at any time before.

    More, not other: evidence that vanished and came back would let two publications differ by one person alone.
    """
    found = {person: records[person] for person in block.people if person in records}
    if sum(record.evidence > evidence.get((item, person), 0) for person, record in found.items()) < floor:
        return
    by_band = [sum(at) for at in zip(*(record.counts(bands) for record in found.values()), strict=True)]
    sums[item, number] = Sums(as_of, len(found), sum(one.value for one in found.values()), tuple(by_band))
    for person, record in found.items():
        evidence[item, person] = max(record.evidence, evidence.get((item, person), 0))


def form_blocks(waiting: Mapping[str, str], floor: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Blocks of people who wait, of one label where there are enough of it, in the order of their random keys.

    Labels of which too few wait are mixed, filled up from the largest label if need be, so that small labels are
    counted in totals; where even all together are too few, they go on waiting.
    """
    by_label: dict[str, list[str]] = {}
    for person in sorted(waiting):
        by_label.setdefault(waiting[person], []).append(person)
    mixed: list[str] = []
    for label in sorted(by_label):
        if len(by_label[label]) < floor:
            mixed += by_label.pop(label)
    if 0 < len(mixed) < floor and by_label:
        largest = max(sorted(by_label), key=lambda label: len(by_label[label]))
        lent = floor - len(mixed)
        if len(by_label[largest]) - lent < floor:
            lent = len(by_label[largest])
        mixed += by_label[largest][:lent]
        by_label[largest] = by_label[largest][lent:]
    for label, people in (*by_label.items(), (MIXED, sorted(mixed))):
        for block in divided(people, floor):
            yield label, block


SIZE = 2
"""Blocks are about so many times k, from 1.5 k to 3 k: the larger, the sooner k of them have changed, and the more are
lost when one leaves; measured in docs/decisions/0007."""


def divided(people: Sequence[str], floor: int) -> Iterator[tuple[str, ...]]:
    """People in blocks of about `SIZE` k; none where they are fewer than k."""
    if len(people) < floor:
        return
    parts = max(1, (2 * len(people) + SIZE * floor) // (2 * SIZE * floor))
    share, rest = divmod(len(people), parts)
    start = 0
    for part in range(parts):
        end = start + share + (part < rest)
        yield tuple(people[start:end])
        start = end
