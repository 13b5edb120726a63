"""What each job writes and how fresh that stays: lineage, service levels and OpenLineage events follow from it.

What a job reads is not said here: it is what the datasets that it writes are made from (`Dataset.upstream`), and of a
job that only removes or rewrites, those datasets themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from akademos.catalogue.declarations import Dataset

NIGHT = timedelta(hours=26)
"""A job of the night may be late by two hours."""
WEEK = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class JobFlow:
    """One job as the record of runs names it.

    Attributes:
        writes: the datasets whose rows it makes.
        keeps: datasets that it only removes rows from, or rewrites without changing them.
        promise: how old its last success may be; None for what runs when it is needed.
        by_tenant: whether it runs for one tenant at a time.
    """

    job: str
    description: str
    owner: str
    writes: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    promise: timedelta | None = None
    by_tenant: bool = True


_ENGINEERS, _SCIENCE, _STEWARD = "data engineering", "learning science", "data steward"

JOB_FLOWS: tuple[JobFlow, ...] = (
    JobFlow(
        "learner_states", "All learner analytics of a tenant, anew.", _SCIENCE,
        (
            "learner_state", "topic_mastery", "item_difficulty", "cohort_pasts", "cohort_memory_weights",
            "memory_weights",
        ),
        promise=NIGHT,
    ),
    JobFlow(
        "train", "Trains models, puts the better ones into service, watches those that are.", _SCIENCE,
        ("models", "model_watch"), promise=NIGHT,
    ),
    JobFlow("risk_scores", "Scores who may need help.", _SCIENCE, ("risk_scores",), promise=WEEK),
    JobFlow(
        "group_statistics", "Answers over groups, under disclosure control.", _STEWARD,
        ("group_blocks", "group_members", "group_sums", "group_answers"), promise=NIGHT,
    ),
    JobFlow(
        "peer_comparison", "Comparison with peers, under disclosure control.", _STEWARD,
        ("peer_blocks", "peer_members", "peer_sums", "peer_publications"), promise=NIGHT,
    ),
    JobFlow(
        "content_statistics", "Statistics of contents and items, under disclosure control.", _SCIENCE,
        ("content_people", "content_editions", "content_taken", "content_statistics", "content_support"), promise=NIGHT,
    ),
    JobFlow(
        "kpis", "Product KPIs, under disclosure control.", "product officer",
        ("kpi_blocks", "kpi_members", "kpi_sums", "kpi_snapshots"), promise=NIGHT,
    ),
    JobFlow("risk_alerts", "Opens alerts about students in focus.", _SCIENCE, ("alert_deliveries",), promise=NIGHT),
    JobFlow(
        "intervention_effects", "What interventions brought about.", _SCIENCE,
        ("intervention_effects", "intervention_effect_members"), promise=NIGHT,
    ),
    JobFlow("progress", "Progress of learners in their courses, anew.", "enterprise architect",
            ("progress_observations",)),
    JobFlow("release", "Makes a research release after attacking it.", _STEWARD,
            ("research_dataset", "research_360", "releases", "release_members")),
    JobFlow("releases", "Takes rows of who withdrew out of releases.", _STEWARD,
            keeps=("research_360", "release_members"), by_tenant=False),
    JobFlow("quality", "Runs the declared checks, and opens and closes issues.", _STEWARD,
            ("quality_results", "quality_issues", "catalogue_versions"), promise=NIGHT),
    JobFlow("metering", "Charges tenants for what they used of the platform, at declared prices.", "finance",
            ("billing_charges", "money_loads"), promise=NIGHT),
    JobFlow("marts", "Builds the warehouse from extracts, checks it, and puts it in the old one's place.", _ENGINEERS,
            ("warehouse_checks", "warehouse_loads"), promise=NIGHT),
    JobFlow("withdrawals", "Removes what a withdrawal of consent reaches.", _STEWARD,
            keeps=("event_log", "carried_forward"), by_tenant=False),
    JobFlow("erasure", "Erases people everywhere.", _STEWARD, keeps=("event_log", "people"), by_tenant=False),
    JobFlow("compaction", "Merges small files of the event log.", _ENGINEERS, keeps=("event_log",), by_tenant=False),
    JobFlow("full_compaction", "Merges all files of the event log.", _ENGINEERS, keeps=("event_log",),
            promise=NIGHT, by_tenant=False),
    JobFlow("retention", "Removes what is past its time.", _STEWARD, ("carried_forward",), keeps=("event_log",),
            promise=NIGHT, by_tenant=False),
    JobFlow("landing_expiry", "Empties landing of what waited a day.", _ENGINEERS,
            keeps=("landing", "held", "dead_letters", "event_index"), promise=timedelta(hours=1), by_tenant=False),
    JobFlow("record_expiry", "Writes down which records have expired.", "enterprise architect",
            keeps=("learning_certificates", "learning_recommendations"), promise=timedelta(hours=1), by_tenant=False),
    JobFlow("log_verification", "Verifies audit and access log, and writes down what it found.", _STEWARD,
            keeps=("audit_log", "access_log", "access_seals"), promise=NIGHT),
    JobFlow("alerts", "Measures the platform, and opens and closes alerts and incidents.", "operations",
            ("ops_figures", "ops_alerts", "ops_incidents"), by_tenant=False),
    JobFlow("access_seal", "Seals the access log in batches.", _STEWARD, ("access_seals",), by_tenant=False),
)  # fmt: skip
"""Every job of the record, once."""

FLOW_OF: Mapping[str, JobFlow] = {flow.job: flow for flow in JOB_FLOWS}
MADE_BY: Mapping[str, JobFlow] = {name: flow for flow in JOB_FLOWS for name in flow.writes}
"""The job that makes a table."""


def flow_of(dataset: str) -> JobFlow | None:
    """The job that makes a dataset: of the warehouse's tables (`schema.table`) the one that builds them all."""
    return FLOW_OF["marts"] if "." in dataset else MADE_BY.get(dataset)


def inputs_of(flow: JobFlow, datasets: Mapping[str, Dataset]) -> tuple[str, ...]:
    """The datasets that a job reads, by what it writes is made from; sorted."""
    read = {one for name in flow.writes if name in datasets for one in datasets[name].upstream if one in datasets}
    return tuple(sorted((read - set(flow.writes)) | set(flow.keeps)))


def outputs_of(flow: JobFlow) -> tuple[str, ...]:
    """The datasets that a job changes; sorted."""
    return tuple(sorted({*flow.writes, *flow.keeps}))
