"""Record files at the door: a folder of CSV files is checked whole, with file and line, before a row is kept.

Each record table has its file (catalogue.records), and people have `people.csv`. A file may be
missing; a column that may be empty may be missing; topic lists are separated by semicolons. Names and ids of
people go into the identity vault, the record tables know them by key only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from akademos.catalogue.records.declaration import Record
from akademos.errors import InputError
from akademos.intake.record_cells import PEOPLE, Row
from akademos.intake.record_checks import FileCheck, known_people, person_columns, stretches
from akademos.intake.record_files import Problem
from akademos.intake.record_rows import RecordFiles, read_folder
from akademos.stores.ports.identity import Identifier, IdentityVault, Person, PersonKind
from akademos.stores.ports.records import LoadReport, Records, RowStream

PROBLEMS_NAMED = 50


class RecordsError(InputError):
    """Record files with something wrong in them; nothing was kept. `problems` has all of it, but for
    `more` that were only counted."""

    code = "records_refused"

    def __init__(self, problems: list[Problem], *, more: int = 0) -> None:
        named = "\n".join(str(one) for one in problems[:PROBLEMS_NAMED])
        found = len(problems) + more
        rest = f"\nand {found - PROBLEMS_NAMED:,} more" if found > PROBLEMS_NAMED else ""
        super().__init__(
            f"The records have {found:,} problem{'s' if found > 1 else ''}:\n{named}{rest}\n",
            hint="Nothing was kept; mend the lines and import again.",
        )
        self.problems = problems
        self.more = more


def import_records(
    folder: Path, tenant_id: str, records: Records, vault: IdentityVault, *, actor: str
) -> list[LoadReport]:
    """Check a folder of record files and load it, all or nothing; a report per file, people first.

    People are entered before the tables, in transactions of their own; a crash between them leaves people
    without records, and importing again completes it.

    Raises:
        RecordsError: with every problem found; nothing was kept.
        NotFound: there is no such tenant.
    """
    return keep_records(read_folder(folder), tenant_id, records, vault, actor=actor)


def keep_records(
    files: RecordFiles, tenant_id: str, records: Records, vault: IdentityVault, *, actor: str
) -> list[LoadReport]:
    """The same for other sources. Rows are read twice, to be checked and to be kept, and never held all at once.

    Raises:
        RecordsError: with every problem found; nothing was kept.
        InputError: a file changed between the two times; of its tables nothing was kept.
        NotFound: there is no such tenant.
    """
    records.load_all(tenant_id, {}, actor=actor)  # refuses an unknown tenant before anybody is entered
    check = FileCheck(files, tenant_id, records, vault)
    check.run()
    if check.problems:
        raise RecordsError(check.problems, more=check.problems.more)
    reports = [_enter_people(files, tenant_id, vault)] if PEOPLE.name in files.sources else []
    if reports and (reports[0].new or reports[0].changed):
        records.touch(tenant_id)
    streams = {
        table.name: RowStream(
            _inside(table, check.columns[table.name].named),
            check.columns[table.name].stated,
            _with_keys(files, table, tenant_id, vault),
        )
        for table in files.tables()
        if table is not PEOPLE
    }
    return reports + records.load_all(tenant_id, streams, actor=actor)


def _enter_people(files: RecordFiles, tenant_id: str, vault: IdentityVault) -> LoadReport:
    done = LoadReport(PEOPLE.name, 0, 0, 0, 0)
    for rows in stretches(files, PEOPLE):
        done += _enter(rows, tenant_id, vault)
    return done


def _enter(rows: list[Row], tenant_id: str, vault: IdentityVault) -> LoadReport:
    known = known_people(vault, tenant_id, PEOPLE, rows)
    kinds: tuple[PersonKind, ...] = ("learner", "staff")
    people: dict[str, Person] = {}
    for kind in kinds:
        wanted = [Identifier("user", str(row["user_id"])) for row in rows if row["kind"] == kind]
        people |= {one.value: person for one, person in vault.ensure(tenant_id, wanted, kind=kind).items()}
    rows = [row for row in rows if str(row["user_id"]) in people]  # the others were erased
    names = vault.display_names(tenant_id, [person.learner_key for person in people.values()])
    described: dict[tuple[str | None, str | None], dict[str, str]] = {}
    changed = 0
    for row in rows:
        person = people[str(row["user_id"])]
        name, persona, zone = str(row["display_name"]), _text(row["persona"]), _text(row["time_zone"])
        same = (
            names.get(person.learner_key) == name
            and persona in (None, person.persona)
            and zone in (None, person.time_zone)
        )
        if not same:
            described.setdefault((persona, zone), {})[person.learner_key] = name
            changed += row["user_id"] in known
    for (persona, zone), people_names in described.items():
        vault.describe(tenant_id, people_names, persona=persona, time_zone=zone)
    new = sum(row["user_id"] not in known for row in rows)
    return LoadReport(PEOPLE.name, len(rows), new, changed, len(rows) - new - changed)


def _with_keys(files: RecordFiles, table: Record, tenant_id: str, vault: IdentityVault) -> Iterator[Row]:
    """Rows as the table has them, people by key; whoever was erased does not come back."""
    columns = person_columns(table)
    for rows in stretches(files, table):
        people = known_people(vault, tenant_id, table, rows)
        for row in rows:
            if all(row.get(column) is None or str(row[column]) in people for column in columns):
                yield {
                    one.name: people[str(row[one.outside])].learner_key
                    if one.kind == "person" and row[one.outside] is not None
                    else row[one.outside]
                    for one in table.fields
                    if one.outside in row
                }


def _inside(table: Record, named: set[str]) -> frozenset[str]:
    return frozenset(one.name for one in table.fields if one.outside in named)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
