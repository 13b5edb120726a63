"""No linear combination of publications isolates fewer than k people, whatever happened in between."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.privacy.isolation import Variable, isolated

from akademos.privacy.disclosure_blocks import MIXED, Ledger, Record, advance, form_blocks

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FLOOR = 3
PEOPLE = [f"p{number:02d}" for number in range(14)]
LABELS = ("career_changer", "student", "nurse")

nights = st.lists(
    st.fixed_dictionaries(
        {
            "gone": st.frozensets(st.sampled_from(PEOPLE), max_size=2),
            "not_yet": st.frozensets(st.sampled_from(PEOPLE), max_size=7),
            "studied": st.frozensets(st.sampled_from(PEOPLE), max_size=9),
            "erased": st.frozensets(st.sampled_from(PEOPLE), max_size=1),
        }
    ),
    min_size=2,
    max_size=6,
)


def without(ledger: Ledger, erased: frozenset[str]) -> Ledger:
    """What a cascading erasure leaves of the ledger."""
    blocks = {
        number: type(block)(block.label, tuple(one for one in block.people if one not in erased), block.size)
        for number, block in ledger.blocks.items()
    }
    evidence = {key: amount for key, amount in ledger.evidence.items() if key[1] not in erased}
    return Ledger(blocks, ledger.spent - erased, ledger.sums, evidence, ledger.last_block)


def publications(history: list[Mapping[str, frozenset[str]]], labels: Mapping[str, str]) -> list[frozenset[Variable]]:
    """Of each night and label the unknowns that are summed up."""
    ledger, evidence, erased = Ledger(), dict.fromkeys(PEOPLE, 5), frozenset[str]()
    taken: dict[int, frozenset[Variable]] = {}
    found = []
    for night in history:
        erased |= night["erased"]
        ledger = without(ledger, erased)
        for person in night["studied"]:
            evidence[person] += 1
        stay = [person for person in PEOPLE if person not in night["gone"] and person not in erased]
        enter = {person: labels[person] for person in stay if person not in night["not_yet"]}
        records = {"t": {person: Record(0.6, 1, evidence[person]) for person in enter}}
        before = ledger.sums
        ledger = advance(ledger, may_stay=stay, may_enter=enter, records=records, floor=FLOOR, as_of=NOW, bands=3)
        for (_, number), sums in ledger.sums.items():
            if before.get(("t", number)) is not sums:
                people = [person for person in ledger.blocks[number].people if person in records["t"]]
                taken[number] = frozenset((person, evidence[person]) for person in people)
                assert sums.people == len(people) >= FLOOR
        by_label: dict[str, frozenset[Variable]] = {}
        for _, number in ledger.sums:
            label = ledger.blocks[number].label
            by_label[label] = by_label.get(label, frozenset()) | taken[number]
        found += list(by_label.values())
        assert not {person for block in ledger.blocks.values() for person in block.people} & set(night["gone"])
    return found


@settings(max_examples=60, deadline=None)
@given(history=nights, labels=st.lists(st.sampled_from(LABELS), min_size=len(PEOPLE), max_size=len(PEOPLE)))
def test_no_combination_of_publications_isolates_fewer_than_k(
    history: list[Mapping[str, frozenset[str]]], labels: list[str]
) -> None:
    sums = publications(history, dict(zip(PEOPLE, labels, strict=True)))
    assert not sums or isolated(sums, FLOOR) is None


def test_the_check_finds_what_a_plain_count_gives_away() -> None:
    everybody = frozenset((person, 5) for person in PEOPLE)
    assert isolated([everybody, everybody - {("p03", 5)}], FLOOR) == ("p03",)


def test_whoever_leaves_takes_the_block_along_and_nobody_of_it_comes_back() -> None:
    labels = dict.fromkeys(PEOPLE, "student")
    records = {"t": {person: Record(0.5, 1, 5) for person in PEOPLE}}
    first = advance(Ledger(), may_stay=PEOPLE, may_enter=labels, records=records, floor=3, as_of=NOW, bands=3)
    assert [block.size for block in first.blocks.values()] == [7, 7]
    stay = PEOPLE[1:]
    enter = dict.fromkeys(stay, "student")
    second = advance(first, may_stay=stay, may_enter=enter, records=records, floor=3, as_of=NOW, bands=3)
    assert [block.people for block in second.blocks.values()] == [tuple(PEOPLE[7:])]
    again = advance(second, may_stay=PEOPLE, may_enter=labels, records=records, floor=3, as_of=NOW, bands=3)
    assert again.blocks == second.blocks
    assert again.spent == frozenset(PEOPLE[:7])


def test_values_stand_until_k_people_have_new_evidence() -> None:
    labels = dict.fromkeys(PEOPLE[:6], "student")

    def after(ledger: Ledger, studied: int) -> Ledger:
        records = {
            "t": {one: Record(0.9 if n < studied else 0.1, 0, 6 if n < studied else 5) for n, one in enumerate(labels)}
        }
        return advance(ledger, may_stay=labels, may_enter=labels, records=records, floor=3, as_of=NOW, bands=3)

    first = after(Ledger(), 0)
    assert after(first, 2).sums == first.sums
    assert after(first, 3).sums["t", 1].value > first.sums["t", 1].value


def test_a_floor_that_is_raised_drops_the_blocks_below_it() -> None:
    labels = dict.fromkeys(PEOPLE[:6], "student")
    records = {"t": {person: Record(0.5, 1, 5) for person in labels}}
    first = advance(Ledger(), may_stay=labels, may_enter=labels, records=records, floor=5, as_of=NOW, bands=3)
    second = advance(first, may_stay=labels, may_enter=labels, records=records, floor=7, as_of=NOW, bands=3)
    assert (len(first.sums), len(second.sums), len(second.blocks)) == (1, 0, 0)


@given(
    counts=st.dictionaries(st.sampled_from(LABELS), st.integers(0, 60), max_size=3),
    floor=st.integers(2, 12),
)
def test_blocks_hold_everybody_who_can_be_counted(counts: dict[str, int], floor: int) -> None:
    waiting = {f"{label}{number:03d}": label for label, count in counts.items() for number in range(count)}
    blocks = list(form_blocks(waiting, floor))
    people = [person for _, block in blocks for person in block]
    assert len(people) == len(set(people)) == (len(waiting) if len(waiting) >= floor else 0)
    for label, block in blocks:
        assert floor <= len(block) < 3 * floor
        assert label == MIXED or {waiting[person] for person in block} == {label}
