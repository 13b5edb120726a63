"""What is held about one person, found by the catalogue: every declared table with a column of people's keys.

A table that is declared later is in the answer without a change here. What would tell of somebody else (the other
party of an event, who looked) is left out, and so are keys and hashes, which say nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import chain
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from psycopg import sql

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.declarations import Column, Dataset
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.records import RECORDS
from akademos.privacy.pseudonyms import Keys, audit_name, unseal
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.held_data import HeldTable
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.consent_rows import data_key_of
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.identity import keys_of_person

_OF_RECORDS = tuple(sorted({one.name for record in RECORDS for one in record.people} - {"learner_key"}))
KEY_COLUMNS = ("learner_key", "actor_key", "subject_key", "person_key", "first_key", "second_key", *_OF_RECORDS)
HASH_COLUMNS = ("actor_hash", "subject_hash")
AUDIT_NAMES = ("audit_log", "access_log", "transactions")
"""Logs and payments that know people by their audit names, in the column `subject`."""

ZONES = frozenset({"landing", "vault", "records", "serving", "log"})
"""Zones whose datasets are tables of PostgreSQL; the event log comes from the core."""

LEFT_OUT = frozenset(
    {"tenant_id", "data_key", "identifier_hash", "keyed_hash", "actor_hash", "subject_hash", "content_hash",
     "transaction_id", "seq", "previous", "hash", "subject"}
)  # fmt: skip
"""Columns that say nothing about the person: wrapped keys, keyed hashes, numbers of the store."""

THIRD_PARTIES = frozenset(
    {"actor", "actor_key", "subject_key", "person_key", "first_key", "second_key", *_OF_RECORDS,
     "recorded_by", "closed_by", "merged_by", "undone_by", "decided_by"}
)  # fmt: skip
"""Columns that may name somebody else: shown only where they name the person."""

ROWS_AT_ONCE = 1_000

CoreEvents = Callable[[str, str], Iterable[Mapping[str, Any]]]
"""(tenant_id, learner_key) -> the person's rows of the event log."""

_PERSON = "SELECT 1 FROM people WHERE tenant_id = %s AND learner_key = %s"
_REQUEST = """
    INSERT INTO rights_requests (tenant_id, request_id, learner_key, kind, concerns, requested_by, due_on)
    VALUES (%s, %s, %s, 'access', 'everything', %s, current_date + %s)
"""
_CLOSE = """
    UPDATE rights_requests SET status = %s, closed_at = now(), closed_by = 'job:access'
    WHERE tenant_id = %s AND request_id = %s AND status = 'open'
"""
_HASHES = "SELECT identifier_hash FROM identifiers WHERE tenant_id = %s AND learner_key = %s"


def is_about_people(dataset: Dataset) -> bool:
    """Whether rows of a dataset can be a person's."""
    names = {column.name for column in dataset.columns}
    return dataset.zone in ZONES and bool(names & {*KEY_COLUMNS, *HASH_COLUMNS} or dataset.name in AUDIT_NAMES)


