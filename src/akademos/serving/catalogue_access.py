"""Who may see what of the catalogue, and the steps of an access request, for routes and pages alike."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from akademos.catalogue.catalogue_content import columns_fingerprint
from akademos.catalogue.classification import Sensitivity
from akademos.catalogue.dataset_rights import grantable
from akademos.catalogue.lineage import NodeKind
from akademos.catalogue.products import PRODUCT_OF, PRODUCTS
from akademos.catalogue.records import RECORDS
from akademos.catalogue.roles import RULE_OF, Question
from akademos.errors import Forbidden, InputError, NotFound
from akademos.serving import catalogue_forms as forms
from akademos.serving.gate import may_ask
from akademos.serving.principal import Principal
from akademos.serving.record_export import actor_of
from akademos.serving.services import Services
from akademos.stores.ports.access_requests import AccessRequest, Wanted
from akademos.stores.ports.catalogue import CatalogueEntry, Certification, Level, Sample

SAMPLE_ROWS = 20
USE_WINDOW = timedelta(days=30)
LONGEST_GRANT = timedelta(days=365)
USUAL_GRANT = timedelta(days=90)
LONGEST_CERTIFICATION = timedelta(days=3653)

_ABOUT_PEOPLE = frozenset({Sensitivity.IDENTIFYING, Sensitivity.PSEUDONYMOUS})
_COLLECTION = {record.name: f"/v1/records/{record.collection}" for record in RECORDS}


def browsing(services: Services, principal: Principal) -> None:
    """Let whoever may browse pass.

    Raises:
        Forbidden: the role has no catalogue.
    """
    may_ask(principal, Question.CATALOGUE)


def steward(principal: Principal) -> bool:
    """Whether the asker decides about certifications and requests."""
    return Question.GOVERNANCE in RULE_OF[principal.role].questions


def entry_of(services: Services, principal: Principal, name: str) -> CatalogueEntry:
    """A dataset by name.

    Raises:
        NotFound: there is none.
    """
    found = services.catalogue.entries(principal.tenant_id).get(name)
    if found is None:
        raise NotFound("There is no such dataset.", hint="/v1/catalogue lists them.", code="unknown_dataset")
    return found


def dataset_detail(services: Services, principal: Principal, name: str) -> forms.Json:
    """A dataset whole, as this reader may see it."""
    entry, tenant_id = entry_of(services, principal, name), principal.tenant_id
    lineage = services.catalogue.lineage(tenant_id)
    standing = services.looks.standing(tenant_id, entry.dataset)
    rows = None if standing is None else standing.rows
    if rows is not None and entry.sensitivity in _ABOUT_PEOPLE:
        rows = services.gate.published(tenant_id, rows)
    use = services.looks.use(tenant_id, addresses_of(services, tenant_id, entry), services.clock() - USE_WINDOW)
    shown = forms.detail(
        entry, principal.role, lineage, standing=standing, shown_rows=rows, use=use, products=PRODUCTS
    )  # fmt: skip
    if entry.sensitivity in _ABOUT_PEOPLE and not steward(principal):
        shown["newest"] = None  # of a small table it would be an act of somebody
    return shown


def addresses_of(services: Services, tenant_id: str, entry: CatalogueEntry) -> list[str]:
    """Where a dataset is read: answers of metrics made from it, its records, its rows in the catalogue."""
    lineage = services.catalogue.lineage(tenant_id)
    after = lineage.downstream(entry.dataset.name)
    metrics = {one for one in after if lineage.kinds.get(one) is NodeKind.METRIC}
    found = {
        endpoint.partition(" ")[2]
        for metric in services.catalogue.registry(tenant_id).metrics
        if metric.name in metrics
        for endpoint in metric.endpoints
    }
    found.add(sample_address(entry.dataset.name))
    if entry.dataset.name in _COLLECTION:
        found.add(_COLLECTION[entry.dataset.name])
    return sorted(found)


def products(services: Services, principal: Principal) -> list[forms.Json]:
    """Every product with its contract, how it stands, and who used it at its own doors in the last 30 days, by role;
    what else is made of its datasets is no use of the product."""
    entries, since = services.catalogue.entries(principal.tenant_id), services.clock() - USE_WINDOW
    found = []
    for one in services.catalogue.products():
        use = services.looks.use(principal.tenant_id, one.doors, since)
        found.append(forms.product(one, entries, principal.role) | {"use_30_days": forms.use_by_role(use)})
    return found


def made_of(services: Services, principal: Principal) -> forms.Json:
    """What the catalogue rests on now: newest run of its checks, and how many columns name where they come from."""
    entries, lineage = services.catalogue.entries(principal.tenant_id), services.catalogue.lineage(principal.tenant_id)
    results = [result for entry in entries.values() for result in entry.results]
    made = [
        (name, column.name)
        for name, entry in entries.items()
        if entry.flow is not None and entry.dataset.available
        for column in entry.dataset.columns
    ]
    return {
        "checked_at": max((one.checked_at for one in results), default=None),
        "checks": len(results),
        "checked": sum(bool(entry.results) for entry in entries.values()),
        "columns": len(made),
        "traced": sum(bool(lineage.origins(*place)) for place in made),
    }


def sample_address(name: str) -> str:
    """Where rows of a dataset are looked at, as the access log has it."""
    return f"/v1/catalogue/datasets/{name}/sample"


def look_at_rows(services: Services, principal: Principal, name: str) -> Sample:
    """Some rows, through the gate.

    Raises:
        Forbidden: neither the role nor a grant opens them.
        NotFound: there is no such dataset, or it is no table.
    """
    entry, tenant_id = entry_of(services, principal, name), principal.tenant_id
    now = services.clock()

    def granted() -> bool:
        if not grantable(entry.dataset):
            return False
        requests, user = services.access_requests, principal.user_id
        if principal.way == "key":
            return False
        return requests.granted(tenant_id, user, "dataset", name, now) or any(
            requests.granted(tenant_id, user, "product", one.name, now)
            for one in PRODUCTS
            if one.opens == "rows" and name in one.datasets
        )

    services.gate.rows(principal, sample_address(name), entry.readers, granted)
    found = services.looks.sample(tenant_id, entry.dataset, SAMPLE_ROWS)
    if found is None:
        raise NotFound(
            "It has no rows that could be shown here.", hint="A warehouse is built by `akademos marts build`.",
            code="no_rows_here",
        )  # fmt: skip
    return found


def releases_granted(services: Services, principal: Principal) -> bool:
    """Whether a steward has granted research releases to a person without the role."""
    if principal.way == "key":
        return False
    now = services.clock()
    return any(
        services.access_requests.granted(principal.tenant_id, principal.user_id, "product", one.name, now)
        for one in PRODUCTS
        if one.opens == "releases"
    )


def ask(services: Services, principal: Principal, kind: Wanted, name: str, reason: str) -> AccessRequest:
    """Ask for access.

    Raises:
        Forbidden: nobody can be given this, or the asker has it by their role, or is no person.
        NotFound: there is no such dataset or product.
        Conflict: a request of theirs stands already.
    """
    browsing(services, principal)
    if principal.way == "key":
        raise Forbidden("Access is asked for by people.", hint="Sign in.", code="role")
    if kind == "dataset":
        entry = entry_of(services, principal, name)
        open_to, possible = principal.role in entry.readers, grantable(entry.dataset)
    else:
        found = PRODUCT_OF.get(name)
        if found is None:
            raise NotFound("There is no such product.", hint="/v1/catalogue/products lists them.")
        open_to, possible = principal.role in found.used_by, found.opens is not None
    if open_to:
        raise Forbidden("Your role has this already.", hint="Open it.", code="already_open")
    if not possible:
        raise Forbidden(
            "This holds data of individuals or secrets; nobody can be given its rows.",
            hint="Use a data product that protects people, or research releases.",
            code="not_grantable",
        )
    return services.access_requests.ask(
        principal.tenant_id, principal.user_id, principal.role, kind, name, reason, at=services.clock()
    )


def decide(
    services: Services, principal: Principal, request_id: str, *, approve: bool, answer: str, until: datetime | None
) -> AccessRequest:
    """Approve or deny.

    Raises:
        Forbidden: the role decides nothing, or it is the asker's own request.
        InputError: the end lies in the past, or too far ahead.
    """
    may_ask(principal, Question.GOVERNANCE)
    now = services.clock()
    end = (until or now + USUAL_GRANT) if approve else None
    if end is not None and not now < end <= now + LONGEST_GRANT:
        raise InputError(
            "The end of a grant lies between now and a year ahead.", hint="Choose another date.", pointer="/until",
            code="until",
        )  # fmt: skip
    return services.access_requests.decide(
        principal.tenant_id, request_id, approve=approve, answer=answer, user_id=principal.user_id,
        actor=actor_of(services, principal), at=now, until=end,
    )  # fmt: skip


def end(services: Services, principal: Principal, request_id: str) -> AccessRequest:
    """End a grant or take a request back: stewards any, others their own."""
    browsing(services, principal)
    return services.access_requests.end(
        principal.tenant_id, request_id, actor=actor_of(services, principal), at=services.clock(),
        only_of=None if steward(principal) else principal.user_id,
    )  # fmt: skip


def certify(
    services: Services, principal: Principal, name: str, level: Level, statement: str, until: datetime | None
) -> Certification:
    """Say what a dataset is worth.

    Raises:
        Forbidden: the role says nothing about datasets.
        InputError: the end lies in the past, or more than ten years ahead.
        Conflict: a critical check fails, so it cannot be certified.
    """
    may_ask(principal, Question.GOVERNANCE)
    entry, now = entry_of(services, principal, name), services.clock()
    if until is not None and not now < until <= now + LONGEST_CERTIFICATION:
        raise InputError(
            "The end of a certification lies between now and ten years ahead.",
            hint="Choose another date, or leave it out: then it stands until further notice.",
            pointer="/valid_until",
            code="until",
        )
    if level == "certified" and any(one.status == "failed" and one.severity == "critical" for one in entry.results):
        raise InputError(
            "A critical check of it fails.", hint="Mend it, or call it provisional.", status=409, code="check_fails"
        )
    made = Certification(
        str(uuid4()), name, level, statement, columns_fingerprint(entry.dataset), actor_of(services, principal), now,
        until,
    )  # fmt: skip
    services.certifications.certify(principal.tenant_id, made)
    return made
