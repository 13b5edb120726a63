"""A OneRoster set at the door: every row of every file is looked at before anything is kept.

The files are read as streams. What stays in memory is a 16-byte fingerprint for each sourcedId, so that references and
repeats are found; the rows themselves are read again when they are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from akademos.errors import InputError
from akademos.intake.record_files import Problem, first_undecodable
from akademos.sources.csv_records import BYTE_ORDER_MARK, RawRecord, Unreadable, raw_records
from akademos.sources.oneroster import (
    MANIFEST,
    MANIFEST_HEADER,
    STAFF_ROLES,
    Flaw,
    Header,
    Manifest,
    Mode,
    Reference,
    RowCheck,
    header_flaws,
    read_manifest,
)
from akademos.sources.oneroster_files import BY_NAME, RosterFile

PROBLEMS_KEPT = 10_000
"""More are counted and not kept: a file of another kind has one on every line."""

Fingerprint = Callable[[str, str], bytes]
"""(file, sourcedId) -> 16 bytes."""


@dataclass(slots=True)
class CheckedFile:
    """One file that was read through: its header and the header's text, how many rows, SHA-256 of its text."""

    header: Header
    header_text: str
    mode: Mode
    rows: int = 0
    digest: bytes = b""


@dataclass(slots=True)
class CheckedSet:
    """A set that was read through.

    `ids` are the fingerprints of the rows that are there once the set is kept, by file; `staff` and `students` those of
    the users with such roles.
    """

    folder: Path
    manifest: Manifest
    manifest_text: str
    files: dict[str, CheckedFile] = field(default_factory=dict)
    ids: dict[str, set[bytes]] = field(default_factory=dict)
    staff: set[bytes] = field(default_factory=set)
    students: set[bytes] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    more_problems: int = 0

    def wrong(self, file: str, line: int, flaw: Flaw) -> None:
        """Note a problem."""
        if len(self.problems) < PROBLEMS_KEPT:
            self.problems.append(Problem(file, line, flaw.column, flaw.reason))
        else:
            self.more_problems += 1


def check_set(folder: Path, fingerprint: Fingerprint, known: Callable[[str], set[bytes]], user_id: str) -> CheckedSet:
    """Read a set through.

    Args:
        folder: with manifest.csv and the files it names.
        fingerprint: under which name rows are known.
        known: fingerprints of the rows of a file that are kept already.
        user_id: column of users.csv under which people are known.

    Raises:
        InputError: the folder has no manifest.
    """
    checked = _opened(folder)
    for name in BY_NAME:
        if checked.manifest.modes.get(name, "absent") != "bulk":
            checked.ids[name] = known(name)
    for file in checked.manifest.present():
        if (folder / file.file).is_file():
            _check_file(checked, file, fingerprint, user_id)
        else:
            checked.wrong(MANIFEST, 1, Flaw(None, f"{file.file} is announced and is not there"))
    return checked


def _opened(folder: Path) -> CheckedSet:
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(f"There is no {MANIFEST} in {folder}.", hint="Give the folder of a OneRoster 1.2 CSV set.")
    found: list[Problem] = []
    records = list(read_records(path, found))
    rows = [(one.line, one.cells) for one in records]
    manifest, flaws = read_manifest(rows[1:])
    checked = CheckedSet(folder, manifest, "".join(one.text for one in records), problems=found)
    if not rows or tuple(rows[0][1]) != MANIFEST_HEADER:
        checked.wrong(MANIFEST, 1, Flaw(None, f"the header is not {','.join(MANIFEST_HEADER)}"))
    for line, flaw in flaws:
        checked.wrong(MANIFEST, line, flaw)
    announced = {file.file for file in manifest.present()} | {MANIFEST}
    for extra in sorted(one.name for one in folder.glob("*.csv") if one.name not in announced):
        checked.wrong(MANIFEST, 1, Flaw(None, f"{extra[:80]} is there and not announced"))
    return checked


def read_records(
    path: Path, problems: list[Problem], digest: Callable[[bytes], None] | None = None
) -> Iterator[RawRecord]:
    """The records of a UTF-8 file, the byte order mark with the first one's text; what cannot be read ends it."""

    def lines() -> Iterator[str]:
        with path.open(encoding="utf-8", newline="") as file:
            for line in file:
                if digest is not None:
                    digest(line.encode())
                yield line

    try:
        for record in raw_records(lines()):
            if isinstance(record, Unreadable):
                problems.append(Problem(path.name, record.line, None, f"{record.reason}; the file was read up to here"))
                return
            if record.line == 1 and record.text.startswith(BYTE_ORDER_MARK):
                cells = (record.cells[0].removeprefix(BYTE_ORDER_MARK).strip('"'), *record.cells[1:])
                yield RawRecord(record.line, record.text, cells)
            else:
                yield record
    except UnicodeDecodeError:
        line = first_undecodable(path)
        problems.append(Problem(path.name, line, None, "is not UTF-8; the file was read up to here"))


