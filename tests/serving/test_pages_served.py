"""The pages as they are served: drawn from real answers, behind the gate, with what surrounds them."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from tests.serving.institution import Institution
from tests.serving.test_learner_answers import row, source

from akademos.catalogue.roles import Role
from akademos.serving.api import create_app

HTML = {"Accept": "text/html"}
GERMAN = HTML | {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
LEARNER_PAGES = (
    "/my-progress", "/my-progress?topic=a", "/exam-plan", "/my-study-habits", "/my-courses", "/peers", "/my-consent",
    "/who-saw-my-data?own=true",
)  # fmt: skip
STAFF_PAGES: dict[Role, tuple[str, ...]] = {
    "instructor": ("/learners", "/groups"),
    "steward": ("/trust",),
    "researcher": ("/releases",),
}
ENGLISH = re.compile(r"\b(?:the|of|your|you|and|with|from|this|are|it)\b", re.IGNORECASE)


def said_in_german(html: str) -> str:
    """The text of a page without what is marked as English."""
    own = re.sub(r'<(\w+)[^>]*\slang="en"[^>]*>.*?</\1>', " ", html.split("<body>")[1], flags=re.DOTALL)
    return re.sub(r"<[^>]*>", " ", own)


@pytest.fixture
def drawn(institution: Institution) -> Institution:
    """The institution with answers that the analytics make, from forty answers of ada's."""
    answers, _ = source()
    services = dataclasses.replace(institution.services, answers=answers, clock=institution.services.clock)
    packed = row().packed
    with institution.database.pipeline() as transaction:
        transaction.execute(
            "UPDATE learner_state SET packed = %s WHERE tenant_id = %s AND learner_key = %s",
            (packed, institution.tenant, institution.people["ada"]),
        )
    return dataclasses.replace(institution, app=create_app(services), services=services)


def page(client: TestClient, path: str, **parameters: str) -> str:
    answer = client.get(path, params=parameters, headers=HTML)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    assert not re.search(r"<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=", answer.text)
    for address in re.findall(r'(?:href|src|action)="([^"]*)"', answer.text):
        assert not address.startswith(("http:", "https:", "//")), address
    return str(answer.text)


def test_a_learner_sees_the_own_progress(drawn: Institution) -> None:
    text = page(drawn.as_("ada"), "/my-progress")
    assert "Ada L." in text
    assert "<svg" in text
    assert "Adding" in text


def test_an_exam_plan_is_drawn_for_a_day_and_asks_for_one_without(drawn: Institution) -> None:
    asked = page(drawn.as_("ada"), "/exam-plan")
    assert "Name an exam day" in asked
    assert "chart-trade" not in asked
    assert "Reviews in the next 30 days" in asked
    day = (drawn.services.clock().date() + timedelta(days=14)).isoformat()
    text = page(drawn.as_("ada"), "/exam-plan", date=day, minutes_a_day="15", target_recall="0.85")
    assert text.count('role="img"') == 2
    assert f'value="{day}"' in text
    assert "What other minutes a day would give" in text
    assert "Adding" in text
    assert "/exam-plan" in page(drawn.as_("ada"), "/my-progress")
    past = drawn.as_("ada").get("/exam-plan", params={"date": "2020-01-01"}, headers=HTML)
    assert past.status_code == 400


def test_staff_see_a_plan_as_staff_and_keep_whose_it_is(drawn: Institution) -> None:
    whose = {"learner": drawn.people["ada"], "reason": "office hour"}
    text = page(drawn.as_("prof", "instructor"), "/exam-plan", **whose)
    assert "Exam plan of Ada L." in text
    assert f'name="learner" value="{drawn.people["ada"]}"' in text
    assert drawn.log()[-1][5] == "office hour"
    assert drawn.as_("cy").get("/exam-plan", params=whose, headers=HTML).status_code == 403


def test_an_instructor_sees_a_learners_progress_and_that_it_is_not_their_own(drawn: Institution) -> None:
    own = page(drawn.as_("ada"), "/my-progress")
    theirs = page(drawn.as_("prof", "instructor"), "/my-progress", learner=drawn.people["ada"], reason="office hour")
    assert "Prof. P." in theirs
    assert own != theirs
    assert drawn.log()[-1][5] == "office hour"


