"""Looking at two people before they are made one: as much as that decision needs, for whoever makes it, and logged.

Who may, and what is shown, is docs/decisions/0017-preview-of-a-merge.md.
"""

from __future__ import annotations

from akademos.errors import Forbidden
from akademos.serving.principal import Principal, name_of
from akademos.serving.services import Services
from akademos.stores.ports.access import AccessEntry
from akademos.stores.ports.identity import MergePreview

PURPOSE = "identity"


def require_administrator(principal: Principal) -> None:
    """Merges are confirmed by administrators, so nobody else looks at them.

    Raises:
        Forbidden: the role is another one.
    """
    if principal.role != "admin":
        raise Forbidden("Merges are for administrators.", hint="Sign in as an administrator.", code="role")


def previewed(
    services: Services,
    principal: Principal,
    people: tuple[str, str],
    places: tuple[str, str],
    *,
    what: str,
    reason: str,
) -> MergePreview:
    """What merging two people would join; each of them finds the look and its reason under "who saw my data".

    Args:
        people: user_id, anonymous_id or key of each.
        places: where each was said, for a refusal.
        what: address or command.
        reason: why somebody looks; names nobody.

    Raises:
        Forbidden: the principal is no administrator.
        NotFound: one of them is unknown.
    """
    require_administrator(principal)
    tenant_id = principal.tenant_id
    one, other = (
        services.identity.key_of(tenant_id, name_of(text, "person", place))
        for text, place in zip(people, places, strict=True)
    )
    found = services.identity.preview(tenant_id, one, other, services.event_counts)
    actor = services.identity.actor(tenant_id, principal.user_id)
    said = what if principal.way != "command_line" else f"command line: {what}"
    kept = reason
    for name in (*people, one, other, principal.user_id):
        kept = kept.replace(name, "[person]")
    for key in (one, other):
        about = services.readings.read(tenant_id, actor=principal.user_id, learner=key)
        entry = AccessEntry(actor, principal.role, about.learner_audit_name, said, PURPOSE, kept, "allowed")
        services.readings.record(tenant_id, entry)
    return found
