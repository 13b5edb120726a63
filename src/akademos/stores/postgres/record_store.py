"""The learning records on PostgreSQL as the API has them: reach, consent, people, and the log of who looked.

Reading runs as the serving role behind the tenant's wall, writing as the pipeline's; both look for consent in the
transaction of the answer, and log each row about a learner in it.
"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256

import orjson
import psycopg
from psycopg import sql

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.records.declaration import Access, Record
from akademos.catalogue.records.values import can_be
from akademos.errors import Conflict, Forbidden, NotFound
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.record_store import Asker, Key, ListQuery, Page, RecordRow, Revision
from akademos.stores.postgres.audit import stranger_name
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.record_changes import Behaviour, RecordWork, Subscriber
from akademos.stores.postgres.record_lists import list_statement, no_such_place
from akademos.stores.postgres.record_people import KnownPerson, RecordPeople
from akademos.stores.postgres.record_reach import consents, within_reach
from akademos.stores.postgres.record_rows import (
    Row,
    columns_of,
    generated_key,
    handed_out,
    key_condition,
    key_parameters,
    no_such,
    plain,
    row_of,
)
from akademos.stores.postgres.vault import PostgresVault

_LOG = """
    INSERT INTO access_log (tenant_id, actor, role, subject, what, purpose, reason, decision)
    SELECT %s, %s, %s, subject, %s, %s, %s, %s FROM unnest(%s::bytea[]) AS subject
"""
_REQUEST = """
    INSERT INTO record_requests (tenant_id, request_hash, body_hash) VALUES (%s, %s, %s)
    ON CONFLICT (tenant_id, request_hash) DO NOTHING
"""
_REQUESTED = "SELECT body_hash FROM record_requests WHERE tenant_id = %s AND request_hash = %s"
_REVISIONS = """
    SELECT revision, published_at, content FROM content_versions
    WHERE tenant_id = %s AND record = %s AND key = %s ORDER BY revision DESC
