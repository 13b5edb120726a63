"""The matrix of roles against the gate: what each may ask, about whom, and when a role stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.serving.institution import ANSWER_PATHS, NOW, SECRET, Institution

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.roles import GRANTABLE, ROLE_RULES, ROLES, RULE_OF, Question, Reach, Role, Source
from akademos.errors import Forbidden, InputError, NotFound
from akademos.privacy.role_standing import GivenBy, RoleFacts, role_stands
from akademos.serving.gate import may_ask
from akademos.serving.principal import Principal

DASHBOARD = ANSWER_PATHS[0]


def audited(institution: Institution) -> list[tuple[Any, ...]]:
    with institution.database.pipeline() as transaction:
        return transaction.execute(
            "SELECT actor, action, subject IS NOT NULL, detail FROM audit_log WHERE tenant_id = %s ORDER BY seq",
            (institution.tenant,),
        ).fetchall()


def test_every_role_is_declared_once_and_reaches_whom_it_may_ask_about() -> None:
    assert tuple(RULE_OF) == ROLES
    assert len(ROLE_RULES) == len(ROLES)
    for rule in ROLE_RULES:
        assert (Question.INDIVIDUAL in rule.questions) == (rule.reach is not Reach.NOBODY) == (rule.refusal == "")
    learners_data = {Question.INDIVIDUAL, Question.AGGREGATE}
    for role in ("steward", "operator", "researcher"):
        assert not learners_data & RULE_OF[role].questions, role


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("question", Question)
def test_questions_about_no_individual_follow_the_matrix(role: Role, question: Question) -> None:
    principal = Principal("college", role, "x", "token")
    if question in RULE_OF[role].questions:
        may_ask(principal, question)
    else:
        with pytest.raises(Forbidden) as refusal:
            may_ask(principal, question)
        assert refusal.value.code == "role"


@pytest.mark.parametrize("role", GRANTABLE)
def test_only_roles_that_reach_a_learner_get_an_answer(institution: Institution, role: Role) -> None:
    """Everybody here teaches and advises Ada; the granted role alone decides."""
    institution.decide("ada", "granted", purpose=Purpose.ADVISING)
    with institution.database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO advisee_assignments (tenant_id, advisor_key, learner_key) VALUES (%s, %s, %s)",
            (institution.tenant, institution.people["prof"], institution.people["ada"]),
        )
    institution.grants.grant(institution.tenant, "prof", role, by="test")
    for path in ANSWER_PATHS:
        answer = institution.as_("prof", role).get(path, params={"learner": "ada"})
        if RULE_OF[role].reach is Reach.NOBODY:
            assert (answer.status_code, answer.json()["code"]) == (403, "role")
            assert answer.json()["detail"] == RULE_OF[role].refusal
            assert SECRET not in answer.text
        else:
            assert answer.status_code == 200, (role, path)


@pytest.mark.parametrize(
    ("advising", "support", "learner", "code"),
    [
        (True, True, "ada", None),
        (False, True, "ada", "consent_missing"),
        (True, False, "ada", "consent_withdrawn"),
        (True, True, "cy", "scope"),
        (True, True, "eve", "scope"),
        (True, True, "nobody-at-all", "scope"),
        (True, True, None, "learner_missing"),
    ],
)
def test_an_advisor_needs_the_roster_and_consent_to_advising_and_to_the_answer(
    institution: Institution, advising: bool, support: bool, learner: str | None, code: str | None
) -> None:
    if advising:
        institution.decide("ada", "granted", purpose=Purpose.ADVISING)
        institution.decide("cy", "granted", purpose=Purpose.ADVISING)
    if not support:
        institution.decide("ada", "withdrawn")
    client = institution.as_("ann", "advisor")
    for path in ANSWER_PATHS:
        answer = client.get(path, params={} if learner is None else {"learner": learner})
        assert (answer.status_code == 200) == (code is None), (path, answer.text)
        assert code is None or answer.json()["code"] == code
    if code is None:
        assert institution.log()[-1][4] == "advising,learning_support"
        institution.decide("ada", "withdrawn", purpose=Purpose.ADVISING)
        answer = client.get(DASHBOARD, params={"learner": "ada"})
        assert (answer.status_code, answer.json()["code"]) == (403, "consent_withdrawn")
        assert institution.as_("prof", "instructor").get(DASHBOARD, params={"learner": "ada"}).status_code == 200


def test_an_advisors_list_holds_own_advisees_who_consent_to_advising(institution: Institution) -> None:
    client = institution.as_("ann", "advisor")
    assert client.get("/v1/learners").json() == {"learners": [], "withheld": None, "next": None}
    institution.decide("ada", "granted", purpose=Purpose.ADVISING)
    body = client.get("/v1/learners").json()
    assert [line["user_id"] for line in body["learners"]] == ["ada"]
    assert body["learners"][0]["courses"] == ["Algebra"]


@pytest.mark.parametrize(("starts", "ends"), [("tomorrow", None), (None, "today"), (None, "yesterday")])
def test_advising_outside_its_days_gives_nothing(institution: Institution, starts: str, ends: str) -> None:
    institution.decide("ada", "granted", purpose=Purpose.ADVISING)
    client = institution.as_("ann", "advisor")
    assert client.get(DASHBOARD, params={"learner": "ada"}).status_code == 200
    with institution.database.pipeline() as transaction:
        transaction.execute(
            "UPDATE advisee_assignments SET starts_on = %s, ends_on = %s WHERE tenant_id = %s AND learner_key = %s",
            (starts, ends, institution.tenant, institution.people["ada"]),
        )
    assert client.get(DASHBOARD, params={"learner": "ada"}).json()["code"] == "scope"


def test_who_advises_in_a_course_advises_its_learners(institution: Institution) -> None:
    institution.decide("cy", "granted", purpose=Purpose.ADVISING)
    client = institution.as_("ann", "advisor")
    assert client.get(DASHBOARD, params={"learner": "cy"}).json()["code"] == "scope"
    with institution.database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO staff_assignments (tenant_id, learner_key, course_id, role) VALUES (%s, %s, %s, 'advisor')",
            (institution.tenant, institution.people["ann"], "geometry"),
        )
    assert client.get(DASHBOARD, params={"learner": "cy"}).status_code == 200
    assert institution.as_("ann", "instructor").get(DASHBOARD, params={"learner": "cy"}).status_code == 403


def test_a_revoked_role_ends_with_the_next_request_though_its_token_lives(institution: Institution) -> None:
    grants, tenant = institution.grants, institution.tenant
    for user_id, role in (("root", "admin"), ("prof", "instructor"), ("ann", "advisor")):
        client = institution.as_(user_id, role)  # type: ignore[arg-type]  # three names of roles
        assert client.get("/v1/learners").json().get("code") in {None, "role"}
        assert grants.revoke(tenant, user_id, role, by="command line:me")  # type: ignore[arg-type]  # the same
        assert not grants.revoke(tenant, user_id, role, by="command line:me")  # type: ignore[arg-type]  # the same
        answer = client.get("/v1/learners")
        assert (answer.status_code, answer.json()["code"]) == (403, "role_not_granted")
        assert grants.grant(tenant, user_id, role, by="command line:me")  # type: ignore[arg-type]  # the same
        assert client.get("/v1/learners").json().get("code") in {None, "role"}


def test_a_role_runs_out(institution: Institution) -> None:
    institution.grants.grant(institution.tenant, "root", "analyst", by="test", until=NOW + timedelta(minutes=5))
    client = institution.as_("root", "analyst")
    assert client.get("/v1/learners").json()["code"] == "role"
    institution.clock[0] = NOW + timedelta(minutes=5)
    assert client.get("/v1/learners").json()["code"] == "role_not_granted"


def test_each_change_of_a_role_is_audited_in_its_transaction_and_names_nobody(institution: Institution) -> None:
    before = len(audited(institution))
    institution.grants.grant(institution.tenant, "newcomer", "steward", by="command line:me")
    institution.grants.grant(institution.tenant, "newcomer", "steward", by="command line:me")
    institution.grants.revoke(institution.tenant, "newcomer", "steward", by="command line:me")
    assert audited(institution)[before:] == [
        ("command line:me", "role.changed", True, '{"granted":true,"role":"steward","until":null}'),
        ("command line:me", "role.changed", True, '{"granted":false,"role":"steward","until":null}'),
    ]
    one = next(one for one in institution.grants.all(institution.tenant) if one.user_id == "newcomer")
    assert (one.role, one.granted) == ("steward", False)


def test_what_cannot_be_granted_is_refused(institution: Institution) -> None:
    for role in ("learner", "service"):
        with pytest.raises(InputError):
            institution.grants.grant(institution.tenant, "x", role, by="test")
    with pytest.raises(NotFound):
        institution.grants.grant("gone", "x", "admin", by="test")
    with pytest.raises(NotFound):
        institution.grants.revoke(institution.tenant, "nobody-at-all", "admin", by="test")


FACTS = st.builds(RoleFacts, st.none() | st.booleans(), st.booleans(), st.booleans())


@given(st.sampled_from(ROLES), st.sampled_from(["tenant", "provider", "development"]), FACTS)
def test_laws_of_standing(role: Role, given_by: GivenBy, facts: RoleFacts) -> None:
    stands = role_stands(role, given_by, facts)
    if role == "learner":
        assert stands
    elif role == "service":
        assert stands == (given_by == "development")
    elif facts.granted is False:
        assert not stands
    elif RULE_OF[role].source is Source.GRANT and given_by == "tenant":
        assert stands == (facts.granted is True)
    elif given_by == "provider":
        assert stands >= facts.mapped
