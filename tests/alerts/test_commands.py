"""`akademos alerts` and `akademos interventions`, through the same gate as everybody."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.alerts.conftest import ADDRESS, Desk, PostOffice
from typer.testing import CliRunner, Result

from akademos.cli import alerts, interventions
from akademos.errors import AkademosError, Forbidden, InputError
from akademos.jobs.outbox import OutboxJob
from akademos.stores.http.webhooks import HttpWebhooks
from akademos.stores.ports.outbox import Wanted
from akademos.stores.postgres.outbox_deliveries import PostgresDeliveries


@pytest.fixture
def environment(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation on the test's database, in development, with the test's master key."""
    (tmp_path / "master.key").write_bytes(base64.b64encode(bytes(range(32))))
    for name, value in {
        "DATA": str(tmp_path), "DATABASE_URL": dsn, "ENVIRONMENT": "development", "SMTP_SECURITY": "none",
        "MAIL_FROM": "akademos@college.example", "MAIL_DOMAINS": "college.example",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"AKADEMOS_{name}", value)
    return tmp_path


def ran(app: object, *arguments: str) -> Result:
    done = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})  # type: ignore[arg-type]  # a Typer app
    if isinstance(done.exception, AkademosError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done


def test_an_advisor_is_told_from_the_command_line(
    desk: Desk, post_office: PostOffice, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AKADEMOS_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("AKADEMOS_SMTP_PORT", str(post_office.port))
    tenant = ("--tenant", desk.tenant)
    ran(alerts.app, "tell", "ann", "--address", ADDRESS, *tenant)
    desk.scored("ada")
    assert desk.raised() == 1
    said = ran(alerts.app, "send")
    assert "sent" in said.output
    assert len(post_office.taken) == 1
    ran(alerts.app, "hush", "ann", *tenant)
    desk.scored("ada", "ben")
    desk.raised()
    ran(alerts.app, "send")
    assert len(post_office.taken) == 1
    with pytest.raises(InputError):
        ran(alerts.app, "tell", "ann", "--address", "ann@elsewhere.example", *tenant)
    with pytest.raises(InputError):
        ran(alerts.app, "tell", "prof", "--address", ADDRESS, *tenant)


def test_help_is_noted_and_ended_from_the_command_line(desk: Desk, environment: Path) -> None:
    told = ("--as", "ann", "--reason", "week 5", "--tenant", desk.tenant)
    begun = (datetime.now(UTC).date() - timedelta(days=7)).isoformat()
    noted = ran(interventions.app, "note", "ada", "--kind", "tutoring", "--course", "algebra", "--from", begun, *told)
    key = noted.output.split()[0]
    assert "under way" in noted.output
    ran(interventions.app, "act", key, "complete", "--outcome", "helped", *told)
    shown = ran(interventions.app, "list", *told).output
    assert "completed" in shown
    assert "helped" in shown
    assert (
        "Nothing can be attributed yet"
        in ran(interventions.app, "effects", "--as", "ann", "--tenant", desk.tenant).output
    )
    with pytest.raises(Forbidden):
        ran(interventions.app, "note", "cy", "--kind", "tutoring", *told)
    with pytest.raises(InputError, match="who was drawn by lot bears the trial"):
        ran(interventions.app, "note", "ada", "--kind", "tutoring", "--arm", "comparison", *told)


def test_alerts_reach_other_systems_by_the_outbox_under_live_consent(desk: Desk) -> None:
    services = desk.institution.services
    services.outbox.add(desk.tenant, Wanted("desk", ("learner_alerts",)), actor="test")
    desk.scored("ada", "ben")
    assert desk.raised() == 2
    deliveries = PostgresDeliveries(desk.institution.database, desk.institution.keys, services.outbox)  # type: ignore[arg-type]  # the adapter
    OutboxJob(services.outbox, deliveries, HttpWebhooks(""), clock=lambda: desk.clock[0]).sequence()
    page = services.outbox.read(desk.tenant, "desk", after=0, limit=100, actor="test")
    told = [event["data"]["values"] for event in page.events if event["data"]["record"] == "learner_alerts"]
    assert len(told) == 2
    assert all("reason" not in values for values in told)
    desk.institution.decide("ada", "withdrawn")
    page = services.outbox.read(desk.tenant, "desk", after=0, limit=100, actor="test")
    assert len([event for event in page.events if event["data"]["record"] == "learner_alerts"]) == 1
