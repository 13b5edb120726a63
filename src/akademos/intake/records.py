"""Record files at the door: a folder of CSV files is checked whole, with file and line, before a row is kept.

Each record table has its file (catalogue.records), and people have `people.csv`. A file may be
missing; a column that may be empty may be missing; topic lists are separated by semicolons. Names and ids of
people go into the identity vault, the record tables know them by key only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from akademos.catalogue.records import BY_NAME, LOADED
from akademos.catalogue.records.declaration import Record
from akademos.errors import InputError
from akademos.intake.record_checks import check_cycles, check_people, check_references
from akademos.intake.record_files import Problem
from akademos.intake.record_rows import PEOPLE, Row, read_folder
from akademos.stores.ports.identity import Identifier, IdentityVault, Person, PersonKind
from akademos.stores.ports.records import LoadReport, Records

PROBLEMS_NAMED = 50


class RecordsError(InputError):
    """Record files with something wrong in them; nothing was kept. `problems` has all of it."""

    code = "records_refused"

    def __init__(self, problems: list[Problem]) -> None:
        named = "\n".join(str(one) for one in problems[:PROBLEMS_NAMED])
        more = len(problems) - PROBLEMS_NAMED
        rest = f"\nand {more} more" if more > 0 else ""
        super().__init__(
            f"The records have {len(problems)} problem{'s' if len(problems) > 1 else ''}:\n{named}{rest}\n",
            hint="Nothing was kept; mend the lines and import again.",
        )
        self.problems = problems


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
    files = read_folder(folder)
    records.load_all(tenant_id, {}, actor=actor)  # refuses an unknown tenant before anybody is entered
    people = vault.find(tenant_id, [Identifier("user", user) for user in sorted(files.user_ids())])
    known = {identifier.value: person for identifier, person in people.items()}
    check_people(files, known)
    tables = records.curriculum(tenant_id).tables
    referred = {one.refers for table in LOADED if table.name in files.rows for one in table.fields}
    check_references(
        files,
        {name: records.ids(tenant_id, name) for name in referred if name is not None} | {"people": set(known)},
    )
    relationships = tables["topic_relationships"]
    check_cycles(
        files,
        parents=tables["topics"].select("topic_id", "parent_id").iter_rows(),
        prerequisites=relationships.filter(relationships["kind"] == "prerequisite")
        .select("from_topic", "to_topic")
        .iter_rows(),
    )
    if files.problems:
        raise RecordsError(files.problems)
    reports = [_enter_people(files.rows[PEOPLE.name], tenant_id, vault, known)] if PEOPLE.name in files.rows else []
    keys = {
        identifier.value: person.learner_key
        for identifier, person in vault.find(
            tenant_id, [Identifier("user", user) for user in sorted(files.user_ids())]
        ).items()
    }
    if reports and (reports[0].new or reports[0].changed):
        records.touch(tenant_id)
    return reports + records.load_all(
        tenant_id,
        {
            name: [
                _with_keys(BY_NAME[name], row, keys)
                for row in rows
                if _people_in(BY_NAME[name], row) <= keys.keys()  # else erased: nothing of them comes back
            ]
            for name, rows in files.rows.items()
            if name != PEOPLE.name
        },
        actor=actor,
    )


def _enter_people(rows: list[Row], tenant_id: str, vault: IdentityVault, known: Mapping[str, Person]) -> LoadReport:
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


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _people_in(table: Record, row: Row) -> set[str]:
    return {str(row[one.outside]) for one in table.fields if one.kind == "person" and row.get(one.outside) is not None}


def _with_keys(table: Record, row: Row, keys: Mapping[str, str]) -> Row:
    """The row as the table has it: people by key."""
    return {
        one.name: keys[str(row[one.outside])]
        if one.kind == "person" and row[one.outside] is not None
        else row[one.outside]
        for one in table.fields
        if one.outside in row
    }
