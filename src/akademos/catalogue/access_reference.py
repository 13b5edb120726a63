"""Reference pages about access: the matrix of roles, and what a tenant can set."""

from __future__ import annotations

from akademos.catalogue.reference import page, table
from akademos.catalogue.roles import ROLE_RULES, Question, Source
from akademos.catalogue.tenant_settings import TENANT_SETTINGS

_SOURCES = {
    Source.EVERYBODY: "nothing: it stands for everybody",
    Source.ROSTER: "an assignment of today on a roster, a grant, or a mapped claim",
    Source.GRANT: "a grant, or a mapped claim",
    Source.KEY: "an API key",
}


def roles_page() -> str:
    """What each role may ask, about whom, and what makes it stand."""
    questions = tuple(Question)
    return page(
        "Roles",
        "What a role may ask. The gate obeys this matrix; a revoked role stands for nothing, whoever claims it. "
        "An individual is served only if the learner consents, on that very request, to the purposes of the answer and "
        "to those named here.",
        table(
            ("Role", *(one.value for one in questions), "About whom", "Also consented to", "Stands by", "Who"),
            (
                (
                    f"`{rule.name}`",
                    *("yes" if one in rule.questions else "" for one in questions),
                    rule.reach.value,
                    ", ".join(f"`{purpose}`" for purpose in rule.asks_for),
                    _SOURCES[rule.source],
                    rule.description,
                )
                for rule in ROLE_RULES
            ),
        ),
    )


def tenant_settings_page() -> str:
    """What a tenant can set for itself."""
    return page(
        "Settings of a tenant",
        "Set with `akademos tenant set TENANT NAME VALUE`, shown with `akademos tenant show TENANT`; each change is in "
        "the audit log. `time_zone` and `group_floor` are set in the same way.",
        table(
            ("Setting", "Default", "Meaning"),
            ((f"`{one.name}`", one.default and f"`{one.default}`", one.description) for one in TENANT_SETTINGS),
        ),
    )
