"""`akademos topics`: looked at, made as it was looked at, taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from akademos.cli import topics
from akademos.errors import AkademosError, InputError, NotFound, VersionMoved
from akademos.privacy.pseudonyms import Keys
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.records import PostgresRecords

Run = Callable[..., str]
MERGE = ("merge", "blood", "--into", "heart", "--tenant", "college")


@pytest.fixture
def run(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `akademos topics` with these words and give what it printed; refusals are raised."""
    monkeypatch.setenv("AKADEMOS_DATABASE_URL", dsn)
    monkeypatch.setenv("AKADEMOS_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    app = typer.Typer()
    app.add_typer(topics.app, name="topics")

    def run_one(*words: str) -> str:
        done = CliRunner().invoke(app, ["topics", *words], catch_exceptions=True)
        if isinstance(done.exception, AkademosError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    return run_one


def test_topics_are_merged_split_and_restored(
    run: Run, database: Database, keys: Keys, tenant: str, tmp_path: Path
) -> None:
    records = PostgresRecords(database, keys)

    def tags() -> dict[str, list[str]]:
        return {row[0]: row[2] for row in records.curriculum(tenant).tables["items"].iter_rows()}

    rows = [{"topic_id": one, "name": one} for one in ("blood", "heart")]
    records.load(tenant, "topics", rows, actor="test")
    records.load(tenant, "items", [{"question_id": "q", "topic_ids": ["blood"]}], actor="test")
    seen = run(*MERGE, "--preview")
    assert "topic_ids: [blood] > [heart]" in seen
    assert tags() == {"q": ["blood"]}
    upon = re.findall(r"--upon (\w+)", seen)[0]
    with pytest.raises(InputError, match="no reason"):
        run(*MERGE, "--upon", upon)
    with pytest.raises(VersionMoved):
        run(*MERGE, "--reason", "one thing", "--upon", "0" * 32)
    assert run(*MERGE, "--reason", "one thing", "--upon", upon) == "Change 1: blood > heart.\n"
    assert tags() == {"q": ["heart"]}
    run("undo", "1", "--tenant", "college", "--reason", "was right")
    assert tags() == {"q": ["blood"]}
    assert "was right" in run("changes", "--tenant", "college")

    plan = tmp_path / "plan.toml"
    plan.write_text('rest = "veins"\n[parts]\nveins = "Veins"\ncells = "Cells"\n[items]\nq = "cells"\n')
    split = ("split", "blood", str(plan), "--tenant", "college")
    assert "new; " in run(*split, "--preview")
    run(*split, "--reason", "two things")
    assert tags() == {"q": ["cells"]}
    with pytest.raises(NotFound):
        run("undo", "9", "--tenant", "college", "--reason", "no")
