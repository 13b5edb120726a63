"""`akademos jobs run`: several jobs in their order, and nothing of them where one of the names is wrong."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from akademos.cli.jobs import app
from akademos.errors import NotFound
from akademos.settings import Settings


@pytest.fixture
def installation(settings: Settings, tenant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenant, in the environment of the command."""
    monkeypatch.setenv("AKADEMOS_DATABASE_URL", str(settings.database_url))
    monkeypatch.setenv("AKADEMOS_DATA", str(settings.data))


@pytest.mark.usefixtures("installation")
def test_jobs_run_in_their_order() -> None:
    result = CliRunner().invoke(app, ["run", "--wait", "landing_expiry", "withdrawals"], catch_exceptions=False)
    assert [line.split(":")[0] for line in result.output.splitlines()] == ["landing_expiry", "withdrawals"]


@pytest.mark.usefixtures("installation")
def test_a_wrong_name_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotFound, match="no job `sleep`"):
        CliRunner().invoke(app, ["run", "withdrawals", "sleep"], catch_exceptions=False)
    assert "withdrawals" not in capsys.readouterr().out
