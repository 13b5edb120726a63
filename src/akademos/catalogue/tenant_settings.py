"""What a tenant can set for itself: names, defaults, what each is for, and what a value must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from akademos.catalogue.roles import GRANTABLE, Role
from akademos.errors import InputError

LONGEST = 2_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CLAIM = re.compile(r"[A-Za-z0-9_.:/-]{1,200}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_LOOPBACK = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


@dataclass(frozen=True, slots=True)
class TenantSetting:
    """One setting of a tenant. `check` raises ValueError, saying what a value must be."""

    name: str
    description: str
    default: str
    check: Callable[[str], None]


def _demand(pattern: re.Pattern[str], words: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if not pattern.fullmatch(value):
            raise ValueError(words)

    return check


def _issuer(value: str) -> None:
    secure = value.startswith("https://") and len(value) > len("https://")
    if not (secure or value.startswith(_LOOPBACK)) or re.search(r"[\s?#@]", value):
        raise ValueError("an https address (http only on this machine), exactly as the provider's tokens name it")


def pairs(value: str) -> dict[str, str]:
    """`a=b,c=d` as a mapping; a comma or = within a part cannot be written.

    Raises:
        ValueError: a part is not of that form, or comes twice.
    """
    found: dict[str, str] = {}
    for part in value.split(","):
        name, equals, target = (one.strip() for one in part.rpartition("="))
        if not equals or not name or not target or name in found:
            raise ValueError("pairs like name=value, separated by commas")
        found[name] = target
    return found


def _roles(value: str) -> None:
    for claimed, role in pairs(value).items():
        if role not in GRANTABLE:
            raise ValueError(f"`{claimed}` must lead to one of {', '.join(GRANTABLE)}")


def _path(value: str) -> None:
    if not value.startswith("/"):
        raise ValueError("an absolute path")


def _some_pairs(value: str) -> None:
    pairs(value)


_TEXT = _demand(re.compile(r"[^<>]{1,100}"), "up to 100 characters, without < and >")
_ID = _demand(re.compile(r"\S{1,300}"), "up to 300 characters without spaces")

TENANT_SETTINGS: tuple[TenantSetting, ...] = (
    TenantSetting("oidc_issuer", "Issuer of the tenant's identity provider (OpenID Connect).", "", _issuer),
    TenantSetting("oidc_client_id", "Our client id at that provider.", "", _ID),
    TenantSetting(
        "oidc_secret_env",
        "Environment variable of the server that holds the client secret; without any, we are a public client.",
        "",
        _demand(_VARIABLE, "the name of an environment variable"),
    ),
    TenantSetting("oidc_secret_file", "File on the server that holds the client secret.", "", _path),
    TenantSetting("oidc_label", "What the sign-in page calls the provider; the tenant's name when empty.", "", _TEXT),
    TenantSetting(
        "oidc_scopes",
        "Scopes to ask for.",
        "openid",
        _demand(re.compile(r"openid( [\w.:/-]{1,100})*"), "scopes separated by spaces, openid first"),
    ),
    TenantSetting(
        "oidc_user_claim",
        "Claim that holds the person's user_id as events and records know it.",
        "sub",
        _demand(_CLAIM, "the name of a claim"),
    ),
    TenantSetting(
        "oidc_role_claim",
        "Claim that lists groups or roles of a person.",
        "",
        _demand(_CLAIM, "the name of a claim"),
    ),
    TenantSetting("oidc_roles", "Which values of that claim give which role: value=role,value=role.", "", _roles),
    TenantSetting(
        "oidc_require", "Claims that every token of the tenant must carry: claim=value,claim=value.", "", _some_pairs
    ),
    TenantSetting(
        "oidc_audience",
        "Audience of access tokens that the API takes from the provider; empty: it takes none.",
        "",
        _ID,
    ),
)

SETTING_OF: Mapping[str, TenantSetting] = {one.name: one for one in TENANT_SETTINGS}


def checked(name: str, value: str) -> str:
    """The value of a setting, as it may be kept; an empty one stands for the default.

    Raises:
        InputError: there is no such setting, or the value is none for it.
    """
    setting = SETTING_OF.get(name)
    if setting is None:
        raise InputError(f"There is no tenant setting `{name}`.", hint="Known: " + ", ".join(SETTING_OF) + ".")
    try:
        if len(value) > LONGEST or _CONTROL.search(value):
            raise ValueError(f"up to {LONGEST} characters without control characters")
        if value:
            setting.check(value)
    except ValueError as wrong:
        raise InputError(f"`{name}` cannot be `{value[:100]}`.", hint=f"It must be {wrong}.") from None
    return value


def mapped_roles(value: str) -> dict[str, Role]:
    """`oidc_roles` as a mapping from the claim's values to roles."""
    found = pairs(value) if value else {}
    return {claimed: role for claimed, text in found.items() for role in GRANTABLE if role == text}
