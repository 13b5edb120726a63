"""Records on PostgreSQL: rows are compared before they are written, so that loading again changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from hashlib import blake2b
from itertools import islice

import orjson
import polars as pl
import psycopg
from psycopg import sql

from akademos.catalogue.records import BY_NAME, RECORDS
from akademos.catalogue.records.declaration import Field, Record
from akademos.errors import AkademosError, InputError, NotFound
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.records import Curriculum, LoadReport, RowStream
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.loaded_audits import audit_load
from akademos.stores.postgres.record_circles import LOCK
from akademos.stores.postgres.record_schema import TYPES
from akademos.stores.postgres.role_changes import assignments_of, record_role_changes

ROWS_PER_STATEMENT = 10_000
_BUMP = "UPDATE record_versions SET version = version + 1 WHERE tenant_id = %s RETURNING version"
_TEXTS = pl.List(pl.String)
_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "topic_ids": _TEXTS,
    "position": pl.Int32,
    "number": pl.Int64,
    "weight": pl.Float64,
    "pass_mark": pl.Float64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "target_date": pl.Date,
}
"""Types of the curriculum's columns that are not text."""
_CURRICULUM: dict[str, str] = {
    "courses": """
        SELECT course_id, title, status, starts_on, ends_on FROM learning_courses WHERE tenant_id = %s""",
    "topics": """
        SELECT topic_id, parent_id, course_id, name, position FROM topics WHERE tenant_id = %s AND status = 'active'""",
    "topic_relationships": """
        SELECT from_topic, to_topic, kind FROM topic_relationships WHERE tenant_id = %s AND status = 'active'""",
    # A draft of something new is no part of the curriculum; a revision of what was published is.
    "items": """
        SELECT question_id, course_id, topic_ids FROM items
        WHERE tenant_id = %s AND status <> 'archived' AND (published_at IS NOT NULL OR revision > 1)""",
    "materials": """
        SELECT material_id, course_id, kind, title, topic_ids FROM materials
        WHERE tenant_id = %s AND status = 'active'""",
    "exams": "SELECT exam_id, course_id, name, pass_mark FROM exams WHERE tenant_id = %s AND status = 'active'",
    # A topic that several sections of an exam weigh counts with its heaviest section.
    "exam_weights": """
        SELECT exam_id, topic_id, max(weight) AS weight FROM exam_weights
        WHERE tenant_id = %s GROUP BY 1, 2""",
    "exam_sections": "SELECT exam_id, section, topic_id, weight FROM exam_weights WHERE tenant_id = %s",
    # Merges and splits in force: what events of before are about now.
    "topic_moves": """
        SELECT number, m ->> 'source' AS source, m ->> 'question_id' AS question_id,
            m ->> 'material_id' AS material_id, m ->> 'target' AS target
        FROM topic_changes, jsonb_array_elements(moves) AS m WHERE tenant_id = %s AND undone_at IS NULL""",
    "learner_targets": """
        SELECT learner_key::text, exam_id, target_date FROM learner_targets WHERE tenant_id = %s""",
    "learners": """
        SELECT p.learner_key::text, coalesce(p.time_zone, t.time_zone) AS time_zone
        FROM people p JOIN tenants t USING (tenant_id) WHERE p.tenant_id = %s AND p.kind = 'learner'""",
    "enrolments": """
        SELECT learner_key::text, course_id FROM enrolments
        WHERE tenant_id = %s AND (withdrawn_on IS NULL OR withdrawn_on > current_date)""",
}
_LEARNERS_OF = """
    SELECT DISTINCT e.learner_key::text
    FROM staff_assignments s JOIN enrolments e USING (tenant_id, course_id)
    WHERE s.tenant_id = %s AND s.learner_key = %s
        AND (e.withdrawn_on IS NULL OR e.withdrawn_on > current_date)
    ORDER BY 1
"""


