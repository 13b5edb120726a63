"""Taxonomies: real ones whole, dangling edges reported and loadable later, cycles named where they stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from akademos.analytics.curriculum import prepare
from akademos.intake.records import RecordsError
from akademos.intake.taxonomies import TaxonomyReport, import_taxonomy
from akademos.privacy.pseudonyms import Keys
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.records import PostgresRecords
from akademos.stores.postgres.vault import PostgresVault


class Door:
    """Imports into one tenant."""

    def __init__(self, database: Database, keys: Keys, tenant: str) -> None:
        self.records = PostgresRecords(database, keys)
        self._vault = PostgresVault(database, keys)
        self._tenant = tenant

    def load(self, path: Path, *, complete: bool = False) -> TaxonomyReport:
        return import_taxonomy(
            path, self._tenant, self.records, self._vault, actor="command line:test", complete=complete
        )

    def edges(self) -> int:
        return self.records.curriculum(self._tenant).tables["topic_relationships"].height

    def topics(self) -> list[str]:
        return self.records.curriculum(self._tenant).tables["topics"]["topic_id"].to_list()

    def prepared(self) -> None:
        prepare(self.records.curriculum(self._tenant).tables)


@pytest.fixture
def door(database: Database, keys: Keys, tenant: str) -> Door:
    return Door(database, keys, tenant)


def test_metacademy(shared_data: Path, door: Door) -> None:
    report = door.load(shared_data / "prereq" / "metacademy")
    assert report.layout == "metacademy"
    assert {one.table: one.new for one in report.loaded} == {"topics": 393, "topic_relationships": 962}
    assert len(report.dangling) == 21
    assert {(edge.place.file, edge.missing) for edge in report.dangling} >= {
        ("prerequisites.csv", "kruskals_algorithm")
    }
    again = door.load(shared_data / "prereq" / "metacademy")
    assert sum(one.new + one.changed for one in again.loaded) == 0
    assert door.load(shared_data / "prereq" / "metacademy", complete=True).dangling == []
    assert door.edges() == 983
    door.prepared()
    # With the missing topics there, nothing dangles any more.
    assert door.load(shared_data / "prereq" / "metacademy").dangling == []


def test_esco(shared_data: Path, door: Door) -> None:
    report = door.load(shared_data / "skills" / "esco")
    assert report.layout == "esco"
    assert {one.table: one.new for one in report.loaded} == {"topics": 3 + 91 + 877, "topic_relationships": 969}
    assert len(report.dangling) == 1_970 - 969
    door.prepared()


def test_rows_with_everything(tmp_path: Path, door: Door, tenant: str) -> None:
    door.records.load(tenant, "exams", [{"exam_id": "final", "name": "Final"}], actor="command line:test")
    path = tmp_path / "body.csv"
    path.write_text(
        "topic_id,name,parent_id,prerequisites,related,weights\n"
        "body,The body,,,,\nblood,Blood,body,,,final:4\nheart,Heart,body,blood,lungs,final:7.5;final/B:2\n"
        "lungs,Lungs,body,,heart,\n"
    )
    report = door.load(path)
    assert {one.table: one.new for one in report.loaded} == {"topics": 4, "topic_relationships": 2, "exam_weights": 3}
    assert prepare(door.records.curriculum(tenant).tables).weights("final") == {"blood": 4, "heart": 7.5}


def test_json_says_the_same(tmp_path: Path, door: Door) -> None:
    topics = [{"topic_id": "a", "name": "A", "prerequisites": ["b"]}, {"topic_id": "b", "name": "B"}]
    path = tmp_path / "topics.json"
    path.write_text(json.dumps({"topics": topics}))
    door.load(path)
    lines = tmp_path / "topics.jsonl"
    lines.write_text("\n".join(map(json.dumps, topics)))
    assert sum(one.new + one.changed for one in door.load(lines).loaded) == 0
    assert door.edges() == 1


def test_a_cycle_is_named_where_it_stands(tmp_path: Path, door: Door) -> None:
    path = tmp_path / "round.csv"
    path.write_text("topic_id,name,prerequisites\na,A,c\nb,B,a\n\nc,C,b\n")
    with pytest.raises(RecordsError, match=r"round\.csv, line [235]: prerequisites go in a circle: .* > .* > .* > "):
        door.load(path)
    assert door.topics() == []


def test_problems_say_the_line_of_the_file(tmp_path: Path, door: Door) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text("topic_id,name,parent_id,position\na,A,,first\nb,,nowhere,\na,A,,\n")
    with pytest.raises(RecordsError) as refusal:
        door.load(path)
    assert {(one.line, one.column) for one in refusal.value.problems} >= {(2, "position"), (3, "name")}
    assert {one.file for one in refusal.value.problems} == {"wrong.csv"}
