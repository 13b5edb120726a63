"""The steward's and the researcher's page: who gets them, what stands there, and that nobody is named."""

from __future__ import annotations

from uuid import uuid4

import pytest
from tests.serving.institution import NOW, Institution

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.roles import ROLES, Role
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.releases import Release, ReleaseKind
from akademos.stores.postgres.audit import append

HTML = {"Accept": "text/html"}


def as_role(institution: Institution, role: Role):  # type: ignore[no-untyped-def]  # what a test client answers with
    """Somebody who holds the role."""
    user = {"learner": "ada", "instructor": "prof", "advisor": "ann"}.get(role, "root")
    if user == "root":
        institution.grants.grant(institution.tenant, "root", role, by="test")
    return institution.as_(user, role)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "service"])
def test_each_role_gets_its_own_page_and_no_other(institution: Institution, role: Role) -> None:
    client = as_role(institution, role)
    assert client.get("/trust", headers=HTML).status_code == (200 if role in ("steward", "admin") else 403)
    assert client.get("/releases", headers=HTML).status_code == (200 if role == "researcher" else 403)
    home = client.get("/", headers=HTML, follow_redirects=False).headers["location"]
    if role in ("steward", "researcher"):
        assert home == {"steward": "/trust", "researcher": "/releases"}[role]
        assert f'href="{home}"' in client.get(home, headers=HTML).text


@pytest.mark.parametrize(
    ("role", "address", "said"),
    [
        ("steward", "/trust", "chains of the logs"),
        ("steward", "/catalogue", "columns that jobs write name"),
        ("steward", "/catalogue/products", "columns that jobs write name"),
        ("steward", "/catalogue/products/learner_360", "columns that jobs write name"),
        ("steward", "/catalogue/glossary", "Declared beside the datasets"),
        ("researcher", "/releases", "of the register"),
    ],
)
def test_each_page_says_how_it_was_computed(institution: Institution, role: Role, address: str, said: str) -> None:
    institution.grants.grant(institution.tenant, f"the-{role}", role, by="test")
    shown = institution.as_(f"the-{role}", role).get(address, headers={"Accept": "text/html"}).text
    assert said in shown.split('id="provenance"')[1]


def test_the_steward_sees_erasures_retention_and_acts_of_nobody_by_name(institution: Institution) -> None:
    services, tenant = institution.services, institution.tenant
    services.erasures.request(tenant, Identifier("user", "cy"), by="command line:test", reason="wish")
    with institution.database.pipeline() as transaction:
        append(transaction, tenant, AuditEntry("job:x", AuditAction.MODEL_RETIRED, None, {"note": "<script>"}))
    client = as_role(institution, "steward")
    html = client.get("/trust", headers=HTML).text
    assert "erasure.requested" in html
    assert "question_submitted" in html
    assert "&lt;script&gt;" in html
    assert "<script>" not in html.replace('<script type="module"', "")
    for name in ("ada", "cy", *institution.people.values()):
        assert f">{name}<" not in html
    only = client.get("/trust", params={"action": "model.retired"}, headers=HTML).text
    assert '<th scope="row"' in only
    assert ">erasure.requested</td>" not in only
    assert client.get("/trust", params={"action": "rubbish", "cursor": "x"}, headers=HTML).status_code == 400
    assert "Nachweise" in client.get("/trust", params={"lang": "de"}, headers=HTML).text


def test_many_acts_come_page_by_page(institution: Institution) -> None:
    with institution.database.pipeline() as transaction:
        for number in range(60):
            append(transaction, institution.tenant, AuditEntry(f"job:{number}", AuditAction.MODEL_RETIRED))
    client = as_role(institution, "steward")
    first = client.get("/trust", params={"action": "model.retired"}, headers=HTML).text
    older = first.split('href="/trust?')[1].split('#acts"')[0].replace("&amp;", "&")
    second = client.get(f"/trust?{older}", headers=HTML).text
    assert "job:59" in first
    assert "job:59" not in second
    assert "job:5<" in second


@pytest.mark.parametrize("kind", ["anonymous", "pseudonymous"])
def test_a_researcher_finds_releases_and_the_file_that_may_leave(institution: Institution, kind: ReleaseKind) -> None:
    release_id = uuid4()
    made = Release(
        institution.tenant, release_id, f"spring {release_id}", kind, NOW, "test",
        {"courses": ["algebra"], "weeks": {"algebra": 8}, "k": 10, "l": 2}, 120, "00",
        {"suppressed": 15, "share_suppressed": 0.111, "failed": []},
    )  # fmt: skip
    assert institution.services.releases.add(made, (), ())
    html = as_role(institution, "researcher").get("/releases", headers=HTML).text
    assert f"spring {release_id}: 120 rows, about 15 left out" in html
    assert (f"/v1/releases/{release_id}/file" in html) is (kind == "anonymous")
    assert institution.log()[-1][3] == "/releases"
