"""From files to event batches: one stream a file, in the layout that was recognised or declared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from akademos.errors import InputError
from akademos.intake.bulk.files import TableFile, stretches, table_files
from akademos.sources import assistments, oulad, rows
from akademos.sources.event_frame import EventBatch

Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class EventFile:
    """One stream of events from one file; `title` tells it from others of the same file."""

    title: str
    file: TableFile
    batches: Callable[[], Iterator[EventBatch]]


@dataclass(slots=True)
class ImportPlan:
    """What an import of some paths will do: records first, then events."""

    layout: str
    events: list[EventFile]
    records: dict[str, Rows] = field(default_factory=dict)
    enrolments: pl.DataFrame | None = None
    demographics: pl.DataFrame | None = None


def plan(paths: Sequence[Path], *, layout: str | None, column_map: Mapping[str, Any] | None) -> ImportPlan:
    """Recognise the layout and lay out the streams.

    Raises:
        InputError: no layout fits; says what was looked for.
    """
    if column_map is not None or layout == rows.NAME:
        if column_map is None:
            raise InputError("The layout `rows` needs a column map.", hint="Give it with --map FILE; see the docs.")
        mapping = rows.column_map(column_map)
        files = [file for path in paths for file in table_files(path)]
        return ImportPlan(rows.NAME, [_mapped(file, mapping) for file in files])
    found = [file for path in paths for file in table_files(path)]
    tables = _oulad_tables(paths)
    if layout == oulad.NAME or (layout is None and {"studentVle", "studentAssessment"} & set(tables)):
        return _oulad(tables)
    if layout in (None, assistments.NAME):
        answers = [file for file in found if assistments.recognises(file.columns())]
        if answers:
            return _assistments(answers)
    raise InputError(
        f"No known layout fits {', '.join(str(path) for path in paths)}.",
        hint="Known: assistments, oulad; for any other table declare a column map (--map FILE).",
        code="layout_unknown",
    )


def _mapped(file: TableFile, mapping: rows.ColumnMap) -> EventFile:
    def batches() -> Iterator[EventBatch]:
        for stretch in stretches(file):
            yield from rows.events(stretch, mapping)

    return EventFile(file.name, file, batches)


def _assistments(files: Sequence[TableFile]) -> ImportPlan:
    names: dict[str, str] = {}
    for file in files:
        for beside in file.path.parent.glob("*skill_names.json"):
            names |= {str(number): str(name) for name, number in json.loads(beside.read_text()).items()}
        for stretch in stretches(file):
            names |= assistments.topics(stretch)

    def stream(file: TableFile) -> Callable[[], Iterator[EventBatch]]:
        def batches() -> Iterator[EventBatch]:
            kept: pl.DataFrame | None = None
            for stretch in stretches(file):
                joined = stretch if kept is None else pl.concat([kept, stretch], how="diagonal_relaxed")
                at = joined.height - assistments.open_run(joined)
                kept = joined[at:]
                if at:
                    yield assistments.answers(joined[:at])
            if kept is not None and kept.height:
                yield assistments.answers(kept)

        return batches

    topics = [{"topic_id": number, "name": name} for number, name in sorted(names.items())]
    return ImportPlan(
        assistments.NAME,
        [EventFile(file.name, file, stream(file)) for file in files],
        {"topics": topics} if topics else {},
    )


def _oulad_tables(paths: Sequence[Path]) -> dict[str, list[TableFile]]:
    tables: dict[str, list[TableFile]] = {}
    for path in paths:
        places = [path] if path.is_file() else sorted(path.iterdir()) if path.is_dir() else []
        for place in places:
            name = place.name.split(".")[0].removesuffix("_ds")
            if name in oulad.TABLES and (place.is_dir() or place.suffix in (".csv", ".parquet")):
                tables.setdefault(name, []).extend(table_files(place))
    return tables


def _oulad(tables: Mapping[str, list[TableFile]]) -> ImportPlan:
    needed = {"studentAssessment": ("assessments",), "studentRegistration": ("courses",)}
    for name in tables:
        for other in needed.get(name, ()):
            if other not in tables:
                raise InputError(
                    f"The table {other} is missing beside {name}.", hint="Give the whole folder of the dataset."
                )
        for file in tables[name]:
            missing = set(oulad.TABLES[name]) - file.columns()
            if missing:
                raise InputError(f"{file.name} has no column {sorted(missing)[0]}.", hint=f"Is it the table {name}?")
    whole = {name: _whole(tables[name]) for name in tables if name not in ("studentVle", "studentAssessment")}
    plan = ImportPlan(oulad.NAME, [])
    if "courses" in whole:
        plan.records["learning_courses"] = oulad.courses(whole["courses"]).to_dicts()
    if "vle" in whole:
        sites = oulad.materials(whole["vle"]).with_columns(topic_ids=pl.lit([], dtype=pl.List(pl.String)))
        plan.records["materials"] = sites.unique("material_id", maintain_order=True).to_dicts()
    if "studentInfo" in whole:
        plan.demographics = oulad.demographics(whole["studentInfo"])
        if "studentRegistration" in whole:
            plan.enrolments = oulad.enrolments(whole["studentInfo"], whole["studentRegistration"])
    kinds: list[tuple[str, str, Callable[[pl.DataFrame], EventBatch]]] = [
        ("studentRegistration", "registered", lambda part: oulad.registrations(part, whole["courses"])),
        ("studentRegistration", "withdrawn", oulad.withdrawals),
        ("studentAssessment", "", lambda part: oulad.submissions(part, whole["assessments"])),
        ("studentVle", "", oulad.interactions),
    ]
    for table, facet, events in kinds:
        for file in tables.get(table, []):
            title = f"{table}: {facet or file.name}"
            plan.events.append(EventFile(title, file, _each(file, events)))
    return plan


def _each(file: TableFile, events: Callable[[pl.DataFrame], EventBatch]) -> Callable[[], Iterator[EventBatch]]:
    return lambda: (events(stretch) for stretch in stretches(file))


def _whole(files: Sequence[TableFile]) -> pl.DataFrame:
    return pl.concat([stretch for file in files for stretch in stretches(file)], how="diagonal_relaxed")
