"""The list of what to do next on the learner's page: its buttons send events by the usual door, under live consent."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient
from tests.serving.institution import NOW, CountingAnswers, Institution

from akademos.catalogue.registry import builtin
from akademos.intake.group_commit import GroupCommit
from akademos.intake.receive import Intake
from akademos.privacy.pseudonyms import Keys
from akademos.serving.api import create_app
from akademos.stores.ports.answers import Answer, AnswerName, Question
from akademos.stores.postgres.landing import PostgresLanding
from akademos.stores.postgres.vault import PostgresVault

PAGE = {"accept": "text/html"}
FORM = "/my-progress/recommendations"


def step(name: str, kind: str, trigger: str, **more: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("topic_id", "topic_name", "material_id", "priority", "prerequisite_for", "shown_at"))
    return {
        **empty,
        "recommendation_id": name,
        "kind": kind,
        "trigger": trigger,
        "reason": "Because.",
        "status": "proposed",
        "accepted_at": None,
        **more,
    }


LISTED = [
    step("rec-1", "advisor", "inactivity", position=1),
    step("rec-2", "content", "gap", position=2, topic_id="fractions", topic_name="Fractions", material_id="m-1",
         priority=18.9, shown_at="2026-01-01T10:00:00Z"),
    step("rec-3", "review", "schedule", position=3, topic_id="sums", topic_name="Sums", status="accepted",
         accepted_at="2026-01-02T10:00:00Z"),
]  # fmt: skip


class WithSteps(CountingAnswers):
    """The usual made-up answers, and a list of steps."""

    def _answers(self, question: Question, names: Sequence[AnswerName], version: int) -> dict[AnswerName, Answer]:
        found = super()._answers(question, names, version)
        if AnswerName.RECOMMENDATIONS in found:
            found[AnswerName.RECOMMENDATIONS]["recommendations"] = LISTED
            found[AnswerName.RECOMMENDATIONS]["knew"] = [dict(one.materials) for one in question.particulars.support]
        return found


@pytest.fixture
def client(institution: Institution, keys: Keys) -> Iterator[TestClient]:
    """Ada's browser, signed in, at an application that takes events."""
    database = institution.database
    writer = GroupCommit([PostgresLanding(database, PostgresVault(database, keys), keys)], queue_depth=1_000)
    intake = Intake(lambda _: builtin(), keys, writer, clock=lambda: NOW)

    @asynccontextmanager
    async def writing(_: object) -> Any:
        yield
        await writer.close()

    services = replace(institution.services, answers=WithSteps())
    app = create_app(services, intake=intake, lifespans=[writing])
    with TestClient(app, follow_redirects=False) as browser:
        browser.cookies = institution.signed_in("ada").cookies
        yield browser


def forms(page: str) -> list[dict[str, str]]:
    """The fields that each button of the list would post."""
    found = []
    for form in re.findall(rf'<form class="acts" method="post" action="{FORM}">.*?</form>', page, re.S):
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        for name, value in re.findall(r'<button name="([^"]+)" value="([^"]+)"', form):
            found.append({**{key: html.unescape(text) for key, text in fields.items()}, name: value})
    return found


def landed(institution: Institution) -> list[dict[str, Any]]:
    with institution.database.pipeline() as transaction:
        rows = transaction.execute(
            "SELECT raw FROM landing WHERE tenant_id = %s ORDER BY transaction_id, seq", (institution.tenant,)
        ).fetchall()
    return [orjson.loads(bytes(raw)) for (raw,) in rows]


def test_a_button_sends_what_it_says_and_what_was_on_the_list_once_a_day(
    institution: Institution, client: TestClient
) -> None:
    page = client.get("/my-progress", headers=PAGE).text
    buttons = forms(page)
    assert [(one["recommendation"], one["change"]) for one in buttons] == [
        ("rec-1", "accepted"), ("rec-1", "dismissed"),
        ("rec-2", "accepted"), ("rec-2", "dismissed"),
        ("rec-3", "completed"), ("rec-3", "dismissed"),
    ]  # fmt: skip
    assert "Talk to your advisor" in page
    assert landed(institution) == []  # looking is not recorded
    answer = client.post(FORM, data=buttons[2])
    assert (answer.status_code, answer.headers["location"]) == (303, "/my-progress?lang=en&done=accepted#recommended")
    assert "Noted: you will do this." in client.get("/my-progress?done=accepted", headers=PAGE).text
    sent = landed(institution)
    assert [one["event_name"] for one in sent] == ["recommendation_shown"] * 3 + ["recommendation_accepted"]
    accepted = sent[-1]
    assert (accepted["user_id"], accepted["recommendation_id"], accepted["material_id"]) == ("ada", "rec-2", "m-1")
    said = accepted["properties"]
    assert (said["recommendation_kind"], said["source_trigger"], said["topic_ids"]) == ("content", "gap", ["fractions"])
    assert said["seconds_since_shown"] > 0
    assert client.post(FORM, data=buttons[4]).status_code == 303
    more = landed(institution)[len(sent) :]
    assert [one["event_name"] for one in more] == ["recommendation_completed"]  # the list was told today


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"csrf": "another"}, 403),
        ({"change": "shown"}, 400),
        ({"recommendation": "rec-9"}, 409),
    ],
)
def test_what_no_button_says_is_refused_and_nothing_is_sent(
    institution: Institution, client: TestClient, change: dict[str, str], status: int
) -> None:
    fields = forms(client.get("/my-progress", headers=PAGE).text)[0]
    assert client.post(FORM, data=fields | change).status_code == status
    assert landed(institution) == []


