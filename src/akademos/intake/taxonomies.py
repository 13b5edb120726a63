"""Topic taxonomies in: read, checked like any records, loaded whole or not at all."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from akademos.catalogue.records import BY_NAME
from akademos.catalogue.records.declaration import Record
from akademos.errors import InputError
from akademos.intake.record_files import Cells, Problem
from akademos.intake.record_rows import RecordFiles
from akademos.intake.record_sources import GivenCells
from akademos.intake.records import RecordsError, keep_records
from akademos.sources.taxonomies import Edge, Layout, Place, Rows, Taxonomy, completed, of_esco, of_metacademy, of_rows
from akademos.stores.ports.identity import IdentityVault
from akademos.stores.ports.records import LoadReport, Records

LARGEST_FILE = 256 * 1024 * 1024
_METACADEMY = ("concepts.csv", "prerequisites.csv")
_TOPICS, _EDGES, _WEIGHTS = (BY_NAME[name] for name in ("topics", "topic_relationships", "exam_weights"))


@dataclass(frozen=True, slots=True)
class TaxonomyReport:
    """What was loaded, and the edges that dangle: a topic that they name is nowhere."""

    layout: Layout
    loaded: Sequence[LoadReport]
    dangling: Sequence[Edge]


def import_taxonomy(
    path: Path,
    tenant_id: str,
    records: Records,
    vault: IdentityVault,
    *,
    actor: str,
    layout: Layout | None = None,
    course_id: str | None = None,
    complete: bool = False,
) -> TaxonomyReport:
    """Load a taxonomy.

    Args:
        path: a file (CSV, JSON, JSON lines), or the folder of a layout with several.
        layout: recognised when left out.
        course_id: the course that all its topics belong to.
        complete: make a topic of every missing end instead of leaving its edges out.

    Raises:
        RecordsError: with every problem, cycles named; nothing was kept.
        InputError: the file cannot be read, or has no known layout.
    """
    wanted = layout or recognised(path)
    taxonomy = _read(path, wanted)
    if complete:
        taxonomy = completed(taxonomy)
    known = records.ids(tenant_id, "topics")
    held = [edge for edge in taxonomy.dangling if edge.missing in known]  # the store has the topic already
    files, places = _as_records(taxonomy, held, course_id)
    try:
        loaded = keep_records(files, tenant_id, records, vault, actor=actor)
    except RecordsError as refusal:
        raise RecordsError([_placed(one, places) for one in refusal.problems]) from refusal
    return TaxonomyReport(wanted, loaded, [edge for edge in taxonomy.dangling if edge.missing not in known])


def recognised(path: Path) -> Layout:
    """The layout of a file or folder.

    Raises:
        InputError: it is none of the known ones.
    """
    if path.is_file():
        return "rows"
    if path.is_dir() and all((path / name).is_file() for name in _METACADEMY):
        return "metacademy"
    if path.is_dir() and _esco_files(path) is not None:
        return "esco"
    raise InputError(
        f"{path} is no taxonomy that is known.",
        hint="Give a CSV, JSON or JSON lines file, or a folder with concepts.csv and prerequisites.csv, or with JSON "
        "lines of occupations and skills.",
    )


def _read(path: Path, layout: Layout) -> Taxonomy:
    match layout:
        case "metacademy":
            concepts, prerequisites = (_rows(path / name) for name in _METACADEMY)
            return of_metacademy((_METACADEMY[0], concepts), (_METACADEMY[1], prerequisites))
        case "esco":
            found = _esco_files(path)
            if found is None:
                raise InputError(
                    f"{path} has no occupations and skills.", hint="Name them *occupations.jsonl, *skills.jsonl."
                )
            occupations, skills = found
            return of_esco((occupations.name, _rows(occupations)), (skills.name, _rows(skills)))
    return of_rows(path.name, _rows(path))


def _esco_files(path: Path) -> tuple[Path, Path] | None:
    if not path.is_dir():
        return None
    occupations, skills = sorted(path.glob("*occupations.jsonl")), sorted(path.glob("*skills.jsonl"))
    return (occupations[0], skills[0]) if len(occupations) == len(skills) == 1 else None


def _rows(path: Path) -> Rows:
    if not path.is_file():
        raise InputError(f"There is no file {path}.", hint="Check the path.")
    if path.stat().st_size > LARGEST_FILE:
        raise InputError(f"{path.name} is larger than {LARGEST_FILE // 2**20} MB.", hint="Give it in parts.")
    try:
        match path.suffix.lower():
            case ".csv":
                return list(_csv_rows(path))
            case ".jsonl" | ".ndjson":
                return list(_json_lines(path))
            case ".json":
                return list(_json_list(path))
    except UnicodeDecodeError as wrong:
        raise InputError(f"{path.name} is not UTF-8.", hint="Write it as UTF-8.") from wrong
    raise InputError(f"{path.name} is no CSV, JSON or JSON lines file.", hint="Name it .csv, .json or .jsonl.")


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        begins = 1
        try:
            header = [name.strip() for name in next(reader, [])]
            begins = reader.line_num + 1
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    if len(cells) != len(header):
                        raise InputError(
                            f"{path.name}, line {begins}: has {len(cells)} cells, the header {len(header)}.",
                            hint="Mend the line and import again.",
                        )
                    yield begins, dict(zip(header, cells, strict=True))
                begins = reader.line_num + 1
        except csv.Error as broken:
            raise InputError(f"{path.name}, line {begins}: is no CSV ({broken}).", hint="Mend the line.") from broken


def _json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    with path.open(encoding="utf-8") as file:
        for line, text in enumerate(file, start=1):
            if text.strip():
                yield line, _object(path, line, text)


def _object(path: Path, line: int, text: str) -> Mapping[str, object]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise InputError(f"{path.name}, line {line}: is no JSON.", hint="Mend the line.") from broken
    if not isinstance(row, dict):
        raise InputError(f"{path.name}, line {line}: is no JSON object.", hint="Give one object a topic.")
    return row


def _json_list(path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    """A list of objects, or an object with a list `topics`; lines count the objects."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as broken:
        raise InputError(f"{path.name} is no JSON ({broken}).", hint="Mend it and import again.") from broken
    listed = document.get("topics") if isinstance(document, dict) else document
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise InputError(f"{path.name} is no list of topics.", hint='Give a list of objects, or {"topics": [...]}.')
    yield from enumerate(listed, start=1)


