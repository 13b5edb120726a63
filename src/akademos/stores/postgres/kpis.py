"""Product KPIs on PostgreSQL: memory and whatever is written as the pipeline, snapshots and notes read as the serving
role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields, replace
from datetime import UTC, date, datetime

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.policies import LIMITS
from akademos.errors import NotFound
from akademos.privacy.disclosure_blocks import Ledger
from akademos.stores.ports.kpis import PRODUCTION, STAGING, Calendar, Crowd, KpiNote, Snapshot, Standing
from akademos.stores.postgres.block_ledgers import BlockLedgers
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.person_sql import CONSENTING

_LEDGERS = BlockLedgers("kpi", "scope", "item", "value", ())
_FLOOR = "SELECT group_floor FROM tenants WHERE tenant_id = %s"
TERMS = """
    SELECT term_id, starts_on, ends_on FROM terms
    WHERE tenant_id = %s AND starts_on IS NOT NULL AND ends_on IS NOT NULL ORDER BY term_id
"""
SEVERAL, NO_COURSE, NO_COHORT = "several", "none", "none"
"""What stands for the course of whoever has several, or none; and for the cohort of whoever is in none and was never
enrolled."""
_CROWD = f"""
    WITH granted AS ({CONSENTING}), person AS (
        SELECT p.learner_key, p.persona FROM granted JOIN people p USING (learner_key)
        WHERE p.tenant_id = %(tenant)s AND p.kind = 'learner'
    ), keys AS (
        SELECT learner_key AS person_key, learner_key FROM person
        UNION SELECT l.person_key, l.learner_key FROM identity_links l JOIN person ON person.learner_key = l.person_key
            WHERE l.tenant_id = %(tenant)s
    ), courses AS (
        SELECT k.person_key, min(e.registered_on) AS began,
            array_agg(DISTINCT e.course_id) FILTER (WHERE (e.registered_on IS NULL OR e.registered_on <= %(on)s)
                AND (e.withdrawn_on IS NULL OR e.withdrawn_on > %(on)s)) AS taken
        FROM enrolments e JOIN keys k USING (learner_key) WHERE e.tenant_id = %(tenant)s GROUP BY 1
    ), cohorts AS (
        SELECT DISTINCT ON (k.person_key) k.person_key, m.cohort_id
        FROM cohort_members m JOIN keys k USING (learner_key)
        WHERE m.tenant_id = %(tenant)s AND (m.joined_on IS NULL OR m.joined_on <= %(on)s)
            AND (m.left_on IS NULL OR m.left_on > %(on)s)
        ORDER BY k.person_key, m.joined_on DESC NULLS LAST, m.cohort_id
    )
    SELECT person.learner_key::text, person.persona, courses.taken,
        coalesce(cohorts.cohort_id, to_char(courses.began, 'YYYY-MM')),
        (SELECT array_agg(k.learner_key::text ORDER BY k.learner_key) FROM keys k
            WHERE k.person_key = person.learner_key AND cardinality(%(purposes)s::text[]) = (
                SELECT count(*) FROM consent_state c WHERE c.tenant_id = %(tenant)s AND c.learner_key = k.learner_key
                    AND c.purpose = ANY(%(purposes)s) AND c.live))
    FROM person LEFT JOIN courses ON courses.person_key = person.learner_key
        LEFT JOIN cohorts ON cohorts.person_key = person.learner_key
"""
_LEARNERS = """
    SELECT count(*) FROM people p WHERE p.tenant_id = %s AND p.kind = 'learner' AND NOT EXISTS (
        SELECT FROM identity_links l WHERE l.tenant_id = p.tenant_id AND l.learner_key = p.learner_key)
"""
_ROSTER = """
    SELECT a.learner_key::text FROM advisee_assignments a WHERE a.tenant_id = %(tenant)s
        AND (a.starts_on IS NULL OR a.starts_on <= %(on)s) AND (a.ends_on IS NULL OR a.ends_on > %(on)s)
    UNION SELECT e.learner_key::text
    FROM staff_assignments s JOIN enrolments e ON e.tenant_id = s.tenant_id AND e.course_id = s.course_id
    WHERE s.tenant_id = %(tenant)s AND s.role = 'advisor' AND (e.registered_on IS NULL OR e.registered_on <= %(on)s)
        AND (e.withdrawn_on IS NULL OR e.withdrawn_on > %(on)s)
"""
_ENROLLED = """
    SELECT learner_key::text, course_id, registered_on FROM enrolments
    WHERE tenant_id = %s AND registered_on BETWEEN %s AND %s ORDER BY 1, 2
"""
_SHAKEN = f"""
    SELECT DISTINCT b.scope FROM kpi_blocks b
    WHERE b.tenant_id = %(tenant)s AND starts_with(b.scope, %(prefix)s) AND b.people > (
        SELECT count(*) FROM kpi_members m WHERE m.tenant_id = b.tenant_id AND m.scope = b.scope AND m.block = b.block
            AND m.learner_key IN ({CONSENTING}))
    ORDER BY 1
