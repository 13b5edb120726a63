"""Every route of the application and what stands between it and a learner's data.

A route that is not here fails the walk: whoever adds one says what it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, Route

LEARNER = "learner"
"""Answers about one learner, behind the gate."""
ROSTER = "roster"
"""Lists an instructor's consenting learners, behind the gate."""
OWN_DECISIONS = "own decisions"
"""A person's own consent decisions: no consent is needed to see or make them."""
OWN_RECORD = "own record"
"""What is kept about a person, to themself: no consent is needed to see it."""
GOVERNANCE = "governance"
"""For stewards and administrators; names nobody."""
GROUPS = "groups"
"""Answers over groups, behind the gate and disclosure control."""
FOCUS = "students in focus"
"""An advisor's consenting learners, or a learner about themself, behind the gate."""
PEERS = "peers"
"""A learner about themself beside what is published of peers, by their own choice; disclosure control."""
RIGHT_OF_ACCESS = "right of access"
"""A person's own data as it is held: no consent is needed to see it."""
RELEASES = "releases"
"""Research releases, for researchers by grant: registers and reports name nobody, files are anonymous."""
OPEN = "open"
"""Holds no learner's data, whoever asks."""
INTAKE = "intake"
"""Takes events; answers with verdicts only."""
CATALOGUE = "catalogue"
"""What data there is, for staff: declarations, quality, lineage; rows of datasets about nobody, behind the gate."""
IDENTITY = "identity"
"""Who is whom: keys, counts and decisions, for administrators only; `identify` tells a server what it said."""

OUTBOX = "outbox"
"""Record changes for a consumer, by its own key: people as its contract says, stopped by their decisions, logged."""
RECORDS = "records"
"""Learning records: role and reach by their declarations, live consent where their basis is consent."""

