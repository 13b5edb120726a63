"""The declarations: consistent in themselves, and equal to the tables that stand."""

from __future__ import annotations

from collections import Counter
from itertools import product

import psycopg
import pytest
from psycopg import sql

from akademos.catalogue.records import BY_NAME, RECORDS
from akademos.catalogue.records.declaration import Record
from akademos.catalogue.records.json_forms import misfit
from akademos.catalogue.records.reference import addresses, records_page
from akademos.catalogue.roles import RULE_OF, Question, Reach
from akademos.serving.record_openapi import paths
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.record_rows import column_names
from akademos.stores.postgres.record_schema import TYPES, indexes, references, triggers

BY_RECORD = pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
_DEFINED = {"text[]": "_text", "integer": "int4", "double precision": "float8", "boolean": "bool"}


def test_names_and_addresses_stand_once() -> None:
    for names in ([one.name for one in RECORDS], [one.collection for one in RECORDS]):
        assert Counter(names).most_common(1)[0][1] == 1


@BY_RECORD
def test_a_record_fits_together(record: Record) -> None:
    names = {one.name for one in record.fields}
    assert len(names) == len(record.fields)
    assert record.keys, "a row is identified by something"
    for one in record.fields:
        assert one.refers is None or len(BY_NAME[one.refers].keys) == 1
        assert set(one.refers_with) <= names
        assert one.kind != "json" or one.form, f"{one.name} declares no form"
        assert one.kind == "person" or one.party == "learner"
    assert sum(one.kind == "person" and one.party == "learner" for one in record.fields) <= 1
    cycle = record.life_cycle
    assert set(record.actions) == set(cycle.actions if cycle else ())
    assert set(record.audited) <= {"create", "update", *record.actions}
    assert set(record.audited_fields) <= {one.name for one in record.contents if one.kind != "person"}
    if cycle is not None:
        state = record.field(cycle.column)
        assert state is not None
        assert set(state.values) == set(cycle.states)
        assert {after for _, after in cycle.pairs} | {cycle.initial, *cycle.entries} <= set(cycle.states)
    for name, action in record.actions.items():
        assert {*action.sets, *action.stamps, *action.stamps_actor} <= names, name
        assert set(action.needs) <= set(action.sets)
    assert not record.versioned or {"publish", "revise"} <= set(record.actions)


def test_the_reference_has_every_address_that_there_is() -> None:
    described = {(method.upper(), path) for path, operations in paths().items() for method in operations}
    assert {address for record in RECORDS for address in addresses(record)} == described


@BY_RECORD
def test_the_reference_has_every_field_and_action(record: Record) -> None:
    page = records_page().split(f"\n## {record.name}\n", 1)[1].split("\n## ", 1)[0]
    for one in record.fields:
        assert f"| `{one.outside}` |" in page
    for name in (*record.actions, *(action.value for action in record.audited_fields.values())):
        assert name in page
    for method, path in addresses(record):
        assert f"`{method} {path}`" in page


@BY_RECORD
def test_access_keeps_to_the_matrix_of_roles(record: Record) -> None:
    for one in record.access:
        assert one.verbs <= {"read", "create", "update", "act", *record.actions}
        rule = RULE_OF[one.role]
        if record.subject is not None and one.role != "service":
            assert Question.INDIVIDUAL in rule.questions, f"{one.role} gets no individuals"
            assert one.reach is rule.reach
        if one.reach in {Reach.SELF, Reach.OWN_ADVISEES}:
            assert record.subject is not None
        if one.reach is Reach.OWN_COURSES:
            assert record.subject is not None or record.field("course_id") is not None
    assert record.subject is None or record.purposes or record.retention.period is not None


def test_the_tables_are_as_declared(database: Database) -> None:
    with database.pipeline() as transaction:
        for record in RECORDS:
            _compare(transaction, record)


_BESIDE = {"learning_certificates": {"EXECUTE FUNCTION note_revocation()"}}
"""Triggers of single tables beside those that follow from the declaration."""


