"""Certificates over HTTP: strangers learn whether one stands and nothing of its holder; holders get theirs, whole."""

from __future__ import annotations

import io
import itertools
import json
from datetime import UTC, datetime, time, timedelta
from typing import Any

import jwt
import pypdfium2
import pytest
from openbadgeslib.ob3 import OB3VerificationError, OB3Verifier
from starlette.testclient import TestClient
from tests.records.desk import Desk, teach
from tests.serving.institution import Institution

from akademos.catalogue.records.policies import RECORD_LIMITS
from akademos.catalogue.roles import Role
from akademos.learning.credentials import expires_on

_ADDRESSES = itertools.count(1)


@pytest.fixture
def campus(institution: Institution) -> Institution:
    """Ada has completed a course."""
    desk = Desk(institution.database, institution.keys, institution.tenant)
    teach(desk)
    desk.execute(
        "INSERT INTO learning_user_progress (tenant_id, learner_key, content_type, content_id, state, percentage, "
        "content_revision, completed_at) VALUES (%s, %s, 'course', 'aid', 'completed', 100, 1, now())",
        institution.tenant,
        institution.people["ada"],
    )
    return institution


def stranger(campus: Institution) -> TestClient:
    """Somebody at an address of their own."""
    return TestClient(campus.app, client=(f"192.0.2.{next(_ADDRESSES)}", 50_000), raise_server_exceptions=False)


def issue(host: TestClient) -> dict[str, Any]:
    answer = host.post("/v1/records/certificates", json={"user_id": "ada", "course_id": "aid"})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_service_account_issues_and_anybody_with_the_code_can_check(campus: Institution, host: TestClient) -> None:
    made = issue(host)
    public = stranger(campus)
    found = public.get(f"/v1/verify/{made['verification_code'].lower().replace('-', ' ')}")
    assert found.status_code == 200
    assert found.json() == {
        "standing": "valid",
        "number": made["number"],
        "title": "Erste Hilfe",
        "kind": "course",
        "revision": 1,
        "issuer": "A college",
        "issued_on": datetime.now(UTC).date().isoformat(),
        "expires_on": None,
        "revoked_on": None,
    }
    page = public.get(f"/verify/{made['verification_code']}", headers={"Accept-Language": "de"})
    assert page.status_code == 200
    assert "Dieses Zertifikat gilt" in page.text
    for said in (found.text, page.text):
        for name in ("ada", "Ada L.", campus.people["ada"], made["certificate_id"], campus.tenant):
            assert name not in said.replace("Akademos", "")
    form = public.get(f"/verify?code={made['verification_code']}", follow_redirects=False)
    assert form.headers["location"] == f"/verify/{made['verification_code']}"


@pytest.mark.parametrize("code", ["nonsense", "00000-00000-00000-00000", "%00", "x" * 300, "../../etc/passwd"])
def test_what_is_no_code_is_no_certificate(campus: Institution, code: str) -> None:
    public = stranger(campus)
    for address in (f"/v1/verify/{code}", f"/verify/{code}"):
        assert public.get(address).status_code in (404, 400)


def test_codes_cannot_be_tried_for_long(campus: Institution) -> None:
    public = stranger(campus)
    answers = [public.get("/v1/verify/00000-00000-00000-00000") for _ in range(RECORD_LIMITS.public_requests_burst + 3)]
    assert answers[0].status_code == 404
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert stranger(campus).get("/v1/verify/00000-00000-00000-00000").status_code == 404


def test_only_service_accounts_issue(campus: Institution) -> None:
    asked: tuple[tuple[str, Role], ...] = (("ada", "learner"), ("prof", "instructor"), ("root", "admin"))
    for user, role in asked:
        answer = campus.as_(user, role).post("/v1/records/certificates", json={"user_id": "ada", "course_id": "aid"})
        assert answer.status_code == 403, (user, answer.text)