def _as_records(
    taxonomy: Taxonomy, held: Sequence[Edge], course_id: str | None
) -> tuple[RecordFiles, dict[tuple[str, int], Place]]:
    """The taxonomy as rows of record files. Their lines count rows; `places` tells where each stands in truth."""
    ends = [*taxonomy.edges, *held]
    course = {} if course_id is None else {"course_id": course_id}
    given: list[tuple[Record, list[tuple[Mapping[str, str], Place]]]] = [
        (_TOPICS, [({**topic, **course}, place) for topic, place in taxonomy.topics]),
        (
            _EDGES,
            [({"from_topic": one.from_topic, "to_topic": one.to_topic, "kind": one.kind}, one.place) for one in ends],
        ),
        (
            _WEIGHTS,
            [
                (
                    {
                        "exam_id": one.exam_id,
                        "section": one.section,
                        "topic_id": one.topic_id,
                        "weight": one.weight,
                    },
                    one.place,
                )
                for one in taxonomy.weights
            ],
        ),
    ]
    files = RecordFiles()
    places: dict[tuple[str, int], Place] = {}
    for table, rows in given:
        if rows:
            cells = [Cells(number, row) for number, (row, _) in enumerate(rows, start=1)]
            files.add(table, GivenCells(table, table.file, cells))
            places |= {(table.file, number): place for number, (_, place) in enumerate(rows, start=1)}
    return files, places


def _placed(problem: Problem, places: Mapping[tuple[str, int], Place]) -> Problem:
    place = places.get((problem.file, problem.line))
    return problem if place is None else Problem(place.file, place.line, problem.column, problem.reason)
