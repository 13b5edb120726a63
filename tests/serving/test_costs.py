"""The page and the answer about costs: who gets them, and that they say what the warehouse says, no more."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from tests.serving.institution import Institution
from tests.serving.test_trust_pages import HTML, as_role

from akademos.catalogue.roles import ROLES, Role
from akademos.errors import NotFound
from akademos.stores.lake.cost_report import WarehouseCosts
from akademos.stores.lake.warehouse import FILE, DuckDbWarehouse
from akademos.stores.ports.cost_report import ROWS

PAGE, DATA = "/costs", "/v1/costs"
TABLES = """
    CREATE SCHEMA cost; CREATE SCHEMA txn;
    CREATE TABLE cost.fact_monthly_costs AS SELECT * FROM (VALUES
        (DATE '2026-01-01', 'EUR', 'mathematics', 60.5, 60.00, 50.0, true, 40),
        (DATE '2026-02-01', 'EUR', 'mathematics', 70.25, 70.00, 50.0, true, 40),
        (DATE '2026-02-01', 'EUR', '=1+1', 30.125, 30.01, NULL, NULL, 40),
        (DATE '2026-03-01', 'EUR', 'mathematics', 1.5, 1.50, 50.0, false, 40),
        (DATE '2026-02-01', 'JPY', 'mathematics', 1200.0, 1200.0, NULL, NULL, 40))
        AS t(month, currency, cost_center_id, effective_cost, amount, monthly_budget, is_over_budget, active_learners);
    ALTER TABLE cost.fact_monthly_costs ALTER amount TYPE DECIMAL(38, 18);
    CREATE TABLE cost.fact_cost_usage AS SELECT * FROM (VALUES
        ('n/Machines', DATE '2026-02-01', 'EUR', 'mathematics', 90.25),
        ('n/Network', DATE '2026-02-01', 'EUR', '=1+1', 10.125),
        ('n/Network', DATE '2026-01-01', 'EUR', 'mathematics', -0.125))
        AS t(resource_type_id, period_start, currency, cost_center_id, cost_amount);
    CREATE TABLE cost.dim_resource_type AS SELECT * FROM (VALUES ('n/Machines', 'Machines'), ('n/Network', 'Network'))
        AS t(resource_type_id, service);
    CREATE TABLE cost.stage_forecasts AS SELECT * FROM (VALUES
        (DATE '2026-03-01', 'EUR', 80.0, 70.0, 90.0, 0.8::DOUBLE, 12, 8, 6))
        AS t(month, currency, expected_amount, lower_amount, upper_amount, level, months_known, months_tested,
            months_inside);
    CREATE TABLE cost.stage_allocations AS SELECT * FROM (VALUES
        ('cost_center', 'A-1', DATE '2026-02-01', 'EUR', 'mathematics', 70.25, 70.00, NULL::BIGINT),
        ('cost_center', 'A-1', DATE '2026-02-01', 'EUR', '=1+1', 30.125, 30.01, NULL),
        ('course', 'A-1', DATE '2026-02-01', 'EUR', 'algebra', NULL, 80.01, 25),
        ('course', 'A-1', DATE '2026-02-01', 'EUR', 'anatomy', NULL, 20.00, 15),
        ('course', 'A-1', DATE '2026-01-01', 'EUR', NULL, NULL, 60.00, NULL))
        AS t(allocation_kind, billing_account_id, period_start, currency, target_id, effective_cost, amount,
            active_learners);
    CREATE TABLE cost.audit_allocations AS SELECT * FROM (VALUES
        ('cost_center', 'A-1', DATE '2026-02-01', 'EUR', 100.01, 0.0, -0.5))
        AS t(allocation_kind, billing_account_id, period_start, currency, bill, difference, corrections);
    CREATE TABLE cost.stg_billing_records AS SELECT 1 AS x FROM range(7);
    CREATE TABLE cost.audit_billing_ingest AS SELECT TIMESTAMPTZ '2026-03-09 00:10:00Z' AS loaded_at;
    CREATE TABLE cost.dim_currency AS SELECT * FROM (VALUES ('EUR', 2), ('JPY', 0)) AS t(currency, minor_unit);
    CREATE TABLE txn.stage_reconciliations AS SELECT * FROM (VALUES
        ('transaction', 'payment/matched', 'none', 'everything fits', 'EUR', 0.0, 0.0, 0.0, NULL::DATE, 'M/main', NULL,
            NULL),
        ('transaction', 'payment/mismatch', 'late', 'it was late', 'EUR', 0.0, 0.0, 0.0, NULL, 'M/main', NULL, NULL),
        ('transaction', 'payment/mismatch', 'late', 'it was late', 'EUR', 0.0, 0.0, 0.0, NULL, 'M/main', NULL, NULL),
        ('balance', 'payment/mismatch', 'balance_differs', 'another balance', 'EUR', -3.5, NULL, NULL,
            DATE '2026-02-28', 'M/main', 30.0, 26.5))
        AS t(subject, status_key, cause, explanation, currency, difference, fee_difference, exchange_difference,
            booked_on, account_id, expected_amount, found_amount);
    CREATE TABLE txn.fact_settlements AS SELECT * FROM (VALUES
        (DATE '2026-02-03', 'M', 'EUR', 3, 100.0, 2.5, 97.5, 1), (DATE '2026-02-09', 'M', 'EUR', 1, 10.0, 0.5, 9.5, 0))
        AS t(settled_on, merchant_id, currency, lines, gross_amount, fee_amount, net_amount, lines_without_transaction);
    CREATE TABLE txn.audit_recon AS SELECT * FROM (VALUES
        ('transactions EUR', 110.0, 110.0, 0.0, 'reconciliation/balanced', NULL))
        AS t(reconciliation, meant, found, difference, status_key, cause);
