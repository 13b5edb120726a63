"""Rosters on PostgreSQL: rows of nobody in clear, rows of people sealed under the person's data key.

A row is known by a keyed hash of its sourcedId, since that may name a person; whether it has changed is told by a keyed
hash of its text, so that the same set again unseals and writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from akademos.catalogue.records import BY_NAME
from akademos.privacy.pseudonyms import NONCE_BYTES, Keys, seal, unseal
from akademos.stores.ports.records import LoadReport
from akademos.stores.ports.roster import Kept, RosterRow
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.loaded_audits import audit_load
from akademos.stores.postgres.records import PostgresRecords, load_rows, refused
from akademos.stores.postgres.role_changes import assignments_of, record_role_changes

ROWS_AT_ONCE = 2_000
# Arrays of bytes are sent in binary (%b): as text each byte of them is escaped, which costs more than the query.
_HEAD = """
    INSERT INTO roster_files (tenant_id, file, header, basis_id) VALUES (%s, %s, %s, %s)
    ON CONFLICT (tenant_id, file) DO UPDATE SET header = excluded.header, basis_id = excluded.basis_id,
        imported_at = now()
    WHERE (roster_files.header, roster_files.basis_id) IS DISTINCT FROM (excluded.header, excluded.basis_id)
"""
_OWNERS = """
    SELECT row_hash, learner_key::text FROM roster_rows WHERE tenant_id = %s AND file = %s AND row_hash = ANY(%b)
"""
_STANDING = """
    SELECT row_hash, digest, position, learner_key::text FROM roster_rows
    WHERE tenant_id = %s AND file = %s AND row_hash = ANY(%b)
"""
_CONTENT = """
    SELECT r.learner_key::text, p.data_key, r.content FROM roster_rows r
    LEFT JOIN people p USING (tenant_id, learner_key)
    WHERE r.tenant_id = %s AND r.file = %s
"""
_WRITE = """
    INSERT INTO roster_rows (tenant_id, file, row_hash, position, learner_key, content, digest)
    SELECT %s, %s, h, p, k, c, d
    FROM unnest(%b::bytea[], %b::bigint[], %s::uuid[], %b::bytea[], %b::bytea[]) AS _ (h, p, k, c, d)
    ON CONFLICT (tenant_id, file, row_hash) DO UPDATE SET position = excluded.position,
        learner_key = excluded.learner_key, content = excluded.content, digest = excluded.digest, changed_at = now()
"""
_MOVE = """
    UPDATE roster_rows r SET position = m.p FROM unnest(%b::bytea[], %b::bigint[]) AS m (h, p)
    WHERE r.tenant_id = %s AND r.file = %s AND r.row_hash = m.h
"""
_LAST = "SELECT coalesce(max(position), 0) FROM roster_rows WHERE tenant_id = %s AND file = %s"
_REMOVE = "DELETE FROM roster_rows WHERE tenant_id = %s AND file = %s AND row_hash = ANY(%b)"
_ARCHIVE = """
    UPDATE learning_courses SET status = 'archived'
    WHERE tenant_id = %s AND course_id = ANY(%s) AND status IN ('draft', 'published') RETURNING course_id
"""
_WITHDRAW = """
    UPDATE enrolments e SET withdrawn_on = %s::date FROM unnest(%s::uuid[], %s::text[]) AS m (k, c)
    WHERE e.tenant_id = %s AND e.learner_key = m.k AND e.course_id = m.c
        AND (e.withdrawn_on IS NULL OR e.withdrawn_on > %s::date)
"""
_UNASSIGN = """
    DELETE FROM staff_assignments s USING unnest(%s::uuid[], %s::text[]) AS m (k, c)
    WHERE s.tenant_id = %s AND s.learner_key = m.k AND s.course_id = m.c AND s.role = 'instructor'
