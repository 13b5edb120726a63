"""Research releases through the doors: who gets the register, the report and the file, and who gets none."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from uuid import UUID, uuid4

import pyarrow.parquet as pq
import pytest
from tests.privacy.test_research_release import crowd
from tests.serving.institution import NOW, Institution

from akademos.catalogue.roles import ROLES, Role
from akademos.privacy.research_release import anonymise
from akademos.stores.ports.releases import Release, ReleaseKind

Shelve = Callable[[ReleaseKind], UUID]


@pytest.fixture
def shelve(institution: Institution) -> Shelve:
    """Put a release of invented learners on the shelf; root is granted the role of a researcher."""
    institution.grants.grant(institution.tenant, "root", "researcher", by="test")

    def put(kind: ReleaseKind) -> UUID:
        release_id = uuid4()
        keyed = [(f"{random.getrandbits(128):032x}", row) for _, row in anonymise(crowd(), k=10, diversity=2).rows]
        checksum = institution.services.release_files.write(
            release_id,
            keyed,
            {"dictionary.md": b"..."},
            sealed_for=institution.tenant if kind == "pseudonymous" else None,
        )
        made = Release(
            institution.tenant, release_id, f"{kind} {release_id}", kind, NOW, "test",
            {"courses": ["algebra"], "weeks": {"algebra": 8}, "k": 10, "l": 2}, len(keyed), checksum, {"failed": []},
        )  # fmt: skip
        assert institution.services.releases.add(made, (), ())
        return release_id

    return put


def test_a_researcher_gets_register_report_and_anonymous_file(institution: Institution, shelve: Shelve) -> None:
    release_id = shelve("anonymous")
    client = institution.as_("root", "researcher")
    (line,) = client.get("/v1/releases").json()["releases"]
    assert (line["release_id"], line["kind"], line["rows"]) == (str(release_id), "anonymous", 120)
    assert client.get(f"/v1/releases/{release_id}").json()["report"] == {"failed": []}
    answer = client.get(line["file"])
    assert answer.status_code == 200
    rows = pq.read_table(io.BytesIO(answer.content)).to_pylist()
    assert len(rows) == 120
    assert not any("person-" in str(row) for row in rows)
    assert institution.log()[-1][1:] == (
        "researcher", None, "/v1/releases/{release_id}/file", "research", None, "allowed",
    )  # fmt: skip


def test_a_pseudonymous_release_stays_in_the_enclave(institution: Institution, shelve: Shelve) -> None:
    release_id = shelve("pseudonymous")
    client = institution.as_("root", "researcher")
    assert client.get(f"/v1/releases/{release_id}").json()["file"] is None
    refused = client.get(f"/v1/releases/{release_id}/file")
    assert (refused.status_code, refused.json()["code"]) == (403, "enclave")


def test_a_withdrawn_release_is_handed_out_no_more(institution: Institution, shelve: Shelve) -> None:
    release_id = shelve("anonymous")
    assert institution.services.releases.withdraw(institution.tenant, release_id, actor="test")
    client = institution.as_("root", "researcher")
    assert client.get(f"/v1/releases/{release_id}/file").json()["code"] == "withdrawn"
    assert client.get(f"/v1/releases/{release_id}").json()["withdrawn_at"] is not None


def test_a_file_that_was_changed_is_not_handed_out(institution: Institution, shelve: Shelve) -> None:
    release_id = shelve("anonymous")
    institution.services.release_files.rewrite(release_id, [], sealed_for=None)
    refused = institution.as_("root", "researcher").get(f"/v1/releases/{release_id}/file")
    assert (refused.status_code, refused.json()["code"]) == (503, "release_file_changed")


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("researcher", "service")])
def test_no_other_role_gets_any(institution: Institution, shelve: Shelve, role: Role) -> None:
    release_id = shelve("anonymous")
    user = {"learner": "ada", "instructor": "prof", "advisor": "ann"}.get(role, "root")
    if user == "root":
        institution.grants.grant(institution.tenant, "root", role, by="test")
    client = institution.as_(user, role)
    for path in ("/v1/releases", f"/v1/releases/{release_id}", f"/v1/releases/{release_id}/file"):
        refused = client.get(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "role"), path


def test_another_tenant_sees_none(institution: Institution, shelve: Shelve) -> None:
    release_id = shelve("anonymous")
    institution.grants.grant(institution.elsewhere, "boss", "researcher", by="test")
    client = institution.as_("boss", "researcher", tenant=institution.elsewhere)
    assert client.get("/v1/releases").json()["releases"] == []
    for path in (f"/v1/releases/{release_id}", f"/v1/releases/{release_id}/file"):
        assert client.get(path).status_code == 404
    assert client.get("/v1/releases/rubbish").status_code == 400