"""


@pytest.fixture
def warehouse(institution: Institution, tmp_path: Path) -> Iterator[DuckDbWarehouse]:
    """A published warehouse of the institution, with what the report reads of it."""
    (tmp_path / institution.tenant).mkdir()
    with duckdb.connect(str(tmp_path / institution.tenant / FILE)) as connection:
        connection.execute(TABLES)
    reader, before = DuckDbWarehouse(tmp_path), institution.services
    institution.app.state.services = replace(before, costs=WarehouseCosts(reader))
    yield reader
    institution.app.state.services = before
    reader.close()


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize("role", [role for role in ROLES if role != "service"])
def test_operators_and_administrators_get_it_and_nobody_else(institution: Institution, role: Role) -> None:
    client, expected = as_role(institution, role), 200 if role in ("operator", "admin") else 403
    assert client.get(PAGE, headers=HTML).status_code == expected
    assert client.get(DATA).status_code == expected
    assert client.get(DATA, params={"format": "csv", "table": "courses"}).status_code == expected
    assert institution.client().get(DATA).status_code == 401
    links = client.get("/", headers=HTML, follow_redirects=True).text
    assert ('href="/costs"' in links) is (expected == 200)


@pytest.mark.usefixtures("warehouse")
def test_it_says_exactly_what_the_warehouse_says(institution: Institution) -> None:
    body = as_role(institution, "admin").get(DATA, params={"currency": "EUR"}).json()
    assert (body["from"], body["to"], body["currency"]) == ("2025-03", "2026-03", "EUR")
    assert set(ROWS) <= set(body)
    assert [(one["month"], one["cost_centre"], one["amount"], one["budget"]) for one in body["cost_centres"]] == [
        ("2026-01-01", "mathematics", "60", "50"),
        ("2026-02-01", "=1+1", "30.01", None),
        ("2026-02-01", "mathematics", "70", "50"),
        ("2026-03-01", "mathematics", "1.5", "50"),
    ]
    february = [one for one in body["bills"] if one["period_start"] == "2026-02-01"]
    assert sum(Decimal(one["amount"]) for one in february) == Decimal(february[0]["bill"]) == Decimal("100.01")
    (learner,) = [one for one in body["learners"] if one["month"] == "2026-02-01"]
    assert (learner["active_learners"], learner["per_learner"]) == (40, "2.5003")
    assert [(one["cause"], one["findings"], one["difference"]) for one in body["differences"]] == [
        ("late", 2, "0"),
        ("balance_differs", 1, "-3.5"),
    ]
    assert [(one["summed"], one["stated"]) for one in body["balances"]] == [("30", "26.5")]
    assert [(one["payouts"], one["lines"], one["net"]) for one in body["settlements"]] == [(2, 4, "107")]
    assert body["provenance"] == {
        "charges": 7, "loads": 1, "loaded_at": "2026-03-09T00:10:00Z", "smallest_group": 10,
    }  # fmt: skip
    assert {one["currency"] for one in as_role(institution, "admin").get(DATA).json()["cost_centres"]} == {"EUR", "JPY"}


@pytest.mark.usefixtures("warehouse")
def test_files_hold_the_rows_of_the_answer_and_run_nothing(institution: Institution) -> None:
    client = as_role(institution, "operator")
    body = client.get(DATA).json()
    for name in ROWS:
        answer = client.get(DATA, params={"format": "csv", "table": name})
        assert answer.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert len(rows) == len(body[name])
        for row, told in zip(rows, body[name], strict=True):
            assert row == {
                key: "" if value is None else f"'{value}" if value == "=1+1" else str(value)
                for key, value in told.items()
            }
    assert client.get(DATA, params={"format": "csv", "table": "people"}).status_code in (400, 422)


def test_fewer_learners_than_the_smallest_group_are_not_told_of(
    institution: Institution, warehouse: DuckDbWarehouse
) -> None:
    months = {"since": date(2026, 1, 1), "until": date(2026, 3, 1)}
    report = WarehouseCosts(warehouse).report(institution.tenant, floor=20, **months)
    assert [one.month for one in report.courses] == [date(2026, 1, 1)]  # in February a course has fifteen
    assert len(report.learners) == 4
    assert WarehouseCosts(warehouse).report(institution.tenant, floor=50, **months).learners == []


def test_before_there_is_a_warehouse_it_says_what_to_do(institution: Institution) -> None:
    client = as_role(institution, "operator")
    answer = client.get(DATA)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_warehouse")
    page = client.get(PAGE, headers=HTML)
    assert page.status_code == 200
    assert "akademos marts build" in page.text


def test_a_warehouse_of_another_release_is_none(institution: Institution, warehouse: DuckDbWarehouse) -> None:
    assert warehouse.query(institution.tenant, "SELECT 1 AS one") == [{"one": 1}]

    class Older:
        def query(self, tenant_id: str, sql: str, params: object = ()) -> list[dict[str, object]]:
            return warehouse.query(tenant_id, sql.replace("audit_billing_ingest", "gone"), ())

    with pytest.raises(NotFound) as refused:
        WarehouseCosts(Older()).report(institution.tenant, since=date(2026, 1, 1), until=date(2026, 1, 1), floor=5)
    assert refused.value.code == "no_warehouse"


@pytest.mark.usefixtures("warehouse")
def test_the_page_says_it_in_words_made_from_the_numbers(institution: Institution) -> None:
    html = as_role(institution, "admin").get(PAGE, headers=HTML).text
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert "100.38 EUR" in text  # February: 70.25 and 30.125, half to even
    assert "mathematics is over its budget" in text
    assert "pays 20.00 EUR more than its budget of 50.00 EUR for Feb 2026" in text
    assert "2.50 EUR" in text
    assert "likely 70.00 EUR to 90.00 EUR (80%)" in text
    assert "None" not in text
    assert html.count('role="img"') >= 10
    assert "style=" not in html
    german = as_role(institution, "admin").get(PAGE, params={"lang": "de"}, headers=HTML).text
    assert "100,38\u00a0EUR" in german
    yen = as_role(institution, "admin").get(PAGE, params={"currency": "JPY"}, headers=HTML).text
    assert "1,200\u00a0JPY" in yen
    for name in institution.people:
        assert f">{name}<" not in html


@pytest.mark.usefixtures("warehouse")
def test_another_tenant_has_its_own(institution: Institution) -> None:
    boss = institution.as_("boss", "admin", tenant=institution.elsewhere)
    assert boss.get(DATA).status_code == 404
    assert "mathematics" not in boss.get(PAGE, headers=HTML).text


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize(
    "sent",
    [
        {"from": "2026-13"}, {"from": "0000-01"}, {"to": "x"}, {"from": "2026-03", "to": "2026-01"},
        {"from": "1999-01", "to": "2026-01"}, {"currency": "eur"}, {"currency": "EU'"}, {"from": "\uff12026-01"},
        {"to": "0001-01", "from": "0001-02"},
    ],
)  # fmt: skip
def test_rubbish_is_named(institution: Institution, sent: dict[str, str]) -> None:
    for path in (DATA, PAGE):
        answer = as_role(institution, "operator").get(path, params=sent)
        assert answer.status_code == 400, path
    assert as_role(institution, "operator").get(DATA, params={"to": "0001-01"}).status_code == 200


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize("currency", ["EUR", "JPY", ""])
def test_the_files_of_the_page_hold_the_rows_of_the_page(institution: Institution, currency: str) -> None:
    client = as_role(institution, "admin")
    page = client.get(PAGE, params={"from": "2026-02", "to": "2026-03", "currency": currency}, headers=HTML).text
    shown = currency or "EUR"
    addresses = [html.unescape(one) for one in re.findall(r'href="(/v1/costs[^"]*)"', page)]
    assert len(addresses) == len(ROWS)
    every = client.get(DATA, params={"from": "2026-02", "to": "2026-03"}).json()
    for address in addresses:
        table = re.search(r"table=(\w+)", address)
        assert table is not None
        rows = list(csv.DictReader(io.StringIO(client.get(address).text)))
        whole = table[1] in ("differences", "balances", "settlements", "reconciliations")
        expected = [one for one in every[table[1]] if whole or one["currency"] == shown]
        assert len(rows) == len(expected), address
        assert whole or {row["currency"] for row in rows} <= {shown}
