"""Who may look at rows of a dataset, before anybody grants anything: from the declarations of the records, and for
the other datasets from the kind of question that they answer. Everything else shows no rows to anybody."""

from __future__ import annotations

from collections.abc import Mapping

from akademos.catalogue.classification import Classification, Sensitivity, classification_of, sensitivity_of
from akademos.catalogue.declarations import Dataset
from akademos.catalogue.records import RECORDS
from akademos.catalogue.roles import ROLE_RULES, RULE_OF, Question, Reach, Role

OPEN_TO: Mapping[str, Question] = {
    "receipts": Question.OPERATIONS,
    "movements": Question.OPERATIONS,
    "job_runs": Question.OPERATIONS,
    "query_usage": Question.OPERATIONS,
    "consent_texts": Question.GOVERNANCE,
    "noise_budgets": Question.GOVERNANCE,
    "quality_results": Question.GOVERNANCE,
    "quality_issues": Question.GOVERNANCE,
    "catalogue_versions": Question.CATALOGUE,
}
"""Datasets about nobody that some roles read by their task."""
_SCHEMAS: Mapping[str, tuple[Question, ...]] = {
    "ingest": (Question.OPERATIONS, Question.GOVERNANCE),
    "ops": (Question.OPERATIONS,),
    "gov": (Question.GOVERNANCE,),
    "cost": (Question.OPERATIONS,),
    "txn": (Question.OPERATIONS,),
}
"""Schemas of the warehouse, and whose task they are."""
HIDDEN_TYPES = frozenset({"bytes", "json"})
"""Columns of these types are left out of samples: they hold hashes, seals and whatever a sender wrote."""

_OF_RECORD: Mapping[str, frozenset[Role]] = {
    record.name: frozenset(
        one.role
        for one in record.access
        if one.reach is Reach.TENANT
        and one.lets("read")
        and not one.states  # who sees rows of some states only asks for them at the record's own address
        and Question.CATALOGUE in RULE_OF[one.role].questions
    )
    for record in RECORDS
}


def readers_of(dataset: Dataset) -> frozenset[Role]:
    """The roles that may look at its rows by their task; empty for whatever is about individuals, and for secrets."""
    if not grantable(dataset):
        return frozenset()
    if dataset.name in _OF_RECORD:
        return _OF_RECORD[dataset.name]
    schema = dataset.name.partition(".")[0]
    questions = _SCHEMAS.get(schema, ()) if "." in dataset.name else ()
    if dataset.name in OPEN_TO:
        questions = (OPEN_TO[dataset.name],)
    return frozenset(rule.name for rule in ROLE_RULES if rule.questions.intersection(questions))


def grantable(dataset: Dataset) -> bool:
    """Whether rows can be shown to anybody, and access be asked for: never of what is about individuals, names them,
    or holds secrets; those are reached through products that protect people."""
    if not dataset.available or sensitivity_of(dataset) in {Sensitivity.IDENTIFYING, Sensitivity.PSEUDONYMOUS}:
        return False
    if classification_of(dataset) is Classification.RESTRICTED:
        return False
    schema, dot, _ = dataset.name.partition(".")
    return (
        dataset.name in OPEN_TO
        or (bool(dot) and schema in _SCHEMAS)
        or bool(_OF_RECORD.get(dataset.name))
    )  # fmt: skip
