"""Laws of the audit chain: whatever is done to a row is found, at the row where it was done."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.privacy.audit_chain import ChainRow, Head, first_broken, row_hash

texts = st.text(max_size=12)
contents = st.tuples(
    st.datetimes().map(lambda at: f"{at.isoformat(timespec='microseconds')}Z"),
    texts, texts, st.none() | st.binary(max_size=16), texts,
)  # fmt: skip


def chained(said: list[tuple[str, str, str, bytes | None, str]], tenant: str = "college") -> list[ChainRow]:
    rows: list[ChainRow] = []
    for number, one in enumerate(said, 1):
        row = ChainRow(tenant, number, *one, previous=rows[-1].hash if rows else b"", hash=b"")
        rows.append(replace(row, hash=row_hash(row)))
    return rows


chains = st.lists(contents, min_size=1, max_size=8).map(chained)


@given(chains, chains)
def test_whole_chains_are_whole(one: list[ChainRow], other: list[ChainRow]) -> None:
    assert first_broken(one) is None
    elsewhere = chained([(r.at or "", r.actor, r.action, r.subject, r.detail) for r in other], "elsewhere")
    heads = {rows[-1].tenant_id: Head(rows[-1].seq, rows[-1].hash) for rows in (one, elsewhere)}
    assert first_broken([*one, *elsewhere], heads) is None


@given(chains, st.data())
def test_any_change_of_any_field_is_found_at_its_row(rows: list[ChainRow], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(st.sampled_from(["at", "actor", "action", "subject", "detail", "previous", "hash"]))
    old = getattr(rows[place], name)
    new = data.draw(st.binary(max_size=33) if isinstance(old, bytes) else st.none() | st.binary() if old is None
                    else texts)  # fmt: skip
    changed = [*rows]
    changed[place] = replace(rows[place], **{name: new})  # type: ignore[arg-type]  # one of the fields
    broken = first_broken(changed)
    if new == old:
        assert broken is None
        return
    assert broken is not None
    assert (broken.tenant_id, broken.seq) == ("college", rows[place].seq)
    assert broken.fault == ("link" if name == "previous" else "content")


@given(chains, st.data())
def test_a_row_taken_out_is_named(rows: list[ChainRow], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    left = rows[:place] + rows[place + 1 :]
    broken = first_broken(left)
    if place == len(rows) - 1:  # the end of a chain is known only to a head that was kept
        assert broken is None
        broken = first_broken(left, {"college": Head(rows[-1].seq, rows[-1].hash)})
        assert broken is not None
        assert (broken.seq, broken.fault) == (rows[place].seq, "cut_off")
    else:
        assert broken is not None
        assert (broken.seq, broken.fault) == (rows[place].seq, "missing")


@given(chains, st.data())
def test_a_row_taken_out_and_the_rest_numbered_anew_is_found(rows: list[ChainRow], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    left = [replace(row, seq=number) for number, row in enumerate(rows[:place] + rows[place + 1 :], 1)]
    broken = first_broken(left, {"college": Head(rows[-1].seq, rows[-1].hash)})
    assert broken is not None
    assert broken.seq == rows[place].seq


@given(chains, contents, st.data())
def test_a_row_put_in_is_found(rows: list[ChainRow], said: tuple[str, str, str, bytes | None, str],
                               data: st.DataObject) -> None:  # fmt: skip
    place = data.draw(st.integers(0, len(rows)))
    before = rows[place - 1].hash if place else b""
    forged = ChainRow("college", place + 1, *said, previous=before, hash=b"")
    forged = replace(forged, hash=row_hash(forged))
    kept = {"college": Head(rows[-1].seq, rows[-1].hash)}
    broken = first_broken([*rows[:place], forged, *rows[place:]], kept)
    if place == len(rows):  # written after the head was kept, with a right hash: that is what an entry is
        assert broken is None
    else:
        assert broken is not None
        assert broken.seq in (place + 1, place + 2)


@given(chains, st.data())
def test_rows_that_change_places_are_found(rows: list[ChainRow], data: st.DataObject) -> None:
    one, other = (data.draw(st.integers(0, len(rows) - 1)) for _ in range(2))
    swapped = [*rows]
    swapped[one], swapped[other] = rows[other], rows[one]
    broken = first_broken(swapped)
    assert (broken is None) == (one == other)
    if broken is not None:
        assert broken.seq == min(one, other) + 1
    numbered = [replace(row, seq=number) for number, row in enumerate(swapped, 1)]
    again = first_broken(numbered)
    assert (again is None) == (one == other)


@given(chains, st.data())
def test_a_chain_forged_from_some_row_on_is_found_by_a_kept_head(rows: list[ChainRow], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    said = [(r.at or "", r.actor, r.action, r.subject, r.detail) for r in rows]
    said[place] = (said[place][0], said[place][1] + "!", *said[place][2:])
    forged = chained(said)
    assert first_broken(forged) is None
    broken = first_broken(forged, {"college": Head(rows[-1].seq, rows[-1].hash)})
    assert broken is not None
    assert (broken.seq, broken.fault) == (rows[-1].seq, "other_chain")


@given(chains, st.data())
def test_a_row_moved_to_another_tenant_is_found(rows: list[ChainRow], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    moved = replace(rows[place], tenant_id="elsewhere")
    broken = first_broken([*rows[:place], *rows[place + 1 :], moved])
    assert broken is not None
    assert broken.tenant_id == ("college" if place < len(rows) - 1 else "elsewhere")


@pytest.mark.parametrize("at", [None, "", "infinity"])
def test_a_time_that_is_none_is_a_changed_row(at: str | None) -> None:
    (row,) = chained([("2026-01-01T00:00:00.000000Z", "job:a", "x.y", None, "{}")])
    broken = first_broken([replace(row, at=at)])
    assert broken is not None
    assert broken.fault == "content"
