"""The forms of an advisor's page: what they bring about, whom they serve, and that a refusal keeps what was typed."""

from __future__ import annotations

import html
import re

import pytest
from starlette.testclient import TestClient
from tests.serving.institution import Institution
from tests.serving.test_alerts import PAGE, TODAY, alert_of, alerted, form, statuses

from akademos.catalogue.declarations import Purpose
from akademos.serving.pages.focus_work import about_value
from akademos.stores.ports.identity import Identifier

__all__ = ["alerted"]
NOTES, ALERTS = "/v1/records/notes", "/v1/records/alerts"


@pytest.fixture
def staffed(alerted: Institution) -> Institution:
    """Beside ann, eve advises ada by name; ben is ann's alone."""
    who = Identifier("user", "eva")
    vault = alerted.services.vault
    alerted.people["eva"] = vault.ensure(alerted.tenant, [who], kind="staff")[who].learner_key
    with alerted.database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO advisee_assignments (tenant_id, advisor_key, learner_key) VALUES (%s, %s, %s)",
            (alerted.tenant, alerted.people["eva"], alerted.people["ada"]),
        )
    return alerted


def owners(institution: Institution) -> dict[str, str | None]:
    """Whose the alerts are."""
    with institution.database.pipeline() as transaction:
        rows = transaction.execute(
            "SELECT learner_key::text, owner_key::text FROM learner_alerts WHERE tenant_id = %s", (institution.tenant,)
        ).fetchall()
    names = {key: user for user, key in institution.people.items()}
    return {names[learner]: None if owner is None else names[owner] for learner, owner in rows}


def hand_over(client: TestClient, alerts: list[str], owner: str, token: dict[str, str]) -> tuple[int, str]:
    sent = client.post(f"{PAGE}/alerts/owner", data={**token, "alert": alerts, "owner": owner})
    return sent.status_code, html.unescape(sent.text)


def test_alerts_are_handed_to_a_colleague_who_then_stands_on_the_page(staffed: Institution) -> None:
    client = staffed.signed_in("ann", "advisor")
    page = client.get(PAGE).text
    assert '<option value="eva">' in page
    assert '<option value="ann">' not in page, "she has them already"
    status, _ = hand_over(client, [alert_of(staffed, "ada")], "eva", form(client))
    assert status == 303
    assert owners(staffed) == {"ada": "eva", "ben": "ann", "cy": None}
    assert "For eva." in client.get(PAGE).text
    assert "For you." in staffed.as_("eva", "advisor").get(PAGE).text


def test_several_are_handed_over_all_or_none(staffed: Institution) -> None:
    client = staffed.signed_in("ann", "advisor")
    token, ada, ben = form(client), alert_of(staffed, "ada"), alert_of(staffed, "ben")
    status, page = hand_over(client, [ada, ben], "eva", {**token, "lang": "de"})
    assert status == 422
    assert "Nicht alle Angekreuzten werden dort beraten" in page
    assert owners(staffed) == {"ada": "ann", "ben": "ann", "cy": None}
    assert len(re.findall(r'value="[0-9a-f]+" form="hand"[^>]* checked', page)) == 2
    assert '<option value="eva" selected>' in page
    with staffed.database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO advisee_assignments (tenant_id, advisor_key, learner_key) VALUES (%s, %s, %s)",
            (staffed.tenant, staffed.people["eva"], staffed.people["ben"]),
        )
    assert hand_over(client, [ada, ben, ada], "eva", token)[0] == 303
    assert owners(staffed) == {"ada": "eva", "ben": "eva", "cy": None}


def test_nobody_hands_over_what_is_not_theirs_or_to_whom_it_is_not_meant(staffed: Institution) -> None:
    client = staffed.signed_in("ann", "advisor")
    token, ada, before = form(client), alert_of(staffed, "ada"), owners(staffed)
    for alerts, owner, expected in (
        ([alert_of(staffed, "cy")], "ann", 404),  # another's learner
        ([ada, alert_of(staffed, "cy")], "eva", 404),
        ([ada], "prof", 422),  # teaches, and advises nobody
        ([ada], "ben", 422),  # a learner
        ([ada], "nobody", 422),
        ([ada], "", 422),
        ([], "eva", 400),
        (["x" * 300], "eva", 404),
    ):
        status, page = hand_over(client, alerts, owner, token)
        assert status == expected, (alerts, owner, page[-400:])
        assert 'role="alert"' in page
    assert hand_over(client, [ada], "eva", {**token, "csrf": "made up"})[0] == 403
    for user, role in (("prof", "instructor"), ("ada", "learner"), ("root", "admin"), ("root", "steward")):
        other = staffed.as_(user, role)  # type: ignore[arg-type]  # roles
        assert other.post(f"{PAGE}/alerts/owner", data={"alert": ada, "owner": "eva"}).status_code == 403, role
        assert other.post(f"{PAGE}/notes", data={"learner": "ada", "text": "x"}).status_code == 403, role
    api = staffed.as_("ann", "advisor")
    found = api.get(f"{ALERTS}/{ada}")
    refused = api.patch(f"{ALERTS}/{ada}", json={"owner_id": "prof"}, headers={"If-Match": found.headers["etag"]})
    assert (refused.status_code, refused.json()["code"]) == (422, "owner_not_advising")
    staffed.decide("ada", "withdrawn", purpose=Purpose.ADVISING)
    assert hand_over(client, [ada], "eva", token)[0] in (403, 404)
    assert owners(staffed) == before