@dataclass(slots=True)
class _Later:
    """References within a file to rows that come later in it."""

    line: int
    reference: Reference
    fingerprint: bytes


def _check_file(checked: CheckedSet, file: RosterFile, fingerprint: Fingerprint, user_id: str) -> None:
    problems: list[Problem] = []
    sha = hashlib.sha256()
    mode = checked.manifest.modes[file.name]
    seen: set[bytes] = set()
    ids = checked.ids.setdefault(file.name, seen if mode == "bulk" else set())
    found: CheckedFile | None = None
    check: RowCheck | None = None
    rows = _Rows(checked, file, fingerprint, seen, ids, user_id)
    for record in read_records(checked.folder / file.file, problems, sha.update):
        if found is None or check is None:
            flaws = list(header_flaws(file, record.cells))
            for flaw in flaws:
                checked.wrong(file.file, record.line, flaw)
            if flaws:
                return
            found = CheckedFile(Header(file, record.cells), record.text, mode)
            check = RowCheck(found.header, mode)
            continue
        found.rows += 1
        rows.check(record, check)
    for problem in problems:
        checked.wrong(problem.file, problem.line, Flaw(problem.column, problem.reason))
    rows.settle()
    if found is None:
        checked.wrong(file.file, 1, Flaw(None, "is empty; a file without rows has its header"))
        return
    if mode == "bulk" and not found.rows:
        checked.wrong(file.file, 1, Flaw(None, "has no rows, which the standard does not allow"))
    found.digest = sha.digest()
    checked.files[file.name] = found


class _Rows:
    """Rows of one file, one after the other, against each other and against the files before."""

    def __init__(
        self,
        checked: CheckedSet,
        file: RosterFile,
        fingerprint: Fingerprint,
        seen: set[bytes],
        ids: set[bytes],
        user_id: str,
    ) -> None:
        self._checked = checked
        self._file = file
        self._fingerprint = fingerprint
        self._seen = seen
        self._ids = ids
        self._user_id = user_id
        self._user_ids: set[bytes] = set()
        self._later: list[_Later] = []

    def check(self, record: RawRecord, check: RowCheck) -> None:
        """One row."""
        flaws = list(check.flaws(record.cells))
        for flaw in flaws:
            self._checked.wrong(self._file.file, record.line, flaw)
        if len(record.cells) != len(check.header.names):
            return
        values = check.header.values(record.cells)
        own = self._fingerprint(self._file.name, values["sourcedId"])
        if own in self._seen and values["sourcedId"]:
            self._wrong(record, Flaw("sourcedId", "stands in the file already"))
        self._seen.add(own)
        if check.deleted(record.cells):
            self._ids.discard(own)
            return
        self._ids.add(own)
        for reference in check.references(record.cells):
            self._refer(record, reference)
        match self._file.name:
            case "users":
                self._check_user(record, values)
            case "roles" | "enrollments":
                self._note_role(values)
            case "demographics":
                self._refer(record, Reference("sourcedId", "users", values["sourcedId"]))

    def settle(self) -> None:
        """References to rows that came later."""
        for one in self._later:
            if one.fingerprint not in self._ids:
                self._missing(one.line, one.reference)

    def _refer(self, record: RawRecord, reference: Reference) -> None:
        wanted = self._fingerprint(reference.file, reference.sourced_id)
        if wanted in self._checked.ids.get(reference.file, ()):
            return
        if reference.file == self._file.name:
            self._later.append(_Later(record.line, reference, wanted))
        else:
            self._missing(record.line, reference)

    def _missing(self, line: int, reference: Reference) -> None:
        reason = f"names a row that {reference.file}.csv does not have"
        if not BY_NAME[reference.file].person:
            reason += f": `{reference.sourced_id[:60]}`"
        self._checked.wrong(self._file.file, line, Flaw(reference.column, reason))

    def _check_user(self, record: RawRecord, values: dict[str, str]) -> None:
        user = values.get(self._user_id, "")
        if not user:
            self._wrong(record, Flaw(self._user_id, "is empty, and people are known by it"))
            return
        known_as = self._fingerprint("user id", user)
        if known_as in self._user_ids:
            self._wrong(record, Flaw(self._user_id, "stands in the file already, and people are known by it"))
        self._user_ids.add(known_as)

    def _note_role(self, values: dict[str, str]) -> None:
        user = self._fingerprint("users", values.get("userSourcedId", ""))
        if values.get("role") == "student":
            self._checked.students.add(user)
        elif values.get("role") in STAFF_ROLES:
            self._checked.staff.add(user)

    def _wrong(self, record: RawRecord, flaw: Flaw) -> None:
        self._checked.wrong(self._file.file, record.line, flaw)
