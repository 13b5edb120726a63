"""Changes of learning records within one transaction: the one way in which rows are written one at a time.

A `RecordWork` belongs to a transaction. It holds life cycles, frozen content, versions and references; what must be
audited is written by `finish`, as the last statements, see `audit.append`. Behaviours are asked before an act and may
set more columns or refuse; subscribers are told afterwards. Both may make further changes through the same work. The
table's triggers hold life cycle and history against everybody else, and fill `record_changes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from akademos.catalogue.records import BY_NAME
from akademos.catalogue.records.declaration import Field, Record
from akademos.errors import Conflict, InputError, NotFound, VersionMoved
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.postgres.audit import append, name_of
from akademos.stores.postgres.audited_acts import audited_acts
from akademos.stores.postgres.database import Transaction
from akademos.stores.postgres.record_circles import lock_records, refuse_circle
from akademos.stores.postgres.record_rows import Row, columns_of, no_such, row_of
from akademos.stores.postgres.record_schema import whole_of

FROZEN_STATES = ("published", "archived")
_ACTION = "SELECT set_config('akademos.record_action', %s, true)"
_BUMP = "UPDATE record_versions SET version = version + 1 WHERE tenant_id = %s"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one row; `before` is None for a new one. `action` is create, update, or one of the life cycle."""

    record: Record
    key: tuple[object, ...]
    action: str
    before: Row | None
    after: Row


Behaviour: TypeAlias = "Callable[[RecordWork, Record, Row, Mapping[str, object]], Mapping[str, object]]"
"""(work, record, the row before, values sent) -> columns to set beside them; raises what refuses the act. Before a
creation the row is what is about to be written."""
Subscriber: TypeAlias = "Callable[[RecordWork, Change], None]"


