"""The statements that the table of a learning record consists of, from its declaration.

`akademos records schema` prints them, for the migration that brings a new record in; a test holds the tables that stand
against them.
"""

from __future__ import annotations

from collections.abc import Iterator

from akademos.catalogue.records import BY_NAME, RECORDS
from akademos.catalogue.records.declaration import Field, FieldKind, Record

TYPES: dict[FieldKind, str] = {
    "text": "text",
    "texts": "text[]",
    "integer": "integer",
    "number": "double precision",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
    "person": "uuid",
    "json": "jsonb",
}
"""Column types by kind."""


def standard_columns(record: Record) -> list[str]:
    """The columns that records have beside their fields."""
    columns = [
        "source_reference text",
        "version bigint NOT NULL DEFAULT 1",
        "created_at timestamptz NOT NULL DEFAULT now()",
        "updated_at timestamptz NOT NULL DEFAULT now()",
    ]
    return columns + (["revision integer NOT NULL DEFAULT 1", "published_at timestamptz"] if record.versioned else [])


def column(one: Field) -> str:
    """A field as the table has it."""
    parts = [one.name, TYPES[one.kind]]
    if one.required:
        parts.append("NOT NULL")
    if one.default is not None:
        parts.append(f"DEFAULT {_literal(one.default)}")
    if one.values:
        parts.append(f"CHECK ({one.name} IN ({', '.join(map(_literal, one.values))}))")
    if one.least is not None and one.most is not None:
        parts.append(f"CHECK ({one.name} BETWEEN {one.least:g} AND {one.most:.15g})")
    elif one.least is not None:
        parts.append(f"CHECK ({one.name} >= {one.least:g})")
    return " ".join(parts)


def table(record: Record) -> str:
    """The whole table, without what refers to other records: those may come later."""
    lines = ["tenant_id text NOT NULL REFERENCES akademos.tenants", *map(column, record.fields)]
    lines += standard_columns(record)
    lines.append(f"PRIMARY KEY ({', '.join(('tenant_id', *(one.name for one in record.keys)))})")
    lines += [f"UNIQUE ({', '.join(columns)})" for columns in unique(record)]
    lines += references(record, "people")
    return f"CREATE TABLE akademos.{record.name} (\n    " + ",\n    ".join(lines) + "\n);"


def unique(record: Record) -> Iterator[tuple[str, ...]]:
    """What no two rows of a tenant share: unique fields, and what others refer to together with the key."""
    yield from (("tenant_id", one.name) for one in record.fields if one.unique)
    together = {
        one.refers_with for other in RECORDS for one in other.fields if one.refers == record.name and one.refers_with
    }
    for names in sorted(together):
        yield ("tenant_id", *(one.name for one in record.keys), *names)


def references(record: Record, to: str = "records") -> Iterator[str]:
    """Foreign keys: to the people whom a row names, or to other records."""
    for one in record.fields:
        if to == "people" and one.kind == "person":
            gone = f"SET NULL ({one.name})" if one.party == "staff" and not one.key else "CASCADE"
            yield f"FOREIGN KEY (tenant_id, {one.name}) REFERENCES akademos.people ON DELETE {gone}"
        elif to == "records" and one.refers is not None and one.enforced and one.kind == "text":
            target = BY_NAME[one.refers]
            names = ", ".join(("tenant_id", one.name, *one.refers_with))
            targets = ", ".join(("tenant_id", target.keys[0].name, *one.refers_with))
            gone = ""
            if one.part_of:
                gone = " ON DELETE CASCADE"
            elif target.subject is not None:
                gone = f" ON DELETE SET NULL ({one.name})"
            yield f"FOREIGN KEY ({names}) REFERENCES akademos.{target.name} ({targets}){gone}"


