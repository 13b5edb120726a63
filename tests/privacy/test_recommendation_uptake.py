"""What became of recommendations through the doors: who gets it, in which forms, and what a larger floor withholds."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from tests.serving.institution import NOW, Institution

from akademos.catalogue.roles import Role
from akademos.stores.ports.kpis import Snapshot
from akademos.stores.postgres.kpis import PostgresKpis

PATH, PAGE = "/v1/analytics/recommendations/uptake", "/recommendations"
WEEK = NOW.date() - timedelta(days=NOW.weekday() + 7)


def line(share: str, member: str, **given: Any) -> Snapshot:
    said = {
        "kpi": f"recommendation_{share}",
        "week": WEEK,
        "environment": "prod",
        "dimension": "kind/trigger",
        "member": member,
        "period": "2026-1",
        "computed_at": NOW,
        "status": "ok",
        "value": 0.4,
        "low": 0.3,
        "high": 0.5,
        "people": 60,
        "units": 90,
        "smallest_group": 10,
    }
    return Snapshot(**{**said, **given})


@pytest.fixture
def published(institution: Institution) -> Institution:
    """Two kinds; of one too few people stand on a side."""
    nothing = {"status": "withheld", "value": None, "low": None, "high": None, "people": 15, "units": None}
    lines = [
        line("acceptance", "content/gap"),
        line("acceptance", "review/schedule", reason="too few people on one side of the share", **nothing),
        line("dismissal", "content/gap", value=0.95, bound="least", low=None, high=None),
    ]
    PostgresKpis(institution.database).publish(institution.tenant, None, None, lines)
    return institution


def test_those_who_support_learners_get_it_and_learners_do_not(published: Institution) -> None:
    allowed: tuple[tuple[str, Role], ...] = (
        ("prof", "instructor"), ("ann", "advisor"), ("root", "admin"), ("pia", "product"), ("ana", "analyst"),
    )  # fmt: skip
    for user, role in allowed:
        answer = published.as_(user, role).get(PATH)
        assert answer.status_code == 200, (role, answer.text)
        shares = [(one["share"], one["kind"], one["trigger"], one["value"]) for one in answer.json()["uptake"]]
        assert shares == [
            ("acceptance", "content", "gap", 0.4),
            ("acceptance", "review", "schedule", None),
            ("dismissal", "content", "gap", 0.95),
        ]
    assert published.log()[-1][3] == PATH
    for path in (PATH, PAGE):
        refused = published.as_("ada").get(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "role")
    elsewhere = published.as_("boss", "admin", tenant=published.elsewhere).get(PATH)
    assert elsewhere.json()["uptake"] == []


def test_the_table_and_the_page_say_the_same(published: Institution) -> None:
    client = published.as_("ann", "advisor")
    rows = client.get(PATH).json()["uptake"]
    told = list(csv.DictReader(io.StringIO(client.get(PATH, params={"format": "csv"}).text)))
    assert told == [{name: "" if value is None else str(value) for name, value in one.items()} for one in rows]
    for language, words in (("en", "Material, from a gap"), ("de", "Material, aus einer Lücke")):
        page = client.get(PAGE, params={"lang": language}, headers={"accept": "text/html"})
        assert page.status_code == 200
        assert words in page.text
        assert "<svg" in page.text
    assert client.get(PATH, params={"format": "xml"}).status_code == 400


def test_a_larger_floor_withholds_what_was_published_under_a_smaller_one(published: Institution) -> None:
    with published.database.pipeline() as transaction:
        transaction.execute("UPDATE tenants SET group_floor = 70 WHERE tenant_id = %s", (published.tenant,))
    found = published.as_("root", "admin").get(PATH).json()
    assert found["protection"]["smallest_group"] == 70
    assert {(one["status"], one["value"], one["people"]) for one in found["uptake"]} == {("withheld", None, None)}


def test_nothing_published_is_said_in_words(institution: Institution) -> None:
    page = institution.as_("prof", "instructor").get(PAGE, headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "Nothing to show yet" in page.text
