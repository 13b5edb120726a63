"""The operator's page: who gets it, what stands there, and what its buttons do."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.serving.institution import NOW, Institution
from tests.serving.test_trust_pages import HTML, as_role

from akademos.catalogue.roles import ROLES, Role
from akademos.stores.ports.incidents import Incident, Measured, StandingAlert, Verdict, Window
from akademos.stores.ports.job_runs import JobRun
from akademos.stores.postgres.job_runs import PostgresJobRuns

PAGE, DATA = "/operations", "/v1/operations"


def opened(institution: Institution, subject: str, *, tenant: str | None) -> Incident:
    """An incident as the job would write it down."""
    alert = StandingAlert(uuid4(), tenant, "JobFailed", subject, NOW - timedelta(minutes=3), NOW, NOW, 1, None, None)
    incident = Incident(
        uuid4(), tenant, "JobFailed", subject, "warning", "P2", "platform", "jobs", alert.began_at, NOW,
        None, None, None, None, None,
    )  # fmt: skip
    institution.services.incidents.write([Verdict(alert, 1, 0, opens=incident)], NOW)
    return incident


@pytest.mark.parametrize("role", [role for role in ROLES if role != "service"])
def test_operators_and_administrators_get_it_and_nobody_else(institution: Institution, role: Role) -> None:
    client, expected = as_role(institution, role), 200 if role in ("operator", "admin") else 403
    for path in (PAGE, DATA):
        assert client.get(path, headers=HTML if path == PAGE else {}).status_code == expected, path
    act = {"incident": str(uuid4()), "act": "mended"}
    assert client.post(PAGE, data=act).status_code == (404 if expected == 200 else 403)
    if role == "operator":
        assert client.get("/", headers=HTML, follow_redirects=False).headers["location"] == PAGE


def test_nobody_gets_nothing(institution: Institution) -> None:
    assert institution.client().get(DATA).status_code == 401
    assert institution.client().post(PAGE, data={"act": "mended"}).status_code == 401


def test_it_shows_where_events_are_and_how_jobs_went(institution: Institution) -> None:
    tenant, database = institution.tenant, institution.database
    with database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO receipts (tenant_id, source, door, received_at, received, accepted, held, duplicate, "
            "conflict, suppressed, rejected) VALUES (%s, 'k', 'batch', %s, 10, 6, 2, 1, 0, 0, 1)",
            (tenant, NOW - timedelta(hours=1)),
        )
        transaction.execute(
            "INSERT INTO movements (tenant_id, kind, events, recorded_at) VALUES (%s, 'moved', 5, %s)",
            (tenant, NOW - timedelta(minutes=59)),
        )
    institution.services.incidents.keep_figures([Measured("core_events", 4321, tenant_id=tenant)], NOW)
    with PostgresJobRuns(database).running("learner_states", tenant) as run:
        assert isinstance(run, JobRun)
        run.rows_in, run.rows_out = 1234, 56
    body = as_role(institution, "operator").get(DATA).json()
    stations = {one["name"]: one for one in body["stations"]}
    assert list(stations) == ["received", "landed", "moved", "core", "computed", "served"]
    assert [stations[name]["passed"] for name in ("received", "landed", "moved", "core")] == [10, 8, 5, 4321]
    (job,) = [one for one in body["jobs"] if one["job"] == "learner_states"]
    assert (job["shared"], job["outcome"], job["rows_in"]) == (False, "succeeded", 1234)
    elsewhere = institution.as_("boss", "admin", tenant=institution.elsewhere).get(DATA).json()
    assert {one["passed"] for one in elsewhere["stations"][:4]} <= {0, None}
    assert "learner_states" not in {one["job"] for one in elsewhere["jobs"]}
    html = as_role(institution, "operator").get(PAGE, headers=HTML).text
    assert "4,321" in html
    assert "Betrieb" in as_role(institution, "operator").get(PAGE, params={"lang": "de"}, headers=HTML).text
    for name in ("ada", *institution.people.values()):
        assert f">{name}<" not in html


def test_an_incident_is_taken_on_and_mended_by_buttons(institution: Institution) -> None:
    incident = opened(institution, "learner_states", tenant=institution.tenant)
    institution.give("root", "operator")
    client = institution.signed_in("root", "operator")
    html = client.get(PAGE, headers=HTML).text
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', html)
    assert token is not None
    sent = {"csrf": token[1], "incident": str(incident.incident_id), "lang": "en"}
    assert client.post(PAGE, data={**sent, "csrf": "x", "act": "acknowledge"}).status_code == 403
    done = client.post(PAGE, data={**sent, "act": "acknowledge"})
    assert (done.status_code, done.headers["location"]) == (303, f"{PAGE}?lang=en&done=acknowledge")
    shown = client.get(done.headers["location"], headers=HTML).text
    assert "You have taken it on." in shown
    assert 'value="acknowledge"' not in shown
    assert client.post(PAGE, data={**sent, "act": "mended"}).status_code == 303
    again = client.post(PAGE, data={**sent, "act": "mended"}, headers=HTML)
    assert again.status_code == 409
    assert "the incident is resolved already" in again.text
    past = institution.services.incidents.incidents(institution.tenant)
    (one,) = [one for one in past if one.incident_id == incident.incident_id]
    assert one.resolution == "mended"
    assert one.resolved_by is not None
    assert "root" not in one.resolved_by


@pytest.mark.parametrize(
    "sent", [{}, {"act": "explode"}, {"incident": "x", "act": "mended"}, {"incident": "\x00", "act": "acknowledge"}]
)
def test_rubbish_changes_nothing(institution: Institution, sent: dict[str, str]) -> None:
    assert as_role(institution, "operator").post(PAGE, data=sent).status_code == 400


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"csrf": ""}, 403, "gehört zu einer anderen Sitzung"),
        ({"incident": "x"}, 400, "welcher Vorfall gemeint ist"),
        ({"act": "explode"}, 400, "was mit dem Vorfall geschehen soll"),
        ({"incident": str(uuid4())}, 404, "nicht unter denen, die Sie hier sehen"),
        ({}, 409, "Der Vorfall ist schon behoben"),
    ],
)
def test_a_refusal_speaks_the_language_of_the_page(
    institution: Institution, change: dict[str, str], status: int, said: str
) -> None:
    incident = opened(institution, "learner_states", tenant=institution.tenant)
    institution.give("root", "operator")
    client = institution.signed_in("root", "operator")
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get(PAGE, headers=HTML).text)
    assert token is not None
    sent = {"csrf": token[1], "incident": str(incident.incident_id), "act": "mended", "lang": "de"}
    if not change:
        assert client.post(PAGE, data=sent).status_code == 303
    answer = client.post(PAGE, data={**sent, **change})
    assert answer.status_code == status
    shown = re.search(r'role="alert">([^<]*)<', answer.text)
    assert shown is not None
    assert said in shown[1]
    assert '<html lang="de">' in answer.text


def test_another_tenants_incidents_and_windows_are_out_of_reach(institution: Institution) -> None:
    incident = opened(institution, "risk_scores", tenant=institution.tenant)
    window = Window(uuid4(), institution.tenant, "test", ("JobFailed",), NOW - timedelta(1), NOW + timedelta(1), "x")
    from akademos.catalogue.audit_actions import AuditAction
    from akademos.stores.ports.audit import AuditEntry

    institution.services.incidents.declare(window, by=AuditEntry("x", AuditAction.MAINTENANCE_DECLARED))
    boss = institution.as_("boss", "admin", tenant=institution.elsewhere)
    assert str(incident.incident_id) not in boss.get(DATA).text
    assert boss.post(PAGE, data={"incident": str(incident.incident_id), "act": "mended"}).status_code == 404
    assert "windows" not in re.findall(r'id="(\w+)"', boss.get(PAGE, headers=HTML).text)
    own = as_role(institution, "operator").get(PAGE, headers=HTML).text
    assert "windows" in re.findall(r'id="(\w+)"', own)