def test_what_came_of_an_alert_is_kept_and_shown(staffed: Institution) -> None:
    client = staffed.signed_in("ann", "advisor")
    token, ada = form(client), alert_of(staffed, "ada")
    said = {**token, "alert": ada, "outcome": " A talk; <b>all</b> is well. "}
    assert client.post(f"{PAGE}/alerts", data={**said, "action": "acknowledge"}).status_code == 303
    assert client.get(f"{ALERTS}/{ada}").json()["outcome"] is None, "nothing has come of it yet"
    assert client.post(f"{PAGE}/alerts", data={**said, "action": "resolve"}).status_code == 303
    assert client.get(f"{ALERTS}/{ada}").json()["outcome"] == "A talk; <b>all</b> is well."
    page = client.get(PAGE).text
    assert "A talk; &lt;b&gt;all&lt;/b&gt; is well." in page
    dismissed = {**token, "alert": alert_of(staffed, "ben"), "action": "dismiss"}
    assert client.post(f"{PAGE}/alerts", data=dismissed).status_code == 303
    assert "Nothing is written down about it." in client.get(PAGE).text
    again = client.post(f"{PAGE}/alerts", data={**said, "action": "resolve"})
    assert again.status_code == 409
    assert statuses(staffed)["ada"] == ("resolved", "ann")


def test_notes_are_written_read_by_who_advises_and_put_away(staffed: Institution) -> None:
    client = staffed.signed_in("ann", "advisor")
    token = form(client)
    sent = {**token, "learner": "ada", "text": "Has a new job.\r\nMeets on Fridays <i>only</i>."}
    assert client.post(f"{PAGE}/notes", data=sent).headers["location"] == f"{PAGE}?lang=en&done=note"
    (note,) = client.get(NOTES).json()["records"]
    assert (note["user_id"], note["author_id"]) == ("ada", "ann")
    page = client.get(PAGE).text
    assert "<p>Meets on Fridays &lt;i&gt;only&lt;/i&gt;.</p>" in page
    colleague = staffed.signed_in("eva", "advisor")
    theirs = colleague.get(PAGE).text
    assert "Has a new job." in theirs
    assert f'value="{note["note_id"]}"' not in theirs, "who wrote it puts it away"
    assert staffed.as_("ada", "learner").get(NOTES).json()["records"][0]["text"] == note["text"]
    away = {**token, "note": note["note_id"]}
    assert client.post(f"{PAGE}/notes/act", data={**away, "csrf": ""}).status_code == 403
    assert client.post(f"{PAGE}/notes/act", data=away).status_code == 303
    assert "Has a new job." not in client.get(PAGE).text
    assert client.post(f"{PAGE}/notes/act", data=away).status_code == 409


def test_no_note_about_a_stranger_without_consent_or_words(staffed: Institution) -> None:
    client = staffed.signed_in("ann", "advisor")
    token = form(client)
    for learner, text, expected in (
        ("cy", "x", 403), ("nobody", "x", 422), ("ada", "  ", 422), ("ada", "x" * 2_001, 422), ("", "x", 422),
    ):  # fmt: skip
        refused = client.post(f"{PAGE}/notes", data={**token, "learner": learner, "text": text})
        assert refused.status_code == expected, (learner, refused.text[-300:])
    staffed.decide("ben", "withdrawn", purpose=Purpose.ADVISING)
    assert client.post(f"{PAGE}/notes", data={**token, "learner": "ben", "text": "x"}).status_code == 403
    assert client.get(NOTES).json()["records"] == []


def test_quiet_hours_are_kept_where_no_mail_is_sent(staffed: Institution, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(staffed.services.mail), "declared", property(lambda mail: False))
    client = staffed.signed_in("ann", "advisor")
    page = client.get(PAGE).text
    assert 'name="quiet_from"' in page
    assert 'name="address"' not in page
    sent = {"by_mail": "false", "time_zone": "Europe/Berlin", "quiet_from": "20:00", "quiet_until": "07:00"}
    assert client.post(f"{PAGE}/settings", data={**form(client), **sent}).status_code == 303
    kept = client.get("/v1/alerts/settings").json()
    assert (kept["quiet_from"], kept["quiet_until"], kept["by_mail"]) == ("20:00", "07:00", False)
    assert 'value="20:00"' in client.get(PAGE).text


