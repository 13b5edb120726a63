"""Datasets of what came from elsewhere: OneRoster sets row by row; and of topics that were merged and split."""

from __future__ import annotations

from akademos.catalogue.checks import enforced
from akademos.catalogue.dataset_columns import TENANT, may, may_name, must, must_name
from akademos.catalogue.declarations import Basis, Dataset, years

_OWNER = "registrar"

ROSTER_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="roster_files",
        description="Which files the kept OneRoster set has, with their headers, and on what basis they came.",
        grain="one file of the set",
        owner=_OWNER,
        columns=(
            TENANT,
            must("file", "string", "name of the file without .csv; manifest for the manifest"),
            must("header", "string", "header as it stands; of the manifest the whole text"),
            must("basis_id", "string", "recorded basis of the import that brought it", term="recorded basis"),
            must("imported_at", "timestamp", "when header or basis changed last"),
        ),
        zone="vault",
        basis=Basis.CONTRACT,
    ),
    Dataset(
        name="roster_rows",
        description="Every row of the kept OneRoster set as it came, so that the set can be written again with columns "
        "of the sender's own; rows of people are sealed under the person's data key.",
        grain="one row of one file of the set",
        owner=_OWNER,
        columns=(
            TENANT,
            must("file", "string", "name of the file without .csv"),
            must("row_hash", "bytes", "keyed hash of the row's sourcedId", personal=True),
            must("position", "int64", "place in the file"),
            may("learner_key", "string", "random key of whose row it is; none where it is nobody's", personal=True),
            must("content", "bytes", "text of the row; sealed where it is somebody's", personal=True),
            must("digest", "bytes", "keyed hash of the text, to tell whether it changed", personal=True),
            must("changed_at", "timestamp", "when the row came as it is"),
        ),
        zone="vault",
        basis=Basis.CONTRACT,
        time_column="changed_at",
        retention=years(7),
        upstream=("roster_files",),
    ),
    Dataset(
        name="topic_changes",
        description="Topics that were merged and split: what answers of before are about now, and how to take it back.",
        grain="one change",
        owner="curriculum team",
        columns=(
            TENANT,
            must("number", "int64", "number of the change within the tenant"),
            must("kind", "string", "merge or split"),
            must("sources", "strings", "topics that went"),
            must("targets", "strings", "topics that stand for them"),
            must("moves", "json", "from which topic to which; of which item or material, where one is named"),
            must("edits", "json", "rows of the curriculum before and after"),
            must_name("reason", "string", "why; names nobody"),
            must_name("made_by", "string", "who, as in the audit log"),
            must("made_at", "timestamp", "when"),
            may_name("undone_by", "string", "who took it back"),
            may_name("undone_reason", "string", "why; names nobody"),
            may("undone_at", "timestamp", "when it was taken back"),
        ),
        zone="records",
        basis=Basis.CONTRACT,
        time_column="made_at",
        upstream=("topics",),
        checks=(enforced("no later change rests on one that is undone"),),
    ),
)
