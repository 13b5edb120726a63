"""Edges between columns that were parsed from the queries of the warehouse: extracts, computed inputs and models.

The file beside this module is written by `akademos catalogue lineage` and held equal to the queries by a test, so that
no server has to parse SQL.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from akademos.catalogue.lineage import ColumnEdge, How, Place

FILE = "column_lineage.json"


@cache
def parsed_edges() -> tuple[ColumnEdge, ...]:
    """The edges, sorted."""
    return loads(files("akademos.catalogue").joinpath(FILE).read_text(encoding="utf-8"))


def dumps(edges: tuple[ColumnEdge, ...]) -> str:
    """As text: target dataset -> target column -> origins, so that a change shows as a line."""
    found: dict[str, dict[str, list[str]]] = {}
    for edge in sorted(edges):
        into = found.setdefault(edge.target.node, {}).setdefault(edge.target.column, [])
        into.append(f"{edge.origin.node}:{edge.origin.column}")
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


def loads(text: str) -> tuple[ColumnEdge, ...]:
    """The edges of such a text, sorted."""
    edges = []
    for node, columns in json.loads(text).items():
        for column, origins in columns.items():
            for origin in origins:
                at, _, name = origin.partition(":")
                edges.append(ColumnEdge(Place(at, name), Place(node, column), How.SQL))
    return tuple(sorted(edges))
