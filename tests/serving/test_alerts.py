"""Alerts and help over HTTP: for advisors about their own advisees who consent; forms that belong to their session."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient
from tests.serving.institution import NOW, Institution
from tests.serving.test_risk_store import WEEK, score

from akademos.catalogue.declarations import Purpose
from akademos.serving.pages.focus_work import about_value
from akademos.serving.routes import alerts
from akademos.stores.ports.alerts import AlertDraft
from akademos.stores.ports.intervention_effects import PublishedEffect
from akademos.stores.postgres.alerts import PostgresAlerts
from akademos.stores.postgres.behaviours import BEHAVIOURS, SUBSCRIBERS
from akademos.stores.postgres.intervention_effects import PostgresInterventionEffects
from akademos.stores.postgres.risk import PostgresRisk

PAGE = "/students-in-focus"
SETTINGS = "/v1/alerts/settings"
MARK = "/v1/alerts/mark"
EFFECTS = "/v1/interventions/effects"
TODAY = datetime.now(UTC).date()
"""Records are held to the clock of the database."""


@pytest.fixture
def alerted(institution: Institution) -> Institution:
    """Alerts about ada and ben, who are ann's, and cy, who is not; all consent."""
    for user in ("ada", "ben", "cy"):
        for purpose in (Purpose.ADVISING, Purpose.LEARNING_SUPPORT):
            institution.decide(user, "granted", purpose=purpose)
    people = institution.people
    PostgresRisk(institution.database).write(institution.tenant, WEEK, [score(people["ada"]), score(people["ben"])])
    store = PostgresAlerts(institution.database, institution.keys, behaviours=BEHAVIOURS, subscribers=SUBSCRIBERS)
    drafts = [
        AlertDraft(people[user], course, "new_in_focus", "high", "New in focus: chance 70%.", "risk_scores/x")
        for user, course in (("ada", "algebra"), ("ben", "algebra"), ("cy", "geometry"))
    ]
    assert store.raise_alerts(institution.tenant, drafts, source_trigger="dropout_risk") == 3
    institution.clock[0] = NOW
    return institution


def statuses(institution: Institution) -> dict[str, tuple[str, str | None]]:
    with institution.database.pipeline() as transaction:
        rows = transaction.execute(
            "SELECT learner_key::text, status, handler_key::text FROM learner_alerts WHERE tenant_id = %s",
            (institution.tenant,),
        )
        names = {key: user for user, key in institution.people.items()}
        return {names[key]: (status, handler and names[handler]) for key, status, handler in rows}


def alert_of(institution: Institution, user: str) -> str:
    with institution.database.pipeline() as transaction:
        row = transaction.execute(
            "SELECT alert_id FROM learner_alerts WHERE tenant_id = %s AND learner_key = %s",
            (institution.tenant, institution.people[user]),
        ).fetchone()
    assert row is not None
    return str(row[0])


