"""Origins that a publishable key is bound to: spelled exactly as a browser spells them, so that equality is all."""

from __future__ import annotations

import re

_ORIGIN = re.compile(r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::([1-9][0-9]{0,4}))?")
_USUAL_PORTS = {"http": "80", "https": "443"}
_OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]"})


def is_origin(text: str) -> bool:
    """Whether `text` is an origin (RFC 6454) as a browser sends it: scheme and host in lower case, the port only where
    it is unusual, nothing after it; TLS, but for a developer's own machine.

    Example:
        >>> [is_origin(one) for one in ("https://learn.example.org", "https://*.example.org", "http://example.org")]
        [True, False, False]
    """
    found = _ORIGIN.fullmatch(text)
    if found is None:
        return False
    scheme, host, port = found.groups()
    if port == _USUAL_PORTS[scheme] or int(port or 0) > 65_535 or ".." in host:
        return False
    return scheme == "https" or host in _OWN_MACHINE