def indexes(record: Record) -> Iterator[str]:
    """An index behind every look-up. The key stands behind the value, so that a page is read in its order."""
    keys = [one.name for one in record.keys]
    for one in record.look_ups:
        if one.name != keys[0]:
            names = dict.fromkeys(("tenant_id", one.name, *keys))
            yield f"CREATE INDEX {record.name}_by_{one.name} ON akademos.{record.name} ({', '.join(names)});"
    for one in record.people:
        if not one.looked_up and one.name != keys[0]:
            yield f"CREATE INDEX {record.name}_by_{one.name} ON akademos.{record.name} (tenant_id, {one.name});"
    yield f"CREATE INDEX {record.name}_by_creation ON akademos.{record.name} (tenant_id, created_at);"
    yield f"CREATE INDEX {record.name}_by_update ON akademos.{record.name} (tenant_id, updated_at);"
    yield (
        f"CREATE INDEX {record.name}_by_source ON akademos.{record.name} (tenant_id, source_reference) "
        "WHERE source_reference IS NOT NULL;"
    )


def whole_of(record: Record) -> tuple[Record, str] | None:
    """The versioned record that a row is a part of, over however many steps, and the column with its key."""
    reached = record
    while (up := reached.whole) is not None and up.refers is not None:
        reached = BY_NAME[up.refers]
        if reached.versioned:
            return reached, reached.keys[0].name
    return None


def parts_of(record: Record) -> list[Record]:
    """The records whose rows are part of versioned content."""
    return [one for one in RECORDS if (whole := whole_of(one)) is not None and whole[0] is record]


def triggers(record: Record) -> Iterator[str]:
    """What keeps life cycle, version, history and published content, whoever writes to the table."""
    name, cycle = record.name, record.life_cycle
    state = entries = steps = frozen = ""
    if cycle is not None:
        state = cycle.column
        entries = ",".join((cycle.initial, *cycle.entries))
        steps = ",".join(f"{before}>{after}" for before, after in cycle.pairs)
    if record.versioned:
        frozen = ",".join(one.name for one in record.frozen)
    yield (
        f"CREATE TRIGGER record_kept BEFORE INSERT OR UPDATE ON akademos.{name} FOR EACH ROW EXECUTE FUNCTION "
        f"akademos.keep_record({_arguments(state, entries, steps, frozen)});"
    )
    keys = ",".join(one.name for one in record.keys)
    hidden = ",".join(one.name for one in record.fields if one.confidential)
    about = record.subject or next((one for one in record.keys if one.kind == "person"), None)
    yield (
        f"CREATE TRIGGER record_noted AFTER INSERT OR UPDATE ON akademos.{name} FOR EACH ROW EXECUTE FUNCTION "
        f"akademos.note_change({_arguments(keys, hidden, about.name if about else '')});"
    )
    if record.versioned:
        parts = ",".join(one.name for one in parts_of(record))
        people = ",".join(one.name for one in record.people)
        yield (
            f"CREATE CONSTRAINT TRIGGER content_kept AFTER INSERT OR UPDATE ON akademos.{name} DEFERRABLE INITIALLY "
            f"DEFERRED FOR EACH ROW WHEN (NEW.{record.state} = 'published') EXECUTE FUNCTION "
            f"akademos.keep_content({_arguments(record.keys[0].name, parts, people)});"
        )
    whole = whole_of(record)
    if whole is not None:
        yield (
            f"CREATE TRIGGER whole_touched AFTER INSERT OR UPDATE ON akademos.{name} FOR EACH ROW EXECUTE FUNCTION "
            f"akademos.touch_whole({_arguments(whole[0].name, whole[1])});"
        )


def statements(record: Record) -> Iterator[str]:
    """Everything of one record that is new, in order; walls and grants apart."""
    yield table(record)
    yield from (f"ALTER TABLE akademos.{record.name} ADD {one};" for one in references(record))
    yield from indexes(record)
    yield from triggers(record)


def _arguments(*texts: str) -> str:
    return ", ".join(map(_literal, texts))


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"
