"""`akademos tenant`, `token`, `consent` and `learner`: what they do and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import typer
from typer.testing import CliRunner

from akademos.cli import consent, learner, tenant, token
from akademos.errors import AkademosError, Conflict, Forbidden, InputError, NotFound
from akademos.stores.postgres.database import Database

Run = Callable[..., str]


@pytest.fixture
def run(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `akademos` with these words and give what it printed; refusals are raised."""
    monkeypatch.setenv("AKADEMOS_DATABASE_URL", dsn)
    monkeypatch.setenv("AKADEMOS_DATA", str(tmp_path))
    app = typer.Typer()
    app.add_typer(tenant.app, name="tenant")
    app.add_typer(consent.app, name="consent")
    app.command(name="token")(token.command)
    app.add_typer(learner.app, name="learner")

    def run_one(*words: str) -> str:
        done = CliRunner().invoke(app, list(words), catch_exceptions=True)
        if isinstance(done.exception, AkademosError):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    return run_one


def test_a_tenant_is_created_once(run: Run) -> None:
    assert "created" in run("tenant", "create", "college", "--name", "A college", "--time-zone", "Europe/Berlin")
    assert "already" in run("tenant", "create", "college", "--name", "A college", "--time-zone", "Europe/Berlin")
    assert "Europe/Berlin" in run("tenant", "list")
    with pytest.raises(Conflict):
        run("tenant", "create", "college", "--name", "Another")
    with pytest.raises(InputError):
        run("tenant", "create", "No Slug")
    with pytest.raises(InputError):
        run("tenant", "create", "other", "--time-zone", "Mars/Base")


def test_a_key_works_until_it_is_revoked(run: Run, database: Database) -> None:
    from akademos.stores.postgres.api_keys import PostgresApiKeys

    run("tenant", "create", "college")
    secret = run("tenant", "key", "college", "app", "--scope", "ingest", "--scope", "consent").strip()
    found = PostgresApiKeys(database).find(secret)
    assert found is not None
    assert found.scopes == {"ingest", "consent"}
    run("tenant", "revoke", "college", found.key_id)
    assert PostgresApiKeys(database).find(secret) is None
    with pytest.raises(NotFound):
        run("tenant", "revoke", "college", found.key_id)
    with pytest.raises(InputError):
        run("tenant", "key", "college", "app", "--scope", "everything")
    with pytest.raises(NotFound):
        run("tenant", "key", "nowhere", "app")


def test_a_token_is_for_somebody_of_a_tenant(run: Run) -> None:
    run("tenant", "create", "college")
    assert run("token", "college", "ada").count(".") == 2
    assert len(run("token", "college", "--signing-key").strip()) == 44
    for words in (("token", "nowhere", "ada"), ("token", "college"), ("token", "college", "x", "--role", "service")):
        with pytest.raises(AkademosError):
            run(*words)


def test_consent_is_recorded_and_shown(run: Run) -> None:
    run("tenant", "create", "college")
    about = ("ada", "--tenant", "college")
    decision = ("--purpose", "learning_support", "--purpose", "research", "--text-version", "2026-01")
    assert "0 held" in run("consent", "grant", *about, *decision)
    run("consent", "withdraw", *about, *decision[:2], *decision[-2:])
    shown = run("consent", "show", *about)
    assert shown.count("withdrawn") == 2
    assert shown.count("granted") == 3
    with pytest.raises(InputError):
        run("consent", "grant", *about, "--purpose", "spying", "--text-version", "1")
    with pytest.raises(NotFound):
        run("consent", "show", "nobody", "--tenant", "college")
    with pytest.raises(NotFound):
        run("consent", "grant", "ada", "--tenant", "nowhere", *decision)


