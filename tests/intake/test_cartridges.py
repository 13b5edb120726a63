"""Common Cartridges: structure loaded once, and nothing of a hostile archive does anything."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from akademos.errors import InputError
from akademos.intake.cartridges import CartridgeReport, import_cartridge
from akademos.intake.records import RecordsError
from akademos.privacy.pseudonyms import Keys
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.records import PostgresRecords

MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="cc-bio" xmlns="http://www.imsglobal.org/xsd/imsccv1p3/imscp_v1p1"
    xmlns:lomimscc="http://ltsc.ieee.org/xsd/imsccv1p3/LOM/manifest">
  <metadata><schema>IMS Common Cartridge</schema><schemaversion>1.3.0</schemaversion>
    <lomimscc:lom><lomimscc:general><lomimscc:title><lomimscc:string language="en">Biology &amp; life</lomimscc:string>
    </lomimscc:title></lomimscc:general></lomimscc:lom></metadata>
  <organizations><organization identifier="org" structure="rooted-hierarchy"><item identifier="root">
    <item identifier="m1"><title>Cells</title>
      <item identifier="l1" identifierref="r1"><title>What a cell is</title></item>
      <item identifier="f1"><title>Deeper</title>
        <item identifier="l2" identifierref="r2"><title>Film</title></item></item></item>
    <item identifier="m2" identifierref="r3"><title>Test</title></item>
    <item identifier="m3"><title>Nothing in it</title></item>
  </item></organization></organizations>
  <resources>
    <resource identifier="r1" type="webcontent" href="cells/one.html"><file href="cells/one.html"/></resource>
    <resource identifier="r2" type="webcontent" href="cells/film.mp4"><file href="cells/film.mp4"/></resource>
    <resource identifier="r3" type="imsqti_xmlv1p2/imscc_xmlv1p3/assessment"><file href="q/quiz.xml"/></resource>
  </resources>
</manifest>"""


def cartridge(folder: Path, manifest: str, name: str = "course.imscc") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("imsmanifest.xml", manifest)
        archive.writestr("cells/one.html", "<p>x</p>")
        archive.writestr("q/quiz.xml", "<x/>")
        archive.writestr("../../escaped.txt", "never written")
    return path


@pytest.fixture
def records(database: Database, keys: Keys) -> PostgresRecords:
    return PostgresRecords(database, keys)


def load(path: Path, tenant: str, records: PostgresRecords) -> CartridgeReport:
    return import_cartridge(path, tenant, records, actor="command line:test")


def test_structure(tmp_path: Path, database: Database, tenant: str, records: PostgresRecords) -> None:
    report = load(cartridge(tmp_path, MANIFEST), tenant, records)
    assert report.missing == ["cells/film.mp4"]
    with database.pipeline() as transaction:
        assert transaction.execute("SELECT course_id, title, status FROM learning_courses").fetchall() == [
            ("cc-bio", "Biology & life", "draft")
        ]
        assert transaction.execute("SELECT module_id, title, position FROM learning_modules ORDER BY 3").fetchall() == [
            ("cc-bio/m1", "Cells", 0),
            ("cc-bio/m2", "Test", 1),
        ]
        assert transaction.execute(
            "SELECT lesson_id, module_id, title, content_type FROM learning_lessons ORDER BY module_id, position"
        ).fetchall() == [
            ("cc-bio/l1", "cc-bio/m1", "What a cell is", "page"),
            ("cc-bio/l2", "cc-bio/m1", "Deeper: Film", "video"),
            ("cc-bio/m2", "cc-bio/m2", "Test", "quiz"),
        ]
        assert transaction.execute("SELECT media_reference FROM learning_video_lessons").fetchall() == [
            ("cells/film.mp4",)
        ]
    again = load(cartridge(tmp_path, MANIFEST), tenant, records)
    assert sum(one.new + one.changed for one in again.loaded) == 0
    assert not list(tmp_path.parent.rglob("escaped.txt"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<manifest ", '<!DOCTYPE m [<!ENTITY a "ha">]><manifest ', "document type"),
        ("imsccv1p3/imscp_v1p1", "imscp_v1p1", "not the manifest of a Common Cartridge"),
        ('identifierref="r1"', 'identifierref="r9"', "leads to a resource that is not declared"),
        ('<file href="cells/one.html"/>', '<file href="../../etc/passwd"/>', "outside of the cartridge"),
        ('identifier="l2"', 'identifier="l1"', "`l1` comes twice"),
        ("</manifest>", "", "no XML"),
    ],
)
def test_refusals(tmp_path: Path, tenant: str, records: PostgresRecords, old: str, new: str, said: str) -> None:
    assert old in MANIFEST
    with pytest.raises(InputError, match=said):
        load(cartridge(tmp_path, MANIFEST.replace(old, new)), tenant, records)
    assert records.ids(tenant, "learning_courses") == set()


def test_no_archive(tmp_path: Path, tenant: str, records: PostgresRecords) -> None:
    (tmp_path / "text.imscc").write_text("no archive")
    with pytest.raises(InputError, match="no archive"):
        load(tmp_path / "text.imscc", tenant, records)
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "nowhere.imscc", tenant, records)


def test_a_bomb_is_not_unpacked(tmp_path: Path, tenant: str, records: PostgresRecords) -> None:
    path = cartridge(tmp_path, MANIFEST + " " * (33 * 1024 * 1024))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(InputError, match="larger than 32 MB"):
        load(path, tenant, records)


def test_problems_are_named_together(tmp_path: Path, tenant: str, records: PostgresRecords) -> None:
    broken = MANIFEST.replace('identifierref="r1"', 'identifierref="r8"').replace(
        'identifierref="r2"', 'identifierref="r9"'
    )
    with pytest.raises(RecordsError) as refusal:
        load(cartridge(tmp_path, broken), tenant, records)
    assert len(refusal.value.problems) == 2
