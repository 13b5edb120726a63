"""The bulk path end to end: accounted for, exactly once, resumable; good rows kept, bad ones named."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from akademos.errors import AkademosError, InputError
from akademos.intake.basis import read_basis
from akademos.intake.bulk.layouts import plan
from akademos.intake.bulk.run import ImportSummary
from akademos.settings import Settings
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.imports import FileImport
from akademos.stores.postgres.imports import PostgresImports
from akademos.system import System

BASIS = """
id = "{id}"
tenant = "college"
purposes = ["learning_support"]
text_version = "v1"
evidence = "signed forms"
person_responsible = "data steward"
historical = {historical}
"""
MAP: dict[str, Any] = {
    "columns": {"user_id": "student", "question_id": "item", "correct": "ok", "time_to_answer_seconds": "secs"},
    "constants": {"event_name": "question_submitted"},
    "time": {"column": "when", "zone": "Europe/Berlin"},
}


@pytest.fixture
def system(settings: Settings) -> Iterator[System]:
    with System(settings) as opened:
        opened.tenants.create("college", "A college", time_zone="UTC", actor="test")
        yield opened


def run(
    system: System, path: Path, *, mapping: Any = None, basis: str = "b-1", historical: bool = True
) -> ImportSummary:
    file = path.parent / f"{basis}.toml"
    file.write_text(BASIS.format(id=basis, historical=str(historical).lower()))
    return system.bulk_import(read_basis(file), actor="test").run(plan([path], layout=None, column_map=mapping))


def table(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def answer(
    student: str = "28", item: str = "q", ok: object = 1, when: str = "2026-03-02 12:00:00", secs: object = 45
) -> dict[str, Any]:
    return {"student": student, "item": item, "ok": ok, "when": when, "secs": secs}


def core(system: System) -> pl.DataFrame:
    tables = list(
        system.event_log.by_learner(
            "college",
            columns=[
                "learner_key",
                "event_id",
                "event_name",
                "occurred_at",
                "score",
                "topic_ids",
                "quantity",
                "retention_from",
                "received_at",
                "time_precision",
            ],
        )
    )
    return pl.concat([pl.DataFrame(one) for one in tables]) if tables else pl.DataFrame({"event_id": []})


def test_every_row_is_accounted_for_and_a_second_run_adds_nothing(system: System, tmp_path: Path) -> None:
    rows = [answer(str(student), f"q-{item}") for student in range(5) for item in range(4)]
    rows += [answer("0", "q-0"), answer(ok="maybe"), answer(secs=-1), answer(when="yesterday"), answer(student="")]
    file = table(tmp_path / "answers.csv", rows)
    first = run(system, file, mapping=MAP)
    assert first.totals == {"read": 25, "events": 25, "accepted": 21, "duplicate": 0, "suppressed": 0, "rejected": 4}
    assert dict(first.files[0].reasons) == {"wrong_type": 1, "out_of_range": 1, "value_missing": 2}
    assert any(sample.startswith("row 22: wrong_type: correct") for sample in first.files[0].samples)
    again = run(system, file, mapping=MAP)
    assert again.totals["accepted"] == 0
    assert again.totals["duplicate"] == 21
    assert system.event_log.count("college") == 21
    _equations(system, accepted=21)


def test_a_batch_is_received_when_what_it_waited_for_is_over(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever counts days by the time of receipt takes a day for closed some time after it."""
    waited = timedelta(minutes=5)
    at_the_lock = PostgresImports.consented_writes
    clock = [datetime(2026, 3, 9, 8, tzinfo=UTC)]

    @contextmanager
    def after_a_while(ledger: PostgresImports) -> Iterator[None]:
        with at_the_lock(ledger):
            clock[0] += waited
            yield

    monkeypatch.setattr(PostgresImports, "consented_writes", after_a_while)
    monkeypatch.setattr("akademos.system.now", lambda: clock[0])
    began = clock[0]
    run(system, table(tmp_path / "answers.csv", [answer()]), mapping=MAP)
    with system.database.pipeline() as transaction:
        ((received_at,),) = transaction.execute("SELECT received_at FROM receipts").fetchall()
    assert received_at == began + waited
    assert core(system)["received_at"].to_list() == [received_at]


