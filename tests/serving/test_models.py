"""/v1/models: which roles see the cards, and that a tenant sees its own only."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.serving.institution import Institution

from akademos.catalogue.roles import ROLES, RULE_OF, Question, Role, Source
from akademos.stores.ports.model_watch import Look
from akademos.stores.ports.models import Candidate
from akademos.stores.postgres.model_watch import PostgresModelWatch
from akademos.stores.postgres.models import PostgresModels

OPEN_TO = {Question.GOVERNANCE, Question.OPERATIONS, Question.AGGREGATE}
PATH = "/v1/models/exam_readiness/1"
MOVED = {"figure": "known", "learners": 60, "value": 0.4, "low": 0.2, "high": 0.6}


def furnish(institution: Institution) -> None:
    made = Candidate(
        model="exam_readiness",
        trained_at=datetime(2026, 5, 1, tzinfo=UTC),
        seed=5,
        data_hash=b"\x02" * 32,
        features=("known",),
        parameters={"kind": "linear"},
        metrics={"comparison": {"promoted": True}},
        card={"intended_use": "to be shown"},
        artefact=b"bytes",
    )
    PostgresModels(institution.database, institution.keys).add(institution.tenant, made, ["somebody"])
    look = Look("exam_readiness", 1, made.trained_at, 60, "drifting", 0.2, [MOVED])
    PostgresModelWatch(institution.database).write(institution.tenant, look)


@pytest.mark.parametrize("role", [one for one in ROLES if RULE_OF[one].source is not Source.KEY])
def test_staff_who_ask_about_groups_governance_or_operations_see_the_cards(
    institution: Institution, role: Role
) -> None:
    furnish(institution)
    user = "ada" if role == "learner" else "prof"
    if role != "learner":
        institution.grants.grant(institution.tenant, user, role, by="test")
    client = institution.as_(user, role)
    listed, shown = client.get("/v1/models"), client.get(PATH)
    if RULE_OF[role].questions & OPEN_TO:
        line = listed.json()["models"][0]
        assert (line["model"], line["version"], line["state"], line["learners"]) == (
            "exam_readiness",
            1,
            "candidate",
            1,
        )
        assert shown.json()["card"] == {"intended_use": "to be shown"}
        assert line["watch"] == shown.json()["watch"]
        assert (line["watch"]["status"], line["watch"]["figures"]) == ("drifting", [MOVED])
        assert "trained_on" not in listed.text + shown.text
    elif role == "advisor":
        assert (listed.json()["models"], shown.status_code) == ([], 404), "of risk alone"
    else:
        assert (listed.status_code, shown.status_code) == (403, 403)


def test_an_unknown_version_is_not_found_and_rubbish_is_refused(institution: Institution) -> None:
    furnish(institution)
    institution.grants.grant(institution.tenant, "prof", "steward", by="test")
    client = institution.as_("prof", "steward")
    assert client.get("/v1/models/exam_readiness/2").status_code == 404
    assert client.get("/v1/models/nothing/1").status_code == 404
    for path in ("/v1/models/exam_readiness/0", "/v1/models/exam_readiness/x", f"/v1/models/exam_readiness/{2**63}"):
        assert client.get(path).status_code == 400
    assert client.get("/v1/models/a%00b/1").status_code == 400