"""


class PostgresRosters:
    """Adapter of the port `Rosters`."""

    def __init__(self, database: Database, keys: Keys, records: PostgresRecords) -> None:
        self._database = database
        self._keys = keys
        self._records = records

    def fingerprint(self, tenant_id: str, file: str, sourced_id: str) -> bytes:
        """Under which name a row is known, 16 bytes: a keyed hash."""
        return self._keys.identifier_hash(tenant_id, f"oneroster {file}", sourced_id)

    def known(self, tenant_id: str, file: str) -> set[bytes]:
        """Fingerprints of the kept rows of a file."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(
                "SELECT row_hash FROM roster_rows WHERE tenant_id = %s AND file = %s", (tenant_id, file)
            )
            return {row[0] for row in rows}

    @contextmanager
    def writing(self, tenant_id: str, *, actor: str) -> Iterator[PostgresRosterWriting]:
        """One import, in one transaction."""
        with self._database.pipeline() as transaction:
            self._records.lock(transaction, tenant_id)
            # Statistics do not know what this transaction writes: look-ups by key would read the whole table each time.
            transaction.execute("SET LOCAL enable_seqscan = off")
            assigned = assignments_of(transaction, tenant_id)
            writing = PostgresRosterWriting(transaction, tenant_id, self._keys)
            try:
                yield writing
                transaction.execute("SET CONSTRAINTS ALL IMMEDIATE")
            except (psycopg.errors.IntegrityError, psycopg.errors.DataError) as refusal:
                raise refused(refusal) from refusal
            if writing.records_changed:
                self._records.count_up(transaction, tenant_id)
                audit_load(transaction, self._keys, tenant_id, {"learning_courses"}, actor=actor)
            record_role_changes(transaction, self._keys, tenant_id, assigned, actor=actor)

    @contextmanager
    def reading(self, tenant_id: str) -> Iterator[PostgresRosterReading]:
        """What is kept as of one moment."""
        with self._database.pipeline() as transaction:
            transaction.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield PostgresRosterReading(transaction, tenant_id, self._keys)


@dataclass(frozen=True, slots=True)
class _Standing:
    digest: bytes
    position: int
    learner_key: str | None


class PostgresRosterReading:
    """Kept rows as their transaction sees them."""

    def __init__(self, transaction: Transaction, tenant_id: str, keys: Keys) -> None:
        self._transaction = transaction
        self._tenant_id = tenant_id
        self._keys = keys

    def headers(self) -> dict[str, str]:
        """Files and their headers."""
        rows = self._transaction.execute(
            "SELECT file, header FROM roster_files WHERE tenant_id = %s ORDER BY file", (self._tenant_id,)
        )
        return dict(rows.fetchall())

    def rows(self, file: str) -> Iterator[str]:
        """The kept rows of a file in its order."""
        for _, text in self.owned_rows(file):
            yield text

    def owned_rows(self, file: str) -> Iterator[tuple[str | None, str]]:
        """(learner_key or None, text) of the kept rows of a file in its order."""
        yield from self._opened(" ORDER BY r.position", (self._tenant_id, file))

    def course_titles(self) -> dict[str, str]:
        """Title of every course record."""
        rows = self._transaction.execute(
            "SELECT course_id, title FROM learning_courses WHERE tenant_id = %s", (self._tenant_id,)
        )
        return dict(rows.fetchall())

    def withdrawals(self) -> dict[tuple[str, str], str]:
        """Day of every withdrawal on record, by learner_key and course."""
        rows = self._transaction.execute(
            "SELECT learner_key::text, course_id, withdrawn_on::text FROM enrolments "
            "WHERE tenant_id = %s AND withdrawn_on IS NOT NULL",
            (self._tenant_id,),
        )
        return {(key, course): day for key, course, day in rows}

    def _opened(self, rest: str, parameters: tuple[object, ...]) -> Iterator[tuple[str | None, str]]:
        with self._transaction.cursor(name="roster") as cursor:
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute((_CONTENT + rest).encode(), parameters)
            for learner_key, wrapped, content in cursor:
                yield learner_key, self._text(learner_key, wrapped, content)

    def _text(self, learner_key: str | None, wrapped: bytes | None, content: bytes) -> str:
        if learner_key is None or wrapped is None:
            return content.decode()
        return unseal(self._keys.unwrap(self._tenant_id, learner_key, wrapped), content)


