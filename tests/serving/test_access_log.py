"""The search of the access log: who gets it, what it finds, that it is a look itself, and what leaves as a file."""

from __future__ import annotations

import csv
import io
import json
import uuid
from typing import Any

import pytest
from tests.serving.institution import SECRET, Institution
from tests.serving.test_trust_pages import HTML, as_role

from akademos.catalogue.roles import ROLES, Role
from akademos.privacy.pseudonyms import audit_name
from akademos.serving.routes import access_log as routes

PATH, PAGE = "/v1/access-log", "/trust/access-log"


def name_of(institution: Institution, user: str) -> str:
    """The audit name of somebody, in hex."""
    key = institution.people[user]
    with institution.database.pipeline() as transaction:
        ((wrapped,),) = transaction.execute("SELECT data_key FROM people WHERE learner_key = %s", (key,)).fetchall()
    return audit_name(institution.keys.unwrap(institution.tenant, key, wrapped)).hex()


def rows(reply: Any) -> list[dict[str, Any]]:
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["accesses"]
    return found


def looks(institution: Institution) -> None:
    """Ada's instructor and ada look at ada, a stranger to her is refused."""
    askers: tuple[tuple[str, Role], ...] = (("prof", "instructor"), ("ada", "learner"), ("ann", "advisor"))
    for user, role in askers:
        institution.as_(user, role).get("/v1/analytics/mastery", params={"learner": "ada"} if user != "ada" else {})


@pytest.mark.parametrize("role", [role for role in ROLES if role != "service"])
def test_those_alone_who_answer_for_data_and_every_attempt_is_logged(institution: Institution, role: Role) -> None:
    client = as_role(institution, role)
    for path in (PATH, PAGE):
        status = client.get(path, headers=HTML).status_code
        assert status == (200 if role in ("steward", "admin") else 403)
        assert institution.log()[-1][3] == path


def test_a_person_is_found_through_the_vault_and_the_search_is_a_look_at_them(institution: Institution) -> None:
    looks(institution)
    client, ada = as_role(institution, "steward"), name_of(institution, "ada")
    assert client.get(PATH, params={"person": "ada"}).json()["code"] == "reason_missing"
    found = rows(client.get(PATH, params={"person": "ada", "reason": "ada asked, case 17"}))
    assert {one["subject"] for one in found} == {ada}
    assert [one["decision"] for one in found[1:]] == ["consent_missing", "allowed", "allowed"]
    assert (found[0]["what"], found[0]["reason"], found[0]["role"]) == (PATH, "[learner] asked, case 17", "steward")
    by_key = rows(client.get(PATH, params={"person": institution.people["ada"], "reason": "x"}))
    assert [one["id"] for one in by_key[1:]] == [one["id"] for one in found]
    assert rows(client.get(PATH, params={"person": "never-seen", "reason": "x"})) == []
    everything = json.dumps([found, by_key])
    assert institution.people["ada"] not in everything
    assert SECRET not in everything


def test_by_actor_by_day_and_by_outcome(institution: Institution) -> None:
    looks(institution)
    institution.as_("prof", "instructor").get("/v1/analytics/groups")  # about nobody: stands there as a stranger
    client = as_role(institution, "steward")
    assert client.get(PATH, params={"actor": "prof"}).json()["code"] == "reason_missing"
    mine = rows(client.get(PATH, params={"actor": "prof", "reason": "x"}))
    assert [one["what"] for one in mine] == ["/v1/analytics/groups", "/v1/analytics/mastery"]
    assert {one["actor"].split(":")[0] for one in mine} == {"unknown", "person"}
    as_logged = rows(client.get(PATH, params={"actor": mine[1]["actor"]}))
    assert [one["id"] for one in as_logged] == [mine[1]["id"]]
    refused = rows(client.get(PATH, params={"outcome": "refused"}))
    assert {one["decision"] for one in refused} == {"consent_missing"}
    today = rows(client.get(PATH))[0]["at"][:10]
    assert rows(client.get(PATH, params={"from": today, "to": today}))
    assert rows(client.get(PATH, params={"to": "2020-01-01"})) == []
    assert rows(client.get(PATH, params={"from": "2999-01-01"})) == []