@dataclass
class RecordWork:
    """The record changes of one transaction.

    Attributes:
        actor: as the audit log names it: person:<hex>, key:<id>, job:<name>, command line:<operator>.
        actor_key: key of the person who acts, for columns that say who did it.
        behaviours: by (record name, create, update or action).
        changes: what was done, in order.
        required: see `require`.
    """

    transaction: Transaction
    tenant_id: str
    keys: Keys
    actor: str
    actor_key: str | None = None
    behaviours: Mapping[tuple[str, str], Behaviour] = field(default_factory=dict)
    subscribers: Sequence[Subscriber] = ()
    changes: list[Change] = field(default_factory=list)
    required: list[Callable[[], None]] = field(default_factory=list)

    def require(self, holds: Callable[[], None]) -> None:
        """Have `holds` asked by `finish`: what looks at other rows about a person refuses nobody before it is known
        that they may know of that person."""
        self.required.append(holds)

    def create(self, record: Record, values: Mapping[str, object]) -> Row:
        """A new row; values by column, people by key.

        Raises:
            Conflict: there is one with this key.
            InputError: it refers to nothing, closes a circle, or breaks a constraint.
        """
        written: Row = {}
        written |= {one.name: one.default for one in record.fields if one.default is not None}
        if record.life_cycle is not None:
            written[record.life_cycle.column] = record.life_cycle.initial
        written |= values
        written |= self._stamped(record, "create")
        behaviour = self.behaviours.get((record.name, "create"))
        if behaviour is not None:
            written |= behaviour(self, record, written, values)
        self._prepare(record, written)
        self._refuse_part_of_published(record, written)
        columns = list(written)
        statement = sql.SQL("INSERT INTO {} (tenant_id, {}) VALUES (%s, {}) RETURNING {}").format(
            sql.Identifier(record.name),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
            columns_of(record),
        )
        adapted = [self.tenant_id, *(_adapted(record, name, written[name]) for name in columns)]
        row = self._execute(record, "create", statement, adapted)
        if row is None:
            raise NotFound(f"The {record.singular} was not written.", hint="Send it again.")
        return self._done(record, "create", None, row)

    def change(
        self,
        record: Record,
        key: Sequence[object],
        *,
        values: Mapping[str, object] | None = None,
        action: str | None = None,
        expected_version: int | None = None,
    ) -> Row:
        """Set columns of a row, or act; the row afterwards. A change that changes nothing leaves its version as it is.

        Args:
            key: values of the key columns, people by key.
            expected_version: the version that the change was made upon; None: whichever there is.

        Raises:
            NotFound: there is no such row.
            VersionMoved: it has another version by now.
            Conflict: the action is not possible in this state; the content, or what it is part of, is published.
            InputError: something needed is missing, or as for `create`.
        """
        before = self.row(record, key, lock=True)
        if expected_version is not None and before["version"] != expected_version:
            raise VersionMoved(
                f"The {record.singular} has changed since it was read: it is at version {before['version']} now.",
                hint="Read it again, look at what changed, and send the change upon that version.",
                pointer="/header/If-Match",
            )
        written = dict(values or {})
        if action is None:
            self._refuse_published(record, before, written)
        else:
            written |= self._acted(record, before, action, written)
        behaviour = self.behaviours.get((record.name, action or "update"))
        if behaviour is not None:
            written |= behaviour(self, record, before, written)
        self._prepare(record, before | written, changed=written)
        if action is None:
            self._refuse_part_of_published(record, before | written)
        changed = {name: value for name, value in written.items() if before.get(name) != value}
        if not changed:
            return before
        statement = sql.SQL("UPDATE {} SET {} WHERE tenant_id = %s AND {} RETURNING {}").format(
            sql.Identifier(record.name),
            sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in changed),
            _key_is(record),
            columns_of(record),
        )
        adapted = [*(_adapted(record, name, value) for name, value in changed.items()), self.tenant_id, *key]
        row = self._execute(record, action or "update", statement, adapted)
        if row is None:
            raise no_such(record)
        return self._done(record, action or "update", before, row)

    def row(self, record: Record, key: Sequence[object], *, lock: bool = False) -> Row:
        """A row by its key; NotFound when there is none."""
        if lock:  # in the order in which loads take their locks
            lock_records(self.transaction, self.tenant_id, record)
        statement = sql.SQL("SELECT {} FROM {} WHERE tenant_id = %s AND {}").format(
            columns_of(record), sql.Identifier(record.name), _key_is(record)
        ) + sql.SQL(" FOR UPDATE" if lock else "")
        found = self.transaction.execute(statement, [self.tenant_id, *key]).fetchone()
        if found is None:
            raise no_such(record)
        return row_of(record, found)

    def finish(self) -> None:
        """Ask what was required, keep what was published, then write the audit entries of all changes: the last
        statements of the transaction."""
        for holds in self.required:
            holds()
        self.transaction.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for one in self.changes:
            key = {part.name: value for part, value in zip(one.record.keys, one.key, strict=True)}
            for audited, detail in audited_acts(one.record, [one.action], key, one.before, one.after):
                append(self.transaction, self.tenant_id, AuditEntry(self.actor, audited, self._whom(one), detail))

    def _whom(self, one: Change) -> bytes | None:
        about = one.record.subject or next((part for part in one.record.keys if part.kind == "person"), None)
        if about is None:
            return None
        return name_of(self.transaction, self.keys, self.tenant_id, str(one.after[about.name]))

    def _acted(self, record: Record, before: Row, action: str, sent: Mapping[str, object]) -> Row:
        cycle = record.life_cycle
        state = "" if cycle is None else str(before[cycle.column])
        after = None if cycle is None else cycle.transitions[state].get(action)
        if cycle is None or after is None:
            allowed = () if cycle is None else cycle.allowed(state)
            possible = f"possible are {', '.join(allowed)}" if allowed else "nothing leads out of this state"
            raise Conflict(
                f"The {record.singular} is {state or 'without life cycle'}: `{action}` is not possible now.",
                hint=f"{possible[0].upper()}{possible[1:]}.",
                code="illegal_transition",
                pointer="/path/action",
            )
        for name in record.actions[action].needs:
            if sent.get(name) is None:
                raise InputError(
                    f"`{name}` is missing: {action} needs it.",
                    hint="Send it with the action.",
                    code="missing",
                    status=422,
                    pointer=f"/{name}",
                )
        return {cycle.column: after, **self._stamped(record, action)}

    def _stamped(self, record: Record, action: str) -> Row:
        declared = record.actions.get(action)
        if declared is None or not (declared.stamps or declared.stamps_actor):
            return {}
        (instant,) = self.transaction.execute("SELECT now()").fetchone() or (None,)
        return dict.fromkeys(declared.stamps, instant) | dict.fromkeys(declared.stamps_actor, self.actor_key)

    def _refuse_published(self, record: Record, before: Row, written: Row) -> None:
        stands = record.versioned and before["published_at"] is not None and before[record.state or ""] in FROZEN_STATES
        if stands and any(one.name in written and written[one.name] != before[one.name] for one in record.frozen):
            raise Conflict(
                f"The {record.singular} is {before[record.state or '']}: revision {before['revision']} never changes.",
                hint="Begin the next revision with the action revise (or restore), then change that.",
                code="published",
            )

    def _refuse_part_of_published(self, record: Record, row: Row) -> None:
        whole = whole_of(record)
        if whole is None:
            return
        above, column = whole
        found = self.transaction.execute(
            sql.SQL("SELECT {} FROM {} WHERE tenant_id = %s AND {} = %s FOR SHARE").format(
                sql.Identifier(above.state or ""), sql.Identifier(above.name), sql.Identifier(column)
            ),
            (self.tenant_id, row.get(column)),
        ).fetchone()
        if found is not None and found[0] in FROZEN_STATES:
            raise Conflict(
                f"The {record.singular} is part of a {above.singular} that is {found[0]}, which never changes.",
                hint=f"Begin the next revision of the {above.singular} with the action revise (or restore) first.",
                code="published",
            )

    def _prepare(
        self, record: Record, row: Mapping[str, object], *, changed: Mapping[str, object] | None = None
    ) -> None:
        """Locks what must be in order, and looks for references that no foreign key holds."""
        lock_records(self.transaction, self.tenant_id, record)
        for one in record.fields:
            held = one.enforced and one.kind == "text" and one.refers != record.name
            if one.refers is None or held or (changed is not None and one.name not in changed):
                continue
            value = row.get(one.name)
            wanted = value if isinstance(value, list) else [] if value is None else [value]
            self._refuse_unknown(one, wanted)

    def _refuse_unknown(self, one: Field, wanted: Sequence[object]) -> None:
        if not wanted or one.refers is None:
            return
        target = BY_NAME[one.refers]
        key = sql.Identifier(target.keys[0].name)
        found = self.transaction.execute(
            sql.SQL("SELECT {} FROM {} WHERE tenant_id = %s AND {} = ANY(%s)").format(
                key, sql.Identifier(target.name), key
            ),
            (self.tenant_id, list(wanted)),
        )
        missing = set(wanted) - {row[0] for row in found}
        if missing:
            named = ", ".join(f"`{name}`" for name in sorted(map(str, missing))[:5])
            raise InputError(
                f"There is no {target.singular} {named}.",
                hint=f"Create the {target.singular} first.",
                code="unknown_reference",
                status=422,
                pointer=f"/{one.outside}",
            )

    def _execute(self, record: Record, action: str, statement: sql.Composed, values: Sequence[object]) -> Row | None:
        self.transaction.execute(_ACTION, (action,))
        try:
            found = self.transaction.execute(statement, values).fetchone()
        except (psycopg.errors.IntegrityError, psycopg.errors.DataError) as refusal:
            raise refused(record, refusal) from refusal
        self.transaction.execute(_ACTION, ("",))
        return None if found is None else row_of(record, found)

    def _done(self, record: Record, action: str, before: Row | None, row: Row) -> Row:
        refuse_circle(self.transaction, self.tenant_id, record, row)
        if record.cached:
            self.transaction.execute(_BUMP, (self.tenant_id,))
        change = Change(record, tuple(row[one.name] for one in record.keys), action, before, row)
        self.changes.append(change)
        for subscriber in self.subscribers:
            subscriber(self, change)
        # A subscriber may have acted on the same row.
        latest = (one.after for one in reversed(self.changes) if one.record is record and one.key == change.key)
        return next(latest, row)


