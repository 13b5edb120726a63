"""Progress on PostgreSQL: the queue of observations, and rows that only ever join."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg

from akademos.errors import Unavailable
from akademos.learning.progress import DONE, NEARLY, Content, Outline, Progress, Reached
from akademos.learning.structure import Published, Structure, structure
from akademos.stores.ports.progress import ACTIONS, TOUCHED, Action, Observation, ProgressBatch
from akademos.stores.postgres.binary_arrays import (
    Array,
    Bigints,
    Booleans,
    Floats,
    Integers,
    Texts,
    Timestamps,
    Uuids,
)
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.locks import job_number, try_lock

_Packed: TypeAlias = Callable[[Sequence[Any]], Array[Any]]

READER = "progress"
STRUCTURE_S = 2.0
"""How old the structure of a tenant's content may be: what is published counts from then on."""

CHANGES_AT_ONCE = 5_000

_OBSERVED = "learner_key, event, content_type, content_id, at, share, score, passed, result, revision, of_record"
OBSERVE = f"""
    INSERT INTO progress_observations (tenant_id, {_OBSERVED})
    SELECT o.* FROM unnest(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) AS o (tenant_id, {_OBSERVED})
    WHERE EXISTS (SELECT FROM people p WHERE p.tenant_id = o.tenant_id AND p.learner_key = o.learner_key FOR KEY SHARE)
"""
_FIRST_TENANT = "SELECT tenant_id FROM progress_observations ORDER BY seq LIMIT 1"
_TAKE = f"""
    SELECT seq, tenant_id, {_OBSERVED.replace("learner_key", "learner_key::text", 1)} FROM progress_observations
    WHERE tenant_id = %s ORDER BY seq LIMIT %s
"""
_DONE = "DELETE FROM progress_observations WHERE tenant_id = %s AND seq = ANY(%s)"
_PUBLISHED = """
    SELECT DISTINCT ON (record, key) record, key, revision, content FROM content_versions
    WHERE tenant_id = %s AND record IN ('learning_courses', 'learning_paths', 'learning_quizzes',
        'learning_practical_exercises')
    ORDER BY record, key, revision DESC
"""
# OFFSET 0 here and below: rows are looked up by their key alone, see `_FOLLOW`.
_BEGUN = "(p.first_activity_at IS NOT NULL OR p.state <> 'not_started')"
_STORED = f"""
    SELECT w.learner_key::text, w.content_type, w.content_id, p.* FROM unnest(%(keys)s, %(kinds)s, %(ids)s)
        AS w (learner_key, content_type, content_id) CROSS JOIN LATERAL (
            SELECT state, percentage, coalesce(first_activity_at, created_at), coalesce(last_activity_at, updated_at),
                completed_at, updated_at, content_revision
            FROM learning_user_progress p
            WHERE p.tenant_id = %(tenant)s AND p.learner_key = w.learner_key AND p.content_type = w.content_type
                AND p.content_id = w.content_id AND {_BEGUN} OFFSET 0) p
"""
# What `learning.progress.reached` says of rows, in SQL. Names are looked up in objects: in a plan that is kept, the
# members of an array that is a parameter are compared one by one.
_REACHED = f"""
    SELECT w.learner_key::text, p.* FROM unnest(%(keys)s::uuid[], %(but)s::text[]::jsonb[]) AS w (learner_key, but)
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(CASE WHEN p.state = 'completed' THEN {round(DONE * 100)}
                        ELSE least(round(p.percentage * 100), {round(NEARLY * 100)})::bigint END)
                    FILTER (WHERE p.counts), 0)::bigint,
                count(*) FILTER (WHERE p.counts AND p.state = 'completed'),
                min(coalesce(p.first_activity_at, p.created_at)), max(coalesce(p.last_activity_at, p.updated_at)),
                max(coalesce(p.completed_at, p.updated_at)) FILTER (WHERE p.counts AND p.state = 'completed')
            FROM (
                SELECT *, (%(parts)s::jsonb -> (content_type || ':' || content_id))::boolean AS counts
                FROM learning_user_progress WHERE tenant_id = %(tenant)s AND learner_key = w.learner_key OFFSET 0) p
            WHERE p.counts IS NOT NULL AND NOT w.but ? (p.content_type || ':' || p.content_id) AND {_BEGUN}
            HAVING count(*) > 0) p
"""
_ACT = "SELECT set_config('akademos.record_action', %s, true)"
# Where somebody else has written the row meanwhile, the two join; a row that would not change is left alone.
_WRITE = """
    INSERT INTO learning_user_progress AS p (tenant_id, learner_key, content_type, content_id, course_id,
        content_revision, state, percentage, first_activity_at, last_activity_at, completed_at)
    SELECT %s, n.* FROM unnest(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) AS n
    ON CONFLICT (tenant_id, learner_key, content_type, content_id) DO UPDATE SET
        course_id = coalesce(p.course_id, excluded.course_id),
        content_revision = CASE WHEN p.percentage > excluded.percentage OR p.completed_at < excluded.completed_at
            THEN p.content_revision ELSE excluded.content_revision END,
        state = CASE WHEN p.state = 'completed' THEN p.state ELSE excluded.state END,
        percentage = greatest(p.percentage, excluded.percentage),
        first_activity_at = least(p.first_activity_at, excluded.first_activity_at),
        last_activity_at = greatest(p.last_activity_at, excluded.last_activity_at),
        completed_at = least(p.completed_at, excluded.completed_at)
"""
_TENANTS_BEHIND = """
    SELECT h.tenant_id FROM outbox_heads h
        LEFT JOIN outbox_readers r ON r.tenant_id = h.tenant_id AND r.reader = %(reader)s
    WHERE h.position > coalesce(r.position, 0)
"""
_READER = """
    INSERT INTO outbox_readers (tenant_id, reader) VALUES (%(tenant)s, %(reader)s)
    ON CONFLICT (tenant_id, reader) DO UPDATE SET position = outbox_readers.position RETURNING position
"""
_ADVANCE = "UPDATE outbox_readers SET position = %(until)s WHERE tenant_id = %(tenant)s AND reader = %(reader)s"
_UNTIL = """
    SELECT least(h.position, %(after)s::bigint + %(limit)s) FROM outbox_heads h WHERE h.tenant_id = %(tenant)s
"""
# OFFSET 0: the one change of a place is looked up by its key alone. After a bulk of changes the statistics of `record`
# are old, and the planner reads all of them for each place (a minute for a thousand, among 200,000).
# A scored attempt and a reviewed submission say what their events say; progress that this job has written says nothing.
_FOLLOW = f"""
    INSERT INTO progress_observations (tenant_id, {_OBSERVED})
    SELECT c.tenant_id, c.learner_key,
        CASE c.record WHEN 'learning_quiz_attempts' THEN 'quiz_attempt_submitted'
            WHEN 'learning_exercise_submissions' THEN 'exercise_reviewed' ELSE '{TOUCHED}' END,
        c.after ->> 'content_type',
        coalesce(c.after ->> 'quiz_id', c.after ->> 'exercise_id', c.after ->> 'content_id'),
        coalesce((c.after ->> 'submitted_at')::timestamptz, c.at), NULL, (c.after ->> 'score')::float8,
        (c.after ->> 'passed')::boolean,
        CASE WHEN c.record = 'learning_exercise_submissions' THEN
            CASE WHEN coalesce((c.after ->> 'passed')::boolean, true) THEN 'accepted' ELSE 'rejected' END END,
        coalesce(c.after ->> 'quiz_revision', c.after ->> 'exercise_revision')::integer, true
    FROM outbox o CROSS JOIN LATERAL (
        SELECT * FROM record_changes n WHERE n.tenant_id = o.tenant_id AND n.position = o.change OFFSET 0) c
    WHERE o.tenant_id = %(tenant)s AND o.position > %(after)s AND o.position <= %(until)s AND c.learner_key IS NOT NULL
        AND EXISTS (
            SELECT FROM people p WHERE p.tenant_id = c.tenant_id AND p.learner_key = c.learner_key FOR KEY SHARE
        )
        AND (c.record = 'learning_quiz_attempts' AND c.after ->> 'status' = 'scored'
            OR c.record = 'learning_exercise_submissions' AND c.after ->> 'status' = 'reviewed'
            OR c.record = 'learning_user_progress' AND c.action <> ALL (%(own)s))
    ORDER BY o.position
"""


