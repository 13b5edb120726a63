"""Datasets of research releases: their register, whose row is whose where that is kept, and the releases themselves."""

from __future__ import annotations

from akademos.catalogue.checks import enforced
from akademos.catalogue.dataset_columns import LEARNER, TENANT, may, may_name, must, must_name
from akademos.catalogue.declarations import Basis, Column, Dataset, Purpose
from akademos.catalogue.research_columns import RELEASE_COLUMNS

_STEWARD = "data steward"
_RESEARCH = (Purpose.RESEARCH,)
_RELEASE = must("release_id", "string", "the release")
_UPSTREAM = ("event_log", "enrolments", "people", "consent_state", "identity_links", "learning_courses", "topics")


def _columns(*, personal: bool) -> tuple[Column, ...]:
    return tuple(
        must(
            one.name,
            "int32" if one.name == "detail" else "string",
            f"{one.part.value}. {one.description}",
            personal=personal and one.name == "release_key",
        )
        for one in RELEASE_COLUMNS
    )


RELEASE_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="releases",
        description="Research releases: what, by whom, when, from what, and what their disclosure tests found. Names "
        "nobody.",
        grain="one release",
        owner=_STEWARD,
        columns=(
            TENANT,
            _RELEASE,
            must("name", "string", "what people call it"),
            must("kind", "string", "anonymous or pseudonymous"),
            must("made_at", "timestamp", "when it was made"),
            must_name("made_by", "string", "who made it, as in the audit log"),
            must("parameters", "json", "courses, weeks of each, k, l"),
            must("row_count", "int32", "rows it holds now", unit="rows"),
            must("checksum", "string", "SHA-256 of its file as it is now"),
            must("report", "json", "the disclosure report"),
            may("changed_at", "timestamp", "when rows last went from it"),
            may_name("withdrawn_by", "string", "who withdrew it"),
            may("withdrawn_at", "timestamp", "when its files were removed"),
        ),
        zone="log",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="made_at",
    ),
    Dataset(
        name="release_members",
        description="Whose row of a pseudonymous release is whose: the row's key, sealed under the person's data key. "
        "Anonymous releases have no line here.",
        grain="one row of one pseudonymous release",
        owner=_STEWARD,
        columns=(
            TENANT,
            _RELEASE,
            LEARNER,
            must("course_id", "string", "the course that the row is about"),
            must("sealed", "bytes", "key of the row, sealed under the person's data key", personal=True),
        ),
        zone="vault",
        purposes=_RESEARCH,
        upstream=("releases", "people"),
    ),
    Dataset(
        name="research_dataset",
        description="Research dataset (anonymous): k-anonymous and l-diverse rows of courses; whose they are is "
        "written nowhere.",
        grain="one learner in one course",
        owner=_STEWARD,
        columns=_columns(personal=False),
        zone="release",
        purposes=_RESEARCH,
        service_level="on request",
        upstream=(*_UPSTREAM, "releases"),
        checks=(
            enforced("every class has at least k rows"),
            enforced("every class has at least l values"),
            enforced("no sequence is a single row's"),
        ),
    ),
    Dataset(
        name="research_360",
        description="Research 360 (pseudonymous): the same rows inside the enclave; rows go with consent and with "
        "erasure.",
        grain="one learner in one course",
        owner=_STEWARD,
        columns=_columns(personal=True),
        zone="release",
        purposes=_RESEARCH,
        service_level="rows of who withdrew are gone at the next run of the job `releases`",
        upstream=(*_UPSTREAM, "releases", "release_members"),
        checks=(
            enforced("every class has at least k rows"),
            enforced("every class has at least l values"),
            enforced("no sequence is a single row's"),
        ),
    ),
)