def test_what_the_form_lacks_is_said_before_whether_events_are_taken(institution: Institution) -> None:
    assert institution.as_("ada").post(FORM).status_code == 400  # an application without an intake


def test_without_consent_nothing_is_recorded(institution: Institution, client: TestClient) -> None:
    fields = forms(client.get("/my-progress", headers=PAGE).text)[0]
    institution.decide("ada", "withdrawn")
    assert client.post(FORM, data=fields).status_code == 403
    assert landed(institution) == []


def test_staff_see_the_list_and_have_no_buttons(institution: Institution, client: TestClient) -> None:
    client.cookies = institution.signed_in("prof", "instructor").cookies
    page = client.get("/my-progress?learner=ada&reason=help", headers=PAGE).text
    assert "Talk to your advisor" in page
    assert forms(page) == []
    assert client.post(FORM, data={"recommendation": "rec-1", "change": "accepted"}).status_code == 403


def test_the_list_knows_what_was_published_by_then_and_a_new_publication_makes_it_anew(
    institution: Institution,
) -> None:
    app = create_app(replace(institution.services, answers=WithSteps()))
    ada = TestClient(app, headers=dict(institution.as_("ada").headers))
    address = "/v1/analytics/recommendations"

    def publish(at: datetime, materials: str, tenant: str = institution.tenant) -> None:
        with institution.database.pipeline() as transaction:
            transaction.execute(
                "INSERT INTO content_support VALUES (%s, 'algebra', %s, 20, %s)", (tenant, at, materials)
            )

    assert ada.get(address).json()["knew"] == []
    publish(NOW - timedelta(days=2), '{"m-1": {"gain": {"value": 0.1}}}')
    publish(NOW - timedelta(days=2), '{"m-9": {}}', institution.elsewhere)
    second = ada.get(address)
    assert second.json()["knew"] == [{"m-1": {"gain": {"value": 0.1}}}]
    publish(NOW - timedelta(days=1), "{}")
    held = {"If-None-Match": second.headers["ETag"]} if "ETag" in second.headers else {}
    third = ada.get(address, headers=held)
    assert (third.status_code, third.json()["knew"]) == (200, [{}])
    then = (NOW - timedelta(days=1, hours=1)).isoformat()
    assert ada.get(address, params={"as_of": then}).json()["knew"] == second.json()["knew"]


def test_the_page_says_in_the_readers_language_what_speaks_for_a_material(
    institution: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    after, others = ({"value": value, "bound": bound, "people": 60} for value, bound in ((0.75, ""), (0.2, "below")))
    figures = {"learners": after, "others": others, "change": 0.55, "low": 0.3, "high": 0.7}
    similar = {"ground": "similar_learners", "figures": figures}
    works = {
        "ground": "effectiveness",
        "figures": {"value": 0.06, "low": 0.03, "high": 0.09, "learners": 45, "others": 70},
    }
    more = [
        step(f"rec-{place}", "content", str(one["ground"]), position=place, topic_id="f", material_id="m", evidence=one)
        for place, one in enumerate((similar, works), 4)
    ]
    monkeypatch.setattr(f"{__name__}.LISTED", more)
    app = create_app(replace(institution.services, answers=WithSteps()))
    browser = TestClient(app, cookies=institution.signed_in("ada").cookies)
    page = browser.get("/my-progress", headers=PAGE).text
    assert "about 75% had mastered it four weeks after this, at most 20% after other materials" in page
    assert "by 3 to 9 points of 100" in page
    assert "(60 and 60 learners)" in page
    assert "(45 and 70 learners)" in page
    assert "from similar learners" in page
    german = browser.get("/my-progress?lang=de", headers=PAGE).text
    assert "etwa 75" in german
    assert "von ähnlichen Lernenden" in german
