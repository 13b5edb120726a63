"""Who is whom on PostgreSQL: merges, and the links that follow from them.

A change counts up the tenant's consent version first. Its row lock orders merges and decisions, and intake, which
share-locks that version with what it writes, reads people anew. States of the learner analytics are locked out by the
rows of consent, and dropped: answers come from the core until they are computed again.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from itertools import combinations
from typing import Any

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import Conflict, NotFound
from akademos.privacy import identity
from akademos.privacy.identity import Evidence, KeyFacts
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.identity import (
    EventCounts,
    HashSeen,
    Identifier,
    Login,
    Merge,
    MergePreview,
    Side,
    Suggestion,
)
from akademos.stores.postgres import audit, linked_consent
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.person_sql import keys_of
from akademos.stores.postgres.stale_marks import MARKED_AGAIN
from akademos.stores.postgres.vault import PostgresVault

_BUMP = "UPDATE tenants SET consent_version = consent_version + 1 WHERE tenant_id = %s RETURNING consent_version"
_KEYS_OF = f"""SELECT key::text FROM ({keys_of("%(tenant)s", "%(key)s::uuid")}) AS mine"""
_FACTS = """
    SELECT p.learner_key::text, p.kind = 'staff',
        (SELECT count(*) FROM identifiers i
         WHERE i.tenant_id = p.tenant_id AND i.learner_key = p.learner_key AND i.kind = 'user'),
        p.created_at
    FROM people p WHERE p.tenant_id = %s AND p.learner_key = ANY(%s::uuid[])
"""
_STANDING = """
    SELECT first_key::text, second_key::text FROM identity_merges
    WHERE tenant_id = %s AND undone_at IS NULL AND (first_key = ANY(%s::uuid[]) OR second_key = ANY(%s::uuid[]))
"""
_UNDONE = """
    SELECT EXISTS (SELECT FROM identity_merges WHERE tenant_id = %(tenant)s AND undone_at IS NOT NULL AND (
        (first_key = ANY(%(first)s::uuid[]) AND second_key = ANY(%(second)s::uuid[]))
        OR (first_key = ANY(%(second)s::uuid[]) AND second_key = ANY(%(first)s::uuid[]))))
