"""Which files to merge: pure decisions over the files of one version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from akademos.stores.lake.data_files import DataFile


@dataclass(frozen=True, slots=True)
class Merge:
    """Files of one partition that become new ones."""

    tenant_id: str
    month: str
    files: tuple[DataFile, ...]


def runs(files: Iterable[DataFile]) -> list[list[DataFile]]:
    """Files of one partition as the fewest runs, within each of which no learner is in two files.

    The number of runs is what a reader of one learner may have to open (interval partitioning: by lower bound,
    each file into a run that ended before it).
    """
    found: list[list[DataFile]] = []
    for file in sorted(files, key=lambda file: (file.low, file.high)):
        run = next((run for run in found if run[-1].high < file.low), None)
        if run is None:
            found.append([file])
        else:
            run.append(file)
    return found


def merges(files: Sequence[DataFile], minimum_files: int) -> Iterator[Merge]:
    """What to merge so that fewer than `minimum_files` runs (at least one) remain in every partition.

    Runs are taken from the smallest on: as many as it needs, and then each further one that is no larger than
    what is already taken, so that a row is rewritten about as often as its partition doubles.
    """
    least = max(minimum_files, 2)

    def partition(file: DataFile) -> tuple[str, str]:
        return file.tenant_id, file.month

    for (tenant_id, month), group in groupby(sorted(files, key=partition), key=partition):
        by_size = sorted(runs(group), key=_rows)
        if len(by_size) < least:
            continue
        needed = len(by_size) - least + 2
        taken = by_size[:needed]
        for run in by_size[needed:]:
            if _rows(run) > sum(map(_rows, taken)):
                break
            taken.append(run)
        yield Merge(tenant_id, month, tuple(file for run in taken for file in run))


def _rows(run: Sequence[DataFile]) -> int:
    return sum(file.rows for file in run)
