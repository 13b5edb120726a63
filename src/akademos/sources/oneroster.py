"""OneRoster 1.2 CSV sets: what is wrong in a manifest, a header or a row, and what a row says to our records.

The files and their columns are declared in `oneroster_files`. A set is *bulk* file by file (everything there is; what
is missing is gone) or *delta* (changes; a row goes by status `tobedeleted`). Users become people, courses and
enrollments the records of the same name; every row is kept as it came, so that the set can be written again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

from akademos.sources.oneroster_files import BY_NAME, ROSTER_FILES, RosterColumn, RosterFile

Mode: TypeAlias = Literal["absent", "bulk", "delta"]
MODES: tuple[Mode, ...] = ("absent", "bulk", "delta")

MANIFEST = "manifest.csv"
MANIFEST_HEADER = ("propertyName", "value")
MANIFEST_VERSION, ONEROSTER_VERSION = "1.0", "1.2"
SOURCE_PROPERTIES = ("source.systemName", "source.systemCode")
EXTENSION = "metadata."

ID_LENGTH, TEXT_LENGTH = 255, 4_000
STAFF_ROLES = frozenset(
    {
        "administrator", "aide", "counselor", "districtAdministrator", "principal", "proctor", "siteAdministrator",
        "systemAdministrator", "teacher",
    }
)  # fmt: skip
"""Roles of those who work at an institution; `student` is learning there, and the others belong to a student."""

USER_ID_COLUMNS = ("sourcedId", "username", "identifier", "userMasterIdentifier", "email")
"""Columns of users.csv that may hold the id under which a host's events know a person."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Flaw(NamedTuple):
    """What is wrong, and in which column if in one."""

    column: str | None
    reason: str


class Reference(NamedTuple):
    """An id in a row, the column it stands in and the file it must stand in."""

    column: str
    file: str
    sourced_id: str


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of one file of a set, as they stand in it."""

    file: RosterFile
    names: tuple[str, ...]

    def place(self, column: str) -> int | None:
        """Where a column stands; None when this file leaves it out."""
        return self.names.index(column) if column in self.names else None

    def values(self, cells: Sequence[str]) -> dict[str, str]:
        """A row's cells by column, without spaces around them."""
        return {name: cell.strip() for name, cell in zip(self.names, cells, strict=True)}


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a set says of itself: per file (without .csv) its mode."""

    modes: Mapping[str, Mode]

    def present(self) -> list[RosterFile]:
        """The files that are there, what is referred to first."""
        return [one for one in ROSTER_FILES if self.modes.get(one.name, "absent") != "absent"]


def read_manifest(properties: Iterable[tuple[int, tuple[str, ...]]]) -> tuple[Manifest, list[tuple[int, Flaw]]]:
    """The manifest from its rows (line, cells) without the header, and what is wrong in it."""
    said: dict[str, str] = {}
    flaws: list[tuple[int, Flaw]] = []
    modes: dict[str, Mode] = {}
    for line, cells in properties:
        if len(cells) != len(MANIFEST_HEADER):
            flaws.append((line, Flaw(None, f"has {len(cells)} cells, not 2")))
            continue
        name, value = cells[0].strip(), cells[1].strip()
        if name in said:
            flaws.append((line, Flaw("propertyName", f"`{name}` comes twice")))
        said[name] = value
        wanted = {"manifest.version": MANIFEST_VERSION, "oneroster.version": ONEROSTER_VERSION}.get(name)
        if wanted is not None and value != wanted:
            flaws.append((line, Flaw("value", f"{name} is `{value[:40]}`; this is read as {wanted} only")))
        elif name.startswith("file."):
            mode = next((one for one in MODES if one == value), None)
            if name.removeprefix("file.") not in BY_NAME:
                flaws.append((line, Flaw("propertyName", f"`{name[:60]}` names no file of the standard")))
            elif mode is None:
                flaws.append((line, Flaw("value", f"is `{value[:40]}`, not one of {', '.join(MODES)}")))
            else:
                modes[name.removeprefix("file.")] = mode
        elif wanted is None and name not in SOURCE_PROPERTIES and not name.startswith(EXTENSION):
            flaws.append((line, Flaw("propertyName", f"`{name[:60]}` is not known")))
    missing = [one for one in ("manifest.version", "oneroster.version") if one not in said]
    flaws += [(1, Flaw(None, f"the property `{name}` is missing")) for name in missing]
    return Manifest(modes), flaws


def header_flaws(file: RosterFile, names: Sequence[str]) -> Iterator[Flaw]:
    """What is wrong with a header: unknown, repeated or missing columns. Names count as they are written."""
    known = {column.name for column in file.columns}
    for name in dict.fromkeys(names):
        if name not in known and not name.startswith(EXTENSION):
            yield Flaw(None, f"the column `{name[:60]}` is not known; columns of your own begin with `{EXTENSION}`")
        if names.count(name) > 1:
            yield Flaw(None, f"the column `{name[:60]}` comes twice")
    for column in file.columns:
        if column.required and column.name not in names:
            yield Flaw(None, f"the column `{column.name}` is missing")


class RowCheck:
    """Checks the rows of one file of a set, in one mode."""

    def __init__(self, header: Header, mode: Mode) -> None:
        self.header = header
        self._mode = mode
        columns = {column.name: column for column in header.file.columns}
        self._columns = [(place, columns[name]) for place, name in enumerate(header.names) if name in columns]
        self._references = [(place, column) for place, column in self._columns if column.refers is not None]
        self._status, self._modified = header.place("status"), header.place("dateLastModified")

    def flaws(self, cells: Sequence[str]) -> Iterator[Flaw]:
        """What is wrong in one row, the file's other rows aside."""
        if len(cells) != len(self.header.names):
            yield Flaw(None, f"has {len(cells)} cells, the header {len(self.header.names)}")
            return
        goes = self.deleted(cells)
        for place, column in self._columns:
            cell = cells[place]
            text = cell.strip() if cell else cell
            if text:
                wrong = _value_flaw(column, text)
                if wrong is not None:
                    yield Flaw(column.name, wrong)
            elif column.required and (not goes or column.name == "sourcedId"):
                yield Flaw(column.name, "is empty")
        if self._mode == "delta":
            for at, name in ((self._status, "status"), (self._modified, "dateLastModified")):
                if at is None or not cells[at].strip():
                    yield Flaw(name, "is empty; a delta needs it")
        elif goes:
            yield Flaw("status", "is tobedeleted in a bulk file, which leaves out what is gone")

    def deleted(self, cells: Sequence[str]) -> bool:
        """Whether the row says that it goes."""
        return self._status is not None and cells[self._status].strip() == "tobedeleted"

    def references(self, cells: Sequence[str]) -> Iterator[Reference]:
        """What the row refers to."""
        for place, column in self._references:
            for one in ids_in(column, cells[place]):
                yield Reference(column.name, column.refers or "", one)


