"""A demo institution of a bench's own, and what its API tells the instructor about mastery."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import polars as pl

from akademos.bench.installation import Installation, command, end, temporary
from akademos.demo.furnish import OUTSIDE_SUFFIX, TENANT
from akademos.demo.personas import INSTRUCTOR
from akademos.errors import Unavailable

READY = "The demo is ready: "
START_TIMEOUT_S = 300.0
PAGE = 1000
REASON = "bench recovery: estimates against the truth of the demo"


@dataclass(frozen=True, slots=True)
class ServedDemo:
    """Where it answers, the instructor's token, and the folder of its truth."""

    url: str
    token: str
    truth: Path

    def estimates(self) -> pl.DataFrame:
        """One row a learner and topic with an estimate: learner (user_id), topic_id, value, low, high, the components,
        and their weights as `<component>_weight`."""
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=60) as client:
            return pl.DataFrame(
                [row for learner in _roster(client) for row in _rows(client, learner)], infer_schema_length=None
            )


def _roster(client: httpx.Client) -> Iterator[str]:
    cursor: str | None = None
    while True:
        page = _get(client, "/v1/learners", limit=PAGE, cursor=cursor)
        yield from (one["user_id"] for one in page["learners"])
        cursor = page["next"]
        if cursor is None:
            return


def _rows(client: httpx.Client, learner: str) -> Iterator[dict[str, Any]]:
    answer = _get(client, "/v1/analytics/mastery", learner=learner, reason=REASON, fields="topics")
    for topic in answer["topics"]:
        if topic["status"] == "ok":
            yield {
                "learner": learner,
                **{name: topic[name] for name in ("topic_id", "value", "low", "high")},
                **topic["components"],
                **{f"{name}_weight": weight for name, weight in topic["weights"].items()},
            }


def _get(client: httpx.Client, path: str, **parameters: Any) -> dict[str, Any]:
    given = {name: value for name, value in parameters.items() if value is not None}
    response = client.get(path, params=given)
    if not response.is_success:
        raise Unavailable(f"{path} answered {response.status_code}: {response.text[:300]}", hint="See above.")
    answer: dict[str, Any] = response.json()
    return answer


@contextmanager
def served_demo(learners: int, seed: int) -> Iterator[ServedDemo]:
    """Furnish a demo in a temporary folder and serve it until the block is left."""
    with temporary() as house:
        installation = Installation(house.data / "data")
        log = house.data / "demo.log"
        arguments = command("demo", "--port", "0", "--learners", str(learners), "--seed", str(seed))
        with log.open("w") as sink:
            process = subprocess.Popen(arguments, env=installation.environment(), stdout=sink, stderr=sink)
            try:
                url = wait_until_furnished(process, log)
                token = installation.run("token", TENANT, INSTRUCTOR.user_id, "--role", "instructor")
                yield ServedDemo(url, token, house.data / ("data" + OUTSIDE_SUFFIX) / "truth")
            finally:
                end(process)


def wait_until_furnished(process: subprocess.Popen[bytes], log: Path) -> str:
    """Where a demo answers once it is furnished; a demo that ends before ends the bench with what it printed."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text().splitlines():
            if line.startswith(READY):
                return line.removeprefix(READY).strip()
        time.sleep(0.2)
    raise Unavailable(f"The demo was not furnished: {log.read_text()[-2000:]}", hint="What it printed says why.")
