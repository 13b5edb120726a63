"""Life cycles and readers that several records share."""

from __future__ import annotations

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.records.declaration import Access, Action, Field, LifeCycle, access
from akademos.catalogue.roles import Reach, Role

CONTENT = LifeCycle(
    "draft",
    {
        "draft": {"submit": "in_review", "archive": "archived"},
        "in_review": {"publish": "published", "return": "draft"},
        "published": {"revise": "draft", "archive": "archived"},
        "archived": {"restore": "draft"},
    },
    entries=("in_review", "published", "archived"),
)
"""Of content: reviewed before it is published; a revision begins where it was published, under the next number."""

CONTENT_ACTIONS = {
    "submit": Action("Give it to review."),
    "return": Action("Send it back to its author."),
    "publish": Action("Make it the version in force; what is in it never changes again under this number."),
    "revise": Action("Begin the next revision; what was earned stays with the one before."),
    "archive": Action("Take it out of use; nothing of it is lost."),
    "restore": Action("Take it up again, as a draft of the next revision."),
}

SHELVED = LifeCycle("active", {"active": {"archive": "archived"}, "archived": {"restore": "active"}}, ("archived",))
"""Of what is simply there or not any more."""

SHELVED_ACTIONS = {
    "archive": Action("Take it out of use; nothing of it is lost."),
    "restore": Action("Take it up again."),
}

PUBLISHED = ("published",)
ACTIVE = ("active",)

AUTHORS: tuple[Access, ...] = (
    access("product", Reach.TENANT, "read create update act"),
    access("admin", Reach.TENANT, "read create update act"),
    access("service", Reach.TENANT, "read create update act"),
)
"""Who keeps the content of a tenant; service accounts with the scope `records`."""

TEACHERS = access("instructor", Reach.OWN_COURSES, "read create update submit revise")
"""Instructors write in their own courses; that it is published is another's decision."""

CO_AUTHORS = access("instructor", Reach.OWN_COURSES, "read create update act")
"""In their own courses they write what content is made of."""

REGISTRARS: tuple[Access, ...] = (
    access("admin", Reach.TENANT, "read create update act"),
    access("service", Reach.TENANT, "read create update act"),
)
"""Who keeps the organisation of a tenant."""

_READERS: tuple[Role, ...] = ("learner", "instructor", "advisor", "analyst", "product", "researcher", "steward")


def read_by_all(*except_for: Role, states: tuple[str, ...] = ()) -> tuple[Access, ...]:
    """Everybody of the tenant may read it, where it names nobody."""
    return tuple(access(role, Reach.TENANT, "read", states) for role in _READERS if role not in except_for)


VALIDITY = Field(
    "certificate_valid_months",
    "integer",
    "how long a certificate of this revision holds, from the day of its issue; empty: for good",
    unit="months",
    least=1,
    most=1_200,
)
"""Of content that certificates are issued for."""

VALIDITY_AUDITED = {VALIDITY.name: AuditAction.CERTIFICATE_VALIDITY_SET}


def status(life_cycle: LifeCycle, description: str, *, default: str | None = None) -> Field:
    """The column of a life cycle."""
    return Field(
        life_cycle.column,
        "text",
        description,
        required=True,
        values=life_cycle.states,
        default=life_cycle.initial if default is None else default,
        looked_up=True,
        set_by="platform",
    )
