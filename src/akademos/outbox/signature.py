"""Signatures of webhooks: Standard Webhooks, HMAC-SHA256 over id, time and body.

A recipient recomputes the signature with the secret it was given and refuses messages whose time is minutes off, so
that nobody else can send in our name, or send again what was overheard. While a secret is being rotated a message
carries a signature under each. Source: Standard Webhooks 1.0.0 (symmetric signatures).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import datetime

from akademos.errors import InputError

SECRET_PREFIX = "whsec_"  # noqa: S105 -- what secrets begin with, by the standard
SECRET_BYTES = 32
TOLERANCE_S = 300


def secret_text(secret: bytes) -> str:
    """A secret as its recipient is given it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def secret_of(text: str) -> bytes:
    """The secret again.

    Raises:
        InputError: it is not a secret.
    """
    try:
        secret = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if not text.startswith(SECRET_PREFIX) or not secret:
        raise InputError(
            "The text is no webhook secret.", hint=f"It begins with {SECRET_PREFIX}.", code="secret_invalid"
        )
    return secret


def signed_headers(message_id: str, at: datetime, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """The headers of a message: its id, its time (seconds since 1970), a signature under each secret.

    Example:
        >>> from datetime import UTC
        >>> at = datetime.fromtimestamp(1614265330, UTC)
        >>> secret = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        >>> signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [secret])["webhook-signature"]
        'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    time = str(int(at.timestamp()))
    signatures = " ".join("v1," + _signature(message_id, time, body, secret) for secret in secrets)
    return {"webhook-id": message_id, "webhook-timestamp": time, "webhook-signature": signatures}


def verified(headers: dict[str, str], body: bytes, secret: bytes, now: datetime) -> bool:
    """Whether a message is signed under a secret, and of now: what a recipient does, for ours and for tests."""
    time = headers.get("webhook-timestamp", "")
    if not time.isdigit() or abs(now.timestamp() - int(time)) > TOLERANCE_S:
        return False
    expected = "v1," + _signature(headers.get("webhook-id", ""), time, body, secret)
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(one.encode(), expected.encode()) for one in given)


def _signature(message_id: str, time: str, body: bytes, secret: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, f"{message_id}.{time}.".encode() + body, "sha256")).decode()
