"""Which rows of a record somebody may see or change: conditions of statements, from the declared accesses.

The row is `r`; parameters are tenant, actor (key of the person who asks, null for keys) and purposes.
"""

from __future__ import annotations

from collections.abc import Sequence

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.records.declaration import Access, Record
from akademos.catalogue.roles import Reach
from akademos.stores.postgres.person_sql import ADVISEES, LIVE, keys_of, person_of

_ACTOR = "%(actor)s::uuid"
_OWN_COURSES = f"""
    SELECT s.course_id FROM staff_assignments s
    WHERE s.tenant_id = %(tenant)s AND s.learner_key = {_ACTOR} AND s.role = 'instructor'"""
_TAUGHT = f"""
    SELECT {{columns}} FROM staff_assignments s JOIN enrolments e
        ON e.tenant_id = s.tenant_id AND e.course_id = s.course_id
    WHERE s.tenant_id = %(tenant)s AND s.learner_key = {_ACTOR} AND s.role = 'instructor'
        AND (e.withdrawn_on IS NULL OR e.withdrawn_on > current_date)"""
_PERSON_OF_ENROLMENT = person_of("e.tenant_id", "e.learner_key")


def within_reach(record: Record, entitled: Sequence[Access]) -> str:
    """The condition that a row is covered by one of the accesses."""
    conditions = [_covers(record, one) for one in entitled]
    return "(" + " OR ".join(conditions) + ")" if conditions else "false"


def consents(record: Record, purposes: Sequence[Purpose]) -> str:
    """The condition that the learner of the row consents to all of `purposes`; true for rows about nobody."""
    if record.subject is None or not purposes:
        return "true"
    return f"""(
        SELECT count(*) FROM (
            SELECT 1 FROM consent_state c WHERE c.tenant_id = r.tenant_id AND c.purpose = ANY(%(purposes)s)
                AND c.learner_key IN ({keys_of("r.tenant_id", f"r.{record.subject.name}")})
            GROUP BY c.purpose HAVING {LIVE}
        ) AS strictest) = cardinality(%(purposes)s::text[])"""


def _covers(record: Record, one: Access) -> str:
    parts = [_reach(record, one.reach)]
    if one.states and record.state is not None:
        states = ", ".join(f"'{state}'" for state in one.states)
        parts.append(f"r.{record.state} IN ({states})")
    return "(" + " AND ".join(parts) + ")"


def _reach(record: Record, reach: Reach) -> str:
    subject = record.subject
    person = None if subject is None else person_of("r.tenant_id", f"r.{subject.name}")
    match reach:
        case Reach.TENANT:
            return "true"
        case Reach.SELF if subject is not None:
            return f"r.{subject.name} IN ({keys_of('%(tenant)s', _ACTOR)})"
        case Reach.OWN_ADVISEES if subject is not None:
            advised = f"SELECT {person_of('%(tenant)s', 'a.learner_key')} FROM ({ADVISEES.format(actor=_ACTOR)}) AS a"
            return f"{person} IN ({advised})"
        case Reach.OWN_COURSES if subject is not None:
            anywhere = f"{person} IN ({_TAUGHT.format(columns=_PERSON_OF_ENROLMENT)})"
            if record.field("course_id") is None:
                return anywhere
            columns = f"s.course_id, {_PERSON_OF_ENROLMENT}"
            return (
                f"CASE WHEN r.course_id IS NULL THEN {anywhere} "
                f"ELSE (r.course_id, {person}) IN ({_TAUGHT.format(columns=columns)}) END"
            )
        case Reach.OWN_COURSES if record.field("course_id") is not None:
            return f"r.course_id IN ({_OWN_COURSES})"
    return "false"