class PostgresProgress:
    """Adapter of the port `ProgressStore`."""

    def __init__(self, database: Database, *, structure_s: float = STRUCTURE_S) -> None:
        self._database = database
        self._structure_s = structure_s
        self._structures: dict[str, tuple[float, Structure]] = {}

    def observe(self, observations: Sequence[Observation]) -> None:
        """Put observations on the queue; see the port."""
        with self._database.pipeline() as transaction:
            enqueue(transaction, observations)

    @contextmanager
    def take(self, limit: int) -> Iterator[ProgressBatch | None]:
        """Enter with the next batch; see the port."""
        try:
            with self._database.pipeline() as transaction:
                if not try_lock(transaction, job_number(READER)):
                    yield None
                    return
                first = transaction.execute(_FIRST_TENANT).fetchone()
                if first is None:
                    yield None
                    return
                rows = transaction.execute(_TAKE, (first[0], limit), binary=True).fetchall()
                yield _Batch(transaction, first[0], rows, self._structure)
                transaction.execute(_DONE, (first[0], Bigints([row[0] for row in rows])))
        except (psycopg.errors.ForeignKeyViolation, psycopg.errors.DeadlockDetected) as moved:
            raise Unavailable(
                "somebody in the progress was erased, or written by another, at this very moment",
                hint="It is tried again.",
                code="progress_moved",
            ) from moved

    def _structure(self, transaction: Transaction, tenant_id: str) -> Structure:
        known = self._structures.get(tenant_id)
        now = time.monotonic()
        if known is None or now - known[0] >= self._structure_s:
            published = [Published(*row) for row in transaction.execute(_PUBLISHED, (tenant_id,))]
            known = self._structures[tenant_id] = now, structure(published)
        return known[1]

    def follow_changes(self) -> int:
        """Put on the queue what record changes say of progress; see the port."""
        with self._database.pipeline() as transaction:
            tenants = [tenant for (tenant,) in transaction.execute(_TENANTS_BEHIND, {"reader": READER})]
        return sum(self._follow(tenant_id) for tenant_id in tenants)

    def _follow(self, tenant_id: str) -> int:
        values: dict[str, Any] = {
            "tenant": tenant_id,
            "reader": READER,
            "limit": CHANGES_AT_ONCE,
            "own": list(ACTIONS),
        }
        with self._database.pipeline() as transaction:
            ((after,),) = transaction.execute(_READER, values)
            values["after"] = after
            ((until,),) = transaction.execute(_UNTIL, values)
            transaction.execute(_FOLLOW, {**values, "until": until})
            transaction.execute(_ADVANCE, {**values, "until": until})
        return int(until - after)


