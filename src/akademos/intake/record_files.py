"""Record files as text: cells of a CSV file, their line, and what keeps them from being read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self, TypeVar

from akademos.sources.record_maps import RecordMap

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a file, where (line 1 is the header), and in which column if in one."""

    file: str
    line: int
    column: str | None
    reason: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {f'{self.column} ' if self.column else ''}{self.reason}"


@dataclass(frozen=True, slots=True)
class Cells:
    """One row as text by column, and the line on which it begins."""

    line: int
    values: Mapping[str, str]


def table_rows(
    file: str,
    lines: Iterable[str],
    columns: Sequence[str],
    required: Sequence[str],
    problems: list[Problem],
    *,
    mapped: RecordMap | None = None,
) -> Iterator[Cells]:
    """Rows of CSV lines with a header; what cannot be read is added to `problems`.

    With a map the columns are those of the file, which must have the ones that the map names. Else the header may have
    the columns in any order and leave out those that are not required. Empty lines are passed over. After a quote that
    never ends nothing more is read.

    Args:
        file: what problems call it.
    """
    reader = csv.reader(lines, strict=True, delimiter=mapped.delimiter if mapped else ",")
    begins = 1
    try:
        header = [name.strip() for name in next(reader, [])]
        if mapped is None:
            wrong = _header_problems(file, header, columns, required)
        else:
            wrong = [Problem(file, 1, None, f"the column `{name}` is missing") for name in mapped.missing(header)]
        problems.extend(wrong)
        if wrong:
            return
        begins = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(cells) == len(header):
                    yield Cells(begins, dict(zip(header, cells, strict=True)))
                else:
                    problems.append(Problem(file, begins, None, f"has {len(cells)} cells, the header {len(header)}"))
            begins = reader.line_num + 1
    except csv.Error as broken:
        problems.append(Problem(file, begins, None, f"is no CSV ({broken}); the file was read up to here"))


def _header_problems(
    file: str, header: Sequence[str], columns: Sequence[str], required: Sequence[str]
) -> list[Problem]:
    known = ", ".join(columns)
    wrong = [
        Problem(file, 1, None, f"the column `{name[:40]}` is not known; known: {known}")
        for name in header
        if name not in columns
    ]
    wrong += [Problem(file, 1, None, f"the column `{name}` is missing") for name in required if name not in header]
    wrong += [
        Problem(file, 1, None, f"the column `{name}` comes twice")
        for name in dict.fromkeys(header)
        if header.count(name) > 1 and name in columns
    ]
    return wrong


def first_undecodable(path: Path) -> int:
    """The line of the first bytes that are no UTF-8; 1 when there are none."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1


def in_stretches(rows: Iterable[Read], size: int) -> Iterator[list[Read]]:
    """Rows in lists of so many, the last one of what is left.

    Example:
        >>> list(in_stretches("abc", 2))
        [['a', 'b'], ['c']]
    """
    rows = iter(rows)
    while some := list(islice(rows, size)):
        yield some


class Problems(list[Problem]):
    """The first so many problems, in the order in which they were found; `more` were only counted.

    A file of another kind has one on every line.
    """

    def __init__(self, most: int = 10_000) -> None:
        super().__init__()
        self.more = 0
        self._most = most

    def append(self, one: Problem) -> None:
        """Note one."""
        if len(self) < self._most:
            super().append(one)
        else:
            self.more += 1

    def extend(self, some: Iterable[Problem]) -> None:
        """Note some."""
        for one in some:
            self.append(one)

    def __iadd__(self, some: Iterable[Problem]) -> Self:  # type: ignore[override,misc]  # lists take what is no list
        """Note some."""
        self.extend(some)
        return self
