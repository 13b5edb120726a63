"""Records: loading is idempotent and all or nothing, circles are named, files are checked line by line."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from akademos.catalogue.records import BY_NAME, RECORDS
from akademos.catalogue.records.declaration import Record
from akademos.catalogue.records.policies import RECORD_LIMITS
from akademos.errors import InputError, NotFound
from akademos.intake.record_checks import FileCheck
from akademos.intake.record_circles import Edges
from akademos.intake.record_files import Problem, Problems
from akademos.intake.record_rows import RecordFiles, read_folder
from akademos.intake.record_sources import Numbered
from akademos.intake.records import RecordsError, import_records, keep_records
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.records import PostgresRecords
from akademos.stores.postgres.vault import PostgresVault

FILES = {
    "courses.csv": "course_id,title,starts_on\nbio,Biology,2026-01-05\n",
    "topics.csv": "topic_id,parent_id,course_id,name,position\nbody,,bio,The body,0\nheart,body,bio,Heart,1\n"
    "blood,body,bio,Blood,2\n",
    "topic_relationships.csv": "from_topic,to_topic,kind\nblood,heart,prerequisite\n",
    "items.csv": "question_id,course_id,topic_ids\nq1,bio,heart;blood\nq2,bio,blood\n",
    "materials.csv": 'material_id,course_id,kind,title,topic_ids\nm1,bio,reading,"Pumps, and more",heart\n',
    "exams.csv": "exam_id,course_id,name\nfinal,bio,Final\n",
    "exam_weights.csv": "exam_id,section,topic_id,weight\nfinal,A,heart,7.5\nfinal,B,heart,2\nfinal,B,blood,3\n",
    "people.csv": "user_id,kind,persona,time_zone,display_name\nada,learner,student,Europe/Berlin,Ada L.\n"
    "ben,learner,,,Ben\nina,staff,instructor,,Ina\n",
    "enrolments.csv": "user_id,course_id,registered_on,withdrawn_on\nada,bio,2026-01-05,\n"
    "ben,bio,2026-01-05,2026-02-01\n",
    "staff_assignments.csv": "user_id,course_id,role\nina,bio,instructor\n",
    "advisees.csv": "advisor_id,user_id,starts_on,ends_on\nina,ben,2026-01-05,\n",
    "learner_targets.csv": "user_id,exam_id,target_date\nada,final,2026-06-30\n",
}


@pytest.fixture
def records(database: Database, keys: Keys) -> PostgresRecords:
    return PostgresRecords(database, keys)


@pytest.fixture
def vault(database: Database, keys: Keys) -> PostgresVault:
    return PostgresVault(database, keys)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def topic(topic_id: str, parent_id: str | None = None) -> dict[str, object]:
    return {"topic_id": topic_id, "parent_id": parent_id, "name": topic_id}


def needs(before: str, after: str) -> dict[str, object]:
    return {"from_topic": before, "to_topic": after, "kind": "prerequisite"}


def test_loading_again_changes_nothing(records: PostgresRecords, tenant: str) -> None:
    rows = [topic("b", "a"), topic("a")]  # a child may stand before its parent
    first = records.load(tenant, "topics", rows, actor="test")
    version = records.curriculum_version(tenant)
    again = records.load(tenant, "topics", rows, actor="test")
    assert (first.new, first.changed, first.unchanged) == (2, 0, 0)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    assert records.curriculum_version(tenant) == version == 1


def test_a_changed_row_is_updated_and_makes_a_new_version(records: PostgresRecords, tenant: str) -> None:
    records.load(tenant, "topics", [topic("a"), topic("b")], actor="test")
    before = records.curriculum(tenant)
    report = records.load(tenant, "topics", [topic("a"), {**topic("b"), "name": "Bees"}], actor="test")
    assert (report.new, report.changed, report.unchanged) == (0, 1, 1)
    after = records.curriculum(tenant)
    assert after.version == before.version + 1
    assert dict(after.tables["topics"].select("topic_id", "name").iter_rows()) == {"a": "a", "b": "Bees"}
    assert before.tables["topics"]["name"].to_list() == ["a", "b"]


def test_curriculum_is_cached_per_version(records: PostgresRecords, database: Database, tenant: str) -> None:
    records.load(tenant, "topics", [topic("a")], actor="test")
    once = records.curriculum(tenant)
    assert records.curriculum(tenant) is once
    PostgresRecords(database, records._keys).load(tenant, "topics", [topic("b")], actor="test")  # another process
    assert records.curriculum(tenant).tables["topics"].height == 2


def test_empty_curriculum_has_every_table_with_its_columns(records: PostgresRecords, tenant: str) -> None:
    tables = records.curriculum(tenant).tables
    assert tables["items"].schema["topic_ids"].is_nested()
    assert tables["exam_weights"].columns == ["exam_id", "topic_id", "weight"]
    assert all(table.height == 0 for table in tables.values())


def test_prerequisite_circle_is_refused_named_and_nothing_is_kept(records: PostgresRecords, tenant: str) -> None:
    records.load(tenant, "topics", [topic(name) for name in "abcd"], actor="test")
    records.load(tenant, "topic_relationships", [needs("a", "b"), needs("b", "c")], actor="test")
    with pytest.raises(InputError, match="circle") as refusal:
        records.load(tenant, "topic_relationships", [needs("c", "a"), needs("a", "d")], actor="test")
    named = refusal.value.reason.split(": ")[1].rstrip(".").split(" > ")
    assert named[0] == named[-1]
    assert set(named) == {"a", "b", "c"}
    assert records.curriculum(tenant).tables["topic_relationships"].height == 2
    assert records.curriculum_version(tenant) == 2


def test_related_topics_may_stand_in_a_circle(records: PostgresRecords, tenant: str) -> None:
    records.load(tenant, "topics", [topic("a"), topic("b")], actor="test")
    rows = [{**needs("a", "b"), "kind": "related"}, {**needs("b", "a"), "kind": "related"}]
    assert records.load(tenant, "topic_relationships", rows, actor="test").new == 2


def test_parent_circle_is_refused_and_named(records: PostgresRecords, tenant: str) -> None:
    records.load(tenant, "topics", [topic("a"), topic("b", "a")], actor="test")
    with pytest.raises(InputError, match=r"topic tree goes in a circle: (a > b > a|b > a > b)"):
        records.load(tenant, "topics", [topic("a", "b")], actor="test")


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("topics", topic("a", "nowhere")),
        ("exam_weights", {"exam_id": "none", "topic_id": "none", "weight": 3}),
        ("learning_courses", {"course_id": "c", "title": "C", "status": "lost"}),
        ("learning_courses", {"course_id": "c", "title": "C", "starts_on": "someday"}),
        ("enrolments", {"learner_key": "not-a-key", "course_id": "c"}),
        ("topics", {**topic("a"), "colour": "red"}),
        ("colours", {}),
    ],
)
def test_what_cannot_be_kept_is_an_input_error(
    records: PostgresRecords, tenant: str, table: str, row: dict[str, object]
) -> None:
    with pytest.raises(InputError):
        records.load(tenant, table, [row], actor="test")
    assert records.curriculum_version(tenant) == 0


def test_the_same_key_twice_in_one_load_is_refused(records: PostgresRecords, tenant: str) -> None:
    with pytest.raises(InputError, match="twice"):
        records.load(tenant, "topics", [topic("a"), topic("a")], actor="test")


def test_unknown_tenant(records: PostgresRecords, vault: PostgresVault, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        records.load("nobody", "topics", [topic("a")], actor="test")
    with pytest.raises(NotFound):
        import_records(write(tmp_path, FILES), "nobody", records, vault, actor="test")


def test_import_then_again(
    records: PostgresRecords, vault: PostgresVault, database: Database, tenant: str, tmp_path: Path
) -> None:
    folder = write(tmp_path, FILES)
    reports = {one.table: one for one in import_records(folder, tenant, records, vault, actor="test")}
    assert set(reports) == {"people"} | {table.name for table in RECORDS if table.file in FILES}
    assert all(one.new == one.read and not one.changed for one in reports.values())
    version = records.curriculum_version(tenant)
    with database.pipeline() as transaction:
        sealed = transaction.execute("SELECT display_name FROM people ORDER BY learner_key").fetchall()
    for one in import_records(folder, tenant, records, vault, actor="test"):
        assert (one.new, one.changed, one.unchanged) == (0, 0, one.read)
    assert records.curriculum_version(tenant) == version
    with database.pipeline() as transaction:
        assert transaction.execute("SELECT display_name FROM people ORDER BY learner_key").fetchall() == sealed


def test_imported_people_and_their_courses(
    records: PostgresRecords, vault: PostgresVault, database: Database, tenant: str, tmp_path: Path
) -> None:
    with database.pipeline() as transaction:
        transaction.execute("UPDATE tenants SET time_zone = 'Asia/Tokyo'")
    import_records(write(tmp_path, FILES), tenant, records, vault, actor="test")
    found = vault.find(tenant, [Identifier("user", name) for name in ("ada", "ben", "ina")])
    ada, ben, ina = (found[Identifier("user", name)] for name in ("ada", "ben", "ina"))
    assert (ada.kind, ada.persona, ada.time_zone) == ("learner", "student", "Europe/Berlin")
    assert (ina.kind, ina.persona) == ("staff", "instructor")
    assert vault.display_names(tenant, [ada.learner_key]) == {ada.learner_key: "Ada L."}
    assert records.learners_of(tenant, ina.learner_key) == [ada.learner_key]  # Ben has withdrawn
    assert records.learners_of(tenant, ada.learner_key) == []
    tables = records.curriculum(tenant).tables
    assert dict(tables["learners"].iter_rows()) == {
        ada.learner_key: "Europe/Berlin",
        ben.learner_key: "Asia/Tokyo",  # the tenant's
    }
    assert tables["enrolments"].rows() == [(ada.learner_key, "bio")]
    assert dict(tables["exam_weights"].select("topic_id", "weight").iter_rows()) == {
        "heart": 7.5,
        "blood": 3.0,
    }
    assert tables["items"].rows() == [("q1", "bio", ["heart", "blood"]), ("q2", "bio", ["blood"])]


def test_a_person_who_moves_makes_a_new_version(
    records: PostgresRecords, vault: PostgresVault, tenant: str, tmp_path: Path
) -> None:
    import_records(write(tmp_path, FILES), tenant, records, vault, actor="test")
    version = records.curriculum_version(tenant)
    moved = FILES["people.csv"].replace("Europe/Berlin", "Europe/Lisbon")
    reports = import_records(write(tmp_path, {"people.csv": moved}), tenant, records, vault, actor="test")
    assert (reports[0].table, reports[0].changed, reports[0].unchanged) == ("people", 1, 2)
    assert records.curriculum_version(tenant) > version
    assert "Europe/Lisbon" in records.curriculum(tenant).tables["learners"]["time_zone"].to_list()


BROKEN = {
    "courses.csv": "course_id,title,starts_on\nbio,Biology,soon\n,Nameless,\nbio,Twice,\n",
    "topics.csv": 'topic_id,parent_id,course_id,name,position\nbody,,bio,"The\nbody",x\nheart,head,chem,Heart,1\n',
    "exam_weights.csv": "exam_id,topic_id,weight\nfinal,heart,11\nfinal,heart\n",
    "items.csv": "question_id,topics\nq1,heart\n",
    "people.csv": "user_id,time_zone,display_name\nada,Mars/Olympus,Ada\n",
    "enrolments.csv": "user_id,course_id\neve,bio\n",
}


def test_every_problem_is_reported_with_file_and_line_and_nothing_is_kept(
    records: PostgresRecords, vault: PostgresVault, tenant: str, tmp_path: Path
) -> None:
    with pytest.raises(RecordsError) as refusal:
        import_records(write(tmp_path, BROKEN), tenant, records, vault, actor="test")
    found = {(one.file, one.line, one.column) for one in refusal.value.problems}
    assert found == {
        ("courses.csv", 2, "starts_on"),  # no date
        ("courses.csv", 3, "course_id"),  # empty
        ("topics.csv", 2, "position"),  # no integer; this row ends on line 3
        ("topics.csv", 4, "parent_id"),  # no such topic
        ("topics.csv", 4, "course_id"),  # no such course
        ("exam_weights.csv", 2, "weight"),  # over 10
        ("exam_weights.csv", 3, None),  # a cell short
        ("items.csv", 1, None),  # unknown column, missing column
        ("people.csv", 2, "time_zone"),
        ("enrolments.csv", 2, "user_id"),  # nobody
    }
    assert "enrolments.csv, line 2: user_id there is no person `eve`" in refusal.value.reason
    assert vault.find(tenant, [Identifier("user", "ada")]) == {}
    assert records.curriculum_version(tenant) == 0


def test_circles_in_files_are_named_with_the_line_that_closes_them(
    records: PostgresRecords, vault: PostgresVault, tenant: str, tmp_path: Path
) -> None:
    records.load(tenant, "topics", [topic(name) for name in "abc"], actor="test")
    records.load(tenant, "topic_relationships", [needs("a", "b")], actor="test")
    files = {
        "topics.csv": "topic_id,parent_id,name\nx,y,X\ny,x,Y\nz,z,Z\n",
        "topic_relationships.csv": "from_topic,to_topic,kind\nb,c,prerequisite\nc,a,prerequisite\n",
    }
    with pytest.raises(RecordsError) as refusal:
        import_records(write(tmp_path, files), tenant, records, vault, actor="test")
    problems = {(one.file, one.line): one.reason for one in refusal.value.problems}
    assert set(problems) == {("topics.csv", 3), ("topics.csv", 4), ("topic_relationships.csv", 3)}
    assert set("abc") <= set(problems["topic_relationships.csv", 3].split(": ")[1].split(" > "))
    assert problems["topics.csv", 4].endswith("z > z")


def test_a_person_does_not_change_between_learner_and_staff(
    records: PostgresRecords, vault: PostgresVault, tenant: str, tmp_path: Path
) -> None:
    vault.ensure(tenant, [Identifier("user", "ada")], kind="staff")
    with pytest.raises(RecordsError, match=r"people.csv, line 2: kind this person is known as staff"):
        import_records(write(tmp_path, FILES), tenant, records, vault, actor="test")


def content(folder: Path, table: str) -> tuple[list[Numbered], list[Problem]]:
    """Rows of a table's file and what is wrong in it."""
    problems: list[Problem] = []
    return [numbered for _, numbered in read_folder(folder).rows(BY_NAME[table], problems)], problems


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (b"course_id,title\nok,Fine\nbad,\xff\xfe\n", 3),
        (b'course_id,title\nok,Fine\nbad,"never ends\n', 3),
        (b"course_id,title,title\n", 1),
        (b"", 1),
        (b"course_id,title\na,b\0c\n", 2),
    ],
)
def test_files_that_are_no_csv(tmp_path: Path, said: bytes, line: int) -> None:
    (tmp_path / "courses.csv").write_bytes(said)
    _, problems = content(tmp_path, "learning_courses")
    assert problems
    assert {one.line for one in problems} == {line}