"""
_COLUMNS = tuple(one.name for one in fields(Snapshot))
_LISTED = ", ".join(_COLUMNS)
_OF_RUN = "WHERE tenant_id = %s AND kpi = %s AND week = %s AND environment = %s"
_WRITE = f"INSERT INTO kpi_snapshots (tenant_id, {_LISTED}) VALUES (%s, {', '.join(['%s'] * len(_COLUMNS))})"
_READ = f"""
    SELECT {_LISTED} FROM kpi_snapshots
    WHERE tenant_id = %s AND kpi = ANY(%s) AND week BETWEEN %s AND %s AND environment = %s
    ORDER BY kpi, week, dimension, member
"""


def apart(value: str, baseline: str) -> str:
    """SQL of |value - baseline| / |baseline|, to nine places, so that 0.51 and 0.5 lie 0.02 apart; 1 where only the
    baseline is 0."""
    share = f"round((abs({value} - {baseline}) / nullif(abs({baseline}), 0))::numeric, 9)::float8"
    return f"CASE WHEN {value} = {baseline} THEN 0 ELSE coalesce({share}, 1) END"


_COMPARE = f"""
    UPDATE kpi_snapshots p SET baseline = s.value, parity = CASE
        WHEN {apart("p.value", "s.value")} > %(tolerated)s THEN 'beyond' ELSE 'within' END
    FROM kpi_snapshots s
    WHERE p.tenant_id = %(tenant)s AND p.environment = '{PRODUCTION}' AND p.status = 'ok' AND p.kpi = ANY(%(kpis)s)
        AND s.tenant_id = p.tenant_id AND s.environment = '{STAGING}' AND s.status = 'ok' AND s.kpi = p.kpi
        AND s.week = p.week AND s.dimension = p.dimension AND s.member = p.member
        AND p.bound = 'exact' AND s.bound = 'exact'
"""
_BEYOND = f"""
    SELECT DISTINCT p.kpi, p.week FROM kpi_snapshots p
    WHERE p.tenant_id = %s AND p.environment = '{PRODUCTION}' AND p.parity = 'beyond'
        AND p.week = (SELECT max(n.week) FROM kpi_snapshots n WHERE n.tenant_id = p.tenant_id AND n.kpi = p.kpi)
    ORDER BY 1
"""
_NOTE = tuple(one.name for one in fields(KpiNote))
_ADD_NOTE = f"INSERT INTO kpi_notes (tenant_id, {', '.join(_NOTE)}) VALUES (%s, {', '.join(['%s'] * len(_NOTE))})"
_NOTES = f"""
    SELECT note_id::text, {", ".join(_NOTE[1:])} FROM kpi_notes WHERE tenant_id = %s
        AND (about BETWEEN %s AND %s OR kind = 'review' AND done_at IS NULL)
    ORDER BY about DESC, logged_at DESC, note_id
"""
_REVIEWS = "SELECT DISTINCT about FROM kpi_notes WHERE tenant_id = %s AND kind = 'review' ORDER BY 1"
_FINISH = """
    UPDATE kpi_notes SET done_at = %s
    WHERE tenant_id = %s AND note_id = %s AND kind = 'review' AND done_at IS NULL
