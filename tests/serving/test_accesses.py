"""Who saw my data, and who changed what: told to those whom it concerns, and to nobody else."""

from __future__ import annotations

import json

import pytest
from tests.serving.institution import ANSWER_PATHS, Institution

from akademos.catalogue.roles import Role

DASHBOARD = ANSWER_PATHS[0]
PATH, PAGE, AUDIT = "/v1/accesses", "/who-saw-my-data", "/v1/audit"


def look(institution: Institution, times: int = 1, reason: str | None = None) -> None:
    prof = institution.as_("prof", "instructor")
    headers = {} if reason is None else {"X-Access-Reason": reason}
    for _ in range(times):
        assert prof.get(DASHBOARD, params={"learner": "ada"}, headers=headers).status_code == 200


def test_a_learner_is_told_who_looked_at_what_and_why(institution: Institution) -> None:
    look(institution, reason="ada asked")
    institution.as_("ben").get(DASHBOARD, params={"learner": "ada"})
    body = institution.as_("ada").get(PATH).json()
    assert body["next"] is None
    refused, seen = body["accesses"]
    assert seen["who"] == {"role": "instructor", "display_name": "Prof. P.", "own": False}
    assert (seen["what"], seen["description"]) == (DASHBOARD, "The overview of your progress")
    assert (seen["purposes"], seen["reason"], seen["decision"]) == (["learning_support"], "[learner] asked", "allowed")
    assert refused["who"] == {"role": "learner", "display_name": None, "own": False}
    assert refused["decision"] == "scope"


def test_own_looks_are_told_when_asked_for(institution: Institution) -> None:
    ada = institution.as_("ada")
    ada.get(DASHBOARD)
    assert ada.get(PATH).json()["accesses"] == []
    own = ada.get(PATH, params={"own": "true"}).json()["accesses"]
    assert [(one["what"], one["who"]["own"]) for one in own] == [(PATH, True), (DASHBOARD, True)]
    assert own[0]["purposes"] == []


def test_the_list_comes_in_pages(institution: Institution) -> None:
    look(institution, 5)
    ada = institution.as_("ada")
    ids: list[int] = []
    cursor: dict[str, int] = {}
    for _ in range(3):
        page = ada.get(PATH, params={"limit": 2, **cursor}).json()
        ids += [one["id"] for one in page["accesses"]]
        cursor = {"cursor": page["next"]}
    assert page["next"] is None
    assert len(ids) == 5
    assert ids == sorted(set(ids), reverse=True)


def test_it_needs_no_consent(institution: Institution) -> None:
    look(institution)
    institution.decide("ada", "withdrawn")
    assert len(institution.as_("ada").get(PATH).json()["accesses"]) == 1
    assert institution.as_("stranger").get(PATH).json() == {"accesses": [], "next": None}


@pytest.mark.parametrize("role", ["instructor", "admin", "service"])
@pytest.mark.parametrize("path", [PATH, PAGE])
def test_staff_have_no_such_list(institution: Institution, role: Role, path: str) -> None:
    answer = institution.as_("prof", role).get(path)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_granted" if role == "service" else "role")


def test_nobody_sees_the_list_of_somebody_else(institution: Institution) -> None:
    look(institution)
    for parameters in ({"learner": "ada"}, {"learner": institution.people["ada"]}):
        assert institution.as_("ben").get(PATH, params=parameters).json()["accesses"] == []
    assert institution.as_("ada", tenant=institution.elsewhere).get(PATH).json()["accesses"] == []


def test_the_page_says_it_in_words(institution: Institution) -> None:
    look(institution)
    text = institution.as_("ada").get(PAGE, headers={"Accept": "text/html"}).text
    for words in ("Who saw my data", "Prof. P.", "The overview of your progress", "Learning support", "None given"):
        assert words in text
    assert "10 Mar" not in text  # the log has the store's clock, not the made-up one
    assert institution.people["ada"] not in text
    assert institution.people["prof"] not in text
    progress = institution.as_("ada").get(PAGE, params={"own": "true"}).text
    assert "You" in progress
    assert 'href="/who-saw-my-data" aria-current="page"' in text


@pytest.mark.parametrize("cursor", ["0", "-1", "x", "99999999999999999999"])
def test_a_cursor_that_is_none_is_refused(institution: Institution, cursor: str) -> None:
    for client, path in ((institution.as_("ada"), PATH), (institution.as_("root", "admin"), AUDIT)):
        assert client.get(path, params={"cursor": cursor}).status_code == 400


def test_administrators_read_the_audit_log_of_their_tenant(institution: Institution) -> None:
    body = institution.as_("root", "admin").get(AUDIT, params={"limit": 2}).json()
    decided = body["rows"]
    assert [row["action"] for row in decided] == ["consent.decided", "consent.decided"]
    assert decided[0]["subject"] == institution.audit_name("cy")
    assert json.loads(decided[0]["detail"])["decision"] == "granted"
    rest = institution.as_("root", "admin").get(AUDIT, params={"cursor": body["next"]}).json()
    assert [(row["action"], row["seq"]) for row in rest["rows"]] == [("tenant.changed", 1)]
    assert rest["next"] is None
    filtered = institution.as_("root", "admin").get(AUDIT, params={"action": "tenant.changed"}).json()
    assert [row["seq"] for row in filtered["rows"]] == [1]
    assert institution.as_("root", "admin").get(AUDIT, params={"action": "no.such"}).status_code == 400
    other = institution.as_("root", "admin", tenant=institution.elsewhere).get(AUDIT).json()["rows"]
    assert {row["hash"] for row in other}.isdisjoint(row["hash"] for row in decided + rest["rows"])
    assert not any(key in str(body) for key in institution.people.values())


@pytest.mark.parametrize("role", ["learner", "instructor", "service"])
def test_others_do_not(institution: Institution, role: Role) -> None:
    answer = institution.as_("prof", role).get(AUDIT)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_granted" if role == "service" else "role")


def test_a_list_of_learners_is_a_look_at_each_of_them(institution: Institution) -> None:
    institution.decide("ben", "granted")
    assert len(institution.as_("prof", "instructor").get("/v1/learners").json()["learners"]) == 2
    for user_id in ("ada", "ben"):
        (seen,) = institution.as_(user_id).get(PATH).json()["accesses"]
        assert seen["description"] == "A list of learners with your level and last activity"
    assert institution.as_("cy").get(PATH).json()["accesses"] == []


def test_a_list_of_nobody_is_logged_too(institution: Institution) -> None:
    institution.decide("ada", "withdrawn")
    assert institution.as_("prof", "instructor").get("/v1/learners").json()["learners"] == []
    assert [line[2:4] for line in institution.log()] == [(None, "/v1/learners")]
