"""Columns named as if they held somebody: each is declared personal, or it is said here whom it does not name.

A name is no proof, but a forgotten flag hides a dataset from the register of processing and from who may see its rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from akademos.catalogue.declarations import Dataset

NAMED_LIKE_PEOPLE = re.compile(
    r"(?:^|_)(?:subject|actor|person|author|requester|reason|reasons|hash)(?:_key|_id)?$"
    r"|^learner$|learner_(?:key|id)$|_by$"
)
"""Names under which a row says whom it is about, who acted, or why somebody did."""

_CONTENT = "of what was sent, under the platform's secret; not of an identifier"
_SEAL = "over rows of the log; leads back to none of them"
_JOB = "a job or a dataset"
_RULE = "a module of the platform or a constraint"
_PHRASE = "a phrase of the platform's own; the row's learner_key names the learner"
ABOUT_NOBODY: Mapping[str, str] = {
    "event_index.content_hash": _CONTENT,
    "envelopes.payload_hash": _CONTENT,
    "record_requests.body_hash": _CONTENT,
    "transactions.content_hash": _CONTENT,
    "ingest.stg_raw.payload_hash": _CONTENT,
    "ingest.fact_raw_events.payload_hash": _CONTENT,
    "audit_log.hash": _SEAL,
    "access_seals.hash": _SEAL,
    "models.data_hash": "over all rows of a training",
    "models.learners_hash": "over all people of a training together; leads back to none of them",
    "models.artefact_hash": "over the bytes of a model",
    "models.rebuild_by": "a date",
    "content_statistics.subject": "content, item or course",
    "content_statistics.subject_id": "a material, question or course",
    "ops_figures.subject": _JOB,
    "ops_alerts.subject": _JOB,
    "ops_incidents.subject": _JOB,
    "ops.raw_ops.subject": _JOB,
    "ops.stage_alerts.subject": _JOB,
    "ops.stage_incidents.subject": _JOB,
    "txn.stage_reconciliations.subject": "transaction, line or balance",
    "txn.stage_reconciliations.subject_id": "a transaction, line or balance",
    "kpi_snapshots.reason": "why there is no value: a word of the platform's own",
    "outbox_letters.reason": "what went wrong at a receiver: an answer of its server",
    "ingest.stage_retries.reason": "what went wrong: a code",
    "learning_recommendations.reason": _PHRASE,
    "risk_scores.reasons": _PHRASE,
    "ingest.dim_schema_version.review_by": "a date",
    "gov.ref_controls.enforced_by": _RULE,
    "gov.ref_policies.enforced_by": _RULE,
}
"""`dataset.column` and what it holds."""


def unflagged(datasets: Iterable[Dataset]) -> list[str]:
    """Columns of stored datasets that are named like people and neither personal nor excused, as `dataset.column`."""
    return sorted(
        f"{one.name}.{column.name}"
        for one in datasets
        for column in one.columns
        if one.available and not column.personal and NAMED_LIKE_PEOPLE.search(column.name)
        and f"{one.name}.{column.name}" not in ABOUT_NOBODY
    )  # fmt: skip
