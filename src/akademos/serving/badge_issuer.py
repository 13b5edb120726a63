"""Signs certificates as Open Badges with a key of the tenant, which follows from the installation's master key."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from akademos.learning.open_badges import Award, Document, Issuer, credential, issuer_profile, sign, status_list
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.certificates import Certificate

MEDIA_TYPE = "application/vc+jwt"
"""Of signed credentials (W3C Securing Verifiable Credentials using JOSE)."""

VERIFY = "/verify"
ISSUERS = "/v1/issuers"
_SALT_BYTES = 16


class BadgeIssuer:
    """Makes what verifiers need. `base` is the public address of the installation, without a slash at its end."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def verify_url(self, base: str, code: str) -> str:
        """Where anybody can see whether a certificate stands."""
        return f"{base}{VERIFY}/{code}"

    def badge(self, base: str, tenant_id: str, certificate: Certificate, recipient: str) -> str:
        """The certificate as a signed credential for its holder, whom the host calls `recipient`."""
        issuer = self._issuer(base, tenant_id, certificate.issuer)
        salt = hmac.digest(
            self._keys.derived(tenant_id, "credential salts"), certificate.certificate_id.encode(), "sha256"
        )
        award = Award(
            url=self.verify_url(base, certificate.code),
            number=certificate.number,
            title=certificate.title,
            description=certificate.description,
            criteria=f"Completed: {certificate.title}.",
            kind=certificate.kind,
            content_id=certificate.content_id,
            revision=certificate.revision,
            issued_at=certificate.issued_at,
            expires_at=certificate.expires_at,
            recipient=recipient,
            salt=base64.urlsafe_b64encode(salt[:_SALT_BYTES]).rstrip(b"=").decode(),
            index=certificate.serial,
        )
        return sign(issuer, credential(issuer, award))

    def revocations(self, base: str, tenant_id: str, name: str, revoked: Sequence[int], at: datetime) -> str:
        """The signed status list that the tenant's credentials point at."""
        issuer = self._issuer(base, tenant_id, name)
        return sign(issuer, status_list(issuer, revoked, at))

    def profile(self, base: str, tenant_id: str, name: str) -> Document:
        """Whose key it is."""
        return issuer_profile(self._issuer(base, tenant_id, name))

    def _issuer(self, base: str, tenant_id: str, name: str) -> Issuer:
        address = f"{base}{ISSUERS}/{quote(tenant_id)}"
        return Issuer(name, address, f"{address}/status", self._keys.derived(tenant_id, "credentials"))
