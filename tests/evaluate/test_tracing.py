"""`evaluate tracing`: a known truth is found again, the layouts are read, wrong input is refused in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.analytics.traced_population import population
from typer.testing import CliRunner

from akademos.analytics.probability_scores import auc
from akademos.analytics.traced_answers import trace_answers
from akademos.analytics.tracing_model import TracingModel, fit, train
from akademos.cli.evaluate import app
from akademos.errors import InputError
from akademos.evaluate.answer_files import answer_batch, question_attempts, read_rows
from akademos.evaluate.repeated_learners import people
from akademos.evaluate.tracing import run


def assistments_file(folder: Path, learners: int = 60, each: int = 24) -> Path:
    attempts, _ = population(learners, each, seed=11)
    rows = attempts.explode("topic_ids").with_columns(order=pl.int_range(pl.len()).over("learner_key"))
    path = folder / "answers.csv"
    rows.select(
        user_id=pl.col("learner_key").str.slice(8).cast(pl.Int64) + 1,
        seq="order",
        problem_id=pl.col("question_id").str.slice(5).cast(pl.Int64),
        skill_id=pl.col("topic_ids").str.slice(6).cast(pl.Int64),
        correct=pl.col("score").cast(pl.Int64),
        fold=pl.lit(1),
    ).write_csv(path)
    return path


def test_the_model_comes_near_the_truth_and_beats_the_difficulty() -> None:
    attempts, chance = population(500, 30, seed=3)
    answers = trace_answers(attempts)
    judged = np.arange(len(answers.learners)) >= 400
    model = train(answers.of(~judged), 1)
    mine = answers.of(judged)
    predicted = model.trace(mine)
    truth = chance[judged[answers.learner]]
    best, found = auc(mine.correct, truth), auc(mine.correct, predicted)
    assert found > best - 0.05
    assert np.corrcoef(predicted, truth)[0, 1] > 0.8


def test_a_model_survives_its_bytes_and_carries_held_out_scores() -> None:
    attempts, _ = population(80, 20, seed=4)
    model = fit(attempts, 1)
    again = TracingModel.from_bytes(model.to_bytes())
    mine = trace_answers(attempts).of(np.arange(80) < 5)
    np.testing.assert_array_equal(again.trace(mine), model.trace(mine))
    assert again.to_bytes() == model.to_bytes()
    assert {"auc", "log_loss", "ece", "learners"} <= set(model.metrics)
    assert model.metrics["learners"] == 16
    assert fit(attempts, 1).to_bytes() == model.to_bytes()


@pytest.mark.parametrize("blob", [b"", b"{}", b"[]", b"\xff", b'{"format": "tracing/0"}', b'"text"'])
def test_bytes_that_are_no_model_are_refused(blob: bytes) -> None:
    with pytest.raises(InputError) as refused:
        TracingModel.from_bytes(blob)
    assert refused.value.code == "model_unreadable"


def test_too_few_learners_and_one_outcome_are_refused() -> None:
    few, _ = population(10, 10)
    with pytest.raises(InputError) as refused:
        fit(few, 1)
    assert refused.value.code == "too_few_learners"
    alike, _ = population(60, 10)
    with pytest.raises(InputError) as refused:
        fit(alike.with_columns(score=pl.lit(1.0)), 1)
    assert refused.value.code == "one_outcome"


def test_rows_of_one_answer_are_merged_and_the_fold_column_is_ignored(tmp_path: Path) -> None:
    path = assistments_file(tmp_path)
    attempts, _ = population(60, 24, seed=11)
    batch = answer_batch(read_rows(path))
    answers = trace_answers(question_attempts(batch))
    assert batch.rows_read == attempts.explode("topic_ids").height
    # The same item twice in a row with the same result and one skill stays two answers.
    assert len(answers) == attempts.height
    again = read_rows(path).with_columns(fold=pl.lit(2))
    assert question_attempts(answer_batch(again)).equals(question_attempts(batch))


def test_our_own_names_are_read(tmp_path: Path) -> None:
    pl.DataFrame(
        {
            "user_id": ["a", "a", "b"],
            "question_id": ["q1", "q2", "q1"],
            "score": ["1", "0", "0.5"],
            "client_timestamp": ["2026-01-05T10:00:00Z", "2026-01-05T10:01:00Z", "2026-01-05T10:00:00Z"],
            "topic_ids": ["x; y", "x", "y"],
        }
    ).write_csv(tmp_path / "own.csv")
    attempts = question_attempts(answer_batch(read_rows(tmp_path / "own.csv")))
    assert attempts["topic_ids"].to_list() == [["x", "y"], ["x"], ["y"]]
    assert attempts["score"].to_list() == [1.0, 0.0, 0.5]
    assert attempts["occurred_at"][0] == datetime(2026, 1, 5, 10, tzinfo=UTC)


def test_a_person_under_two_ids_is_found_and_others_are_not() -> None:
    attempts, _ = population(40, 60, items=200, seed=9)
    twin = attempts.filter(pl.col("learner_key") == "learner 0003").with_columns(
        learner_key=pl.lit("other id"), event_id=pl.concat_str(pl.lit("twin "), "event_id")
    )
    answers = trace_answers(pl.concat([attempts, twin]))
    person = people(answers)
    assert person[answers.learners.index("other id")] == person[answers.learners.index("learner 0003")]
    assert len(np.unique(person)) == 40


@pytest.mark.slow
def test_the_command_prints_the_figures_on_its_last_line(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["tracing", str(assistments_file(tmp_path))])
    assert printed.exit_code == 0, printed.output
    figures = json.loads(printed.output.strip().splitlines()[-1])
    assert {"rows", "answers", "auc", "log_loss", "ece", "auc_first10", "fit_s", "intervals", "peak_mb"} <= set(figures)
    assert set(figures["baselines"]) == {"best_lr", "bkt", "difficulty", "constant"}
    assert figures["repeated_ids"]["ids"] == 0
    assert figures["repeated_ids"]["together"]["auc"] == figures["auc"]
    assert figures["row_level"]["note"].startswith("leak")
    assert figures["baselines"]["constant"]["auc"] < figures["baselines"]["difficulty"]["auc"]
    assert figures["rows"] > figures["answers"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("no.csv", None, "file_missing"),
        ("empty.csv", "", "file_unreadable"),
        ("other.csv", "a,b\n1,2\n", "layout_unknown"),
        ("broken.parquet", "not parquet", "file_unreadable"),
        ("bad.csv", "user_id,seq,problem_id,skill_id,correct\n1,1,1,1,maybe\n", "row_unreadable"),
        ("header.csv", "user_id,seq,problem_id,skill_id,correct\n", "no_answers"),
        ("few.csv", "user_id,seq,problem_id,skill_id,correct\n1,1,1,1,1\n1,2,2,1,0\n", "too_few_learners"),
    ],
)
def test_wrong_input_is_refused_in_words(tmp_path: Path, name: str, content: str | None, code: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError) as refused:
        run(path)
    assert refused.value.code == code
    assert refused.value.hint