def _compare(transaction: Transaction, record: Record) -> None:
    relation = f"akademos.{record.name}"
    found = transaction.execute(
        "SELECT a.attname, t.typname, a.attnotnull FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
        "WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped",
        (relation,),
    )
    columns = {name: (kind, required) for name, kind, required in found}
    assert set(columns) == {"tenant_id", *column_names(record)}, record.name
    for one in record.fields:
        declared = TYPES[one.kind]
        assert columns[one.name] == (_DEFINED.get(declared, declared), one.required), (record.name, one.name)
    stand = transaction.execute(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", (relation,)
    )
    beside = _BESIDE.get(record.name, set())
    assert {_call(one) for (one,) in stand} == {_call(one) for one in triggers(record)} | beside, record.name
    held = transaction.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
        (relation,),
    ).fetchall()
    for wanted in (*references(record), *references(record, "people")):
        referring = wanted[: wanted.index(")")]
        assert any(one.startswith(referring) for (one,) in held), (record.name, wanted)
    indexed = transaction.execute(
        "SELECT indexname FROM pg_indexes WHERE schemaname = 'akademos' AND tablename = %s", (record.name,)
    )
    assert {one.split()[2] for one in indexes(record)} <= {name for (name,) in indexed}, record.name


def _call(trigger: str) -> str:
    return trigger[trigger.index("EXECUTE FUNCTION") :].replace("akademos.", "").removesuffix(";")


KEY = "5b2d8f9e-51b5-4b57-9a3f-0a4f6c1b7d11"
SIMPLE: dict[str, object] = {
    "integer": 1, "number": 0.5, "json": "{}", "texts": [], "boolean": True, "person": KEY, "text": "of a test",
}  # fmt: skip
ALONE = [
    one
    for one in RECORDS
    if one.life_cycle is not None and not any(part.required and part.refers and part.enforced for part in one.fields)
]
"""Records with a life cycle whose rows need no other; the others have the same trigger."""


def test_no_illegal_step_by_sql_of_the_application(database: Database, tenant: str) -> None:
    assert len(ALONE) > 15
    with database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO people (tenant_id, learner_key, kind, data_key) VALUES (%s, %s, 'learner', '')", (tenant, KEY)
        )
        for record in ALONE:
            _try_every_step(transaction, tenant, record)


def _try_every_step(transaction: Transaction, tenant: str, record: Record) -> None:
    cycle = record.life_cycle
    assert cycle is not None
    values = {one.name: one.values[0] if one.values else SIMPLE[one.kind] for one in record.fields if one.required}
    insert = sql.SQL("INSERT INTO {} (tenant_id, {}) VALUES (%s, {})").format(
        sql.Identifier(record.name),
        sql.SQL(", ").join(map(sql.Identifier, values)),
        sql.SQL(", ").join([sql.Placeholder()] * len(values)),
    )
    move = sql.SQL("UPDATE {} SET {} = %s").format(sql.Identifier(record.name), sql.Identifier(cycle.column))
    for state, after in product(cycle.states, cycle.states):
        begun = state == cycle.initial or state in cycle.entries
        legal = begun and (after == state or (state, after) in cycle.pairs)
        refused = None
        try:
            with transaction.transaction(force_rollback=True):
                transaction.execute(insert, [tenant, *(values | {cycle.column: state}).values()])
                transaction.execute(move, (after,))
        except psycopg.errors.CheckViolation as refusal:
            refused = refusal.diag.constraint_name
        assert refused == (None if legal else "life_cycle"), f"{record.name}: {state} > {after}"


def test_forms_tell_where_a_value_does_not_fit() -> None:
    form = {"type": "array", "maxItems": 2, "items": {"type": "object", "required": ["a"], "properties": {
        "a": {"type": "integer", "minimum": 0}, "b": {"enum": ["x"]}}}}  # fmt: skip
    assert misfit([{"a": 1, "b": "x"}], form) is None
    for value, pointer in (
        ({}, ""), ([{}], "/0/a"), ([{"a": -1}], "/0/a"), ([{"a": True}], "/0/a"), ([{"a": 1, "b": "y"}], "/0/b"),
        ([{"a": 1, "c": 1}], "/0/c"), ([{"a": 1}] * 3, ""), ([{"a": 1, "b": "\0"}], "/0/b"),
    ):  # fmt: skip
        found = misfit(value, form)
        assert found is not None, value
        assert found.pointer == pointer, value
    deep: object = "x"
    for _ in range(30):
        deep = [deep]
    assert misfit(deep, {}) is not None