@pytest.mark.parametrize(
    "params",
    [{"from": "yesterday"}, {"to": "9999-12-31"}, {"from": "0000-00-00"}, {"person": "a\x00", "reason": "x"},
     {"reason": "x" * 300}, {"outcome": "rubbish"}, {"cursor": "0"}, {"format": "xlsx"}],
)  # fmt: skip
def test_rubbish_is_refused_with_its_place(institution: Institution, params: dict[str, str]) -> None:
    reply = as_role(institution, "steward").get(PATH, params=params)
    assert reply.status_code in (400, 422)
    assert reply.json()["code"]


def test_pages_follow_each_other_without_gap(institution: Institution) -> None:
    looks(institution)
    client = as_role(institution, "steward")
    whole = [one["id"] for one in rows(client.get(PATH))]
    first = client.get(PATH, params={"limit": 2}).json()
    second = client.get(PATH, params={"limit": 2, "cursor": first["next"]}).json()
    paged = [one["id"] for one in (*first["accesses"], *second["accesses"])]
    assert paged[1:] == whole[:3]  # the first is the look that listed `whole`


def test_a_file_is_an_export_and_runs_no_formula(institution: Institution) -> None:
    looks(institution)
    institution.as_("prof", "instructor").get(
        "/v1/analytics/mastery", params={"learner": "ada", "reason": "=HYPERLINK(1)"}
    )
    client, ada = as_role(institution, "steward"), name_of(institution, "ada")
    assert client.get(PATH, params={"format": "csv"}).json()["code"] == "reason_missing"
    reply = client.get(PATH, params={"format": "csv", "person": "ada", "reason": "case 17"})
    assert reply.headers["Content-Disposition"] == 'attachment; filename="access-log.csv"'
    lines = list(csv.DictReader(io.StringIO(reply.text)))
    assert len(lines) == 5
    assert "'=HYPERLINK(1)" in [line["reason"] for line in lines]
    with institution.database.pipeline() as transaction:
        acts = transaction.execute(
            "SELECT actor, encode(subject, 'hex'), detail FROM audit_log WHERE action = 'data.exported'"
        ).fetchall()
    ((actor, subject, detail),) = acts
    assert subject == ada
    assert (json.loads(detail)["what"], json.loads(detail)["rows"]) == ("access log", 5)
    assert "ada" not in detail
    assert institution.log()[-1][3] == PATH
    assert actor.startswith(("person:", "unknown:"))


def test_what_is_too_much_for_a_file_is_refused_and_not_cut(
    institution: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "EXPORT_ROWS", 2)
    looks(institution)
    reply = as_role(institution, "steward").get(PATH, params={"format": "csv", "reason": "case 17"})
    assert (reply.status_code, reply.json()["code"]) == (400, "too_many_rows")


def test_the_page_names_staff_and_no_learner(institution: Institution) -> None:
    looks(institution)
    client = as_role(institution, "steward")
    html = client.get(PAGE, params={"person": "ada", "reason": "<b>case 17</b>"}, headers=HTML).text
    assert "format=csv" in html
    assert "<b>case 17</b>" not in html
    assert institution.people["ada"] not in html
    assert ">ada<" not in html
    assert "Who searches for a person says why" in client.get(PAGE, params={"person": "ada"}, headers=HTML).text
    unknown = client.get(PAGE, params={"person": str(uuid.uuid4()), "reason": "x", "lang": "de"}, headers=HTML).text
    assert "Unter dieser Kennung kennt der Tresor niemanden" in unknown
    assert client.get(PAGE, params={"from": "", "to": "", "outcome": "all"}, headers=HTML).status_code == 200


def test_nobody_finds_another_tenants_looks(institution: Institution) -> None:
    looks(institution)
    institution.give("root", "steward", tenant=institution.elsewhere)
    client = institution.as_("root", "steward", tenant=institution.elsewhere)
    found = rows(client.get(PATH, params={"person": institution.people["ada"], "reason": "x"}))
    assert found == []
    assert {one["role"] for one in rows(client.get(PATH))} == {"steward"}
