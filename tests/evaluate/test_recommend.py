"""`evaluate recommend`: the protocol on invented courses of both layouts, its measure, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from akademos.analytics.next_content import NEVER
from akademos.errors import InputError
from akademos.evaluate import recommend
from akademos.evaluate.material_files import read_materials

TIMELESS = {"seconds", "fit_s", "peak_mb"}


def ordered_course(folder: Path, *, csv: bool = False, learners: int = 60, sites: int = 40, seed: int = 0) -> Path:
    """OULAD's tables of one course whose learners go through its sites in order, two a day, with pauses and jumps."""
    rng = np.random.default_rng(seed)
    rows = []
    for learner in range(learners):
        day, place = int(rng.integers(0, 5)), 0
        for _ in range(int(rng.integers(8, 18))):
            for _ in range(2):
                rows.append((float(100 + learner), float(5_000 + min(place, sites - 1)), float(day), 1.0))
                place += 1 if rng.random() < 0.9 else 2
            day += int(rng.integers(1, 4))
    visits = pl.DataFrame(rows, schema=["id_student", "id_site", "date", "sum_click"], orient="row").with_columns(
        code_module=pl.lit("XXX"), code_presentation=pl.lit("2014B")
    )
    vle = pl.DataFrame({"id_site": [float(5_000 + site) for site in range(sites)]}).with_columns(
        code_module=pl.lit("XXX"),
        code_presentation=pl.lit("2014B"),
        activity_type=pl.lit("resource"),
        week_from=pl.lit(None, dtype=pl.Float64),
        week_to=pl.lit(None, dtype=pl.Float64),
    )
    folder.mkdir()
    for name, table in (("studentVle", visits), ("vle", vle)):
        if csv:
            table.write_csv(folder / f"{name}.csv")
        else:
            table.write_parquet(folder / f"{name}.parquet")
    return folder


def test_the_protocol_gives_every_figure_and_the_same_ones_again(tmp_path: Path) -> None:
    said = recommend.run(ordered_course(tmp_path / "ou"))
    assert {"ndcg10", "ci", "coverage10", "prerequisite_violations", "baselines"} <= said.keys()
    assert {"popularity", "transition", "itemknn", "ease"} <= said["baselines"].keys()
    assert said["ci"][0] < said["ndcg10"] < said["ci"][1]
    assert said["prerequisite_violations"] == 0
    assert said["ndcg10"] > said["baselines"]["popularity"]["ndcg10"]
    again = recommend.run(ordered_course(tmp_path / "csv", csv=True))
    assert {k: v for k, v in said.items() if k not in TIMELESS} == {k: v for k, v in again.items() if k not in TIMELESS}


def test_what_is_held_out_is_the_last_day_with_something_new_and_nothing_after_it_is_known(tmp_path: Path) -> None:
    course = read_materials(ordered_course(tmp_path / "ou")).courses[0]
    newest, before = recommend._last_days(course)
    opened = np.where(course.first < NEVER, course.first, -1)
    assert (newest == opened.max(axis=1)).all()
    assert (before < newest).all()
    assert recommend._askable(course, newest).any()


def test_the_measure_by_hand() -> None:
    chosen = np.array([False, True, True, False, False])
    assert recommend.ndcg(chosen, [1, 2, 0]) == 1.0
    assert recommend.ndcg(chosen, [0, 1]) == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))
    assert recommend.ndcg(chosen, [0, 3, 4]) == 0.0


def test_other_folders_are_refused_with_what_it_takes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder") as absent:
        recommend.run(tmp_path / "none")
    assert absent.value.hint
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no known layout"):
        recommend.run(tmp_path / "empty")
    ordered_course(tmp_path / "ou")
    (tmp_path / "broken").mkdir()
    for name in ("vle", "studentVle"):
        (tmp_path / "broken" / f"{name}.parquet").write_bytes(b"no parquet")
    with pytest.raises(InputError, match="cannot be read"):
        recommend.run(tmp_path / "broken")
    (tmp_path / "half" / "events").mkdir(parents=True)
    (tmp_path / "half" / "records").mkdir()
    (tmp_path / "half" / "events" / "history.parquet").write_bytes((tmp_path / "ou" / "vle.parquet").read_bytes())
    with pytest.raises(InputError, match=r"records/\*/topics.csv"):
        recommend.run(tmp_path / "half")
    with pytest.raises(InputError, match="opened"):
        recommend.run(ordered_course(tmp_path / "few", learners=12))
