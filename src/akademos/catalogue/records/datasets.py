"""Datasets of the learning records, and of what the store keeps about their changes."""

from __future__ import annotations

from collections.abc import Iterator

from akademos.catalogue.checks import Check, refers
from akademos.catalogue.dataset_columns import TENANT, may, must, must_name
from akademos.catalogue.declarations import Basis, Column, Dataset
from akademos.catalogue.records import RECORDS
from akademos.catalogue.records.declaration import OWNER, SUPPORT, Field, FieldKind, Record
from akademos.catalogue.records.policies import RECORD_LIMITS

_TYPES: dict[FieldKind, str] = {
    "text": "string",
    "texts": "strings",
    "integer": "int32",
    "number": "float64",
    "boolean": "bool",
    "date": "date",
    "timestamp": "timestamp",
    "person": "string",
    "json": "json",
}
_TERMS = {"topics": "topic", "items": "item", "materials": "material"}
"""Words of the glossary for references to a record."""
STANDARD: tuple[Column, ...] = (
    may("source_reference", "string", "what the row is called where it comes from"),
    must("version", "int64", "counts the row's changes, from 1"),
    must("created_at", "timestamp", "when the row came in"),
    must("updated_at", "timestamp", "its last change"),
)
"""Columns of every record."""

VERSIONED: tuple[Column, ...] = (
    must("revision", "int32", "number of the content's revision, from 1"),
    may("published_at", "timestamp", "when this revision was published"),
)
"""Columns of content with revisions beside these."""


def dataset_of(record: Record) -> Dataset:
    """The dataset that a record is."""
    retained = record.retention.period is not None
    return Dataset(
        name=record.name,
        description=record.description,
        grain=record.grain,
        owner=record.owner,
        columns=(
            TENANT,
            *(_column(one, record) for one in record.fields),
            *STANDARD,
            *(VERSIONED if record.versioned else ()),
        ),
        zone="records",
        purposes=record.purposes,
        basis=record.basis,
        time_column="updated_at" if retained else None,
        retention=record.retention.period,
        upstream=record.upstream,
        checks=(*record.checks, *_references(record)),
    )


def _references(record: Record) -> Iterator[Check]:
    """Of references for which the database holds no key of its own: every value is there."""
    keys = {one.name: one.keys for one in RECORDS}
    for one in record.fields:
        if one.refers is not None and not one.enforced and len(keys[one.refers]) == 1:
            yield refers(one.name, one.refers, keys[one.refers][0].name)


def _term(one: Field, record: Record) -> str | None:
    if one.kind == "person":
        return "learner_key"
    alone = [field.name for field in record.keys] == [one.name]
    return _TERMS.get(one.refers or (record.name if alone else ""))


def _column(one: Field, record: Record) -> Column:
    return Column(
        one.name,
        _TYPES[one.kind],
        one.description,
        nullable=not one.required,
        unit=one.unit,
        personal=one.kind == "person" or one.confidential,
        other_party=one.kind == "person" and one.party == "staff" and not one.key,
        term=_term(one, record),
    )


RECORD_DATASETS: tuple[Dataset, ...] = (
    *map(dataset_of, RECORDS),
    Dataset(
        name="content_versions",
        description="What was published under which number, with its parts; never changes. Progress and certificates "
        "point at it.",
        grain="one revision of one piece of content",
        owner=OWNER,
        columns=(
            TENANT,
            must("record", "string", "which record"),
            must("key", "string", "its key"),
            must("revision", "int32", "number of the revision"),
            must("published_at", "timestamp", "when it was published"),
            must("content", "json", "the row and its parts as they were"),
        ),
        zone="records",
        basis=Basis.CONTRACT,
    ),
    Dataset(
        name="record_changes",
        description="Every change of a learning record in the order of commits, for history and for who follows them; "
        "confidential words are left out. A learner's rows go with the learner.",
        grain="one change of one row",
        owner=OWNER,
        columns=(
            TENANT,
            must("position", "int64", "number of the change; not in the order of commits across transactions"),
            must("transaction_id", "string", "transaction of the change: below the oldest open one all are there"),
            must("at", "timestamp", "when"),
            must("record", "string", "which record"),
            must("key", "json", "columns that identify the row"),
            may("learner_key", "string", "the learner whom the row is about", personal=True),
            must("action", "string", "create, update, or an action of the life cycle"),
            must("version", "int64", "version of the row after it"),
            may("before", "json", "the row before; null for a new one", personal=True),
            must("after", "json", "the row after", personal=True),
        ),
        zone="records",
        basis=Basis.CONTRACT,
        time_column="at",
        retention=SUPPORT.period,
        upstream=tuple(record.name for record in RECORDS),
    ),
    Dataset(
        name="record_requests",
        description="Which requests to create a record were answered already, so that one sent again makes no second.",
        grain="one request with an Idempotency-Key",
        owner=OWNER,
        columns=(
            TENANT,
            must_name("request_hash", "bytes", "keyed hash of the sender and the key that it gave the request"),
            must("body_hash", "bytes", "keyed hash of what was sent"),
            must("received_at", "timestamp", "when it came first"),
        ),
        zone="log",
        basis=Basis.LEGITIMATE_INTEREST,
        time_column="received_at",
        retention=RECORD_LIMITS.idempotency,
    ),
    Dataset(
        name="record_versions",
        description="A number that changes with every change of a tenant's curriculum, so that caches know.",
        grain="one tenant",
        owner="curriculum team",
        columns=(TENANT, must("version", "int64", "number of the change")),
        zone="records",
        basis=Basis.CONTRACT,
    ),
)
