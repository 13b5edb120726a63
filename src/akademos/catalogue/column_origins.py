"""What each column that a job of the analytics, or the platform of itself, writes is made from, and what each trained
model learns from.

The queries of the warehouse can be parsed; these jobs compute in memory, so their inputs are declared here, beside
`job_flows`. A column is made from columns of others, or is the job's own (`OWN`): a number of a version, a time of
computation, a constant, the state of the job's work. What a job reads only to decide whose rows it may use (consent,
links between keys, the roster) is no origin of a value; it stands in the dataset's `upstream`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Origins = Mapping[str, Mapping[str, tuple[str, ...]]]

MODEL = "model."
"""Prefix of a trained model among the nodes of lineage; the register `models` holds the versions of all."""


def _of(dataset: str, columns: str) -> tuple[str, ...]:
    """Columns of one dataset, by name with spaces between, as `dataset.column`."""
    return tuple(f"{dataset}.{name}" for name in columns.split())


def _each(columns: str, *origins: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Several columns that are made from the same ones."""
    made = tuple(name for group in origins for name in group)
    return dict.fromkeys(columns.split(), made)


_PERSON = "learner_key"
_ANSWERS = _of(
    "question_attempts",
    "event_id occurred_at time_precision question_id topic_ids course_id score duration_seconds attempt_number "
    "confidence hints",
)
_TOUCHES = _of(
    "material_interactions",
    "event_id event_name occurred_at time_precision material_id topic_ids course_id duration_seconds quantity",
)
_STUDY = _of("study_events", "event_id event_name occurred_at time_precision session_id duration_seconds properties")
_TOPICS = _of("topics", "topic_id parent_id course_id name position status")
_EDGES = _of("topic_relationships", "from_topic to_topic kind status")
_EXAMS = (*_of("exam_weights", "exam_id section topic_id weight"), *_of("learner_targets", "exam_id target_date"))
_CURRICULUM = (
    *_TOPICS,
    *_EDGES,
    *_of("items", "question_id course_id topic_ids"),
    *_of("materials", "material_id course_id kind title topic_ids"),
)
_FIRST = _of("question_attempts", "event_id occurred_at question_id score attempt_number")
_TIMES = (
    *_of("question_attempts", "question_id duration_seconds"),
    *_of("material_interactions", "material_id duration_seconds"),
)
_REVIEWS = _of("question_attempts", "event_id occurred_at time_precision question_id score")
_ACTIVITY = _of(
    "event_log",
    "event_id event_name occurred_at time_precision course_id material_id assessment_id score properties",
)
_COURSE_DATES = _of("learning_courses", "starts_on ends_on")
_ENROLLED = _of("enrolments", "registered_on withdrawn_on resit")
_RISKS = (f"{MODEL}dropout_risk.artefact", f"{MODEL}dropout_hazard.artefact")
_SCORED = (*_ACTIVITY, *_COURSE_DATES, *_ENROLLED, *_of("materials", "material_id kind"), *_RISKS)
_CONTENT = _of(
    "event_log",
    "event_id event_name occurred_at time_precision course_id material_id score duration_seconds properties",
)
_ITEMS = _of(
    "event_log",
    "event_id event_name occurred_at time_precision course_id question_id assessment_id attempt_number score "
    "duration_seconds properties",
)
_MEMBERS = {"group": "group_members", "peer": "peer_members", "kpi": "kpi_members"}
_TERMS = (*_of("enrolments", "registered_on"), *_of("terms", "term_id starts_on ends_on"))
_KPI = _of(
    "event_log",
    "event_name occurred_at time_precision persona course_id material_id session_id assessment_id duration_seconds "
    "environment properties",
)