class PostgresRosterWriting(PostgresRosterReading):
    """Adapter of the port `RosterWriting`."""

    def __init__(self, transaction: Transaction, tenant_id: str, keys: Keys) -> None:
        super().__init__(transaction, tenant_id, keys)
        self.records_changed = False

    def head(self, file: str, header: str, *, basis_id: str) -> None:
        """Keep the header of a file, as it stands."""
        self._transaction.execute(_HEAD, (self._tenant_id, file, header, basis_id))

    def drop(self, file: str) -> None:
        """Forget a file's header; its rows are removed before."""
        self._transaction.execute(
            "DELETE FROM roster_files WHERE tenant_id = %s AND file = %s", (self._tenant_id, file)
        )

    def of_people(self, file: str, learner_keys: Sequence[str]) -> Iterator[tuple[str, str]]:
        """(learner_key, text) of the kept rows of some people, a person's together."""
        rest = " AND r.learner_key = ANY(%s::uuid[]) ORDER BY r.learner_key, r.position"
        for learner_key, text in self._opened(rest, (self._tenant_id, file, list(learner_keys))):
            yield learner_key or "", text

    def keep(self, file: str, rows: Sequence[RosterRow], *, first: int | None) -> Kept:
        """Keep rows: in the places from `first` on, or where they stand, new ones at the end."""
        owners = self._owners(rows)
        hashes = [self._hash(file, row.sourced_id) for row in rows]
        standing = self._standing(file, hashes)
        place = self._last(file) if first is None else first - 1
        writes: list[tuple[bytes, int, str | None, str, bytes]] = []
        ids: list[str] = []
        moves: list[tuple[bytes, int]] = []
        unchanged = without = new = 0
        for row, hashed in zip(rows, hashes, strict=True):
            owner = row.learner_key if row.owner is None else owners.get(row.owner)
            known = standing.get(hashed)
            if first is not None:
                place += 1
            if owner is None and row.owner is not None:
                without += 1
                continue
            if known is None and first is None:
                place += 1
            at = place if first is not None or known is None else known.position
            digest = self._keys.identifier_hash(self._tenant_id, "oneroster row", row.text)
            if known is not None and (known.digest, known.learner_key) == (digest, owner):
                unchanged += 1
                if known.position != at:
                    moves.append((hashed, at))
                continue
            new += known is None
            writes.append((hashed, at, owner, row.text, digest))
            ids.append(row.sourced_id)
        before = self._before(file, [hashed for hashed, *_ in writes if hashed in standing])
        self._write(file, writes)
        if moves:
            places = ([hashed for hashed, _ in moves], [at for _, at in moves])
            self._transaction.execute(_MOVE, (*places, self._tenant_id, file))
        people = {owner for _, _, owner, _, _ in writes if owner} | {key for key, _ in before if key}
        return Kept(new, len(writes) - new, unchanged, without, ids=ids, before=before, people=people)

    def remove(self, file: str, sourced_ids: Collection[str]) -> Kept:
        """Remove rows; those that are not there are passed over."""
        return self._remove(file, [self._hash(file, one) for one in sourced_ids])

    def remove_others(self, file: str, seen: Collection[bytes]) -> Kept:
        """Remove the rows whose fingerprint is not among those seen."""
        with self._transaction.cursor(name="roster_gone") as cursor:
            cursor.itersize = 50_000
            cursor.execute(
                "SELECT row_hash FROM roster_rows WHERE tenant_id = %s AND file = %s", (self._tenant_id, file)
            )
            gone = [row[0] for row in cursor if row[0] not in seen]
        return self._remove(file, gone)

    def _remove(self, file: str, hashes: list[bytes]) -> Kept:
        before = self._before(file, hashes)
        removed = self._transaction.execute(_REMOVE, (self._tenant_id, file, hashes)).rowcount if hashes else 0
        people = {key for key, _ in before if key}
        return Kept(0, 0, 0, 0, removed=removed, before=before, people=people)

    def load(self, table: str, rows: Sequence[Mapping[str, object]]) -> LoadReport:
        """Insert or update rows of a record table, people by key."""
        report = load_rows(self._transaction, self._tenant_id, BY_NAME[table], rows)
        self.records_changed |= bool(report.new or report.changed)
        return report

    def archive_courses(self, course_ids: Collection[str]) -> int:
        """Archive courses."""
        self._transaction.execute("SELECT set_config('akademos.record_action', 'archive', true)")
        done = self._transaction.execute(_ARCHIVE, (self._tenant_id, list(course_ids))).fetchall()
        self._transaction.execute("SELECT set_config('akademos.record_action', '', true)")
        self.records_changed |= bool(done)
        return len(done)

    def end_memberships(self, ended: Collection[tuple[str, str, str]], *, on: str) -> int:
        """(learner_key, course_id, role): a student is withdrawn on that day, a teacher's assignment goes."""
        done = 0
        for role, statement in (("student", _WITHDRAW), ("teacher", _UNASSIGN)):
            people = [key for key, _, said in ended if said == role]
            courses = [course for _, course, said in ended if said == role]
            if not people:
                continue
            if role == "student":
                done += self._transaction.execute(statement, (on, people, courses, self._tenant_id, on)).rowcount
            else:
                done += self._transaction.execute(statement, (people, courses, self._tenant_id)).rowcount
        self.records_changed |= bool(done)
        return done

    def _hash(self, file: str, sourced_id: str) -> bytes:
        return self._keys.identifier_hash(self._tenant_id, f"oneroster {file}", sourced_id)

    def _owners(self, rows: Sequence[RosterRow]) -> dict[tuple[str, str], str]:
        wanted: dict[str, dict[bytes, str]] = {}
        for row in rows:
            if row.owner is not None:
                file, sourced_id = row.owner
                wanted.setdefault(file, {})[self._hash(file, sourced_id)] = sourced_id
        return {
            (file, named[hashed]): key
            for file, named in wanted.items()
            for hashed, key in self._transaction.execute(_OWNERS, (self._tenant_id, file, list(named)))
            if key is not None
        }

    def _standing(self, file: str, hashes: Sequence[bytes]) -> dict[bytes, _Standing]:
        rows = self._transaction.execute(_STANDING, (self._tenant_id, file, list(hashes)))
        return {hashed: _Standing(digest, position, key) for hashed, digest, position, key in rows}

    def _last(self, file: str) -> int:
        row = self._transaction.execute(_LAST, (self._tenant_id, file)).fetchone()
        return int(row[0]) if row else 0

    def _before(self, file: str, hashes: list[bytes]) -> list[tuple[str | None, str]]:
        if not hashes:
            return []
        return list(self._opened(" AND r.row_hash = ANY(%b)", (self._tenant_id, file, hashes)))

    def _write(self, file: str, writes: Sequence[tuple[bytes, int, str | None, str, bytes]]) -> None:
        if not writes:
            return
        people = sorted({owner for _, _, owner, _, _ in writes if owner})
        data_keys = {
            key: self._keys.unwrap(self._tenant_id, key, wrapped)
            for key, wrapped in self._transaction.execute(
                "SELECT learner_key::text, data_key FROM people WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[])",
                (self._tenant_id, people),
            )
        }
        kept = [one for one in writes if one[2] is None or one[2] in data_keys]  # else erased meanwhile
        contents = [
            text.encode() if owner is None else seal(data_keys[owner], text, os.urandom(NONCE_BYTES))
            for _, _, owner, text, _ in kept
        ]
        self._transaction.execute(
            _WRITE,
            (
                self._tenant_id, file, [one[0] for one in kept], [one[1] for one in kept], [one[2] for one in kept],
                contents, [one[4] for one in kept],
            ),
        )  # fmt: skip
