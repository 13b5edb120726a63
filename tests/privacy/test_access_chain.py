"""Laws of the sealed access log: a row or a seal that was touched is named."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from akademos.privacy.access_chain import (
    AccessRow,
    BrokenSeal,
    Seal,
    broken_anchor,
    broken_batch,
    broken_seal,
    sealed,
)

texts = st.text(max_size=8)
contents = st.tuples(
    st.datetimes().map(lambda at: f"{at.isoformat(timespec='microseconds')}Z"),
    texts, texts, st.none() | st.binary(max_size=16), texts, texts, st.none() | texts, texts,
    st.none() | st.integers(0, 99),
)  # fmt: skip
Batches = list[tuple[Seal, list[AccessRow]]]


@st.composite
def batches(draw: st.DrawFn) -> Batches:
    """Sealed batches of one tenant; the numbers of rows have gaps, where other tenants' rows are."""
    made: Batches = []
    number, before = 0, None
    for said in draw(st.lists(st.lists(contents, min_size=1, max_size=4), min_size=1, max_size=4)):
        rows = []
        for one in said:
            number += draw(st.integers(1, 3))
            rows.append(AccessRow(number, "college", *one))
        before = sealed(rows, before, "2026-03-01T00:00:00.000000Z")
        made.append((before, rows))
    return made


def first_fault(made: Batches) -> BrokenSeal | None:
    before = None
    for seal, rows in made:
        broken = broken_seal(seal, before) or broken_batch(seal, rows)
        if broken:
            return broken
        before = seal
    return None


@given(batches())
def test_what_was_sealed_is_whole(made: Batches) -> None:
    assert first_fault(made) is None


@given(batches(), st.data())
def test_a_changed_row_is_named(made: Batches, data: st.DataObject) -> None:
    seal, rows = data.draw(st.sampled_from(made))
    place = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from([one.name for one in fields(AccessRow) if one.name != "access_id"]))
    old = getattr(rows[place], name)
    new = {"consent_version": 100, "subject": b"somebody else"}.get(name, f"{old}!")
    number = rows[place].access_id
    rows[place] = replace(rows[place], **{name: new})  # type: ignore[arg-type]  # one of the fields
    broken = first_fault(made)
    assert broken is not None
    assert (broken.number, broken.access_id, broken.fault) == (seal.number, number, "changed")


@given(batches(), st.data())
def test_a_removed_row_is_named(made: Batches, data: st.DataObject) -> None:
    seal, rows = data.draw(st.sampled_from(made))
    gone = rows.pop(data.draw(st.integers(0, len(rows) - 1)))
    broken = first_fault(made)
    assert broken is not None
    assert (broken.number, broken.access_id, broken.fault) == (seal.number, gone.access_id, "removed")


@given(batches(), contents, st.data())
def test_an_added_row_is_named(made: Batches, said: tuple[object, ...], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(made) - 1))
    seal, rows = made[position]
    lowest = made[position - 1][0].last_id if position else 0
    free = sorted(set(range(lowest + 1, seal.last_id)) - {row.access_id for row in rows})
    if not free:
        return
    added = AccessRow(data.draw(st.sampled_from(free)), "college", *said)  # type: ignore[arg-type]  # as drawn
    rows.append(added)
    rows.sort(key=lambda row: row.access_id)
    broken = first_fault(made)
    assert broken is not None
    assert (broken.number, broken.access_id, broken.fault) == (seal.number, added.access_id, "added")


@given(batches(), st.data())
def test_a_seal_left_out_or_changed_is_named(made: Batches, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(made) - 1))
    seal, rows = made[position]
    name = data.draw(st.sampled_from(["first_id", "last_id", "rows", "sealed_at", "row_digests", "digest", "hash"]))
    old = getattr(seal, name)
    new = old + (1 if isinstance(old, int) else "!" if isinstance(old, str) else b"!")
    changed = [*made]
    changed[position] = (replace(seal, **{name: new}), rows)
    broken = first_fault(changed)
    assert broken is not None
    assert (broken.number, broken.fault) == (seal.number, "seal_content")
    if position < len(made) - 1:
        broken = first_fault(made[:position] + made[position + 1 :])
        assert broken is not None
        assert (broken.number, broken.fault) == (seal.number, "seal_missing")


@given(batches(), st.data())
def test_a_batch_sealed_anew_breaks_the_link_of_the_next(made: Batches, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(made) - 1))
    _, rows = made[position]
    rows[0] = replace(rows[0], actor=rows[0].actor + "!")
    before = made[position - 1][0] if position else None
    made[position] = (sealed(rows, before, "2026-03-01T00:00:00.000000Z"), rows)
    broken = first_fault(made)
    if position == len(made) - 1:  # the newest seal is anchored by its entry in the audit log
        assert broken is None
    else:
        assert broken is not None
        assert (broken.number, broken.fault) == (made[position + 1][0].number, "seal_link")


@given(batches(), st.data())
def test_the_audit_log_knows_the_newest_seal(made: Batches, data: st.DataObject) -> None:
    last = made[-1][0]
    anchor = (last.number, last.hash.hex())
    assert broken_anchor("college", last, anchor) is None
    cut = data.draw(st.integers(0, len(made) - 1))
    broken = broken_anchor("college", made[cut - 1][0] if cut else None, anchor)
    assert broken is not None
    assert (broken.number, broken.fault) == (cut + 1, "seal_missing")
    for forged in (None, (last.number, "00"), (last.number - 1, anchor[1])):
        broken = broken_anchor("college", last, forged)
        assert broken is not None
        assert (broken.number, broken.fault) == (last.number, "unanchored")
    assert broken_anchor("college", None, None) is None
