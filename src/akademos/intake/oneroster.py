"""OneRoster sets in: checked whole, then kept row by row, then made into people, courses and memberships.

Nothing is kept of a set with a problem. Users are entered into the vault first, in transactions of their own; all the
rest of a set is one transaction. The same set again changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from akademos.errors import InputError
from akademos.intake.oneroster_check import CheckedFile, CheckedSet, check_set, read_records
from akademos.intake.record_files import Problem, in_stretches
from akademos.intake.records import RecordsError
from akademos.intake.roster_changes import Changes, courses_of_classes, headers_of
from akademos.intake.roster_records import RosterRecords
from akademos.sources.csv_records import RawRecord
from akademos.sources.oneroster import Header, RowCheck, display_name, kind_of
from akademos.stores.ports.consent import ConsentLedger, RecordedBasis
from akademos.stores.ports.identity import Identifier, IdentityVault, Person, PersonKind
from akademos.stores.ports.records import LoadReport
from akademos.stores.ports.roster import Kept, RosterRow, Rosters, RosterWriting

ROWS_AT_ONCE = 2_000
MANIFEST_FILE = "manifest"
MADE_BY_ROW = ("orgs", "academicSessions", "courses", "classes", "lineItems", "results")
"""Files of which a row becomes a record of its own; enrollments of a person are summed up."""


@dataclass(slots=True)
class RosterReport:
    """What an import came to: per file of the set, and per record table."""

    files: list[FileReport] = field(default_factory=list)
    records: list[LoadReport] = field(default_factory=list)
    ended: int = 0
    """Memberships and courses that the set ended."""


@dataclass(slots=True)
class FileReport:
    """Rows of one file: new, changed, unchanged, removed; `without` belong to somebody who was erased."""

    file: str
    read: int
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    without: int = 0

    def add(self, kept: Kept) -> None:
        """Count what keeping some rows came to."""
        self.new += kept.new
        self.changed += kept.changed
        self.unchanged += kept.unchanged
        self.removed += kept.removed
        self.without += kept.without


class RosterImport:
    """Imports OneRoster sets of one tenant under a recorded basis.

    Args:
        user_id: column of users.csv under which a host's events know people.
        today: day on which what is no longer in the set ends.
    """

    def __init__(
        self,
        rosters: Rosters,
        vault: IdentityVault,
        consent: ConsentLedger,
        basis: RecordedBasis,
        *,
        actor: str,
        today: Callable[[], date],
        user_id: str = "sourcedId",
    ) -> None:
        self._rosters = rosters
        self._vault = vault
        self._consent = consent
        self._basis = basis
        self._actor = actor
        self._today = today
        self._user_id = user_id

    def run(self, folder: Path) -> RosterReport:
        """Check a set and keep all of it.

        Raises:
            RecordsError: with every problem found; nothing was kept.
            InputError: there is no set, or a file of it changed while it was read.
            Conflict: the basis is known with other content.
        """
        tenant = self._basis.tenant_id
        checked = check_set(
            folder,
            lambda file, sourced_id: self._rosters.fingerprint(tenant, file, sourced_id),
            lambda file: self._rosters.known(tenant, file),
            self._user_id,
        )
        if "users" in checked.files and not checked.problems:
            self._check_kinds(checked)
        if checked.problems:
            raise RecordsError(checked.problems, more=checked.more_problems)
        self._consent.record_basis(self._basis, actor=self._actor)
        if "users" in checked.files:
            for _, _ in self._users(checked, enter=True):
                pass
        report = RosterReport()
        with self._rosters.writing(tenant, actor=self._actor) as writing:
            keeping = _Keeping(self, checked, writing, report)
            keeping.all_files()
            records = RosterRecords(writing, keeping.changes, self._today().isoformat())
            records.derive()
            report.records, report.ended = records.reports, records.ended
        return report

    def _check_kinds(self, checked: CheckedSet) -> None:
        for rows, people in self._users(checked, enter=False):
            for record, values, kind in rows:
                known = people.get(Identifier("user", values[self._user_id]))
                if known is not None and kind is not None and known.kind != kind:
                    reason = f"this person is known as {known.kind} already, and the set's roles say {kind}"
                    checked.problems.append(Problem("users.csv", record.line, None, reason))

    def _users(
        self, checked: CheckedSet, *, enter: bool
    ) -> Iterator[tuple[list[tuple[RawRecord, dict[str, str], PersonKind | None]], dict[Identifier, Person]]]:
        """Users that stay, in stretches, with the people behind them; `enter` makes people of the unknown and gives
        everybody their name."""
        tenant, found = self._basis.tenant_id, checked.files["users"]
        check = RowCheck(found.header, found.mode)
        for chunk in in_stretches(data_rows(checked, found), ROWS_AT_ONCE):
            staying = [(one, found.header.values(one.cells)) for one in chunk if not check.deleted(one.cells)]
            rows = [(record, values, self._kind(checked, values["sourcedId"])) for record, values in staying]
            people: dict[Identifier, Person] = {}
            if enter:
                for kind in ("learner", "staff"):
                    wanted = [
                        Identifier("user", values[self._user_id])
                        for _, values, said in rows
                        if (said or "learner") == kind
                    ]
                    people |= self._vault.ensure(tenant, wanted, kind=kind)
                self._name(tenant, rows, people)
            else:
                people = self._vault.find(tenant, [Identifier("user", values[self._user_id]) for _, values, _ in rows])
            yield rows, people

    def _kind(self, checked: CheckedSet, sourced_id: str) -> PersonKind | None:
        """What the set's roles make of a user; None when it says nothing of their role."""
        own = self._rosters.fingerprint(self._basis.tenant_id, "users", sourced_id)
        roles = [name for name, having in (("student", checked.students), ("teacher", checked.staff)) if own in having]
        return kind_of(roles) if roles else None

    def _name(
        self,
        tenant: str,
        rows: Iterable[tuple[RawRecord, dict[str, str], PersonKind | None]],
        people: Mapping[Identifier, Person],
    ) -> None:
        wanted = {
            people[known].learner_key: display_name(values)
            for _, values, _ in rows
            if (known := Identifier("user", values[self._user_id])) in people
        }
        names = self._vault.display_names(tenant, list(wanted))
        changed = {key: name for key, name in wanted.items() if names.get(key) != name}
        if changed:
            self._vault.describe(tenant, changed)

    def people_of(self, rows: Sequence[Mapping[str, str]]) -> list[str | None]:
        """learner_keys of users, None for those who were erased."""
        named = [Identifier("user", values.get(self._user_id, "")) for values in rows]
        people = self._vault.find(self._basis.tenant_id, named)
        return [people[one].learner_key if one in people else None for one in named]

    @property
    def basis_id(self) -> str:
        """The basis under which rows are kept."""
        return self._basis.basis_id


