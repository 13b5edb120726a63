"""The catalogue behind the real gate: who browses, what is never shown, access asked for, granted, used and ended."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from starlette.testclient import TestClient
from tests.serving.institution import NOW, Institution

from akademos.catalogue.roles import ROLES, RULE_OF, Question, Role
from akademos.serving.pages.catalogue import ROWS
from akademos.stores.ports.quality import QualityResult

BASE = "/v1/catalogue"
HTML = {"Accept": "text/html"}
WHY = {"reason": "To see which topics courses cover."}


def as_role(institution: Institution, role: Role) -> TestClient:
    """Somebody who holds the role."""
    user = {"learner": "ada", "instructor": "prof", "advisor": "ann"}.get(role, f"the-{role}")
    if user == f"the-{role}":
        institution.grants.grant(institution.tenant, user, role, by="test")
    return institution.as_(user, role)


def failing(institution: Institution, dataset: str, severity: str = "critical") -> None:
    """A result of a check that failed."""
    found = QualityResult(dataset, "schema", "schema", severity, "as declared", "failed", 2, ("x",), "", NOW)
    institution.services.quality.record(institution.tenant, [found], {dataset: "curriculum team"})


@pytest.mark.parametrize("role", [role for role in ROLES if role != "service"])
def test_staff_browse_and_learners_do_not(institution: Institution, role: Role) -> None:
    client = as_role(institution, role)
    allowed = Question.CATALOGUE in RULE_OF[role].questions
    assert allowed is (role != "learner")
    for address in (BASE, f"{BASE}/products", f"{BASE}/glossary", f"{BASE}/issues", f"{BASE}/datasets/topics"):
        assert client.get(address).status_code == (200 if allowed else 403), address
    product = "/catalogue/products/research_dataset"
    for page in ("/catalogue", "/catalogue/topics", "/catalogue/requests", "/catalogue/products", product):
        assert client.get(page, headers=HTML).status_code == (200 if allowed else 403), page


def test_a_dataset_is_found_and_described_with_its_origins(institution: Institution) -> None:
    client = as_role(institution, "analyst")
    found = [one["name"] for one in client.get(BASE, params={"q": "question attempts"}).json()["datasets"]]
    assert found[0] == "question_attempts"
    assert not client.get(BASE, params={"q": "nothing-like-this"}).json()["datasets"]
    assert {one["zone"] for one in client.get(BASE, params={"zone": "vault"}).json()["datasets"]} == {"vault"}
    log = client.get(f"{BASE}/datasets/event_log").json()
    origins = {one["name"]: one["made_from"] for one in log["columns"]}
    assert {"node": "question_submitted", "column": "score", "how": "property"} in origins["score"]
    down = {one["name"] for one in log["lineage"]["downstream"]}
    assert {"question_attempts", "learner_state", "mastery", "ingest.dim_environment"} <= down
    mart = client.get(f"{BASE}/datasets/ingest.fact_event_counts").json()
    by_sql = {column["name"]: [(o["node"], o["column"]) for o in column["made_from"]] for column in mart["columns"]}
    assert by_sql["first_received_at"] == [("ingest.stg_raw", "received_at")]
    assert client.get(f"{BASE}/datasets/nowhere").json()["code"] == "unknown_dataset"
    assert client.get(f"{BASE}/datasets/mastery/lineage", params={"depth": 1}).json()["upstream"]


@pytest.mark.parametrize(
    ("words", "kind", "first"),
    [
        ("students in focus", "products", "students_in_focus"),
        ("retrieval strength", "terms", "retrieval strength"),
        ("forgetting", "metrics", "retrievability"),
        ("forgetting", "terms", "FSRS"),
        ("glossary", "terms", "FSRS"),
    ],
)
def test_products_metrics_and_words_are_found_too(institution: Institution, words: str, kind: str, first: str) -> None:
    client = as_role(institution, "analyst")
    found = [one["name"] for one in client.get(BASE, params={"q": words}).json()[kind]]
    assert found[0] == first
    shown = client.get("/catalogue", params={"q": words}, headers=HTML).text
    assert f"/catalogue/products/{first}" in shown if kind == "products" else f"<b>{first}</b>" in shown
    alone = client.get(BASE).json()
    assert alone["products"] == alone["metrics"] == alone["terms"] == []


def test_the_glossary_is_a_page_with_every_word_and_where_it_is_held(institution: Institution) -> None:
    client = as_role(institution, "analyst")
    terms = client.get(f"{BASE}/glossary").json()["terms"]
    for lang, title in (("en", "Glossary"), ("de", "Glossar")):
        shown = client.get("/catalogue/glossary", params={"lang": lang}, headers=HTML).text
        assert f"<h1>{title}</h1>" in shown
        assert all(one["meaning"] in unescape(shown) for one in terms)
    assert "topic_mastery" in shown
    assert 'href="/catalogue/glossary"' in client.get("/catalogue", headers=HTML).text


def test_the_list_of_datasets_comes_in_pages_and_keeps_what_was_asked(institution: Institution) -> None:
    client = as_role(institution, "analyst")
    named = [one["name"] for one in client.get(BASE, params={"zone": "log"}).json()["datasets"]]
    seen: list[str] = []
    address = "/catalogue?zone=log"
    while address:
        shown = client.get(address, headers=HTML).text
        seen += re.findall(r'<a href="/catalogue/([a-z0-9_.]+)"', shown.split('id="datasets"')[1])
        after = re.search(r'<a class="button" href="([^"]+)">Next</a>', shown)
        address = unescape(after.group(1)) if after else ""
    assert seen == named
    assert len(named) > ROWS
    last = client.get("/catalogue", params={"zone": "log", "page": 99}, headers=HTML)
    assert (last.status_code, named[-1] in last.text) == (200, True)


def test_a_look_at_a_product_counts_once_and_only_at_its_own_doors(institution: Institution) -> None:
    steward = as_role(institution, "steward")

    def use() -> dict[str, dict[str, int]]:
        found = steward.get(f"{BASE}/products").json()["products"]
        return {one["name"]: {by["role"]: by["reads"] for by in one["use_30_days"]} for one in found}

    before = use()
    assert as_role(institution, "advisor").get("/students-in-focus", headers=HTML).status_code == 200
    subjects = {"ada", "ben", "cleo"}
    with institution.database.pipeline() as transaction:  # as a list of learners leaves it: a row of each
        transaction.execute(
            "INSERT INTO access_log (tenant_id, actor, role, subject, what, purpose, decision) "
            "SELECT %s, 'person:ab', 'advisor', convert_to(s, 'UTF8'), '/students-in-focus', 'advising', 'allowed' "
            "FROM unnest(%s::text[]) AS s",
            (institution.tenant, sorted(subjects)),
        )
    assert as_role(institution, "analyst").get("/v1/analytics/groups").status_code == 200
    refused = as_role(institution, "analyst").get("/v1/analytics/students-in-focus")
    assert refused.status_code == 403
    after = use()
    looks = after["students_in_focus"].get("advisor", 0) - before["students_in_focus"].get("advisor", 0)
    assert looks == 1 + 1  # the list that was written here, and the page
    assert after["students_in_focus"].keys() == {"advisor"}
    assert "analyst" not in after["dropout_risk_scores"]
    assert after["faculty_self_service"] == {"analyst": 1}


@pytest.mark.parametrize("kind", ["the warehouse", "everything else"])
def test_every_dataset_has_its_answer_and_its_page(institution: Institution, kind: str) -> None:
    client = as_role(institution, "steward")
    named = [one["name"] for one in client.get(BASE).json()["datasets"]]
    asked = [name for name in named if ("." in name) is (kind == "the warehouse")]
    assert asked
    for name in asked:
        assert client.get(f"{BASE}/datasets/{name}").status_code == 200, name
        assert client.get(f"/catalogue/{name}", headers=HTML).status_code == 200, name


def test_of_a_table_that_tenants_share_no_tenant_is_told_rows(institution: Institution) -> None:
    with institution.database.pipeline() as transaction:
        transaction.execute("INSERT INTO landing_in_hand VALUES (true, '7'::xid8)")
    try:
        shown = as_role(institution, "steward").get(f"{BASE}/datasets/landing_in_hand").json()
    finally:
        with institution.database.pipeline() as transaction:
            transaction.execute("DELETE FROM landing_in_hand")
    assert (shown["rows"], shown["rows_counted"], shown["newest"]) == (None, None, None)


@pytest.mark.parametrize("name", ["people", "enrolments", "consent_state", "api_keys", "learner_state", "audit_log"])
def test_nobody_sees_rows_about_individuals_or_secrets(institution: Institution, name: str) -> None:
    for role in ROLES:
        if role in ("service", "learner"):
            continue
        client = as_role(institution, role)
        assert client.get(f"{BASE}/datasets/{name}/sample").json()["code"] == "no_access"
        asked = client.post(f"{BASE}/requests", json={"kind": "dataset", "name": name, **WHY})
        assert asked.json()["code"] == "not_grantable"
        shown = client.get(f"{BASE}/datasets/{name}").text + client.get(f"/catalogue/{name}", headers=HTML).text
        for person in ("Ada L.", *institution.people.values()):
            assert person not in shown


def test_counts_of_few_people_are_withheld(institution: Institution) -> None:
    detail = as_role(institution, "analyst").get(f"{BASE}/datasets/enrolments").json()
    assert detail["rows"] is None
    assert detail["newest"] is None


def test_access_is_asked_for_granted_used_and_ends_by_itself(institution: Institution) -> None:
    analyst, steward = as_role(institution, "analyst"), as_role(institution, "steward")
    sample = f"{BASE}/datasets/receipts/sample"
    assert analyst.get(sample).status_code == 403
    asked = analyst.post(f"{BASE}/requests", json={"kind": "dataset", "name": "receipts", **WHY})
    assert asked.status_code == 201, asked.text
    request = asked.json()["request_id"]
    again = analyst.post(f"{BASE}/requests", json={"kind": "dataset", "name": "receipts", **WHY})
    assert again.json()["code"] == "already_requested"
    assert analyst.get(sample).status_code == 403
    assert (
        analyst.post(f"{BASE}/requests/{request}/decision", json={"approve": True, "answer": "mine"}).status_code == 403
    )
    waiting = steward.get(f"{BASE}/requests").json()["requests"]
    assert [(one["requester"], one["status"]) for one in waiting] == [("the-analyst", "open")]
    until = (NOW + timedelta(days=7)).isoformat()
    said = {"approve": True, "answer": "for the report", "until": until}
    assert steward.post(f"{BASE}/requests/{request}/decision", json=said).json()["status"] == "approved"
    assert steward.post(f"{BASE}/requests/{request}/decision", json=said).status_code == 409
    rows = analyst.get(sample)
    assert rows.status_code == 200, rows.text
    assert "tenant_id" not in rows.json()["columns"]
    assert institution.log()[-1][3:] == (sample, "", None, "allowed")
    assert as_role(institution, "product").get(sample).status_code == 403
    institution.clock[0] = NOW + timedelta(days=8)
    assert institution.as_("the-analyst", "analyst").get(sample).status_code == 403
    acts = [one.action for one in institution.services.trail.acts(institution.tenant, limit=50)]
    assert {"access.requested", "access.decided"} <= set(acts)


def test_an_admin_cannot_grant_their_own_request(institution: Institution) -> None:
    admin = as_role(institution, "admin")
    made = admin.post(f"{BASE}/requests", json={"kind": "product", "name": "research_dataset", **WHY}).json()
    own = admin.post(f"{BASE}/requests/{made['request_id']}/decision", json={"approve": True, "answer": "for me"})
    assert own.json()["code"] == "own_request"


def test_a_granted_product_opens_releases_until_it_is_ended(institution: Institution) -> None:
    analyst, steward = as_role(institution, "analyst"), as_role(institution, "steward")
    assert analyst.get("/v1/releases").status_code == 403
    made = analyst.post(f"{BASE}/requests", json={"kind": "product", "name": "research_dataset", **WHY}).json()
    said = {"approve": True, "answer": "a study"}
    assert steward.post(f"{BASE}/requests/{made['request_id']}/decision", json=said).status_code == 200
    assert analyst.get("/v1/releases").status_code == 200
    assert analyst.post(f"{BASE}/requests/{made['request_id']}/end").json()["status"] == "withdrawn"
    assert analyst.get("/v1/releases").status_code == 403


def test_a_request_of_somebody_else_is_not_there(institution: Institution) -> None:
    analyst, product = as_role(institution, "analyst"), as_role(institution, "product")
    made = analyst.post(f"{BASE}/requests", json={"kind": "dataset", "name": "receipts", **WHY}).json()
    assert product.get(f"{BASE}/requests").json()["requests"] == []
    assert product.post(f"{BASE}/requests/{made['request_id']}/end").status_code == 404


def test_a_certification_holds_for_its_columns_and_not_over_a_critical_failure(institution: Institution) -> None:
    steward = as_role(institution, "steward")
    address = f"{BASE}/datasets/topics/certification"
    said = {"level": "certified", "statement": "Checked against the curriculum."}
    assert as_role(institution, "analyst").put(address, json=said).status_code == 403
    assert steward.put(address, json=said).status_code == 200
    assert steward.get(f"{BASE}/datasets/topics").json()["certification"]["level"] == "certified"
    assert steward.delete(address).status_code == 204
    assert steward.get(f"{BASE}/datasets/topics").json()["certification"] is None
    failing(institution, "topics")
    assert steward.put(address, json=said).json()["code"] == "check_fails"
    assert steward.put(address, json={**said, "level": "provisional"}).status_code == 200
    assert steward.get(f"{BASE}/datasets/topics").json()["quality"] == "failed"
    assert [one["owner"] for one in steward.get(f"{BASE}/issues").json()["issues"]] == ["curriculum team"]
    with institution.database.pipeline() as transaction:
        transaction.execute("UPDATE dataset_certifications SET fingerprint = 'other' WHERE tenant_id = %s",
                            (institution.tenant,))  # fmt: skip
    shown = steward.get(f"{BASE}/datasets/topics").json()
    assert shown["certification"] is None
    assert shown["certification_lapsed"]


@pytest.mark.parametrize("until", ["9999-12-31T23:59:59-12:00", "2036-12-31T00:00:00Z", "0001-01-01T00:00:00+12:00"])
def test_a_certification_ends_within_ten_years(institution: Institution, until: str) -> None:
    steward = as_role(institution, "steward")
    said = {"level": "provisional", "statement": "Fine so far.", "valid_until": until}
    refused = steward.put(f"{BASE}/datasets/topics/certification", json=said)
    assert (refused.status_code, refused.json()["code"]) == (400, "until")
    assert steward.get(BASE).status_code == 200


def test_a_certification_that_was_taken_back_is_not_read(institution: Institution) -> None:
    steward = as_role(institution, "steward")
    said = {"level": "provisional", "statement": "Fine so far."}
    assert steward.put(f"{BASE}/datasets/topics/certification", json=said).status_code == 200
    with institution.database.pipeline() as transaction:  # an end that PostgreSQL can hold, and Python cannot
        transaction.execute("UPDATE dataset_certifications SET valid_until = '10000-01-01T12:00:00Z'")
    assert steward.delete(f"{BASE}/datasets/topics/certification").status_code == 204
    assert steward.get(f"{BASE}/datasets/topics").json()["certification"] is None


def test_a_refused_answer_or_statement_comes_back_as_it_was_typed(institution: Institution) -> None:
    institution.grants.grant(institution.tenant, "kim", "steward", by="test")
    asked = (
        as_role(institution, "analyst")
        .post(f"{BASE}/requests", json={"kind": "dataset", "name": "receipts", **WHY})
        .json()
    )
    browser = institution.signed_in("kim", "steward")
    page = browser.get("/catalogue/requests", headers=HTML).text
    form = {"csrf": page.split('name="csrf" value="')[1].split('"')[0], "lang": "de"}
    typed = {"act": "approve", "answer": "For <one> study", "until": "1999-01-31"}
    again = browser.post(f"/catalogue/requests/{asked['request_id']}", data={**form, **typed})
    assert again.status_code == 400
    for kept in ('value="For &lt;one&gt; study"', 'value="1999-01-31"', "Das Ende liegt in der Vergangenheit"):
        assert kept in again.text
    said = {"level": "provisional", "statement": "Not <quite>", "until": "soon"}
    again = browser.post("/catalogue/topics/certification", data={**form, **said})
    assert again.status_code == 400
    for kept in (
        'value="Not &lt;quite&gt;"', 'value="soon"', '<option value="provisional" selected>', "Das ist kein Datum",
    ):  # fmt: skip
        assert kept in again.text
    done = browser.post("/catalogue/topics/certification", data={**form, **said, "until": ""})
    assert done.headers["location"] == "/catalogue/topics?lang=de"


@pytest.mark.parametrize("odd", ["\x00", "\x1b", "\x7f"])
def test_control_characters_are_refused_in_forms_as_in_the_api(institution: Institution, odd: str) -> None:
    analyst, steward = as_role(institution, "analyst"), as_role(institution, "steward")
    wanted = {"kind": "dataset", "name": "receipts", "reason": f"For{odd}one study"}
    assert analyst.post("/catalogue/requests", data=wanted, headers=HTML).status_code == 400
    assert analyst.get(f"{BASE}/requests").json()["requests"] == []
    made = analyst.post(f"{BASE}/requests", json={"kind": "dataset", "name": "receipts", **WHY}).json()
    said = {"act": "approve", "answer": f"Yes{odd}, do"}
    assert steward.post(f"/catalogue/requests/{made['request_id']}", data=said, headers=HTML).status_code == 400
    stated = {"level": "provisional", "statement": f"Fine{odd} so far"}
    assert steward.post("/catalogue/topics/certification", data=stated, headers=HTML).status_code == 400
    assert steward.get(f"{BASE}/datasets/topics").json()["certification"] is None


def test_forms_need_their_token_and_say_what_was_wrong(institution: Institution) -> None:
    institution.grants.grant(institution.tenant, "eva", "analyst", by="test")
    browser = institution.signed_in("eva", "analyst")
    refused = browser.post("/catalogue/requests", data={"kind": "dataset", "name": "receipts", "reason": "why not"})
    assert refused.status_code == 403
    page = browser.get("/catalogue/requests", params={"kind": "dataset", "name": "receipts"}, headers=HTML).text
    token = page.split('name="csrf" value="')[1].split('"')[0]
    form = {"kind": "dataset", "name": "receipts", "csrf": token}
    short = browser.post("/catalogue/requests", data={**form, "reason": "?"})
    assert short.status_code == 400
    assert 'role="alert"' in short.text
    assert 'name="reason" required minlength="3" maxlength="500" size="60" value="?"' in short.text
    german = browser.post("/catalogue/requests", data={**form, "reason": "?", "lang": "de"}).text
    assert "Bitte sagen Sie in wenigen Worten, warum" in german
    assert 'lang="de"' in german
    assert browser.post("/catalogue/requests", data={**form, "reason": "for the report"}).status_code == 303
    html = browser.get("/catalogue/requests", headers=HTML).text
    assert "for the report" in html
    assert "Datenkatalog" in browser.get("/catalogue", params={"lang": "de"}, headers=HTML).text


def test_another_tenant_has_a_catalogue_of_its_own(institution: Institution) -> None:
    failing(institution, "topics")
    as_role(institution, "analyst").post(f"{BASE}/requests", json={"kind": "dataset", "name": "receipts", **WHY})
    other = institution.as_("boss", "admin", tenant=institution.elsewhere)
    assert other.get(f"{BASE}/issues").json()["issues"] == []
    assert other.get(f"{BASE}/requests").json()["requests"] == []
    assert other.get(f"{BASE}/datasets/topics").json()["rows"] == 0
