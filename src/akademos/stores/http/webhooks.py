"""Webhooks over HTTP: one request to the very address that was looked at, no redirects, no proxy, a deadline."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import httpx

from akademos.catalogue.outbox import OUTBOX_LIMITS
from akademos.errors import InputError
from akademos.outbox.destinations import Destination, address_to_use, declared_hosts, destination
from akademos.stores.ports.outbox import Reply

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""(host, port) -> all its addresses."""

REASON_LENGTH = 100


async def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host, as the system knows them; none when it knows none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(address[4][0]) for address in found))


class HttpWebhooks:
    """Adapter of the port `Webhooks`.

    Args:
        hosts: the declared hosts, as in the setting `webhook_hosts`.
        development: also in clear, and to this machine.
        timeout: for a delivery as a whole, however slowly the recipient answers.
    """

    def __init__(
        self,
        hosts: str,
        *,
        development: bool = False,
        timeout: timedelta = OUTBOX_LIMITS.timeout,
        resolve: Resolve = resolve,
    ) -> None:
        self._hosts = declared_hosts(hosts)
        self._development = development
        self._timeout_s = timeout.total_seconds()
        self._resolve = resolve

    def check(self, url: str) -> None:
        """Refuse an address that nothing may be sent to. Its host is looked up at each delivery, not now."""
        destination(url, self._hosts, development=self._development)

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Post a body; see the port."""
        try:
            return asyncio.run(asyncio.wait_for(self._send(url, body, headers), self._timeout_s))
        except InputError as refused:
            return Reply(None, f"not sent: {refused.code}")
        except TimeoutError:
            return Reply(None, f"no answer within {self._timeout_s:g} s")
        except httpx.HTTPError as failure:
            return Reply(None, f"not delivered: {type(failure).__name__}")

    async def _send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        where = destination(url, self._hosts, development=self._development)
        address = address_to_use(await self._resolve(where.host, where.port), development=self._development)
        async with (
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=self._timeout_s) as client,
            # What it says beside the status is of no use, and may be long: it is not read.
            client.stream(
                "POST",
                _pinned(where, address),
                content=body,
                headers={**headers, "Host": _host(where)},
                extensions={"sni_hostname": where.host},
            ) as response,
        ):
            reason = "" if response.is_success else f"answered {response.status_code} {response.reason_phrase}"
            return Reply(response.status_code, reason[:REASON_LENGTH], response.headers.get("retry-after"))


def _pinned(where: Destination, address: str) -> str:
    """The same target at the address itself: the name is not looked up again."""
    host = f"[{address}]" if ipaddress.ip_address(address.partition("%")[0]).version == 6 else address
    return f"{where.scheme}://{host}:{where.port}{where.target}"


def _host(where: Destination) -> str:
    usual = {"https": 443, "http": 80}[where.scheme]
    return where.host if where.port == usual else f"{where.host}:{where.port}"