class _Keeping:
    """Keeps the rows of a checked set, and remembers what that changed."""

    def __init__(self, door: RosterImport, checked: CheckedSet, writing: RosterWriting, report: RosterReport) -> None:
        self._door = door
        self._checked = checked
        self._writing = writing
        self._report = report
        self.changes = Changes()

    def all_files(self) -> None:
        """Keep everything."""
        self.changes.old_headers = headers_of(self._writing.headers())
        if "classes" in self.changes.old_headers:
            self.changes.classes_before = courses_of_classes(self._writing, self.changes.old_headers["classes"])
        basis = self._door.basis_id
        self._writing.head(MANIFEST_FILE, self._checked.manifest_text, basis_id=basis)
        for name, found in self._checked.files.items():
            text = found.header_text
            if found.mode == "delta" and name in self.changes.old_headers:
                self._refuse_other_columns(name, found)
            else:
                self._writing.head(name, text, basis_id=basis)
            self.changes.headers[name] = found.header
            report = FileReport(found.header.file.file, found.rows)
            self._report.files.append(report)
            self._keep(name, found, report)
        self.changes.headers = {**self.changes.old_headers, **self.changes.headers}

    def _refuse_other_columns(self, name: str, found: CheckedFile) -> None:
        if self.changes.old_headers[name].names != found.header.names:
            raise InputError(
                f"{found.header.file.file} of this delta has other columns than the set that is kept.",
                hint="Give the delta the same columns in the same order, or import the file in bulk.",
            )

    def _keep(self, name: str, found: CheckedFile, report: FileReport) -> None:
        check = RowCheck(found.header, found.mode)
        first = 1
        for chunk in in_stretches(data_rows(self._checked, found), ROWS_AT_ONCE):
            staying = [record for record in chunk if not check.deleted(record.cells)]
            going = [found.header.values(record.cells)["sourcedId"] for record in chunk if check.deleted(record.cells)]
            kept = self._writing.keep(
                name, self._rows(found.header, staying), first=first if found.mode == "bulk" else None
            )
            first += len(chunk)
            self._note(name, kept, report)
            if going:
                self._note(name, self._writing.remove(name, going), report)
        if found.mode == "bulk":
            self._note(name, self._writing.remove_others(name, self._checked.ids[name]), report)

    def _rows(self, header: Header, records: Sequence[RawRecord]) -> list[RosterRow]:
        values = [header.values(record.cells) for record in records]
        file = header.file
        if file.person is None:
            return [RosterRow(said["sourcedId"], record.text) for record, said in zip(records, values, strict=True)]
        if file.name == "users":
            people = self._door.people_of(values)
            return [
                RosterRow(said["sourcedId"], record.text, key, None if key else ("users", said["sourcedId"]))
                for record, said, key in zip(records, values, people, strict=True)
            ]
        refers = next((one.refers for one in file.columns if one.name == file.person), None) or "users"
        return [
            RosterRow(said["sourcedId"], record.text, owner=(refers, said[file.person]))
            for record, said in zip(records, values, strict=True)
        ]

    def _note(self, name: str, kept: Kept, report: FileReport) -> None:
        report.add(kept)
        if name in MADE_BY_ROW:
            self.changes.changed.setdefault(name, []).extend(kept.ids)
        if name in ("courses", "classes", "enrollments", "results"):
            self.changes.before.setdefault(name, []).extend(kept.before)
        if name == "enrollments":
            self.changes.people.update(kept.people)


def data_rows(checked: CheckedSet, found: CheckedFile) -> Iterator[RawRecord]:
    """The rows of a file that was checked, read again.

    Raises:
        InputError: the file is not what was checked.
    """
    sha = hashlib.sha256()
    path = checked.folder / found.header.file.file
    problems: list[Problem] = []
    records = read_records(path, problems, sha.update)
    next(records, None)
    yield from records
    if problems or sha.digest() != found.digest:
        raise InputError(
            f"{path.name} changed while it was imported.",
            hint="Nothing of it was kept; import again when nobody writes it.",
        )
