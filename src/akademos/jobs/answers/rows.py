"""Evaluated tables as JSON values: instants and dates are texts, missing values are None."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import isnan
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.evaluated_schemas import EVALUATED
from akademos.analytics.evaluated_tables import EvaluatedTables
from akademos.analytics.forgetting import NEVER

Tables = Mapping[str, pl.DataFrame]
"""Evaluated tables of one learner, best as `evaluate` gives them."""


class Rows:
    """Some rows of one evaluated table; a column is turned into JSON values when it is asked for."""

    def __init__(self, table: str, columns: Mapping[str, Any]) -> None:
        """`columns` holds the plain columns of the table, or series of a frame."""
        self._table = table
        self._columns = columns

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._columns["learner_key"])

    def column(self, name: str) -> list[Any]:
        """The JSON values of a column."""
        return _json(self._columns[name], EVALUATED[self._table][name])

    def value(self, name: str) -> Any:
        """The JSON value of a column in the first row."""
        return _json(self._columns[name][:1], EVALUATED[self._table][name])[0]

    def records(self, *leave_out: str) -> list[dict[str, Any]]:
        """Every row as a dict, without the learner and the columns left out."""
        names = [name for name in EVALUATED[self._table] if name != "learner_key" and name not in leave_out]
        return [dict(zip(names, row, strict=True)) for row in zip(*map(self.column, names), strict=True)]

    def between(self, start: int, stop: int | None = None) -> Rows:
        """The rows from `start` to before `stop`."""
        return Rows(self._table, {name: values[start:stop] for name, values in self._columns.items()})

    def of_topic(self, topic_id: str) -> Rows:
        """The rows of one topic, which stand together."""
        topics = self._columns["topic_id"]
        topics = topics.to_list() if isinstance(topics, pl.Series) else topics
        start = topics.index(topic_id) if topic_id in topics else 0
        return self.between(start, start + topics.count(topic_id))


def rows(evaluated: Tables, table: str) -> Rows:
    """The rows of an evaluated table."""
    if isinstance(evaluated, EvaluatedTables):
        return Rows(table, evaluated.columns(table))
    frame = evaluated[table]
    return Rows(table, {name: frame[name] for name in frame.columns})


def _json(values: Any, dtype: pl.DataType) -> list[Any]:
    if isinstance(dtype, pl.Datetime):
        if isinstance(values, pl.Series):
            values = values.to_numpy()
        return _times(values.view("datetime64[us]"), values.view(np.int64) == NEVER)
    if isinstance(values, pl.Series):
        values = values.to_list()
    if isinstance(values, np.ndarray):
        if isinstance(dtype, pl.Date):
            days: list[str] = np.datetime_as_string(values.astype("datetime64[D]"), unit="D").tolist()
            return days
        if values.dtype.kind == "f":
            if dtype.is_integer():
                return [None if isnan(one) else int(one) for one in values.tolist()]
            missing = np.isnan(values)
            if missing.any():
                values = values.astype(object)
                values[missing] = None
            known: list[Any] = values.tolist()
            return known
        plain: list[Any] = values.tolist()
        return plain
    if isinstance(dtype, pl.Date):
        return [one.isoformat() if isinstance(one, date) else one for one in values]
    return list(values)


def _times(instants: npt.NDArray[np.datetime64], missing: npt.NDArray[np.bool_]) -> list[str | None]:
    """ISO 8601 in UTC; many rows share few instants."""
    known, place = np.unique(np.where(missing, np.datetime64("NaT", "us"), instants), return_inverse=True)
    texts = [
        None if text == "NaT" else text.removesuffix(".000000") + "Z"
        for text in np.datetime_as_string(known, unit="us").tolist()
    ]
    return [texts[n] for n in place.tolist()]
