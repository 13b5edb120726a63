"""The door to merging and splitting topics: whoever may write all that such a change touches, in the whole tenant."""

from __future__ import annotations

from akademos.catalogue.records import BY_NAME
from akademos.catalogue.roles import ROLES, Reach, Role
from akademos.errors import Forbidden
from akademos.serving.principal import Principal
from akademos.serving.record_gate import SCOPE
from akademos.stores.ports.topic_changes import KEYS


def _writes_all(role: Role) -> bool:
    return all(
        any(one.role == role and one.reach is Reach.TENANT and one.lets("update") for one in BY_NAME[table].access)
        for table in KEYS
    )


MAY_CHANGE_TOPICS: tuple[Role, ...] = tuple(role for role in ROLES if _writes_all(role))
"""By the declarations of the records that a change of topics touches."""


def require_curriculum(principal: Principal) -> None:
    """Return if the principal may change topics, and see what was changed.

    Raises:
        Forbidden: the role may not write the whole curriculum, or the key is for something else.
    """
    if principal.role not in MAY_CHANGE_TOPICS:
        raise Forbidden(
            f"The role {principal.role} may not change the topics of the whole tenant.",
            hint=f"{', '.join(MAY_CHANGE_TOPICS)} may.",
            code="role",
        )
    if principal.role == "service" and SCOPE not in principal.scopes:
        raise Forbidden(
            "The key is not for records.",
            hint=f"Use a key with the scope {SCOPE}: `akademos tenant key create TENANT NAME --scope {SCOPE}`.",
            code="scope",
        )
