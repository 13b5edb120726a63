"""Weekly risk on PostgreSQL: written and read for those alone who consent to advising and learning support."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from psycopg.errors import CheckViolation
from tests.serving.institution import Institution

from akademos.catalogue.declarations import Purpose
from akademos.stores.ports.risk import RiskScore
from akademos.stores.postgres.risk import PostgresRisk

WEEK = date(2026, 3, 9)
TODAY = date(2026, 3, 10)


def score(key: str, *, course: str = "algebra", risk: float | None = 0.7, as_of: date = WEEK) -> RiskScore:
    return RiskScore(
        learner_key=key, course_id=course, as_of=as_of, computed_at=datetime(2026, 3, 9, 3, tzinfo=UTC), course_day=28,
        basis="rule" if risk is None else "model", model_version=None if risk is None else 3, risk=risk,
        level="high", reasons=[{"theme": "inactivity", "effect": 0.4, "facts": {"inactive_days": 9.0}}],
        effects={"inactivity": 0.4}, previous_risk=None, changed=[],
    )  # fmt: skip


@pytest.fixture
def risk(institution: Institution) -> PostgresRisk:
    for purpose in (Purpose.ADVISING, Purpose.LEARNING_SUPPORT):
        for user in ("ada", "cy"):
            institution.decide(user, "granted", purpose=purpose)
    return PostgresRisk(institution.database)


def shown(risk: PostgresRisk, institution: Institution, today: date = TODAY) -> set[str]:
    keys = list(institution.people.values())
    return {one.score.learner_key for one in risk.newest(institution.tenant, keys, today)}


def test_what_is_written_is_read_again(risk: PostgresRisk, institution: Institution) -> None:
    ada = institution.people["ada"]
    assert risk.write(institution.tenant, WEEK, [score(ada)]) == 1
    (found,) = risk.newest(institution.tenant, [ada], TODAY)
    assert found.score == score(ada)
    assert risk.of_week(institution.tenant, WEEK) == {(ada, "algebra"): score(ada)}
    assert risk.newest(institution.elsewhere, [ada], TODAY) == []


def test_who_consents_to_one_purpose_only_is_neither_written_nor_read(
    risk: PostgresRisk, institution: Institution
) -> None:
    ada, ben = institution.people["ada"], institution.people["ben"]
    institution.decide("ben", "granted", purpose=Purpose.LEARNING_SUPPORT)
    assert risk.write(institution.tenant, WEEK, [score(ada), score(ben)]) == 1
    assert shown(risk, institution) == {ada}
    institution.decide("ada", "withdrawn", purpose=Purpose.ADVISING)
    assert shown(risk, institution) == set(), "at once, before any job has run"
    assert risk.forget(institution.tenant) == 1
    assert risk.of_week(institution.tenant, WEEK) == {}


def test_groups_are_read_of_who_consents_to_research_and_learning_support(
    risk: PostgresRisk, institution: Institution
) -> None:
    ada, cy = institution.people["ada"], institution.people["cy"]
    for key in (ada, cy):
        with institution.database.pipeline() as transaction:
            transaction.execute(
                "INSERT INTO demographics (tenant_id, learner_key, course_id, basis, attributes) "
                "VALUES (%s, %s, 'algebra', 'test', %s)",
                (institution.tenant, key, '{"gender": "F", "region": null}'),
            )
    assert risk.group_attributes(institution.tenant).is_empty(), "support alone is not research"
    institution.decide("ada", "granted", purpose=Purpose.RESEARCH)
    assert risk.group_attributes(institution.tenant).rows() == [(ada, "algebra", "gender", "F")]
    institution.decide("ada", "withdrawn", purpose=Purpose.RESEARCH)
    assert risk.group_attributes(institution.tenant).is_empty()


def test_what_is_paused_is_hidden_and_kept(risk: PostgresRisk, institution: Institution) -> None:
    ada = institution.people["ada"]
    risk.write(institution.tenant, WEEK, [score(ada)])
    institution.decide("ada", "paused", purpose=Purpose.ADVISING)
    assert shown(risk, institution) == set()
    assert risk.forget(institution.tenant) == 0
    assert risk.write(institution.tenant, WEEK, []) == 0
    institution.decide("ada", "resumed", purpose=Purpose.ADVISING)
    assert shown(risk, institution) == {ada}


@pytest.mark.parametrize("paused", ["ada", "cy"])
@pytest.mark.parametrize("withdrawn", ["ada", "cy"])
def test_what_is_withdrawn_goes_though_the_other_purpose_is_paused(
    risk: PostgresRisk, institution: Institution, paused: str, withdrawn: str
) -> None:
    """Under whichever key of the person each was said."""
    ada, cy = institution.people["ada"], institution.people["cy"]
    with institution.database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO identity_links (tenant_id, learner_key, person_key, version) VALUES (%s, %s, %s, 1)",
            (institution.tenant, cy, ada),
        )
    for purpose in (Purpose.ADVISING, Purpose.LEARNING_SUPPORT):
        institution.decide("cy", "granted", purpose=purpose)
    assert risk.write(institution.tenant, WEEK, [score(ada)]) == 1
    institution.decide(paused, "paused", purpose=Purpose.LEARNING_SUPPORT)
    assert risk.forget(institution.tenant) == 0
    institution.decide(withdrawn, "withdrawn", purpose=Purpose.ADVISING)
    assert risk.forget(institution.tenant) == 1


def test_only_the_newest_week_of_a_running_enrolment_is_shown(risk: PostgresRisk, institution: Institution) -> None:
    ada = institution.people["ada"]
    before = WEEK - timedelta(days=7)
    risk.write(institution.tenant, before, [score(ada, as_of=before, risk=0.2)])
    risk.write(institution.tenant, WEEK, [score(ada)])
    risk.write(institution.tenant, WEEK, [score(ada, risk=0.5)])
    (found,) = risk.newest(institution.tenant, [ada], TODAY)
    assert (found.score.as_of, found.score.risk) == (WEEK, 0.5)
    assert shown(risk, institution, TODAY + timedelta(days=30)) == set(), "too old"
    with institution.database.pipeline() as transaction:
        transaction.execute(
            "UPDATE enrolments SET withdrawn_on = %s WHERE tenant_id = %s AND learner_key = %s",
            (TODAY, institution.tenant, ada),
        )
    assert shown(risk, institution) == set(), "no longer enrolled"


def test_an_estimate_by_rule_has_no_chance_and_no_version(risk: PostgresRisk, institution: Institution) -> None:
    rule = replace(score(institution.people["ada"], risk=None), level="low", reasons=[])
    assert risk.write(institution.tenant, WEEK, [rule]) == 1
    (found,) = risk.newest(institution.tenant, [institution.people["ada"]], TODAY)
    assert (found.score.basis, found.score.risk, found.score.model_version) == ("rule", None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"basis": "guess"},
        {"basis": "rule"},
        {"basis": "hazard", "risk": None},
        {"basis": "hazard", "model_version": None},
    ],
)
def test_a_chance_comes_from_a_model_of_a_version_and_from_nothing_else(
    risk: PostgresRisk, institution: Institution, wrong: dict[str, Any]
) -> None:
    ada = institution.people["ada"]
    hazard = replace(score(ada, risk=0.05), basis="hazard", level="low")
    assert risk.write(institution.tenant, WEEK, [hazard]) == 1
    (found,) = risk.newest(institution.tenant, [ada], TODAY)
    assert found.score == hazard
    with pytest.raises(CheckViolation):
        risk.write(institution.tenant, WEEK, [replace(hazard, **wrong)])


def test_courses_without_dates_are_listed(risk: PostgresRisk, institution: Institution) -> None:
    with institution.database.pipeline() as transaction:
        transaction.execute(
            "UPDATE learning_courses SET starts_on = NULL WHERE tenant_id = %s AND course_id = 'algebra'",
            (institution.tenant,),
        )
    starts = dict(risk.courses(institution.tenant).select("course_id", "starts_on").iter_rows())
    assert starts["algebra"] is None


def test_enrolments_are_of_those_who_consent_to_learning_support(risk: PostgresRisk, institution: Institution) -> None:
    keys = set(risk.enrolments(institution.tenant)["learner_key"].to_list())
    assert keys == {institution.people["ada"], institution.people["cy"]}