def _key_is(record: Record) -> sql.Composed:
    return sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(one.name)) for one in record.keys)


def _adapted(record: Record, name: str, value: object) -> object:
    one = record.field(name)
    return Jsonb(value) if one is not None and one.kind == "json" and value is not None else value


def refused(record: Record, refusal: psycopg.Error) -> Conflict | InputError:
    """What a constraint refused, in the words of the record."""
    diagnosis = refusal.diag
    if isinstance(refusal, psycopg.errors.UniqueViolation):
        return Conflict(
            f"There is a {record.singular} with this key, or with a value that may stand only once.",
            hint="Read it and change it, or choose another key.",
            code="exists",
        )
    if isinstance(refusal, psycopg.errors.ForeignKeyViolation):
        named = [
            one.outside
            for one in record.fields
            if (one.refers or one.kind == "person") and f"_{one.name}_" in f"_{diagnosis.constraint_name}_"
        ]
        return InputError(
            f"{f'`{named[0]}` refers' if named else 'Something refers'} to what is not there.",
            hint="Create what it refers to first; a part belongs to the same whole as what it is put under.",
            code="unknown_reference",
            status=422,
            pointer=f"/{named[0]}" if named else None,
        )
    if diagnosis.constraint_name == "life_cycle":
        return Conflict(f"{diagnosis.message_primary}.", hint="Use the actions.", code="illegal_transition")
    return InputError(
        f"The {record.singular} cannot be kept: a value is outside of what is declared for it.",
        hint="The form of each record is in /v1/openapi.json.",
        code="value_invalid",
        status=422,
    )