class PostgresRecords:
    """Adapter of the port `Records`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys
        self._curricula: dict[str, Curriculum] = {}
        self._reading = threading.Lock()

    def load(self, tenant_id: str, table: str, rows: Sequence[Mapping[str, object]], *, actor: str) -> LoadReport:
        """Insert or update rows of one record table, all or nothing."""
        return self.load_all(tenant_id, {table: rows}, actor=actor)[0]

    def load_all(
        self, tenant_id: str, tables: Mapping[str, Sequence[Mapping[str, object]] | RowStream], *, actor: str
    ) -> list[LoadReport]:
        """Insert or update rows of several record tables in one transaction.

        Raises:
            InputError: an unknown table or column, a repeated key, a value out of bounds, a reference to
                nothing, or a cycle (which is named).
            NotFound: there is no such tenant.
        """
        for unknown in tables.keys() - BY_NAME.keys():
            raise InputError(f"There is no record table `{unknown}`.", hint="Known: " + ", ".join(BY_NAME) + ".")
        with self._database.pipeline() as transaction:
            self.lock(transaction, tenant_id)
            assigned = assignments_of(transaction, tenant_id) if "staff_assignments" in tables else None
            try:
                reports = [
                    load_rows(transaction, tenant_id, table, tables[table.name])
                    for table in RECORDS
                    if table.name in tables
                ]
                transaction.execute("SET CONSTRAINTS ALL IMMEDIATE")
            except (psycopg.errors.IntegrityError, psycopg.errors.DataError) as refusal:
                raise refused(refusal) from refusal
            if any(one.new or one.changed for one in reports):
                refuse_cycles(transaction, tenant_id)
                self.count_up(transaction, tenant_id)
            # Assignments of staff have an entry of their own, which sums them up.
            changed = {one.table for one in reports if one.new or one.changed} - {"staff_assignments"}
            audit_load(transaction, self._keys, tenant_id, changed, actor=actor)
            if assigned is not None:
                record_role_changes(transaction, self._keys, tenant_id, assigned, actor=actor)
        return reports

    def ids(self, tenant_id: str, record: str) -> set[object]:
        """All keys of a record with one key column, archived ones too."""
        (key,) = BY_NAME[record].keys
        statement = sql.SQL("SELECT {} FROM {} WHERE tenant_id = %s").format(
            sql.Identifier(key.name), sql.Identifier(record)
        )
        with self._database.serving(tenant_id) as transaction:
            return {row[0] for row in transaction.execute(statement, (tenant_id,))}

    def lock(self, transaction: Transaction, tenant_id: str) -> None:
        """Make loads of one tenant follow each other until the transaction ends.

        Raises:
            NotFound: there is no such tenant.
        """
        try:
            transaction.execute(LOCK, (tenant_id,))
        except psycopg.errors.ForeignKeyViolation as missing:
            raise NotFound(
                f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`."
            ) from missing

    def touch(self, tenant_id: str) -> int:
        """Count the version up and return it."""
        with self._database.pipeline() as transaction:
            self.lock(transaction, tenant_id)
            return self.count_up(transaction, tenant_id)

    def count_up(self, transaction: Transaction, tenant_id: str) -> int:
        """Count the version up within a transaction that has changed records; return it."""
        row = transaction.execute(_BUMP, (tenant_id,)).fetchone()
        return int(row[0]) if row else 0

    def curriculum_version(self, tenant_id: str) -> int:
        """Changes with every record change of the tenant; 0 before the first."""
        with self._database.serving(tenant_id) as transaction:
            return _version(transaction, tenant_id)

    def curriculum(self, tenant_id: str) -> Curriculum:
        """The curriculum as of one moment; read anew only when the version changed."""
        known = self._curricula.get(tenant_id)
        if known is not None and known.version == self.curriculum_version(tenant_id):
            return known
        with self._reading, self._database.serving(tenant_id, snapshot=True) as transaction:
            version = _version(transaction, tenant_id)
            known = self._curricula.get(tenant_id)
            if known is None or known.version != version:
                tables = {name: _read(transaction, tenant_id, query) for name, query in _CURRICULUM.items()}
                known = self._curricula[tenant_id] = Curriculum(tenant_id, version, tables)
        return known

    def learners_of(self, tenant_id: str, staff_key: str) -> list[str]:
        """Learners enrolled, and not withdrawn, in a course that this member of staff is assigned to."""
        with self._database.serving(tenant_id) as transaction:
            return [row[0] for row in transaction.execute(_LEARNERS_OF, (tenant_id, staff_key))]


def _version(transaction: Transaction, tenant_id: str) -> int:
    row = transaction.execute("SELECT version FROM record_versions WHERE tenant_id = %s", (tenant_id,)).fetchone()
    return int(row[0]) if row else 0


def _read(transaction: Transaction, tenant_id: str, query: str) -> pl.DataFrame:
    cursor = transaction.execute(query + " ORDER BY 1, 2", (tenant_id,))
    schema = {column.name: _COLUMNS.get(column.name, pl.String) for column in cursor.description or ()}
    return pl.DataFrame(cursor.fetchall(), schema=schema, orient="row")


def load_rows(
    transaction: Transaction, tenant_id: str, table: Record, rows: Sequence[Mapping[str, object]] | RowStream
) -> LoadReport:
    """Insert or update rows of one record table within a transaction that holds the tenant's lock."""
    stream = rows if isinstance(rows, RowStream) else _streamed(table, rows)
    columns = _written(table, stream)
    statement = _statement(table, {one.name for one in columns})
    read = new = changed = 0
    rows_left = _complete(table, stream, columns)
    while some := list(islice(rows_left, ROWS_PER_STATEMENT)):
        chunk = orjson.dumps(some).decode()
        written = [row[0] for row in transaction.execute(statement, {"tenant": tenant_id, "rows": chunk})]
        read += len(some)
        new += sum(written)
        changed += len(written) - sum(written)
    return LoadReport(table.name, read, new, changed, read - new - changed)


