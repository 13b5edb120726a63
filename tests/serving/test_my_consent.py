"""The consent page: what it shows, what its buttons do, and whom it refuses; without a script."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from tests.serving.institution import ANSWER_PATHS, Institution

from akademos.catalogue.declarations import Purpose
from akademos.privacy.pseudonyms import Keys
from akademos.serving.pages.wording import words_in
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.consent_terms import note_birth

PAGE = {"accept": "text/html"}


def forms(page: str) -> list[dict[str, str]]:
    """The fields that each button of the page would post."""
    found = []
    for form in re.findall(
        r'<form method="post" action="/my-consent">.*?</form>|<form class="acts".*?</form>', page, re.S
    ):
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        for name, value in re.findall(r'<button name="([^"]+)" value="([^"]+)"', form):
            found.append({**{key: html.unescape(text) for key, text in fields.items()}, name: value})
    return found


def press(client: TestClient, decision: str, purpose: str = "learning_support") -> str:
    page = client.get("/my-consent", headers=PAGE).text
    fields = next(one for one in forms(page) if (one.get("decision"), one.get("purpose")) == (decision, purpose))
    answer = client.post("/my-consent", data=fields)
    assert answer.status_code == 303, answer.text
    shown = client.get(answer.headers["location"], headers=PAGE)
    assert shown.status_code == 200
    assert 'role="status"' in shown.text
    return str(shown.text)


def test_every_choice_can_be_made_with_a_form_and_counts_at_once(institution: Institution) -> None:
    client = institution.signed_in("ada")
    assert client.get(ANSWER_PATHS[0]).status_code == 200
    for decision, status in (
        ("paused", 403),
        ("resumed", 200),
        ("restricted", 403),
        ("restriction_lifted", 200),
        ("objected", 403),
        ("objection_withdrawn", 200),
        ("withdrawn", 403),
        ("granted", 200),
    ):
        shown = press(client, decision)
        assert client.get(ANSWER_PATHS[0]).status_code == status, decision
        assert words_in("en").plain(f"decision.{decision}") in shown
    state = client.get("/v1/consent").json()
    assert state["state"][0]["text_version"] == "akademos-2026-1"
    assert [line["decision"] for line in state["history"]][-2:] == ["withdrawn", "granted"]


def test_a_grant_is_for_the_text_that_was_shown(institution: Institution) -> None:
    client = institution.signed_in("ben")
    page = client.get("/my-consent", headers=PAGE).text
    fields = next(one for one in forms(page) if one.get("decision") == "granted")
    answer = client.post("/my-consent", data={**fields, "text_version": "older"})
    assert answer.status_code == 409
    assert "The text has changed" in answer.text
    assert client.get("/v1/consent").json()["state"] == []


@pytest.mark.parametrize(
    "change",
    [{"csrf": ""}, {"csrf": "x"}, {"purpose": "spying"}, {"decision": "maybe"}, {"decision": ""}],
)
def test_a_form_that_is_not_ours_changes_nothing(institution: Institution, change: dict[str, str]) -> None:
    client = institution.signed_in("ada")
    before = client.get("/v1/consent").json()
    fields = next(one for one in forms(client.get("/my-consent", headers=PAGE).text) if one.get("decision") == "paused")
    answer = client.post("/my-consent", data={**fields, **change})
    assert answer.status_code in (400, 403)
    assert 'role="alert"' in answer.text
    assert client.get("/v1/consent").json() == before


REFUSED: tuple[tuple[str, dict[str, str], int, str], ...] = (
    ("ada", {"csrf": ""}, 403, "gehört zu einer anderen Sitzung"),
    ("ada", {"decision": "maybe"}, 400, "sagt nicht, was gelten soll"),
    ("ada", {"tracking_opt_out": "perhaps"}, 400, "ob Sie mitgezählt werden wollen"),
    ("ada", {"decision": "granted", "text_version": "older"}, 409, "Bitte lesen Sie ihn hier noch einmal"),
    ("ada", {"decision": "paused", "purpose": "research"}, 409, "daher gibt es nichts zu pausieren"),
    ("prof", {"decision": "withdrawn"}, 409, "nur Lernende entscheiden das"),
)


@pytest.mark.parametrize(("user", "change", "status", "said"), REFUSED)
def test_a_refusal_speaks_the_language_of_the_page(
    institution: Institution, user: str, change: dict[str, str], status: int, said: str
) -> None:
    client = institution.signed_in(user)
    fields = forms(client.get("/my-consent?lang=de", headers=PAGE).text)[0]
    sent = {**fields, "purpose": "learning_support", "decision": "paused", **change}
    answer = client.post("/my-consent", data=sent)
    assert answer.status_code == status
    shown = re.search(r'role="alert">([^<]*)<', answer.text)
    assert shown is not None
    assert said in html.unescape(shown[1])
    assert '<html lang="de">' in answer.text


def test_who_is_too_young_to_decide_alone_reads_whom_to_ask(institution: Institution, keys: Keys) -> None:
    with institution.database.pipeline() as transaction:
        (today,) = transaction.execute("SELECT current_date").fetchone() or (None,)
        born = today - timedelta(days=12 * 365)
        note_birth(transaction, keys, institution.tenant, institution.people["ben"], born)
    client = institution.signed_in("ben")
    fields = next(one for one in forms(client.get("/my-consent?lang=de").text) if one.get("decision") == "granted")
    answer = client.post("/my-consent", data=fields)
    assert answer.status_code == 409
    assert "entscheiden Sorgeberechtigte mit" in answer.text
    assert client.get("/v1/consent").json()["state"] == []


def test_tracking_is_switched_and_counted(institution: Institution) -> None:
    client = institution.signed_in("ada")
    who = Identifier("user", "ada")

    def opted_out() -> bool:
        return institution.services.vault.find(institution.tenant, [who])[who].opted_out

    for wanted in ("true", "false", "true"):
        page = client.get("/my-consent", headers=PAGE).text
        fields = next(one for one in forms(page) if "tracking_opt_out" in one)
        assert fields["tracking_opt_out"] == wanted
        answer = client.post("/my-consent", data=fields)
        assert 'role="status"' in client.get(answer.headers["location"], headers=PAGE).text
        assert opted_out() == (wanted == "true")
    with institution.database.pipeline() as transaction:
        counted = transaction.execute(
            "SELECT kind, events FROM opt_outs WHERE tenant_id = %s", (institution.tenant,)
        ).fetchall()
    assert dict(counted) == {"opted_out": 2, "opted_in": 1}


def test_staff_and_strangers_are_refused(institution: Institution) -> None:
    assert institution.signed_in("prof", "instructor").get("/my-consent").status_code == 403
    assert institution.client().get("/my-consent").status_code == 401
    assert institution.signed_in("prof").post("/my-consent", data={}).status_code in (400, 403)


def test_somebody_who_never_decided_sees_what_is_asked(institution: Institution) -> None:
    page = institution.signed_in("brand-new").get("/my-consent", headers=PAGE).text
    assert page.count('value="granted"') == len(Purpose)
    assert "Refusing has no disadvantage" in page


def test_the_browsers_language_is_spoken(institution: Institution) -> None:
    client = institution.signed_in("ada")
    german = client.get("/my-consent", headers={**PAGE, "accept-language": "de-AT,de;q=0.9,en;q=0.5"}).text
    assert '<html lang="de">' in german
    assert "Abzulehnen hat keinen Nachteil" in german
    assert "Wir bewahren auf" in german
    assert '<html lang="en">' in client.get("/my-consent", headers={**PAGE, "accept-language": "fr"}).text
    assert '<html lang="de">' in client.get("/my-consent?lang=de", headers=PAGE).text