class _Batch:
    """Adapter of the port `ProgressBatch`, within a transaction that holds the job's lock."""

    def __init__(self, transaction: Transaction, tenant_id: str, rows: list[tuple[Any, ...]], structures: Any) -> None:
        self._transaction = transaction
        self._structures = structures
        self.tenant_id = tenant_id
        self.observations = [Observation(*row[1:]) for row in rows]

    def structure(self) -> Structure:
        """The tenant's published content."""
        found: Structure = self._structures(self._transaction, self.tenant_id)
        return found

    def stored(self, wanted: Mapping[str, Collection[Content]]) -> Mapping[str, Mapping[Content, Progress]]:
        """Progress in some contents of each learner; see the port."""
        asked = [(key, *content) for key, contents in wanted.items() for content in contents]
        found: dict[str, dict[Content, Progress]] = {key: {} for key in wanted}
        if not asked:
            return found
        keys, kinds, ids = zip(*asked, strict=True)
        values = {"tenant": self.tenant_id, "keys": _uuids(keys), "kinds": Texts(kinds), "ids": Texts(ids)}
        # No lock: of some content's progress a whole is made of, another writer leaves a change that is followed.
        for row in self._transaction.execute(_STORED, values, binary=True).fetchall():
            found[row[0]][Content(row[1], row[2])] = _progress(row)
        return found

    def reached(self, outline: Outline, but: Mapping[str, Collection[Content]]) -> Mapping[str, Reached]:
        """What the parts of a whole come to, by learner; see the port."""
        parts, counted = {part.content for part in outline.parts}, set(outline.counted)
        values = {
            "tenant": self.tenant_id,
            "keys": list(but),
            "but": [json.dumps([*map(_name, parts.intersection(left_out))]) for left_out in but.values()],
            "parts": json.dumps({_name(one): one in counted for one in parts}),
        }
        return {row[0]: Reached(*row[1:]) for row in self._transaction.execute(_REACHED, values).fetchall()}

    def write(
        self,
        action: Action,
        changes: Mapping[str, Mapping[Content, Progress]],
        course_of: Mapping[Content, str],
    ) -> int:
        """Write progress by learner; see the port."""
        rows = [
            (key, content.kind, content.id, course_of.get(content), one.version, one.state, one.percent,
             one.first_activity_at, one.last_activity_at, one.completed_at)
            for key in sorted(changes)
            for content, one in sorted(changes[key].items(), key=lambda item: item[0])
        ]  # fmt: skip
        if rows:
            self._transaction.execute(_ACT, (action,))
            columns = zip(_WRITTEN, zip(*rows, strict=True), strict=True)
            self._transaction.execute(_WRITE, (self.tenant_id, *(array(values) for array, values in columns)))
            self._transaction.execute(_ACT, ("",))
        return len(rows)