"""


EVER = datetime(1970, 1, 1, tzinfo=UTC)


class PostgresKpis:
    """Adapter of the ports `KpiLedgers` and `PublishedKpis`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def floor(self, tenant_id: str) -> int:
        """The tenant's k."""
        with self._database.serving(tenant_id) as transaction:
            row = transaction.execute(_FLOOR, (tenant_id,)).fetchone()
        return LIMITS.group_floor if row is None else int(row[0])

    def calendar(self, tenant_id: str) -> Calendar:
        """Time zone and terms; see the port."""
        with self._database.pipeline() as transaction:
            zone = transaction.execute("SELECT time_zone FROM tenants WHERE tenant_id = %s", (tenant_id,)).fetchone()
            terms = transaction.execute(TERMS, (tenant_id,)).fetchall()
        if zone is None:
            raise NotFound(f"There is no tenant {tenant_id}.", hint="`akademos tenant list` shows them.")
        return Calendar(zone[0], tuple(terms))

    def crowd(self, tenant_id: str, purposes: Sequence[Purpose], on: date) -> Crowd:
        """Who consents, and what they were on a day; see the port."""
        values = {"tenant": tenant_id, "purposes": [purpose.value for purpose in purposes], "on": on}
        with self._database.pipeline() as transaction:
            rows = transaction.execute(_CROWD, values).fetchall()
            ((learners,),) = transaction.execute(_LEARNERS, (tenant_id,)).fetchall()
        people = {
            key: Standing(persona, _course(taken), cohort or NO_COHORT, tuple(keys or ()))
            for key, persona, taken, cohort, keys in rows
        }
        return Crowd(people, int(learners))

    def roster(self, tenant_id: str, on: date) -> frozenset[str]:
        """Keys of learners who had an advisor on a day."""
        with self._database.pipeline() as transaction:
            return frozenset(row[0] for row in transaction.execute(_ROSTER, {"tenant": tenant_id, "on": on}))

    def enrolled(self, tenant_id: str, since: date, until: date) -> list[tuple[str, str, date]]:
        """Who enrolled in what, from one day to another."""
        with self._database.pipeline() as transaction:
            return transaction.execute(_ENROLLED, (tenant_id, since, until)).fetchall()

    def ledger(self, tenant_id: str, scope: str) -> Ledger:
        """What is remembered of a scope."""
        with self._database.pipeline() as transaction:
            return _LEDGERS.read(transaction, tenant_id, scope)

    def shaken(self, tenant_id: str, purposes: Sequence[Purpose], prefix: str) -> list[str]:
        """Scopes that count somebody who may not be counted any more."""
        values = {"tenant": tenant_id, "purposes": [purpose.value for purpose in purposes], "prefix": prefix}
        with self._database.pipeline() as transaction:
            return [row[0] for row in transaction.execute(_SHAKEN, values)]

    def publish(self, tenant_id: str, scope: str | None, ledger: Ledger | None, snapshots: Sequence[Snapshot]) -> int:
        """Replace memory and lines in one transaction; see the port."""
        runs = sorted({(one.kpi, one.week, one.environment) for one in snapshots})
        with self._database.pipeline() as transaction:
            if scope is not None and ledger is not None:
                _LEDGERS.replace(transaction, tenant_id, scope, ledger)
            before: set[Snapshot] = set()
            for run in runs:
                found = transaction.execute(
                    f"DELETE FROM kpi_snapshots {_OF_RUN} RETURNING {_LISTED}", (tenant_id, *run)
                )
                before |= {_as_said(Snapshot(*row)) for row in found}
            transaction.cursor().executemany(_WRITE, [(tenant_id, *astuple(one)) for one in snapshots])
        return len({_as_said(one) for one in snapshots} ^ before)

    def weeks(self, tenant_id: str) -> Mapping[str, tuple[date, date]]:
        """First and last week of which there are snapshots, by KPI."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(
                "SELECT kpi, min(week), max(week) FROM kpi_snapshots WHERE tenant_id = %s GROUP BY kpi", (tenant_id,)
            )
            return {kpi: (first, last) for kpi, first, last in rows}

    def compare(self, tenant_id: str, tolerated: float, kpis: Sequence[str]) -> list[tuple[str, date]]:
        """Write staging's values beside production's; see the port."""
        values = {"tenant": tenant_id, "tolerated": tolerated, "kpis": list(kpis)}
        with self._database.pipeline() as transaction:
            transaction.execute(_COMPARE, values)
            return [(kpi, week) for kpi, week in transaction.execute(_BEYOND, (tenant_id,))]

    def snapshots(
        self, tenant_id: str, *, kpis: Sequence[str], since: date, until: date, environment: str
    ) -> list[Snapshot]:
        """Lines of some KPIs and weeks; see the port."""
        with self._database.serving(tenant_id) as transaction:
            found = transaction.execute(_READ, (tenant_id, list(kpis), since, until, environment))
            return [Snapshot(*row) for row in found]

    def notes(self, tenant_id: str, *, since: date, until: date) -> list[KpiNote]:
        """Notes about days in a span, and reviews that are not done."""
        with self._database.serving(tenant_id) as transaction:
            return [KpiNote(*row) for row in transaction.execute(_NOTES, (tenant_id, since, until))]

    def reviews(self, tenant_id: str) -> list[date]:
        """The days of all reviews that were held."""
        with self._database.serving(tenant_id) as transaction:
            return [row[0] for row in transaction.execute(_REVIEWS, (tenant_id,))]

    def add_note(self, tenant_id: str, note: KpiNote) -> None:
        """Keep a note."""
        with self._database.pipeline() as transaction:
            transaction.execute(_ADD_NOTE, (tenant_id, *astuple(note)))

    def finish_note(self, tenant_id: str, note_id: str, at: datetime) -> bool:
        """Note that a review's task is done."""
        with self._database.pipeline() as transaction:
            return transaction.execute(_FINISH, (at, tenant_id, note_id)).rowcount > 0


def _course(taken: list[str] | None) -> str:
    if not taken:
        return NO_COURSE
    return taken[0] if len(taken) == 1 else SEVERAL


def _as_said(one: Snapshot) -> Snapshot:
    """The line without when it was made, and without what the comparison adds."""
    return replace(one, computed_at=EVER, baseline=None, parity=None)
