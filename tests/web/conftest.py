"""A server that shows the pages of invented learners, and one browser for the whole session."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from functools import cache
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from tests.web.invented_cases import class_rows, invented_accesses, learner_answers
from tests.web.invented_catalogue import CATALOGUE_PAGES, catalogue_page
from tests.web.invented_content import PAGES as CONTENT_PAGES
from tests.web.invented_content import rendered as content_page
from tests.web.invented_costs import EMPTY, FULL
from tests.web.invented_courses import CERTIFICATES, COURSES, PATHS, PUBLIC
from tests.web.invented_focus import focus_lines, focus_work
from tests.web.invented_forms import NOW, Json
from tests.web.invented_governance import ACTS, LOOKS, NO_TRUST, RELEASES, TRUST
from tests.web.invented_models import PAGES as MODEL_PAGES
from tests.web.invented_models import models_page
from tests.web.invented_operations import HEALTH, INCIDENTS, NOTHING_YET, WINDOWS
from tests.web.invented_study import study_answers

from akademos import errors
from akademos.serving import pages
from akademos.serving.pages.access_log import SearchForm, render_access_log
from akademos.serving.pages.costs import render_costs
from akademos.serving.pages.focus_work import FocusWork
from akademos.serving.pages.my_courses import render_my_courses
from akademos.serving.pages.operations import render_operations
from akademos.serving.pages.releases import render_releases
from akademos.serving.pages.trust import render_trust
from akademos.serving.pages.verify import render_verify

SHELL = pages.Shell(
    nav=[pages.NavLink("My progress", "/progress/rich", current=True), pages.NavLink("My learners", "/learners")],
    person="Sam Rivers", role="Learner", sign_out="/sign-out", csrf_token="token",
)  # fmt: skip
PEOPLE = [pages.Person(f"l{n}", f"Learner {n}", "learner", "Mathematics 1, night owl") for n in range(14)] + [
    pages.Person("i1", "Dr. Ines Adeyemi", "instructor", "Mathematics 1 and 2"),
    pages.Person("a1", "Noor Haddad", "admin", "Sees every learner who consented"),
]


def _page(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, headers={"Content-Security-Policy": pages.CONTENT_SECURITY_POLICY})


@cache
def rendered(who: str, topic: str | None) -> str:
    return pages.render_my_progress(**learner_answers(who, topic), shell=SHELL, selected_topic=topic)


async def _progress(request: Request) -> Response:
    return _page(rendered(request.path_params["who"], request.query_params.get("topic")))


async def _other(request: Request) -> Response:
    which = request.path_params["which"]
    stranger = pages.Shell(sign_in="/sign-in")
    if which == "sign-in":
        return _page(
            pages.render_sign_in(
                PEOPLE, shell=pages.Shell(csrf_token="t"), action="/sign-in", next_path="/progress/rich"
            )
        )
    if which in ("accesses", "no-accesses"):
        seen = invented_accesses() if which == "accesses" else []
        following = "/accesses?cursor=7" if seen else None
        return _page(
            pages.render_accesses(
                seen, shell=SHELL, zone=UTC, own_shown=bool(seen), own_href="/accesses?own=true", next_href=following
            )
        )
    if which.startswith("study-"):
        return _page(pages.render_my_study(*study_answers(which.removeprefix("study-")), shell=SHELL))
    if which in ("courses", "no-courses"):
        held = (COURSES, PATHS, CERTIFICATES) if which == "courses" else ([], [], [])
        return _page(render_my_courses(*held, shell=SHELL))
    if which in ("verify", "verify-none"):
        found = PUBLIC if which == "verify" else None
        return _page(render_verify(found, code="X", shell=stranger, action="/verify", now=NOW, unknown=found is None))
    if which in ("trust", "no-trust"):
        filled = which == "trust"
        return _page(
            render_trust(
                TRUST if filled else NO_TRUST, shell=SHELL, now=NOW, actions=sorted({one.action for one in ACTS}),
                chosen=None, older="/trust?cursor=7" if filled else None, search="/access-log",
            )
        )  # fmt: skip
    if which in ("access-log", "no-access-log"):
        filled = which == "access-log"
        shell = pages.Shell(nav=SHELL.nav, person="Kim Okafor", role="Steward", language="en" if filled else "de")
        return _page(
            render_access_log(
                LOOKS if filled else [], SearchForm("u-1", "", "2026-03-01", "", "all", "case 17" if filled else ""),
                shell=shell, reason_missing=not filled, older="/access-log?cursor=7" if filled else None,
                file="/v1/access-log?format=csv" if filled else None,
            )
        )  # fmt: skip
    if which in ("operations", "no-operations"):
        busy = which == "operations"
        shell = pages.Shell(nav=SHELL.nav, person="Kim Okafor", role="Operator", language="en" if busy else "de")
        return _page(
            render_operations(
                HEALTH if busy else NOTHING_YET, INCIDENTS if busy else [], WINDOWS if busy else [], shell=shell,
                now=NOW, action="/operations", done="acknowledge" if busy else "",
            )
        )  # fmt: skip
    if which in ("costs", "costs-de", "no-costs"):
        shell = pages.Shell(nav=SHELL.nav, person="Ida Berg", role="Admin", language="de" if "de" in which else "en")
        view = EMPTY if which == "no-costs" else FULL
        return _page(render_costs(view, shell=shell, floor=10, now=NOW, data="/v1/costs"))
    if which in MODEL_PAGES:
        return _page(models_page(which))
    if which in CATALOGUE_PAGES:
        return _page(catalogue_page(which))
    if which in ("releases", "no-releases"):
        return _page(render_releases(RELEASES if which == "releases" else [], shell=SHELL))
    if which in CONTENT_PAGES:
        language = "de" if which in ("item-one", "no-journeys") else "en"
        return _page(content_page(which, language))
    if which == "learners":
        return _page(pages.render_my_learners(class_rows(), shell=SHELL, as_of=NOW))
    if which in ("focus", "focus-rule", "focus-own-pace", "focus-work", "no-focus"):
        lines = (
            []
            if which == "no-focus"
            else focus_lines(by_rule=which == "focus-rule", own_pace=which == "focus-own-pace")
        )
        shell = pages.Shell(nav=SHELL.nav, person="Noor Haddad", role="Advisor", language="de" if lines else "en")
        return _page(
            pages.render_students_in_focus(
                lines, shell=shell, capacity=20, withheld=None, progress_path="/progress", models_path="/models",
                work=focus_work(lines) if which == "focus-work" else FocusWork() if which == "no-focus" else None,
            )
        )  # fmt: skip
    if which == "consent":
        return _page(pages.render_no_consent(shell=SHELL, own_page=True))
    down = errors.Unavailable("The store does not answer.", hint="Try again in a minute.")
    return _page(pages.render_error(down, shell=stranger, retry="/error", last_good_at=NOW), 503)


def application() -> Starlette:
    return Starlette(
        routes=[
            Route("/progress/{who}", _progress),
            Mount("/static", StaticFiles(directory=pages.STATIC_FOLDER)),
            Route("/{which}", _other),
        ]
    )


@pytest.fixture(scope="session")
def answers_of() -> Callable[..., Json]:
    return learner_answers


@pytest.fixture(scope="session")
def shell() -> pages.Shell:
    return SHELL


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """An application behind a real server on a free local port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=5)


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The pages of invented learners."""
    with served(application()) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for the whole session."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()
