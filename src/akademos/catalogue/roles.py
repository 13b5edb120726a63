"""The roles, what each may ask and about whom: the one matrix that the gate obeys and the reference prints."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

from akademos.catalogue.declarations import Purpose

Role = Literal[
    "learner", "instructor", "advisor", "analyst", "product", "researcher", "steward", "operator", "admin", "service"
]
ROLES: tuple[Role, ...] = get_args(Role)


class Question(StrEnum):
    """What kind of thing somebody asks for."""

    INDIVIDUAL = "individual"  # one learner's data
    AGGREGATE = "aggregate"  # groups, under disclosure control
    RELEASE = "release"  # released research datasets
    GOVERNANCE = "governance"  # consent ledger, audit log, quality, retention: no learner's data
    OPERATIONS = "operations"  # health, jobs, incidents, cost: no learner's data
    CATALOGUE = "catalogue"  # what data there is, its quality and lineage, and asking for access: no learner's data
    INGEST = "ingest"  # sending events and recording decisions, no answers


class Reach(StrEnum):
    """Which individuals a role may ask about."""

    NOBODY = "nobody"
    SELF = "self"
    OWN_COURSES = "learners of own courses"
    OWN_ADVISEES = "own advisees"
    TENANT = "the tenant's records"  # of records only: no role asks about individuals at large


class Source(StrEnum):
    """What makes a role stand for a person in a tenant, besides a grant of the tenant or a mapped claim."""

    EVERYBODY = "everybody"  # nothing needed
    ROSTER = "roster"  # a staff or advisee assignment of today
    GRANT = "grant"  # nothing else
    KEY = "key"  # an API key only, never a person


@dataclass(frozen=True, slots=True)
class RoleRule:
    """What one role may ask.

    `asks_for` are purposes that a learner must consent to beside those of the answer, because this role uses the
    answer for them. `refusal` says why the role gets no individual.
    """

    name: Role
    description: str
    questions: frozenset[Question]
    source: Source
    reach: Reach = Reach.NOBODY
    asks_for: tuple[Purpose, ...] = ()
    refusal: str = ""


ROLE_RULES: tuple[RoleRule, ...] = (
    RoleRule(
        "learner",
        "A person about themself.",
        frozenset({Question.INDIVIDUAL}),
        Source.EVERYBODY,
        Reach.SELF,
    ),
    RoleRule(
        "instructor",
        "Teaching staff about the learners enrolled in the courses they are assigned to.",
        frozenset({Question.INDIVIDUAL, Question.AGGREGATE, Question.CATALOGUE}),
        Source.ROSTER,
        Reach.OWN_COURSES,
    ),
    RoleRule(
        "advisor",
        "Advising staff about the learners on their advising roster, for advising only: the learner must consent to "
        "advising and to what the answer was made for.",
        frozenset({Question.INDIVIDUAL, Question.CATALOGUE}),
        Source.ROSTER,
        Reach.OWN_ADVISEES,
        (Purpose.ADVISING,),
    ),
    RoleRule(
        "analyst",
        "Analysts of the institution, about groups.",
        frozenset({Question.AGGREGATE, Question.CATALOGUE}),
        Source.GRANT,
        refusal="Analysts see aggregates, no individual learner.",
    ),
    RoleRule(
        "product",
        "Product and content team, about groups.",
        frozenset({Question.AGGREGATE, Question.CATALOGUE}),
        Source.GRANT,
        refusal="The product team sees aggregates, no individual learner.",
    ),
    RoleRule(
        "researcher",
        "Researchers, in datasets that were released.",
        frozenset({Question.RELEASE, Question.CATALOGUE}),
        Source.GRANT,
        refusal="Researchers work in released datasets, with no individual learner in them.",
    ),
    RoleRule(
        "steward",
        "Data stewards and protection officers, about what is held and why.",
        frozenset({Question.GOVERNANCE, Question.CATALOGUE}),
        Source.GRANT,
        refusal="Stewards see what is held and why, no learner's data.",
    ),
    RoleRule(
        "operator",
        "Whoever keeps the installation running.",
        frozenset({Question.OPERATIONS, Question.CATALOGUE}),
        Source.GRANT,
        refusal="Operators see how the installation runs, no learner's data.",
    ),
    RoleRule(
        "admin",
        "Administrators of the institution, about groups.",
        frozenset({Question.AGGREGATE, Question.GOVERNANCE, Question.OPERATIONS, Question.CATALOGUE}),
        Source.GRANT,
        refusal="Administrators see aggregates, no individual learner.",
    ),
    RoleRule(
        "service",
        "Applications that send events, record decisions and keep learning records, each with a key for it.",
        frozenset({Question.INGEST}),
        Source.KEY,
        refusal="Service accounts read no learner's answers.",
    ),
)
"""Every role once."""

RULE_OF: dict[Role, RoleRule] = {rule.name: rule for rule in ROLE_RULES}

GRANTABLE: tuple[Role, ...] = tuple(rule.name for rule in ROLE_RULES if rule.source in {Source.ROSTER, Source.GRANT})
"""Roles that a tenant can grant to a person, and a provider's claim can be mapped to."""

SIGN_IN_ORDER: tuple[Role, ...] = (*GRANTABLE, "learner")
"""Which role a person signs in with who has several and names none."""


def known_role(text: object) -> Role | None:
    """The role of that name, if there is one."""
    return next((role for role in ROLES if role == text), None)
