"""Certificates as Open Badges 3.0: a verifiable credential that any wallet can check without asking us.

The document is an `OpenBadgeCredential` (1EdTech Open Badges 3.0, on the W3C Verifiable Credentials Data Model 2.0),
signed as a compact JWT with EdDSA (section 8.2 of the standard: the payload is the credential with the registered
claims beside it, the header carries the public key). The issuer is a `did:key`, so the key proves itself; the address
of the tenant's issuer profile says whose key it is. The recipient stands in it as a salted hash of the user_id.
Revocation is a Bitstring Status List (W3C), which tells nobody which credential it is asked about.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import NAMESPACE_URL, uuid5

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Document: TypeAlias = "dict[str, Any]"

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
STATUS_LIST_BITS = 131_072
"""The shortest list that the standard allows: one certificate hides among so many."""

STATUS_LIST_LIFE = timedelta(days=1)
"""How long a fetched list may be relied on."""

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519_PREFIX = b"\xed\x01"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues: the tenant's name, address of its profile, and the seed (32 bytes) of its key."""

    name: str
    profile_url: str
    status_url: str
    seed: bytes

    @property
    def key(self) -> Ed25519PrivateKey:
        """The signing key."""
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def did(self) -> str:
        """The issuer's identifier, `did:key` of its public key."""
        return did_key(self.key.public_key().public_bytes_raw())

    @property
    def jwk(self) -> dict[str, str]:
        """The public key as a JSON Web Key (RFC 8037)."""
        public = self.key.public_key().public_bytes_raw()
        return {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(public).rstrip(b"=").decode()}


@dataclass(frozen=True, slots=True)
class Award:
    """What is said in a credential. `url` verifies it by code; `index` is its place in the status list, if any."""

    url: str
    number: str
    title: str
    description: str
    criteria: str
    kind: str
    content_id: str
    revision: int | None
    issued_at: datetime
    expires_at: datetime | None
    recipient: str
    salt: str
    index: int | None


def did_key(public: bytes) -> str:
    """The `did:key` of an Ed25519 public key: multibase base58btc of the multicodec prefix and the 32 bytes."""
    return "did:key:z" + _base58(_ED25519_PREFIX + public)


def identity_hash(recipient: str, salt: str) -> str:
    """How a recipient stands in a credential: SHA-256 of identity and salt, as the standard writes it."""
    return "sha256$" + hashlib.sha256((recipient + salt).encode()).hexdigest()


def credential(issuer: Issuer, award: Award) -> Document:
    """The credential, unsigned."""
    achievement = f"{issuer.profile_url}#{award.kind}/{award.content_id}/{award.revision}"
    document: Document = {
        "@context": list(CONTEXTS),
        "id": award.url,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": award.title,
        "issuer": {"id": issuer.did, "type": ["Profile"], "name": issuer.name, "url": issuer.profile_url},
        "validFrom": _instant(award.issued_at),
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "hashed": True,
                    "identityHash": identity_hash(award.recipient, award.salt),
                    "identityType": "systemId",
                    "salt": award.salt,
                }
            ],
            "achievement": {
                "id": uuid5(NAMESPACE_URL, achievement).urn,
                "type": ["Achievement"],
                "achievementType": "LearningProgram" if award.kind == "path" else "Course",
                "name": award.title,
                "description": award.description,
                "criteria": {"narrative": award.criteria},
                "humanCode": award.number,
            },
        },
    }
    if award.revision is not None:
        document["credentialSubject"]["achievement"]["version"] = str(award.revision)
    if award.index is not None:
        document["credentialStatus"] = {
            "id": f"{issuer.status_url}#{award.index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(award.index),
            "statusListCredential": issuer.status_url,
        }
    if award.expires_at is not None:
        document["validUntil"] = _instant(award.expires_at)
    return document


def sign(issuer: Issuer, document: Mapping[str, Any]) -> str:
    """The document as a compact JWT, signed with EdDSA; `exp` stands where it ends."""
    claims = {
        **document,
        "iss": issuer.did,
        "jti": document["id"],
        "nbf": int(datetime.fromisoformat(document["validFrom"]).timestamp()),
    }
    if "validUntil" in document:
        claims["exp"] = int(datetime.fromisoformat(document["validUntil"]).timestamp())
    subject = document["credentialSubject"]
    if "id" in subject:
        claims["sub"] = subject["id"]
    header = {"jwk": issuer.jwk, "kid": issuer.did + "#" + issuer.did.removeprefix("did:key:"), "typ": "JWT"}
    return jwt.encode(claims, issuer.key, algorithm="EdDSA", headers=header)


def status_list(issuer: Issuer, revoked: Iterable[int], at: datetime) -> Document:
    """Which places of the list are revoked, as a credential of its own (W3C Bitstring Status List 1.0); unsigned."""
    places = sorted(set(revoked))
    length = max(STATUS_LIST_BITS, -(-(places[-1] + 1) // 8) * 8 if places else 0)
    bits = bytearray(length // 8)
    for place in places:
        bits[place // 8] |= 0x80 >> place % 8
    packed = base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).rstrip(b"=").decode()
    return {
        "@context": [CONTEXTS[0]],
        "id": issuer.status_url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer.did,
        "validFrom": _instant(at),
        "validUntil": _instant(at + STATUS_LIST_LIFE),
        "credentialSubject": {
            "id": f"{issuer.status_url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": f"u{packed}",
        },
    }


def issuer_profile(issuer: Issuer) -> Document:
    """Whose key it is: the tenant's profile, public."""
    return {
        "@context": list(CONTEXTS),
        "id": issuer.did,
        "type": ["Profile"],
        "name": issuer.name,
        "url": issuer.profile_url,
        "publicKey": issuer.jwk,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _base58(content: bytes) -> str:
    number, digits = int.from_bytes(content), ""
    while number:
        number, rest = divmod(number, 58)
        digits = _BASE58[rest] + digits
    return "1" * (len(content) - len(content.lstrip(b"\0"))) + digits