def _streamed(table: Record, rows: Sequence[Mapping[str, object]]) -> RowStream:
    named = {name for row in rows for name in row}
    for unknown in named - {one.name for one in table.fields}:
        known = ", ".join(one.name for one in table.fields)
        raise InputError(f"`{table.name}` has no column `{unknown}`.", hint=f"Known: {known}.")
    return RowStream(frozenset(named), any(row.get(table.state or "") is not None for row in rows), rows)


def _complete(table: Record, stream: RowStream, columns: Sequence[Field]) -> Iterator[dict[str, object]]:
    seen: set[bytes] = set()
    for row in stream.rows:
        values = {one.name: one.default if row.get(one.name) is None else row[one.name] for one in columns}
        key = [values[one.name] for one in table.keys]
        known_by = blake2b(orjson.dumps(key), digest_size=16).digest()
        if known_by in seen:
            raise InputError(f"`{table.name}` comes twice with the key {_named(key)}.", hint="Give each row once.")
        seen.add(known_by)
        yield values


def _written(table: Record, stream: RowStream) -> list[Field]:
    """The columns that a load writes: the required ones, and of the others, and the state, those that a row has."""
    return [
        one
        for one in table.fields
        if (stream.stated if one.name == table.state else one.required or one.name in stream.columns)
    ]


def _named(key: Iterable[object]) -> str:
    return ", ".join(f"`{part}`" for part in key)


def _statement(table: Record, columns: Collection[str]) -> sql.Composed:
    """Upsert that returns, for each row written, whether it is new; a row that is equal is not written."""
    names = [sql.Identifier(one.name) for one in table.fields if one.name in columns]
    contents = [sql.Identifier(one.name) for one in table.contents if one.name in columns]
    own = sql.SQL(", ").join(sql.SQL("t.{}").format(name) for name in contents)
    given = sql.SQL(", ").join(sql.SQL("excluded.{}").format(name) for name in contents)
    update = sql.SQL("DO UPDATE SET ({}) = ROW({}) WHERE ({}) IS DISTINCT FROM ({})").format(
        sql.SQL(", ").join(contents), given, own, given
    )
    return sql.SQL(
        "INSERT INTO {table} AS t (tenant_id, {names}) "
        "SELECT %(tenant)s, {names} FROM jsonb_to_recordset(%(rows)s::jsonb) AS r({typed}) "
        "ON CONFLICT (tenant_id, {keys}) {action} RETURNING t.xmax = 0"
    ).format(
        table=sql.Identifier(table.name),
        names=sql.SQL(", ").join(names),
        typed=sql.SQL(", ").join(
            sql.SQL("{} " + TYPES[one.kind]).format(sql.Identifier(one.name))
            for one in table.fields
            if one.name in columns
        ),
        keys=sql.SQL(", ").join(sql.Identifier(one.name) for one in table.keys),
        action=update if contents else sql.SQL("DO NOTHING"),
    )


def refused(refusal: psycopg.Error) -> AkademosError:
    """What a caller is told when the database refuses a row."""
    diagnosis = refusal.diag
    where = f" of `{diagnosis.table_name}`" if diagnosis.table_name else ""
    detail = diagnosis.message_detail or diagnosis.message_primary or str(refusal)
    return InputError(
        f"A row{where} cannot be kept: {detail.rstrip('.')}.",
        hint="Nothing of this load was kept; mend the row and load again.",
        code="record_refused",
    )


def refuse_cycles(transaction: Transaction, tenant_id: str) -> None:
    """No circle among prerequisites and none in the topic tree.

    Raises:
        InputError: there is one, which is named (`cycle`).
    """
    prerequisites = transaction.execute(
        "SELECT from_topic, to_topic FROM topic_relationships "
        "WHERE tenant_id = %s AND kind = 'prerequisite' AND status = 'active'",
        (tenant_id,),
    )
    _refuse_cycle(prerequisites, "Prerequisites go in a circle", "Take out one of these relationships.")
    parents = transaction.execute(
        "SELECT parent_id, topic_id FROM topics WHERE tenant_id = %s AND parent_id IS NOT NULL", (tenant_id,)
    )
    _refuse_cycle(parents, "The topic tree goes in a circle", "Give one of these topics another parent.")


def _refuse_cycle(edges: Iterable[tuple[str, str]], what: str, hint: str) -> None:
    order: TopologicalSorter[str] = TopologicalSorter()
    for before, after in edges:
        order.add(after, before)
    try:
        order.prepare()
    except CycleError as cycle:
        raise InputError(f"{what}: {' > '.join(cycle.args[1])}.", hint=hint, code="cycle") from cycle
