"""A revocation in one process holds for the next answer of every other: each route, warm caches, 304, in flight."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.privacy.classified import CLASSIFIED, LEARNER, OPEN, ROSTER, addresses, registered
from tests.serving.institution import SECRET, Institution

from akademos.settings import Settings
from akademos.system import System

ROOT = Path(__file__).parents[2]
SERVERS = 2


@pytest.fixture
def servers(shared_dsn: str, tmp_path: Path) -> Iterator[list[str]]:
    """Addresses of server processes over the institution's database."""
    command = [sys.executable, "-m", "tests.privacy.server", shared_dsn, str(tmp_path)]
    started = [subprocess.Popen(command, cwd=ROOT) for _ in range(SERVERS)]
    try:
        deadline = time.monotonic() + 60
        ports = {process.pid: tmp_path / f"port-{process.pid}" for process in started}
        while not all(path.exists() and path.read_text() for path in ports.values()):
            assert time.monotonic() < deadline, "the servers did not start"
            assert all(process.poll() is None for process in started)
            time.sleep(0.05)
        yield [f"http://127.0.0.1:{path.read_text()}" for path in ports.values()]
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_every_registered_route_is_classified(settings: Settings) -> None:
    with System(settings) as system:
        routes = set(registered(system.application()))
    assert routes == set(CLASSIFIED)


def test_a_revocation_wins_everywhere(institution: Institution, servers: list[str], tmp_path: Path) -> None:
    askers = {
        "the learner": ({"Authorization": f"Bearer {institution.token('ada')}"}, {}),
        "the instructor": (
            {"Authorization": f"Bearer {institution.token('prof', 'instructor')}"},
            {"learner": institution.people["ada"]},
        ),
    }
    asked = [
        (server, path, who) for server in servers for path in addresses(institution.app, LEARNER) for who in askers
    ]
    assert len(asked) == SERVERS * 13 * 2

    def get(server: str, path: str, who: str, **more: str) -> httpx.Response:
        headers, parameters = askers[who]
        return httpx.get(server + path, params=parameters, headers={**headers, **more}, timeout=60)

    tags = {}
    for server, path, who in asked:
        first = get(server, path, who)
        assert first.status_code == 200, (path, first.text)
        if path.startswith("/v1/"):
            assert SECRET in first.text
            tags[server, path, who] = first.headers["etag"]
            held = get(server, path, who, **{"If-None-Match": first.headers["etag"]})
            assert held.status_code == 304

    institution.write_state("ada")  # what is asked now is in no cache
    (tmp_path / "hold").touch()
    with ThreadPoolExecutor(len(asked)) as pool:
        in_flight = [pool.submit(get, *one) for one in asked]
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("entered-*"))) < len(asked):
            assert time.monotonic() < deadline, "the answers were not reached"
            time.sleep(0.02)
        institution.decide("ada", "withdrawn")
        (tmp_path / "hold").unlink()
        for one, future in zip(asked, in_flight, strict=True):
            answer = future.result()
            assert answer.status_code == 403, one
            assert SECRET not in answer.text

    for one in asked:
        for more in ({}, {"If-None-Match": tags.get(one, "*")}, {"If-None-Match": "*"}):
            answer = get(*one, **more)
            assert answer.status_code == 403, one
            assert SECRET not in answer.text

    headers, _ = askers["the instructor"]
    for server in servers:
        for path in addresses(institution.app, ROSTER):
            listed = httpx.get(server + path, headers=headers)
            assert listed.status_code == 200
            assert institution.people["ada"] not in listed.text
        for path in addresses(institution.app, OPEN):
            shown = httpx.get(server + path, headers=askers["the learner"][0])
            assert SECRET not in shown.text, path
            assert institution.people["ada"] not in shown.text, path


@pytest.mark.parametrize(
    ("stop", "lift", "code"),
    [
        ("paused", "resumed", "consent_paused"),
        ("restricted", "restriction_lifted", "processing_restricted"),
        ("objected", "objection_withdrawn", "processing_objected"),
    ],
)
def test_a_stop_wins_everywhere_and_ends_everywhere(
    institution: Institution, servers: list[str], tmp_path: Path, stop: str, lift: str, code: str
) -> None:
    own = {"Authorization": f"Bearer {institution.token('ada')}"}
    staff = {"Authorization": f"Bearer {institution.token('prof', 'instructor')}"}
    key = institution.people["ada"]
    asked = [
        (server, path, headers, parameters)
        for server in servers
        for path in addresses(institution.app, LEARNER)
        for headers, parameters in ((own, {}), (staff, {"learner": key}))
    ]

    def get(server: str, path: str, headers: dict[str, str], parameters: dict[str, str]) -> httpx.Response:
        return httpx.get(server + path, params=parameters, headers=headers, timeout=60)

    assert {get(*one).status_code for one in asked} == {200}
    for _ in range(3):
        institution.decide("ada", stop)
        for one in asked:
            refused = get(*one)
            assert refused.status_code == 403, one
            assert SECRET not in refused.text
            if one[1].startswith("/v1/"):
                assert refused.json()["code"] == code
        for server in servers:
            for path in addresses(institution.app, ROSTER):
                assert key not in httpx.get(server + path, headers=staff).text
        institution.decide("ada", lift)
        assert {get(*one).status_code for one in asked} == {200}

    institution.write_state("ada")
    (tmp_path / "hold").touch()
    with ThreadPoolExecutor(len(asked)) as pool:
        in_flight = [pool.submit(get, *one) for one in asked]
        deadline = time.monotonic() + 60
        while len(list(tmp_path.glob("entered-*"))) < len(asked):
            assert time.monotonic() < deadline, "the answers were not reached"
            time.sleep(0.02)
        institution.decide("ada", stop)
        (tmp_path / "hold").unlink()
        for one, future in zip(asked, in_flight, strict=True):
            answer = future.result()
            assert answer.status_code == 403, one
            assert SECRET not in answer.text
            if one[1].startswith("/v1/"):
                assert answer.json()["code"] == code


def test_consent_given_again_is_honoured_everywhere(institution: Institution, servers: list[str]) -> None:
    headers = {"Authorization": f"Bearer {institution.token('ada')}"}
    path = addresses(institution.app, LEARNER)[0]
    for decision, status in (("withdrawn", 403), ("granted", 200), ("withdrawn", 403)):
        institution.decide("ada", decision)
        assert [httpx.get(server + path, headers=headers).status_code for server in servers] == [status] * SERVERS
