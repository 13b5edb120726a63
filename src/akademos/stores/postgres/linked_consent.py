"""Consent of people with several keys: what a decision reaches, what stands, what an unmerge takes back.

The strictest decision stands: what is withdrawn, paused, restricted or objected to under one key is so for all of them.
A withdrawal of the person is written under every key. A grant is written under the key it was given by, and lifts what
stands in its way under others, as do the ends of a pause, a restriction and an objection; should two keys turn out to
be of different people, such a lift is taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from akademos.catalogue.declarations import Purpose
from akademos.privacy.pseudonyms import Keys
from akademos.privacy.standing import FREEING, Decision, PurposeStanding
from akademos.stores.ports.consent import NO_PROOF, UNDECIDED
from akademos.stores.postgres.consent_rows import Change, data_key_of, next_version, record_decision
from akademos.stores.postgres.database import Transaction
from akademos.stores.postgres.person_sql import LIVE, keys_of, person_of

LINKED = "linked"
"""`recorded_by` of what a decision under another key of the same person did."""

INVERSE: dict[Decision, Decision] = {
    "granted": "withdrawn",
    "resumed": "paused",
    "restriction_lifted": "restricted",
    "objection_withdrawn": "objected",
}

_OTHERS = f"""
    SELECT key::text FROM ({keys_of("%(tenant)s", "%(key)s::uuid")}) AS mine WHERE key <> %(key)s::uuid ORDER BY key
"""
_LOCK = """
    SELECT FROM consent_state WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[])
    ORDER BY learner_key, purpose FOR UPDATE
"""
_DECISIONS = f"""
    SELECT purpose, {LIVE} FROM consent_state WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[])
    GROUP BY purpose ORDER BY purpose
"""
_WITHDRAWAL = "INSERT INTO withdrawals (tenant_id, learner_key, version) VALUES (%s, %s, %s)"
_STANDINGS = """
    SELECT purpose, granted, paused, restricted, objected, basis FROM consent_state
    WHERE tenant_id = %s AND learner_key = %s AND purpose = ANY(%s) ORDER BY purpose
"""
# A lift that still is the last word under its key, and under which key the decision was taken that made it.
_LIFTS = f"""
    SELECT s.learner_key::text, s.purpose, h.decision, h.text_version, g.learner_key::text
    FROM consent_state s
        JOIN consent_history h USING (tenant_id, learner_key, purpose, version)
        JOIN consent_history g ON g.tenant_id = h.tenant_id AND g.version = h.version AND g.purpose = h.purpose
    WHERE s.tenant_id = %s AND s.learner_key = ANY(%s::uuid[]) AND h.recorded_by = '{LINKED}'
        AND h.decision = ANY(%s) AND g.recorded_by <> '{LINKED}'
"""
_PEOPLE = f"""
    WITH persons AS MATERIALIZED (
        SELECT DISTINCT {person_of("%(tenant)s", "k")} AS person FROM unnest(%(keys)s::uuid[]) AS k
    ), mine AS MATERIALIZED (
        SELECT person, person AS key FROM persons
        UNION ALL
        SELECT person, l.learner_key FROM persons
            JOIN identity_links l ON l.tenant_id = %(tenant)s AND l.person_key = person
    )
    SELECT person::text, array_agg(key::text ORDER BY key) FILTER (WHERE live) FROM mine
        JOIN consent_state c ON c.tenant_id = %(tenant)s AND c.learner_key = key AND c.purpose = %(purpose)s
    GROUP BY person HAVING {LIVE}
"""


def lock(transaction: Transaction, tenant_id: str, keys: Sequence[str]) -> None:
    """Wait for whoever writes by the consent of these keys, and keep others from it until the transaction ends."""
    transaction.execute(_LOCK, (tenant_id, list(keys)))


def decisions(transaction: Transaction, tenant_id: str, keys: Collection[str]) -> dict[str, bool]:
    """By purpose whether it is live for a person with these keys; a purpose without any decision is absent."""
    return dict(transaction.execute(_DECISIONS, (tenant_id, list(keys))).fetchall())


def people(
    transaction: Transaction, tenant_id: str, keys: Collection[str], purpose: Purpose
) -> dict[str, tuple[str, ...]]:
    """Of the people behind keys those for whom a purpose is live, each with the keys that it was granted under."""
    values = {"tenant": tenant_id, "keys": list(keys), "purpose": purpose.value}
    return {person: tuple(granted) for person, granted in transaction.execute(_PEOPLE, values)}


def reach(
    transaction: Transaction, keys: Keys, change: Change, learner_key: str, purposes: Sequence[Purpose]
) -> list[str]:
    """Carry a decision to the person's other keys; which keys it reached.

    A withdrawal gets a version of its own under each key, since each has its rows deleted by a job of that number. A
    pause, a restriction and an objection need no carrying: they stop the person under whichever key they stand.
    """
    if change.decision != "withdrawn" and change.decision not in FREEING:
        return []
    tenant_id, reached = change.tenant_id, []
    linked = replace(change, recorded_by=LINKED, proof=NO_PROOF)
    for (key,) in transaction.execute(_OTHERS, {"tenant": tenant_id, "key": learner_key}).fetchall():
        data_key = data_key_of(transaction, keys, tenant_id, key)
        if change.decision == "withdrawn":
            _withdraw(transaction, linked, key, purposes, data_key)
            reached.append(key)
            continue
        rows = transaction.execute(_STANDINGS, (tenant_id, key, [one.value for one in purposes])).fetchall()
        lifts = [(Purpose(row[0]), _lift(PurposeStanding(*row[1:5]), row[5], change.decision)) for row in rows]
        for purpose, lift in lifts:
            if lift is not None:
                record_decision(transaction, replace(linked, decision=lift), key, [purpose], data_key)
        if any(lift for _, lift in lifts):
            reached.append(key)
    return reached


def _lift(standing: PurposeStanding, basis: str, decision: Decision) -> Decision | None:
    """What a freeing decision of the person does under another key, if anything stands there for it to lift."""
    match decision:
        case "granted":
            if not standing.granted:
                return "granted" if basis != UNDECIDED else None
            return "resumed" if standing.paused else None
        case "resumed":
            return decision if standing.paused else None
        case "restriction_lifted":
            return decision if standing.restricted else None
        case _:
            return decision if standing.objected else None


def take_back_lifts(
    transaction: Transaction, keys: Keys, tenant_id: str, people_now: Sequence[frozenset[str]], version: int
) -> None:
    """After an unmerge: what somebody lifted who is another person now stands again."""
    person = {key: number for number, mine in enumerate(people_now) for key in mine}
    found = transaction.execute(_LIFTS, (tenant_id, list(person), list(INVERSE))).fetchall()
    for key, purpose, decision, text_version, giver in found:
        if person.get(giver) == person[key]:
            continue
        change = Change(tenant_id, version, INVERSE[decision], "consent", text_version, f"unmerge: {version}", NO_PROOF)
        data_key = data_key_of(transaction, keys, tenant_id, key)
        if change.decision == "withdrawn":
            _withdraw(transaction, change, key, [Purpose(purpose)], data_key)
        else:
            record_decision(transaction, change, key, [Purpose(purpose)], data_key)


def _withdraw(transaction: Transaction, change: Change, key: str, purposes: Sequence[Purpose], data_key: bytes) -> None:
    own = replace(change, version=next_version(transaction, change.tenant_id))
    record_decision(transaction, own, key, purposes, data_key)
    transaction.execute(_WITHDRAWAL, (change.tenant_id, key, own.version))
