"""Steps that an advisor suggests: the learner finds and answers them, the advisor sees the answer; nobody else does."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient
from tests.serving.institution import Institution
from tests.serving.test_alerts import PAGE, alerted, form

from akademos.catalogue.declarations import Purpose
from akademos.serving.pages.suggestions import suggested_steps
from akademos.serving.pages.wording import words_in
from akademos.stores.ports.audit import Json
from akademos.stores.ports.record_store import RecordRow

__all__ = ["alerted"]
MINE, STEPS = "/my-progress", "/v1/records/recommendations"
ASKED = {"accept": "text/html"}
STEP = {"learner": "ada", "step": "See the <b>tutor</b> on Friday", "why": "Two chapters are open."}


def suggest(client: TestClient, **more: str) -> tuple[int, str]:
    sent = client.post(f"{PAGE}/suggestions", data={**form(client), **STEP, **more})
    return sent.status_code, html.unescape(sent.text)


def buttons(page: str) -> list[dict[str, str]]:
    """The fields that each button of a suggested step would post."""
    found = []
    for one in re.findall(rf'<form class="acts" method="post" action="{MINE}/suggestions">.*?</form>', page, re.S):
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', one))
        found += [{**fields, name: value} for name, value in re.findall(r'<button name="([^"]+)" value="([^"]+)"', one)]
    return found


def test_a_step_is_suggested_answered_and_the_answer_seen(alerted: Institution) -> None:
    ann = alerted.signed_in("ann", "advisor")
    assert suggest(ann)[0] == 303
    assert "no answer yet" in ann.get(PAGE).text
    ada = alerted.signed_in("ada")
    page = ada.get(MINE, headers=ASKED).text
    assert "See the &lt;b&gt;tutor&lt;/b&gt; on Friday" in page
    assert "from your advisor" in page
    accept, dismiss = buttons(page)
    assert (accept["action"], dismiss["action"]) == ("accept", "dismiss")
    sent = ada.post(f"{MINE}/suggestions", data=accept, follow_redirects=False)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{MINE}?lang=en&done=accept#suggested")
    page = ada.get(f"{MINE}?done=accept", headers=ASKED).text
    assert "Noted: you will do this. Whoever suggested it can see that." in page
    complete, _ = buttons(page)
    assert complete["action"] == "complete"
    assert "will do it" in alerted.signed_in("ann", "advisor").get(PAGE).text
    ada = alerted.signed_in("ada")
    token = {**complete, "csrf": buttons(ada.get(MINE, headers=ASKED).text)[0]["csrf"]}
    assert ada.post(f"{MINE}/suggestions", data=token, follow_redirects=False).status_code == 303
    assert buttons(ada.get(MINE, headers=ASKED).text) == []
    assert ada.post(f"{MINE}/suggestions", data=token, headers=ASKED).status_code == 409
    (kept,) = alerted.as_("ada", "learner").get(STEPS).json()["records"]
    assert (kept["status"], kept["source_trigger"]) == ("completed", "advisor")
    assert kept["decided_at"] < kept["completed_at"]


def test_an_answer_is_the_learners_own(alerted: Institution) -> None:
    ann = alerted.signed_in("ann", "advisor")
    assert suggest(ann)[0] == 303
    ada = alerted.signed_in("ada")
    accept, _ = buttons(ada.get(MINE, headers=ASKED).text)
    assert ada.post(f"{MINE}/suggestions", data={**accept, "csrf": "made up"}).status_code == 403
    assert ada.post(f"{MINE}/suggestions", data={**accept, "action": "expire"}).status_code == 400
    for stranger in ("", "x" * 300, "a\0b"):
        assert ada.post(f"{MINE}/suggestions", data={**accept, "suggestion": stranger}).status_code == 404
    for user, role, expected in (("ben", "learner", 404), ("ann", "advisor", 403), ("prof", "instructor", 403)):
        other = alerted.as_(user, role)  # type: ignore[arg-type]  # roles
        assert other.post(f"{MINE}/suggestions", data=accept).status_code == expected, role
    assert "tutor" not in alerted.as_("ben", "learner").get(MINE, headers=ASKED).text
    ann = alerted.as_("ann", "advisor")
    assert "See the" not in ann.get(f"{MINE}?learner=ada", headers=ASKED).text, "staff read it on their own page"
    (kept,) = alerted.as_("ada", "learner").get(STEPS).json()["records"]
    assert kept["status"] == "proposed"


def test_no_step_to_a_stranger_without_consent_words_or_a_day_that_is(alerted: Institution) -> None:
    ann = alerted.signed_in("ann", "advisor")
    today = alerted.services.clock().date()
    for more, expected, said in (
        ({"learner": "cy"}, 403, "you do not advise this learner"),
        ({"learner": "nobody"}, 422, "Nobody is known by that name"),
        ({"step": " "}, 422, "What to do has 1 to 256 characters"),
        ({"why": "x" * 257}, 422, "Why has 1 to 256 characters"),
        ({"until": "soon"}, 422, "That is no date"),
        ({"until": (today - timedelta(days=1)).isoformat()}, 422, "for today at the earliest"),
        ({"until": "9999-12-31"}, 422, "for a year at most"),
    ):
        status, page = suggest(ann, **more)
        assert (status, said in page) == (expected, True), (more, page[-300:])
        assert 'value="Two chapters are open."' in page or "why" in more, "what was typed stays"
    alerted.decide("ben", "withdrawn", purpose=Purpose.ADVISING)
    assert suggest(ann, learner="ben")[0] == 403
    assert ann.get(STEPS).json()["records"] == []


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_a_day_ends_where_the_learner_lives(alerted: Institution, zone: str) -> None:
    alerted.services.vault.describe(alerted.tenant, {alerted.people["ada"]: "Ada"}, time_zone=zone)
    here = ZoneInfo(zone)
    last = alerted.services.clock().astimezone(here).date()
    ann = alerted.signed_in("ann", "advisor")
    assert suggest(ann, until=(last - timedelta(days=1)).isoformat())[0] == 422
    assert suggest(ann, until=last.isoformat())[0] == 303
    (kept,) = ann.get(STEPS).json()["records"]
    midnight = datetime.combine(last + timedelta(days=1), time(), here)
    assert datetime.fromisoformat(kept["expires_at"]) == midnight
    (step,) = suggested_steps([row("r", "proposed", 3, "2026-03-01T00:00:00Z", kept["expires_at"])],
                              midnight - timedelta(seconds=1), here, words_in("en"))  # fmt: skip
    assert step.until == f"(until {last.day} Mar 2026)"


def made_by_a_program(institution: Institution, user: str, rows: int) -> None:
    """Steps of priority 3, whose ids stand before those that are made here."""
    with institution.database.pipeline() as transaction:
        transaction.execute(
            """INSERT INTO learning_recommendations (tenant_id, recommendation_id, learner_key, action, priority,
                reason, source_trigger, status)
            SELECT %s, lpad(n::text, 32, '0'), %s, 'auto ' || n, 3, 'r', 'gap', 'proposed'
            FROM generate_series(1, %s) AS n""",
            (institution.tenant, institution.people[user], rows),
        )


def test_steps_of_programs_do_not_hide_the_advisors_own(alerted: Institution) -> None:
    made_by_a_program(alerted, "ben", 210)
    ann = alerted.signed_in("ann", "advisor")
    assert suggest(ann)[0] == 303
    page = ann.get(PAGE).text
    assert "Two chapters are open." in page
    assert "auto " not in page, "they are not what an advisor suggested"


def test_the_urgent_step_is_on_the_learners_page_however_many_there_are(alerted: Institution) -> None:
    made_by_a_program(alerted, "ada", 55)
    sent = {"user_id": "ada", "action": "Come to the office", "reason": "today", "source_trigger": "advisor"}
    made = alerted.as_("ann", "advisor").post(STEPS, json={**sent, "priority": 1})
    assert made.status_code == 201, made.text
    page = alerted.as_("ada", "learner").get(MINE, headers=ASKED).text
    first, *_ = re.findall(
        r'<li><p><b>([^<]+)</b> <span class="chip">([^<]+)</span>', page[page.index('id="suggested"') :]
    )
    assert first == ("Come to the office", "from your advisor")
    assert "from your institution" in page
    assert "Your advisor or your institution noted these steps" in page


def row(name: str, status: str, priority: int, created: str, until: str | None = None) -> RecordRow:
    values: dict[str, Json] = {
        "status": status, "priority": priority, "created_at": created, "expires_at": until, "action": name,
        "reason": "r", "source_trigger": "a program",
    }  # fmt: skip
    return RecordRow((name,), values, 1)


@pytest.mark.parametrize(("language", "until"), [("en", "(until 10 Mar 2026)"), ("de", "(bis 10. März 2026)")])
def test_what_is_taken_on_comes_first_then_the_urgent_then_the_old(language: str, until: str) -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    found = [
        row("late", "proposed", 3, "2026-03-02T00:00:00Z"),
        row("early", "shown", 3, "2026-03-01T00:00:00Z"),
        row("over", "proposed", 1, "2026-03-01T00:00:00Z", "2026-03-10T12:00:00Z"),
        row("done", "completed", 1, "2026-03-01T00:00:00Z"),
        row("urgent", "proposed", 1, "2026-03-03T00:00:00Z", "2026-03-11T00:00:00Z"),
        row("taken", "accepted", 5, "2026-03-04T00:00:00Z"),
    ]
    steps = suggested_steps(found, now, UTC, words_in(language))
    assert [one.action for one in steps] == ["taken", "urgent", "early", "late"]
    assert until in steps[1].until
    assert [one.change for one in steps[0].buttons] == ["complete", "dismiss"]
