"""Datasets of the catalogue itself: results of checks, issues, certifications, requests, versions of entries."""

from __future__ import annotations

from akademos.catalogue.dataset_columns import TENANT, may, may_name, must, must_name
from akademos.catalogue.declarations import Basis, Dataset, years

_STEWARD = "data steward"
_DATASET = must("dataset", "string", "name of the dataset")
_CHECK = must("check_name", "string", "name of the check within the dataset")
_SEVERITY = must("severity", "string", "critical, major or minor")

QUALITY_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="quality_results",
        description="What every run of the declared checks found.",
        grain="one check of one run",
        owner=_STEWARD,
        columns=(
            TENANT,
            must("result_id", "int64", "number of the result"),
            _DATASET,
            _CHECK,
            must("kind", "string", "how the check looks at the data"),
            _SEVERITY,
            must("statement", "string", "what must hold"),
            must("status", "string", "passed, failed or not_enough"),
            must("offending", "int64", "rows that break it", unit="rows"),
            must("sample", "strings", "keys of some of them, never a person's"),
            must("said", "string", "figures in words"),
            must("checked_at", "timestamp", "when"),
        ),
        zone="log",
        basis=Basis.LEGITIMATE_INTEREST,
        time_column="checked_at",
        retention=years(1),
        service_level="every night",
    ),
    Dataset(
        name="quality_issues",
        description="Checks that fail, from their first failure until they pass again, with who answers for it.",
        grain="one failing check",
        owner=_STEWARD,
        columns=(
            TENANT,
            must("issue_id", "string", "UUID"),
            _DATASET,
            _CHECK,
            _SEVERITY,
            must("owner", "string", "who answers for the dataset"),
            must("opened_at", "timestamp", "first failure"),
            must("last_seen_at", "timestamp", "latest failure"),
            must("offending", "int64", "rows at the latest failure", unit="rows"),
            may("closed_at", "timestamp", "when it passed again"),
        ),
        zone="log",
        basis=Basis.LEGITIMATE_INTEREST,
        time_column="opened_at",
        retention=years(2),
        service_level="every night",
        upstream=("quality_results",),
    ),
    Dataset(
        name="catalogue_versions",
        description="What the catalogue said of each dataset, product and policy, and since when: written when a run "
        "finds that it has changed.",
        grain="one version of one entry",
        owner=_STEWARD,
        columns=(
            TENANT,
            must("version_id", "int64", "number of the version"),
            must("kind", "string", "dataset, product or policy"),
            must("name", "string", "its name"),
            must("fingerprint", "string", "SHA-256 of the content, 16 hex digits"),
            must("content", "json", "what was declared"),
            must("recorded_at", "timestamp", "when it was first seen so"),
        ),
        zone="log",
        basis=Basis.LEGITIMATE_INTEREST,
        time_column="recorded_at",
        retention=years(10),
        service_level="every night",
    ),
    Dataset(
        name="dataset_certifications",
        description="What stewards say of datasets: certified, provisional or deprecated, for the columns of then.",
        grain="one statement about one dataset",
        owner=_STEWARD,
        columns=(
            TENANT,
            must("certification_id", "string", "UUID"),
            _DATASET,
            must("level", "string", "certified, provisional or deprecated"),
            must("statement", "string", "what it rests on"),
            must("fingerprint", "string", "SHA-256 of the declared columns, 16 hex digits"),
            must_name("decided_by", "string", "who, under the name of the audit log"),
            must("decided_at", "timestamp", "when"),
            may("valid_until", "timestamp", "until when; null: until further notice"),
            may("revoked_at", "timestamp", "when it was taken back"),
        ),
        zone="log",
        basis=Basis.LEGITIMATE_INTEREST,
        time_column="decided_at",
        retention=years(10),
    ),
    Dataset(
        name="access_requests",
        description="Who asked for access to a dataset or product, why, what a steward decided and until when. The row "
        "goes with the person who asked; the decision stays in the audit log.",
        grain="one request",
        owner=_STEWARD,
        columns=(
            TENANT,
            must("request_id", "string", "UUID"),
            must("kind", "string", "dataset or product"),
            must("name", "string", "what is asked for"),
            must("learner_key", "string", "key of the person who asks", personal=True),
            must("role", "string", "in which role"),
            must("reason", "string", "why, in their words", personal=True),
            must("requested_at", "timestamp", "when"),
            must("status", "string", "open, approved, denied or withdrawn"),
            may_name("decided_by", "string", "who decided, under the name of the audit log"),
            may("decided_at", "timestamp", "when"),
            may("answer", "string", "why it was decided so", personal=True),
            may("valid_until", "timestamp", "when an approval ends by itself"),
        ),
        zone="vault",
        basis=Basis.LEGITIMATE_INTEREST,
        time_column="requested_at",
        retention=years(3),
    ),
)
