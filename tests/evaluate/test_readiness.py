"""`evaluate readiness`: the protocol on a made-up exam, what it leaves out and refuses; and the real one's layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from akademos.errors import InputError
from akademos.evaluate import readiness
from akademos.evaluate.exam_layouts import read_exam


def made_up(path: Path, learners: int = 120, seed: int = 0) -> Path:
    """A CSV in the layout of czmatura: one ability, items of differing difficulty, columns that hold the outcome."""
    rng = np.random.default_rng(seed)
    ability, ease = rng.normal(size=learners), rng.normal(size=26)
    points = (rng.random((learners, 26)) < 1 / (1 + np.exp(-(1.5 * ability[:, None] + ease)))).astype(int)
    columns: dict[str, object] = {f"b{n + 1}": points[:, n] for n in range(26) if n != 2}
    columns |= {"b3.1": points[:, 2], "b3.2": points[:, 2]}
    pl.DataFrame({**columns, "Total": points.sum(axis=1), "SchType": ["GY4"] * learners}).write_csv(path)
    return path


def test_the_protocol_gives_every_figure_and_the_same_ones_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "TEST_PREDICTIONS", 240)
    path = made_up(tmp_path / "exam.csv")
    said = readiness.run(path)
    assert said["n"] == 120
    assert (said["repeats"], said["test_size"]) == (2, 24)
    assert 0.4 < said["r"] < 0.95
    assert 0.8 < said["coverage90"] <= 1.0
    assert said["r_95"][0] < said["r"] < said["r_95"][1]
    assert {"r", "mae_sd"} <= said["baselines"]["percent_correct"].keys()
    again = readiness.run(path)
    timeless = {"seconds", "fit_s_each", "peak_mb"}
    assert {k: v for k, v in said.items() if k not in timeless} == {k: v for k, v in again.items() if k not in timeless}


def test_the_outcome_is_in_no_predictor(tmp_path: Path) -> None:
    path = made_up(tmp_path / "exam.csv")
    table = pl.read_csv(path)
    exam = read_exam(path)
    later = [name for name in table.columns if name.startswith("b") and float(name[1:].split(".")[0]) > 13]
    assert len(later) == 13
    shuffled = table.with_columns(pl.col(name).shuffle(seed=1) for name in (*later, "Total"))
    shuffled.write_csv(path)
    assert (read_exam(path).first == exam.first).all()
    assert (read_exam(path).outcome != exam.outcome).any()


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "b1,b2,b14,b26\nx,y,z,w\n", "\x00\x01\x02"])
def test_another_file_is_refused_with_what_it_takes(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(content)
    with pytest.raises(InputError) as refused:
        readiness.run(path)
    assert refused.value.hint


def test_a_folder_is_refused_with_the_exams_in_it(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "notes.txt"):
        (tmp_path / name).touch()
    with pytest.raises(InputError) as refused:
        readiness.run(tmp_path)
    assert refused.value.code == "not_a_file"
    assert refused.value.hint == "Give the CSV of one exam: a.csv, b.csv."


def test_no_file_and_too_few_learners_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        readiness.run(tmp_path / "none.csv")
    with pytest.raises(InputError, match="too few"):
        readiness.run(made_up(tmp_path / "small.csv", learners=50))


def test_the_written_exam_has_seven_tasks_before_and_six_after(shared_data: Path) -> None:
    exam = read_exam(shared_data / "exam" / "mathexam14w.csv")
    assert (exam.first.shape, exam.more.shape) == ((334, 7), (334, 8))
    assert exam.more[:, 0].max() <= 1.0
    assert set(np.round(exam.outcome * 6).astype(int)) <= set(range(7))