def enqueue(transaction: Transaction, observations: Sequence[Observation]) -> None:
    """Put observations on the queue, in a transaction that is open."""
    if observations:
        columns = zip(
            *(
                (one.tenant_id, one.learner_key, one.event, one.content_type, one.content_id, one.at, one.share,
                 one.score, one.passed, one.result, one.revision, one.of_record)
                for one in observations
            ),
            strict=True,
        )  # fmt: skip
        arrays = zip(_OBSERVATION, columns, strict=True)
        transaction.execute(OBSERVE, tuple(array(values) for array, values in arrays))


def _uuids(keys: Sequence[str]) -> Uuids:
    return Uuids([bytes.fromhex(key.replace("-", "")) for key in keys])


# The columns of `OBSERVE` and of `_WRITE`, as they are sent.
_OBSERVATION: tuple[_Packed, ...] = (
    Texts, _uuids, Texts, Texts, Texts, Timestamps, Floats, Floats, Booleans, Texts, Integers, Booleans,
)  # fmt: skip
_WRITTEN: tuple[_Packed, ...] = (
    _uuids,
    Texts,
    Texts,
    Texts,
    Integers,
    Texts,
    Floats,
    Timestamps,
    Timestamps,
    Timestamps,
)


def _name(content: Content) -> str:
    return f"{content.kind}:{content.id}"


def _progress(row: tuple[Any, ...]) -> Progress:
    """The row as progress: where somebody has set state and percentage apart, the state counts."""
    state, percent, first, last, completed, updated, revision = row[3], *row[4:10]
    end = (completed or updated) if state == "completed" else None
    return Progress(DONE if end is not None else min(percent, NEARLY), first, last, end, revision)