def test_a_batch_that_died_before_it_was_counted_is_counted_on_the_day_of_its_rows(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evening = datetime(2026, 3, 9, 23, 59, tzinfo=UTC)
    clock, file = [evening], table(tmp_path / "answers.csv", [answer()])
    monkeypatch.setattr("akademos.system.now", lambda: clock[0])

    def killed(*_: object, **__: object) -> FileImport:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(PostgresImports, "done", killed)
        with pytest.raises(KeyboardInterrupt):
            run(system, file, mapping=MAP)
    clock[0] += timedelta(hours=9)
    run(system, file, mapping=MAP)
    with system.database.pipeline() as transaction:
        receipts = transaction.execute("SELECT received_at, counted_at, accepted FROM receipts").fetchall()
    assert receipts == [(evening, clock[0], 1)]
    assert core(system)["received_at"].to_list() == [evening]


def _equations(system: System, accepted: int) -> None:
    with system.database.pipeline() as transaction:
        receipts = transaction.execute(
            "SELECT sum(accepted), sum(received), sum(rejected), sum(duplicate) FROM receipts"
        ).fetchone()
        moved = transaction.execute("SELECT sum(events) FROM movements WHERE kind = 'imported'").fetchone()
    assert receipts is not None
    assert moved is not None
    assert receipts[0] == moved[0] == accepted == system.event_log.count("college")


def test_ids_do_not_depend_on_the_form_of_the_file(system: System, tmp_path: Path) -> None:
    rows = [answer(str(student), f"{item}") for student in range(30) for item in range(5)] + [answer("3", "1")] * 2
    run(system, table(tmp_path / "a.csv", rows), mapping=MAP)
    shuffled = pl.DataFrame([{**row, "student": float(row["student"]), "item": float(row["item"])} for row in rows])
    other = tmp_path / "b.parquet"
    shuffled.sample(fraction=1, shuffle=True, seed=3).write_parquet(other)
    assert run(system, other, mapping=MAP).totals["duplicate"] == len(rows)
    assert system.event_log.count("college") == len(rows)


def test_equal_rows_are_several_events(system: System, tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", [answer()] * 7)
    assert run(system, file, mapping=MAP).totals["accepted"] == 7
    assert core(system)["event_id"].n_unique() == 7


def test_local_times_and_the_types_of_the_declaration(system: System, tmp_path: Path) -> None:
    run(system, table(tmp_path / "a.csv", [answer(ok="0")]), mapping=MAP, historical=False)
    row = core(system).row(0, named=True)
    assert row["occurred_at"].isoformat() == "2026-03-02T11:00:00+00:00"  # Berlin in winter
    assert row["score"] == 0.0
    assert row["retention_from"] == row["occurred_at"]


def test_historical_imports_are_kept_from_their_receipt(system: System, tmp_path: Path) -> None:
    run(system, table(tmp_path / "a.csv", [answer()]), mapping=MAP, historical=True)
    row = core(system).row(0, named=True)
    assert row["retention_from"] == row["received_at"]


def test_a_persons_own_withdrawal_stands(system: System, tmp_path: Path) -> None:
    from akademos.catalogue.declarations import Purpose

    who = Identifier("user", "28")
    key = system.vault.ensure("college", [who])[who].learner_key
    system.consent.decide("college", key, list(Purpose), "withdrawn", text_version="v1", recorded_by="test")
    done = run(system, table(tmp_path / "a.csv", [answer("28"), answer("29")]), mapping=MAP)
    assert (done.totals["accepted"], done.totals["suppressed"]) == (1, 1)
    assert key not in core(system)["learner_key"].to_list()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"student,item,ok,when,secs\n1,q,1\n", "row"),
        ("student,item,ok,when,secs\nJos\u00e9,q,1,2026-03-02,4\n".encode("latin-1"), "UTF8"),
    ],
)
def test_damaged_files_say_what_is_wrong(system: System, tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    done = run(system, file, mapping=MAP)
    assert words in done.files[0].error
    assert done.totals["accepted"] == 0


def test_a_truncated_parquet_is_refused(system: System, tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pl.DataFrame([answer()]).write_parquet(file)
    file.write_bytes(file.read_bytes()[:-7])
    assert "cannot be read" in run(system, file, mapping=MAP).files[0].error


def test_excel_and_quotes(system: System, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b'\xef\xbb\xbfstudent,item,ok,when,secs\r\n1,"line\nbreak, comma",1,2026-03-02,4\r\n')
    done = run(system, file, mapping=MAP)
    assert done.totals["accepted"] == 1, done.files[0]


def test_personal_data_never_enters(system: System, tmp_path: Path) -> None:
    done = run(
        system,
        table(tmp_path / "a.csv", [answer(item="sam@college.edu"), answer(item="+491701234567"), answer()]),
        mapping=MAP,
    )
    assert done.files[0].reasons == {"personal_data": 2}
    named = run(system, table(tmp_path / "b.csv", [{**answer(), "email": "x"}]), mapping={**MAP, "take_named": True})
    assert "`email` holds personal data" in named.files[0].error


def test_a_wrong_map_says_what_is_missing(system: System, tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", [answer()])
    wrong = {**MAP, "columns": {**MAP["columns"], "user_id": "pupil"}}
    assert "pupil" in run(system, file, mapping=wrong).files[0].error
    for broken in (
        {**MAP, "colums": {}},
        {**MAP, "time": {}},
        {**MAP, "constants": {}},
        {**MAP, "time": {"column": "when", "precision": "hour"}},
    ):
        with pytest.raises(InputError):
            plan([file], layout=None, column_map=broken)
    unknown = run(system, file, mapping={**MAP, "constants": {"event_name": "nothing_done"}})
    assert "no event `nothing_done`" in unknown.files[0].error


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("purposes = []", "purposes"),
        ('purposes = ["fun"]', "fun"),
        ('colour = "red"', "colour"),
        ("historical = 1", "historical"),
        ("=", "TOML"),
    ],
)
def test_a_wrong_basis_says_what_is_wrong(tmp_path: Path, change: str, words: str) -> None:
    lines = BASIS.format(id="b", historical="true").strip().splitlines()
    name = change.partition(" ")[0]
    file = tmp_path / "basis.toml"
    file.write_text("\n".join([*(line for line in lines if not line.startswith(name + " ")), change]))
    with pytest.raises(InputError, match=words):
        read_basis(file)


def test_a_basis_never_changes(system: System, tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", [answer()])
    run(system, file, mapping=MAP, historical=True)
    with pytest.raises(AkademosError) as refusal:
        run(system, file, mapping=MAP, historical=False)
    assert refusal.value.code == "basis_changed"


@pytest.mark.faults
def test_kill_during_an_import_loses_and_doubles_nothing(system: System, settings: Settings, tmp_path: Path) -> None:
    rows = [answer(str(student), f"q-{item}") for student in range(300) for item in range(40)]
    file = tmp_path / "answers.parquet"
    pl.DataFrame(rows).write_parquet(file, row_group_size=1_000)
    (tmp_path / "basis.toml").write_text(BASIS.format(id="b-1", historical="true"))
    (tmp_path / "map.toml").write_text(
        '[columns]\nuser_id = "student"\nquestion_id = "item"\ncorrect = "ok"\n'
        '[constants]\nevent_name = "question_submitted"\n[time]\ncolumn = "when"\n'
    )
    script = (
        "import sys, akademos.intake.bulk.files as files; files.STRETCH_ROWS = 1000\n"
        "files.stretches.__kwdefaults__['rows'] = 1000\n"
        "from akademos.cli.app import main; sys.argv = ['akademos', *sys.argv[1:]]; main()"
    )
    command = [
        sys.executable,
        "-c",
        script,
        "ingest",
        str(file),
        "--basis",
        str(tmp_path / "basis.toml"),
        "--map",
        str(tmp_path / "map.toml"),
    ]
    environment = {**os.environ, "AKADEMOS_DATA": str(settings.data), "AKADEMOS_DATABASE_URL": settings.database_url}
    for seconds in (2.5, 3.0, 3.5):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ids = core(system)["event_id"]
    assert len(ids) == ids.n_unique() == len(rows)
    _equations(system, accepted=len(rows))


def test_assistments(system: System, shared_data: Path, tmp_path: Path) -> None:
    rows = pl.read_parquet(shared_data / "assist09" / "assist2009_pid_akt.parquet")
    file = tmp_path / "answers.parquet"
    rows.head(20_000).write_parquet(file)
    first = run(system, file)
    assert first.totals["read"] == 20_000
    assert first.totals["accepted"] == first.totals["events"] == _answers(rows.head(20_000))
    kept = core(system)
    assert set(kept["time_precision"]) == {"order"}
    as_csv = tmp_path / "again.csv"
    rows.head(20_000).with_columns(pl.all().cast(pl.Float64)).write_csv(as_csv)
    assert run(system, as_csv).totals["duplicate"] == first.totals["accepted"]


def _answers(rows: pl.DataFrame) -> int:
    """The rule of the layout, row by row."""
    answers, before, skills = 0, None, set[int]()
    for user, problem, correct, skill in rows.select("user_id", "problem_id", "correct", "skill_id").iter_rows():
        if before == (user, problem, correct) and skill not in skills:
            skills.add(skill)
        else:
            answers, before, skills = answers + 1, (user, problem, correct), {skill}
    return answers


def test_oulad_sample(system: System, shared_data: Path, tmp_path: Path) -> None:
    source, folder = shared_data / "oulad", tmp_path / "oulad"
    folder.mkdir()
    students: list[float] = []
    for name in ("courses", "assessments", "vle", "studentInfo", "studentRegistration", "studentAssessment"):
        part = pl.read_parquet(source / f"{name}.parquet")
        if name == "studentInfo":
            part = part.filter(pl.col("code_module") == "AAA").head(60)
            students = part["id_student"].to_list()
        elif "id_student" in part.columns:
            part = part.filter(pl.col("id_student").is_in(students))
        part.write_csv(folder / f"{name}.csv")
    clicks = pl.read_parquet(source / "studentVle_ds/code_module=AAA/code_presentation=2013J/part-0.parquet")
    clicks = clicks.filter(pl.col("id_student").is_in(students)).with_columns(
        code_module=pl.lit("AAA"), code_presentation=pl.lit("2013J")
    )
    clicks.write_csv(folder / "studentVle.csv")
    first = run(system, folder)
    vle = next(one for one in first.files if one.title.startswith("studentVle"))
    assert (vle.read, vle.accepted) == (clicks.height, clicks.height)
    kept = core(system).filter(pl.col("event_name") == "material_opened")
    assert kept["quantity"].sum() == clicks["sum_click"].sum()
    with system.database.pipeline() as transaction:
        restricted = transaction.execute(
            "SELECT count(*), count(attributes ->> 'disability') FROM demographics"
        ).fetchone()
    assert restricted == (60, 60)
    again = run(system, folder)
    assert again.totals["accepted"] == 0
    assert again.restricted == (0, 60)