def form(client: TestClient) -> dict[str, str]:
    """The token that forms of the page bear."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.get(PAGE).text)
    assert found is not None
    return {"csrf": found[1], "lang": "en"}


def test_the_page_shows_own_alerts_that_wait_and_nobody_elses(alerted: Institution) -> None:
    page = alerted.as_("ann", "advisor").get(PAGE).text
    assert "2</b> alerts wait" in page
    assert alert_of(alerted, "ada") in page
    assert alert_of(alerted, "cy") not in page
    assert "Ada L." in page
    assert f'data-live="{MARK}"' in page
    alerted.decide("ada", "withdrawn", purpose=Purpose.ADVISING)
    after = alerted.as_("ann", "advisor").get(PAGE).text
    assert alert_of(alerted, "ada") not in after
    assert "1</b> alert waits" in after


def test_of_many_alerts_the_urgent_are_shown_and_all_are_counted(alerted: Institution) -> None:
    """Two are urgent, 260 are not and came later, with ids that stand before theirs."""
    with alerted.database.pipeline() as transaction:
        transaction.execute(
            """INSERT INTO learner_alerts (tenant_id, alert_id, learner_key, course_id, kind, severity, reason, status)
            SELECT %(tenant)s, lpad(n::text, 32, '0'), %(ben)s, 'algebra', 'k', 'low', 'r',
                CASE WHEN n < 60 THEN 'acknowledged' ELSE 'raised' END FROM generate_series(0, 259) AS n""",
            {"tenant": alerted.tenant, "ben": alerted.people["ben"]},
        )
    client = alerted.as_("ann", "advisor")
    page = client.get(PAGE).text
    assert "202</b> alerts wait" in page
    assert "Shown are the 50 most urgent" in page
    assert client.get(MARK).json()["waiting"] == 262
    shown = list(dict.fromkeys(re.findall(r'name="alert" value="([^"]+)"', page)))
    assert len(shown) == 50
    with alerted.database.pipeline() as transaction:
        rows = transaction.execute("SELECT alert_id FROM learner_alerts WHERE severity = 'high' AND tenant_id = %s AND "
                                   "learner_key <> %s", (alerted.tenant, alerted.people["cy"]))  # fmt: skip
        assert {one for (one,) in rows} == set(shown[:2])


def test_an_advisor_takes_an_alert_on_and_settles_it(alerted: Institution) -> None:
    client = alerted.signed_in("ann", "advisor")
    token = form(client)
    alert = alert_of(alerted, "ada")
    done = client.post(f"{PAGE}/alerts", data={**token, "alert": alert, "action": "acknowledge"})
    assert (done.status_code, done.headers["location"]) == (303, f"{PAGE}?lang=en&done=alert")
    assert statuses(alerted)["ada"] == ("acknowledged", "ann")
    assert "You have taken it on." in client.get(PAGE).text
    assert client.post(f"{PAGE}/alerts", data={**token, "alert": alert, "action": "resolve"}).status_code == 303
    again = client.post(f"{PAGE}/alerts", data={**token, "alert": alert, "action": "resolve"})
    assert again.status_code == 409
    assert "That is no longer possible" in again.text
    assert any(entry[3].startswith(f"{PAGE} alerts acknowledge") for entry in alerted.log())


def test_a_form_of_another_session_changes_nothing(alerted: Institution) -> None:
    client = alerted.signed_in("ann", "advisor")
    other = form(alerted.signed_in("ann", "advisor"))
    alert = alert_of(alerted, "ada")
    for token in (other, {"csrf": "", "lang": "en"}):
        refused = client.post(f"{PAGE}/alerts", data={**token, "alert": alert, "action": "acknowledge"})
        assert refused.status_code == 403
    assert statuses(alerted)["ada"][0] == "raised"


def test_nobody_acts_on_what_is_out_of_reach(alerted: Institution) -> None:
    client = alerted.signed_in("ann", "advisor")
    token = form(client)
    refused = client.post(f"{PAGE}/alerts", data={**token, "alert": alert_of(alerted, "cy"), "action": "dismiss"})
    assert refused.status_code == 404
    strange = client.post(f"{PAGE}/alerts", data={**token, "alert": alert_of(alerted, "ada"), "action": "explode"})
    assert strange.status_code == 400
    about = about_value("cy", "geometry")
    out = client.post(f"{PAGE}/interventions", data={**token, "about": about, "kind": "tutoring"})
    assert out.status_code == 403
    for user, role in (("prof", "instructor"), ("ada", "learner"), ("root", "admin")):
        other = alerted.as_(user, role)  # type: ignore[arg-type]  # roles
        data = {"alert": alert_of(alerted, "ada"), "action": "dismiss"}
        assert other.post(f"{PAGE}/alerts", data=data).status_code == 403, role
        assert other.get(MARK).status_code == 403
        assert other.get(SETTINGS).status_code == 403
    assert {state for state, _ in statuses(alerted).values()} == {"raised"}


@pytest.mark.parametrize("stranger", ["", "x" * 300, "a\0b"])
def test_what_no_row_is_called_is_not_there(alerted: Institution, stranger: str) -> None:
    client = alerted.signed_in("ann", "advisor")
    token = form(client)
    for address, sent in (
        ("alerts", {"alert": stranger, "action": "acknowledge"}),
        ("alerts/owner", {"alert": stranger, "owner": "ann"}),
        ("interventions/act", {"intervention": stranger, "action": "start"}),
        ("notes/act", {"note": stranger}),
    ):
        refused = client.post(f"{PAGE}/{address}", data={**token, **sent})
        assert refused.status_code == 404, (address, refused.text[-300:])


def test_consent_is_asked_when_acting(alerted: Institution) -> None:
    client = alerted.signed_in("ann", "advisor")
    token = form(client)
    alerted.decide("ada", "withdrawn", purpose=Purpose.ADVISING)
    refused = client.post(f"{PAGE}/alerts", data={**token, "alert": alert_of(alerted, "ada"), "action": "acknowledge"})
    assert refused.status_code in (403, 404)
    assert statuses(alerted)["ada"][0] == "raised"


def test_help_is_noted_begun_and_ended_with_what_came_of_it(alerted: Institution) -> None:
    alerted.clock[0] = datetime.now(UTC)
    client = alerted.signed_in("ann", "advisor")
    token = form(client)
    sent = {
        **token, "about": about_value("ada", "algebra"), "kind": "tutoring", "starts_on": TODAY.isoformat(),
        "trial": "spring", "arm": "treated", "alert": alert_of(alerted, "ada"),
    }  # fmt: skip
    assert client.post(f"{PAGE}/interventions", data=sent).status_code == 303
    (row,) = client.get("/v1/records/interventions").json()["records"]
    assert (row["user_id"], row["kind"], row["trial"], row["arm"]) == ("ada", "tutoring", "spring", "treated")
    assert (row["assignment"], row["status"], row["staff_id"]) == ("randomised", "running", "ann")
    shown = client.get(PAGE).text
    assert "under way" in shown
    acted = f"{PAGE}/interventions/act"
    data = {**token, "intervention": row["intervention_id"], "action": "complete", "outcome": "helped"}
    assert client.post(acted, data=data).status_code == 303
    (row,) = client.get("/v1/records/interventions").json()["records"]
    assert (row["status"], row["outcome"]) == ("completed", "helped")
    wrong = client.post(f"{PAGE}/interventions", data={**sent, "kind": "magic"})
    assert wrong.status_code == 400
    assert "Please choose from the lists" in wrong.text


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_help_for_no_day_begins_when_somebody_begins_it(alerted: Institution, zone: str) -> None:
    with alerted.database.pipeline() as transaction:
        transaction.execute("UPDATE tenants SET time_zone = %s WHERE tenant_id = %s", (zone, alerted.tenant))
    client = alerted.signed_in("ann", "advisor")
    sent = {**form(client), "about": about_value("ada", "algebra"), "kind": "tutoring"}
    assert client.post(f"{PAGE}/interventions", data={**sent, "starts_on": ""}).status_code == 303
    (row,) = client.get("/v1/records/interventions").json()["records"]
    assert (row["status"], row["starts_on"]) == ("planned", None)
    before = datetime.now(ZoneInfo(zone)).date()
    begun = {**form(client), "intervention": row["intervention_id"], "action": "start"}
    assert client.post(f"{PAGE}/interventions/act", data=begun).status_code == 303
    (row,) = client.get("/v1/records/interventions").json()["records"]
    assert row["status"] == "running"
    assert row["starts_on"] in {day.isoformat() for day in (before, datetime.now(ZoneInfo(zone)).date())}


@pytest.mark.parametrize(("zone", "hour"), [("Pacific/Auckland", 20), ("America/Los_Angeles", 3)])
def test_help_begins_on_the_day_it_is_at_the_institution(alerted: Institution, zone: str, hour: int) -> None:
    alerted.clock[0] = datetime.now(UTC).replace(hour=hour)
    here = alerted.clock[0].astimezone(ZoneInfo(zone)).date()
    assert here != alerted.clock[0].date()
    with alerted.database.pipeline() as transaction:
        transaction.execute("UPDATE tenants SET time_zone = %s WHERE tenant_id = %s", (zone, alerted.tenant))
    client = alerted.signed_in("ann", "advisor")
    assert f'name="starts_on" value="{here.isoformat()}"' in client.get(PAGE).text
    for days, status in ((0, "running"), (1, "planned")):
        starts = (here + timedelta(days=days)).isoformat()
        sent = {**form(client), "about": about_value("ada", "algebra"), "kind": "tutoring", "starts_on": starts}
        assert client.post(f"{PAGE}/interventions", data=sent).status_code == 303
        kept = client.get("/v1/records/interventions").json()["records"]
        assert {row["starts_on"]: row["status"] for row in kept}[starts] == status


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"course_id": "geometry"}, "help_course", "/course_id"),
        ({"starts_on": "1900-01-01"}, "help_day", "/starts_on"),
        ({"starts_on": "2150-01-01"}, "help_day", "/starts_on"),
        ({"ends_on": (TODAY - timedelta(days=9)).isoformat()}, "help_ends_early", "/ends_on"),
        ({"assignment": "randomised", "arm": "treated"}, "help_trial", "/trial"),
        ({"assignment": "randomised", "arm": "treated", "trial": "  "}, "help_trial", "/trial"),
        ({"assignment": "randomised", "trial": "spring"}, "help_trial", "/arm"),
        (
            {"assignment": "randomised", "trial": "spring", "arm": "treated", "starts_on": None},
            "help_drawn_day",
            "/starts_on",
        ),
    ],
)
def test_help_that_cannot_be_is_refused_wherever_it_is_noted(
    alerted: Institution, change: dict[str, str | None], code: str, pointer: str
) -> None:
    sound = {"user_id": "ada", "course_id": "algebra", "kind": "tutoring", "starts_on": TODAY.isoformat()}
    client, address = alerted.as_("ann", "advisor"), "/v1/records/interventions"
    refused = client.post(address, json=sound | change)
    assert (refused.status_code, refused.json()["code"], refused.json()["pointer"]) == (422, code, pointer)
    assert client.get(address).json()["records"] == []
    kept = client.post(address, json=sound)
    assert kept.status_code == 201, kept.text
    later = client.patch(kept.headers["location"], json=change, headers={"If-Match": kept.headers["etag"]})
    assert (later.status_code, later.json()["code"]) == (422, code)
    session = alerted.signed_in("ann", "advisor")
    sent = {**form(session), "kind": "tutoring", "starts_on": TODAY.isoformat()}
    sent |= {"about": about_value("ada", change.get("course_id") or "algebra")}
    sent |= {name: change[name] or "" for name in ("starts_on", "trial", "arm") if name in change}
    if code != "help_ends_early" and pointer != "/arm":
        assert session.post(f"{PAGE}/interventions", data=sent).status_code == 422


def test_a_refusal_does_not_tell_what_a_stranger_takes(alerted: Institution) -> None:
    client = alerted.as_("ann", "advisor")
    for course in ("algebra", "geometry"):
        sent = {"user_id": "cy", "course_id": course, "kind": "tutoring"}
        refused = client.post("/v1/records/interventions", json=sent)
        assert (refused.status_code, refused.json()["code"]) == (403, "scope"), course


def test_who_has_left_the_course_is_not_helped_in_it(alerted: Institution) -> None:
    with alerted.database.pipeline() as transaction:
        transaction.execute(
            "UPDATE enrolments SET withdrawn_on = current_date - 30 WHERE tenant_id = %s AND learner_key = %s",
            (alerted.tenant, alerted.people["ada"]),
        )
    client = alerted.as_("ann", "advisor")
    sent = {"user_id": "ada", "course_id": "algebra", "kind": "tutoring"}
    assert client.post("/v1/records/interventions", json=sent).json()["code"] == "help_course"
    before = {**sent, "starts_on": (TODAY - timedelta(days=40)).isoformat()}
    assert client.post("/v1/records/interventions", json=before).status_code == 201
    assert client.post("/v1/records/interventions", json={**sent, "course_id": None}).status_code == 201


def test_help_in_a_course_does_not_begin_before_the_course_is_taken(alerted: Institution) -> None:
    with alerted.database.pipeline() as transaction:
        transaction.execute(
            "UPDATE enrolments SET registered_on = current_date + 3 WHERE tenant_id = %s AND learner_key = %s",
            (alerted.tenant, alerted.people["ada"]),
        )
    client = alerted.as_("ann", "advisor")
    sent = {"user_id": "ada", "course_id": "algebra", "kind": "tutoring"}
    early, then = ({**sent, "starts_on": (TODAY + timedelta(days=days)).isoformat()} for days in (1, 4))
    assert client.post("/v1/records/interventions", json=early).json().get("code") == "help_course"
    assert client.post("/v1/records/interventions", json=then).status_code == 201
    assert client.post("/v1/records/interventions", json=sent).status_code == 201, "planned, without a day"


def test_who_is_drawn_to_be_compared_with_is_not_helped(alerted: Institution) -> None:
    client = alerted.signed_in("ann", "advisor")
    sent = {
        **form(client), "about": about_value("ben", "algebra"), "kind": "tutoring",
        "starts_on": TODAY.isoformat(), "trial": "spring", "arm": "comparison",
    }  # fmt: skip
    assert client.post(f"{PAGE}/interventions", data=sent).status_code == 303
    (row,) = client.get("/v1/records/interventions").json()["records"]
    assert (row["arm"], row["status"]) == ("comparison", "planned")
    assert "compared with" in client.get(PAGE).text


def test_an_advisor_says_how_to_be_told(alerted: Institution) -> None:
    client = alerted.as_("ann", "advisor")
    assert client.get(SETTINGS).json()["by_mail"] is False
    wanted = {
        "by_mail": True, "address": "ann@college.example", "time_zone": "Europe/Berlin", "quiet_from": "20:00",
        "quiet_until": "07:00", "language": "de",
    }  # fmt: skip
    assert client.put(SETTINGS, json=wanted).json() == wanted
    assert client.get(SETTINGS).json() == wanted
    with alerted.database.pipeline() as transaction:
        (sealed,) = transaction.execute(
            "SELECT address FROM alert_settings WHERE tenant_id = %s", (alerted.tenant,)
        ).fetchone() or (b"",)
    assert b"ann@" not in bytes(sealed)
    announced = client.get("/v1/openapi.json").json()["paths"][SETTINGS]["put"]["responses"]
    for change, status in (
        ({"time_zone": "Mars/Olympus"}, 422), ({"quiet_from": "25:00"}, 422), ({"quiet_until": None}, 422),
        ({"address": "ann@elsewhere.example"}, 400), ({"address": None}, 409), ({"surprise": 1}, 422),
    ):  # fmt: skip
        refused = client.put(SETTINGS, json={**wanted, **change})
        assert refused.status_code in (status, 400), (change, refused.text)
        assert str(refused.status_code) in announced
        assert "application/problem+json" in refused.headers["content-type"]
    assert client.get(SETTINGS).json() == wanted
    session = alerted.signed_in("ann", "advisor")
    assert session.put(SETTINGS, json=wanted).status_code == 403, "a session sends its token with a change"
    page = session.post(f"{PAGE}/settings", data={**form(session), "by_mail": "false", "time_zone": "UTC"})
    assert page.status_code == 303
    assert client.get(SETTINGS).json()["by_mail"] is False


def test_the_mark_changes_with_the_alerts_and_tells_of_nobody(
    alerted: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "WAIT_S", 0.2)
    client = alerted.as_("ann", "advisor")
    first = client.get(MARK).json()
    assert first["waiting"] == 2
    assert client.get(MARK, params={"after": first["mark"]}).json() == first
    alerted.decide("ben", "withdrawn", purpose=Purpose.LEARNING_SUPPORT)
    second = client.get(MARK, params={"after": first["mark"]}).json()
    assert second["waiting"] == 1
    assert second["mark"] != first["mark"]
    assert not any(key in str(second) for key in alerted.people.values())


def test_effects_are_for_advisors_and_those_who_see_all_groups(alerted: Institution) -> None:
    published = datetime(2026, 3, 9, tzinfo=UTC)
    store = PostgresInterventionEffects(alerted.database)
    for kind, size in (("tutoring", 15), ("extension", 5)):
        effect = PublishedEffect(kind, "", published, "matched", size, size, -0.08, -0.14, -0.02)
        assert store.publish(alerted.tenant, effect, frozenset({alerted.people["ada"]}))
    for user, role in (("ann", "advisor"), ("root", "admin"), ("root", "analyst"), ("root", "product")):
        body = alerted.as_(user, role).get(EFFECTS).json()  # type: ignore[arg-type]  # roles
        (line,) = body["effects"]
        assert (line["kind"], line["effect"], line["treated"]) == ("tutoring", -0.08, 15), "5 are below the floor"
    for user, role in (("ada", "learner"), ("prof", "instructor"), ("root", "steward")):
        assert alerted.as_(user, role).get(EFFECTS).status_code == 403  # type: ignore[arg-type]  # roles
    assert alerted.as_("boss", "admin", tenant=alerted.elsewhere).get(EFFECTS).json()["effects"] == []
    assert "-8" in alerted.as_("ann", "advisor").get(PAGE).text
    store.withhold(alerted.tenant, ("tutoring", ""))
    assert alerted.as_("ann", "advisor").get(EFFECTS).json()["effects"] == []


def test_an_effect_is_not_published_of_who_has_withdrawn(alerted: Institution) -> None:
    store = PostgresInterventionEffects(alerted.database)
    effect = PublishedEffect("tutoring", "", NOW, "matched", 15, 15, -0.08, -0.14, -0.02)
    members = frozenset({alerted.people["ada"], alerted.people["ben"]})
    assert store.publish(alerted.tenant, effect, members)
    alerted.decide("ben", "withdrawn", purpose=Purpose.ADVISING)
    assert not store.publish(alerted.tenant, effect, members)
    last = store.last(alerted.tenant)["tutoring", ""]
    assert (last.members, last.counted) == (frozenset({alerted.people["ada"]}), 2)


def test_material_is_of_those_who_consent(alerted: Institution) -> None:
    store = PostgresInterventionEffects(alerted.database)
    alerted.clock[0] = datetime.now(UTC)
    client = alerted.signed_in("ann", "advisor")
    for user in ("ada", "ben"):
        sent = {**form(client), "about": about_value(user, "algebra"), "kind": "tutoring",
                "starts_on": (TODAY - timedelta(days=1)).isoformat()}  # fmt: skip
        assert client.post(f"{PAGE}/interventions", data=sent).status_code == 303
    alerted.decide("ben", "withdrawn", purpose=Purpose.ADVISING)
    material = store.material(alerted.tenant)
    ada = alerted.people["ada"]
    assert [one.learner_key for one in material.interventions] == [ada]
    assert {row[0] for row in material.scores} == {ada}
    assert material.interventions[0].treated
    assert not material.interventions[0].randomised
    sent = {**form(client), "about": about_value("ada", ""), "kind": "referral", "starts_on": TODAY.isoformat()}
    assert client.post(f"{PAGE}/interventions", data=sent).status_code == 303
    known = [(one.kind, one.course_id) for one in store.material(alerted.tenant).interventions]
    assert known == [("tutoring", "algebra"), ("referral", "")], "help about no course is help"


def test_who_was_drawn_stays_in_the_arm_when_help_is_called_off(alerted: Institution) -> None:
    alerted.clock[0] = datetime.now(UTC)
    client = alerted.signed_in("ann", "advisor")
    for user, arm in (("ada", "treated"), ("ben", "comparison"), ("ben", "")):
        sent = {**form(client), "about": about_value(user, "algebra"), "kind": "tutoring",
                "starts_on": TODAY.isoformat(), "trial": "spring" if arm else "", "arm": arm}  # fmt: skip
        assert client.post(f"{PAGE}/interventions", data=sent).status_code == 303
    for row in client.get("/v1/records/interventions").json()["records"]:
        called_off = {**form(client), "intervention": row["intervention_id"], "action": "cancel"}
        assert client.post(f"{PAGE}/interventions/act", data=called_off).status_code == 303
    found = PostgresInterventionEffects(alerted.database).material(alerted.tenant).interventions
    drawn = [(one.learner_key, one.treated, one.randomised, one.took_place) for one in found]
    ada, ben = alerted.people["ada"], alerted.people["ben"]
    assert drawn == [(ada, True, True, False), (ben, False, True, False)], "what was chosen and called off is out"
    mistaken = client.get("/v1/records/interventions", params={"trial": "spring", "user_id": "ben"}).json()["records"]
    address = f"/v1/records/interventions/{mistaken[0]['intervention_id']}"
    taken_out = {"trial": None, "arm": None, "assignment": "chosen"}
    ann = alerted.as_("ann", "advisor")
    assert ann.patch(address, json=taken_out, headers={"If-Match": "*"}).status_code == 200
    left = PostgresInterventionEffects(alerted.database).material(alerted.tenant).interventions
    assert [one.learner_key for one in left] == [ada]
