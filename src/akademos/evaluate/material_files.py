"""Openings of materials from files, course by course, for `evaluate recommend`.

Layouts, recognised by what a folder holds:

- *OULAD*: tables vle and studentVle, Parquet or CSV (a folder `studentVle_ds` may hold the latter in parts). A course
  is a module-presentation; the order of its sites is that of their ids.
- *demo*: what `akademos demo` leaves beside its data folder: `events/history.parquet` and `records/`. Answers and the
  curriculum come with it, so that mastery and prerequisites are known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from akademos.analytics.curriculum import Curriculum, prepare
from akademos.analytics.next_content import NEVER, CourseItems, FirstDays
from akademos.errors import InputError
from akademos.sources import oulad

_HINT = "Give the folder of OULAD (vle and studentVle), or the folder `<data>-demo` that `akademos demo` makes."
_HISTORY = Path("events", "history.parquet")
_RECORDS = (
    "topics", "topic_relationships", "items", "materials", "exams", "exam_weights", "enrolments", "learner_targets",
)  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Course:
    """One course: learners and materials by number, and the day of every first opening (`NEVER`: none)."""

    course_id: str
    learners: list[str]
    material_ids: list[str]
    first: FirstDays
    items: CourseItems


@dataclass(frozen=True, slots=True)
class MaterialData:
    """All courses of a data set; `tables` and `curriculum` are empty where no answers and topics are known; days
    count from `origin`."""

    name: str
    courses: list[Course]
    origin: datetime = _EPOCH
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    curriculum: Curriculum = field(default_factory=lambda: prepare({}))
    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def instant(self, day: int) -> datetime:
        """The beginning of a day."""
        return self.origin + timedelta(days=day)


def read_materials(path: Path) -> MaterialData:
    """The openings in a folder.

    Raises:
        InputError: the folder is absent (`folder_absent`) or of no known layout (`layout_unknown`), or a table lacks a
            column (`layout_unknown`).
    """
    if not path.is_dir():
        raise InputError(f"There is no folder {path}.", hint=_HINT, code="folder_absent")
    try:
        if (path / _HISTORY).is_file() and (path / "records").is_dir():
            return _demo(path)
        tables = {name: _table(path, name) for name in ("vle", "studentVle")}
        if all(table is not None for table in tables.values()):
            return _oulad({name: table for name, table in tables.items() if table is not None})
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"{path} cannot be read: {str(error).splitlines()[0]}.", hint=_HINT, code="layout_unknown"
        ) from error
    raise InputError(f"{path} holds no known layout.", hint=_HINT, code="layout_unknown")


def _table(path: Path, name: str) -> pl.LazyFrame | None:
    if (path / f"{name}.parquet").is_file():
        return pl.scan_parquet(path / f"{name}.parquet")
    if (path / f"{name}_ds").is_dir():
        return pl.scan_parquet(path / f"{name}_ds" / "**" / "*.parquet", hive_partitioning=True)
    if (path / f"{name}.csv").is_file():
        return pl.scan_csv(path / f"{name}.csv", infer_schema=False)
    return None


def _oulad(tables: Mapping[str, pl.LazyFrame]) -> MaterialData:
    course = pl.concat_str(pl.col("code_module"), pl.col("code_presentation"), separator="/").alias("course")
    opened = (
        tables["studentVle"]
        .select(
            course,
            pl.col("id_student").cast(pl.Float64, strict=False).cast(pl.Int64).cast(pl.String).alias("learner"),
            pl.col("id_site").cast(pl.Float64, strict=False).cast(pl.Int64).alias("item"),
            pl.col("date").cast(pl.Float64, strict=False).cast(pl.Int32).alias("day"),
        )
        .drop_nulls()
        .group_by("course", "learner", "item")
        .agg(pl.col("day").min())
        .collect()
    )
    weeks = [pl.col(one).cast(pl.Float64, strict=False) for one in ("week_from", "week_to")]
    sites = (
        tables["vle"]
        .select(
            course,
            pl.col("id_site").cast(pl.Float64, strict=False).cast(pl.Int64).alias("item"),
            pl.col("activity_type").alias("kind"),
            *weeks,
        )
        .unique(["course", "item"], keep="first", maintain_order=True)
        .collect()
    )
    return MaterialData(oulad.NAME, _courses(opened, sites))


def _demo(path: Path) -> MaterialData:
    history = pl.read_parquet(path / _HISTORY)
    records = {name: _record(path, name) for name in _RECORDS}
    lists = pl.col("topic_ids").str.split(";")
    materials = records["materials"].with_columns(lists)
    curriculum = prepare(
        {
            "topics": records["topics"].with_columns(
                pl.col("position").cast(pl.Int32), pl.col("parent_id").replace("", None)
            ),
            "topic_relationships": records["topic_relationships"],
            "items": records["items"].with_columns(lists),
            "materials": materials,
            "exams": records["exams"].with_columns(pl.col("pass_mark").cast(pl.Float64)),
            "exam_weights": records["exam_weights"].with_columns(pl.col("weight").cast(pl.Float64)),
        }
    )
    place = {topic: number for number, topic in enumerate(curriculum.topics)}
    named = materials.select(
        course="course_id", item="material_id", kind="kind", week_from=pl.lit(None), week_to=pl.lit(None),
        order=pl.col("topic_ids").list.first().replace_strict(place, default=len(place)),
    ).with_row_index("row").sort("course", "order", "row").drop("order", "row")  # fmt: skip
    origin = history["client_timestamp"].min()
    if not isinstance(origin, datetime):
        raise InputError(f"{path} holds no events.", hint=_HINT, code="layout_unknown")
    origin = origin.replace(hour=0, minute=0, second=0, microsecond=0)
    about = history.filter(pl.col("material_id").is_not_null())
    opened = (
        about.filter(pl.col("event_name") == "material_opened")
        .select(
            course="course_id", learner="user_id", item="material_id",
            day=(pl.col("client_timestamp") - origin).dt.total_days().cast(pl.Int32),
        )
        .group_by("course", "learner", "item")
        .agg(pl.col("day").min())
    )  # fmt: skip
    common = {"learner_key": "user_id", "occurred_at": "client_timestamp", "course_id": "course_id"}
    same = [pl.col(source).alias(name) for name, source in common.items()]
    answers = history.filter(pl.col("event_name") == "question_submitted").select(
        *same, "event_id", "question_id", "topic_ids", "attempt_number",
        score=pl.col("correct").cast(pl.Float64), duration_seconds="time_to_answer_seconds",
    )  # fmt: skip
    tables = {
        "question_attempts": answers,
        "material_interactions": about.select(*same, "event_id", "event_name", "material_id"),
        "enrolments": records["enrolments"].select(learner_key="user_id", course_id="course_id"),
        "learner_targets": records["learner_targets"].select(
            learner_key="user_id", exam_id="exam_id", target_date=pl.col("target_date").str.to_date()
        ),
    }
    topics = {one: tuple(topic_ids) for one, topic_ids in materials.select("material_id", "topic_ids").iter_rows()}
    return MaterialData("demo", _courses(opened, named), origin, tables, curriculum, topics)


def _record(path: Path, name: str) -> pl.DataFrame:
    parts = sorted(path.glob(f"records/*/{name}.csv"))
    if not parts:
        raise InputError(f"{path} holds no records/*/{name}.csv.", hint=_HINT, code="layout_unknown")
    return pl.concat([pl.read_csv(one, infer_schema=False) for one in parts])


def _courses(opened: pl.DataFrame, named: pl.DataFrame) -> list[Course]:
    """Courses in order of id, from first openings (course, learner, item, day) and what is there to open."""
    if named.schema["item"].is_integer():
        named = named.sort("course", "item")
    by_course = opened.partition_by("course", as_dict=True)
    kinds = pl.Enum(named["kind"].fill_null("").unique().sort())
    found = []
    for (course,), items in named.partition_by("course", as_dict=True, maintain_order=True).items():
        rows = by_course.get((course,))
        if rows is None:
            continue
        numbers = items.select("item").with_row_index("place")
        rows = rows.join(numbers, on="item").sort("learner", "place")
        learners = rows["learner"].unique().sort()
        first: FirstDays = np.full((len(learners), items.height), NEVER, dtype=np.int16)
        row = rows["learner"].cast(pl.Enum(learners)).to_physical().to_numpy()
        first[row, rows["place"].to_numpy()] = rows["day"].to_numpy()
        found.append(
            Course(
                course_id=str(course),
                learners=learners.to_list(),
                material_ids=items["item"].cast(pl.String).to_list(),
                first=first,
                items=CourseItems(
                    order=np.arange(items.height) / items.height,
                    kind=items["kind"].fill_null("").cast(kinds).to_physical().to_numpy().astype(np.int64),
                    week_from=items["week_from"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
                    week_to=items["week_to"].cast(pl.Float64).fill_null(float("nan")).to_numpy(),
                ),
            )
        )
    return sorted(found, key=lambda one: one.course_id)
