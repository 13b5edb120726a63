"""Checks of record files against each other and against what is known already; each adds to the problems."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import cast
from zoneinfo import available_timezones

from akademos.catalogue.records import BY_NAME, LOADED
from akademos.intake.record_files import Problem
from akademos.intake.record_rows import PEOPLE, RecordFiles, Row
from akademos.stores.ports.identity import Person


def check_people(files: RecordFiles, known: Mapping[str, Person]) -> None:
    """Time zones exist, and nobody changes between learner and staff."""
    zones = available_timezones()
    for row in files.rows.get(PEOPLE.name, ()):
        line = files.lines[PEOPLE.name][(row["user_id"],)]
        if row["time_zone"] is not None and row["time_zone"] not in zones:
            files.problems.append(Problem(PEOPLE.file, line, "time_zone", f"`{row['time_zone']}` is no IANA time zone"))
        person = known.get(str(row["user_id"]))
        if person is not None and person.kind != row["kind"]:
            files.problems.append(Problem(PEOPLE.file, line, "kind", f"this person is known as {person.kind} already"))


def check_references(files: RecordFiles, known: Mapping[str, Collection[object]]) -> None:
    """Everything referred to stands in a file of the folder or in `known` (ids by table, and by `people`)."""
    for table in LOADED:
        for row, line in zip(files.rows.get(table.name, ()), files.lines.get(table.name, {}).values(), strict=True):
            for one in table.fields:
                target = PEOPLE.name if one.kind == "person" else one.refers
                value = row.get(one.outside)
                if target is None or value is None:
                    continue
                for name in value if isinstance(value, list) else [value]:
                    if name not in known[target] and (name,) not in files.lines.get(target, {}):
                        what = "person" if target == PEOPLE.name else BY_NAME[target].singular
                        files.problems.append(Problem(table.file, line, one.outside, f"there is no {what} `{name}`"))


def check_cycles(
    files: RecordFiles,
    *,
    parents: Iterable[tuple[str, str | None]],
    prerequisites: Iterable[tuple[str, str]],
) -> None:
    """No circle in the topic tree or among prerequisites once the files are loaded over what is known:
    `parents` (topic, parent) and `prerequisites` (needed, needs it)."""
    tree = dict(parents) | {
        cast(str, row["topic_id"]): cast("str | None", row.get("parent_id")) for row in files.rows.get("topics", ())
    }
    _name_cycles(
        {(parent, topic) for topic, parent in tree.items() if parent is not None},
        {(row.get("parent_id"), row["topic_id"]): key for key, row in _keyed(files, "topics")},
        files,
        "topics",
        "the topic tree goes in a circle",
    )
    of_file = {
        (row["from_topic"], row["to_topic"]): key
        for key, row in _keyed(files, "topic_relationships")
        if row["kind"] == "prerequisite"
    }
    edges = {(cast(str, before), cast(str, after)) for before, after in of_file} | set(prerequisites)
    _name_cycles(edges, of_file, files, "topic_relationships", "prerequisites go in a circle")


def _keyed(files: RecordFiles, table: str) -> Iterator[tuple[tuple[object, ...], Row]]:
    return zip(files.lines.get(table, {}), files.rows.get(table, ()), strict=True)


def _name_cycles(
    edges: set[tuple[str, str]],
    of_file: Mapping[tuple[object, object], tuple[object, ...]],
    files: RecordFiles,
    table: str,
    what: str,
) -> None:
    """Name a circle, take its file edge out, look again: every line that closes one is named."""
    left = set(edges)
    while True:
        order: TopologicalSorter[str] = TopologicalSorter()
        for before, after in sorted(left):
            order.add(after, before)
        try:
            order.prepare()
        except CycleError as cycle:
            nodes: list[str] = cycle.args[1]
            closing = [edge for edge in pairwise(nodes) if edge in of_file]
            lines = {edge: files.lines[table][of_file[edge]] for edge in closing}
            last = max(closing, key=lambda edge: lines[edge])
            files.problems.append(Problem(BY_NAME[table].file, lines[last], None, f"{what}: {' > '.join(nodes)}"))
            left.discard(last)
        else:
            return