def test_a_learner_sees_the_own_study_habits_in_a_chosen_window(drawn: Institution) -> None:
    text = page(drawn.as_("ada"), "/my-study-habits")
    assert "My study habits" in text
    assert 'aria-current="page"' in text
    assert "last 12 weeks" in text
    assert "last 4 weeks" in page(drawn.as_("ada"), "/my-study-habits", window="28")
    refused = drawn.as_("ada").get("/my-study-habits", params={"window": "29"}, headers=HTML)
    assert refused.status_code == 400


def test_an_instructor_sees_a_learners_study_habits_on_record(drawn: Institution) -> None:
    page(drawn.as_("prof", "instructor"), "/my-study-habits", learner=drawn.people["ada"], reason="office hour")
    assert drawn.log()[-1][5] == "office hour"


def test_a_topic_can_be_chosen(drawn: Institution) -> None:
    assert page(drawn.as_("ada"), "/my-progress", topic="a") != page(drawn.as_("ada"), "/my-progress")
    assert drawn.as_("ada").get("/my-progress", params={"topic": "zz"}, headers=HTML).status_code == 404


def test_the_past_can_be_seen(drawn: Institution) -> None:
    page(drawn.as_("ada"), "/my-progress", as_of="2026-02-20T12:00:00Z")
    refused = drawn.as_("ada").get("/my-progress", params={"as_of": "2036-02-20T12:00:00Z"}, headers=HTML)
    assert refused.status_code == 400


def test_a_learner_without_events_sees_what_to_do(drawn: Institution) -> None:
    drawn.decide("ben", "granted")
    page(drawn.as_("ben"), "/my-progress")


def test_an_instructor_sees_their_learners(drawn: Institution) -> None:
    text = page(drawn.as_("prof", "instructor"), "/learners")
    assert "Ada L." in text
    assert f"/my-progress?learner={drawn.people['ada']}" in text
    assert drawn.people["cy"] not in text


def test_a_session_can_sign_out_from_every_page(drawn: Institution) -> None:
    client = drawn.signed_in("ada")
    text = page(client, "/my-progress")
    found = re.search(r'action="(/sign-out)".*?name="csrf" value="([0-9a-f]+)"', text, re.DOTALL)
    assert found
    left = client.post(found[1], data={"csrf": found[2]})
    assert left.status_code == 303
    assert 'akademos=""' in left.headers["set-cookie"]


@pytest.mark.parametrize("path", LEARNER_PAGES)
def test_a_german_learner_reads_german(drawn: Institution, path: str) -> None:
    day = (drawn.services.clock().date() + timedelta(days=14)).isoformat()
    more = {"date": day, "minutes_a_day": "15"} if path == "/exam-plan" else {}
    answer = drawn.as_("ada").get(path, params=more or None, headers=GERMAN)
    assert answer.status_code in (200, 403)
    assert '<html lang="de">' in answer.text
    assert "Accept-Language" in answer.headers["vary"]
    text = said_in_german(answer.text)
    assert "Mein Fortschritt" in text
    assert [text[max(0, hit.start() - 60) : hit.end() + 40] for hit in ENGLISH.finditer(text)] == []


@pytest.mark.parametrize(("role", "path"), [(role, path) for role, paths in STAFF_PAGES.items() for path in paths])
def test_german_staff_read_german(drawn: Institution, role: Role, path: str) -> None:
    answer = drawn.as_("prof", role).get(path, headers=GERMAN)
    assert answer.status_code == 200
    text = said_in_german(answer.text)
    assert [text[max(0, hit.start() - 60) : hit.end() + 40] for hit in ENGLISH.finditer(text)] == []


def test_a_refusal_is_german_and_marks_what_is_not(drawn: Institution) -> None:
    answer = drawn.as_("ada").get("/learners", headers=GERMAN)
    assert answer.status_code == 403
    assert "Das dürfen Sie nicht sehen" in answer.text
    assert ENGLISH.findall(said_in_german(answer.text)) == []


def test_a_chosen_language_stays_with_the_links(drawn: Institution) -> None:
    text = page(drawn.as_("ada"), "/my-progress", lang="de")
    assert '<html lang="de">' in text
    assert 'href="/my-study-habits?lang=de"' in text
    assert 'href="?lang=en" lang="en"' in text
    assert "?lang=" not in re.sub(r"<footer.*?</footer>", "", page(drawn.as_("ada"), "/my-progress"))
