"""Writing decisions: a line of the history and the state that it makes, under the tenant's next consent version."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.declarations import Purpose
from akademos.errors import Conflict, NotFound
from akademos.privacy.pseudonyms import NONCE_BYTES, Keys, seal
from akademos.privacy.standing import Decision, PurposeStanding
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.consent import UNDECIDED, PastDecision, Proof, RecordedBasis, Taken
from akademos.stores.postgres.database import Transaction
from akademos.stores.postgres.person_sql import keys_of
from akademos.stores.postgres.stale_marks import MARKED_AGAIN

_DATA_KEY = "SELECT data_key FROM people WHERE tenant_id = %s AND learner_key = %s"
_NEXT = "UPDATE tenants SET consent_version = consent_version + 1 WHERE tenant_id = %s RETURNING consent_version"
_DECIDED = f"""
    SELECT decision, text_version, coalesce(decided_at, recorded_at) FROM consent_history
    WHERE tenant_id = %(tenant)s AND purpose = %(purpose)s
        AND learner_key IN ({keys_of("%(tenant)s", "%(key)s::uuid")})
"""
_HISTORY = """
    INSERT INTO consent_history (tenant_id, version, learner_key, purpose, decision, basis, text_version, recorded_by,
        decided_at, evidence, guardian_evidence)
    SELECT %(tenant)s, %(version)s, k, %(purpose)s, %(decision)s, %(basis)s, %(text)s, %(by)s, %(decided_at)s,
        %(evidence)s, %(guardian)s
    FROM unnest(%(keys)s::uuid[]) AS k
"""
_STANDING = """
    SELECT granted, paused, restricted, objected, basis, text_version FROM consent_state
    WHERE tenant_id = %s AND learner_key = %s AND purpose = %s
"""
_STATE = """
    INSERT INTO consent_state (tenant_id, learner_key, purpose, granted, paused, restricted, objected, version, basis,
        text_version)
    SELECT %(tenant)s, k, %(purpose)s, %(granted)s, %(paused)s, %(restricted)s, %(objected)s, %(version)s, %(basis)s,
        %(text)s
    FROM unnest(%(keys)s::uuid[]) AS k
    ON CONFLICT (tenant_id, learner_key, purpose) DO UPDATE SET granted = excluded.granted, paused = excluded.paused,
        restricted = excluded.restricted, objected = excluded.objected, version = excluded.version,
        basis = excluded.basis, text_version = excluded.text_version, changed_at = now()
"""
_MARK_STALE = f"""
    INSERT INTO stale_learner_states (tenant_id, learner_key, marked_at) VALUES (%s, %s, clock_timestamp())
    {MARKED_AGAIN}
"""
_ACTIONS: dict[Decision, AuditAction] = {
    "restricted": AuditAction.PROCESSING_RESTRICTED,
    "restriction_lifted": AuditAction.PROCESSING_RESTRICTED,
    "objected": AuditAction.OBJECTION_RAISED,
    "objection_withdrawn": AuditAction.OBJECTION_RAISED,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of the ledger, about whom and which purposes soever. `recorded_by` is `self`, `key:ID` or
    `command line:NAME`."""

    tenant_id: str
    version: int
    decision: Decision
    basis: str
    text_version: str | None
    recorded_by: str
    proof: Proof


