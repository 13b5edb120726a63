"""`akademos marts build` over several tenants: each has its turn."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from akademos.cli import marts
from akademos.errors import Conflict
from akademos.jobs.warehouse.build import BuildReport
from akademos.stores.postgres.database import Database


class Job:
    """Builds all but one."""

    def __init__(self, failing: str) -> None:
        self._failing = failing

    def run(self, tenant_id: str) -> BuildReport | None:
        if tenant_id == self._failing:
            raise Conflict("A critical check failed.", hint="Look at it.", code="check_failed")
        return BuildReport(tenant_id, "b", (), (), {"models": 1.0}, 1.0, 0)


@pytest.mark.parametrize(("failing", "built", "ends"), [("b", ["a", "c"], 1), ("nobody", ["a", "b", "c"], 0)])
def test_what_fails_for_one_tenant_keeps_no_other_from_its_own(
    failing: str,
    built: list[str],
    ends: int,
    database: Database,
    dsn: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AKADEMOS_DATABASE_URL", dsn)
    monkeypatch.setattr(marts, "marts_job", lambda system, spark: Job(failing))
    with database.pipeline() as transaction:
        for name in "abc":
            transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES (%s, %s)", (name, name))
    done = CliRunner().invoke(marts.app, ["build", "--data", str(tmp_path)])
    assert done.exit_code == ends
    assert sorted(orjson.loads(done.stdout.splitlines()[-1])) == built
    assert done.stderr.splitlines() == (
        ["error (check_failed), tenant b: A critical check failed. Look at it."] if ends else []
    )
