"""Datasets of the product KPIs: the guard's memory, the snapshots that everybody reads, and what people noted."""

from __future__ import annotations

from akademos.catalogue.checks import Severity, holds
from akademos.catalogue.dataset_columns import LEARNER, TENANT, may, must, must_name
from akademos.catalogue.declarations import Basis, Dataset, Purpose, years
from akademos.catalogue.policies import LIMITS

_PRODUCT = (Purpose.PRODUCT_ANALYTICS,)
_OWNER = "product officer"
_SCOPE = must("scope", "string", "KPI, period and environment, with slashes between")
_BLOCK = must("block", "int32", "number of the block within the scope")
_UPSTREAM = ("event_log", "people", "enrolments", "cohort_members", "consent_state")

KPI_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="kpi_blocks",
        description="Blocks of at least k people who are counted together in one KPI, period and environment.",
        grain="one block of one scope",
        owner="data steward",
        columns=(
            TENANT,
            _SCOPE,
            _BLOCK,
            must("label", "string", "JSON list of persona, course and cohort of its people; empty where not told"),
            must("people", "int32", "people who entered", unit="people"),
        ),
        zone="serving",
        purposes=_PRODUCT,
        service_level="every night",
        upstream=_UPSTREAM,
        checks=(
            holds(
                "a block has as many people as any tenant must have",
                f"people >= {LIMITS.group_floor_least}",
                severity=Severity.CRITICAL,
            ),
        ),
    ),
    Dataset(
        name="kpi_members",
        description="Who is counted in which block, and on how much evidence the last taken values rest.",
        grain="one learner of one scope",
        owner="data steward",
        columns=(
            TENANT,
            _SCOPE,
            LEARNER,
            may("block", "int32", "block; none where it was dropped, so that the learner is not counted again"),
            must("evidence", "json", "units and hits when the block's values were last taken"),
        ),
        zone="serving",
        purposes=_PRODUCT,
        service_level="every night",
        upstream=("kpi_blocks",),
    ),
    Dataset(
        name="kpi_sums",
        description="What each block adds to its KPI, as last taken; taken anew when k of its people have more.",
        grain="one block and item",
        owner="data steward",
        columns=(
            TENANT,
            _SCOPE,
            must("item", "string", "always the KPI itself"),
            _BLOCK,
            must("as_of", "timestamp", "when it was taken"),
            must("people", "int32", "people of the block with a unit", unit="people"),
            must("value", "float64", "sum of the units' values"),
            must("bands", "json", "units, hits, people with a hit, people with a miss, then counts between edges"),
        ),
        zone="serving",
        purposes=_PRODUCT,
        time_column="as_of",
        service_level="every night",
        upstream=("kpi_members", "event_log"),
        checks=(holds("somebody is counted in it", "people > 0"),),
    ),
    Dataset(
        name="kpi_snapshots",
        description="The product KPIs by week as published: suppressed, rounded, capped. Page, API, files, command and "
        "notebook read them here.",
        grain="one KPI, week, environment and slice",
        owner=_OWNER,
        columns=(
            TENANT,
            must("kpi", "string", "name of the KPI"),
            must("week", "date", "Monday of the ISO week"),
            must("environment", "string", "prod, staging, ..."),
            must("dimension", "string", "persona, course or cohort; empty for everybody"),
            must("member", "string", "value of the dimension; empty for everybody"),
            must("period", "string", "what it sums up: the week, or the term so far"),
            must("computed_at", "timestamp", "when it was made"),
            must("status", "string", "ok, withheld, no_data or not_available"),
            may("reason", "string", "why there is no value"),
            may("value", "float64", "the value, in the KPI's unit"),
            may("low", "float64", "lower end of its 95% interval"),
            may("high", "float64", "upper end"),
            must("bound", "string", "exact, least (at least the value) or most (at most)"),
            may("people", "int32", "people counted, rounded", unit="people"),
            may("units", "int64", "units counted, rounded"),
            may("smallest_group", "int32", "the k it was made with", unit="people"),
            may("baseline", "float64", "the same in staging, where it is production's"),
            may("parity", "string", "within or beyond the tolerated difference from staging"),
            may("consenting", "float64", "share of learners who consent to be counted", unit="share"),
        ),
        zone="serving",
        purposes=_PRODUCT,
        time_column="computed_at",
        retention=years(5),
        service_level="every night",
        upstream=("kpi_sums", "event_log"),
        checks=(
            holds(
                "no number over people is of fewer than k",
                "people IS NULL OR people >= smallest_group",
                severity=Severity.CRITICAL,
            ),
        ),
    ),
    Dataset(
        name="kpi_notes",
        description="Annotations, customer signals and review notes beside the KPIs; about the product, not about "
        "people.",
        grain="one note",
        owner=_OWNER,
        columns=(
            TENANT,
            must("note_id", "string", "the note"),
            must("kind", "string", "annotation, signal or review"),
            may("kpi", "string", "the KPI it is about; none: all of them"),
            must("about", "date", "the day it is about"),
            must("logged_at", "timestamp", "when it was written"),
            must_name("author", "string", "who wrote it, by audit name"),
            must("body", "string", "the note; searched for personal data at the door"),
            may("owner", "string", "team that does what a review agreed on"),
            may("due_on", "date", "by when"),
            may("done_at", "timestamp", "when it was done"),
        ),
        zone="serving",
        basis=Basis.LEGITIMATE_INTEREST,
        time_column="logged_at",
        retention=years(5),
    ),
)
