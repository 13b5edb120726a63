"""Who is whom, as parts of statements. No functions of the database: those that hold a query are planned with each
statement anew, which costs the gate more than everything else it asks."""

from __future__ import annotations

BLOCKS = "NOT live AND (basis <> 'none' OR paused OR restricted OR objected)"
"""Whether a line of the consent state stands in the way of the whole person: withdrawn, paused, restricted or objected
to under that key."""

LIVE = f"bool_or(live) AND NOT bool_or({BLOCKS})"
"""An aggregate over a person's lines about one purpose: the strictest stands."""

CONSENTING = f"""
    SELECT learner_key FROM (
        SELECT coalesce(l.person_key, c.learner_key) AS learner_key
        FROM consent_state c LEFT JOIN identity_links l USING (tenant_id, learner_key)
        WHERE c.tenant_id = %(tenant)s AND c.purpose = ANY(%(purposes)s)
        GROUP BY 1, c.purpose HAVING {LIVE}
    ) AS strictest GROUP BY learner_key HAVING count(*) = cardinality(%(purposes)s::text[])
"""
"""A query of one column: the people for whom all of `purposes` are live."""

STOPPED = """
    SELECT coalesce(l.person_key, c.learner_key) AS learner_key
    FROM consent_state c LEFT JOIN identity_links l USING (tenant_id, learner_key)
    WHERE c.tenant_id = %(tenant)s AND c.purpose = ANY(%(purposes)s)
    GROUP BY 1 HAVING count(DISTINCT c.purpose) FILTER (WHERE c.granted) = cardinality(%(purposes)s::text[])
        AND bool_or(NOT c.live AND (c.paused OR c.restricted OR c.objected))
        AND NOT bool_or(NOT c.granted AND c.basis <> 'none')
"""
"""A query of one column: the people who have granted all of `purposes`, withdrawn none, and paused, restricted or
objected to one. Nothing is computed of them, and nothing deleted."""


def person_of(tenant: str, key: str) -> str:
    """An expression: the key under which the person behind `key` is read. Both arguments are expressions."""
    linked = f"SELECT one.person_key FROM identity_links one WHERE one.tenant_id = {tenant} AND one.learner_key = {key}"
    return f"coalesce(({linked}), {key})"


def keys_of(tenant: str, key: str) -> str:
    """A query of one column, `key`: all keys of the person behind `key`, the one the person is read under first."""
    # The person first, then who is linked to them: row-level security keeps a comparison with a sub-query out of the
    # index, and all links of the tenant would be read.
    person = f"(SELECT {person_of(tenant, key)} AS key OFFSET 0) AS person"
    linked = f"SELECT l.learner_key FROM identity_links l WHERE l.tenant_id = {tenant} AND l.person_key = person.key"
    return (
        f"SELECT person.key FROM {person} "
        f"UNION ALL SELECT other.learner_key FROM {person} CROSS JOIN LATERAL ({linked} OFFSET 0) AS other"
    )


ADVISEES = """
        SELECT a.learner_key FROM advisee_assignments a
        WHERE a.tenant_id = %(tenant)s AND a.advisor_key = {actor}
            AND (a.starts_on IS NULL OR a.starts_on <= current_date)
            AND (a.ends_on IS NULL OR a.ends_on > current_date)
        UNION SELECT e.learner_key
        FROM staff_assignments s JOIN enrolments e ON e.tenant_id = s.tenant_id AND e.course_id = s.course_id
        WHERE s.tenant_id = %(tenant)s AND s.learner_key = {actor} AND s.role = 'advisor'
            AND (e.withdrawn_on IS NULL OR e.withdrawn_on > current_date)"""
"""A query of one column: whom an advisor (an expression) has by name today, and in the courses of their advising."""
