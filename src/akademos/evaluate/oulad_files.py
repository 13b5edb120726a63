"""The tables of the Open University dataset for the risk protocol: Parquet, CSV, or Hive-partitioned Parquet.

A table is a file `NAME.parquet`, `NAME.csv` or `NAME.csv.gz`, or a folder `NAME` or `NAME_ds` of Parquet files, in the
folder that is given. Days count from the start of the presentation, as in `analytics.risk_tables`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from akademos.analytics.risk_tables import INPUT, KEYS
from akademos.errors import InputError
from akademos.sources.event_frame import identifier, number
from akademos.sources.oulad import DEMOGRAPHICS, TABLES

_COURSE = pl.concat_str("code_module", "code_presentation", separator="/").alias("course_id")


@dataclass(frozen=True, slots=True)
class Presentation:
    """One presentation period of all modules.

    Attributes:
        code: such as 2013B.
        tables: of `risk_tables.INPUT`.
        outcomes: KEYS, `result` (Pass, Distinction, Fail, Withdrawn), and the demographic columns as text.
    """

    code: str
    tables: Mapping[str, pl.DataFrame]
    outcomes: pl.DataFrame


def read_presentation(folder: Path, code: str) -> Presentation:
    """One presentation.

    Raises:
        InputError: a table is missing or unreadable, lacks a column, or holds nothing of the presentation.
    """
    table = {name: _rows(folder, name, code) for name in TABLES if name not in ("courses", "studentAssessment")}
    marks = _rows(folder, "studentAssessment", None)
    info, registered, site = table["studentInfo"], table["studentRegistration"], table["vle"]
    if info.is_empty():
        raise InputError(
            f"{folder} holds nobody of presentation {code}.",
            hint="Give the whole dataset.",
            code="presentation_missing",
        )
    assessments = table["assessments"].select(
        _COURSE, _id(table["assessments"], "id_assessment", "assessment_id"), _day("date", "due_day"), _number("weight")
    )
    kinds = site.select(_id(site, "id_site", "material_id"), kind=pl.col("activity_type")).unique("material_id")
    clicks, student = table["studentVle"], "learner_key"
    whom = ["id_student", "code_module", "code_presentation"]
    before = _number("num_of_prev_attempts") if "num_of_prev_attempts" in info.columns else pl.lit(None)
    registered = registered.join(
        info.select(*whom, resits=before.cast(pl.Int32)).unique(whom, keep="first"), on=whom, how="left"
    )
    tables = {
        "enrolments": registered.select(
            _id(registered, "id_student", student),
            _COURSE,
            _day("date_registration", "registered_day"),
            _day("date_unregistration", "withdrawn_day"),
            "resits",
        ),
        "activity": clicks.select(
            _id(clicks, "id_student", student),
            _COURSE,
            _id(clicks, "id_site", "material_id"),
            _day("date", "day"),
            _number("sum_click").alias("clicks"),
        ).join(kinds, on="material_id", how="left"),
        "assessments": assessments,
        "submissions": marks.select(
            _id(marks, "id_student", student),
            _id(marks, "id_assessment", "assessment_id"),
            _day("date_submitted", "day"),
            score=_number("score") / 100,
            banked=_number("is_banked") == 1,
        ).join(assessments.select("assessment_id", "course_id"), on="assessment_id"),
    }
    outcomes = info.select(
        _id(info, "id_student", student),
        _COURSE,
        result=pl.col("final_result").cast(pl.String).str.strip_chars(),
        **{name: pl.col(name).cast(pl.String) for name in DEMOGRAPHICS if name in info.columns},
    ).unique(KEYS, keep="first", maintain_order=True)
    return Presentation(code, {name: tables[name].select(columns.names()) for name, columns in INPUT.items()}, outcomes)


def _rows(folder: Path, name: str, code: str | None) -> pl.DataFrame:
    """Rows of a table, of one presentation where it says which; clicks summed over equal rows' keys to save memory."""
    table = _scan(folder, name)
    try:
        columns = table.collect_schema().names()
        lacking = [one for one in TABLES[name] if one not in columns]
        if lacking:
            raise InputError(
                f"Table {name} in {folder} has no {', '.join(lacking)}.",
                hint="Give the published tables with their columns' names.",
                code="layout_unknown",
            )
        if code is not None:
            table = table.filter(pl.col("code_presentation").cast(pl.String).str.strip_chars() == code)
        if name == "studentVle":
            keys = [one for one in TABLES[name] if one != "sum_click"]
            table = table.group_by(keys).agg(pl.col("sum_click").cast(pl.Float64).sum())
        return table.collect()
    except (pl.exceptions.PolarsError, OSError) as broken:
        reason = (str(broken).splitlines() or ["it is empty"])[0]
        raise InputError(
            f"Table {name} in {folder} cannot be read: {reason}.", hint="Give Parquet or CSV.", code="file_unreadable"
        ) from broken


def _scan(folder: Path, name: str) -> pl.LazyFrame:
    for path in (folder / f"{name}.parquet", folder / name, folder / f"{name}_ds"):
        if path.is_dir():
            return pl.scan_parquet(path / "**" / "*.parquet", hive_partitioning=True)
        if path.is_file():
            return pl.scan_parquet(path)
    for path in (folder / f"{name}.csv", folder / f"{name}.csv.gz"):
        if path.is_file():
            return pl.scan_csv(path, infer_schema_length=None, null_values=["", "?"])
    raise InputError(
        f"{folder} holds no table {name}.",
        hint=f"Give the folder of the dataset: {', '.join(TABLES)}, each as Parquet or CSV.",
        code="file_missing",
    )


def _id(table: pl.DataFrame, column: str, name: str) -> pl.Expr:
    return identifier(column, table.schema[column]).alias(name)


def _number(column: str) -> pl.Expr:
    return number(column, pl.String()).alias(column)


def _day(column: str, name: str) -> pl.Expr:
    return _number(column).cast(pl.Int32).alias(name)