def test_byte_order_mark_crlf_and_empty_lines_are_fine(tmp_path: Path) -> None:
    (tmp_path / "courses.csv").write_bytes(b"\xef\xbb\xbfcourse_id,title\r\n\r\nbio, Biology \r\n")
    [(line, row)], problems = content(tmp_path, "learning_courses")
    assert (line, row["title"], problems) == (3, "Biology", [])


def test_a_folder_without_record_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"courses\.csv"):
        read_folder(tmp_path)


@given(said=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_no_content_of_a_file_raises(tmp_path: Path, said: bytes) -> None:
    header = b"exam_id,section,topic_id,weight\n"
    for start in (b"", header):
        (tmp_path / "exam_weights.csv").write_bytes(start + said)
        first, again = content(tmp_path, "exam_weights"), content(tmp_path, "exam_weights")
        assert first == again


@given(edges=st.sets(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=12))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_circles_are_reported_exactly_when_there_are_some(tmp_path: Path, edges: set[tuple[str, str]]) -> None:
    """Oracle: transitive closure by matrix powers."""
    lines = "".join(f"{before},{after},prerequisite\n" for before, after in edges)
    write(tmp_path, {"topic_relationships.csv": "from_topic,to_topic,kind\n" + lines})
    circles, problems = Edges(), Problems()
    for line, row in content(tmp_path, "topic_relationships")[0]:
        circles.note(BY_NAME["topic_relationships"], "f", line, row)
    circles.name_circles(problems, parents=[], prerequisites=[])
    reach = set(edges)
    for _ in range(6):
        reach |= {(a, d) for a, b in reach for c, d in edges if b == c}
    assert bool(problems) == any(a == b for a, b in reach)


@pytest.fixture
def loader(database: Database, keys: Keys) -> tuple[PostgresRecords, PostgresVault]:
    return PostgresRecords(database, keys), PostgresVault(database, keys)


def test_rows_may_name_what_comes_later_in_a_file(
    tmp_path: Path, loader: tuple[PostgresRecords, PostgresVault], tenant: str
) -> None:
    lines = "".join(f"t{n},t{n + 1},T\n" for n in range(4_500)) + "t4500,,T\n"
    write(tmp_path, {"topics.csv": "topic_id,parent_id,name\n" + lines})
    [report] = import_records(tmp_path, tenant, *loader, actor="test")
    assert (report.new, import_records(tmp_path, tenant, *loader, actor="test")[0].unchanged) == (4_501, 4_501)
    write(tmp_path, {"topics.csv": "topic_id,parent_id,name\na,b,A\nb,c,B\n"})
    with pytest.raises(RecordsError, match=r"line 3: parent_id there is no topic `c`"):
        import_records(tmp_path, tenant, *loader, actor="test")


def test_a_key_that_comes_again_far_below_is_named_with_both_lines(
    tmp_path: Path, loader: tuple[PostgresRecords, PostgresVault], tenant: str
) -> None:
    lines = "".join(f"t{n},T\n" for n in range(5_000))
    write(tmp_path, {"topics.csv": "topic_id,name\n" + lines + "t7,Again\n"})
    with pytest.raises(RecordsError, match=r"line 5002: `t7` stands on line 9 already"):
        import_records(tmp_path, tenant, *loader, actor="test")


class Meddled(RecordFiles):
    """Files of a folder that somebody writes once they were read."""

    def __init__(self, folder: Path, after: Mapping[str, str]) -> None:
        super().__init__(read_folder(folder).sources)
        self.folder, self.after = folder, after

    def rows(self, table: Record, problems: list[Problem]) -> Iterator[tuple[str, Numbered]]:
        yield from super().rows(table, problems)
        write(self.folder, self.after)


def test_a_file_that_changes_between_check_and_load_is_not_kept(
    tmp_path: Path, loader: tuple[PostgresRecords, PostgresVault], tenant: str
) -> None:
    records, vault = loader
    for name, before, after in (
        ("topics.csv", "topic_id,name\na,A\n", "topic_id,name\na,A\nb,\n"),
        ("topics.jsonl", '{"topic_id": "a", "name": "A"}\n', '{"topic_id": "a", "name": "B"}\n'),
    ):
        folder = tmp_path / name
        folder.mkdir()
        write(folder, {name: before})
        with pytest.raises(InputError, match="changed while it was imported"):
            keep_records(Meddled(folder, {name: after}), tenant, records, vault, actor="test")
        assert records.ids(tenant, "topics") == set()


def test_problems_are_counted_when_they_are_many_and_a_line_has_an_end(
    tmp_path: Path, loader: tuple[PostgresRecords, PostgresVault], tenant: str
) -> None:
    write(tmp_path, {"topics.csv": "topic_id,name\n" + "a,\n" * 10_007})
    with pytest.raises(RecordsError, match=r"10,007 problems") as refused:
        import_records(tmp_path, tenant, *loader, actor="test")
    assert (len(refused.value.problems), refused.value.more) == (10_000, 7)
    (tmp_path / "topics.csv").unlink()
    long = '{"topic_id": "a", "name": "' + "x" * RECORD_LIMITS.body_bytes + '"}\n'
    write(tmp_path, {"topics.jsonl": '{"topic_id": "b", "name": "B"}\n' + long})
    with pytest.raises(RecordsError, match=r"topics\.jsonl, line 2: is longer than"):
        import_records(tmp_path, tenant, *loader, actor="test")


def test_memory_does_not_grow_with_the_rows(
    tmp_path: Path, loader: tuple[PostgresRecords, PostgresVault], tenant: str
) -> None:
    """Of each row some 16 bytes and a line number stay, in two tables of hashes, while a row itself is a kilobyte."""

    def peak(rows: int) -> int:
        folder = tmp_path / str(rows)
        folder.mkdir()
        with (folder / "topics.csv").open("w", encoding="utf-8") as out:
            out.write("topic_id,name,description\n")
            out.writelines(f"t{n},T,{'x' * 1_000}\n" for n in range(rows))
        check = FileCheck(read_folder(folder), tenant, *loader)
        tracemalloc.start()
        check.run()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert not check.problems
        return most

    small, large = peak(4_000), peak(16_000)
    assert (large - small) / 12_000 < 300