_SEEN = _of("event_log", "event_name material_id assessment_id occurred_at time_precision")
_TRACED = (
    *_of("event_log", "occurred_at time_precision course_id topic_ids"),
    *_of("topics", "topic_id course_id"),
    *_of("learning_courses", "starts_on ends_on"),
)
_ANSWERED = _of("event_log", "question_id score")
_CHANGED = _of("record_changes", "record action after at")
_MEASURED = (
    *_of("job_runs", "job started_at finished_at outcome detail"),
    *_of("landing", "received_at"),
    *_of("held", "received_at"),
    *_of("dead_letters", "received_at"),
    *_of("erasures", "requested_at completed_at"),
    *_of("outbox", "position sequenced_at"),
    *_of("outbox_letters", "position"),
    *_of("outbox_notices", "told_at confirmed_at"),
    *_of("ops_log_loads", "lost loaded_at"),
    *_of("kpi_snapshots", "value baseline parity week"),
    *_of("quality_issues", "opened_at closed_at"),
    *_of("warehouse_checks", "status checked_at"),
    *_of("model_watch", "shift"),
    *_of("event_log", "event_id"),
)
"""What the platform measures itself by, as far as it is kept; loads of processors and disks are nobody's column."""


def _released() -> dict[str, tuple[str, ...]]:
    """Of the rows of a research release: what a learner did in a course, told less exactly."""
    return {
        "course": (*_of("enrolments", "course_id"), *_TRACED), "persona": _of("people", "persona"),
        **_each("first_week weeks_active activity", _TRACED),
        **_each("answers correct", _TRACED, _ANSWERED),
        "outcome": _of("enrolments", "withdrawn_on"),
        **_each("detail", _TRACED, _ANSWERED, _of("people", "persona"), _of("enrolments", "withdrawn_on")),
    }  # fmt: skip