def test_the_command_line_passes_the_gate(run: Run, database: Database) -> None:
    run("tenant", "create", "college")
    grant = ("--tenant", "college", "--purpose", "learning_support", "--text-version", "1")
    run("consent", "grant", "ada", *grant)
    run("consent", "grant", "ben", *grant)
    shown = run("learner", "ada", "--as", "ada", "--reason", "a look")
    assert "0 answers" in shown
    with pytest.raises(Forbidden) as scope:
        run("learner", "ada", "--as", "ben", "--reason", "curious about ada")
    assert scope.value.code == "scope"
    with pytest.raises(NotFound):
        run("learner", "ada", "--as", "stranger", "--reason", "x")
    run("consent", "withdraw", "ada", *grant)
    with pytest.raises(Forbidden) as withdrawn:
        run("learner", "ada", "--as", "ada", "--reason", "a look")
    assert withdrawn.value.code == "consent_withdrawn"
    with database.pipeline() as transaction:
        log = transaction.execute("SELECT decision, reason, what FROM access_log ORDER BY access_id").fetchall()
    assert [line[0] for line in log] == ["allowed", "scope", "consent_withdrawn"]
    assert log[1][1] == "curious about [learner]"
    assert all(line[2].startswith("command line: akademos learner") for line in log)


def test_a_goal_that_is_reached_shows_no_date_that_would_need_a_clock() -> None:
    reached = {"status": "ok", "date": "2026-03-01", "days": 0}
    assert learner.projected(reached) == "reached"
    assert learner.projected(reached | {"days": 9, "date": "2026-03-10"}) == "2026-03-10"
    assert learner.projected({"status": "needs_clock", "date": None, "days": None}) == "needs clock"


def test_consent_is_stopped_texts_are_declared_and_records_go_in_and_out(run: Run, tmp_path: Path) -> None:
    run("tenant", "create", "college", "--name", "A college")
    who = ("--tenant", "college", "--purpose", "research")
    texts = tmp_path / "texts.toml"
    texts.write_text('[[text]]\npurpose = "research"\nversion = "2"\nlanguage = "en"\nbody = "Words."\n')
    assert "Declared: research, 2, en." in run("consent", "texts", "--tenant", "college", "--add", str(texts))
    assert "Already there" in run("consent", "texts", "--tenant", "college", "--add", str(texts))
    assert "Words." in run("consent", "texts", "--tenant", "college")
    with pytest.raises(InputError, match="no text"):
        run("consent", "grant", "ada", *who, "--text-version", "1")
    run("consent", "grant", "ada", *who, "--text-version", "2", "--evidence", "form 1")
    assert "Recorded: paused" in run("consent", "decide", "ada", "paused", *who)
    with pytest.raises(InputError, match="no decision"):
        run("consent", "decide", "ada", "granted", *who)
    assert "paused" in run("consent", "show", "ada", "--tenant", "college")
    assert "from 14 years" in run("consent", "age", "--tenant", "college", "--years", "14")
    with pytest.raises(Conflict, match="under 14"):
        run("consent", "grant", "kid", *who, "--text-version", "2", "--born-on", "2020-01-01")
    given = run("consent", "export", "--tenant", "college")
    assert [orjson.loads(line)["decision"] for line in given.splitlines()] == ["granted", "paused"]
    for form in ("jsonl", "csv"):
        file = tmp_path / f"records.{form}"
        file.write_text(run("consent", "export", "--tenant", "college", "--format", form))
        assert "0 recorded, 2 duplicate" in run("consent", "import", str(file), "--tenant", "college")


def test_everything_held_is_exported_and_requests_are_answered(run: Run) -> None:
    run("tenant", "create", "college", "--name", "A college")
    run("consent", "grant", "ada", "--tenant", "college", "--purpose", "research", "--text-version", "1")
    document = orjson.loads(run("learner", "export", "ada", "--reason", "asked by letter"))
    tables = {table["name"]: table["rows"] for table in document["tables"]}
    assert [row["sealed"] for row in tables["identifiers"]] == ["ada"]
    with pytest.raises(NotFound):
        run("learner", "export", "stranger", "--reason", "asked by letter")
