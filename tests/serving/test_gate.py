"""The gate: role, scope, live consent, what is logged, and what each refusal says."""

from __future__ import annotations

import threading

import pytest
from starlette.testclient import TestClient
from tests.serving.institution import ANSWER_PATHS, SECRET, Institution

from akademos.catalogue.roles import GRANTABLE, ROLE_RULES, Reach, Role

DASHBOARD = ANSWER_PATHS[0]


def test_a_learner_gets_the_own_answer_with_the_name_from_the_vault(institution: Institution) -> None:
    answer = institution.as_("ada").get(DASHBOARD)
    assert answer.status_code == 200
    assert answer.json()["learner"] == {"key": institution.people["ada"], "display_name": "Ada L."}
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("user_id", "role", "learner", "code"),
    [
        ("ada", "learner", None, None),
        ("ada", "learner", "ada", None),
        ("ada", "learner", "ben", "scope"),
        ("ada", "learner", "nobody-at-all", "scope"),
        ("ben", "learner", None, "consent_missing"),
        ("stranger", "learner", None, "consent_missing"),
        ("prof", "instructor", "ada", None),
        ("prof", "instructor", "ben", "consent_missing"),
        ("prof", "instructor", "cy", "scope"),
        ("prof", "instructor", "nobody-at-all", "scope"),
        ("prof", "instructor", "eve", "scope"),
        ("cy", "instructor", "ada", "role_not_granted"),
        ("stranger", "instructor", "ada", "role_not_granted"),
        ("root", "admin", "ada", "role"),
        ("root", "admin", None, "role"),
        ("robot", "service", "ada", "role_not_granted"),
    ],
)
def test_who_sees_whom(
    institution: Institution, user_id: str, role: Role, learner: str | None, code: str | None
) -> None:
    client = institution.as_(user_id, role)
    for path in ANSWER_PATHS:
        answer = client.get(path, params={} if learner is None else {"learner": learner})
        if code is None:
            assert answer.status_code == 200, path
            assert SECRET in answer.text
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, code), path
            assert SECRET not in answer.text
            assert answer.json()["hint"]


def test_an_unknown_learner_and_one_out_of_scope_look_the_same(institution: Institution) -> None:
    client = institution.as_("prof", "instructor")
    unknown, other = (client.get(DASHBOARD, params={"learner": one}) for one in ("nobody-at-all", "cy"))
    assert unknown.content == other.content
    assert unknown.headers.keys() == other.headers.keys()


def test_staff_name_a_learner_by_key_too(institution: Institution) -> None:
    answer = institution.as_("prof", "instructor").get(DASHBOARD, params={"learner": institution.people["ada"]})
    assert answer.status_code == 200


def test_nobody_becomes_somebody_by_being_called_like_their_key(institution: Institution) -> None:
    key = institution.people["ada"]
    client = institution.as_(key)
    for parameters in ({}, {"learner": key}):
        answer = client.get(DASHBOARD, params=parameters)
        assert (answer.status_code, SECRET in answer.text) == (403, False)
    assert institution.as_("ada").get(DASHBOARD, params={"learner": key}).status_code == 200


def test_an_instructor_who_names_nobody_is_told_how(institution: Institution) -> None:
    answer = institution.as_("prof", "instructor").get(DASHBOARD)
    assert (answer.status_code, answer.json()["code"]) == (400, "learner_missing")


def test_a_withdrawal_is_told_apart_from_no_decision(institution: Institution) -> None:
    institution.decide("ada", "withdrawn")
    answer = institution.as_("ada").get(DASHBOARD)
    assert (answer.status_code, answer.json()["code"]) == (403, "consent_withdrawn")


def test_consent_to_another_purpose_is_not_enough(institution: Institution) -> None:
    with institution.database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO consent_state (tenant_id, learner_key, purpose, granted, version, basis, text_version) "
            "VALUES (%s, %s, 'research', true, 99, 'consent', '1')",
            (institution.tenant, institution.people["ben"]),
        )
    assert institution.as_("ben").get(DASHBOARD).json()["code"] == "consent_missing"


def test_a_withdrawn_enrolment_ends_the_instructors_view(institution: Institution) -> None:
    client = institution.as_("prof", "instructor")
    assert client.get(DASHBOARD, params={"learner": "ada"}).status_code == 200
    with institution.database.pipeline() as transaction:
        transaction.execute("UPDATE enrolments SET withdrawn_on = current_date")
    assert client.get(DASHBOARD, params={"learner": "ada"}).json()["code"] == "scope"


def test_a_learner_without_events_gets_an_answer(institution: Institution) -> None:
    institution.decide("ben", "granted")
    answer = institution.as_("ben").get(DASHBOARD)
    assert (answer.status_code, answer.json()["version"]) == (200, 0)
    assert "etag" not in answer.headers  # what an import brings is seen by the next request
    assert answer.headers["cache-control"] == "no-store"


