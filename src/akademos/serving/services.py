"""What the routes work with: one object on the application, made by whoever wires the installation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from akademos.catalogue.declarations import Metric, Purpose
from akademos.errors import CatalogueError, Unauthenticated
from akademos.serving.answer_cache import AnswerCache
from akademos.serving.badge_issuer import BadgeIssuer
from akademos.serving.gate import Gate
from akademos.serving.openid_sign_in import OpenIdSignIn
from akademos.serving.principal import Doorkeeper, Principal
from akademos.serving.public_rate import PublicRate
from akademos.serving.standing import Standing
from akademos.stores.ports.access import LearnerReadings, Tenants
from akademos.stores.ports.access_requests import AccessRequests
from akademos.stores.ports.alerts import AlertPreferences, Mail
from akademos.stores.ports.answers import AnswerSource
from akademos.stores.ports.audit import AuditLog
from akademos.stores.ports.audit_trail import AuditTrail
from akademos.stores.ports.catalogue import Certifications, DataCatalogue, DatasetLooks
from akademos.stores.ports.certificates import Certificates
from akademos.stores.ports.consent import ConsentLedger
from akademos.stores.ports.consent_counts import ConsentCounts
from akademos.stores.ports.consent_terms import ConsentTerms
from akademos.stores.ports.content import PublishedContent
from akademos.stores.ports.cost_report import CostReports
from akademos.stores.ports.erasure import ErasureLedger
from akademos.stores.ports.held_data import HeldData
from akademos.stores.ports.identity import EventCounts, IdentityGraph, IdentityVault, Person
from akademos.stores.ports.incidents import IncidentBook
from akademos.stores.ports.journeys import JourneyDesk
from akademos.stores.ports.kpis import PublishedKpis
from akademos.stores.ports.learning import LearnerCourses
from akademos.stores.ports.model_watch import ModelLooks
from akademos.stores.ports.models import ModelCards
from akademos.stores.ports.outbox import Outbox
from akademos.stores.ports.peers import PublishedPeers
from akademos.stores.ports.pipeline_health import PipelineHealth
from akademos.stores.ports.quality import QualityStore
from akademos.stores.ports.record_store import RecordStore
from akademos.stores.ports.records import Records
from akademos.stores.ports.releases import ReleaseFiles, ReleaseRegister
from akademos.stores.ports.retention import RetentionReports
from akademos.stores.ports.rights import Rights
from akademos.stores.ports.risk import FocusScores
from akademos.stores.ports.topic_changes import TopicChanges

DASHBOARD = "/v1/analytics/dashboard"
MASTERY = "/v1/analytics/mastery"
MASTERY_TOPIC = "/v1/analytics/mastery/{topic}"
REVIEWS = "/v1/analytics/reviews"
KNOWLEDGE_GAPS = "/v1/analytics/knowledge-gaps"
EXAM_PLAN = "/v1/analytics/exam-plan"
EXAM_READINESS = "/v1/analytics/exam-readiness"
STUDY_EFFICIENCY = "/v1/analytics/study-efficiency"
STUDY_PATTERNS = "/v1/analytics/study-patterns"
RECOMMENDATIONS = "/v1/analytics/recommendations"
RECOMMENDATION_UPTAKE = "/v1/analytics/recommendations/uptake"
GROUPS = "/v1/analytics/groups"
PEERS = "/v1/analytics/peers"
CONTENT = "/v1/analytics/content"
CONTENT_ONE = "/v1/analytics/content/{content:path}"
ITEMS = "/v1/analytics/items"
ITEMS_ONE = "/v1/analytics/items/{item:path}"
FUNNEL = "/v1/analytics/journeys/funnel"
PATHS = "/v1/analytics/journeys/paths"
RETENTION = "/v1/analytics/journeys/retention"
SURVIVAL = "/v1/analytics/journeys/survival"
STUDENTS_IN_FOCUS = "/v1/analytics/students-in-focus"
KPIS = "/v1/analytics/kpis"
COSTS = "/v1/costs"
INTERVENTION_EFFECTS = "/v1/interventions/effects"
ANSWERS = (
    DASHBOARD,
    MASTERY,
    MASTERY_TOPIC,
    REVIEWS,
    KNOWLEDGE_GAPS,
    EXAM_PLAN,
    EXAM_READINESS,
    STUDY_EFFICIENCY,
    STUDY_PATTERNS,
    RECOMMENDATIONS,
)
"""Addresses of the answers about one learner, as the metrics of the catalogue name them."""


@dataclass(frozen=True)
class Services:
    """Ports and policies behind the routes.

    `purposes` says for each of `ANSWERS`, `PEERS`, `STUDENTS_IN_FOCUS`, `INTERVENTION_EFFECTS` and
    `RECOMMENDATION_UPTAKE` what must be consented to; `group_metrics` are answered over groups, `content_metrics` about
    contents and journeys; `clock` gives the present instant in UTC; `development` allows the development sign-in;
    `public_url` is the address that browsers use, empty where it is not known.
    """

    gate: Gate
    doorkeeper: Doorkeeper
    standing: Standing
    openid: OpenIdSignIn
    answers: AnswerSource
    peers: PublishedPeers
    kpis: PublishedKpis
    costs: CostReports
    content: PublishedContent
    journeys: JourneyDesk
    focus: FocusScores
    alerts: AlertPreferences
    mail: Mail
    readings: LearnerReadings
    trail: AuditTrail
    consent: ConsentLedger
    consent_counts: ConsentCounts
    terms: ConsentTerms
    held: HeldData
    rights: Rights
    vault: IdentityVault
    identity: IdentityGraph
    event_counts: EventCounts
    tenants: Tenants
    erasures: ErasureLedger
    retention: RetentionReports
    models: ModelCards
    model_looks: ModelLooks
    releases: ReleaseRegister
    release_files: ReleaseFiles
    certificates: Certificates
    learner_courses: LearnerCourses
    badges: BadgeIssuer
    outbox: Outbox
    records: RecordStore
    loads: Records
    topics: TopicChanges
    audit: AuditLog
    incidents: IncidentBook
    health: PipelineHealth
    catalogue: DataCatalogue
    looks: DatasetLooks
    quality: QualityStore
    certifications: Certifications
    access_requests: AccessRequests
    purposes: Mapping[str, tuple[Purpose, ...]]
    group_metrics: tuple[Metric, ...]
    content_metrics: tuple[Metric, ...]
    clock: Callable[[], datetime]
    development: bool
    public_url: str = ""
    cache: AnswerCache = field(default_factory=AnswerCache)
    public_rate: PublicRate = field(default_factory=PublicRate)

    def purposes_of(self, *addresses: str) -> tuple[Purpose, ...]:
        """All purposes that answers at these addresses are for."""
        return tuple(sorted({purpose for address in addresses for purpose in self.purposes[address]}))

    def zone_of(self, tenant_id: str, person: Person | None) -> ZoneInfo:
        """The zone that somebody's days are in: their own, else the tenant's."""
        if person is not None and person.time_zone:
            return ZoneInfo(person.time_zone)
        return ZoneInfo(next((one.time_zone for one in self.tenants.all() if one.tenant_id == tenant_id), "UTC"))

    def today(self, tenant_id: str) -> date:
        """The day it is at an institution."""
        return self.clock().astimezone(self.zone_of(tenant_id, None)).date()


def declared_purposes(metrics: tuple[Metric, ...]) -> dict[str, tuple[Purpose, ...]]:
    """What must be consented to at each of `ANSWERS`, at `PEERS`, `STUDENTS_IN_FOCUS`, `INTERVENTION_EFFECTS` and
    `RECOMMENDATION_UPTAKE`: of each metric answered there its first purpose.

    Raises:
        CatalogueError: an address answers no declared metric, or one without a purpose.
    """
    purposes: dict[str, tuple[Purpose, ...]] = {}
    for address in (*ANSWERS, PEERS, STUDENTS_IN_FOCUS, INTERVENTION_EFFECTS, RECOMMENDATION_UPTAKE):
        answered = [metric for metric in metrics if f"GET {address}" in metric.endpoints]
        if not answered or not all(metric.purposes for metric in answered):
            raise CatalogueError(
                f"{address} answers no declared metric, or one without a purpose.",
                hint="Name the address in the metric's declaration; the gate checks the purposes it declares.",
            )
        purposes[address] = tuple(sorted({metric.purposes[0] for metric in answered}))
    return purposes


def declared_among_peers(metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    """The metrics that `PEERS` answers."""
    return tuple(metric for metric in metrics if f"GET {PEERS}" in metric.endpoints)


def declared_over_groups(metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    """The metrics that `GROUPS` answers."""
    return tuple(metric for metric in metrics if f"GET {GROUPS}" in metric.endpoints)


def declared_over_content(metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    """The metrics that are answered about contents, items and journeys."""
    answered = {f"GET {address}" for address in (CONTENT, ITEMS, FUNNEL, PATHS, RETENTION, SURVIVAL)}
    return tuple(metric for metric in metrics if answered.intersection(metric.endpoints))


def services_of(request: Request) -> Services:
    """The services of the application that received the request."""
    services: Services = request.app.state.services
    return services


async def _services(request: Request) -> Services:
    return services_of(request)


async def who_asks(request: Request) -> Principal:
    """Who sends the request; refused when it is nobody we know."""
    return await services_of(request).doorkeeper.principal(request)


async def signed_in(request: Request) -> Principal:
    """Who looks at a page or sends its form, which brings its token itself, where an API call sends a header: the route
    checks it.

    Raises:
        Unauthenticated: nobody is signed in.
    """
    principal = await services_of(request).doorkeeper.known(request)
    if principal is None:
        raise Unauthenticated("Nobody is signed in.", hint="Sign in first.", code="sign_in_needed")
    return principal


Served = Annotated[Services, Depends(_services)]
Asker = Annotated[Principal, Depends(who_asks)]
SignedIn = Annotated[Principal, Depends(signed_in)]
