"""What interventions brought about, on PostgreSQL: its material, and what is published, under live consent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from akademos.stores.ports.intervention_effects import (
    Group,
    Intervention,
    LastPublished,
    Material,
    PublishedEffect,
)
from akademos.stores.postgres.alerts import PURPOSES
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.person_sql import CONSENTING, person_of

_PERSON = person_of("i.tenant_id", "i.learner_key")
# What was planned or called off has helped nobody; whoever is compared with others is planned for nothing. Who was
# drawn by lot stays in the arm, whatever became of it: help is called off for who stops coming, of one arm only.
_INTERVENTIONS = f"""
    SELECT {_PERSON}::text, coalesce(i.course_id, ''), i.kind, coalesce(i.trial, ''),
        coalesce(i.arm, 'treated') = 'treated', coalesce(i.assignment, 'chosen') = 'randomised', i.starts_on,
        i.status IN ('running', 'completed')
    FROM learner_interventions i
    WHERE i.tenant_id = %(tenant)s AND i.starts_on IS NOT NULL
        AND (i.status IN ('running', 'completed') OR (i.arm = 'comparison' AND i.status <> 'cancelled')
            OR i.assignment = 'randomised')
        AND {_PERSON} IN ({CONSENTING})
    ORDER BY i.created_at, i.intervention_id
"""
_COURSES = "SELECT i.course_id FROM learner_interventions i WHERE i.tenant_id = %(tenant)s AND i.course_id IS NOT NULL"
_SCORES = f"""
    SELECT r.learner_key::text, r.course_id, r.as_of, r.risk FROM risk_scores r
    WHERE r.tenant_id = %(tenant)s AND r.basis = 'model' AND r.course_id IN ({_COURSES})
        AND r.learner_key IN ({CONSENTING})
"""
_LEFT = f"""
    SELECT {person_of("e.tenant_id", "e.learner_key")}::text, e.course_id, max(e.withdrawn_on) FROM enrolments e
    WHERE e.tenant_id = %(tenant)s AND e.course_id IN ({_COURSES})
        AND {person_of("e.tenant_id", "e.learner_key")} IN ({CONSENTING})
    GROUP BY 1, 2 HAVING bool_and(e.withdrawn_on IS NOT NULL)
"""
_FORGET = f"""
    DELETE FROM intervention_effect_members m WHERE m.tenant_id = %(tenant)s AND m.learner_key NOT IN ({CONSENTING})
"""
_LAST = """
    SELECT e.kind, e.trial, e.counted, e.withheld, coalesce(array_agg(m.learner_key::text)
        FILTER (WHERE m.learner_key IS NOT NULL), '{}')
    FROM intervention_effects e LEFT JOIN intervention_effect_members m USING (tenant_id, kind, trial)
    WHERE e.tenant_id = %s GROUP BY 1, 2, 3, 4
"""
_HOLD_CONSENT = """
    SELECT FROM consent_state WHERE tenant_id = %s AND purpose = ANY(%s)
    ORDER BY learner_key, purpose FOR SHARE
"""
_STILL = f"SELECT count(*) FROM ({CONSENTING}) AS c WHERE c.learner_key = ANY(%(members)s::uuid[])"
_PUBLISH = """
    INSERT INTO intervention_effects (tenant_id, kind, trial, published_at, design, treated, comparison, effect, low,
        high, counted, withheld)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, false)
    ON CONFLICT (tenant_id, kind, trial) DO UPDATE SET published_at = excluded.published_at, design = excluded.design,
        treated = excluded.treated, comparison = excluded.comparison, effect = excluded.effect, low = excluded.low,
        high = excluded.high, counted = excluded.counted, withheld = false
"""
_DROP_MEMBERS = "DELETE FROM intervention_effect_members WHERE tenant_id = %s AND kind = %s AND trial = %s"
_MEMBERS = """
    INSERT INTO intervention_effect_members (tenant_id, kind, trial, learner_key)
    SELECT %s, %s, %s, unnest(%s::uuid[])
"""
_WITHHOLD = "UPDATE intervention_effects SET withheld = true WHERE tenant_id = %s AND kind = %s AND trial = %s"
_SHOWN = """
    SELECT kind, trial, published_at, design, treated, comparison, effect, low, high FROM intervention_effects
    WHERE tenant_id = %s AND NOT withheld ORDER BY kind, trial
"""


class PostgresInterventionEffects:
    """Adapter of the ports `InterventionEffects` and `EffectReports`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def material(self, tenant_id: str) -> Material:
        """Everything that effects are computed from; see the port."""
        values = {"tenant": tenant_id, "purposes": list(PURPOSES)}
        with self._database.pipeline(tenant_id) as transaction:
            interventions = [Intervention(*row) for row in transaction.execute(_INTERVENTIONS, values)]
            if not interventions:
                return Material((), (), {})
            scores = transaction.execute(_SCORES, values).fetchall()
            left = transaction.execute(_LEFT, values).fetchall()
        return Material(
            interventions,
            [(key, course, as_of, risk) for key, course, as_of, risk in scores],
            {(key, course): day for key, course, day in left},
        )

    def last(self, tenant_id: str) -> Mapping[Group, LastPublished]:
        """What was published last; see the port."""
        with self._database.pipeline(tenant_id) as transaction:
            transaction.execute(_FORGET, {"tenant": tenant_id, "purposes": list(PURPOSES)})
            rows = transaction.execute(_LAST, (tenant_id,)).fetchall()
        return {
            (kind, trial): LastPublished(frozenset(members), counted, withheld)
            for kind, trial, counted, withheld, members in rows
        }

    def publish(self, tenant_id: str, effect: PublishedEffect, members: frozenset[str]) -> bool:
        """Publish an effect; see the port."""
        group = (tenant_id, effect.kind, effect.trial)
        keys = sorted(members)
        with self._database.pipeline(tenant_id) as transaction:
            transaction.execute(_HOLD_CONSENT, (tenant_id, list(PURPOSES)))
            values = {"tenant": tenant_id, "purposes": list(PURPOSES), "members": keys}
            ((still,),) = transaction.execute(_STILL, values)
            if still != len(keys):
                return False
            transaction.execute(_DROP_MEMBERS, group)
            transaction.execute(
                _PUBLISH,
                (*group, effect.published_at, effect.design, effect.treated, effect.comparison, effect.effect,
                 effect.low, effect.high, len(keys)),
            )  # fmt: skip
            transaction.execute(_MEMBERS, (*group, keys))
        return True

    def withhold(self, tenant_id: str, group: Group) -> None:
        """Show nothing of a group for now; see the port."""
        with self._database.pipeline(tenant_id) as transaction:
            transaction.execute(_WITHHOLD, (tenant_id, *group))

    def effects(self, tenant_id: str) -> Sequence[PublishedEffect]:
        """What is published."""
        with self._database.serving(tenant_id) as transaction:
            return [PublishedEffect(*row) for row in transaction.execute(_SHOWN, (tenant_id,))]