"""


class PostgresRecordStore:
    """Adapter of the port `RecordStore`.

    Args:
        behaviours, subscribers: see `record_changes`.
    """

    def __init__(
        self,
        database: Database,
        keys: Keys,
        vault: PostgresVault,
        *,
        behaviours: Mapping[tuple[str, str], Behaviour] | None = None,
        subscribers: Sequence[Subscriber] = (),
    ) -> None:
        self._database = database
        self._keys = keys
        self._people = RecordPeople(keys, vault)
        self._behaviours = behaviours or {}
        self._subscribers = tuple(subscribers)
        self._statements: dict[tuple[str, tuple[Access, ...], tuple[Purpose, ...]], str] = {}

    def create(
        self, asker: Asker, record: Record, values: Mapping[str, object], *, request: str | None = None
    ) -> tuple[RecordRow, bool]:
        """A new row; see the port."""
        with self._database.pipeline(asker.tenant_id) as transaction:
            known, work = self._begin(transaction, asker)
            written = dict(values)
            subject = record.subject
            if subject is not None and asker.role == "learner":
                written.setdefault(subject.name, asker.name)
            generated = generated_key(record)
            repeated = False
            if request is not None:
                repeated = self._requested_before(transaction, asker, record, request, values)
                if generated is not None and generated not in written:
                    written[generated] = self._digest(asker, record, request).hex()[:32]
            elif generated is not None and generated not in written:
                written[generated] = uuid.uuid4().hex
            written = self._people.as_keys(transaction, asker.tenant_id, record, written, admit=asker.role == "service")
            key = [written.get(one.name, one.default) for one in record.keys]
            row = work.row(record, key) if repeated else work.create(record, written)
            self._require_reach(transaction, asker, known, record, [row[one.name] for one in record.keys])
            answer = self._answer(transaction, asker, known, record, row)
            work.finish()
        return answer, not repeated

    def get(self, asker: Asker, record: Record, key: Key) -> RecordRow:
        """One row; see the port."""
        with self._reading(asker) as (transaction, known):
            stored = self._key(transaction, asker, known, record, key)
            row = self._allowed(transaction, asker, known, record, stored)
            return self._answer(transaction, asker, known, record, row)

    def find(self, asker: Asker, record: Record, query: ListQuery) -> Page:
        """Rows within reach; see the port."""
        with self._reading(asker) as (transaction, known):
            equal = dict(query.equal)
            for one in record.people:
                if one.name in equal:
                    person = self._people.known(transaction, asker.tenant_id, [str(equal[one.name])])
                    if not person:
                        return Page((), None)
                    equal[one.name] = person[str(equal[one.name])].learner_key
            statement, parameters = list_statement(record, asker, query, equal)
            try:
                found = transaction.execute(statement, self._parameters(asker, known) | parameters)
            except psycopg.DataError:
                raise no_such_place() from None
            rows = [row_of(record, one) for one in found]
            more = len(rows) > query.limit and not query.order
            answers = self._answers(transaction, asker, known, record, rows[: query.limit])
            last = rows[query.limit - 1] if more else None
            after = None if last is None else tuple(str(last[one.name]) for one in record.keys)
        return Page(tuple(answers), after)

    def change(
        self,
        asker: Asker,
        record: Record,
        key: Key,
        values: Mapping[str, object],
        *,
        action: str | None,
        expected_version: int | None,
    ) -> RecordRow:
        """Change columns, or act; see the port."""
        with self._database.pipeline(asker.tenant_id) as transaction:
            known, work = self._begin(transaction, asker)
            answer = self._changed(work, asker, known, record, key, values, action, expected_version)
            work.finish()
        return answer

    def change_all(
        self, asker: Asker, record: Record, keys: Sequence[Key], values: Mapping[str, object]
    ) -> Sequence[RecordRow]:
        """Change several rows alike, all or none; see the port."""
        with self._database.pipeline(asker.tenant_id) as transaction:
            known, work = self._begin(transaction, asker)
            # In one order, so that two who change the same rows wait for each other and not in a circle.
            answers = [self._changed(work, asker, known, record, key, values) for key in sorted(keys, key=str)]
            work.finish()
        return answers

    def _changed(
        self,
        work: RecordWork,
        asker: Asker,
        known: KnownPerson | None,
        record: Record,
        key: Key,
        values: Mapping[str, object],
        action: str | None = None,
        expected_version: int | None = None,
    ) -> RecordRow:
        transaction = work.transaction
        stored = self._key(transaction, asker, known, record, key)
        work.row(record, stored, lock=True)
        self._allowed(transaction, asker, known, record, stored)
        written = self._people.as_keys(transaction, asker.tenant_id, record, values, admit=asker.role == "service")
        row = work.change(record, stored, values=written, action=action, expected_version=expected_version)
        if action is None:
            self._require_reach(transaction, asker, known, record, stored)
        return self._answer(transaction, asker, known, record, row)

    def revisions(self, asker: Asker, record: Record, key: Key) -> Sequence[Revision]:
        """Everything that was published of a piece of content, newest first; see the port.

        Whoever may read the content at all may read what was published of it, in whatever state it is now.
        """
        with self._reading(asker) as (transaction, known):
            within = replace(asker, entitled=_whatever_state(asker))
            self._allowed(transaction, within, known, record, self._key(transaction, asker, known, record, key))
            found = transaction.execute(_REVISIONS, (asker.tenant_id, record.name, str(key[0])))
            return [Revision(*row) for row in found]

    def _begin(self, transaction: Transaction, asker: Asker) -> tuple[KnownPerson | None, RecordWork]:
        known = self._asker(transaction, asker)
        work = RecordWork(
            transaction,
            asker.tenant_id,
            self._keys,
            self._actor(asker, known),
            None if known is None else known.learner_key,
            self._behaviours,
            self._subscribers,
        )
        return known, work

    @contextmanager
    def _reading(self, asker: Asker) -> Iterator[tuple[Transaction, KnownPerson | None]]:
        """A transaction of the serving role, and who asks.

        As at the gate, the log line of a learner's reading may be lost in a crash; anybody else's may not.
        """
        with self._database.serving(asker.tenant_id, durable=asker.role != "learner") as transaction:
            yield transaction, self._asker(transaction, asker)

    def _asker(self, transaction: Transaction, asker: Asker) -> KnownPerson | None:
        if asker.way == "key":
            return None
        return self._people.known(transaction, asker.tenant_id, [asker.name]).get(asker.name)

    def _actor(self, asker: Asker, known: KnownPerson | None) -> str:
        if asker.way == "key":
            return f"key:{asker.name}"
        if known is None:
            return stranger_name(self._keys, asker.tenant_id, asker.name)
        return f"person:{known.audit_name.hex()}"

    def _parameters(self, asker: Asker, known: KnownPerson | None) -> dict[str, object]:
        return {
            "tenant": asker.tenant_id,
            "actor": None if known is None else known.learner_key,
            "purposes": [purpose.value for purpose in asker.purposes],
        }

    def _key(
        self, transaction: Transaction, asker: Asker, known: KnownPerson | None, record: Record, key: Key
    ) -> list[object]:
        """The key as the table has it; somebody unknown has no rows, nor has a text that no key can be."""
        stored: list[object] = []
        for one, value in zip(record.keys, key, strict=True):
            if isinstance(value, str) and not can_be(one, value):
                raise no_such(record)
            if one.kind != "person":
                stored.append(value)
                continue
            person = (
                known
                if known is not None and value == asker.name
                else self._people.known(transaction, asker.tenant_id, [str(value)]).get(str(value))
            )
            if person is None:
                raise no_such(record)
            stored.append(person.learner_key)
        return stored

    def _allowed(
        self, transaction: Transaction, asker: Asker, known: KnownPerson | None, record: Record, key: Sequence[object]
    ) -> Row:
        """The row, if it is covered by what the asker may do, else it is as if it were not there; refused where the
        learner does not consent."""
        statement = self._statement(asker, record)
        parameters = self._parameters(asker, known) | key_parameters(record, key)
        found = transaction.execute(statement, parameters).fetchone()
        if found is None:
            raise no_such(record)
        consented, *row = found
        if not consented:
            words = " and ".join(purpose.value.replace("_", " ") for purpose in asker.purposes)
            raise Forbidden(
                f"The learner does not consent to {words} at present.",
                hint="Only the learner can change that; refusing is without any disadvantage to their studies.",
                code="consent_missing",
            )
        return row_of(record, row)

    def _statement(self, asker: Asker, record: Record) -> str:
        """Of `_allowed`: the same for everybody with the same role, so it is put together once."""
        whose = record.name, asker.entitled, asker.purposes
        known = self._statements.get(whose)
        if known is None:
            statement = sql.SQL("SELECT {}, {} FROM {} AS r WHERE r.tenant_id = %(tenant)s AND {} AND {}").format(
                sql.SQL(consents(record, asker.purposes)),
                columns_of(record),
                sql.Identifier(record.name),
                key_condition(record),
                sql.SQL(within_reach(record, asker.entitled)),
            )
            known = self._statements[whose] = statement.as_string()
        return known

    def _require_reach(
        self, transaction: Transaction, asker: Asker, known: KnownPerson | None, record: Record, key: Sequence[object]
    ) -> None:
        """Refuse what was just written out of the asker's reach, or about a learner who does not consent."""
        try:
            within = replace(asker, entitled=_whatever_state(asker))
            self._allowed(transaction, within, known, record, key)
        except NotFound:
            raise Forbidden(
                f"This {record.singular} would be out of your reach.",
                hint="Write within your own courses, about your own advisees, or for yourself.",
                code="scope",
            ) from None

    def _answer(
        self, transaction: Transaction, asker: Asker, known: KnownPerson | None, record: Record, row: Row
    ) -> RecordRow:
        return self._answers(transaction, asker, known, record, [row])[0]

    def _answers(
        self,
        transaction: Transaction,
        asker: Asker,
        known: KnownPerson | None,
        record: Record,
        rows: Sequence[Row],
    ) -> list[RecordRow]:
        """Rows as they are handed out; each about a learner is logged."""
        keys = {str(row[one.name]) for row in rows for one in record.people if row[one.name] is not None}
        people = self._people.named(transaction, asker.tenant_id, keys)
        subject = record.subject
        if subject is not None:
            names = {people[str(row[subject.name])].audit_name for row in rows}
            self._log(transaction, asker, known, record, sorted(names))
        return [handed_out(record, row, people) for row in rows]

    def _log(
        self,
        transaction: Transaction,
        asker: Asker,
        known: KnownPerson | None,
        record: Record,
        subjects: list[bytes],
    ) -> None:
        purpose = ",".join(asker.purposes) or record.basis.value
        actor = self._actor(asker, known)
        whom: list[bytes | None] = [*subjects] or [None]
        values = (asker.tenant_id, actor, asker.role, asker.what, purpose, asker.reason, "allowed", whom)
        transaction.execute(_LOG, values)

    def _digest(self, asker: Asker, record: Record, request: str) -> bytes:
        said = orjson.dumps([asker.way, asker.name, record.name, request])
        return hmac.digest(self._keys.derived(asker.tenant_id, "record requests"), said, sha256)

    def _requested_before(
        self, transaction: Transaction, asker: Asker, record: Record, request: str, values: Mapping[str, object]
    ) -> bool:
        """Whether the same was asked before; waits for one that is under way."""
        body = orjson.dumps(plain(dict(values)), option=orjson.OPT_SORT_KEYS)
        content = hmac.digest(self._keys.derived(asker.tenant_id, "record requests"), body, sha256)
        hashed = self._digest(asker, record, request)
        if transaction.execute(_REQUEST, (asker.tenant_id, hashed, content)).rowcount:
            return False
        found = transaction.execute(_REQUESTED, (asker.tenant_id, hashed)).fetchone()
        if found is None or bytes(found[0]) != content:
            raise Conflict(
                "The Idempotency-Key was used for another request.",
                hint="Give each request a key of its own, and the same one only when sending the same again.",
                code="idempotency_key_reused",
                pointer="/header/Idempotency-Key",
            )
        return True


def _whatever_state(asker: Asker) -> tuple[Access, ...]:
    return tuple(replace(one, states=()) for one in asker.entitled)
