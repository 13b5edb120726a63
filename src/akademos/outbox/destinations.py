"""Where webhooks may be sent: to hosts that the operator has declared, at public addresses, over TLS.

Whoever registers a webhook makes this installation send requests, so an address is a way to reach what only this
machine can reach. Hosts are declared by the operator, not by the tenant; a host's name is resolved at each delivery,
every address it has must be public, and the connection goes to the address that was looked at, not to the name again.
Development may also deliver in clear, and to this machine's own addresses.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from akademos.errors import InputError

LONGEST_URL = 2_000
_HINT = "Webhooks go to https:// addresses of hosts that the operator has declared (AKADEMOS_WEBHOOK_HOSTS)."


@dataclass(frozen=True, slots=True)
class Destination:
    """An address taken apart: the host in lower case, its port, the target with its query."""

    url: str
    scheme: str
    host: str
    port: int
    target: str


def declared_hosts(text: str) -> frozenset[str]:
    """The hosts of the setting: names separated by commas; `*.example.org` for all names below one.

    Example:
        >>> sorted(declared_hosts(" Hooks.Example.org, *.uni.example "))
        ['*.uni.example', 'hooks.example.org']
    """
    return frozenset(one.strip().lower().rstrip(".") for one in text.split(",") if one.strip())


def destination(url: str, hosts: Iterable[str], *, development: bool = False) -> Destination:
    """An address that a webhook may have.

    Raises:
        InputError: `url_invalid` when it is none, or has a user, a fragment or another scheme; `host_not_declared`.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _invalid("is not readable") from None
    if len(url) > LONGEST_URL or any(ord(letter) <= 32 or ord(letter) >= 127 for letter in url):
        raise _invalid("is too long, or has characters that addresses have not")
    if parts.scheme != "https" and not (development and parts.scheme == "http"):
        raise _invalid("is not https")
    if "@" in parts.netloc or "#" in url or "\\" in url or not parts.hostname:
        raise _invalid("names no host, or a user or a fragment")
    host = parts.hostname.lower().rstrip(".")
    if not _declared(host, hosts):
        raise InputError(
            f"The host {host[:200]} is not declared for webhooks.", hint=_HINT, code="host_not_declared", pointer="/url"
        )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(url, parts.scheme, host, port or (443 if parts.scheme == "https" else 80), target)


def address_to_use(addresses: Sequence[str], *, development: bool = False) -> str:
    """The address to connect to, of those that a host's name leads to.

    One that is not public makes the whole name suspect: a name that leads inside and outside is how a check is
    passed with one answer and the connection made with the other.

    Raises:
        InputError: `address_not_public`; also when there is none.
    """
    if not addresses:
        raise InputError("The webhook's host has no address.", hint="Check its name.", code="address_not_public")
    for text in addresses:
        if not _may_be_reached(text, development=development):
            raise InputError(
                "The webhook's host leads to an address that is not public.",
                hint="Recipients inside a network pull from /v1/outbox instead.",
                code="address_not_public",
            )
    return addresses[0]


def _may_be_reached(text: str, *, development: bool) -> bool:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        # NAT64 (RFC 6052) carries an IPv4 address in its last four bytes.
        if address in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(address.packed[-4:])
        if inner is not None:
            return _may_be_reached(str(inner), development=development)
    if development and address.is_loopback:
        return True
    return address.is_global and not address.is_multicast


def _declared(host: str, hosts: Iterable[str]) -> bool:
    return any(host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in hosts)


def _invalid(what: str) -> InputError:
    return InputError(f"The webhook's address {what}.", hint=_HINT, code="url_invalid", pointer="/url")
