"""People are counted once, whatever keys they have, and as many of them as may be shown."""

from __future__ import annotations

import re

import duckdb

from akademos.stores.lake.dbt_runs import project

MODEL = project() / "models/intermediate/intermediate__active_learners.sql"


def shown(people: int, *, keys: int, floor: int) -> dict[str | None, int | None]:
    """What is said of so many people with so many keys each, all of whom did something in one course of one month."""
    sql = re.sub(r"\{\{ extract\('(\w+)'\) \}\}", r"\1", MODEL.read_text())
    with duckdb.connect() as engine:
        engine.execute(f"CREATE TABLE cost_disclosure AS SELECT {floor} AS group_floor")
        engine.execute(
            "CREATE TABLE core_events AS SELECT '2026-05' AS month, 'algebra' AS course_id, 'prod' AS environment, "
            f"p || '/' || k AS learner_key FROM range({people}) AS a(p), range({keys}) AS b(k)"
        )
        engine.execute(
            "CREATE TABLE linked_keys AS SELECT learner_key, split_part(learner_key, '/', 1) || '/0' AS person_key "
            "FROM core_events WHERE learner_key NOT LIKE '%/0'"
        )
        return {course: learners for _, course, learners in engine.execute(sql).fetchall()}


def test_who_has_several_keys_is_one_person() -> None:
    assert shown(12, keys=1, floor=10) == {None: 10, "algebra": 10}
    assert shown(12, keys=3, floor=10) == {None: 10, "algebra": 10}


def test_three_people_with_two_keys_each_are_fewer_than_five() -> None:
    assert shown(3, keys=2, floor=5) == {None: None, "algebra": None}