"""
_MERGE = """
    INSERT INTO identity_merges (tenant_id, merge_id, first_key, second_key, evidence, reason, merged_by, version)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_MERGES = """
    SELECT merge_id::text, first_key::text, second_key::text, evidence, reason, merged_by, merged_at, undone_by,
        undone_reason, undone_at
    FROM identity_merges WHERE tenant_id = %s
"""
_UNDO = """
    UPDATE identity_merges SET undone_by = %s, undone_reason = %s, undone_at = clock_timestamp()
    WHERE tenant_id = %s AND merge_id = %s
"""
_UNLINK = "DELETE FROM identity_links WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[])"
_LINK = """
    INSERT INTO identity_links (tenant_id, learner_key, person_key, version)
    SELECT %s, unnest(%s::uuid[]), unnest(%s::uuid[]), %s
"""
_SHARING = """
    SELECT DISTINCT o.learner_key::text FROM identity_hashes h JOIN identity_hashes o USING (tenant_id, keyed_hash)
    WHERE h.tenant_id = %s AND h.keyed_hash = %s AND o.learner_key <> %s ORDER BY 1
"""
_SHARED = """
    SELECT h.kind, array_agg(DISTINCT coalesce(l.person_key, h.learner_key)::text)
    FROM identity_hashes h LEFT JOIN identity_links l USING (tenant_id, learner_key)
    WHERE h.tenant_id = %s GROUP BY h.keyed_hash, h.kind
    HAVING count(DISTINCT coalesce(l.person_key, h.learner_key)) > 1
"""
_NOTE = """
    INSERT INTO identity_hashes (tenant_id, keyed_hash, learner_key, kind, salt_version) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""
_DROP_STATES = (
    "DELETE FROM learner_state WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[])",
    "DELETE FROM topic_mastery WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[])",
    "DELETE FROM risk_scores WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[])",
    f"""
    INSERT INTO stale_learner_states (tenant_id, learner_key, marked_at)
    SELECT %s, k, clock_timestamp() FROM unnest(%s::uuid[]) AS k
    {MARKED_AGAIN}
    """,
)
_WHY_NOT: Mapping[identity.Refusal, tuple[str, str]] = {
    "same_person": ("These are one person already.", "`akademos identity log` shows by which merge."),
    "staff": ("Staff are not merged.", "Check the ids: only learners are merged."),
    "two_users": (
        "Both are authenticated users.",
        "Look at the preview; an administrator may confirm that they are one person.",
    ),
    "undone_before": (
        "An administrator has taken these two apart.",
        "Only an administrator's confirmation can join them again.",
    ),
}


class PostgresIdentity:
    """Adapter of the port `IdentityGraph`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys
        self._vault = PostgresVault(database, keys)

    def key_of(self, tenant_id: str, text: str) -> str:
        """The key behind a user_id, an anonymous_id or a key; see the port."""
        wanted = Identifier("user", text), Identifier("anonymous", text)
        with self._database.pipeline() as transaction:
            found = self._vault.find_in(transaction, tenant_id, wanted)
            for one in wanted:
                if one in found:
                    return found[one].learner_key
            try:
                key = str(uuid.UUID(text))
            except ValueError:
                key = str(uuid.UUID(int=0))
            return next(iter(self._facts_of(transaction, tenant_id, key)))

    def actor(self, tenant_id: str, user_id: str) -> str:
        """How the audit log names a user; see the port."""
        one = Identifier("user", user_id)
        with self._database.pipeline() as transaction:
            found = self._vault.find_in(transaction, tenant_id, [one]).get(one)
            name = audit.name_of(transaction, self._keys, tenant_id, found.learner_key) if found else None
        if name is None:
            return audit.stranger_name(self._keys, tenant_id, user_id)
        return f"person:{name.hex()}"

    def keys_of(self, tenant_id: str, learner_key: str) -> tuple[str, ...]:
        """All keys of the person behind a key, the one the person is read under first."""
        with self._database.pipeline() as transaction:
            return _keys_of(transaction, tenant_id, learner_key)

    def preview(self, tenant_id: str, first: str, second: str, events_under: EventCounts) -> MergePreview:
        """What merging the people behind two keys would join; changes nothing."""
        with self._database.pipeline() as transaction:
            sides = [self._facts_of(transaction, tenant_id, key) for key in (first, second)]
            undone = _undone_before(transaction, tenant_id, *sides)
            both = [*dict.fromkeys((*sides[0], *sides[1]))]
            consents = [linked_consent.decisions(transaction, tenant_id, keys) for keys in (*sides, both)]
        events = [sum(events_under(tenant_id, list(keys)).values()) for keys in sides]
        ours, theirs = (
            Side(tuple(facts), sum(one.users for one in facts.values()), counts, said)
            for facts, counts, said in zip(sides, events, consents[:2], strict=True)
        )
        facts = [list(side.values()) for side in sides]
        return MergePreview(
            ours,
            theirs,
            identity.survivor((sides[0] | sides[1]).values()),
            consents[2],
            identity.refusal(*facts, confirmed=False, undone_before=undone),
        )

    def merge(self, tenant_id: str, first: str, second: str, *, by: str, reason: str, confirmed: bool = False) -> Merge:
        """Make the people behind two keys one; see the port."""
        with self._database.pipeline() as transaction:
            done = self._join(transaction, tenant_id, first, second, "operator", by, reason, confirmed=confirmed)
            if not isinstance(done, Merge):
                why, hint = _WHY_NOT[done]
                raise Conflict(why, hint=hint, code=done)
        return done

    def login(self, tenant_id: str, login: Login, *, by: str) -> str:
        """Link an anonymous_id to the user who signed in; see the port."""
        with self._database.pipeline() as transaction:
            known = self._vault.find_in(transaction, tenant_id, login)
            if login.anonymous not in known:
                return "unknown"
            user = self._vault.ensure_in(transaction, tenant_id, [login.user]).get(login.user)
            if user is None:  # who was erased comes back by a consent only
                return "unknown"
            anonymous = known[login.anonymous]
            done = self._join(
                transaction, tenant_id, user.learner_key, anonymous.learner_key, "login", by, None, confirmed=False
            )
        return "linked" if isinstance(done, Merge) else done

    def note_hash(self, tenant_id: str, seen: HashSeen, *, by: str) -> int:
        """Keep a client's hash of a person we know, and merge whom it joins; see the port."""
        kind, version, value = seen.hash
        with self._database.pipeline() as transaction:
            person = self._vault.find_in(transaction, tenant_id, [seen.person]).get(seen.person)
            versions = transaction.execute("SELECT version FROM tenant_salts WHERE tenant_id = %s", (tenant_id,))
            if person is None or person.kind != "learner" or not identity.counts_for([n for (n,) in versions], version):
                return 0
            secret = self._keys.derived(tenant_id, "client hashes")
            keyed = identity.keyed_hash(secret, kind, version, value)
            if not transaction.execute(_NOTE, (tenant_id, keyed, person.learner_key, kind, version)).rowcount:
                return 0  # and so everything it joins was seen to before
            sharing = transaction.execute(_SHARING, (tenant_id, keyed, person.learner_key)).fetchall()
            joined = [
                self._join(transaction, tenant_id, other, person.learner_key, "hash", by, None, confirmed=False)
                for (other,) in sharing
            ]
        return sum(isinstance(one, Merge) for one in joined)

    def _join(
        self,
        transaction: Transaction,
        tenant_id: str,
        first: str,
        second: str,
        evidence: Evidence,
        by: str,
        reason: str | None,
        *,
        confirmed: bool,
    ) -> Merge | identity.Refusal:
        ours, theirs, refused = self._judge(transaction, tenant_id, first, second, confirmed=confirmed)
        if refused is not None:  # most logins: nobody's consent version moves
            return refused
        version = _bump(transaction, tenant_id)
        ours, theirs, refused = self._judge(transaction, tenant_id, first, second, confirmed=confirmed)
        if refused is not None:
            return refused
        merge_id = str(uuid.uuid4())
        transaction.execute(_MERGE, (tenant_id, merge_id, first, second, evidence, reason, by, version))
        self._relink(transaction, tenant_id, ours | theirs, version)
        action = AuditAction.IDENTITY_LINKED if evidence == "login" else AuditAction.IDENTITY_MERGED
        self._audit(transaction, tenant_id, by, action, (first, second), merge_id, {"evidence": evidence})
        return _merge(transaction, tenant_id, merge_id)

    def _judge(
        self, transaction: Transaction, tenant_id: str, first: str, second: str, *, confirmed: bool
    ) -> tuple[dict[str, KeyFacts], dict[str, KeyFacts], identity.Refusal | None]:
        ours, theirs = (self._facts_of(transaction, tenant_id, key) for key in (first, second))
        undone = _undone_before(transaction, tenant_id, ours, theirs)
        facts = list(ours.values()), list(theirs.values())
        return ours, theirs, identity.refusal(*facts, confirmed=confirmed, undone_before=undone)

    def unmerge(self, tenant_id: str, merge_id: str, *, by: str, reason: str) -> Merge:
        """Take a merge back; see the port."""
        with self._database.pipeline() as transaction:
            version = _bump(transaction, tenant_id)
            merge = _merge(transaction, tenant_id, merge_id)
            if merge.undone_at is not None:
                raise Conflict("The merge is undone already.", hint="`akademos identity log` shows by whom.")
            facts = self._facts_of(transaction, tenant_id, merge.first_key)
            transaction.execute(_UNDO, (by, reason, tenant_id, merge_id))
            apart = self._relink(transaction, tenant_id, facts, version)
            linked_consent.take_back_lifts(transaction, self._keys, tenant_id, apart, version)
            keys = merge.first_key, merge.second_key
            self._audit(transaction, tenant_id, by, AuditAction.IDENTITY_UNMERGED, keys, merge_id, {})
            return _merge(transaction, tenant_id, merge_id)

    def _relink(
        self, transaction: Transaction, tenant_id: str, facts: Mapping[str, KeyFacts], version: int
    ) -> list[frozenset[str]]:
        """Write the links of some whole people anew, and drop what was computed of them; who they are now."""
        keys = sorted(facts)
        linked_consent.lock(transaction, tenant_id, keys)
        standing = transaction.execute(_STANDING, (tenant_id, keys, keys)).fetchall()
        links = identity.links(facts, standing)
        transaction.execute(_UNLINK, (tenant_id, keys))
        transaction.execute(_LINK, (tenant_id, list(links), list(links.values()), version))
        for statement in _DROP_STATES:
            transaction.execute(statement, (tenant_id, keys))
        return identity.people_of(keys, standing)

    def _audit(
        self,
        transaction: Transaction,
        tenant_id: str,
        by: str,
        action: AuditAction,
        keys: Iterable[str],
        merge_id: str,
        detail: Mapping[str, str],
    ) -> None:
        """One entry a side, so that each person's own log tells of it."""
        for key in keys:
            name = audit.name_of(transaction, self._keys, tenant_id, key)
            audit.append(transaction, tenant_id, AuditEntry(by, action, name, {**detail, "merge": merge_id}))

    def _facts_of(self, transaction: Transaction, tenant_id: str, learner_key: str) -> dict[str, KeyFacts]:
        """Facts of all keys of the person behind a key, the person's own first."""
        keys = _keys_of(transaction, tenant_id, learner_key)
        found = {row[0]: KeyFacts(*row) for row in transaction.execute(_FACTS, (tenant_id, list(keys)))}
        if not found:
            raise NotFound("Nobody is known by that key.", hint="Check the id and the tenant.")
        return {key: found[key] for key in keys}

    def log(self, tenant_id: str, *, limit: int = 100) -> list[Merge]:
        """Merges, the newest first."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(f"{_MERGES} ORDER BY merged_at DESC, merge_id LIMIT %s", (tenant_id, limit))
            return [Merge(*row) for row in rows]

    def suggestions(self, tenant_id: str, *, limit: int = 100) -> list[Suggestion]:
        """People who share a hash and are not one."""
        found: dict[tuple[str, str], Suggestion] = {}
        with self._database.pipeline() as transaction:
            for kind, people in transaction.execute(_SHARED, (tenant_id,)).fetchall():
                for first, second in combinations(sorted(people), 2):
                    if (first, second) not in found and len(found) < limit:
                        sides = [self._facts_of(transaction, tenant_id, key) for key in (first, second)]
                        users = sum(any(one.users for one in side.values()) for side in sides)
                        found[first, second] = Suggestion(first, second, kind, users)
        return list(found.values())


def _bump(transaction: Transaction, tenant_id: str) -> int:
    row = transaction.execute(_BUMP, (tenant_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`.")
    return int(row[0])


def keys_of_person(transaction: Transaction, tenant_id: str, learner_key: str) -> list[str]:
    """All keys of the person behind a key, that very key first."""
    return [learner_key, *(key for key in _keys_of(transaction, tenant_id, learner_key) if key != learner_key)]


def _keys_of(transaction: Transaction, tenant_id: str, learner_key: str) -> tuple[str, ...]:
    person, *others = (key for (key,) in transaction.execute(_KEYS_OF, {"tenant": tenant_id, "key": learner_key}))
    return (person, *sorted(others))


def _undone_before(transaction: Transaction, tenant_id: str, first: Collection[str], second: Collection[str]) -> bool:
    values: dict[str, Any] = {"tenant": tenant_id, "first": list(first), "second": list(second)}
    row = transaction.execute(_UNDONE, values).fetchone()
    return bool(row and row[0])


def _merge(transaction: Transaction, tenant_id: str, merge_id: str) -> Merge:
    try:
        known = str(uuid.UUID(merge_id))
    except ValueError:
        known = None
    row = transaction.execute(f"{_MERGES} AND merge_id = %s", (tenant_id, known)).fetchone()
    if row is None:
        raise NotFound("There is no such merge.", hint="`akademos identity log` lists them.")
    return Merge(*row)
