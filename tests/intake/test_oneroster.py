"""OneRoster sets: back byte for byte, whole or not at all, idempotent, and no name outside the vault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.intake.oneroster_sets import FILES, content, write_set

from akademos.catalogue.declarations import Purpose
from akademos.errors import InputError, NotFound
from akademos.intake.oneroster import RosterImport, RosterReport
from akademos.intake.records import RecordsError
from akademos.jobs.roster_export import export_roster
from akademos.privacy.pseudonyms import Keys
from akademos.sources.csv_records import RawRecord, raw_records, with_cells
from akademos.stores.ports.consent import RecordedBasis
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.audit import PostgresAuditLog
from akademos.stores.postgres.consent import PostgresConsent
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.records import PostgresRecords
from akademos.stores.postgres.roster import PostgresRosters
from akademos.stores.postgres.vault import PostgresVault

TODAY = date(2026, 11, 2)
Import = Callable[[Path], RosterReport]


@pytest.fixture
def rosters(database: Database, keys: Keys) -> PostgresRosters:
    return PostgresRosters(database, keys, PostgresRecords(database, keys))


@pytest.fixture
def vault(database: Database, keys: Keys) -> PostgresVault:
    return PostgresVault(database, keys)


@pytest.fixture
def import_set(database: Database, keys: Keys, tenant: str, rosters: PostgresRosters, vault: PostgresVault) -> Import:
    basis = RecordedBasis("roster-2026", tenant, (Purpose.LEARNING_SUPPORT,), "v1", "contract", "registrar", False)
    consent = PostgresConsent(database, lambda _tenant, _name: 0, keys)
    door = RosterImport(rosters, vault, consent, basis, actor="command line:test", today=lambda: TODAY)
    return door.run


@pytest.fixture
def export(database: Database, tenant: str, rosters: PostgresRosters, tmp_path: Path) -> Callable[[], dict[str, bytes]]:
    made: list[Path] = []

    def run() -> dict[str, bytes]:
        folder = tmp_path / f"out-{len(made)}"
        made.append(folder)
        audit = PostgresAuditLog(database)
        export_roster(folder, tenant, rosters, audit, actor="command line:test", reason="nightly transfer")
        return content(folder)

    return run


def key_of(vault: PostgresVault, tenant: str, user: str) -> str:
    return vault.find(tenant, [Identifier("user", user)])[Identifier("user", user)].learner_key


def enrolments(database: Database, tenant: str) -> set[tuple[str, str, str | None, str | None]]:
    with database.pipeline() as transaction:
        rows = transaction.execute(
            "SELECT learner_key::text, course_id, registered_on::text, withdrawn_on::text FROM enrolments "
            "WHERE tenant_id = %s",
            (tenant,),
        )
        return set(rows.fetchall())


def test_a_set_comes_back_byte_for_byte(
    tmp_path: Path, import_set: Import, export: Callable[[], dict[str, bytes]]
) -> None:
    folder = write_set(tmp_path / "set")
    import_set(folder)
    assert export() == content(folder)


def test_the_same_set_again_changes_nothing(
    tmp_path: Path, import_set: Import, database: Database, tenant: str, export: Callable[[], dict[str, bytes]]
) -> None:
    folder = write_set(tmp_path / "set")
    import_set(folder)
    with database.pipeline() as transaction:
        before = transaction.execute("SELECT xmin::text, ctid::text FROM roster_rows ORDER BY 2").fetchall()
        version = transaction.execute("SELECT version FROM record_versions").fetchone()
        entries = transaction.execute("SELECT count(*) FROM audit_log").fetchone()
    report = import_set(folder)
    assert all((one.new, one.changed, one.removed) == (0, 0, 0) for one in report.files)
    assert report.records == []
    with database.pipeline() as transaction:
        assert transaction.execute("SELECT xmin::text, ctid::text FROM roster_rows ORDER BY 2").fetchall() == before
        assert transaction.execute("SELECT version FROM record_versions").fetchone() == version
        assert transaction.execute("SELECT count(*) FROM audit_log").fetchone() == entries
    assert export() == content(folder)


def test_records_follow(
    tmp_path: Path, import_set: Import, database: Database, tenant: str, vault: PostgresVault
) -> None:
    import_set(write_set(tmp_path / "set"))
    ada, ben, tess = (key_of(vault, tenant, one) for one in ("user-ada-0001", "user-ben-0002", "user-tess-0004"))
    # Ben's ends with the course, so it was completed; Ada left mathematics before its end.
    assert enrolments(database, tenant) == {
        (ada, "c-bio", "2026-09-01", None),
        (ada, "c-math", "2026-09-01", "2026-10-15"),
        (ben, "c-bio", "2026-09-08", None),
    }
    with database.pipeline() as transaction:
        assert transaction.execute("SELECT learner_key::text, course_id, role FROM staff_assignments").fetchall() == [
            (tess, "c-bio", "instructor")
        ]
        assert transaction.execute(
            "SELECT course_id, title, starts_on::text, ends_on::text FROM learning_courses ORDER BY 1"
        ).fetchall() == [
            ("c-bio", 'Biology "A"', "2026-09-01", "2027-01-30"),
            ("c-math", "Mathematics", "2026-09-01", "2027-07-31"),
        ]
        assert transaction.execute("SELECT learner_key::text, exam_id, score, grade FROM exam_outcomes").fetchall() == [
            (ada, "l1", 0.875, "B+")
        ]
        assert transaction.execute(
            "SELECT offering_id, course_id, term_id, organisation_id FROM course_offerings WHERE offering_id = 'k-math'"
        ).fetchall() == [("k-math", "c-math", "y-2027", "o-south")]
        assert transaction.execute("SELECT term_id, parent_id, ends_on::text FROM terms ORDER BY 1").fetchall() == [
            ("t-autumn", "y-2027", "2027-01-30"),
            ("y-2027", None, "2027-07-31"),
        ]
    assert vault.display_names(tenant, [ada]) == {ada: "Ada Lovelace"}
    kinds = vault.find(tenant, [Identifier("user", one) for one in ("user-anna-0003", "user-tess-0004")])
    assert sorted(one.kind for one in kinds.values()) == ["learner", "staff"]


def test_no_name_or_id_of_a_person_outside_the_vault(tmp_path: Path, import_set: Import, database: Database) -> None:
    import_set(write_set(tmp_path / "set"))
    with database.pipeline() as transaction:
        tables = [
            name
            for (name,) in transaction.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'akademos'::regnamespace AND relkind IN ('r', 'p') "
                "AND NOT relispartition AND has_table_privilege(oid, 'SELECT')"
            )
        ]
        assert {"roster_rows", "enrolments", "audit_log"} <= set(tables)
        for table in tables:
            rows = transaction.execute(f"SELECT row_to_json(t)::text FROM akademos.{table} t").fetchall()
            raw = transaction.execute(
                f"SELECT convert_from(content, 'SQL_ASCII') FROM akademos.{table} WHERE learner_key IS NULL"
                if table == "roster_rows"
                else "SELECT ''"
            ).fetchall()
            text = "".join(str(row[0]) for row in (*rows, *raw))
            for needle in ("Lovelace", "ada.king", "user-ada", "ada@example.org", "user-tess", "Well done"):
                assert needle not in text, (table, needle)
                assert needle.encode().hex() not in text, (table, needle)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("enrollments.csv", "k-math,o-south", "k-none,o-south", "enrollments.csv, line 3: classSourcedId names a row"),
        ("users.csv", "Bee", "", "users.csv, line 3: familyName is empty"),
        ("users.csv", "user-ben-0002", "user-ada-0001", "users.csv, line 3: sourcedId stands in the file already"),
        ("courses.csv", "metadata.credits", "credits", "the column `credits` is not known"),
        ("courses.csv", ",4", "", "courses.csv, line 3: has 10 cells, the header 11"),
        ("results.csv", "17.5", "lots", "results.csv, line 2: score `lots` is no number"),
        ("orgs.csv", '"school"', '"castle"', "orgs.csv, line 2: type is `castle`, not one of"),
        ("academicSessions.csv", "2027-01-31", "31.1.2027", "line 2: endDate `31.1.2027` is no date"),
        ("roles.csv", "r4,,,", "r4,tobedeleted,,", "roles.csv, line 5: status is tobedeleted in a bulk file"),
        ("manifest.csv", "file.orgs,bulk", "file.orgs,absent", "orgs.csv is there and not announced"),
        ("manifest.csv", "oneroster.version,1.2", "oneroster.version,1.1", "oneroster.version is `1.1`"),
        ("classes.csv", "t-autumn", "t-autumn\x07", "holds a control character"),
        ("demographics.csv", "user-ada-0001", "user-eve-0009", "demographics.csv, line 2: sourcedId names a row that"),
    ],
)  # fmt: skip
def test_one_wrong_cell_and_nothing_is_kept(
    tmp_path: Path, import_set: Import, database: Database, file: str, old: str, new: str, said: str
) -> None:
    folder = write_set(tmp_path / "set")
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(path.read_bytes().decode().replace(old, new), encoding="utf-8", newline="")
    with pytest.raises(RecordsError) as refusal:
        import_set(folder)
    assert said in refusal.value.reason
    assert "user-e" not in refusal.value.reason  # ids of people are not repeated
    with database.pipeline() as transaction:
        for table in ("roster_rows", "people", "learning_courses", "enrolments", "bases"):
            assert transaction.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_every_problem_of_every_file_is_named(tmp_path: Path, import_set: Import) -> None:
    folder = write_set(tmp_path / "set")
    for file, old, new in (
        ("users.csv", "true,ben.bee", "yes,ben.bee"),
        ("enrollments.csv", "teacher", "lecturer"),
        ("orgs.csv", "South", "\udcff"),
    ):
        raw = (folder / file).read_bytes().decode().replace(old, new)
        (folder / file).write_bytes(raw.encode("utf-8", "surrogateescape"))
    with pytest.raises(RecordsError) as refusal:
        import_set(folder)
    named = {(one.file, one.line, one.column) for one in refusal.value.problems}
    assert {
        ("users.csv", 3, "enabledUser"),
        ("enrollments.csv", 5, "role"),
        ("orgs.csv", 2, None),
    } <= named


DELTA = {
    "users.csv": FILES["users.csv"].splitlines(keepends=True)[0]
    + "user-cleo-0005,active,2026-10-20T08:00:00.000Z,true,cleo,,Cleo,Cee,,,,,,,,,,,,,o-south,\r\n"
    "user-ben-0002,tobedeleted,2026-10-20T08:00:00.000Z,,,,,,,,,,,,,,,,,,,\r\n",
    "roles.csv": FILES["roles.csv"].splitlines(keepends=True)[0]
    + "r2,tobedeleted,2026-10-20T08:00:00.000Z,user-ben-0002,primary,student,,,o-south,\r\n"
    "r5,active,2026-10-20T08:00:00.000Z,user-cleo-0005,primary,student,,,o-south,\r\n",
    "enrollments.csv": FILES["enrollments.csv"].splitlines(keepends=True)[0]
    + "e3,tobedeleted,2026-10-20T08:00:00.000Z,k-bio-2,o-south,user-ben-0002,student,,,\r\n"
    "e4,tobedeleted,2026-10-20T08:00:00.000Z,k-bio-1,o-south,user-tess-0004,teacher,,,\r\n"
    "e5,active,2026-10-20T08:00:00.000Z,k-bio-1,o-south,user-cleo-0005,student,,2026-10-20,\r\n",
}


def test_a_delta_changes_what_it_names(
    tmp_path: Path,
    import_set: Import,
    database: Database,
    tenant: str,
    vault: PostgresVault,
    export: Callable[[], dict[str, bytes]],
) -> None:
    import_set(write_set(tmp_path / "set"))
    delta = write_set(tmp_path / "delta", DELTA, "delta")
    report = import_set(delta)
    counts = {one.file: (one.new, one.changed, one.removed) for one in report.files}
    assert counts == {"users.csv": (1, 0, 1), "roles.csv": (1, 0, 1), "enrollments.csv": (1, 0, 2)}
    ben, cleo = key_of(vault, tenant, "user-ben-0002"), key_of(vault, tenant, "user-cleo-0005")
    found = enrolments(database, tenant)
    assert (ben, "c-bio", "2026-09-08", TODAY.isoformat()) in found
    assert (cleo, "c-bio", "2026-10-20", None) in found
    with database.pipeline() as transaction:
        assert transaction.execute("SELECT count(*) FROM staff_assignments").fetchone() == (0,)
        entries = transaction.execute(
            "SELECT detail FROM audit_log WHERE action = 'role.changed' ORDER BY seq"
        ).fetchall()
    assert [orjson.loads(detail).keys() & {"assigned", "removed"} for (detail,) in entries] == [
        {"assigned"},
        {"removed"},
    ]
    again = import_set(delta)
    assert all((one.new, one.changed, one.removed) == (0, 0, 0) for one in again.files)
    assert enrolments(database, tenant) == found
    out = export()
    assert b"user-ben-0002" not in b"".join(out.values())
    assert out["courses.csv"] == FILES["courses.csv"].encode()
    assert b"file.users,bulk" in out["manifest.csv"]
    assert b"user-cleo-0005" in out["enrollments.csv"]


def test_what_a_bulk_set_leaves_out_ends(
    tmp_path: Path, import_set: Import, database: Database, tenant: str, vault: PostgresVault
) -> None:
    import_set(write_set(tmp_path / "set"))
    fewer = {**FILES, "enrollments.csv": FILES["enrollments.csv"].replace(
        "e1,,,k-bio-1,o-south,user-ada-0001,student,,2026-09-01,\r\n", "")}  # fmt: skip
    import_set(write_set(tmp_path / "fewer", fewer))
    ada = key_of(vault, tenant, "user-ada-0001")
    assert (ada, "c-bio", "2026-09-01", TODAY.isoformat()) in enrolments(database, tenant)


def test_what_changed_here_is_in_the_set_that_leaves(
    tmp_path: Path,
    import_set: Import,
    database: Database,
    tenant: str,
    vault: PostgresVault,
    export: Callable[[], dict[str, bytes]],
) -> None:
    import_set(write_set(tmp_path / "set"))
    ada = key_of(vault, tenant, "user-ada-0001")
    with database.pipeline() as transaction:
        transaction.execute("UPDATE learning_courses SET title = 'Maths, applied' WHERE course_id = 'c-math'")
        transaction.execute(
            "UPDATE enrolments SET withdrawn_on = '2026-10-30' WHERE learner_key = %s AND course_id = 'c-bio'", (ada,)
        )
    out = export()
    assert out["courses.csv"] == FILES["courses.csv"].replace("Mathematics", '"Maths, applied"').encode()
    first = "e1,,,k-bio-1,o-south,user-ada-0001,student,,2026-09-01,"
    assert out["enrollments.csv"].decode() == FILES["enrollments.csv"].replace(first, first + "2026-10-30")


def test_whoever_goes_from_the_vault_goes_from_the_set(
    tmp_path: Path,
    import_set: Import,
    database: Database,
    tenant: str,
    vault: PostgresVault,
    export: Callable[[], dict[str, bytes]],
) -> None:
    folder = write_set(tmp_path / "set")
    import_set(folder)
    with database.pipeline() as transaction:
        transaction.execute("DELETE FROM people WHERE learner_key = %s", (key_of(vault, tenant, "user-anna-0003"),))
    out = export()
    assert b"file.results,bulk" in out["manifest.csv"]
    assert b"user-anna" not in b"".join(out.values())  # nor as Ada's agent
    assert out["enrollments.csv"] == (folder / "enrollments.csv").read_bytes()
    with database.pipeline() as transaction:
        transaction.execute("DELETE FROM people WHERE learner_key = %s", (key_of(vault, tenant, "user-ada-0001"),))
    out = export()
    assert "results.csv" not in out  # the standard has no file without rows
    assert b"file.results,absent" in out["manifest.csv"]


def test_nothing_to_export(export: Callable[[], dict[str, bytes]], database: Database) -> None:
    with pytest.raises(NotFound):
        export()
    with database.pipeline() as transaction:
        assert transaction.execute("SELECT count(*) FROM audit_log").fetchone() == (0,)


def test_a_folder_with_something_in_it_is_left_alone(
    tmp_path: Path, import_set: Import, database: Database, tenant: str, rosters: PostgresRosters
) -> None:
    import_set(write_set(tmp_path / "set"))
    with pytest.raises(InputError):
        export_roster(
            tmp_path / "set", tenant, rosters, PostgresAuditLog(database), actor="command line:test", reason="none"
        )


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=8)


@given(st.lists(CELL, min_size=2, max_size=5), st.booleans(), st.data())
def test_a_changed_cell_leaves_the_others_as_they_are(cells: list[str], quoted: bool, data: st.DataObject) -> None:
    def written(cell: str) -> str:
        needs = quoted or any(sign in cell for sign in '",') or not cell
        return '"' + cell.replace('"', '""') + '"' if needs else cell

    parts = [written(cell) for cell in cells]
    place = data.draw(st.integers(0, len(cells) - 1))
    value = data.draw(CELL)
    text = with_cells(",".join(parts) + "\r\n", {place: value})
    (record,) = [one for one in raw_records([text]) if isinstance(one, RawRecord)]
    assert list(record.cells) == [*cells[:place], value, *cells[place + 1 :]]
    begin, end = ",".join([*parts[:place], ""]), ",".join(["", *parts[place + 1 :]]) + "\r\n"
    assert text.startswith(begin)
    assert text.endswith(end)
