"""The history of a record, derived from the log of its changes."""

from __future__ import annotations

import polars as pl
from starlette.testclient import TestClient
from tests.serving.institution import Institution

from akademos.catalogue.records import BY_NAME
from akademos.ledger.scd2 import history
from akademos.stores.postgres.record_log import PostgresRecordLog


def test_every_change_of_a_course_is_a_version(host: TestClient, institution: Institution) -> None:
    at = host.post("/v1/records/courses", json={"course_id": "logic", "title": "Logic"}).json()["self"]
    assert host.patch(at, json={"title": "Logic I"}, headers={"If-Match": '"1"'}).status_code == 200
    assert host.patch(at, json={"title": "Logic I"}, headers={"If-Match": '"2"'}).status_code == 200  # no change
    course = BY_NAME["learning_courses"]
    changes = PostgresRecordLog(institution.database).changes(institution.tenant, course)
    contents = [one.name for one in course.contents if one.kind != "person"]
    versions = history(changes, ["course_id"], contents).filter(pl.col("course_id") == "logic")
    assert versions["title"].to_list() == ["Logic", "Logic I"]
    assert versions["is_current"].to_list() == [False, True]
    assert versions["valid_to"][0] == versions["valid_from"][1]
    first = versions["valid_from"][0]
    then = history(changes, ["course_id"], contents, as_of=first).filter(pl.col("course_id") == "logic")
    assert then["title"].to_list() == ["Logic"]
    assert then["version_key"][0] == versions["version_key"][0], "a version keeps its key when it is rebuilt"
