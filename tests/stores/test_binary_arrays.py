"""Arrays that are packed here arrive as what they were."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from akademos.stores.postgres.binary_arrays import (
    Array,
    Bigints,
    Binaries,
    Booleans,
    Floats,
    Hashes,
    Integers,
    Texts,
    Timestamps,
)
from akademos.stores.postgres.database import Database

EARLY = datetime(1969, 7, 20, 20, 17, 40, 123456, tzinfo=UTC)
LATE = datetime(2999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
PACKED: list[tuple[type[Array[Any]], list[Any]]] = [
    (Texts, ["", "häufig 🦉", 'a "quoted" {list}']),
    (Timestamps, [EARLY, LATE, datetime(2000, 1, 1, tzinfo=UTC)]),
    (Integers, [-(2**31), 0, 2**31 - 1]),
    (Bigints, [-(2**63), 0, 2**63 - 1]),
    (Floats, [-1.5, 0.1, math.inf]),
    (Booleans, [True, False, True]),
    (Hashes, [bytes(16), bytes(range(16))]),
    (Binaries, [b"", b"\0line\n"]),
]
WITHOUT_NULLS = (Binaries,)


@pytest.mark.parametrize(("array", "values"), PACKED, ids=[array.__name__ for array, _ in PACKED])
def test_what_is_packed_arrives(database: Database, array: type[Array[Any]], values: list[Any]) -> None:
    lists = [values, values[:1], values[:1] * 3, []]
    if array not in WITHOUT_NULLS:
        lists += [[*values, None], [None, *values], [None], [None, None]]
    with database.pipeline() as transaction:
        for sent in lists:
            ((arrived,),) = transaction.execute("SELECT %s", (array(sent),))
            assert arrived == sent
