"""Item answers of real exams, cut into what came first and what is to be predicted.

`mathexam14w`: 13 tasks of a written exam and the number of online tests solved in the weeks before it. Predictors are
the online tests and the first seven tasks in the order of the paper (solved or not, credits); the outcome is the share
of the other six that were solved. Nothing of gender, degree or semester, which would make a prediction of who somebody
is; `nsolved` and `group` hold the outcome or depend on it.

`czmatura`: a school-leaving exam of 26 items. Predictors are the points of items 1 to 13, the outcome is the share of
the points of items 14 to 26. `Total` and the scaled scores hold the outcome, school type and attempt say who somebody
is: all are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.errors import InputError

Floats = npt.NDArray[np.float64]

ONLINE_TESTS = 26
MATH_FIRST, MATRICULATION_FIRST, MATRICULATION_ITEMS = 7, 13, 26


@dataclass(frozen=True, slots=True)
class ExamData:
    """One exam.

    Attributes:
        name: of the layout.
        first: (learners, items) scores of the first part, 0..1, 0 where nothing was answered.
        more, more_names: (learners, columns) further predictors.
        outcome: share of the marks of the other part.
        pass_mark: share from which that part counts as passed.
        card: what is predictor, outcome and left out, in words.
    """

    name: str
    first: Floats
    more: Floats
    more_names: tuple[str, ...]
    outcome: Floats
    pass_mark: float
    card: dict[str, object]


def read_exam(path: Path) -> ExamData:
    """The exam in a CSV file of one of the layouts.

    Raises:
        InputError: the file is absent, no CSV, or of no known layout (`layout_unknown`), or has too few learners.
    """
    if path.is_dir():
        exams = ", ".join(sorted(one.name for one in path.glob("*.csv"))) or "there is none in it"
        raise InputError(f"{path} is a folder.", hint=f"Give the CSV of one exam: {exams}.", code="not_a_file")
    if not path.is_file():
        raise InputError(f"There is no file {path}.", hint="Give a CSV of one exam.", code="file_absent")
    try:
        table = pl.read_csv(path, null_values=["NA", ""], infer_schema_length=None)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} is no CSV file: {error}", hint="Give a CSV.", code="layout_unknown") from error
    for columns, read in _LAYOUTS:
        if columns <= set(table.columns):
            try:
                return read(table)
            except pl.exceptions.PolarsError as error:
                raise InputError(
                    f"A column of {path.name} holds no numbers: {error}",
                    hint="Scores are numbers; NA stands for a missing one.",
                    code="layout_unknown",
                ) from error
    raise InputError(
        f"{path.name} is of no known exam layout.",
        hint="It takes the columns of mathexam14w (solved_*, credits_*, tests) or of czmatura (b1 to b26).",
        code="layout_unknown",
    )


def _mathexam(table: pl.DataFrame) -> ExamData:
    tasks = [name.removeprefix("solved_") for name in table.columns if name.startswith("solved_")]
    solved = _numbers(table, [f"solved_{task}" for task in tasks])
    marks = _numbers(table, [f"credits_{task}" for task in tasks[:MATH_FIRST]]) / 2
    tests = _numbers(table, ["tests"]) / ONLINE_TESTS
    return ExamData(
        name="mathexam14w",
        first=solved[:, :MATH_FIRST],
        more=np.hstack((tests, marks)),
        more_names=("online_tests", *(f"credits_{task}" for task in tasks[:MATH_FIRST])),
        outcome=solved[:, MATH_FIRST:].mean(axis=1),
        pass_mark=0.5,
        card={
            "predictors": ["online tests solved before the exam", *(f"task {task}" for task in tasks[:MATH_FIRST])],
            "outcome": [f"task {task} solved" for task in tasks[MATH_FIRST:]],
            "left_out": ["nsolved", "gender", "study", "semester", "attempt", "group"],
        },
    )


def _czmatura(table: pl.DataFrame) -> ExamData:
    items = [_item(table, number) for number in range(1, MATRICULATION_ITEMS + 1)]
    points = np.column_stack(items)
    most = points.max(axis=0)
    later = slice(MATRICULATION_FIRST, None)
    return ExamData(
        name="czmatura",
        first=points[:, :MATRICULATION_FIRST] / most[:MATRICULATION_FIRST],
        more=np.empty((len(points), 0)),
        more_names=(),
        outcome=points[:, later].sum(axis=1) / most[later].sum(),
        pass_mark=0.33,
        card={
            "predictors": [f"item {number}" for number in range(1, MATRICULATION_FIRST + 1)],
            "outcome": [f"item {number}" for number in range(MATRICULATION_FIRST + 1, MATRICULATION_ITEMS + 1)],
            "left_out": ["Total", "IRTscore", "IRTscoreSE", "SchType", "SchTypeGY", "FirstAtt", "o1 to o26.2"],
        },
    )


def _item(table: pl.DataFrame, number: int) -> Floats:
    """Points of one item, the sum of its parts."""
    whole = f"b{number}"
    parts = [name for name in table.columns if name == whole or name.startswith(f"{whole}.")]
    found: Floats = _numbers(table, parts).sum(axis=1)
    return found


def _numbers(table: pl.DataFrame, columns: list[str]) -> Floats:
    return np.column_stack([table[name].cast(pl.Float64).fill_null(0.0).to_numpy() for name in columns])


_LAYOUTS: tuple[tuple[set[str], Callable[[pl.DataFrame], ExamData]], ...] = (
    ({"tests", "solved_quad", "credits_quad", "solved_lagrange"}, _mathexam),
    ({"b1", "b2", "b14", "b26"}, _czmatura),
)
