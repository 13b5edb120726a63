"""The page about models: who gets it, that it says what /v1/models says, and that a card's words are no markup."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.serving.institution import NOW, Institution
from tests.serving.test_trust_pages import HTML, as_role

from akademos.catalogue.roles import ROLES, RULE_OF, Question, Role
from akademos.jobs.trainers import TRAINERS
from akademos.serving.pages.model_register import KINDS
from akademos.stores.ports.model_watch import Look, Status
from akademos.stores.ports.models import Candidate
from akademos.stores.postgres.model_watch import PostgresModelWatch
from akademos.stores.postgres.models import PostgresModels

PAGE = "/models"
OPEN_TO = {Question.GOVERNANCE, Question.OPERATIONS, Question.AGGREGATE}
NASTY = "<script>alert(1)</script>"
BETTER = {
    "learners": 57, "new": 0.08, "old": 0.1, "difference": -0.02, "upper": -0.005, "promoted": True,
    "reason": "better", "against": "the baseline",
}  # fmt: skip
NO_BETTER = {**BETTER, "difference": 0.01, "upper": 0.03, "promoted": False, "against": "the version in service"}
METRICS: dict[str, Any] = {
    "learners": 57,
    "mae": {"value": 0.081, "low": 0.07, "high": 0.092},
    "coverage": {"stated": 0.9, "value": 0.92, "low": None, "high": None},
    "passing": {"brier": 0.14, "reliability": [[0.1, 0.2, 12], [0.6, 0.987, 4]]},
}
GROUPS = {
    "algebra-final": {"learners": 31, "mae": 0.084},
    NASTY: {"learners": 12, "mae": 0.1},
    "tiny": {"learners": 3, "mae": 0.777},
}
MADE = Candidate(
    model="exam_readiness",
    trained_at=NOW - timedelta(days=30),
    seed=5,
    data_hash=b"\x02" * 32,
    features=("known", NASTY),
    parameters={"kind": NASTY, "half_widths": {"1 days": None}},
    metrics={**METRICS, "comparison": BETTER},
    card={
        "intended_use": NASTY, "limits": [NASTY], "metrics": METRICS, "comparison": {**BETTER, "loss": NASTY},
        "fairness": {"groups": GROUPS, "note": NASTY}, "data": {"rows": 1_204, "held_out_learners": 57},
    },
    artefact=b"bytes",
)  # fmt: skip


def furnish(institution: Institution) -> PostgresModels:
    """Version 1 serves and drifts, version 2 was not better."""
    models, tenant = PostgresModels(institution.database, institution.keys), institution.tenant
    models.add(tenant, MADE, ["somebody"])
    models.promote(tenant, "exam_readiness", 1, actor="job:train", at=MADE.trained_at, why=BETTER)
    made = replace(MADE, trained_at=NOW - timedelta(days=2), metrics={**METRICS, "comparison": NO_BETTER})
    models.add(tenant, made, ["somebody"])
    watch = PostgresModelWatch(institution.database)
    for days, shift in ((200, 0.9), (2, 0.05), (1, 0.2)):
        figures = [
            {"figure": NASTY, "learners": 60, "value": 2 * shift, "low": shift, "high": 3 * shift},
            {"figure": "quiet", "learners": 60, "value": None, "low": None, "high": None},
        ]
        status: Status = "drifting" if shift > 0.1 else "stable"
        at = NOW - timedelta(days=days)
        watch.write(tenant, Look("exam_readiness", 1, at, 60, status, shift, figures))
    return models


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def test_the_page_knows_every_kind_that_is_trained() -> None:
    assert set(KINDS) == set(TRAINERS)


@pytest.mark.parametrize("role", [role for role in ROLES if role != "service"])
def test_the_page_is_for_who_may_ask_the_answer(institution: Institution, role: Role) -> None:
    client = as_role(institution, role)
    allowed = bool(RULE_OF[role].questions & OPEN_TO) or role == "advisor"
    page = client.get(PAGE, headers=HTML)
    assert page.status_code == client.get("/v1/models").status_code == (200 if allowed else 403)
    assert ('href="/models"' in page.text) is allowed, "the navigation of whoever may, and of nobody else"


def test_before_any_training_the_page_says_what_to_run(institution: Institution) -> None:
    said = text_of(as_role(institution, "steward").get(PAGE, headers=HTML).text)
    assert "No model has been trained yet" in said
    assert "akademos train exam_readiness" in said


def test_the_page_shows_what_serves_and_all_that_is_known_of_it(institution: Institution) -> None:
    furnish(institution)
    client = as_role(institution, "steward")
    html = client.get(PAGE, headers=HTML).text
    said = text_of(html)
    told = client.get("/v1/models/exam_readiness/1").json()
    assert "Exam readiness: version 1" in said
    assert told["data_hash"] in said
    assert f'title="{told["artefact_hash"]}"' in html
    assert "0.081 0.070\u20130.092" in said
    assert "0.020 less loss than the baseline, and at least 0.005 less" in re.sub(r" +", " ", said)
    assert "what it meets has moved away from its training" in said
    assert "not clearly better than the version in service then, on 57 learners" in said
    assert "1,204" in said
    assert NASTY not in html
    assert "&lt;script&gt;" in html
    assert 'lang="en"' in html
    for name, key in institution.people.items():
        assert key not in html
        assert f">{name}<" not in html


RISK_METRICS: dict[str, Any] = {
    "learners": 57, "auroc": {"value": 0.812, "low": 0.78, "high": 0.84},
    "all_enrolled": {"learners": 64, "gone": 7, "auroc": {"value": 0.871, "low": 0.84, "high": 0.9}},
    "baselines": {"inactive_7d": {"active": {"auroc": 0.633, "auprc": 0.4}, "all": {"auroc": 0.69, "auprc": 0.5}}},
    "fairness": {
        "attributes": ["age_band", "gender"], "abroca": {"age_band": 0.111, "gender": 0.044},
        "recall_gap": {"age_band": 0.222, "gender": 0.066}, "list": {"learners": 11, "precision": 0.6, "recall": 0.4},
    },
}  # fmt: skip
RISK_GROUPS = {
    "gender: F": {"learners": 31, "auroc": 0.8, "recall": 0.5, "abroca": None},
    "gender: M": {"learners": 26, "auroc": 0.82, "recall": 0.434, "abroca": 0.044},
    "age_band: 55<=": {"learners": 4, "auroc": 0.7, "recall": 0.3, "abroca": 0.111},
}


def risk_card(institution: Institution, metrics: dict[str, Any] = RISK_METRICS) -> None:
    card = {"metrics": metrics, "fairness": {"groups": RISK_GROUPS if metrics is RISK_METRICS else {}}}
    made = replace(MADE, model="dropout_risk", metrics={**metrics, "comparison": BETTER}, card=card)
    PostgresModels(institution.database, institution.keys).add(institution.tenant, made, ["somebody"])


def test_advisors_see_the_cards_of_risk_and_no_others(institution: Institution) -> None:
    furnish(institution)
    risk_card(institution)
    client = institution.as_("ann", "advisor")
    assert {line["model"] for line in client.get("/v1/models").json()["models"]} == {"dropout_risk"}
    assert client.get("/v1/models/exam_readiness/1").status_code == 404
    assert client.get(PAGE, params={"model": "exam_readiness"}, headers=HTML).status_code == 404
    page = client.get(PAGE, params={"model": "dropout_risk"}, headers=HTML)
    assert page.status_code == 200
    assert "exam_readiness" not in page.text
    assert "akademos train exam" not in page.text


def test_the_card_of_risk_has_both_populations_rules_and_fairness(institution: Institution) -> None:
    risk_card(institution)
    client = as_role(institution, "steward")
    said = text_of(client.get(PAGE, headers=HTML).text)
    for shown in ("0.812", "0.871", "0.633", "everybody enrolled", "Rule: no activity for 7 days", "0.044", "0.066"):
        assert shown in said
    told = client.get("/v1/models/dropout_risk/1").json()
    for metrics in (told["metrics"], told["card"]["metrics"]):
        assert metrics["fairness"]["abroca"] == {"gender": 0.044}, "of an attribute with a small group nothing is told"
        assert metrics["fairness"]["recall_gap"] == {"gender": 0.066}
    assert "0.111" not in said
    assert "0.222" not in said


def test_where_no_groups_are_on_record_the_card_says_so(institution: Institution) -> None:
    nothing = {"attributes": [], "abroca": {}, "recall_gap": {}, "list": RISK_METRICS["fairness"]["list"]}
    risk_card(institution, {**RISK_METRICS, "fairness": nothing})
    said = text_of(as_role(institution, "steward").get(PAGE, headers=HTML).text)
    assert "nothing is known of fairness between them" in said


def test_what_few_learners_stand_in_is_counted_and_not_shown(institution: Institution) -> None:
    furnish(institution)
    client = as_role(institution, "steward")
    told, html = client.get("/v1/models/exam_readiness/1").json(), client.get(PAGE, headers=HTML).text
    assert told["withheld"] == {"floor": 10, "groups": 1, "bins": 1}
    assert set(told["card"]["fairness"]["groups"]) == set(GROUPS) - {"tiny"}
    assert (
        told["metrics"]["passing"]["reliability"]
        == told["card"]["metrics"]["passing"]["reliability"]
        == [[0.1, 0.2, 12]]
    )
    for hidden in ("tiny", "0.777", "98.7", "99%"):
        assert hidden not in html
    assert "1 group that the register holds is left out" in html
    assert "1 bin of fewer than 10 held-out learners is left out" in html


def test_looks_of_the_last_quarter_are_told_with_what_moved_most(institution: Institution) -> None:
    furnish(institution)
    told = as_role(institution, "operator").get("/v1/models/exam_readiness/1").json()
    assert [one["most"]["low"] for one in told["looks"]] == [0.05, 0.2]
    assert told["looks"][-1]["most"]["figure"] == NASTY
    assert told["drift_limit"] == 0.1


def test_a_version_that_does_not_serve_says_so_and_leads_to_the_one_that_does(institution: Institution) -> None:
    furnish(institution)
    client = as_role(institution, "analyst")
    html = client.get(f"{PAGE}?model=exam_readiness&version=2&lang=de", headers=HTML).text
    assert "Diese Version dient nicht; Version 1 dient." in html
    assert 'href="?model=exam_readiness&amp;lang=de#version"' in html
    assert "Noch nicht angesehen" in html
    assert "Um klar besser zu sein, müsste das unter null liegen." in html


@pytest.mark.parametrize(
    ("query", "status"),
    [("?model=nothing", 404), ("?model=exam_readiness&version=9", 404), ("?model=a%00b", 400), ("?version=x", 400)],
)
def test_rubbish_is_refused_on_a_page(institution: Institution, query: str, status: int) -> None:
    furnish(institution)
    answer = as_role(institution, "steward").get(PAGE + query, headers=HTML)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_a_card_that_holds_nothing_still_makes_a_page(institution: Institution) -> None:
    models, tenant = PostgresModels(institution.database, institution.keys), institution.tenant
    models.add(tenant, replace(MADE, metrics={}, card={}, parameters={}, features=()), ["somebody"])
    models.record(tenant, "cohort_memory_weights", 7, datetime(2026, 3, 1, tzinfo=UTC), ["somebody"])
    said = text_of(as_role(institution, "steward").get(PAGE, headers=HTML).text)
    assert "No measures" in said
    assert "no other of its kind does" in said
    assert "cohort_memory_weights 7 in service" in said


def test_another_tenant_sees_nothing_of_it(institution: Institution) -> None:
    furnish(institution)
    client = institution.as_("boss", "admin", tenant=institution.elsewhere)
    assert "No model has been trained yet" in client.get(PAGE, headers=HTML).text
    assert client.get(f"{PAGE}?model=exam_readiness&version=1", headers=HTML).status_code == 404
