"""Keys that only ever hold personal data in clear: no event carries them, no event type may declare them."""

from __future__ import annotations

import re

#: Compared in lower case, with camelCase and hyphens folded to snake_case.
DENIED_KEYS = frozenset(
    {
        "address",
        "birth_date",
        "birthdate",
        "birthday",
        "card_number",
        "cell",
        "credit_card",
        "date_of_birth",
        "dob",
        "e_mail",
        "email",
        "email_address",
        "family_name",
        "first_name",
        "full_name",
        "given_name",
        "iban",
        "ip",
        "ip_address",
        "last_name",
        "maiden_name",
        "mail",
        "middle_name",
        "mobile",
        "name",
        "national_id",
        "nickname",
        "passport",
        "passport_number",
        "password",
        "phone",
        "phone_number",
        "postal_address",
        "postcode",
        "remote_addr",
        "social_security_number",
        "ssn",
        "street",
        "street_address",
        "surname",
        "tax_id",
        "telephone",
        "user_agent",
        "zip",
        "zip_code",
    }
)

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def is_denied(key: str) -> bool:
    """Whether a key is on the list, however it is spelt."""
    return key in DENIED_KEYS or _CAMEL.sub("_", key).lower().replace("-", "_") in DENIED_KEYS
