"""`akademos audit`: verify on a whole and on a tampered log, export and the head that it hands out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.stores.postgres.tampering import Tamperer
from typer.testing import CliRunner

from akademos.bench import audit as bench
from akademos.bench.installation import Installation
from akademos.cli import audit, consent, tenant
from akademos.errors import AkademosError
from akademos.privacy.audit_chain import ChainRow, first_broken
from akademos.stores.postgres.embedded import EmbeddedPostgres

Run = Callable[..., tuple[int, str]]
GRANT = ("--tenant", "college", "--purpose", "research", "--text-version", "1")


@pytest.fixture
def run(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `akademos` with these words: exit status, and what it printed or how it refused."""
    monkeypatch.setenv("AKADEMOS_DATABASE_URL", dsn)
    monkeypatch.setenv("AKADEMOS_DATA", str(tmp_path))
    app = typer.Typer()
    for name, module in (("tenant", tenant), ("consent", consent), ("audit", audit)):
        app.add_typer(module.app, name=name)

    def run_one(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, list(words), catch_exceptions=True)
        if isinstance(done.exception, AkademosError):
            return 1, str(done.exception)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.output

    return run_one


@pytest.fixture
def filled(run: Run) -> Run:
    """An installation with two tenants and four acts."""
    for name in ("college", "other"):
        run("tenant", "create", name)
    for person in ("ada", "ben"):
        assert run("consent", "grant", person, *GRANT)[0] == 0
    return run


def row_of(line: dict[str, Any]) -> ChainRow:
    """A line of an export as a row of the chain."""
    in_hex = {name: (line[name] and bytes.fromhex(line[name])) or None for name in ("subject", "previous", "hash")}
    return ChainRow(**{**line, **in_hex, "previous": in_hex["previous"] or b""})


def verified(run: Run, *words: str) -> tuple[int, dict[str, Any]]:
    status, printed = run("audit", "verify", "--json", *words)
    return status, json.loads(printed)


def test_a_whole_log_is_verified(filled: Run) -> None:
    status, found = verified(filled)
    assert (status, found["rows"], found["broken"]) == (0, 4, [])
    assert found["heads"].keys() == {"college", "other"}
    assert verified(filled, "--tenant", "college", "--head", found["heads"]["college"])[0] == 0
    status, printed = filled("audit", "verify")
    assert status == 0
    assert f"head {found['heads']['college']}" in printed


def test_a_tampered_row_is_named_and_the_status_says_so(filled: Run, postgres: EmbeddedPostgres, dsn: str) -> None:
    Tamperer(postgres, dsn).do(
        "UPDATE akademos.audit_log SET detail = replace(detail, 'granted', 'withdrawn') WHERE seq = 2"
    )
    status, found = verified(filled)
    assert status == 1
    assert found["broken"] == [
        {
            "tenant": "college",
            "place": "audit log, row 2",
            "fault": "content",
            "reason": "its content does not give its hash: it was changed",
        }
    ]
    status, printed = filled("audit", "verify")
    assert status == 1
    assert "college: audit log, row 2: its content does not give its hash" in printed


def test_a_kept_head_finds_what_was_cut_off(filled: Run, postgres: EmbeddedPostgres, dsn: str) -> None:
    head = verified(filled)[1]["heads"]["college"]
    Tamperer(postgres, dsn).do("DELETE FROM akademos.audit_log WHERE seq = 3")
    assert verified(filled)[0] == 0
    status, found = verified(filled, "--tenant", "college", "--head", head)
    assert (status, found["broken"][0]["fault"]) == (1, "cut_off")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--head", "1:" + "0" * 64), "A head belongs to one tenant"),
        (("--tenant", "college", "--head", "0:" + "0" * 64), "not SEQ:HASH"),
        (("--tenant", "college", "--head", "x"), "not SEQ:HASH"),
        (("--tenant", "nobody"), "no tenant"),
    ],
)
def test_rubbish_is_refused(filled: Run, words: tuple[str, ...], said: str) -> None:
    status, printed = filled("audit", "verify", *words)
    assert status == 1
    assert said in printed


def test_an_export_can_be_verified_without_the_database_and_is_an_act_itself(filled: Run, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    status, printed = filled("audit", "export", str(path), "--tenant", "college")
    assert status == 0
    assert path.stat().st_mode & 0o077 == 0
    *lines, end = [json.loads(line) for line in path.read_text().splitlines()]
    assert first_broken(map(row_of, lines)) is None
    lines[1]["action"] = "key.revoked"
    broken = first_broken(map(row_of, lines))
    assert broken is not None
    assert broken.seq == 2
    head = f"{end['head']['seq']}:{end['head']['hash']}"
    assert (end["head"]["seq"], end["head"]["hash"]) == (3, lines[-1]["hash"])
    assert head in printed
    status, found = verified(filled, "--tenant", "college", "--head", head)
    assert (status, found["rows"]) == (0, 4)
    _, printed = filled("audit", "export", str(tmp_path / "again.jsonl"), "--tenant", "college")
    last = json.loads((tmp_path / "again.jsonl").read_text().splitlines()[-2])
    assert last["action"] == "data.exported"
    assert last["actor"].startswith("command line:")
    assert json.loads(last["detail"])["head"] == end["head"]["hash"]
    assert "ada" not in path.read_text()


def test_an_export_overwrites_nothing_and_leaves_nothing_behind(filled: Run, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    assert "already" in filled("audit", "export", str(folder / "mine"))[1]
    assert filled("audit", "export", str(folder / "missing" / "x"))[0] == 1
    assert filled("audit", "export", str(folder / "x"), "--tenant", "nobody")[0] == 1
    assert [one.name for one in folder.iterdir()] == ["mine"]
    assert verified(filled)[1]["rows"] == 4


def test_the_bench_reads_the_commands_result(monkeypatch: pytest.MonkeyPatch, filled: Run, tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    monkeypatch.setattr(installation, "run", lambda *words: filled(*words)[1])
    found = bench.verified(installation, rounds=1, tenant="college")
    assert (found["audit_rows"], found["audit_whole"]) == (3, True)
    assert found["audit_verify_rows_per_s"] > 0
