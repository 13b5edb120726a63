"""What was carried forward, beside the events that are left: none of them counts twice."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from akademos.analytics.carry_forward import covers
from akademos.jobs.past_tables import People, Tables, attributed
from akademos.stores.ports.carried import Carried


def uncovered(rows: pl.DataFrame, carried: Mapping[str, Carried]) -> pl.DataFrame:
    """Rows of the event log (with event_name and retention_from, under their own keys) that were not carried forward:
    whether expiry has deleted the others already makes no difference to any answer."""
    if not carried or rows.is_empty():
        return rows
    gone = pl.any_horizontal((pl.col("learner_key") == key) & covers(one.covers) for key, one in carried.items())
    return rows.filter(~gone)


def carried_tables(carried: Mapping[str, Carried], people: People) -> Tables:
    """The tables `carried_*` of `analytics.schemas.INPUT`, attributed to the people whose keys these are."""
    mine = {key for keys in people.values() for key in keys}
    parts: dict[str, list[pl.DataFrame]] = {}
    for key, one in carried.items():
        if key in mine:
            for name, table in one.tables.items():
                parts.setdefault(name, []).append(table)
    return {name: attributed(pl.concat(tables), people) for name, tables in parts.items()}
