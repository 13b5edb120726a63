"""Record files of a campus system through a declared column map: which file holds which record, which column is what.

The map is data (TOML at the edge, a mapping here), one table a file, of the same words as the column map of events
(`rows`):

    [[file]]
    name = "SEMESTER.CSV"            the file
    record = "terms"                 the record that its rows are
    delimiter = ";"                  comma when left out
    date_format = "%d.%m.%Y"         of columns that are dates, ISO 8601 when left out
    [file.columns]    ours = theirs
    [file.constants]  ours = value, the same for every row
    [file.values.X]   theirs = ours, recodes the values of our column X
    [file.where.X]    is = [..]      only rows whose source column X has one of these values
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from akademos.errors import InputError

_WORDS = {"name", "record", "delimiter", "date_format", "columns", "constants", "values", "where"}


@dataclass(frozen=True, slots=True)
class RecordMap:
    """How the rows of one file become rows of one record."""

    file: str
    record: str
    delimiter: str
    date_format: str | None
    columns: Mapping[str, str]
    constants: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    where: Mapping[str, tuple[str, ...]]

    def row(self, cells: Mapping[str, str], dates: Collection[str]) -> dict[str, str] | None:
        """A row by our columns; None where the map leaves it out. A date that cannot be read stays as it is, for the
        checks of the record to name.

        Args:
            cells: the row by the file's columns.
            dates: our columns that are dates.
        """
        if any(cells.get(theirs, "").strip() not in wanted for theirs, wanted in self.where.items()):
            return None
        found = dict(self.constants)
        for ours, theirs in self.columns.items():
            text = cells[theirs].strip()
            text = self.values.get(ours, {}).get(text, text)
            found[ours] = self._day(text) if ours in dates and text else text
        return found

    def missing(self, header: Sequence[str]) -> list[str]:
        """Columns that the map names and the file does not have."""
        return [theirs for theirs in (*self.columns.values(), *self.where) if theirs not in header]

    def _day(self, text: str) -> str:
        if self.date_format is None:
            return text
        try:
            return datetime.strptime(text, self.date_format).date().isoformat()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            return text


def record_maps(document: Mapping[str, Any], known: Mapping[str, Collection[str]]) -> list[RecordMap]:
    """Check a map.

    Args:
        document: the map.
        known: columns of each record, by its name.

    Raises:
        InputError: an unknown word, record or column, or something missing; says which.
    """
    listed = document.get("file")
    if not isinstance(listed, list) or not listed or document.keys() - {"file"}:
        raise InputError("The map is no list of files.", hint="Write [[file]] for each, and nothing beside them.")
    return list(_checked(listed, known))


def _checked(listed: Sequence[Any], known: Mapping[str, Collection[str]]) -> Iterator[RecordMap]:
    for one in listed:
        if not isinstance(one, Mapping):
            raise InputError("An entry `file` of the map is no table.", hint="Write [[file]].")
        for unknown in one.keys() - _WORDS:
            raise InputError(
                f"The map has an unknown word `{unknown}`.", hint="Known: " + ", ".join(sorted(_WORDS)) + "."
            )
        name, record = one.get("name"), one.get("record")
        if not isinstance(name, str) or not name or "/" in name or "\\" in name:
            raise InputError("A file of the map has no plain name.", hint='Write name = "FILE.CSV".')
        if not isinstance(record, str) or record not in known:
            raise InputError(
                f"The map makes {name} a record that is not known.", hint="Known: " + ", ".join(known) + "."
            )
        delimiter = one.get("delimiter", ",")
        if not isinstance(delimiter, str) or len(delimiter) != 1:
            raise InputError(f"The delimiter of {name} is no single character.", hint='Write delimiter = ";".')
        columns, constants = _texts(one, "columns"), _texts(one, "constants")
        for ours in (*columns, *constants, *one.get("values", {})):
            if ours not in known[record]:
                raise InputError(
                    f"The map of {name} names `{ours}`, which {record} do not have.",
                    hint="Known: " + ", ".join(known[record]) + ".",
                )
        yield RecordMap(
            file=name,
            record=record,
            delimiter=delimiter,
            date_format=one.get("date_format"),
            columns=columns,
            constants=constants,
            values={
                str(ours): {str(k): str(v) for k, v in recode.items()} for ours, recode in one.get("values", {}).items()
            },
            where={str(theirs): tuple(map(str, rule.get("is", ()))) for theirs, rule in one.get("where", {}).items()},
        )


def _texts(one: Mapping[str, Any], name: str) -> dict[str, str]:
    found = one.get(name, {})
    if not isinstance(found, Mapping):
        raise InputError(f"`{name}` of the map is no table.", hint=f"Write [file.{name}].")
    return {str(ours): str(theirs) for ours, theirs in found.items()}