class PostgresHeldData:
    """Adapter of the port `HeldData`."""

    def __init__(self, database: Database, keys: Keys, datasets: Iterable[Dataset], core_events: CoreEvents) -> None:
        self._database = database
        self._keys = keys
        self._datasets = tuple(datasets)
        self._core_events = core_events

    def begin(self, tenant_id: str, learner_key: str, *, requested_by: str, reason: str | None = None) -> str:
        """Register and audit an export; see the port."""
        request_id = str(uuid.uuid4())
        with self._database.pipeline() as transaction:
            name = audit_name(data_key_of(transaction, self._keys, tenant_id, learner_key))
            values = (tenant_id, request_id, learner_key, requested_by, LIMITS.rights_answer_days)
            transaction.execute(_REQUEST, values)
            actor = f"person:{name.hex()}" if requested_by == "self" else requested_by
            said: dict[str, Json] = {"what": "everything held about the person", "request": request_id}
            if reason is not None:
                said["reason"] = reason
            append(transaction, tenant_id, AuditEntry(actor, AuditAction.DATA_EXPORTED, name, said))
        return request_id

    def known(self, tenant_id: str, learner_key: str) -> bool:
        """Whether the person is still there."""
        with self._database.pipeline() as transaction:
            return transaction.execute(_PERSON, (tenant_id, learner_key)).fetchone() is not None

    def delivered(self, tenant_id: str, request_id: str, *, complete: bool) -> None:
        """Close the request."""
        with self._database.pipeline() as transaction:
            transaction.execute(_CLOSE, ("fulfilled" if complete else "refused", tenant_id, request_id))

    def tables(self, tenant_id: str, learner_key: str) -> Iterator[HeldTable]:
        """All tables that hold rows of the person; see the port."""
        with self._database.pipeline() as transaction:
            keys = keys_of_person(transaction, tenant_id, learner_key)
        for dataset in self._datasets:
            if not self.known(tenant_id, learner_key):
                return
            if dataset.name == "event_log":
                events = (_shown(dict(row), key, None) for key in keys for row in self._core_events(tenant_id, key))
                yield HeldTable(dataset.name, dataset.description, dataset.basis.value, events)
            elif is_about_people(dataset):
                rows = chain.from_iterable([self._rows(dataset, tenant_id, key) for key in keys])
                yield HeldTable(dataset.name, dataset.description, dataset.basis.value, rows)

    def _rows(self, dataset: Dataset, tenant_id: str, learner_key: str) -> Iterator[dict[str, Json]]:
        with self._database.pipeline() as transaction:
            if transaction.execute(_PERSON, (tenant_id, learner_key)).fetchone() is None:
                return
            data_key = data_key_of(transaction, self._keys, tenant_id, learner_key)
            shown = [column for column in dataset.columns if column.name not in LEFT_OUT]
            with transaction.cursor(name="held") as cursor:
                cursor.itersize = ROWS_AT_ONCE
                cursor.execute(*self._query(transaction, dataset, shown, tenant_id, learner_key, data_key))
                for row in cursor:
                    found = dict(zip([column.name for column in shown], row, strict=True))
                    yield _shown(_as_party(dataset, found, learner_key), learner_key, data_key)

    def _query(
        self,
        transaction: Transaction,
        dataset: Dataset,
        shown: list[Column],
        tenant_id: str,
        learner_key: str,
        data_key: bytes,
    ) -> tuple[sql.Composed, tuple[Any, ...]]:
        names = {column.name for column in dataset.columns}
        conditions: list[tuple[str, str, Any]] = [
            (name, "{} = %s", learner_key) for name in KEY_COLUMNS if name in names
        ]
        hashed = [name for name in HASH_COLUMNS if name in names]
        if hashed:
            hashes = [row[0] for row in transaction.execute(_HASHES, (tenant_id, learner_key))]
            conditions += [(name, "{} = ANY(%s)", hashes) for name in hashed]
        if dataset.name in AUDIT_NAMES:
            conditions.append(("subject", "{} = %s", audit_name(data_key)))
        where = sql.SQL(" OR ").join(
            sql.SQL(condition).format(sql.Identifier(name)) for name, condition, _ in conditions
        )
        columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in shown)
        query = sql.SQL("SELECT {} FROM {} WHERE tenant_id = %s AND ({})").format(
            columns, sql.Identifier(dataset.name), where
        )
        return query, (tenant_id, *(value for _, _, value in conditions))


def _as_party(dataset: Dataset, row: dict[str, Any], learner_key: str) -> dict[str, Any]:
    """The row, or of one that is about another learner and only names the person: that it does, and when."""
    parties = {column.name for column in dataset.columns if column.other_party}
    if not parties or str(row.get("learner_key", learner_key)) == learner_key:
        return row
    return {name: value for name, value in row.items() if name in {*parties, "created_at", "updated_at"}}


def _shown(row: dict[str, Any], learner_key: str, data_key: bytes | None) -> dict[str, Json]:
    """One row as the person may read it."""
    named = {str(row[name]) for name in ("actor_key", "subject_key") if row.get(name) is not None}
    found: dict[str, Json] = {}
    for name, value in row.items():
        if name == "raw":
            others = named - {learner_key}
            found[name] = "left out: it names another person" if others else orjson.loads(value)
        elif name in THIRD_PARTIES:
            own = {learner_key, "self", *_audit_names(data_key)}
            found[name] = "you" if str(value) in own else None if value is None else "somebody else"
        elif name == "learner_key" and str(value) != learner_key:
            found[name] = "somebody else"  # whom the person advises
        elif name in ("key", "before", "after") and isinstance(value, dict):
            found[name] = {part: _of_party(part, one, learner_key) for part, one in value.items()}
        elif name != "tenant_id":
            found[name] = _json(value, data_key)
    return found


def _of_party(name: str, value: Json, learner_key: str) -> Json:
    """A value of a noted change: people in it are the person or somebody else."""
    if name not in KEY_COLUMNS or value is None:
        return value
    return "you" if value == learner_key else "somebody else"


def _audit_names(data_key: bytes | None) -> tuple[str, ...]:
    if data_key is None:
        return ()
    name = audit_name(data_key).hex()
    return name, f"person:{name}"


def _json(value: Any, data_key: bytes | None) -> Json:
    if isinstance(value, bytes | memoryview):
        content = bytes(value)
        try:
            return unseal(data_key or b"", content)
        except (InvalidTag, ValueError):
            return f"{len(content)} bytes of computed values, as the answers of this platform show them"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, list):
        return [_json(one, data_key) for one in value]
    if value is None or isinstance(value, str | int | float | bool | dict):
        return value
    return str(value)
