"""Datasets behind the numbers and the revocation list of certificates; they name nobody and outlive erasures."""

from __future__ import annotations

from akademos.catalogue.dataset_columns import TENANT, must
from akademos.catalogue.declarations import Basis, Dataset
from akademos.catalogue.records.declaration import OWNER

CREDENTIAL_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="certificate_serials",
        description="The last serial that a tenant's certificates have used, so that none is used twice.",
        grain="one tenant",
        owner=OWNER,
        columns=(TENANT, must("last", "int64", "serial of the newest certificate")),
        zone="records",
        basis=Basis.CONTRACT,
    ),
    Dataset(
        name="certificate_revocations",
        description="Serials of revoked certificates: the public list that credentials point at. A revoked one stays "
        "revoked when its holder is erased.",
        grain="one revoked certificate",
        owner=OWNER,
        columns=(
            TENANT,
            must("serial", "int64", "serial in the certificate's number"),
            must("revoked_at", "timestamp", "when"),
        ),
        zone="records",
        basis=Basis.CONTRACT,
        upstream=("learning_certificates",),
    ),
)
