"""Ports of the records that analytics and access rest on: curriculum, enrolments, assignments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Curriculum:
    """The curriculum of a tenant as tables, and the version they belong to.

    topics(topic_id, parent_id, course_id, name, position); topic_relationships(from_topic, to_topic, kind);
    items(question_id, course_id, topic_ids); materials(material_id, course_id, kind, title, topic_ids);
    exam_weights(exam_id, topic_id, weight); exam_sections(exam_id, section, topic_id, weight);
    learner_targets(learner_key, exam_id, target_date);
    learners(learner_key, time_zone: the person's, else the tenant's); enrolments(learner_key, course_id), not
    withdrawn; courses(course_id, title, status, starts_on, ends_on); exams(exam_id, course_id, name,
    pass_mark).
    """

    tenant_id: str
    version: int
    tables: Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Rows of a record table loaded: new, changed, unchanged."""

    table: str
    read: int
    new: int
    changed: int
    unchanged: int

    def __add__(self, other: LoadReport) -> LoadReport:
        """Both together, of one table."""
        return LoadReport(
            self.table,
            self.read + other.read,
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
        )


@dataclass(frozen=True, slots=True)
class RowStream:
    """Rows that are read while they are loaded.

    Attributes:
        columns: of which a row has something; the others of the table stay as they are.
        stated: whether a row says its state.
        rows: each key once; read to its end within the transaction.
    """

    columns: frozenset[str]
    stated: bool
    rows: Iterable[Mapping[str, object]]


class Records(Protocol):
    """Loading is idempotent: the same rows again change nothing."""

    def load(self, tenant_id: str, table: str, rows: Sequence[Mapping[str, object]], *, actor: str) -> LoadReport:
        """Insert or update rows of one record table, all or nothing; a cycle among prerequisites or parents
        is an InputError that names the cycle. People are given as learner_key. A column that no row has stays as it
        is, and so does a state that is not given. `actor` answers for it in the audit log, which notes new staff
        assignments."""
        ...

    def load_all(
        self, tenant_id: str, tables: Mapping[str, Sequence[Mapping[str, object]] | RowStream], *, actor: str
    ) -> list[LoadReport]:
        """`load` for several tables in one transaction, in the order of `catalogue.records.RECORDS`; of a stream no
        more than some thousand rows are in memory."""
        ...

    def ids(self, tenant_id: str, record: str) -> set[object]:
        """All keys of a record with one key column, archived ones too."""
        ...

    def touch(self, tenant_id: str) -> int:
        """Count the version up after a change of people (the curriculum has their time zones); return it."""
        ...

    def curriculum(self, tenant_id: str) -> Curriculum:
        """The curriculum; cached per version."""
        ...

    def curriculum_version(self, tenant_id: str) -> int:
        """Changes with every record change of the tenant."""
        ...

    def learners_of(self, tenant_id: str, staff_key: str) -> list[str]:
        """Learners enrolled in a course that this member of staff is assigned to."""
        ...
