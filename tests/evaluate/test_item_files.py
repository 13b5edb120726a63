"""`akademos items FILE`: what it reads, prints, writes, masks and refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from tests.analytics.test_item_analysis import closed

from akademos.errors import InputError
from akademos.evaluate.item_files import read_answers


def answers_file(path: Path) -> Path:
    """Closed items, q000 with a wrong key, as a CSV with our names."""
    closed(300, 8).select(
        pl.col("learner_key").alias("user_id"),
        "question_id",
        "course_id",
        pl.col("occurred_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("client_timestamp"),
        pl.col("score").cast(pl.Int64),
        pl.col("chosen_options").list.join(";"),
        assessment_id=pl.lit("quiz"),
    ).write_csv(path)
    return path


def akademos(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "akademos.cli.app", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
        check=False,
    )


def test_a_file_of_answers_gives_every_table(tmp_path: Path) -> None:
    done = akademos("items", answers_file(tmp_path / "answers.csv"), "--to", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "key_suspect" in done.stdout
    items = pl.read_csv(tmp_path / "out" / "items.csv")
    assert items.height == 10
    assert items.filter(pl.col("question_id") == "q000")["reasons"][0].startswith("key_suspect")
    assert pl.read_csv(tmp_path / "out" / "options.csv").height > 10
    form = pl.read_csv(tmp_path / "out" / "forms.csv").row(0, named=True)
    assert (form["formula"], form["items"], form["complete"]) == ("kr20", 10, 300)


def test_secure_items_are_masked_in_everything_that_is_written_and_printed(tmp_path: Path) -> None:
    (tmp_path / "secure.txt").write_text("q000\nq004\n")
    done = akademos(
        "items", answers_file(tmp_path / "answers.csv"), "--to", tmp_path / "out", "--secure", tmp_path / "secure.txt"
    )
    assert done.returncode == 0, done.stderr
    everything = done.stdout + "".join(one.read_text() for one in (tmp_path / "out").iterdir())
    assert "q000" not in everything
    assert "q004" not in everything
    assert "secure 1" in everything


def test_true_and_false_and_empty_fields_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "user_id,question_id,client_timestamp,correct,attempt_number\n"
        "u,q,2026-03-01T10:00:00+02:00,TRUE,1\nu,r,2026-03-01T10:01:00Z,false,\nv,q,2026-03-01T10:02:00Z,,\n"
    )
    table = read_answers(tmp_path / "a.csv")
    assert table["score"].to_list() == [1.0, 0.0, None]
    assert table["attempt_number"].to_list() == [1, None, None]
    assert table["occurred_at"].dt.hour().to_list() == [8, 10, 10]


@pytest.mark.parametrize(
    "content",
    ["", "a,b\n1,2\n", "user_id,question_id,client_timestamp,score\nu,q,yesterday,1\n",
     "user_id,question_id,client_timestamp,score\nu,q,2026-03-01T10:00:00Z,good\n"],
)  # fmt: skip
def test_other_files_are_refused_with_what_it_takes(tmp_path: Path, content: str) -> None:
    (tmp_path / "other.csv").write_text(content)
    with pytest.raises(InputError) as refused:
        read_answers(tmp_path / "other.csv")
    assert refused.value.hint


def test_a_refusal_is_one_readable_line(tmp_path: Path) -> None:
    done = akademos("items", tmp_path / "none.csv")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "file_missing" in done.stderr
