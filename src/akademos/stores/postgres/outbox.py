"""The outbox on PostgreSQL: consumers that follow the sequence of record changes (`outbox_places`)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.declarations import Purpose
from akademos.catalogue.outbox import OUTBOX_LIMITS
from akademos.errors import AkademosError, Conflict, InputError, NotFound
from akademos.outbox.selection import PublishedRecord
from akademos.outbox.signature import SECRET_BYTES, secret_text
from akademos.privacy.pseudonyms import NONCE_BYTES, Keys, seal
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.outbox import Consumer, Letter, Page, State, Wanted
from akademos.stores.postgres import audit
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.outbox_pages import AT_PLACES, FOLLOWING, Pages
from akademos.stores.postgres.outbox_places import give_places, lock_head, next_place, waiting_tenants

SECRETS = "webhooks"
"""Use of the tenant's key under which secrets are sealed."""

SCANNED = 20_000
"""Places looked at for one page; a consumer of few records comes forward by as many."""

CONSUMER_COLUMNS = """
    tenant_id, consumer, records, people, purposes, basis, url, batch, attempts, position, state, failures,
    next_attempt_at, last_error, created_at, (SELECT count(*) FROM outbox_letters l
        WHERE l.tenant_id = outbox_consumers.tenant_id AND l.consumer = outbox_consumers.consumer)
"""
_HEAD = "SELECT coalesce((SELECT position FROM outbox_heads WHERE tenant_id = %s), 0)"
_FIRST = "SELECT min(position) FROM outbox WHERE tenant_id = %s"
_CONSUMERS = f"SELECT {CONSUMER_COLUMNS} FROM outbox_consumers WHERE tenant_id = %s ORDER BY consumer"
_CONSUMER = f"SELECT {CONSUMER_COLUMNS} FROM outbox_consumers WHERE tenant_id = %s AND consumer = %s"
_ADD = """
    INSERT INTO outbox_consumers
        (tenant_id, consumer, records, people, purposes, basis, url, secret, batch, attempts, position)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_SET_STATE = """
    UPDATE outbox_consumers SET state = %s, failures = 0, next_attempt_at = now(), last_error = NULL
    WHERE tenant_id = %s AND consumer = %s
"""
_ROTATE = """
    UPDATE outbox_consumers SET previous_secret = secret, previous_until = now() + %s, secret = %s
    WHERE tenant_id = %s AND consumer = %s AND url IS NOT NULL
"""
_REMOVE = "DELETE FROM outbox_consumers WHERE tenant_id = %s AND consumer = %s"
_LOCK = "SELECT position FROM outbox_consumers WHERE tenant_id = %s AND consumer = %s FOR UPDATE"
_MOVE = """
    UPDATE outbox_consumers SET position = %s, failures = 0, next_attempt_at = now(), lease = NULL, leased_until = NULL
    WHERE tenant_id = %s AND consumer = %s
"""
CONFIRM_UP_TO = """
    UPDATE outbox_notices SET confirmed_at = now(), people = NULL
    WHERE tenant_id = %s AND consumer = %s AND position <= %s AND confirmed_at IS NULL
"""
_LETTERS = """
    SELECT position, attempts, reason, at FROM outbox_letters WHERE tenant_id = %s AND consumer = %s ORDER BY position
"""
_AGAIN = "UPDATE outbox_letters SET again = true WHERE tenant_id = %s AND consumer = %s AND NOT again"
_UNCONFIRMED = """
    SELECT position, erasure_id, people FROM outbox_notices
    WHERE tenant_id = %s AND consumer = %s AND confirmed_at IS NULL ORDER BY position