def test_a_refused_form_keeps_what_was_typed_and_how_many_were_listed(staffed: Institution) -> None:
    client = staffed.signed_in("ann", "advisor")
    token = {**form(client), "capacity": "5"}
    about = about_value("ada", "algebra")
    help_ = {"about": about, "kind": "extension", "starts_on": "1900-01-01", "trial": "autumn <x>", "arm": "comparison"}
    page = client.post(f"{PAGE}/interventions", data={**token, **help_}).text
    general = page[page.index('id="about-any"') - 300 :]
    for kept in (
        '<option value="extension" selected>', 'value="1900-01-01"', 'value="autumn &lt;x&gt;"',
        '<option value="comparison" selected>', '<option value="5" selected>', 'name="capacity" value="5"',
    ):  # fmt: skip
        assert kept in (page if "5" in kept else general), kept
    assert page.count("autumn &lt;x&gt;") == 1, "in the form that was sent, and in no other"
    assert "data-live" not in page, "nothing is loaded over what is being corrected"
    of_alert = client.post(
        f"{PAGE}/interventions", data={**token, **help_, "alert": alert_of(staffed, "ada"), "trial": "winter"}
    ).text
    assert of_alert.index("winter") < of_alert.index('id="about-any"')
    long = client.post(f"{PAGE}/notes", data={**token, "learner": "ben", "text": "y" * 2_001}).text
    assert "y" * 2_001 in long
    assert '<option value="ben" selected>' in long[long.index('id="note-whom"') :]
    told = {"by_mail": "true", "address": "ann@elsewhere.example", "time_zone": "Mars/Olympus", "quiet_from": "21:30"}
    settings = client.post(f"{PAGE}/settings", data={**token, **told}).text
    for kept in ("ann@elsewhere.example", "Mars/Olympus", "21:30"):
        assert f'value="{kept}"' in settings
    noted = client.post(f"{PAGE}/settings", data={**token, "by_mail": "false"})
    assert noted.headers["location"].endswith("capacity=5")
    for odd in ("0", "-4", "many", "99999999", "²"):
        assert client.post(f"{PAGE}/interventions", data={**token, **help_, "capacity": odd}).status_code == 422


REFUSED: tuple[tuple[str, dict[str, str], str], ...] = (
    ("interventions", {"kind": "magic"}, "Bitte wählen Sie aus den Listen"),
    ("interventions", {"kind": "tutoring", "starts_on": "soon"}, "Das ist kein Tag"),
    ("interventions", {"kind": "tutoring", "starts_on": "2150-01-01"}, "höchstens zwei Jahre zurück"),
    ("interventions", {"kind": "tutoring", "arm": "treated"}, "gehört zu einem Versuch"),
    ("interventions", {"kind": "tutoring", "about": about_value("ada", "geometry")}, "belegt diesen Kurs"),
    ("interventions", {"kind": "tutoring", "about": about_value("cy", "geometry")}, "beraten diese Person nicht"),
    ("interventions", {"kind": "tutoring", "about": "nobody|algebra"}, "niemand bekannt"),
    ("interventions", {"kind": "tutoring", "about": ""}, "Bitte wählen Sie aus der Liste"),
    ("interventions", {"kind": "tutoring", "alert": "gone"}, "gibt es nicht mehr"),
    ("interventions", {"kind": "tutoring", "trial": "x" * 300}, "höchstens 256 Zeichen"),
    ("interventions", {"kind": "tutoring", "arm": "both", "trial": "x"}, "Bitte prüfen Sie"),
    ("interventions", {"csrf": ""}, "gehört zu einer anderen Sitzung"),
    ("interventions/act", {"intervention": "gone", "action": "start"}, "nicht mehr zu dem, was Sie sehen dürfen"),
    ("alerts", {"alert": "gone", "action": "dismiss"}, "nicht mehr zu dem, was Sie sehen dürfen"),
    ("alerts", {"action": "explode"}, "Bitte wählen Sie aus den Listen"),
    ("alerts/owner", {"owner": "eva"}, "Nichts ist angekreuzt"),
    ("notes", {"learner": "ada", "text": ""}, "1 bis 2.000 Zeichen"),
    ("notes/act", {"note": "gone"}, "nicht mehr zu dem, was Sie sehen dürfen"),
    ("settings", {"by_mail": "true"}, "Es fehlt die Adresse"),
    ("settings", {"by_mail": "true", "address": "me"}, "keine E-Mail-Adresse"),
    ("settings", {"by_mail": "true", "address": "a@else.example"}, "An diese Domain"),
    ("settings", {"time_zone": "Mars"}, "keine Zeitzone"),
    ("settings", {"quiet_from": "99"}, "keine Uhrzeit"),
    ("settings", {"quiet_from": "20:00"}, "Anfang und Ende"),
)


@pytest.mark.parametrize(("place", "sent", "said"), REFUSED)
def test_a_refusal_speaks_the_language_of_the_page(
    staffed: Institution, place: str, sent: dict[str, str], said: str
) -> None:
    client = staffed.signed_in("ann", "advisor")
    sound = {"about": about_value("ada", "algebra"), "starts_on": TODAY.isoformat()}
    answer = client.post(f"{PAGE}/{place}", data={**form(client), "lang": "de", **sound, **sent})
    assert 400 <= answer.status_code < 500, answer.status_code
    shown = re.search(r'role="alert">([^<]*)<', answer.text)
    assert shown is not None
    assert said in html.unescape(shown[1])
    assert "/v1/" not in shown[1]
    assert "`" not in shown[1]
