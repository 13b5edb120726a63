"""Where rows of a record come from: files and texts that are read as often as they are needed, and never kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

from akademos.catalogue.records.declaration import Record
from akademos.catalogue.records.policies import RECORD_LIMITS
from akademos.errors import InputError
from akademos.intake.record_cells import Row, parsed, typed
from akademos.intake.record_files import Cells, Problem, first_undecodable, table_rows
from akademos.sources.record_maps import RecordMap

Numbered: TypeAlias = tuple[int, Row]
"""The line on which a row begins (line 1 is the header of a CSV file), and the row, typed."""


class RowSource(Protocol):
    """Rows of one record."""

    @property
    def name(self) -> str:
        """What problems call it."""
        ...

    def rows(self, problems: list[Problem]) -> Iterator[Numbered]:
        """Rows from the beginning; those that do not fit are left out and added to `problems`.

        Raises:
            InputError: what is read is not what was read before.
        """
        ...


@dataclass(slots=True)
class _Seen:
    """What a file held when it was read to its end for the first time, as a digest."""

    digest: bytes | None = None

    def settle(self, name: str, digest: bytes) -> None:
        """Keep the digest, or hold it against what was kept."""
        if self.digest is None:
            self.digest = digest
        elif self.digest != digest:
            raise InputError(
                f"{name} changed while it was imported.",
                hint="Nothing of it was kept; import again when nobody writes it.",
            )


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file of a record, or one of a campus system through a column map."""

    table: Record
    path: Path
    mapped: RecordMap | None = None
    _seen: _Seen = field(default_factory=_Seen)

    @property
    def name(self) -> str:
        """What problems call it."""
        return self.path.name

    def rows(self, problems: list[Problem]) -> Iterator[Numbered]:
        """Rows; after bytes that are no UTF-8, or a quote that never ends, nothing more of the file is read."""
        content = hashlib.blake2b()
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                yield from csv_rows(self.table, self.name, _watched(file, content.update), problems, self.mapped)
        except UnicodeDecodeError:
            line = first_undecodable(self.path)
            problems.append(Problem(self.name, line, None, "is not UTF-8; the file was read up to here"))
        self._seen.settle(self.name, content.digest())


@dataclass(frozen=True, slots=True)
class JsonLinesFile:
    """A file of JSON lines."""

    table: Record
    path: Path
    _seen: _Seen = field(default_factory=_Seen)

    @property
    def name(self) -> str:
        """What problems call it."""
        return self.path.name

    def rows(self, problems: list[Problem]) -> Iterator[Numbered]:
        """Rows; after a line that is too long nothing more of the file is read."""
        content = hashlib.blake2b()
        with self.path.open("rb") as file:

            def lines() -> Iterator[bytes]:
                while line := file.readline(RECORD_LIMITS.body_bytes + 1):
                    content.update(line)
                    yield line

            yield from json_rows(self.table, self.name, lines(), problems)
        self._seen.settle(self.name, content.digest())


@dataclass(frozen=True, slots=True)
class CsvText:
    """CSV that is in memory already."""

    table: Record
    name: str
    lines: Sequence[str]

    def rows(self, problems: list[Problem]) -> Iterator[Numbered]:
        """Rows."""
        return csv_rows(self.table, self.name, self.lines, problems)


@dataclass(frozen=True, slots=True)
class JsonLinesText:
    """JSON lines that are in memory already."""

    table: Record
    name: str
    lines: Sequence[bytes]

    def rows(self, problems: list[Problem]) -> Iterator[Numbered]:
        """Rows."""
        return json_rows(self.table, self.name, self.lines, problems)


@dataclass(frozen=True, slots=True)
class GivenCells:
    """Rows of text that something else was read into."""

    table: Record
    name: str
    cells: Sequence[Cells]

    def rows(self, problems: list[Problem]) -> Iterator[Numbered]:
        """Rows."""
        for one in self.cells:
            row = typed(self.table, one, problems, self.name)
            if row is not None:
                yield one.line, row


def csv_rows(
    table: Record, name: str, lines: Iterable[str], problems: list[Problem], mapped: RecordMap | None = None
) -> Iterator[Numbered]:
    """Rows of CSV text with a header."""
    required = tuple(one.outside for one in table.fields if one.required and one.default is None)
    columns = tuple(one.outside for one in table.fields)
    dates = {one.outside for one in table.fields if one.kind == "date"}
    if mapped is not None:
        columns = required = ()
    for cells in table_rows(name, lines, columns, required, problems, mapped=mapped):
        values = cells.values if mapped is None else mapped.row(cells.values, dates)
        row = None if values is None else typed(table, Cells(cells.line, values), problems, name)
        if row is not None:
            yield cells.line, row


def json_rows(table: Record, name: str, lines: Iterable[bytes], problems: list[Problem]) -> Iterator[Numbered]:
    """Rows of JSON lines. Empty lines are passed over."""
    for number, line in enumerate(lines, start=1):
        if len(line) > RECORD_LIMITS.body_bytes:
            reason = f"is longer than {RECORD_LIMITS.body_bytes:,} bytes; the file was read up to here"
            problems.append(Problem(name, number, None, reason))
            return
        row = parsed(table, number, line, problems, name) if line.strip() else None
        if row is not None:
            yield number, row


def _watched(lines: Iterable[str], digest: Callable[[bytes], None]) -> Iterator[str]:
    for line in lines:
        digest(line.encode())
        yield line