def ids_in(column: RosterColumn, cell: str) -> list[str]:
    """The ids in a cell; none when it is empty."""
    text = cell.strip()
    if not text:
        return []
    return [part for part in (one.strip() for one in text.split(",")) if part] if column.kind == "ids" else [text]


def _value_flaw(column: RosterColumn, text: str) -> str | None:
    longest = ID_LENGTH if column.kind in ("id", "ids") else TEXT_LENGTH
    # Hardly any cell is longer or cannot be printed: the exact questions are for those alone.
    if len(text) > longest and any(len(one) > longest for one in (text.split(",") if column.kind == "ids" else [text])):
        return f"is longer than {longest} characters"
    if not text.isprintable() and _CONTROL.search(text):
        return "holds a control character or a line break"
    if column.values:
        open_word = column.extensible and text.startswith("ext:")
        return (
            None if text in column.values or open_word else f"is `{text[:40]}`, not one of {', '.join(column.values)}"
        )
    match column.kind:
        case "flag":
            return None if text in ("true", "false") else f"is `{text[:40]}`, not true or false"
        case "date":
            return None if _is_date(text) else f"`{text[:40]}` is no date; write YYYY-MM-DD"
        case "datetime":
            return None if _is_instant(text) else f"`{text[:40]}` is no date and time; write YYYY-MM-DDThh:mm:ss.sssZ"
        case "year":
            return None if re.fullmatch(r"\d{4}", text) else f"`{text[:40]}` is no year; write YYYY"
        case "integer":
            return None if re.fullmatch(r"[+-]?\d{1,18}", text) else f"`{text[:40]}` is no integer"
        case "number":
            return None if number_in(text) is not None else f"`{text[:40]}` is no number"
    return None


def _is_date(text: str) -> bool:
    if _DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_instant(text: str) -> bool:
    try:
        return "T" in text and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def number_in(text: str) -> float | None:
    """A finite number in a cell."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def display_name(user: Mapping[str, str]) -> str:
    """How a user is called: the preferred names where there are some.

    Example:
        >>> display_name({"givenName": "Ada", "familyName": "King", "preferredFamilyName": "Lovelace"})
        'Ada Lovelace'
    """
    given = user.get("preferredGivenName") or user.get("givenName") or ""
    family = user.get("preferredFamilyName") or user.get("familyName") or ""
    return f"{given} {family}".strip()


def kind_of(roles: Collection[str]) -> Literal["learner", "staff"]:
    """Whether somebody with these roles is a learner or staff. Who is both has a learner's rights."""
    return "staff" if roles and "student" not in roles and STAFF_ROLES & set(roles) else "learner"


@dataclass(frozen=True, slots=True)
class Membership:
    """What one person's enrollments in the classes of a course come to: ISO dates, or open; the class that began
    last."""

    course_id: str
    class_id: str
    role: Literal["student", "teacher"]
    begins: str | None
    ends: str | None


def memberships(rows: Iterable[Mapping[str, str]], course_of: Mapping[str, str]) -> list[Membership]:
    """The memberships behind one person's rows of enrollments.csv, by course and role.

    A course is taken from the first day of its first class to the last day of its last one, and open-ended when one of
    them is. Administrators and proctors of a class do not teach it.

    Args:
        rows: rows of one person.
        course_of: course by sourcedId of a class.

    Example:
        >>> rows = [{"classSourcedId": "c1", "role": "student", "beginDate": "2026-09-01"}]
        >>> memberships(rows, {"c1": "math"})
        [Membership(course_id='math', class_id='c1', role='student', begins='2026-09-01', ends=None)]
    """
    found: dict[tuple[str, Literal["student", "teacher"]], list[tuple[str, str, str]]] = {}
    for row in rows:
        course = course_of.get(row["classSourcedId"])
        role: Literal["student", "teacher"] | None = None
        if row["role"] in ("student", "teacher"):
            role = "student" if row["role"] == "student" else "teacher"
        if course is not None and role is not None:
            found.setdefault((course, role), []).append(
                (row.get("beginDate", ""), row.get("endDate", ""), row["classSourcedId"])
            )
    return [
        Membership(
            course,
            max(days)[2],
            role,
            min((begin for begin, _, _ in days if begin), default=None),
            None if any(not end for _, end, _ in days) else max(end for _, end, _ in days),
        )
        for (course, role), days in sorted(found.items())
    ]