def next_version(transaction: Transaction, tenant_id: str) -> int:
    """The tenant's next consent version. The row lock orders decisions: versions become visible in their order."""
    row = transaction.execute(_NEXT, (tenant_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`.")
    return int(row[0])


def data_key_of(transaction: Transaction, keys: Keys, tenant_id: str, learner_key: str) -> bytes:
    """The person's data key.

    Raises:
        NotFound: there is no such person (any more).
    """
    row = transaction.execute(_DATA_KEY, (tenant_id, learner_key)).fetchone()
    if row is None:
        raise NotFound("There is no such person, or not any more.", hint="Ask with the id of a person who is known.")
    return keys.unwrap(tenant_id, learner_key, row[0])


def taken_before(transaction: Transaction, tenant_id: str, one: PastDecision) -> Taken | None:
    """Whether a past decision stands in the ledger already, or the person has decided about the purpose since."""
    at = one.proof.decided_at
    rows = transaction.execute(
        _DECIDED, {"tenant": tenant_id, "key": one.learner_key, "purpose": one.purpose.value}
    ).fetchall()
    for decision, text, decided_at in rows:
        if (decision, text) == (one.decision, one.text_version or text) and decided_at == at:
            return "duplicate"
    return "superseded" if at is not None and any(decided_at > at for _, _, decided_at in rows) else None


def record_decision(
    transaction: Transaction, change: Change, learner_key: str, purposes: Sequence[Purpose], data_key: bytes
) -> bool:
    """Write a person's decision about each purpose; return whether something is live again that had been stopped.

    Raises:
        Conflict: a pause of what is not granted.
    """
    resumed = False
    for purpose in dict.fromkeys(purposes):
        found = transaction.execute(_STANDING, (change.tenant_id, learner_key, purpose.value)).fetchone()
        before = PurposeStanding(*found[:4]) if found else PurposeStanding()
        basis, text = found[4:] if found else (UNDECIDED, "")
        after = before.after(change.decision)
        if after is None:
            raise Conflict(
                f"{purpose.value} is not granted: there is nothing to pause.",
                hint="Grant it first, or leave it out.",
                code="nothing_to_pause",
            )
        if change.decision in ("granted", "withdrawn"):
            basis, text = change.basis, text if change.text_version is None else change.text_version
        shown = text if change.text_version is None else change.text_version
        values = _values(change, purpose, [learner_key])
        proof = change.proof
        sealed = {"evidence": _sealed(data_key, proof.evidence), "guardian": _sealed(data_key, proof.guardian)}
        line = {**values, **sealed, "basis": change.basis, "text": shown, "decided_at": proof.decided_at}
        transaction.execute(_HISTORY, line)
        transaction.execute(_STATE, {**values, **_standing(after), "basis": basis, "text": text})
        resumed |= after.live and before.stopped
    return resumed


def record_basis_grant(
    transaction: Transaction, basis: RecordedBasis, version: int, learner_keys: Sequence[str], purpose: Purpose
) -> None:
    """Write the grant of one purpose under a recorded basis, for people who have no standing in it."""
    name = f"basis:{basis.basis_id}"
    change = Change(basis.tenant_id, version, "granted", name, basis.text_version, basis.person_responsible, Proof())
    values = {**_values(change, purpose, learner_keys), "basis": name, "text": basis.text_version}
    transaction.execute(_HISTORY, {**values, "decided_at": None, "evidence": None, "guardian": None})
    transaction.execute(_STATE, {**values, **_standing(PurposeStanding(granted=True))})


def _values(change: Change, purpose: Purpose, learner_keys: Sequence[str]) -> dict[str, object]:
    return {
        "tenant": change.tenant_id,
        "version": change.version,
        "keys": list(learner_keys),
        "purpose": purpose.value,
        "decision": change.decision,
        "by": change.recorded_by,
    }


def _standing(standing: PurposeStanding) -> dict[str, object]:
    return {
        "granted": standing.granted,
        "paused": standing.paused,
        "restricted": standing.restricted,
        "objected": standing.objected,
    }


def _sealed(data_key: bytes, text: str | None) -> bytes | None:
    return None if text is None else seal(data_key, text, os.urandom(NONCE_BYTES))


def mark_stale(transaction: Transaction, tenant_id: str, learner_key: str) -> None:
    """Have the learner's state computed anew: while a purpose was not live, nothing was."""
    transaction.execute(_MARK_STALE, (tenant_id, learner_key))


def audit_entry(change: Change, purposes: Sequence[Purpose], subject: bytes) -> AuditEntry:
    """What the audit log keeps of a decision."""
    actor = f"person:{subject.hex()}" if change.recorded_by == "self" else change.recorded_by
    words: list[Json] = [purpose.value for purpose in dict.fromkeys(purposes)]
    detail: dict[str, Json] = {"decision": change.decision, "purposes": words, "version": change.version}
    if change.text_version is not None:
        detail["text_version"] = change.text_version
    return AuditEntry(actor, _ACTIONS.get(change.decision, AuditAction.CONSENT_DECIDED), subject, detail)
