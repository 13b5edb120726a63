"""Records of a CSV file with the very text they stand in, so that a file can be written again as it came (RFC 4180).

A record keeps its quotes and its line end; what is changed in it is changed cell by cell, and the other cells stay as
they were written.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

RECORD_LENGTH = 65_536
"""Characters of one record at most: a quote that never ends must not swallow the file."""

BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record: the line it begins on (from 1), its text with its line end, and its cells."""

    line: int
    text: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Text that is no record, and why; nothing after it was read."""

    line: int
    reason: str


def raw_records(lines: Iterable[str]) -> Iterator[RawRecord | Unreadable]:
    """The records in the lines of a file (each with its line end, as `open(newline="")` gives them).

    Empty lines are passed over. What cannot be read ends the file.

    Example:
        >>> [record.cells for record in raw_records(['a,b\\r\\n', '"1,5",x\\r\\n'])]
        [('a', 'b'), ('1,5', 'x')]
    """
    begun: list[str] = []
    begins, length = 1, 0
    for number, line in enumerate(lines, start=1):
        if not begun:
            begins, length = number, 0
            if not line.strip("\r\n"):
                continue
        begun.append(line)
        length += len(line)
        if length > RECORD_LENGTH:
            yield Unreadable(begins, f"is longer than {RECORD_LENGTH} characters, or a quote never ends")
            return
        text = line if len(begun) == 1 else "".join(begun)
        if text.count('"') % 2:
            continue
        begun = []
        try:
            cells = cells_of(text)
        except csv.Error as broken:
            yield Unreadable(begins, f"is no CSV ({broken})")
            return
        yield RawRecord(begins, text, cells)
    if begun:
        yield Unreadable(begins, "has a quote that never ends")


def cells_of(text: str) -> tuple[str, ...]:
    """The cells of one record's text.

    Raises:
        csv.Error: it is no CSV.
    """
    return tuple(next(csv.reader([text] if "\n" not in text.rstrip("\r\n") else text.splitlines(True), strict=True)))


def with_cells(text: str, changed: Mapping[int, str]) -> str:
    """A record's text with some cells (by place) replaced; all others stay as they are written.

    A cell that was quoted stays quoted, and one that has to be becomes it.

    Example:
        >>> with_cells('x,"y",z\\r\\n', {1: "new", 2: "1,5"})
        'x,"new","1,5"\\r\\n'
    """
    end = text[len(text.rstrip("\r\n")) :]
    cells = _written_cells(text[: len(text) - len(end)])
    for place, value in changed.items():
        cells[place] = written(value, quoted=cells[place].startswith('"'))
    return ",".join(cells) + end


def written(value: str, *, quoted: bool = False) -> str:
    """A cell as CSV writes it, in quotes where it must be or as asked."""
    if quoted or any(sign in value for sign in '",\r\n') or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value


def _written_cells(text: str) -> list[str]:
    cells, begin, inside = [], 0, False
    for place, sign in enumerate(text):
        if sign == '"':
            inside = not inside
        elif sign == "," and not inside:
            cells.append(text[begin:place])
            begin = place + 1
    cells.append(text[begin:])
    return cells
