"""Erasure reaches the learning records: rows, what was noted of them, what was published; every byte is searched."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from tests.erasure.installation import TENANT, Installation, forms, found_in, installed

from akademos.catalogue.records import BY_NAME
from akademos.catalogue.records.declaration import access
from akademos.catalogue.roles import Reach
from akademos.stores.ports.record_store import Asker

pytestmark = pytest.mark.slow

ALL = access("service", Reach.TENANT, "read create update act")


def asker(name: str) -> Asker:
    return Asker(TENANT, "service", "host", "key", (ALL,), (), f"POST /v1/records/{name}")


def filled(one: Installation, learner: str, reviewer: str) -> None:
    """Work that a learner handed in and somebody reviewed, a certificate, a note, progress, a path's owner."""
    store = one.system.record_store
    rows: list[tuple[str, dict[str, object]]] = [
        ("learning_courses", {"course_id": "c", "title": "C"}),
        ("learning_practical_exercises", {"exercise_id": "e", "title": "E", "prompt": "P"}),
        ("learning_exercise_submissions", {"submission_id": "s", "learner_key": learner, "exercise_id": "e"}),
        ("learning_certificates", {"certificate_id": "z", "number": "1", "learner_key": learner, "title": "C"}),
        ("advising_notes", {"note_id": "n", "learner_key": learner, "text": f"{learner} was here " * 40}),
        ("learning_user_progress", {"learner_key": learner, "content_type": "course", "content_id": "c"}),
        ("learning_paths", {"path_id": "p", "title": "P", "owner_key": reviewer}),
        ("study_tasks", {"task_id": "t", "learner_key": learner, "title": "T", "assigner_key": reviewer}),
    ]
    for name, values in rows:
        store.create(asker(name), BY_NAME[name], values, request=f"request of {learner}")
    for name, key in (("learning_exercise_submissions", "s"), ("study_tasks", "t")):
        act = "submit" if key == "s" else "complete"
        store.change(asker(name), BY_NAME[name], (key,), {}, action=act, expected_version=None)
    for act in ("submit", "publish"):
        path = BY_NAME["learning_paths"]
        store.change(asker("paths"), path, ("p",), {}, action=act, expected_version=None)


def test_a_learner_and_then_the_reviewer(tmp_path: Path) -> None:
    learner, reviewer = str(uuid.uuid4()), str(uuid.uuid4())
    with installed(tmp_path) as one:
        key = one.person(learner, "Ada Lovelace")
        staff = one.person(reviewer, "Professor Babbage", kind="staff", consents=False)
        filled(one, learner, reviewer)
        assert one.rows("SELECT count(*) FROM record_changes WHERE learner_key IS NOT NULL") == [(7,)]
        receipt = one.erase(learner)
        assert one.rows("SELECT count(*) FROM learning_certificates") == [(0,)]
        assert one.rows("SELECT count(*) FROM study_tasks") == [(0,)]
        assert one.rows("SELECT count(*) FROM record_changes WHERE learner_key IS NOT NULL") == [(0,)]
        assert one.rows("SELECT path_id, owner_key::text FROM learning_paths") == [("p", staff)]
        assert "learning_certificates" in str(receipt)
        one.erase(reviewer)
        assert one.rows("SELECT path_id, owner_key FROM learning_paths") == [("p", None)]
        assert one.rows("SELECT revision FROM content_versions WHERE record = 'learning_paths'") == [(1,)]
        assert one.rows("SELECT count(*) FROM record_changes WHERE record = 'learning_paths'") > [(2,)]
    assert found_in(tmp_path, forms(learner, reviewer, key, staff, "Ada Lovelace", "Professor Babbage")) == set()
