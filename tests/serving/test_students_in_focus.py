"""Students in focus: for advisors about their own advisees who consent, and for learners about themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.serving.institution import NOW, Institution
from tests.serving.test_risk_store import WEEK, score

from akademos.catalogue.declarations import Purpose
from akademos.stores.postgres.risk import PostgresRisk

PATH = "/v1/analytics/students-in-focus"
PAGE = "/students-in-focus"


@pytest.fixture
def scored(institution: Institution) -> Institution:
    """Ada (0.7) and Ben (0.9) are ann's, Cy is not; all of them consent."""
    for user in ("ada", "ben", "cy"):
        for purpose in (Purpose.ADVISING, Purpose.LEARNING_SUPPORT):
            institution.decide(user, "granted", purpose=purpose)
    people = institution.people
    PostgresRisk(institution.database).write(
        institution.tenant,
        WEEK,
        [score(people["ada"]), score(people["ben"], risk=0.9), score(people["cy"], course="geometry")],
    )
    institution.clock[0] = NOW
    return institution


def test_an_advisor_gets_own_advisees_most_likely_first(scored: Institution) -> None:
    body = scored.as_("ann", "advisor").get(PATH).json()
    assert [line["learner"]["key"] for line in body["students"]] == [scored.people["ben"], scored.people["ada"]]
    line = body["students"][1]
    assert (line["risk"], line["level"], line["basis"], line["model_version"]) == (0.7, "high", "model", 3)
    assert line["reasons"][0]["text"] == "no activity for 9 days"
    assert "not causes" in body["note"]
    assert [entry[4] for entry in scored.log()[-2:]] == ["advising,learning_support"] * 2


def test_the_list_is_as_long_as_there_is_time(scored: Institution) -> None:
    client = scored.as_("ann", "advisor")
    body = client.get(PATH, params={"capacity": 1}).json()
    assert (len(body["students"]), body["estimated"]) == (1, 2)
    assert client.get(PATH, params={"capacity": 0}).status_code == 400
    assert client.get(PATH, params={"capacity": "many"}).status_code == 400


def test_nobody_is_to_write_to_who_shows_no_sign(scored: Institution) -> None:
    ada, ben = scored.people["ada"], scored.people["ben"]
    quiet = replace(score(ada, risk=0.1), level="low", reasons=[])
    PostgresRisk(scored.database).write(scored.tenant, WEEK, [quiet, score(ben)])
    client = scored.as_("ann", "advisor")
    body = client.get(PATH).json()
    assert [line["learner"]["key"] for line in body["students"]] == [ben]
    assert (body["estimated"], body["without_sign"]) == (2, 1)
    assert "1 more estimate shows no sign and is not listed." in client.get(PAGE).text
    own = scored.as_("ada").get(PATH).json()
    assert [line["level"] for line in own["students"]] == ["low"], "their own estimate is told to them all the same"
    PostgresRisk(scored.database).write(scored.tenant, WEEK, [quiet, replace(quiet, learner_key=ben)])
    assert "No sign about anybody" in client.get(PAGE).text
    assert client.get(PATH).json()["students"] == []


@pytest.mark.parametrize("purpose", [Purpose.ADVISING, Purpose.LEARNING_SUPPORT])
def test_whoever_withdraws_is_gone_from_the_next_answer(scored: Institution, purpose: Purpose) -> None:
    scored.decide("ben", "withdrawn", purpose=purpose)
    client = scored.as_("ann", "advisor")
    assert [line["user_id"] for line in client.get(PATH).json()["students"]] == ["ada"]
    assert scored.people["ben"] not in client.get(PAGE).text


def test_a_course_without_dates_says_which_model_spoke_and_how_far_ahead(scored: Institution) -> None:
    ada, ben = scored.people["ada"], scored.people["ben"]
    hazard = {"basis": "hazard", "model_version": 2, "course_day": 28}
    PostgresRisk(scored.database).write(
        scored.tenant,
        WEEK,
        [replace(score(ada, risk=0.4), level="raised"), replace(score(ben, risk=0.12), **hazard)],  # type: ignore[arg-type]  # of their types
    )
    client = scored.as_("ann", "advisor")
    body = client.get(PATH).json()
    first, second = body["students"]
    assert (first["learner"]["key"], first["risk"], first["horizon_days"]) == (ben, 0.12, 28), "the level goes first"
    assert (first["basis"], second["basis"], second["horizon_days"]) == ("hazard", "model", None)
    assert "next four weeks" in body["note"]
    page = client.get(PAGE).text
    for text in ("12% in 4 weeks", "next four weeks", "Version of the model: 2", "Version of the model: 3", "40%"):
        assert text in page
    assert "12% in 4 Wochen" in client.get(PAGE, params={"lang": "de"}).text.replace("\xa0", "").replace("12 %", "12%")


def test_nobody_else_gets_the_list(scored: Institution) -> None:
    for user, role in (("prof", "instructor"), ("root", "admin"), ("root", "analyst"), ("root", "steward")):
        client = scored.as_(user, role)  # type: ignore[arg-type]  # roles
        for path in (PATH, PAGE):
            refused = client.get(path)
            assert refused.status_code == 403, (role, path)
            assert scored.people["ada"] not in refused.text
    assert scored.client().get(PATH).status_code == 401
    assert scored.as_("ann", "advisor", tenant=scored.elsewhere).get(PATH).json().get("students", []) == []


def test_a_learner_sees_what_their_advisor_sees_and_nobody_elses(scored: Institution) -> None:
    (line,) = scored.as_("ada").get(PATH).json()["students"]
    advisors = scored.as_("ann", "advisor").get(PATH).json()["students"][1]
    assert line == advisors
    assert scored.as_("ada").get(PAGE).status_code == 403


def test_the_page_says_it_in_both_languages(scored: Institution) -> None:
    client = scored.as_("ann", "advisor")
    english, german = client.get(PAGE), client.get(PAGE, params={"lang": "de"})
    for text in ("Students in focus", "no activity for 9 days", "describe the model, not causes", "90%"):
        assert text in english.text
    assert "seit 9 Tagen keine Aktivität" in german.text
    assert '<html lang="de">' in german.text
    assert "style=" not in english.text


def test_without_estimates_the_page_says_what_is_missing(institution: Institution) -> None:
    shown = institution.as_("ann", "advisor").get(PAGE)
    assert shown.status_code == 200
    assert "No estimates yet" in shown.text


def test_estimates_that_are_too_old_are_not_shown(scored: Institution) -> None:
    scored.clock[0] = NOW + timedelta(days=30)
    assert scored.as_("ann", "advisor").get(PATH).json()["students"] == []
