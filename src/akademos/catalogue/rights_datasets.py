"""Datasets about what people were asked, opt-outs counted, and requests by right."""

from __future__ import annotations

from akademos.catalogue.dataset_columns import LEARNER, TENANT, may, may_name, must, must_name
from akademos.catalogue.declarations import Basis, Dataset, years

_STEWARD = "data steward"

RIGHTS_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="consent_texts",
        description="What people are asked, word for word, by version and language; never changed once declared.",
        grain="one text of one version in one language",
        owner=_STEWARD,
        columns=(
            TENANT,
            must("purpose", "string", "what the data may be used for", term="purpose"),
            must("version", "string", "name of the version, as decisions give it"),
            must("language", "string", "ISO 639-1"),
            must("body", "string", "the text"),
            must("shown_from", "timestamp", "from when it is the one to be shown"),
            must("declared_at", "timestamp", "when it was declared"),
        ),
        zone="log",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="declared_at",
        retention=years(10),
    ),
    Dataset(
        name="consent_terms",
        description="From which age a person of the tenant decides alone; a younger one needs a guardian's evidence.",
        grain="one tenant",
        owner=_STEWARD,
        columns=(TENANT, must("age_limit", "int32", "age of deciding alone", unit="years")),
        zone="records",
        basis=Basis.LEGAL_OBLIGATION,
    ),
    Dataset(
        name="birth_dates",
        description="Dates of birth, sealed with the person's data key, where a tenant needs them for the age limit.",
        grain="one person of one tenant",
        owner=_STEWARD,
        columns=(TENANT, LEARNER, must("sealed", "bytes", "the date, sealed", personal=True)),
        zone="vault",
        basis=Basis.LEGAL_OBLIGATION,
        upstream=("people",),
    ),
    Dataset(
        name="opt_outs",
        description="Opt-outs and opt-ins, and the events that an opt-out, a pause or a restriction kept out, counted.",
        grain="one day and kind",
        owner=_STEWARD,
        columns=(
            TENANT,
            must("day", "date", "day of receipt, UTC"),
            must("kind", "string", "opted_out, opted_in, or suppressed_ and why: opt_out, paused, restricted, erased"),
            must("events", "int64", "how many events"),
        ),
        zone="serving",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="day",
        retention=years(7),
        upstream=("settings_tracking_opt_out",),
    ),
    Dataset(
        name="rights_requests",
        description="Requests for access and rectification and contested statements, until when each is due, and what "
        "came of it.",
        grain="one request",
        owner=_STEWARD,
        columns=(
            TENANT,
            must("request_id", "string", "UUID"),
            LEARNER,
            must("kind", "string", "access, rectification or contest"),
            must("concerns", "string", "which field or statement it is about"),
            may("said", "bytes", "what the person says, sealed", personal=True),
            must_name("requested_by", "string", "self, or who recorded it"),
            must("requested_at", "timestamp", "when"),
            must("due_on", "date", "last day of the period to answer in"),
            must("status", "string", "open, fulfilled, refused or taken_back"),
            may("outcome", "bytes", "the answer, sealed", personal=True),
            may_name("closed_by", "string", "who closed it"),
            may("closed_at", "timestamp", "when"),
        ),
        zone="records",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="requested_at",
        retention=years(3),
        upstream=("people",),
    ),
)
