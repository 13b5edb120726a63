"""Every page and form, each parameter of it filled in turn with what nobody would fill in, by whoever has a role: none
fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.testclient import TestClient
from tests.serving.institution import Institution

ROLES = (
    ("ada", "learner"), ("prof", "instructor"), ("ann", "advisor"), ("root", "admin"), ("stew", "steward"),
    ("lyn", "analyst"), ("pam", "product"), ("opal", "operator"), ("rae", "researcher"),
)  # fmt: skip
WRONG = ("a\x00b", "9999-12-31T23:59:59-12:00", "0001-01-01", "-1", "9" * 40, "a" * 5_000, "\U0001f600")
SOUND = {
    "action": "acknowledge", "act": "approve", "about": "ada|algebra", "kind": "dataset", "name": "kpi_snapshots",
    "reason": "For a report.", "learner": "ada", "user_id": "ada", "text": "A note.", "step": "A step", "why": "So.",
    "level": "certified", "statement": "Looked at.", "decision": "granted", "purpose": "research", "text_version": "1",
    "by_mail": "true", "address": "ann@example.org", "time_zone": "UTC", "quiet_from": "20:00", "quiet_until": "07:00",
    "kpi": "weekly_active_learners", "body": "Something.", "owner": "ann", "lang": "en", "until": "2099-01-01",
    "course": "algebra", "outcome": "helped", "person": "ada",
}  # fmt: skip
"""What a field is filled with while another one is not."""


@dataclass(frozen=True)
class Asked:
    """One page or form, and what it takes."""

    method: str
    path: str
    in_path: tuple[str, ...]
    in_query: tuple[str, ...]
    in_form: tuple[str, ...]


PARTS = ("path", "query", "body")
FORBIDDEN = 403
"""Whoever may not ask at all is sent away by one word as by another."""


def _named(part: str, of: Dependant) -> Iterator[str]:
    yield from (one.alias for one in getattr(of, f"{part}_params"))
    for inner in of.dependencies:
        yield from _named(part, inner)


def pages(app: FastAPI) -> list[Asked]:
    """All that are not in the API's document."""
    return [
        Asked(method, one.path, *(tuple(dict.fromkeys(_named(part, route.dependant))) for part in PARTS))
        for one in iter_route_contexts(app.routes)
        if isinstance(route := one.original_route, APIRoute) and not route.include_in_schema and one.path
        for method in sorted(one.methods or ())
    ]


@pytest.mark.parametrize(("user", "role"), ROLES)
def test_no_parameter_of_any_page_brings_it_down(institution: Institution, user: str, role: str) -> None:
    client = TestClient(institution.app, follow_redirects=False, raise_server_exceptions=False)
    client.headers["Authorization"] = institution.as_(user, role).headers["Authorization"]  # type: ignore[arg-type]
    failed: list[tuple[str, str, str, str, int]] = []

    def asked(one: Asked, name: str = "", wrong: str = "") -> int:
        said = {field: SOUND.get(field, "x") for field in (*one.in_path, *one.in_query, *one.in_form)}
        said |= {name: wrong} if name else {}
        path = one.path
        for field in one.in_path:
            for written in ("{" + field + "}", "{" + field + ":path}"):
                path = path.replace(written, quote(said[field], safe=""))
        return client.request(
            one.method, path, params={field: said[field] for field in one.in_query},
            data={field: said[field] for field in one.in_form} or None, headers={"Accept": "text/html"},
        ).status_code  # fmt: skip

    walked = 0
    for one in pages(institution.app):
        tried = WRONG[:1] if asked(one) == FORBIDDEN else WRONG
        for name in (*one.in_path, *one.in_query, *one.in_form):
            for wrong in tried:
                walked += 1
                if (status := asked(one, name, wrong)) >= 500:
                    failed.append((one.method, one.path, name, wrong[:30], status))
    assert failed == []
    assert walked > 200