"""
_RETELL = "UPDATE outbox_notices SET position = %s WHERE tenant_id = %s AND consumer = %s AND position = %s"


class PostgresOutbox:
    """Adapter of the port `Outbox`.

    Args:
        published: what of each record may leave.
        check_url: refuses an address that no webhook may have.
    """

    def __init__(
        self,
        database: Database,
        keys: Keys,
        published: Mapping[str, PublishedRecord],
        *,
        check_url: Callable[[str], None],
    ) -> None:
        self._database = database
        self._keys = keys
        self._published = published
        self._check_url = check_url
        self._pages = Pages(keys, published)

    def sequence(self) -> int:
        """Give places to committed changes that have none; see the port."""
        return sum(give_places(self._database, tenant_id) for tenant_id in waiting_tenants(self._database))

    def add(self, tenant_id: str, wanted: Wanted, *, actor: str) -> str | None:
        """Take on a consumer; see the port."""
        self._check(wanted)
        secret = None if wanted.url is None else secrets.token_bytes(SECRET_BYTES)
        give_places(self._database, tenant_id)  # what was committed before is before it
        with self._database.pipeline() as transaction:
            if transaction.execute("SELECT 1 FROM tenants WHERE tenant_id = %s", (tenant_id,)).fetchone() is None:
                raise NotFound(f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`.")
            start = _first(transaction, tenant_id) - 1 if wanted.from_beginning else _head(transaction, tenant_id)
            sealed = None if secret is None else self._sealed(tenant_id, secret)
            purposes = [one.value for one in wanted.purposes]
            try:
                transaction.execute(
                    _ADD,
                    (tenant_id, wanted.name, list(wanted.records), wanted.people, purposes, wanted.basis.strip(),
                     wanted.url, sealed, wanted.batch, wanted.attempts, start),
                )  # fmt: skip
            except psycopg.errors.UniqueViolation:
                raise Conflict(
                    f"There is a consumer `{wanted.name}` already.",
                    hint="`akademos outbox list` shows it.",
                    code="consumer_exists",
                ) from None
            _note(
                transaction,
                tenant_id,
                actor,
                wanted.name,
                "added",
                records=[*wanted.records],
                people=wanted.people,
                purposes=[*purposes],
                basis=wanted.basis.strip(),
                webhook=wanted.url is not None,
            )
        return None if secret is None else secret_text(secret)

    def _check(self, wanted: Wanted) -> None:
        unknown = [one for one in wanted.records if one not in self._published]
        if unknown or not wanted.records:
            raise InputError(
                f"Nothing is published of `{unknown[0]}`." if unknown else "The consumer names no record.",
                hint="Records: " + ", ".join(sorted(self._published)) + ".",
                code="record_unknown",
                pointer="/records",
            )
        if wanted.people == "user_id" and not wanted.basis.strip():
            raise InputError(
                "User ids leave on a recorded basis only.",
                hint="Name the contract or the law on which the recipient may know who people are.",
                code="basis_missing",
                pointer="/basis",
            )
        if wanted.url is not None:
            self._check_url(wanted.url)

    def _sealed(self, tenant_id: str, secret: bytes) -> bytes:
        return seal(self._keys.derived(tenant_id, SECRETS), secret.hex(), os.urandom(NONCE_BYTES))

    def consumers(self, tenant_id: str) -> list[Consumer]:
        """By name."""
        with self._database.serving(tenant_id) as transaction:
            return [consumer_of(row) for row in transaction.execute(_CONSUMERS, (tenant_id,))]

    def consumer(self, tenant_id: str, name: str) -> Consumer:
        """One of them; see the port."""
        with self._database.serving(tenant_id) as transaction:
            return _consumer(transaction, tenant_id, name)

    def set_state(self, tenant_id: str, name: str, state: State, *, actor: str) -> None:
        """Pause or resume; see the port."""
        with self._database.pipeline() as transaction:
            if not transaction.execute(_SET_STATE, (state, tenant_id, name)).rowcount:
                raise _nobody(name)
            _note(transaction, tenant_id, actor, name, state)

    def rotate(self, tenant_id: str, name: str, *, actor: str) -> str:
        """Make a new secret; see the port."""
        secret = secrets.token_bytes(SECRET_BYTES)
        values = (OUTBOX_LIMITS.secret_grace, self._sealed(tenant_id, secret), tenant_id, name)
        with self._database.pipeline() as transaction:
            if not transaction.execute(_ROTATE, values).rowcount:
                raise _nobody(name, "a webhook")
            _note(transaction, tenant_id, actor, name, "secret rotated")
        return secret_text(secret)

    def remove(self, tenant_id: str, name: str, *, actor: str) -> None:
        """Forget a consumer; see the port."""
        with self._database.pipeline() as transaction:
            if not transaction.execute(_REMOVE, (tenant_id, name)).rowcount:
                raise _nobody(name)
            _note(transaction, tenant_id, actor, name, "removed")

    def read(self, tenant_id: str, name: str, *, after: int | None, limit: int, actor: str) -> Page:
        """What follows a position; see the port."""
        give_places(self._database, tenant_id)
        with self._database.serving(tenant_id) as transaction:
            consumer = _consumer(transaction, tenant_id, name)
            if consumer.state != "active":
                raise Conflict(
                    f"The consumer `{name}` is paused.",
                    hint="Have it resumed (`akademos outbox resume`).",
                    code="consumer_paused",
                )
            return self.page(transaction, consumer, after=after, limit=limit, actor=actor)

    def page(self, transaction: Transaction, consumer: Consumer, *, after: int | None, limit: int, actor: str) -> Page:
        """`read` in a transaction that is open, of a consumer that is known."""
        tenant_id = consumer.tenant_id
        start = consumer.position if after is None else after
        head = _head(transaction, tenant_id)
        if start > head:
            raise _unknown(start)
        first = _first(transaction, tenant_id)
        if start < first - 1:
            raise AkademosError(
                "What follows this cursor is no longer kept.",
                hint="Take stock of the records anew, then have the consumer restarted (`akademos outbox restart`).",
                code="cursor_expired",
                status=410,
            )
        until = min(head, start + SCANNED)
        values = {
            "tenant": tenant_id,
            "consumer": consumer.name,
            "records": list(consumer.records),
            "after": start,
            "until": until,
            "limit": limit,
        }
        rows = transaction.execute(FOLLOWING, values).fetchall()
        cursor = until if len(rows) < limit else rows[-1][0]
        return Page(self._pages.events(transaction, consumer, rows, actor=actor), start, cursor, head)

    def page_of(self, transaction: Transaction, consumer: Consumer, places: Sequence[int], *, actor: str) -> Page:
        """Some places again, in a transaction that is open."""
        values = {
            "tenant": consumer.tenant_id,
            "consumer": consumer.name,
            "records": list(consumer.records),
            "positions": list(places),
        }
        rows = transaction.execute(AT_PLACES, values).fetchall()
        events = self._pages.events(transaction, consumer, rows, actor=actor)
        return Page(events, places[0] - 1, places[-1], places[-1])

    def acknowledge(self, tenant_id: str, name: str, cursor: int, *, after: int | None) -> Consumer:
        """Say that everything up to a position is taken care of; see the port."""
        with self._database.pipeline() as transaction:
            present = _locked(transaction, tenant_id, name)
            if cursor > _head(transaction, tenant_id):
                raise _unknown(cursor)
            if cursor < present:
                raise Conflict(
                    f"More is acknowledged than {cursor}: {present}.",
                    hint="To get events again, replay them.",
                    code="cursor_behind",
                )
            if after is not None and present not in {after, cursor}:
                raise Conflict(
                    f"Acknowledged by now is {present}, not {after}.",
                    hint="Somebody else works as this consumer: read again, and drop what you took.",
                    code="cursor_moved",
                )
            transaction.execute(_MOVE, (cursor, tenant_id, name))
            transaction.execute(CONFIRM_UP_TO, (tenant_id, name, cursor))
            return _consumer(transaction, tenant_id, name)

    def replay(self, tenant_id: str, name: str, *, after: int, actor: str) -> Consumer:
        """Go back to a position; see the port."""
        with self._database.pipeline() as transaction:
            present = _locked(transaction, tenant_id, name)
            if after > present:
                raise _unknown(after)
            transaction.execute(_MOVE, (after, tenant_id, name))
            consumer = _consumer(transaction, tenant_id, name)
            _note(transaction, tenant_id, actor, name, "replayed", after=after, before=present)
        return consumer

    def restart(self, tenant_id: str, name: str, *, actor: str) -> Consumer:
        """Follow from now on; notices of erasures that are not confirmed come again; see the port."""
        with self._database.pipeline() as transaction:
            head = lock_head(transaction, tenant_id)
            present = _locked(transaction, tenant_id, name)
            transaction.execute(_MOVE, (head, tenant_id, name))
            for position, _, _ in transaction.execute(_UNCONFIRMED, (tenant_id, name)).fetchall():
                head = next_place(transaction, tenant_id, head)
                transaction.execute(_RETELL, (head, tenant_id, name, position))
            consumer = _consumer(transaction, tenant_id, name)
            _note(transaction, tenant_id, actor, name, "restarted", before=present)
        return consumer

    def letters(self, tenant_id: str, name: str) -> list[Letter]:
        """The dead letters of a consumer; see the port."""
        with self._database.serving(tenant_id) as transaction:
            _consumer(transaction, tenant_id, name)
            return [Letter(*row) for row in transaction.execute(_LETTERS, (tenant_id, name))]

    def replay_letters(self, tenant_id: str, name: str, *, actor: str) -> int:
        """Have the dead letters sent again; see the port."""
        with self._database.pipeline() as transaction:
            _locked(transaction, tenant_id, name)
            count = transaction.execute(_AGAIN, (tenant_id, name)).rowcount
            if count:
                _note(transaction, tenant_id, actor, name, "dead letters replayed", letters=count)
        return count


def consumer_of(row: tuple[Any, ...]) -> Consumer:
    """The consumer from its `CONSUMER_COLUMNS`."""
    tenant_id, name, records, people, purposes, basis, url, batch, attempts, position, state, failures = row[:12]
    next_attempt_at, last_error, created_at, letters = row[12:16]
    return Consumer(
        tenant_id=tenant_id,
        name=name,
        records=tuple(records),
        people=people,
        purposes=tuple(map(Purpose, purposes)),
        basis=basis,
        url=url,
        batch=batch,
        attempts=attempts,
        position=position,
        state=state,
        failures=failures,
        next_attempt_at=next_attempt_at,
        last_error=last_error,
        letters=letters,
        created_at=created_at,
    )


def _consumer(transaction: Transaction, tenant_id: str, name: str) -> Consumer:
    row = transaction.execute(_CONSUMER, (tenant_id, name)).fetchone()
    if row is None:
        raise _nobody(name)
    return consumer_of(row)


def _locked(transaction: Transaction, tenant_id: str, name: str) -> int:
    row = transaction.execute(_LOCK, (tenant_id, name)).fetchone()
    if row is None:
        raise _nobody(name)
    return int(row[0])


def _head(transaction: Transaction, tenant_id: str) -> int:
    ((head,),) = transaction.execute(_HEAD, (tenant_id,))
    return int(head)


def _first(transaction: Transaction, tenant_id: str) -> int:
    """The first place that is kept; the one after the end where none is."""
    ((first,),) = transaction.execute(_FIRST, (tenant_id,))
    return _head(transaction, tenant_id) + 1 if first is None else int(first)


def _nobody(name: str, what: str = "a consumer") -> NotFound:
    return NotFound(
        f"There is no `{name}` that is {what}.",
        hint="`akademos outbox list` shows the consumers.",
        code="consumer_unknown",
    )


def _unknown(cursor: int) -> InputError:
    return InputError(
        f"There is no cursor {cursor} yet.",
        hint="Use the cursor that came with a page.",
        code="cursor_unknown",
    )


def _note(transaction: Transaction, tenant_id: str, actor: str, consumer: str, what: str, **detail: Json) -> None:
    said: dict[str, Json] = {"consumer": consumer, "what": what, **detail}
    audit.append(transaction, tenant_id, AuditEntry(actor, AuditAction.CONSUMER_CHANGED, None, said))
