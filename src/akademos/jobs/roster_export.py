"""A kept OneRoster set, written again: the rows as they came, with what the records say differently by now.

Back byte for byte: every row with its quotes and line ends, columns of the sender's own, the order of rows. Not so:

- empty lines are not kept;
- a course's title and the end of an enrollment follow our records where those were changed;
- users named as agents of others who were erased are left out, as is every row of somebody who was erased;
- a file of which no row is left is not written, since the standard has no file without rows;
- the manifest says `bulk` of every file that is written, also of those that came as a delta; rows of a delta keep their
  status and date.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import Conflict, InputError, NotFound
from akademos.sources.csv_records import BYTE_ORDER_MARK, cells_of, raw_records, with_cells
from akademos.sources.oneroster import MANIFEST, Header
from akademos.sources.oneroster_files import BY_NAME, ROSTER_FILES
from akademos.stores.ports.audit import AuditEntry, AuditLog, Json
from akademos.stores.ports.roster import RosterReading, Rosters

MANIFEST_FILE = "manifest"


@dataclass(slots=True)
class RosterExport:
    """Rows written, by file, and how many of them say something else than they did when they came."""

    rows: dict[str, int] = field(default_factory=dict)
    rewritten: int = 0


def export_roster(
    folder: Path, tenant_id: str, rosters: Rosters, audit: AuditLog, *, actor: str, reason: str
) -> RosterExport:
    """Write the tenant's set into a new or empty folder, whole or not at all, and note it in the audit log.

    Raises:
        InputError: the folder holds something.
        NotFound: no set is kept.
        Conflict: somebody was erased meanwhile; nothing was delivered.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is not empty.", hint="Give a new folder: a set is never mixed with other files.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".oneroster-", dir=folder.parent))
    try:
        with rosters.reading(tenant_id) as kept:
            done = _write(making, tenant_id, kept, rosters)
        if len(rosters.known(tenant_id, "users")) < done.rows.get("users.csv", 0):
            raise Conflict("Somebody was erased while the set was written.", hint="Export again.", code="export_stale")
        detail: dict[str, Json] = {"what": "oneroster", "rows": {**done.rows}, "reason": reason}
        audit.record(tenant_id, AuditEntry(actor, AuditAction.DATA_EXPORTED, None, detail))
        if folder.exists():
            folder.rmdir()
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return done


def _write(folder: Path, tenant_id: str, kept: RosterReading, rosters: Rosters) -> RosterExport:
    headers = kept.headers()
    if MANIFEST_FILE not in headers:
        raise NotFound(
            "No OneRoster set is kept of this tenant.", hint="`akademos import oneroster DIR` brings one in first."
        )
    done = RosterExport()
    names = [file.name for file in ROSTER_FILES if file.name in headers]
    overlay = _Overlay(tenant_id, kept, rosters, headers)
    for name in names:
        written = 0
        with (folder / BY_NAME[name].file).open("w", encoding="utf-8", newline="") as out:
            end = _end_of(headers[name])
            text = headers[name]
            for row, rewritten in overlay.rows(name):
                out.write(text if text.endswith(("\n", "\r")) else text + end)
                text = row
                written += 1
                done.rewritten += rewritten
            out.write(text)
        if written:
            done.rows[BY_NAME[name].file] = written
        else:
            (folder / BY_NAME[name].file).unlink()  # the standard has no file without rows
    with (folder / MANIFEST).open("w", encoding="utf-8", newline="") as out:
        out.write(_manifest(headers[MANIFEST_FILE], [name for name in names if BY_NAME[name].file in done.rows]))
    return done


def _manifest(text: str, kept: list[str]) -> str:
    parts = []
    for record in raw_records(text.splitlines(keepends=True)):
        row = getattr(record, "text", "")
        cells = cells_of(row) if row else ()
        name = cells[0].strip() if cells else ""
        if name.startswith("file."):
            mode = "bulk" if name.removeprefix("file.") in kept else "absent"
            row = row if cells[1].strip() == mode else with_cells(row, {1: mode})
        parts.append(row)
    return "".join(parts)


def _end_of(header: str) -> str:
    return header[len(header.rstrip("\r\n")) :] or "\r\n"


class _Overlay:
    """Kept rows with what the records say by now."""

    def __init__(self, tenant_id: str, kept: RosterReading, rosters: Rosters, headers: Mapping[str, str]) -> None:
        self._kept = kept
        self._headers = {
            name: Header(BY_NAME[name], tuple(cells_of(text.removeprefix(BYTE_ORDER_MARK))))
            for name, text in headers.items()
            if name in BY_NAME
        }
        self._tenant_id = tenant_id
        self._rosters = rosters

    def rows(self, name: str) -> Iterator[tuple[str, bool]]:
        """Rows of a file, and whether each was rewritten."""
        change = self._changes(name)
        for key, text in self._kept.owned_rows(name):
            cells = change(key, cells_of(text)) if change is not None else {}
            yield (with_cells(text, cells) if cells else text), bool(cells)

    def _changes(self, name: str) -> Callable[[str | None, tuple[str, ...]], dict[int, str]] | None:
        match name:
            case "courses":
                return self._of_courses()
            case "enrollments":
                return self._of_enrollments()
            case "users":
                return self._of_users()
        return None

    def _of_courses(self) -> Callable[[str | None, tuple[str, ...]], dict[int, str]]:
        titles = self._kept.course_titles()
        own, title = self._places("courses", "sourcedId", "title")

        def change(_: str | None, cells: tuple[str, ...]) -> dict[int, str]:
            said = titles.get(cells[own].strip())
            return {} if said is None or said == cells[title].strip() else {title: said}

        return change

    def _of_enrollments(self) -> Callable[[str | None, tuple[str, ...]], dict[int, str]] | None:
        withdrawn = self._kept.withdrawals()
        header = self._headers["enrollments"]
        end = header.place("endDate")
        if end is None or not withdrawn or "classes" not in self._headers:
            return None
        one, course = self._places("classes", "sourcedId", "courseSourcedId")
        classes = {cells[one].strip(): cells[course].strip() for cells in map(cells_of, self._kept.rows("classes"))}
        of_class, role = self._places("enrollments", "classSourcedId", "role")

        def change(key: str | None, cells: tuple[str, ...]) -> dict[int, str]:
            day = withdrawn.get((key or "", classes.get(cells[of_class].strip(), "")))
            said = cells[end].strip()
            return {end: day} if day and cells[role].strip() == "student" and (not said or said > day) else {}

        return change

    def _of_users(self) -> Callable[[str | None, tuple[str, ...]], dict[int, str]] | None:
        agents = self._headers["users"].place("agentSourcedIds")
        if agents is None:
            return None
        known = self._rosters.known(self._tenant_id, "users")

        def change(_: str | None, cells: tuple[str, ...]) -> dict[int, str]:
            named = [one.strip() for one in cells[agents].split(",") if one.strip()]
            there = [one for one in named if self._rosters.fingerprint(self._tenant_id, "users", one) in known]
            return {} if len(there) == len(named) else {agents: ",".join(there)}

        return change

    def _places(self, name: str, *columns: str) -> list[int]:
        return [self._headers[name].names.index(column) for column in columns]
