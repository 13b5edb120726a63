"""Datasets about access: roles, advising rosters, sessions, settings of tenants."""

from __future__ import annotations

from akademos.catalogue.dataset_columns import LEARNER, TENANT, may, must, must_name
from akademos.catalogue.declarations import Basis, Dataset
from akademos.catalogue.policies import LIMITS

_STEWARD = "data steward"

ACCESS_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="role_grants",
        description="The last word about the roles of people; a revoked one stands for nothing, also where the "
        "tenant's identity provider claims it. The history is in the audit log.",
        grain="one person and role",
        owner=_STEWARD,
        columns=(
            TENANT,
            LEARNER,
            must("role", "string", "one of the roles that can be granted"),
            must("granted", "bool", "whether it stands"),
            must_name("decided_by", "string", "who decided, as in the audit log"),
            must("decided_at", "timestamp", "when"),
            may("valid_until", "timestamp", "from when on it no longer stands"),
        ),
        zone="vault",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="decided_at",
    ),
    Dataset(
        name="sessions",
        description="Sessions of browsers, by the hash of their number, so that signing out ends them in every "
        "process; nothing of what was asked.",
        grain="one session",
        owner=_STEWARD,
        columns=(
            TENANT,
            must_name("session_hash", "bytes", "SHA-256 of the session's number"),
            may(
                "learner_key",
                "string",
                "whose it is; null for people whom the vault does not know",
                personal=True,
                term="learner_key",
            ),
            must("started_at", "timestamp", "when it was started"),
            must("seen_at", "timestamp", "last request, to the minute"),
            must("expires_at", "timestamp", "when it ends in any case"),
            may("ended_at", "timestamp", "when it was signed out or ended for the person"),
        ),
        zone="log",
        basis=Basis.LEGITIMATE_INTEREST,
        time_column="started_at",
        retention=LIMITS.session_longest,
    ),
    Dataset(
        name="tenant_settings",
        description="What a tenant has set for itself; secrets are named by where they are kept, never held.",
        grain="one setting of one tenant",
        owner=_STEWARD,
        columns=(
            TENANT,
            must("name", "string", "one of the declared tenant settings"),
            must("value", "string", "as it was set"),
            must_name("changed_by", "string", "who set it, as in the audit log"),
            must("changed_at", "timestamp", "when"),
        ),
        zone="vault",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="changed_at",
    ),
)
