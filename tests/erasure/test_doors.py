"""Who may ask for an erasure, at both doors; imports of an erased person; what the outside is told."""

from __future__ import annotations

import json
import uuid

import pytest
from starlette.testclient import TestClient
from tests.erasure.installation import TENANT, Installation, answered
from tests.erasure.test_erasure import core
from tests.serving.institution import Institution, furnish
from typer.testing import CliRunner

from akademos.catalogue.declarations import Purpose
from akademos.cli.app import app as command_line
from akademos.cli.erase import command as erase_command
from akademos.intake.bulk.layouts import plan
from akademos.privacy.pseudonyms import Keys
from akademos.settings import Settings
from akademos.stores.ports.consent import RecordedBasis
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.database import Database
from akademos.system import System

MAP = {
    "columns": {"user_id": "user", "question_id": "question", "correct": "right"},
    "constants": {"event_name": "question_submitted", "topic_id": "t", "time_to_answer_seconds": 5},
    "time": {"column": "at"},
}


@pytest.fixture
def institution(database: Database, keys: Keys) -> Institution:
    return furnish(database, keys)


def asking(institution: Institution, user: str, role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {institution.token(user, role)}"}  # type: ignore[arg-type]


def test_a_learner_asks_for_themself_and_an_administrator_for_anybody(institution: Institution) -> None:
    client = TestClient(institution.app)
    ada, admin = asking(institution, "ada", "learner"), asking(institution, "root", "admin")
    other = client.post("/v1/erasures", json={"reason": "x", "user_id": "cy"}, headers=ada)
    assert (other.status_code, other.json()["code"]) == (403, "scope")
    prof = asking(institution, "prof", "instructor")
    refused = client.post("/v1/erasures", json={"reason": "x", "user_id": "ada"}, headers=prof)
    assert (refused.status_code, refused.json()["code"]) == (403, "role")
    taken = client.post("/v1/erasures", json={"reason": "I, ada, leave"}, headers=ada)
    assert taken.status_code == 202
    erasure = taken.json()["erasure_id"]
    assert taken.json()["step"] == "requested"
    # Asking again answers the same request.
    again = client.post("/v1/erasures", json={"reason": "please", "user_id": "ada"}, headers=admin)
    assert again.json()["erasure_id"] == erasure
    for who, status in ((ada, 200), (admin, 200), (asking(institution, "cy", "learner"), 404)):
        assert client.get(f"/v1/erasures/{erasure}", headers=who).status_code == status
    assert [one["erasure_id"] for one in client.get("/v1/erasures", headers=admin).json()["erasures"]] == [erasure]
    assert client.get("/v1/erasures", headers=ada).status_code == 403
    assert client.delete(f"/v1/erasures/{erasure}", headers=admin).status_code == 405
    with institution.database.pipeline() as transaction:
        rows = transaction.execute("SELECT reason, requested_by FROM erasures").fetchall()
    assert rows[0][0] == "I, [person], leave"
    assert rows[0][1].startswith("person:")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"reason": "x"}, 400),
        ({"reason": "x", "user_id": "ada", "anonymous_id": str(uuid.uuid4())}, 400),
        ({"reason": "", "user_id": "ada"}, 422),
        ({"reason": "x", "user_id": "nobody-knows-me"}, 404),
        ({"reason": "x", "user_id": "a\u0000b"}, 400),
        ({"reason": "x", "user_id": "ada", "more": 1}, 422),
        ([], 422),
    ],
)
def test_bad_requests_are_told_apart(institution: Institution, body: object, status: int) -> None:
    client = TestClient(institution.app)
    answer = client.post("/v1/erasures", json=body, headers=asking(institution, "root", "admin"))
    assert answer.status_code == status
    assert answer.json()["code"]


def test_the_report_of_retention_is_for_administrators(institution: Institution) -> None:
    client = TestClient(institution.app)
    assert client.get("/v1/retention", headers=asking(institution, "ada", "learner")).status_code == 403
    rows = client.get("/v1/retention", headers=asking(institution, "root", "admin")).json()["retention"]
    found = {(row["kind"], row["name"]): row for row in rows}
    assert found["event", "question_submitted"]["kept_for_days"] == 730
    assert found["dataset", "consent_history"]["rows"] > 0
    assert found["dataset", "landing"]["kept_for_days"] == 1


def test_an_import_brings_nobody_back_and_an_external_server_is_said_to_be_one(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    user, other = str(uuid.uuid4()), str(uuid.uuid4())
    file = tmp_path_factory.mktemp("outside") / "answers.csv"
    rows = [f"{one},q-{number},true,2026-02-01T10:00:0{number}Z" for one in (user, other) for number in range(3)]
    file.write_text("\n".join(["user,question,right,at", *rows]))
    basis = RecordedBasis("import-1", TENANT, (Purpose.LEARNING_SUPPORT,), "v1", "forms", "steward", historical=True)
    with System(settings) as system:
        system.tenants.create(TENANT, "A college", actor="job:test")

        def imported() -> dict[str, int]:
            todo = plan([file], layout=None, column_map=MAP)
            return system.bulk_import(basis, actor="test").run(todo).totals

        assert imported()["accepted"] == 6
        taken = system.erasures.request(TENANT, Identifier("user", user), by=None, reason="leaves")
        system.erasure_job().run()
        done = system.erasures.get(TENANT, taken.erasure_id)
        assert done is not None
        assert done.receipt is not None
        assert done.receipt["removed"]["event_log"] == 3
        assert any("external database server" in left for left in done.receipt["not_in_reach"])
        with file.open("a") as more:
            more.write(f"\n{user},q-9,true,2026-02-02T10:00:00Z\n{other},q-9,true,2026-02-02T10:00:00Z")
        again = imported()
        assert (again["accepted"], again["duplicate"], again["suppressed"]) == (1, 3, 4)
        assert system.vault.find(TENANT, [Identifier("user", user)]) == {}


@pytest.mark.slow
def test_the_command_line_erases_and_prints_the_receipt(installation: Installation) -> None:
    user = str(uuid.uuid4())
    installation.person(user)
    assert installation.send(answered(user)) == ["accepted"]
    installation.move()
    command_line.command(name="erase-for-test")(erase_command)
    arguments = [
        user,
        "--as",
        user,
        "--reason",
        "leaving",
        "--tenant",
        TENANT,
        "--data",
        str(installation.data),
        "--json",
    ]
    done = CliRunner().invoke(command_line, ["erase-for-test", *arguments])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["verified"]
    assert said["removed"]["event_log"] == 1
    assert user not in done.stdout
    assert not [row for row in core(installation) if row["event_id"] == user]
