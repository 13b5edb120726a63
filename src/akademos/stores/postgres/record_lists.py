"""Lists of learning records as statements: filters, text search, and pages whose place is a row's key."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import sql

from akademos.catalogue.records.declaration import Record
from akademos.errors import InputError
from akademos.stores.ports.record_store import Asker, ListQuery, Order
from akademos.stores.postgres.record_reach import consents, within_reach
from akademos.stores.postgres.record_rows import columns_of
from akademos.stores.postgres.record_schema import TYPES


def list_statement(
    record: Record, asker: Asker, query: ListQuery, equal: Mapping[str, object]
) -> tuple[sql.Composed, dict[str, object]]:
    """The statement of a page and one row more, and its parameters beside those of the reach.

    Args:
        equal: the filters, people by key.

    Raises:
        InputError: the place does not fit the record.
    """
    conditions: list[sql.Composable] = [
        sql.SQL("r.tenant_id = %(tenant)s"),
        sql.SQL(within_reach(record, asker.entitled)),
        sql.SQL(consents(record, asker.purposes)),
    ]
    parameters: dict[str, object] = {"limit": query.limit + 1}
    for name, value in equal.items():
        conditions.append(sql.SQL("r.{} = {}").format(sql.Identifier(name), sql.Placeholder(f"equal_{name}")))
        parameters[f"equal_{name}"] = value
    for column, since in (("updated_at", query.updated_since), ("created_at", query.created_since)):
        if since is not None:
            conditions.append(sql.SQL("r.{} >= {}").format(sql.Identifier(column), sql.Placeholder(column)))
            parameters[column] = since
    searched = [one.name for one in record.fields if one.searched]
    if query.text is not None and searched:
        found = (sql.SQL("r.{} ILIKE %(text)s").format(sql.Identifier(name)) for name in searched)
        conditions.append(sql.SQL("({})").format(sql.SQL(" OR ").join(found)))
        parameters["text"] = "%" + _literally(query.text) + "%"
    keys = sql.SQL(", ").join(sql.SQL("r.{}").format(sql.Identifier(one.name)) for one in record.keys)
    if query.after is not None:
        if len(query.after) != len(record.keys):
            raise no_such_place()
        places = sql.SQL(", ").join(
            sql.SQL("{}::" + TYPES[one.kind]).format(sql.Placeholder(f"after_{one.name}")) for one in record.keys
        )
        conditions.append(sql.SQL("({}) > ({})").format(keys, places))
        parameters |= {f"after_{one.name}": part for one, part in zip(record.keys, query.after, strict=True)}
    statement = sql.SQL("SELECT {} FROM {} AS r WHERE {} ORDER BY {} LIMIT %(limit)s").format(
        columns_of(record),
        sql.Identifier(record.name),
        sql.SQL(" AND ").join(conditions),
        sql.SQL(", ").join([*(_ordered(record, one) for one in query.order), keys]),
    )
    return statement, parameters


def _ordered(record: Record, one: Order) -> sql.Composed:
    field = record.field(one.column)
    value = sql.SQL("r.{}").format(sql.Identifier(one.column))
    if field is not None and field.values:
        value = sql.SQL("array_position({}::text[], {})").format(sql.Literal(list(field.values)), value)
    return sql.SQL("{} {} NULLS LAST").format(value, sql.SQL("DESC" if one.falling else "ASC"))


def no_such_place() -> InputError:
    """What is said of a cursor that belongs to another list."""
    return InputError(
        "The cursor belongs to another list.",
        hint="Begin without a cursor.",
        code="cursor_invalid",
        pointer="/query/cursor",
    )


def _literally(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