def _block_of(kind: str, *evidence: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Of a table of members: who and in which block, and on how much their values rest."""
    return {
        "learner_key": _of({"group": "topic_mastery", "peer": "learner_state"}.get(kind, "event_log"), _PERSON),
        "block": (f"{kind}_blocks.block",),
        "evidence": tuple(name for group in evidence for name in group),
    }


ORIGINS: Origins = {
    "learner_state": {
        "learner_key": _of("question_attempts", _PERSON),
        **_each("events", _of("question_attempts", "event_id"), _of("material_interactions", "event_id"),
                _of("study_events", "event_id")),
        **_each("last_event_at", _of("question_attempts", "occurred_at"), _of("material_interactions", "occurred_at"),
                _of("study_events", "occurred_at")),
        **_each("packed", _ANSWERS, _TOUCHES, _STUDY, _CURRICULUM, _EXAMS,
                _of("item_difficulty", "packed cohort_times"), _of("memory_weights", "weights")),
    },
    "topic_mastery": {
        "learner_key": _of("learner_state", _PERSON),
        "as_of": _of("learner_state", "computed_as_of"),
        **_each("topic_id status mastery low high answers", _of("learner_state", "packed")),
    },
    "item_difficulty": {
        "items": _of("question_attempts", "question_id"), "packed": _FIRST, "cohort_times": _TIMES,
    },
    "cohort_pasts": {"packed": _FIRST, "cohort_times": _TIMES},
    "cohort_memory_weights": {
        "learners": _of("question_attempts", _PERSON), "reviews": _REVIEWS, "weights": _REVIEWS,
    },
    "memory_weights": {
        "learner_key": _of("question_attempts", _PERSON), "reviews": _REVIEWS,
        **_each("weights", _REVIEWS, _of("cohort_memory_weights", "weights")),
    },
    "carried_forward": {
        "learner_key": _of("question_attempts", _PERSON),
        **_each("packed", _ANSWERS, _TOUCHES, _STUDY, _of("memory_weights", "weights")),
        **_each("covers", _of("question_attempts", "occurred_at"), _of("material_interactions", "event_name"),
                _of("study_events", "event_name")),
    },
    "risk_scores": {
        "learner_key": _of("enrolments", _PERSON),
        "course_id": _of("enrolments", "course_id"),
        **_each("course_day", _COURSE_DATES, _of("event_log", "occurred_at")),
        **_each("basis", _COURSE_DATES, _RISKS),
        "model_version": (f"{MODEL}dropout_risk.version", f"{MODEL}dropout_hazard.version"),
        **_each("risk level reasons effects", _SCORED),
        "previous_risk": _of("risk_scores", "risk"),
        "changed": _of("risk_scores", "effects"),
    },
    "group_blocks": {
        "scope": _of("enrolments", "course_id"), "label": _of("people", "persona"),
        "people": _of("topic_mastery", _PERSON),
    },
    "group_members": {**_block_of("group", _of("topic_mastery", "topic_id answers")),
                      "scope": _of("group_blocks", "scope")},
    "group_sums": {
        "scope": _of("group_blocks", "scope"), "block": _of("group_members", "block"),
        "topic_id": _of("topic_mastery", "topic_id"), "people": _of("topic_mastery", _PERSON),
        **_each("mastery weak developing mastered", _of("topic_mastery", "mastery")),
    },
    "group_answers": {
        "scope": _of("group_sums", "scope"), "topic_id": _of("group_sums", "topic_id"),
        "persona": _of("group_blocks", "label"), "as_of": _of("group_sums", "as_of"),
        "learners": _of("group_sums", "people"), "mastery": _of("group_sums", "mastery people"),
        "mastered": _of("group_sums", "mastered people"), "weak": _of("group_sums", "weak people"),
    },
    "peer_blocks": {"course_id": _of("enrolments", "course_id"), "people": _of("learner_state", _PERSON)},
    "peer_members": {**_block_of("peer", _of("learner_state", "packed")), "course_id": _of("peer_blocks", "course_id")},
    "peer_sums": {
        "course_id": _of("peer_blocks", "course_id"), "block": _of("peer_members", "block"),
        "people": _of("peer_members", _PERSON), **_each("item bands", _of("learner_state", "packed")),
    },
    "peer_publications": {
        "course_id": _of("peer_sums", "course_id"), "smallest_group": _of("tenants", "group_floor"),
        "content": _of("peer_sums", "item people bands"),
    },
    "content_people": {
        "course_id": _of("event_log", "course_id"), "learner_key": _of("event_log", _PERSON),
        "part": _of("people", "persona"), "versions": _of("event_log", "event_id material_id question_id"),
    },
    "content_editions": {
        "course_id": _of("content_people", "course_id"), "part": _of("content_people", "part"),
        "entry": _of("event_log", "material_id question_id"), "people": _of("content_people", _PERSON),
        "smallest_group": _of("tenants", "group_floor"), "shown": _of("content_people", "versions"),
    },
    "content_taken": {
        "course_id": _of("content_people", "course_id"), "learner_key": _of("content_people", _PERSON),
        **_each("contents", _CONTENT, _of("materials", "material_id kind course_id")),
        **_each("items", _ITEMS, _of("items", "question_id course_id")),
    },
    "content_statistics": {
        "course_id": _of("content_taken", "course_id"),
        **_each("subject subject_id version", _of("content_taken", "contents items")),
        **_each("detail", _of("content_taken", "contents items"), _of("content_people", "part"),
                _of("content_editions", "as_of shown"), _of("materials", "material_id topic_ids"),
                _of("items", "question_id topic_ids status"), _TERMS),
        "as_of": _of("content_editions", "as_of since"), "smallest_group": _of("tenants", "group_floor"),
    },
    "content_support": {
        "course_id": _of("content_taken", "course_id"), "smallest_group": _of("tenants", "group_floor"),
        **_each("materials", _of("content_taken", "contents items"), _of("content_editions", "as_of"),
                _of("materials", "material_id topic_ids"), _of("items", "question_id topic_ids"), _TERMS),
    },
    "kpi_blocks": {
        "scope": _of("event_log", "environment"),
        **_each("label", _of("people", "persona"), _of("enrolments", "course_id"), _of("cohort_members", "cohort_id")),
        "people": _of("event_log", _PERSON),
    },
    "kpi_members": {**_block_of("kpi", _of("event_log", "event_name occurred_at")),
                    "scope": _of("kpi_blocks", "scope")},
    "kpi_sums": {
        "scope": _of("kpi_blocks", "scope"), "block": _of("kpi_members", "block"),
        "people": _of("kpi_members", _PERSON), **_each("value bands", _KPI),
    },
    "kpi_snapshots": {
        "environment": _of("event_log", "environment"),
        **_each("dimension member", _of("kpi_blocks", "label")),
        **_each("value low high bound status reason", _of("kpi_sums", "value bands people"), _KPI, _TERMS),
        "people": _of("kpi_sums", "people"), "units": _of("kpi_sums", "bands"),
        "smallest_group": _of("tenants", "group_floor"),
        **_each("baseline parity", _of("kpi_snapshots", "value low high")),
        "consenting": _of("consent_state", "learner_key purpose live"),
    },
    "alert_deliveries": {
        "alert_id": _of("learner_alerts", "alert_id"), "learner_key": _of("learner_alerts", _PERSON),
        **_each("advisor_key", _of("learner_alerts", "owner_key"), _of("alert_settings", "advisor_key")),
        "next_attempt_at": _of("alert_settings", "quiet_from quiet_until time_zone"),
    },
    "intervention_effects": {
        "kind": _of("learner_interventions", "kind"), "trial": _of("learner_interventions", "trial"),
        "design": _of("learner_interventions", "arm assignment"),
        **_each("treated comparison counted",
                _of("learner_interventions", "learner_key arm assignment starts_on status")),
        **_each("effect low high", _of("learner_interventions", "arm assignment starts_on course_id"),
                _of("risk_scores", "as_of course_id risk"), _of("enrolments", "withdrawn_on")),
        "withheld": _of("intervention_effect_members", _PERSON),
    },
    "intervention_effect_members": {
        "kind": _of("learner_interventions", "kind"), "trial": _of("learner_interventions", "trial"),
        "learner_key": _of("learner_interventions", _PERSON),
    },
    "models": {
        "version": (*_of("item_difficulty", "version"), *_of("cohort_memory_weights", "version")),
        **_each("learners trained_on learners_hash data_hash reference artefact features parameters metrics card",
                _of(f"{MODEL}dropout_risk", "artefact"), _of(f"{MODEL}dropout_hazard", "artefact"),
                _of(f"{MODEL}exam_readiness", "artefact"), _of(f"{MODEL}tracing", "artefact")),
    },
    "model_watch": {
        "model": _of("models", "model"), "version": _of("models", "version"),
        **_each("learners figures status shift", _of("models", "reference artefact"), _ACTIVITY,
                _of("learner_state", "packed")),
    },
    "progress_observations": {
        **_each("learner_key", _of("event_log", _PERSON), _of("record_changes", _PERSON)),
        **_each("event content_id at", _SEEN, _CHANGED),
        **_each("score", _of("event_log", "score"), _CHANGED),
        **_each("passed result revision", _of("event_log", "properties"), _CHANGED),
        "share": _of("event_log", "properties"), "content_type": _CHANGED,
    },
    "research_dataset": _released(),
    "research_360": _released(),
    "releases": {
        **_each("parameters", _of("learning_courses", "course_id"), _TRACED),
        **_each("row_count checksum report", _TRACED, _ANSWERED, _of("people", "persona"),
                _of("enrolments", "course_id withdrawn_on")),
    },
    "release_members": {
        "release_id": _of("releases", "release_id"), "learner_key": _of("people", _PERSON),
        "course_id": (*_of("enrolments", "course_id"), *_TRACED), "sealed": _of("people", "data_key"),
    },
    "ops_log_loads": {},
    "ops_logs": {column: _of("ops_log_loads", column) for column in ("load_id", "service", "instance")},
    "ops_figures": {
        **_each("value", _MEASURED),
        **_each("subject", _of("job_runs", "job"), _of("kpi_snapshots", "kpi"), _of("model_watch", "model"),
                _of("quality_issues", "dataset"), _of("warehouse_checks", "dataset")),
    },
    "ops_alerts": {
        "subject": _of("ops_figures", "subject"), **_each("value worst", _of("ops_figures", "value")),
        **_each("began_at seen_at fired_at cleared_at", _of("ops_figures", "value measured_at")),
        "window_id": _of("ops_maintenance", "window_id rules starts_at ends_at cancelled_at"),
    },
    "ops_incidents": {
        "incident_id": _of("ops_alerts", "incident_id"), "rule": _of("ops_alerts", "rule"),
        "subject": _of("ops_alerts", "subject"), "began_at": _of("ops_alerts", "began_at"),
        **_each("opened_at", _of("ops_alerts", "fired_at")),
    },
}  # fmt: skip
"""Dataset -> column -> `dataset.column`, for every dataset of the analytics that a job writes, and for progress on its
way, research releases, the log and the figures."""

OWN: Mapping[str, tuple[str, ...]] = {
    "learner_state": ("version", "computed_at", "computed_as_of", "definition"),
    "item_difficulty": ("version", "computed_at"),
    "cohort_pasts": ("at", "version"),
    "cohort_memory_weights": ("version", "fitted_at"),
    "memory_weights": ("fitted_at",),
    "carried_forward": ("carried_at",),
    "risk_scores": ("as_of", "computed_at"),
    "group_blocks": ("block",),
    "group_sums": ("as_of",),
    "peer_blocks": ("block", "label"),
    "peer_sums": ("as_of",),
    "peer_publications": ("published_at",),
    "content_support": ("published_at",),
    "content_editions": ("as_of", "since"),
    "kpi_blocks": ("block",),
    "kpi_sums": ("item", "as_of"),
    "kpi_snapshots": ("kpi", "week", "period", "computed_at"),
    "alert_deliveries": (
        "state", "attempts", "notice_id", "lease", "leased_until", "last_error", "created_at", "settled_at",
    ),
    "intervention_effects": ("published_at",),
    "models": ("model", "trained_at", "rebuild_by", "replaced_at", "promoted_at", "seed", "artefact_hash"),
    "model_watch": ("watched_at",),
    "progress_observations": ("seq", "of_record"),
    "research_dataset": ("release_key",),
    "research_360": ("release_key",),
    "releases": ("release_id", "name", "kind", "made_at", "made_by", "changed_at", "withdrawn_by", "withdrawn_at"),
    "ops_log_loads": (
        "load_id", "service", "instance", "version", "region", "started_at", "loaded_at", "offered", "kept", "lost",
        "waiting", "oldest_at", "meant", "moved", "seconds",
    ),
    "ops_logs": ("log_id", "level", "event", "logged_at", "fields", "trimmed"),
    "ops_figures": ("figure_id", "figure", "measured_at"),
    "ops_alerts": ("alert_id", "rule", "threshold", "incident_id"),
    "ops_incidents": (
        "severity", "priority", "team", "runbook", "acknowledged_at", "acknowledged_by", "resolved_at", "resolved_by",
        "resolution",
    ),
}  # fmt: skip
"""Columns that the job makes itself: numbers of versions and blocks, times, constants, the state of its work, what
people said of it; of the log what a process said."""

MODEL_INPUTS: Mapping[str, tuple[str, ...]] = {
    "dropout_risk": (*_of("event_log", "learner_key"), *_ACTIVITY, *_COURSE_DATES, *_ENROLLED,
                     *_of("materials", "material_id kind")),
    "dropout_hazard": (*_of("event_log", "learner_key"), *_ACTIVITY, *_of("learning_courses", "course_id"),
                       *_ENROLLED, *_of("materials", "material_id kind")),
    "exam_readiness": (
        *_of("event_log", "learner_key event_id event_name occurred_at time_precision question_id material_id "
                          "topic_ids course_id score duration_seconds attempt_number confidence hints quantity "
                          "session_id properties assessment_id persona"),
        *_CURRICULUM, *_of("exam_weights", "exam_id section topic_id weight"),
        *_of("cohort_pasts", "packed cohort_times"), *_of("memory_weights", "weights"),
    ),
    "tracing": _of("event_log", "learner_key event_id event_name occurred_at question_id topic_ids score course_id "
                                "persona"),
}  # fmt: skip
"""What each trained model learns from; the models in the order of their names stand in `jobs.trainers.TRAINERS`."""

MODELS_OF: Mapping[str, tuple[str, ...]] = {
    "risk_scores": ("dropout_risk", "dropout_hazard"),
    "dropout_risk": ("dropout_risk",),
    "dropout_hazard": ("dropout_hazard",),
    "next_answer": ("tracing",),
    "exam_predicted_score": ("exam_readiness",),
}
"""Datasets and metrics that rest on some of the models of the register only."""


def places(origins: Iterable[str]) -> list[tuple[str, str]]:
    """`dataset.column` as (dataset, column); a model's name has a dot of its own."""
    return [(place.rpartition(".")[0], place.rpartition(".")[2]) for place in origins]
