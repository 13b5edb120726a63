"""Whatever is not data of a protocol is refused with a reason and what to do, never with a traceback."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from akademos.errors import InputError

PROTOCOLS = ("tracing", "forgetting", "readiness", "risk", "recommend")
NOISE = np.random.default_rng(5).bytes(4_000)

HEADERS = (
    "user_id,problem_id,skill_id,correct,seq",
    "user_id,question_id,score,client_timestamp",
    "card_id,review_time,review_rating",
    "id_student,code_module,code_presentation,id_site,date,sum_click",
    "learner_key,material_id,occurred_at",
    "student,score,grade,outcome",
)


def nothing(folder: Path) -> Path:
    return folder / "no such thing"


def an_empty_folder(folder: Path) -> Path:
    return folder


def an_empty_file(folder: Path) -> Path:
    (folder / "data.csv").write_text("")
    return folder / "data.csv"


def a_folder_of_prose(folder: Path) -> Path:
    (folder / "README.txt").write_text("Nothing to see here.\n")
    (folder / "notes.csv").write_text("It was a dark and stormy night;\n\n\n,,,\n")
    return folder


def noise_as_a_table(folder: Path) -> Path:
    (folder / "data.parquet").write_bytes(NOISE)
    return folder / "data.parquet"


def noise_as_text(folder: Path) -> Path:
    (folder / "data.csv").write_bytes(NOISE)
    return folder / "data.csv"


def noise_in_a_folder(folder: Path) -> Path:
    for name in ("studentVle.csv", "studentInfo.csv", "courses.csv", "revlogs.csv", "events.parquet"):
        (folder / name).write_bytes(NOISE)
    return folder


def another_table(folder: Path) -> Path:
    pl.DataFrame({"a": [1, 2], "b": ["x", None]}).write_parquet(folder / "data.parquet")
    return folder / "data.parquet"


def header(line: str) -> Callable[[Path], Path]:
    def only(folder: Path) -> Path:
        (folder / "data.csv").write_text(line + "\n")
        return folder / "data.csv"

    return only


def nonsense_under(line: str) -> Callable[[Path], Path]:
    def rows(folder: Path) -> Path:
        row = ",".join(["-", "NaN", "1e999", "\u2603", "", "0x"][: line.count(",") + 1])
        (folder / "data.csv").write_text("\n".join([line, *[row] * 60]) + "\n")
        return folder / "data.csv"

    return rows


RUBBISH: dict[str, Callable[[Path], Path]] = {
    one.__name__: one
    for one in (
        nothing,
        an_empty_folder,
        an_empty_file,
        a_folder_of_prose,
        noise_as_a_table,
        noise_as_text,
        noise_in_a_folder,
        another_table,
    )
}
RUBBISH |= {f"only {line}": header(line) for line in HEADERS}
RUBBISH |= {f"nonsense under {line}": nonsense_under(line) for line in HEADERS}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("rubbish", RUBBISH)
def test_rubbish_is_refused(protocol: str, rubbish: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        import_module(f"akademos.evaluate.{protocol}").run(RUBBISH[rubbish](tmp_path))
    assert refused.value.reason
    assert refused.value.hint
    assert refused.value.code