class TestHolder:
    """What Ada gets."""

    def mine(self, campus: Institution) -> dict[str, Any]:
        [one] = campus.as_("ada", "learner").get("/v1/me/certificates").json()
        found: dict[str, Any] = one
        return found

    def test_the_list_the_page_and_nobody_elses(self, campus: Institution, host: TestClient) -> None:
        made = issue(host)
        mine = self.mine(campus)
        assert (mine["number"], mine["standing"], mine["revision"]) == (made["number"], "valid", 1)
        page = campus.as_("ada", "learner").get("/my-courses", headers={"Accept-Language": "de"})
        assert page.status_code == 200
        assert made["number"] in page.text
        assert "Meine Kurse und Zertifikate" in page.text
        assert campus.as_("ben", "learner").get("/v1/me/certificates").json() == []
        for what in (mine["pdf"], mine["open_badge"]):
            assert campus.as_("ben", "learner").get(what).status_code == 404
            assert campus.as_("prof", "instructor").get(what).status_code == 403
        assert "/my-courses" in [entry[3] for entry in campus.log()]

    def test_the_sheet_of_paper_holds_what_it_should(self, campus: Institution, host: TestClient) -> None:
        made = issue(host)
        answer = campus.as_("ada", "learner").get(self.mine(campus)["pdf"] + "?lang=de")
        assert answer.headers["content-type"] == "application/pdf"
        text = pypdfium2.PdfDocument(io.BytesIO(answer.content))[0].get_textpage().get_text_range()
        for said in ("Zertifikat", "Ada L.", "Erste Hilfe", made["number"], made["verification_code"], "unbefristet"):
            assert said in text

    def test_the_badge_verifies_elsewhere_until_it_is_revoked(self, campus: Institution, host: TestClient) -> None:
        made = issue(host)
        token = campus.as_("ada", "learner").get(self.mine(campus)["open_badge"]).text
        public = stranger(campus)
        profile = public.get(f"/v1/issuers/{campus.tenant}").json()
        assert profile["name"] == "A college"

        campus.clock[0] = datetime.now(UTC)  # what others verify by is the time of the day

        def fetch(url: str) -> bytes:
            content: bytes = public.get(url.removeprefix("http://127.0.0.1")).content
            return content

        verifier = OB3Verifier.for_issuer_did(profile["id"])
        found = verifier.verify(token, check_status=True, download=fetch)
        assert found.achievement.name == "Erste Hilfe"
        assert "Ada" not in json.dumps(found.to_jwt_payload())
        revoked = host.post(
            f"/v1/records/certificates/{made['certificate_id']}/actions/revoke",
            json={"revocation_reason": "issued by mistake"},
        )
        assert revoked.status_code == 200, revoked.text
        with pytest.raises(OB3VerificationError, match="'revocation' is set"):
            verifier.verify(token, check_status=True, download=fetch)
        told = public.get(f"/v1/verify/{made['verification_code']}")
        assert told.json()["standing"] == "revoked"
        assert "mistake" not in told.text
        again = campus.as_("ada", "learner").get(f"/v1/me/certificates/{made['certificate_id']}/open-badge")
        assert (again.status_code, again.json()["code"]) == (409, "certificate_revoked")

    def test_the_months_of_the_course_are_on_paper_in_the_badge_and_for_strangers(
        self, campus: Institution, host: TestClient
    ) -> None:
        course = "/v1/records/courses/aid"
        assert host.post(f"{course}/actions/revise").status_code == 200
        tag = host.get(course).headers["ETag"]
        changed = host.patch(course, json={"certificate_valid_months": 18}, headers={"If-Match": tag})
        assert (changed.status_code, changed.json()["certificate_valid_months"]) == (200, 18)
        for action in ("submit", "publish"):
            assert host.post(f"{course}/actions/{action}").status_code == 200
        with campus.database.pipeline() as transaction:
            transaction.execute(
                "UPDATE learning_user_progress SET content_revision = 2 WHERE tenant_id = %s AND content_id = 'aid'",
                (campus.tenant,),
            )
        made = issue(host)
        last = expires_on(datetime.now(UTC).date(), 18)
        assert last is not None
        told = stranger(campus).get(f"/v1/verify/{made['verification_code']}").json()
        assert (told["revision"], told["expires_on"]) == (2, last.isoformat())
        mine = self.mine(campus)
        ada = campus.as_("ada", "learner")
        paper = pypdfium2.PdfDocument(io.BytesIO(ada.get(mine["pdf"] + "?lang=en").content))[0].get_textpage()
        assert str(last.year) in paper.get_text_range()
        assert "without end" not in paper.get_text_range()
        badge = jwt.decode(ada.get(mine["open_badge"]).text, options={"verify_signature": False})
        ends = datetime.combine(last + timedelta(days=1), time(), UTC)
        assert datetime.fromisoformat(badge["validUntil"]) == ends
        assert badge["exp"] == ends.timestamp()

    def test_courses_and_paths(self, campus: Institution) -> None:
        found = campus.as_("ada", "learner").get("/v1/me/courses").json()
        titles = {one["title"]: one for one in found["courses"]}
        assert titles["Erste Hilfe"]["state"] == "completed"
        assert titles["Algebra"]["percentage"] == 0


def test_an_attempt_is_scored_over_http(campus: Institution) -> None:
    ada = campus.as_("ada", "learner")
    begun = ada.post("/v1/records/quiz-attempts", json={"quiz_id": "q"})
    assert begun.status_code == 201, begun.text
    assert begun.json()["attempt_number"] == 1
    answers = [{"question_id": "i1", "chosen": ["a"]}, {"question_id": "i2", "text": "112"}]
    done = ada.post(begun.json()["self"] + "/actions/submit", json={"answers": answers})
    assert done.status_code == 200, done.text
    assert (done.json()["status"], done.json()["score"], done.json()["passed"]) == ("scored", 1, True)
    assert done.headers["etag"] == f'"{done.json()["version"]}"'


def test_publishing_names_every_problem_over_http(campus: Institution, host: TestClient) -> None:
    made = host.post("/v1/records/courses", json={"course_id": "empty", "title": "Empty"}).json()
    host.post(made["self"] + "/actions/submit")
    refused = host.post(made["self"] + "/actions/publish")
    assert refused.status_code == 409
    assert refused.json()["problems"] == [
        {"code": "course_empty", "pointer": "/modules", "detail": "The course has no module."}
    ]
