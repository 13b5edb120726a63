"""Datasets, limits and policies of publishing outward."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from akademos.catalogue.checks import agrees
from akademos.catalogue.dataset_columns import LEARNER, TENANT, may, must
from akademos.catalogue.declarations import Basis, Dataset, Policy, Purpose, years


@dataclass(frozen=True, slots=True)
class OutboxLimits:
    """Limits of publishing; times as timedelta.

    Attributes:
        kept: how long places of the sequence are kept; a consumer that stays away for longer starts anew.
        page: most events of one pull.
        lease: how long one process has a consumer's turn; longer than any delivery takes.
        timeout: how long a recipient may take to answer.
        secret_grace: how long deliveries are signed under a secret that was rotated, too.
        overdue: after how long a notice of an erasure that nobody confirmed is called overdue.
    """

    kept: timedelta = timedelta(days=30)
    page: int = 500
    lease: timedelta = timedelta(seconds=60)
    timeout: timedelta = timedelta(seconds=10)
    secret_grace: timedelta = timedelta(days=7)
    overdue: timedelta = timedelta(days=7)


OUTBOX_LIMITS = OutboxLimits()

OUTBOX_POLICIES: tuple[Policy, ...] = (
    Policy(
        "outbox_content",
        "What is published of a record is made when it leaves: declared fields that tell of no person, never words "
        "about one; people by a name that only the consumer knows, or by user id on a recorded basis; nothing of "
        "whoever has had the processing for a purpose of the consumer restricted, or objected to it, or does not "
        "consent where the record rests on consent. Each person in it is noted in the access log.",
        "at delivery",
        "outbox.selection, stores.postgres.outbox_pages",
        "records.md, publishing outward",
    ),
    Policy(
        "outbox_kept",
        "Places of the sequence are kept so long; a consumer that stays away for longer is told so (410) and starts "
        "anew. Notices of erasures stay until they are confirmed.",
        f"{OUTBOX_LIMITS.kept.days} days",
        "jobs.expiry",
        "records.md, publishing outward",
    ),
    Policy(
        "webhook_destinations",
        "Webhooks go over TLS to hosts that the operator has declared, at public addresses looked up for each "
        "delivery; redirects are not followed, and a recipient has so long to answer.",
        f"{OUTBOX_LIMITS.timeout // timedelta(seconds=1)} s",
        "outbox.destinations, stores.http.webhooks",
        "records.md, publishing outward",
    ),
)

_OWNER = "enterprise architect"
_CONSUMER = must("consumer", "string", "name of the consumer within the tenant")
_POSITION = must("position", "int64", "place in the tenant's sequence")

OUTBOX_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="outbox_pending",
        description="Record changes that have no place in the sequence yet; a job gives them one within a second.",
        grain="one change",
        owner=_OWNER,
        columns=(TENANT, must("change", "int64", "number of the change")),
        zone="records",
        basis=Basis.CONTRACT,
        upstream=("record_changes",),
    ),
    Dataset(
        name="outbox_heads",
        description="The last place given in each tenant's sequence.",
        grain="one tenant",
        owner=_OWNER,
        columns=(TENANT, _POSITION),
        zone="records",
        basis=Basis.CONTRACT,
        upstream=("outbox",),
    ),
    Dataset(
        name="outbox",
        description="The sequence of record changes: their places, without what is in them.",
        grain="one change or notice of an erasure",
        owner=_OWNER,
        columns=(
            TENANT,
            _POSITION,
            must("event_id", "string", "UUID under which it is published"),
            may("change", "int64", "number of the change; none for the notice of an erasure"),
            must("sequenced_at", "timestamp", "when it got its place"),
        ),
        zone="records",
        basis=Basis.CONTRACT,
        time_column="sequenced_at",
        retention=OUTBOX_LIMITS.kept,
        service_level="within 1 second of the change",
        upstream=("record_changes",),
        checks=(
            agrees(
                "places have no gaps",
                "SELECT position FROM (SELECT position, position - lag(position) OVER (ORDER BY position) AS step "
                "FROM outbox WHERE tenant_id = %(tenant)s) AS steps WHERE step > 1",
            ),
        ),
    ),
    Dataset(
        name="outbox_consumers",
        description="Who follows the record changes of a tenant: what each gets, on which basis, and how far it is.",
        grain="one consumer",
        owner=_OWNER,
        columns=(
            TENANT,
            _CONSUMER,
            must("records", "strings", "records it gets"),
            must("people", "string", "how it knows people: none, pseudonym or user_id"),
            must("purposes", "strings", "what it uses them for"),
            must("basis", "string", "on which basis user ids leave; empty where none do"),
            may("url", "string", "where its webhook is"),
            may("secret", "bytes", "what deliveries are signed with, sealed"),
            may("previous_secret", "bytes", "the one before, sealed"),
            may("previous_until", "timestamp", "how long it counts"),
            must("batch", "int32", "events in one delivery at most"),
            must("attempts", "int32", "failed deliveries after which an event is a dead letter"),
            must("position", "int64", "what is acknowledged"),
            must("state", "string", "active, paused or gone"),
            must("failures", "int32", "failed deliveries in a row"),
            must("next_attempt_at", "timestamp", "not before"),
            may("last_error", "string", "what the recipient answered last, where it failed"),
            may("lease", "string", "UUID of the turn that is under way"),
            may("leased_until", "timestamp", "when that turn is over"),
            must("created_at", "timestamp", "since when it follows"),
        ),
        zone="records",
        basis=Basis.CONTRACT,
        upstream=("outbox",),
    ),
    Dataset(
        name="outbox_letters",
        description="Events that could not be delivered: which, and what the recipient said. Not what is in them.",
        grain="one consumer and place",
        owner=_OWNER,
        columns=(
            TENANT,
            _CONSUMER,
            _POSITION,
            must("attempts", "int32", "how often it was tried"),
            must("reason", "string", "what went wrong last"),
            must("at", "timestamp", "since when it lies here"),
            must("again", "bool", "whether it is to be sent again"),
        ),
        zone="records",
        basis=Basis.CONTRACT,
        time_column="at",
        retention=OUTBOX_LIMITS.kept,
        upstream=("outbox",),
    ),
    Dataset(
        name="outbox_notices",
        description="Which consumers were told of which erasure, and which have confirmed. Until then it holds the "
        "names under which they know the person, and nobody else.",
        grain="one consumer and erasure",
        owner="data steward",
        columns=(
            TENANT,
            _CONSUMER,
            _POSITION,
            must("erasure_id", "string", "UUID of the erasure"),
            may("people", "strings", "the consumer's names for the person; gone once it has confirmed", personal=True),
            must("told_at", "timestamp", "since when the notice is in the sequence"),
            may("confirmed_at", "timestamp", "when the consumer acknowledged it"),
        ),
        zone="log",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="confirmed_at",
        retention=years(3),
        upstream=("erasures",),
    ),
    Dataset(
        name="outbox_readers",
        description="How far jobs of the platform itself have followed the sequence.",
        grain="one tenant and job",
        owner=_OWNER,
        columns=(TENANT, must("reader", "string", "the job"), _POSITION),
        zone="records",
        basis=Basis.CONTRACT,
        upstream=("outbox",),
    ),
    Dataset(
        name="progress_observations",
        description="What learners were seen doing in lessons, quizzes and exercises, until it is in their progress "
        "about a second later.",
        grain="one observation",
        owner=_OWNER,
        columns=(
            TENANT,
            must("seq", "int64", "order in which they are worked off"),
            LEARNER,
            must("event", "string", "name in the dictionary; touched or recompute for what the platform asks itself"),
            may("content_type", "string", "lesson, quiz or exercise, where it is known"),
            may("content_id", "string", "which one"),
            must("at", "timestamp", "when it happened"),
            may("share", "float64", "of the material that was reached", unit="share"),
            may("score", "float64", "of the full mark", unit="share"),
            may("passed", "bool", "whether the threshold was reached"),
            may("result", "string", "of a review"),
            may("revision", "int32", "revision of the content"),
            must("of_record", "bool", "whether a record says so, not an event"),
        ),
        zone="records",
        purposes=(Purpose.LEARNING_SUPPORT,),
        basis=Basis.CONSENT,
        service_level="within 1 second",
        upstream=("event_log", "record_changes"),
    ),
)
