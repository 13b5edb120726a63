"""Laws of the decision which files to merge."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.stores.lake.data_files import DataFile
from akademos.stores.lake.layout import merges, runs

sizes = st.integers(1, 1000)
spans = st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted)


@st.composite
def partitions(draw: st.DrawFn) -> list[DataFile]:
    return [
        DataFile(
            path=str(number),
            tenant_id="college",
            month=draw(st.sampled_from(["2026-01", "2026-02"])),
            rows=draw(sizes),
            size=1,
            modified_ms=0,
            low=f"{low:02}",
            high=f"{high:02}",
            retention_from=None,
        )
        for number, (low, high) in enumerate(draw(st.lists(spans, max_size=25)))
    ]


def depth(files: list[DataFile]) -> int:
    """In how many files a learner may be at most."""
    return max((sum(other.may_hold(file.low, file.low) for other in files) for file in files), default=0)


@settings(deadline=None)
@given(partitions())
def test_runs_are_as_few_as_files_lie_over_each_other(files: list[DataFile]) -> None:
    one = [replace(file, month="2026-01") for file in files]
    found = runs(one)
    assert sorted(file.path for run in found for file in run) == sorted(file.path for file in one)
    assert len(found) == depth(one)
    for run in found:
        assert all(before.high < after.low for before, after in itertools.pairwise(run))


@settings(deadline=None)
@given(partitions(), st.integers(0, 6))
def test_merging_once_leaves_fewer_than_the_minimum(files: list[DataFile], minimum: int) -> None:
    found = list(merges(files, minimum))
    assert len({(merge.tenant_id, merge.month) for merge in found}) == len(found)
    for month in ("2026-01", "2026-02"):
        mine = [file for file in files if file.month == month]
        merge = next((merge for merge in found if merge.month == month), None)
        if merge is None:
            assert depth(mine) < max(minimum, 2)
            continue
        assert len(merge.files) >= 2
        left = [file for file in mine if file not in merge.files]
        # What was merged becomes one run that may lie over everything left.
        assert depth(left) + 1 < max(minimum, 2)


@settings(deadline=None)
@given(st.lists(sizes, min_size=1, max_size=200), st.integers(3, 8))
def test_a_row_is_rewritten_about_as_often_as_its_partition_doubles(appended: list[int], minimum: int) -> None:
    files: list[DataFile] = []
    rewritten = 0
    for number, rows in enumerate(appended):
        files.append(DataFile(str(number), "college", "2026-01", rows, 1, 0, "", "ff", None))
        for merge in merges(files, minimum):
            merged = sum(file.rows for file in merge.files)
            rewritten += merged
            files = [file for file in files if file not in merge.files]
            files.append(DataFile(f"m{number}", "college", "2026-01", merged, 1, 0, "", "ff", None))
        assert len(files) < minimum
    total = sum(appended)
    doublings = total.bit_length()
    assert rewritten <= total * doublings * 2
