"""Answers as HTTP: validators, caching, fields, as_of, problems, headers, the OpenAPI document."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.serving.institution import ANSWER_PATHS, NOW, Institution, furnish

from akademos.catalogue.declarations import Metric, Purpose
from akademos.errors import CatalogueError, Unavailable
from akademos.privacy.pseudonyms import Keys
from akademos.serving.services import (
    ANSWERS,
    INTERVENTION_EFFECTS,
    PEERS,
    RECOMMENDATION_UPTAKE,
    STUDENTS_IN_FOCUS,
    declared_purposes,
)
from akademos.stores.ports.access import Reading
from akademos.stores.postgres.database import Database

DASHBOARD = ANSWER_PATHS[0]
PROBLEM = {"type", "title", "status", "detail", "code", "hint", "pointer", "instance"}


@pytest.mark.parametrize("path", ANSWER_PATHS)
def test_an_answer_held_already_is_not_sent_again(institution: Institution, path: str) -> None:
    client = institution.as_("ada")
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_new_event_a_consent_decision_and_time_change_the_validator(institution: Institution) -> None:
    client = institution.as_("ada")

    def tag() -> str:
        return str(client.get(DASHBOARD).headers["etag"])

    tags = [tag()]
    assert tag() == tags[0]
    institution.write_state("ada")
    tags.append(tag())
    institution.decide("ada", "withdrawn")
    institution.decide("ada", "granted")
    tags.append(tag())
    institution.clock[0] = NOW + timedelta(minutes=5)
    tags.append(tag())
    with institution.database.pipeline() as transaction:
        transaction.execute("INSERT INTO record_versions (tenant_id, version) VALUES (%s, 5)", (institution.tenant,))
    tags.append(tag())
    institution.services.vault.describe(institution.tenant, {institution.people["ada"]: "Ada Lovelace"})
    tags.append(tag())
    assert len(set(tags)) == len(tags)


def test_a_cached_answer_lives_for_its_period_and_never_past_a_new_event(institution: Institution) -> None:
    client = institution.as_("ada")
    assert client.get(DASHBOARD).json()["version"] == 1
    client.get(DASHBOARD)
    assert institution.answers.made == 1
    institution.write_state("ada")
    assert client.get(DASHBOARD).json()["version"] == 2
    institution.clock[0] = NOW + timedelta(minutes=4)  # 12:05, a new period
    client.get(DASHBOARD)
    assert institution.answers.made == 3


def test_two_learners_never_share_an_answer(institution: Institution) -> None:
    ada, cy = (institution.as_(user_id).get(DASHBOARD) for user_id in ("ada", "cy"))
    assert ada.json()["learner"]["key"] != cy.json()["learner"]["key"]
    assert ada.headers["etag"] != cy.headers["etag"]


def test_fields_choose_blocks_and_keep_the_header(institution: Institution) -> None:
    client = institution.as_("ada")
    body = client.get(DASHBOARD, params={"fields": "gaps, version"}).json()
    header = {"learner", "as_of", "computed_at", "clock", "time_zone", "provenance", "contested"}
    assert set(body) == {*header, "gaps", "version"}
    refused = client.get(DASHBOARD, params={"fields": "gaps,nonsense"}).json()
    assert (refused["code"], refused["pointer"]) == ("unknown_field", "/query/fields")
    assert "gaps" in refused["hint"]


@pytest.mark.parametrize("path", ["/v1/analytics/study-efficiency", "/v1/analytics/study-patterns"])
def test_the_answers_about_study_know_three_windows(institution: Institution, path: str) -> None:
    client = institution.as_("ada")
    tags = {
        client.get(path, params={"window": days} if days else {}).headers["etag"] for days in ("", "28", "84", "182")
    }
    assert len(tags) == 4
    for rubbish in ("29", "-1", "84.0", "all", ""):
        refused = client.get(path, params={"window": rubbish})
        assert (refused.status_code, refused.json()["code"]) == (400, "window_invalid"), rubbish


@pytest.mark.parametrize("as_of", ["2026-03-01T12:00:00Z", "2026-03-01T14:00:00+02:00", "2026-03-01T14:00:00 02:00"])
def test_a_past_instant_is_answered_from_the_core(institution: Institution, as_of: str) -> None:
    answer = institution.as_("ada").get(DASHBOARD, params={"as_of": as_of})
    assert answer.json()["as_of"] == "2026-03-01T12:00:00+00:00"
    assert answer.json()["version"] == -1


@pytest.mark.parametrize(
    ("as_of", "code"),
    [
        ("2026-03-10T12:01:00.000001Z", "as_of_in_future"),
        ("2036-01-01T00:00:00Z", "as_of_in_future"),
        ("2026-03-01", "as_of_invalid"),
        ("2026-03-01T12:00:00", "as_of_invalid"),
        ("2026-02-30T12:00:00Z", "as_of_invalid"),
        ("yesterday", "as_of_invalid"),
        ("", "as_of_invalid"),
        ("0001-01-01T00:00:00Z", "as_of_invalid"),
    ],
)
@pytest.mark.parametrize("name", ["as_of", "known_at"])
def test_no_other_instant_is(institution: Institution, as_of: str, code: str, name: str) -> None:
    answer = institution.as_("ada").get(DASHBOARD, params={name: as_of})
    expected = (400, code.replace("as_of", name), f"/query/{name}")
    assert (answer.status_code, answer.json()["code"], answer.json()["pointer"]) == expected


def test_what_was_known_at_an_instant_is_answered_from_the_core(institution: Institution) -> None:
    answer = institution.as_("ada").get(DASHBOARD, params={"known_at": "2026-03-01T12:00:00Z"})
    assert answer.json()["version"] == -1


def test_a_topic_may_have_a_slash(institution: Institution) -> None:
    assert institution.as_("ada").get("/v1/analytics/mastery/decimals/2").status_code == 200
    assert institution.as_("ada").get("/v1/analytics/mastery/decimals%2F2").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "unknown_route"),
        ("GET", "/v1/analytics/dashboard/", 404, "unknown_route"),
        ("GET", "/v1/analytics/mastery/", 400, "input_invalid"),
        ("GET", "/v1/analytics/mastery/no-such-topic", 404, "unknown_topic"),
        ("DELETE", "/v1/analytics/dashboard", 405, "method_not_allowed"),
        ("GET", "/v1/learners?limit=0", 400, "input_invalid"),
        ("GET", "/v1/learners?limit=x", 400, "input_invalid"),
        ("GET", "/v1/analytics/dashboard?learner=%00", 400, "input_invalid"),
        ("GET", "/v1/analytics/dashboard?learner=" + "a" * 257, 400, "input_invalid"),
        ("GET", "/static/nothing.css", 404, "unknown_route"),
        ("GET", "/static/../api.py", 404, "unknown_route"),
    ],
)
def test_every_refusal_is_a_problem(institution: Institution, method: str, path: str, status: int, code: str) -> None:
    answer = institution.as_("ada").request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == PROBLEM
    assert answer.json()["type"] == f"urn:akademos:problem:{code}"
    assert "?" not in answer.json()["instance"]


def test_a_store_that_is_down_is_announced(institution: Institution, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object, **__: object) -> Reading:
        raise Unavailable("the store is not reachable at the moment", retry_after_s=2)

    monkeypatch.setattr(institution.services.readings, "read", down)
    monkeypatch.setattr(institution.services.readings, "ready", down)
    for path in (DASHBOARD, "/readyz"):
        answer = institution.as_("ada").get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.json()["code"] == "unavailable"
    page = institution.as_("ada").get("/my-progress", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert institution.client().get("/healthz").status_code == 200


def test_a_closed_store_is_announced_too(shared_dsn: str, keys: Keys) -> None:
    database = Database(shared_dsn)
    database.open()
    institution = furnish(database, keys)
    database.close()
    answer = institution.as_("ada").get(DASHBOARD)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("path", [DASHBOARD, "/healthz", "/nowhere", "/sign-in", "/static/akademos.css", "/metrics"])
def test_every_answer_carries_the_security_headers(institution: Institution, path: str) -> None:
    headers = institution.as_("ada").get(path).headers
    policy = headers["content-security-policy"]
    for part in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_metrics_hold_no_learners_data(institution: Institution) -> None:
    institution.as_("ada").get(DASHBOARD)
    institution.as_("ada").get("/v1/analytics/mastery/fractions")
    text = institution.client().get("/metrics").text
    assert 'akademos_request_seconds_count{route="/v1/analytics/dashboard"' in text
    assert "akademos_gate_decisions_total" in text
    for word in ("ada", institution.people["ada"], "fractions"):
        assert word not in text


def test_a_page_refuses_as_a_page_and_the_api_as_a_problem(institution: Institution) -> None:
    client = institution.as_("ben")
    for accept in ("text/html", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"):
        page = client.get("/my-progress", headers={"Accept": accept})
        assert (page.status_code, page.headers["content-type"]) == (403, "text/html; charset=utf-8")
        assert "no-store" in page.headers["cache-control"]
        assert client.get(DASHBOARD, headers={"Accept": accept}).headers["content-type"] == "application/problem+json"


def test_the_openapi_document_describes_everything(institution: Institution) -> None:
    document: dict[str, Any] = institution.client().get("/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert set(ANSWERS) < {path.replace("{topic}", "{topic}") for path in document["paths"]}
    assert "HTTPValidationError" not in str(document)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                where = f"{method} {path} {status}"
                assert response["description"], where
                if status >= "400":
                    problem = response["content"]["application/problem+json"]["schema"]
                    assert problem == {"$ref": "#/components/schemas/Problem"}, where
    names = set(document["components"]["schemas"])
    assert _references(document) <= names


def _references(node: Any) -> set[str]:
    if isinstance(node, dict):
        found = {node["$ref"].removeprefix("#/components/schemas/")} if isinstance(node.get("$ref"), str) else set()
        return found.union(*(_references(one) for one in node.values()))
    if isinstance(node, list):
        return set[str]().union(*(_references(one) for one in node))
    return set()


def test_the_gates_purposes_come_from_the_metrics() -> None:
    support, research = Purpose.LEARNING_SUPPORT, Purpose.RESEARCH

    def metric(name: str, purposes: tuple[Purpose, ...], *endpoints: str) -> Metric:
        return Metric(name, "", "", "", "", purposes, endpoints=tuple(f"GET {one}" for one in endpoints))

    addresses = (*ANSWERS, PEERS, STUDENTS_IN_FOCUS, INTERVENTION_EFFECTS, RECOMMENDATION_UPTAKE)
    everywhere = metric("everything", (support, research), *addresses)
    assert declared_purposes((everywhere,)) == dict.fromkeys(addresses, (support,))
    more = declared_purposes((everywhere, metric("more", (research,), ANSWERS[0])))
    assert more[ANSWERS[0]] == (support, research)
    with pytest.raises(CatalogueError):
        declared_purposes((metric("one", (support,), ANSWERS[0]),))
    with pytest.raises(CatalogueError):
        declared_purposes((everywhere, metric("none", (), ANSWERS[1])))
