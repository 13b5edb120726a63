"""What came in against where it is, over landing, the mover and the core."""

from __future__ import annotations

import pytest
from tests.intake.conftest import answered
from tests.jobs.pipeline import Killed, Pipeline

from akademos.catalogue.declarations import Purpose
from akademos.ledger.reconciliation import Equation, Stock, equations, unexplained
from akademos.stores.postgres.reconciliation import PostgresStock


def stock(pipeline: Pipeline) -> Stock:
    return PostgresStock(pipeline.door.database, pipeline.core).now(pipeline.door.tenant)


def differences(pipeline: Pipeline) -> list[int]:
    return [one.difference for one in equations(stock(pipeline))]


def test_everything_is_accounted_for_on_its_way(pipeline: Pipeline) -> None:
    door = pipeline.door
    door.grant("u-1", Purpose.LEARNING_SUPPORT)
    event = answered("u-1")
    assert door.verdicts(event, event, answered("u-2"), {"event_name": "nonsense"}) == [
        "accepted",
        "duplicate",
        "held",
        "rejected",
    ]
    assert differences(pipeline) == [0, 0, 0]
    pipeline.drain()
    assert differences(pipeline) == [0, 0, 0]
    door.grant("u-2", Purpose.LEARNING_SUPPORT)
    assert differences(pipeline) == [0, 0, 0]
    pipeline.drain()
    there = stock(pipeline)
    assert (there.core, there.landing, there.held) == (2, 0, 0)
    assert [one.difference for one in equations(there)] == [0, 0, 0]


def test_a_batch_that_a_killed_mover_had_in_hand_is_named(pipeline: Pipeline) -> None:
    pipeline.door.grant("u-1", Purpose.LEARNING_SUPPORT)
    assert pipeline.door.verdicts(answered("u-1"), answered("u-1")) == ["accepted", "accepted"]
    with pytest.raises(Killed):
        pipeline.mover(killed=True).move()
    there = stock(pipeline)
    accepted = equations(there)[1]
    assert accepted.difference == -2, "in landing and in the core"
    assert not unexplained(accepted, there)
    assert list(there.between.values()) == [2]
    pipeline.drain()
    assert differences(pipeline) == [0, 0, 0]


@pytest.mark.parametrize(
    ("name", "left", "right", "wrong"),
    [
        ("accepted", 5, 5, False),
        ("accepted", 5, 7, False),  # in landing and in the core
        ("accepted", 5, 8, True),
        ("accepted", 6, 5, True),  # a batch in hand is missing nowhere
        ("held", 5, 6, True),
    ],
)
def test_what_is_between_two_stores_explains_what_is_there_twice_only(
    name: str, left: int, right: int, wrong: bool
) -> None:
    between = Stock(receipts={}, movements={}, landing=0, held=0, logs=0, core=0, between={"a batch in hand": 2})
    assert unexplained(Equation(name, {"a": left}, {"b": right}), between) is wrong


def test_a_row_that_vanishes_is_missed(pipeline: Pipeline) -> None:
    pipeline.door.grant("u-1", Purpose.LEARNING_SUPPORT)
    pipeline.door.verdicts(answered("u-1"))
    with pipeline.door.database.pipeline() as transaction:
        transaction.execute("DELETE FROM landing")
    there = stock(pipeline)
    accepted = equations(there)[1]
    assert accepted.difference == 1
    assert unexplained(accepted, there)