CLASSIFIED: dict[tuple[str, str], str] = {
    ("GET", "/v1/analytics/dashboard"): LEARNER,
    ("GET", "/v1/analytics/mastery"): LEARNER,
    ("GET", "/v1/analytics/mastery/{topic:path}"): LEARNER,
    ("GET", "/v1/analytics/reviews"): LEARNER,
    ("GET", "/v1/analytics/knowledge-gaps"): LEARNER,
    ("GET", "/v1/analytics/exam-readiness"): LEARNER,
    ("GET", "/v1/analytics/exam-plan"): LEARNER,
    ("GET", "/v1/analytics/recommendations"): LEARNER,
    ("GET", "/v1/analytics/recommendations/uptake"): GROUPS,
    ("GET", "/recommendations"): GROUPS,
    ("GET", "/exam-plan"): LEARNER,
    ("GET", "/v1/analytics/study-efficiency"): LEARNER,
    ("GET", "/v1/analytics/study-patterns"): LEARNER,
    ("GET", "/my-study-habits"): LEARNER,
    ("GET", "/v1/analytics/groups"): GROUPS,
    ("GET", "/groups"): GROUPS,
    ("GET", "/v1/analytics/kpis"): GROUPS,
    ("GET", "/v1/analytics/kpis/{name}"): GROUPS,
    ("GET", "/v1/analytics/kpis/notes"): GOVERNANCE,  # about the product, searched for personal data at the door
    ("POST", "/v1/analytics/kpis/notes"): GOVERNANCE,
    ("POST", "/v1/analytics/kpis/notes/{note_id}/done"): GOVERNANCE,
    ("GET", "/kpis"): GROUPS,
    ("POST", "/kpis"): GOVERNANCE,  # keeps a note about the product
    ("GET", "/v1/analytics/content"): GROUPS,
    ("GET", "/v1/analytics/content/{content:path}"): GROUPS,
    ("GET", "/v1/analytics/items"): GROUPS,
    ("GET", "/v1/analytics/items/{item:path}"): GROUPS,
    ("GET", "/v1/analytics/journeys/funnel"): GROUPS,
    ("GET", "/v1/analytics/journeys/paths"): GROUPS,
    ("GET", "/v1/analytics/journeys/retention"): GROUPS,
    ("GET", "/v1/analytics/journeys/survival"): GROUPS,
    ("GET", "/content"): GROUPS,
    ("GET", "/content/{content:path}"): GROUPS,
    ("GET", "/items"): GROUPS,
    ("GET", "/items/{item:path}"): GROUPS,
    ("GET", "/journeys"): GROUPS,
    ("GET", "/v1/analytics/students-in-focus"): FOCUS,
    ("GET", "/students-in-focus"): FOCUS,
    ("POST", "/students-in-focus/alerts"): FOCUS,
    ("POST", "/students-in-focus/alerts/owner"): FOCUS,
    ("POST", "/students-in-focus/interventions"): FOCUS,
    ("POST", "/students-in-focus/interventions/act"): FOCUS,
    ("POST", "/students-in-focus/notes"): FOCUS,
    ("POST", "/students-in-focus/suggestions"): FOCUS,
    ("POST", "/students-in-focus/notes/act"): FOCUS,
    ("POST", "/students-in-focus/settings"): OPEN,  # an advisor's own wishes
    ("GET", "/v1/alerts/settings"): OPEN,  # an advisor's own wishes
    ("PUT", "/v1/alerts/settings"): OPEN,
    ("GET", "/v1/alerts/mark"): OPEN,  # how many alerts wait for the advisor who asks, of learners who consent
    ("GET", "/v1/interventions/effects"): GROUPS,
    ("GET", "/v1/analytics/peers"): PEERS,
    ("GET", "/peers"): PEERS,
    ("GET", "/v1/models"): OPEN,  # staff: counts, hashes and cards, which name nobody
    ("GET", "/v1/models/{name}/{version}"): OPEN,
    ("GET", "/models"): OPEN,  # the same on a page
    ("GET", "/v1/releases"): RELEASES,
    ("GET", "/v1/releases/{release_id}"): RELEASES,
    ("GET", "/v1/releases/{release_id}/file"): RELEASES,
    ("GET", "/my-progress"): LEARNER,
    ("POST", "/my-progress/recommendations"): LEARNER,
    ("POST", "/my-progress/suggestions"): LEARNER,
    ("GET", "/v1/learners"): ROSTER,
    ("GET", "/learners"): ROSTER,
    ("GET", "/v1/consent"): OWN_DECISIONS,
    ("POST", "/v1/consent"): OWN_DECISIONS,
    ("GET", "/v1/accesses"): OWN_RECORD,
    ("GET", "/who-saw-my-data"): OWN_RECORD,
    ("POST", "/v1/records/import"): RECORDS,
    ("GET", "/v1/records/export"): RECORDS,
    ("GET", "/v1/records/{collection}"): RECORDS,
    ("POST", "/v1/records/{collection}"): RECORDS,
    ("GET", "/v1/records/{collection}/{key}"): RECORDS,
    ("PATCH", "/v1/records/{collection}/{key}"): RECORDS,
    ("POST", "/v1/records/{collection}/{key}/actions/{action}"): RECORDS,
    ("GET", "/v1/records/{collection}/{key}/revisions"): RECORDS,
    ("GET", "/v1/topics/changes"): RECORDS,  # of the curriculum, which names nobody
    ("POST", "/v1/topics/changes"): RECORDS,
    ("POST", "/v1/topics/changes/preview"): RECORDS,
    ("GET", "/v1/topics/changes/{number}"): RECORDS,
    ("POST", "/v1/topics/changes/{number}/undo"): RECORDS,
    ("GET", "/v1/audit"): GOVERNANCE,
    ("GET", "/v1/access-log"): GOVERNANCE,  # each search is in the log itself; learners by audit names
    ("GET", "/trust/access-log"): GOVERNANCE,
    ("GET", "/v1/consent/texts"): OPEN,  # the tenant's texts, no person
    ("POST", "/v1/consent/tracking"): OWN_DECISIONS,
    ("GET", "/my-consent"): OWN_DECISIONS,
    ("POST", "/my-consent"): OWN_DECISIONS,
    ("GET", "/my-data"): RIGHT_OF_ACCESS,
    ("GET", "/v1/me/data"): RIGHT_OF_ACCESS,
    ("GET", "/v1/me/requests"): RIGHT_OF_ACCESS,
    ("POST", "/v1/me/requests"): OWN_DECISIONS,
    ("POST", "/v1/me/requests/{request_id}/take-back"): OWN_DECISIONS,
    ("POST", "/v1/erasures"): OWN_DECISIONS,
    ("GET", "/v1/erasures"): OPEN,  # administrators and stewards: steps and receipts, which name nobody
    ("GET", "/v1/erasures/{erasure_id}"): OWN_DECISIONS,
    ("GET", "/v1/outbox"): GOVERNANCE,
    ("GET", "/v1/outbox/{consumer}"): OUTBOX,
    ("POST", "/v1/outbox/{consumer}/acknowledgement"): OUTBOX,
    ("GET", "/v1/outbox/{consumer}/dead-letters"): OUTBOX,  # places and reasons, which name nobody
    ("POST", "/v1/outbox/{consumer}/replay"): OUTBOX,
    ("GET", "/v1/retention"): OPEN,  # administrators and stewards: counts and dates of whole datasets
    ("GET", "/my-courses"): OWN_RECORD,
    ("GET", "/v1/me/courses"): OWN_RECORD,
    ("GET", "/v1/me/certificates"): OWN_RECORD,
    ("GET", "/v1/me/certificates/{certificate_id}/pdf"): OWN_RECORD,
    ("GET", "/v1/me/certificates/{certificate_id}/open-badge"): OWN_RECORD,
    ("GET", "/verify"): OPEN,
    ("GET", "/verify/{code}"): OPEN,  # by a secret: what was certified and whether it stands, never whose it is
    ("GET", "/v1/verify/{code}"): OPEN,
    ("GET", "/v1/issuers/{tenant_id}"): OPEN,  # public key of an issuer
    ("GET", "/v1/issuers/{tenant_id}/status"): OPEN,  # a bit for each certificate
    ("POST", "/v1/events"): INTAKE,
    ("POST", "/v1/events/batch"): INTAKE,
    ("POST", "/v1/events/beacon"): INTAKE,
    ("OPTIONS", "/v1/events"): OPEN,
    ("OPTIONS", "/v1/events/batch"): OPEN,
    ("OPTIONS", "/v1/events/beacon"): OPEN,
    ("OPTIONS", "/v1/identity/salt"): OPEN,
    ("GET", "/v1/identity/salt"): INTAKE,
    ("POST", "/v1/identify"): IDENTITY,
    ("GET", "/v1/identity/preview"): IDENTITY,
    ("GET", "/v1/identity/merges"): IDENTITY,
    ("POST", "/v1/identity/merges"): IDENTITY,
    ("POST", "/v1/identity/merges/{merge_id}/undo"): IDENTITY,
    ("GET", "/v1/identity/suggestions"): IDENTITY,
    ("GET", "/v1/catalogue"): CATALOGUE,
    ("GET", "/v1/catalogue/datasets/{name}"): CATALOGUE,
    ("GET", "/v1/catalogue/datasets/{name}/lineage"): CATALOGUE,
    ("GET", "/v1/catalogue/datasets/{name}/sample"): CATALOGUE,
    ("GET", "/v1/catalogue/datasets/{name}/quality"): CATALOGUE,
    ("PUT", "/v1/catalogue/datasets/{name}/certification"): GOVERNANCE,
    ("DELETE", "/v1/catalogue/datasets/{name}/certification"): GOVERNANCE,
    ("GET", "/v1/catalogue/issues"): CATALOGUE,
    ("GET", "/v1/catalogue/products"): CATALOGUE,
    ("GET", "/v1/catalogue/glossary"): CATALOGUE,
    ("GET", "/v1/catalogue/requests"): CATALOGUE,
    ("POST", "/v1/catalogue/requests"): CATALOGUE,
    ("POST", "/v1/catalogue/requests/{request_id}/decision"): GOVERNANCE,
    ("POST", "/v1/catalogue/requests/{request_id}/end"): CATALOGUE,
    ("GET", "/catalogue"): CATALOGUE,
    ("GET", "/catalogue/products"): CATALOGUE,
    ("GET", "/catalogue/products/{name}"): CATALOGUE,
    ("GET", "/catalogue/glossary"): CATALOGUE,
    ("GET", "/catalogue/requests"): CATALOGUE,
    ("POST", "/catalogue/requests"): CATALOGUE,
    ("POST", "/catalogue/requests/{request_id}"): CATALOGUE,
    ("GET", "/catalogue/{name}"): CATALOGUE,
    ("POST", "/catalogue/{name}/certification"): GOVERNANCE,
    ("GET", "/trust"): OPEN,  # administrators and stewards: receipts, counts, acts; names nobody
    ("GET", "/operations"): OPEN,  # operators and administrators: counts, ages, incidents; names nobody
    ("POST", "/operations"): OPEN,
    ("GET", "/v1/operations"): OPEN,
    ("GET", "/costs"): OPEN,  # operators and administrators: money by month, learners as floored counts only
    ("GET", "/v1/costs"): OPEN,
    ("GET", "/releases"): OPEN,  # researchers: the register of releases
    ("GET", "/"): OPEN,
    ("GET", "/favicon.ico"): OPEN,
    ("GET", "/sign-in"): OPEN,  # development: lists people by name, and says so
    ("GET", "/sign-in/{tenant}"): OPEN,
    ("GET", "/sign-in/{tenant}/callback"): OPEN,
    ("POST", "/sign-in"): OPEN,
    ("POST", "/sign-out"): OPEN,
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/v1/openapi.json"): OPEN,
    ("GET", "/static"): OPEN,
}


def registered(app: FastAPI) -> Iterator[tuple[str, str]]:
    """(method, path) of everything the application answers."""
    for context in iter_route_contexts(app.routes):
        assert context.path is not None, f"a route of an unknown kind: {context.route!r}"
        if isinstance(context.original_route, Mount):
            yield "GET", context.path
        else:
            assert isinstance(context.original_route, Route), f"a route of an unknown kind: {context.route!r}"
            for method in sorted((context.methods or {"GET"}) - {"HEAD"}):
                yield method, context.path


def addresses(app: FastAPI, kind: str) -> list[str]:
    """GET addresses of one kind, with parameters filled in."""
    return [
        path.replace("{topic:path}", "fractions").replace("{tenant}", "nowhere")
        for method, path in registered(app)
        if method == "GET" and CLASSIFIED[method, path] == kind
    ]
