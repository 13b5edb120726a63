"""Datasets of erasure: requests and receipts, who stays refused, legal holds."""

from __future__ import annotations

from akademos.catalogue.dataset_columns import TENANT, may, may_name, must, must_name
from akademos.catalogue.declarations import Basis, Dataset, years

_STEWARD = "data steward"
_HOLD = must("hold_id", "string", "the hold")

ERASURE_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="erasures",
        description="Requests to erase a person, how far each has come, and its receipt. Names the person by audit "
        "name only; what the job must still find is sealed under a key of this request, destroyed at its end.",
        grain="one request",
        owner=_STEWARD,
        columns=(
            TENANT,
            must("erasure_id", "string", "the request"),
            must("requested_at", "timestamp", "when"),
            must_name("requested_by", "string", "who asked: person (audit name) or command line"),
            must_name("reason", "string", "why, without names"),
            must_name("subject", "bytes", "audit name of the person"),
            must("step", "string", "last step that is done"),
            must("progress", "json", "what the steps did so far"),
            may("sealed", "bytes", "identifiers and keys that the job still searches for", personal=True),
            may("completed_at", "timestamp", "when the receipt was written"),
            may("receipt", "json", "what was removed, where, how many rows, checksums; names nobody"),
        ),
        zone="log",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="requested_at",
        retention=years(10),
    ),
    Dataset(
        name="suppressions",
        description="Who was erased, as a keyed hash of each identifier that no other table holds: later events, "
        "replays, imports and restores of the person stay refused until the person consents anew.",
        grain="one identifier of one tenant",
        owner=_STEWARD,
        columns=(
            TENANT,
            must_name("suppression_hash", "bytes", "keyed hash of the identifier's keyed hash"),
            may("erasure_id", "string", "the request that put it here; none when it came from another installation"),
            must("suppressed_at", "timestamp", "when"),
        ),
        zone="log",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="suppressed_at",
    ),
    Dataset(
        name="legal_holds",
        description="What may not be deleted while a claim or an inquiry lasts, neither by retention nor by erasure.",
        grain="one hold",
        owner=_STEWARD,
        columns=(
            TENANT,
            _HOLD,
            may(
                "learner_key",
                "string",
                "whose rows; none: everybody's. A name that nobody can resolve once the person is erased",
                personal=True,
                term="learner_key",
            ),
            must("datasets", "strings", "which datasets"),
            must_name("reason", "string", "the claim or inquiry"),
            must_name("set_by", "string", "who set it"),
            must("set_at", "timestamp", "when"),
            may_name("lifted_by", "string", "who lifted it"),
            may("lifted_at", "timestamp", "when"),
        ),
        zone="log",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="set_at",
        retention=years(10),
    ),
    Dataset(
        name="held_records",
        description="Rows that a legal hold kept when their person was erased; sealed, gone when the hold is lifted.",
        grain="one dataset of one hold and erasure",
        owner=_STEWARD,
        columns=(
            TENANT,
            _HOLD,
            must("dataset", "string", "where they were"),
            must("erasure_id", "string", "the request that would have deleted them"),
            must("rows", "int32", "how many"),
            must("sealed", "bytes", "the rows as JSON, sealed", personal=True),
            must("kept_at", "timestamp", "when"),
        ),
        zone="vault",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="kept_at",
        upstream=("legal_holds",),
    ),
)
