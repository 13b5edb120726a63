"""Checks of record files, row by row as they are read: keys, people, references, circles.

What stays in memory is 16 bytes and a line for the key of each row, and the curriculum's edges; the rows themselves are
read again when they are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zoneinfo import available_timezones

import orjson

from akademos.catalogue.records import BY_NAME
from akademos.catalogue.records.declaration import Field, Record
from akademos.intake.record_cells import PEOPLE, Row
from akademos.intake.record_circles import Edges
from akademos.intake.record_files import Problem, Problems, in_stretches
from akademos.intake.record_rows import RecordFiles
from akademos.stores.ports.identity import Identifier, IdentityVault, Person
from akademos.stores.ports.records import Records

ROWS_AT_ONCE = 2_000


class _Later(NamedTuple):
    """A reference to a row that may still come."""

    file: str
    line: int
    column: str
    target: str
    fingerprint: bytes
    name: object


@dataclass(slots=True)
class Columns:
    """What the rows of a table say of its columns: those that one of them has, and whether one says its state."""

    named: set[str] = field(default_factory=set)
    stated: bool = False


class FileCheck:
    """Reads record files through and notes what is wrong in them, against each other and what is known already."""

    def __init__(self, files: RecordFiles, tenant_id: str, records: Records, vault: IdentityVault) -> None:
        self.problems = Problems()
        self.columns: dict[str, Columns] = {}
        self._files = files
        self._tenant_id = tenant_id
        self._records = records
        self._vault = vault
        self._lines: dict[str, dict[bytes, int]] = {}
        self._known: dict[str, set[object]] = {}
        self._later: list[_Later] = []
        self._edges = Edges()
        self._zones = available_timezones()

    def run(self) -> None:
        """Look at every row of every table."""
        for table in self._files.tables():
            self.columns[table.name] = Columns()
            self._lines[table.name] = {}
            for some in in_stretches(self._files.rows(table, self.problems), ROWS_AT_ONCE):
                self._look(table, [(file, line, row) for file, (line, row) in some])
        for one in self._later:
            if one.fingerprint not in self._lines[one.target]:
                self._missing(one)
        if self._edges:
            tables = self._records.curriculum(self._tenant_id).tables
            relationships = tables["topic_relationships"]
            needed = relationships.filter(relationships["kind"] == "prerequisite").select("from_topic", "to_topic")
            self._edges.name_circles(
                self.problems,
                parents=tables["topics"].select("topic_id", "parent_id").iter_rows(),
                prerequisites=needed.iter_rows(),
            )

    def _look(self, table: Record, some: Sequence[tuple[str, int, Row]]) -> None:
        columns, lines = self.columns[table.name], self._lines[table.name]
        people = known_people(self._vault, self._tenant_id, table, (row for _, _, row in some))
        for file, line, row in some:
            columns.named.update(row)
            columns.stated |= table.state is not None and row.get(table.state) is not None
            key = [row[one.outside] for one in table.keys]
            print_ = fingerprint(key)
            if print_ in lines:
                named = ", ".join(f"`{part}`" for part in key)
                self.problems.append(Problem(file, line, None, f"{named} stands on line {lines[print_]} already"))
                continue
            lines[print_] = line
            if table is PEOPLE:
                self._check_person(file, line, row, people)
                continue
            for one in table.fields:
                self._check_references(table, one, (file, line, row.get(one.outside)), people)
            self._edges.note(table, file, line, row)

    def _check_person(self, file: str, line: int, row: Row, people: Mapping[str, Person]) -> None:
        """Time zones exist, and nobody changes between learner and staff."""
        if row["time_zone"] is not None and row["time_zone"] not in self._zones:
            self.problems.append(Problem(file, line, "time_zone", f"`{row['time_zone']}` is no IANA time zone"))
        person = people.get(str(row["user_id"]))
        if person is not None and person.kind != row["kind"]:
            self.problems.append(Problem(file, line, "kind", f"this person is known as {person.kind} already"))

    def _check_references(
        self, table: Record, one: Field, cell: tuple[str, int, object], people: Mapping[str, Person]
    ) -> None:
        """What a cell refers to is known, or stands in a file."""
        target = PEOPLE.name if one.kind == "person" else one.refers
        file, line, value = cell
        if target is None or value is None:
            return
        for name in value if isinstance(value, list) else [value]:
            if name in people if target == PEOPLE.name else name in self._ids(target):
                continue
            later = _Later(file, line, one.outside, target, fingerprint([name]), name)
            if later.fingerprint in self._lines.get(target, ()):
                continue
            # A file that is read through already has no more to say, and people come first.
            to_come = target in self._files.sources and (target not in self._lines or target == table.name)
            if to_come:
                self._later.append(later)
            else:
                self._missing(later)

    def _ids(self, record: str) -> set[object]:
        if record not in self._known:
            self._known[record] = self._records.ids(self._tenant_id, record)
        return self._known[record]

    def _missing(self, one: _Later) -> None:
        what = "person" if one.target == PEOPLE.name else BY_NAME[one.target].singular
        self.problems.append(Problem(one.file, one.line, one.column, f"there is no {what} `{one.name}`"))


def fingerprint(key: Sequence[object]) -> bytes:
    """What stands for a key in memory, 16 bytes."""
    return hashlib.blake2b(orjson.dumps(key), digest_size=16).digest()


def person_columns(table: Record) -> list[str]:
    """The file's columns that hold user ids."""
    return ["user_id"] if table is PEOPLE else [one.outside for one in table.fields if one.kind == "person"]


def known_people(
    vault: IdentityVault, tenant_id: str, table: Record, rows: Iterable[Mapping[str, Any]]
) -> dict[str, Person]:
    """Of the people whom rows name those who are known, by user id."""
    columns = person_columns(table)
    named = {str(row[column]) for row in rows for column in columns if row.get(column) is not None}
    if not named:
        return {}
    found = vault.find(tenant_id, [Identifier("user", user) for user in sorted(named)])
    return {who.value: person for who, person in found.items()}


def stretches(files: RecordFiles, table: Record) -> Iterator[list[Row]]:
    """Rows of a table that were checked, read again."""
    problems: list[Problem] = []
    for some in in_stretches(files.rows(table, problems), ROWS_AT_ONCE):
        yield [row for _, (_, row) in some]