def test_every_decision_is_logged_without_names(institution: Institution) -> None:
    ada, cy = institution.audit_name("ada"), institution.audit_name("cy")
    prof = f"person:{institution.audit_name('prof')}"
    client = institution.as_("prof", "instructor")
    client.get(DASHBOARD, params={"learner": "ada"}, headers={"X-Access-Reason": "ada asked prof for help"})
    client.get(DASHBOARD, params={"learner": "cy", "reason": "curious"})
    institution.as_("stranger", "learner").get(DASHBOARD, params={"learner": "ada"})
    client.get("/v1/learners")
    assert institution.log() == [
        (prof, "instructor", ada, DASHBOARD, "learning_support", "[learner] asked [asker] for help", "allowed"),
        (prof, "instructor", cy, DASHBOARD, "learning_support", "curious", "scope"),
        (institution.log()[2][0], "learner", ada, DASHBOARD, "learning_support", None, "scope"),
        (prof, "instructor", ada, "/v1/learners", "learning_support", None, "allowed"),
    ]
    assert institution.log()[2][0].startswith("unknown:")
    assert "stranger" not in str(institution.log())
    assert not any(key in str(institution.log()) for key in institution.people.values())


def test_the_learner_can_be_told_who_looked(institution: Institution) -> None:
    institution.as_("prof", "instructor").get(DASHBOARD, params={"learner": "ada"})
    institution.as_("ada").get(DASHBOARD)
    trail = institution.services.trail
    (seen,) = trail.accesses(institution.tenant, institution.people["ada"])
    assert (seen.staff_name, seen.entry.role, seen.entry.decision, seen.own) == (
        "Prof. P.", "instructor", "allowed", False,
    )  # fmt: skip
    both = trail.accesses(institution.tenant, institution.people["ada"], own=True)
    assert [one.own for one in both] == [True, False]
    assert trail.accesses(institution.tenant, institution.people["ada"], own=True, before=both[0].access_id) == [seen]
    assert trail.accesses(institution.elsewhere, institution.people["ada"]) == []


def test_a_revocation_during_an_answer_wins(institution: Institution) -> None:
    institution.answers.go_on = threading.Event()
    got: list[int] = []
    client = institution.as_("ada")
    asking = threading.Thread(target=lambda: got.append(client.get(DASHBOARD).status_code))
    asking.start()
    assert institution.answers.entered.wait(10)
    institution.decide("ada", "withdrawn")
    institution.answers.go_on.set()
    asking.join(20)
    assert got == [403]
    assert institution.log()[-1][-1] == "consent_withdrawn"


def test_a_change_of_consent_during_an_answer_makes_it_anew(institution: Institution) -> None:
    institution.answers.go_on = threading.Event()
    got: list[int] = []
    client = institution.as_("ada")
    asking = threading.Thread(target=lambda: got.append(client.get(DASHBOARD).status_code))
    asking.start()
    assert institution.answers.entered.wait(10)
    institution.decide("ada", "withdrawn")
    institution.decide("ada", "granted")
    institution.answers.go_on.set()
    asking.join(20)
    assert got == [200]
    assert institution.answers.made == 2


def test_what_cannot_be_answered_is_refused_after_a_revocation_too(institution: Institution) -> None:
    def get(client: TestClient) -> tuple[int, str]:
        answer = client.get("/v1/analytics/mastery/no-such-topic")
        return answer.status_code, answer.json()["code"]

    client = institution.as_("ada")
    assert get(client) == (404, "unknown_topic")
    institution.decide("ada", "withdrawn")
    assert get(client) == (403, "consent_withdrawn")


def test_the_instructors_list_holds_consenting_learners_of_own_courses(institution: Institution) -> None:
    institution.services.vault.describe(institution.tenant, {institution.people["ada"]: "Ada L."})
    body = institution.as_("prof", "instructor").get("/v1/learners").json()
    assert [line["learner"] for line in body["learners"]] == [
        {"key": institution.people["ada"], "display_name": "Ada L."}
    ]
    assert body["learners"][0]["courses"] == ["Algebra"]
    assert (body["withheld"], body["next"]) == (None, None)  # one alone is not counted
    institution.decide("ada", "withdrawn")
    assert institution.as_("prof", "instructor").get("/v1/learners").json()["learners"] == []


@pytest.mark.parametrize("role", [rule.name for rule in ROLE_RULES if rule.reach in {Reach.NOBODY, Reach.SELF}])
def test_only_roles_with_learners_of_their_own_list_learners(institution: Institution, role: Role) -> None:
    if role in GRANTABLE:
        institution.grants.grant(institution.tenant, "root", role, by="test")
    code = institution.as_("root", role).get("/v1/learners").json()["code"]
    assert code == ("role_not_granted" if role == "service" else "role")


def test_the_list_comes_in_pages(institution: Institution) -> None:
    institution.decide("ben", "granted")
    client = institution.as_("prof", "instructor")
    first = client.get("/v1/learners", params={"limit": 1}).json()
    second = client.get("/v1/learners", params={"limit": 1, "cursor": first["next"]}).json()
    keys = [page["learners"][0]["learner"]["key"] for page in (first, second)]
    assert keys == sorted(institution.people[user_id] for user_id in ("ada", "ben"))
    assert second["next"] is None
