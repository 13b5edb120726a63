"""Standards and laws that the platform follows, and where: what `gov.ref_standards` lists."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standard:
    """One standard: who issues it, in which version it is followed, what for, and the module where."""

    standard_id: str
    title: str
    issuer: str
    version: str
    used_for: str
    followed_in: str


STANDARDS: tuple[Standard, ...] = (
    Standard("gdpr", "General Data Protection Regulation", "European Union", "2016/679",
             "consent, erasure, access, register of processing", "privacy, catalogue.governance"),
    Standard("openlineage", "OpenLineage", "LF AI & Data", "2-0-2", "events of jobs", "catalogue.openlineage"),
    Standard("datahub", "DataHub metadata model", "DataHub project", "1.x", "export of the catalogue",
             "catalogue.datahub"),
    Standard("xapi", "Experience API", "ADL", "1.0.3", "statements that come in", "sources"),
    Standard("caliper", "Caliper Analytics", "1EdTech", "1.2", "envelopes that come in", "sources"),
    Standard("oneroster", "OneRoster", "1EdTech", "1.2", "rosters and results", "intake.oneroster"),
    Standard("open_badges", "Open Badges", "1EdTech", "3.0", "certificates", "serving.badge_issuer"),
    Standard("rfc9457", "Problem Details for HTTP APIs", "IETF", "RFC 9457", "refusals", "serving.problems"),
    Standard("openapi", "OpenAPI Specification", "OpenAPI Initiative", "3.1.0", "document of the API", "serving.api"),
    Standard("openid_connect", "OpenID Connect Core", "OpenID Foundation", "1.0", "sign-in",
             "serving.openid_sign_in"),
    Standard("wcag", "Web Content Accessibility Guidelines", "W3C", "2.2 AA", "pages", "serving.pages"),
    Standard("iso4217", "Codes for currencies", "ISO", "4217", "amounts of money", "ledger.money"),
    Standard("focus", "FinOps Open Cost and Usage Specification", "FinOps Foundation", "1.0 to 1.2", "bills",
             "sources.focus"),
)  # fmt: skip
"""Every standard once."""
