"""Datasets about who is whom: merges, links, keyed hashes, salts, and what hosts sign their users' tokens with."""

from __future__ import annotations

from akademos.catalogue.checks import agrees, enforced
from akademos.catalogue.dataset_columns import LEARNER, TENANT, may, may_name, must, must_name
from akademos.catalogue.declarations import Basis, Dataset, years

_STEWARD = "data steward"
_OPERATOR = "operator"

IDENTITY_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="identity_merges",
        description="Every statement that two keys are one person, on what evidence and by whom, and its undoing.",
        grain="one merge of two keys",
        owner=_STEWARD,
        columns=(
            TENANT,
            must("merge_id", "string", "UUID of the merge"),
            must("first_key", "string", "random key of one side", personal=True),
            must("second_key", "string", "random key of the other side", personal=True),
            must("evidence", "string", "login, hash or operator"),
            may_name("reason", "string", "why, as an operator said; names nobody"),
            must_name("merged_by", "string", "who, as in the audit log"),
            must("version", "int64", "change of consent with which it took effect"),
            must("merged_at", "timestamp", "when"),
            may_name("undone_by", "string", "who undid it"),
            may_name("undone_reason", "string", "why it was undone; names nobody"),
            may("undone_at", "timestamp", "when it was undone"),
        ),
        zone="vault",
        basis=Basis.CONTRACT,
        time_column="merged_at",
        upstream=("identifiers", "identity_hashes"),
        checks=(enforced("a merge joins two different people of one tenant"),),
    ),
    Dataset(
        name="identity_links",
        description="What follows from the merges that stand: under which key a person is read. Answers resolve it "
        "when they are made, so that no event is ever rewritten.",
        grain="one absorbed key",
        owner=_STEWARD,
        columns=(
            TENANT,
            LEARNER,
            must("person_key", "string", "key under which the person is read", personal=True),
            must("version", "int64", "change of consent with which it took effect"),
            must("linked_at", "timestamp", "when"),
        ),
        zone="vault",
        basis=Basis.CONTRACT,
        time_column="linked_at",
        upstream=("identity_merges",),
        checks=(
            agrees(
                "a person's key is never itself absorbed",
                "SELECT a.linked_at FROM identity_links a JOIN identity_links b "
                "ON b.tenant_id = a.tenant_id AND b.learner_key = a.person_key WHERE a.tenant_id = %(tenant)s",
            ),
        ),
    ),
    Dataset(
        name="identity_hashes",
        description="Hashes of e-mail and telephone that clients made, hashed again under a secret of the tenant.",
        grain="one hash of one person",
        owner=_STEWARD,
        columns=(
            TENANT,
            must("keyed_hash", "bytes", "HMAC of the client's hash", personal=True),
            LEARNER,
            must("kind", "string", "email or phone"),
            must("salt_version", "int32", "version of the salt in the client's hash"),
            must("first_seen_at", "timestamp", "when"),
        ),
        zone="vault",
        basis=Basis.CONTRACT,
        time_column="first_seen_at",
        upstream=("people",),
    ),
    Dataset(
        name="tenant_salts",
        description="Salts that clients put into their hashes; the newest and the one before it count.",
        grain="one version of a tenant's salt",
        owner=_OPERATOR,
        columns=(
            TENANT,
            must("version", "int32", "number of the salt, from 1"),
            must("salt", "string", "what clients put before the value"),
            must("made_at", "timestamp", "when"),
        ),
        zone="records",
        basis=Basis.CONTRACT,
        time_column="made_at",
        retention=years(7),
    ),
    Dataset(
        name="host_keys",
        description="With what hosts sign the short-lived tokens of their users: a sealed secret, or a public key.",
        grain="one key of a host application",
        owner=_OPERATOR,
        columns=(
            TENANT,
            must("key_id", "string", "name of the key, `kid` in tokens"),
            must("algorithm", "string", "algorithm of its signatures, as in a JWT"),
            must("material", "bytes", "sealed secret, or public key"),
            must("created_at", "timestamp", "when"),
            may("revoked_at", "timestamp", "from when on it proves nothing"),
        ),
        zone="records",
        basis=Basis.CONTRACT,
        time_column="created_at",
        retention=years(7),
    ),
)
