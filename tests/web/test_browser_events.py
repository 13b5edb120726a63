"""Pages of other origins in a real browser: which of them may send events, by fetch, by beacon, and what lands."""

from __future__ import annotations

import http.server
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from tests.intake.conftest import answered

from akademos.catalogue.declarations import Purpose
from akademos.settings import Settings
from akademos.stores.ports.identity import Identifier
from akademos.system import System

pytestmark = pytest.mark.web

TENANT = "college"
PHONE = "6f1f6a3f-8c4f-4a53-9a0b-1f1f6a3f5a11"

# What a host's page does: sends one event, and says whether it could read the answer.
FETCH = """async ({url, key, event}) => {
  try {
    const reply = await fetch(url + "/v1/events/batch", {
      method: "POST", keepalive: true, body: JSON.stringify({events: [event]}),
      headers: {"Authorization": "Bearer " + key, "Content-Type": "application/json"},
    });
    return {status: reply.status, verdicts: (await reply.json()).verdicts?.map(one => one.verdict) ?? null};
  } catch (error) { return {status: null, error: error.name}; }
}"""
BEACON = """({url, key, event}) =>
  navigator.sendBeacon(url + "/v1/events/beacon", JSON.stringify({key, events: [event]}))"""
READ = """async ({url, path}) => {
  try { const reply = await fetch(url + path, {credentials: "include"}); return reply.status; }
  catch (error) { return error.name; }
}"""


class HostPages(http.server.BaseHTTPRequestHandler):
    """An empty page of a host application."""

    def do_GET(self) -> None:
        """Answer with it."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>host</title>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def host() -> Iterator[str]:
    """An origin of its own."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), HostPages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class Site:
    """The platform, an origin that a publishable key is bound to, and one that it is not."""

    def __init__(self, system: System, url: str, allowed: str, foreign: str) -> None:
        self.system, self.url, self.allowed, self.foreign = system, url, allowed, foreign
        self.key = system.api_keys.publish(TENANT, "site", [allowed], actor="test")
        one = Identifier("anonymous", PHONE)
        person = system.vault.ensure(TENANT, [one])[one].learner_key
        system.consent.decide(TENANT, person, list(Purpose), "granted", text_version="1", recorded_by="test")

    def event(self) -> dict[str, Any]:
        found = answered("", at=datetime.now(UTC), anonymous_id=PHONE)
        del found["user_id"]
        return found

    def landed(self) -> set[str]:
        with self.system.database.pipeline() as transaction:
            return {str(one) for (one,) in transaction.execute("SELECT event_id FROM landing")}

    def lands(self, event_id: str) -> bool:
        """Whether it does, within a while: nobody waits for a beacon's answer."""
        return eventually(lambda: event_id in self.landed())


def eventually(true: Callable[[], bool], patience_s: float = 20.0) -> bool:
    until = time.monotonic() + patience_s
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def site(settings: Settings) -> Iterator[Site]:
    with System(settings) as system, socket.socket() as listening, host() as allowed, host() as foreign:
        system.tenants.create(TENANT, "College", actor="test")
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(system.application(), log_level="error"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        assert eventually(lambda: server.started)
        yield Site(system, f"http://127.0.0.1:{listening.getsockname()[1]}", allowed, foreign)
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def asked(site: Site, event: dict[str, Any], key: str | None = None) -> dict[str, Any]:
    return {"url": site.url, "key": key or site.key, "event": event}


def test_a_page_of_the_keys_origin_sends_and_reads_the_verdict(site: Site, page: Any) -> None:
    page.goto(site.allowed)
    event = site.event()
    assert page.evaluate(FETCH, asked(site, event)) == {"status": 200, "verdicts": ["accepted"]}
    assert event["event_id"] in site.landed()


def test_a_beacon_of_the_keys_origin_lands_though_the_page_closes(site: Site, page: Any) -> None:
    page.goto(site.allowed)
    event = site.event()
    assert page.evaluate(BEACON, asked(site, event)) is True
    page.close()
    assert site.lands(event["event_id"])


def test_a_page_of_another_origin_neither_sends_nor_reads(site: Site, page: Any) -> None:
    page.goto(site.foreign)
    by_fetch, by_beacon = site.event(), site.event()
    assert page.evaluate(FETCH, asked(site, by_fetch))["error"] == "TypeError"  # its preflight is refused
    page.evaluate(BEACON, asked(site, by_beacon))  # the browser sends it; the door turns it away
    page.goto(site.allowed)
    last = site.event()
    assert page.evaluate(FETCH, asked(site, last))["status"] == 200
    assert site.landed() == {last["event_id"]}


def test_no_page_of_any_origin_reads_answers(site: Site, page: Any) -> None:
    for origin in (site.allowed, site.foreign):
        page.goto(origin)
        for path in ("/v1/analytics/mastery", "/my-progress", "/v1/me/data"):
            assert page.evaluate(READ, {"url": site.url, "path": path}) == "TypeError", (origin, path)


def test_a_wrong_key_says_so_to_the_page(site: Site, page: Any) -> None:
    page.goto(site.allowed)
    event = site.event()
    wrong = page.evaluate(FETCH, asked(site, event, key=f"pk_{uuid.uuid4().hex}"))
    assert wrong.get("status") in (401, 403, None)
    assert event["event_id"] not in site.landed()
