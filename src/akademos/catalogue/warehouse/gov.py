"""Inputs of the schema `gov`: what the catalogue said and since when, checks, issues, certifications."""

from __future__ import annotations

from akademos.catalogue.warehouse.statuses import Status
from akademos.catalogue.warehouse_extracts import Extract

STATUSES: tuple[Status, ...] = (
    Status("quality", "passed", "No row breaks the check."),
    Status("quality", "failed", "Rows break the check.", problem=True),
    Status("quality", "not_enough", "There is too little data to say.", final=False),
    Status("issue", "open", "The check still fails.", final=False, problem=True),
    Status("issue", "closed", "The check passes again."),
    Status("certification", "standing", "It holds for the columns that the dataset has now.", final=False),
    Status("certification", "lapsed", "The columns have changed since, or its time is over.", problem=True),
    Status("certification", "revoked", "It was taken back or replaced."),
    Status("policy", "in force", "What is recorded is what the code enforces.", final=False),
    Status("policy", "outdated", "The code enforces something else than what was recorded last.", problem=True),
    Status("policy", "unrecorded", "The code enforces it, and no run has recorded it yet.", final=False),
    Status("policy", "retired", "It is recorded, and the code has it no more."),
)

EXTRACTS: tuple[Extract, ...] = (
    Extract(
        name="catalogue_versions",
        description="Every version of every entry of the catalogue, as it was recorded.",
        query="""
            SELECT version_id, kind, name, fingerprint, recorded_at,
                content ->> 'owner' AS owner, content ->> 'zone' AS zone, content ->> 'description' AS description,
                content ->> 'grain' AS grain, content ->> 'classification' AS classification,
                content ->> 'sensitivity' AS sensitivity, content ->> 'basis' AS basis,
                (content ->> 'retention_days')::integer AS retention_days,
                (content ->> 'column_count')::integer AS column_count, content ->> 'columns' AS columns_fingerprint,
                content ->> 'value' AS value, content ->> 'version' AS version
            FROM catalogue_versions WHERE tenant_id = %(tenant)s
        """,
        columns=(
            ("version_id", "int64"),
            ("kind", "string"),
            ("name", "string"),
            ("fingerprint", "string"),
            ("recorded_at", "timestamp"),
            ("owner", "string"),
            ("zone", "string"),
            ("description", "string"),
            ("grain", "string"),
            ("classification", "string"),
            ("sensitivity", "string"),
            ("basis", "string"),
            ("retention_days", "int32"),
            ("column_count", "int32"),
            ("columns_fingerprint", "string"),
            ("value", "string"),
            ("version", "string"),
        ),
        upstream=("catalogue_versions",),
    ),
    Extract(
        name="quality_results",
        description="Results of the nightly checks, without the keys that they found.",
        query="""
            SELECT result_id, dataset, check_name, kind, severity, statement, status, offending, checked_at
            FROM quality_results WHERE tenant_id = %(tenant)s
        """,
        columns=(
            ("result_id", "int64"),
            ("dataset", "string"),
            ("check_name", "string"),
            ("kind", "string"),
            ("severity", "string"),
            ("statement", "string"),
            ("status", "string"),
            ("offending", "int64"),
            ("checked_at", "timestamp"),
        ),
        upstream=("quality_results",),
    ),
    Extract(
        name="quality_issues",
        description="Checks that failed, until they passed again.",
        query="""
            SELECT issue_id::text AS issue_id, dataset, check_name, severity, owner, opened_at, last_seen_at, offending,
                closed_at
            FROM quality_issues WHERE tenant_id = %(tenant)s
        """,
        columns=(
            ("issue_id", "string"),
            ("dataset", "string"),
            ("check_name", "string"),
            ("severity", "string"),
            ("owner", "string"),
            ("opened_at", "timestamp"),
            ("last_seen_at", "timestamp"),
            ("offending", "int64"),
            ("closed_at", "timestamp"),
        ),
        upstream=("quality_issues",),
    ),
    Extract(
        name="dataset_certifications",
        description="What stewards said of datasets; whoever said it stands under the audit log's name.",
        query="""
            SELECT certification_id::text AS certification_id, dataset, level, fingerprint, decided_by, decided_at,
                valid_until, revoked_at
            FROM dataset_certifications WHERE tenant_id = %(tenant)s
        """,
        columns=(
            ("certification_id", "string"),
            ("dataset", "string"),
            ("level", "string"),
            ("fingerprint", "string"),
            ("decided_by", "string"),
            ("decided_at", "timestamp"),
            ("valid_until", "timestamp"),
            ("revoked_at", "timestamp"),
        ),
        upstream=("dataset_certifications",),
    ),
)
