"""The door to the learning records: role, scope of keys, purposes. The store holds reach and consent in its
transaction, row by row; refusals about records of people are logged here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from akademos.catalogue.declarations import Basis
from akademos.catalogue.records.declaration import Record, Verb
from akademos.catalogue.roles import RULE_OF
from akademos.errors import Forbidden
from akademos.serving.principal import Principal
from akademos.serving.services import Services
from akademos.stores.ports.access import AccessEntry
from akademos.stores.ports.record_store import Asker
from akademos.telemetry import CONSENT_DECISIONS

SCOPE = "records"
"""What a service account's key must be good for."""


@contextmanager
def asking(
    services: Services,
    principal: Principal,
    record: Record,
    verb: Verb,
    what: str,
    *,
    action: str | None = None,
    reason: str | None = None,
) -> Iterator[Asker]:
    """Who asks for what of a record, for the store; a refusal, also the store's, is logged where it is about people.

    Raises:
        Forbidden: the role may not do this with the record, or the key is for something else.
    """
    personal = record.subject is not None
    purposes = set(record.purposes) if personal and record.basis is Basis.CONSENT else set()
    if personal:
        purposes |= set(RULE_OF[principal.role].asks_for)
    asker = Asker(
        principal.tenant_id,
        principal.role,
        principal.user_id,
        "key" if principal.way == "key" else "person",
        tuple(one for one in record.access if one.role == principal.role and one.lets(verb, action)),
        tuple(sorted(purposes)),
        what,
        reason,
    )
    try:
        _require_role(principal, record, asker, action or verb)
        yield asker
    except Forbidden as refusal:
        if personal:
            CONSENT_DECISIONS.labels(refusal.code).inc()
            services.readings.record(principal.tenant_id, _entry(services, principal, asker, refusal.code))
        raise


def _require_role(principal: Principal, record: Record, asker: Asker, act: str) -> None:
    if not asker.entitled:
        roles = ", ".join(sorted({one.role for one in record.access if one.role != "service"})) or "no role"
        raise Forbidden(
            f"The role {principal.role} may not {act} a {record.singular}.",
            hint=f"Of people, {roles} have to do with it; docs/reference/records.md says who may do what.",
            code="role",
        )
    if principal.role == "service" and SCOPE not in principal.scopes:
        raise Forbidden(
            "The key is not for records.",
            hint=f"Use a key with the scope {SCOPE}: `akademos tenant key create TENANT NAME --scope {SCOPE}`.",
            code="scope",
        )


def _entry(services: Services, principal: Principal, asker: Asker, decision: str) -> AccessEntry:
    name = (
        f"key:{principal.user_id}"
        if principal.way == "key"
        else services.identity.actor(principal.tenant_id, principal.user_id)
    )
    return AccessEntry(
        actor=name,
        role=principal.role,
        subject=None,
        what=asker.what,
        purpose=",".join(asker.purposes),
        reason=None,
        decision=decision,
    )
