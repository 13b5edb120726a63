"""Metrics (Prometheus) and structured logs. Neither ever holds a person's data."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TextIO, cast

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.samples import Sample

EVENTS_INGESTED = Counter(
    "analytics_events_ingested_total", "events taken (accepted or held), by environment", ["environment"]
)
STAGING_BASELINE = Gauge(
    "analytics_events_ingested_total_staging_baseline",
    "events taken in staging, which those of production are held against",
    multiprocess_mode="mostrecent",
)
VERDICTS = Counter("akademos_verdicts_total", "verdicts given", ["door", "verdict"])
SUPPRESSED = Counter("akademos_suppressed_total", "events kept out by an opt-out, a pause or a restriction", ["reason"])
VALIDATION_FAILURES = Counter("akademos_validation_failures_total", "events refused, by code", ["code"])
QUEUE_DEPTH = Gauge("akademos_intake_queue_events", "events waiting for the writer")
COMMIT_SECONDS = Histogram(
    "akademos_group_commit_seconds",
    "duration of a group commit",
    buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2, 10),
)
LANDING_BACKLOG = Gauge("akademos_landing_backlog_events", "accepted events waiting in landing")
LANDING_AGE = Gauge("akademos_landing_age_seconds", "age of the oldest accepted event in landing")
HELD_AGE = Gauge("akademos_held_age_seconds", "age of the oldest event that waits for consent")
DEAD_LETTER_AGE = Gauge("akademos_dead_letter_age_seconds", "age of the oldest dead letter")
ERASURES_OPEN = Gauge("akademos_erasures_open", "erasures that are not completed")
ERASURE_AGE = Gauge("akademos_erasure_age_seconds", "age of the oldest erasure that is not completed")
CONSENT_DECISIONS = Counter("akademos_gate_decisions_total", "decisions of the consent gate", ["decision"])
REQUEST_SECONDS = Histogram(
    "akademos_request_seconds",
    "duration of a request, by route",
    ["route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
LOG_LINES_LOST = Counter("akademos_log_writes_lost_total", "writes to the log that failed, say on a full disk")
JOB_SECONDS = Histogram("akademos_job_seconds", "duration of a job", ["job", "outcome"], buckets=(0.1, 1, 10, 60, 600))
OUTBOX_SEQUENCED = Counter("akademos_outbox_sequenced_total", "record changes that got their place in the sequence")
OUTBOX_EVENTS = Counter("akademos_outbox_events_delivered_total", "events that webhooks took")
OUTBOX_DELIVERIES = Counter(
    "akademos_outbox_deliveries_total", "deliveries to webhooks, by what came of them", ["outcome"]
)
OUTBOX_LETTERS = Gauge("akademos_outbox_dead_letters", "events in the dead letters of webhooks")
OUTBOX_LAG = Gauge("akademos_outbox_lag_seconds", "age of the oldest place that a webhook has not taken")
OUTBOX_UNCONFIRMED = Gauge(
    "akademos_outbox_unconfirmed_seconds", "age of the oldest erasure that a consumer has not confirmed"
)
FIGURE = Gauge(
    "akademos_figure",
    "what the platform measured of itself at the last look, by declared figure",
    ["figure", "subject", "tenant"],
    multiprocess_mode="mostrecent",
)
FRESHNESS = Gauge(
    "data_pipeline_freshness_hours",
    "hours since the job that a dataset follows last succeeded",
    ["dataset", "tenant"],
    multiprocess_mode="mostrecent",
)
INCIDENTS_OPEN = Gauge(
    "akademos_incidents_open", "incidents that are not resolved", ["priority"], multiprocess_mode="mostrecent"
)

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable of the folder in which all processes of an installation keep their metrics."""

Keep = Callable[[Mapping[str, object]], None]


def all_processes() -> CollectorRegistry:
    """The metrics of all processes of this installation, as far as they share a folder; else of this one."""
    if not os.environ.get(METRICS_FOLDER):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client leaves it untyped
    return registry


def samples(*families: str) -> Iterator[Sample]:
    """The samples of some metrics, of all processes; named as the family is exported, without the suffix _total."""
    for family in all_processes().collect():
        if family.name in families:
            yield from family.samples


ALERT_MAIL = Counter("akademos_alert_mail_total", "messages to owners of alerts, by what came of them", ["outcome"])
ALERT_MAIL_DEAD = Gauge("akademos_alert_mail_dead", "alerts whose owner could not be told")
ALERT_MAIL_LAG = Gauge("akademos_alert_mail_lag_seconds", "age of the oldest message that is due and not sent")


class LogLines(io.TextIOBase):
    """Standard error, for lines that nobody may stumble over: one that cannot be written is counted instead.

    Logs often go to the disk that is full just then, and what logs must go on.
    """

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str, /) -> int:
        """Write, or count."""
        try:
            return sys.stderr.write(text)
        except OSError:
            LOG_LINES_LOST.inc()
            return len(text)

    def flush(self) -> None:
        """Pass on what waits; a line that fails is counted once."""
        with suppress(OSError):
            sys.stderr.flush()


def configure_logging(level: str, keep: Keep | None = None) -> None:
    """One JSON object a line on standard error; `keep` is given every line as well, before it is written."""

    def kept(_: object, __: str, said: structlog.typing.EventDict) -> structlog.typing.EventDict:
        if keep is not None:
            keep(said)
        return said

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            kept,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", LogLines())),
        cache_logger_on_first_use=True,
    )
