"""Files of money into the books: sound rows once, everything else named; on a real database."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import polars as pl
import psycopg
import pytest
from tests.intake.money_files import BILL, PAYMENTS, RATES, SETTLEMENTS, TERMS, write_books

from akademos.errors import Conflict, InputError, NotFound
from akademos.intake.bill_loading import load_bills
from akademos.intake.money_terms import declare_terms, read_terms
from akademos.intake.payment_files import PaymentKind, Report, load_payments, read_map
from akademos.jobs.metering import SETTLED, MeteringJob
from akademos.ledger.money_terms import term_history
from akademos.money import metering, money_hash
from akademos.settings import Settings
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.money_books import TABLE
from akademos.system import System

BY = "command line:tester"
CAME = """
    UPDATE tenants SET created_at = now() - interval '2 days';
    INSERT INTO receipts (tenant_id, source, door, received_at, received, accepted, held, duplicate, conflict,
        suppressed, rejected) VALUES ('college', 'k', 'http', now() - interval '1 day', 1000, 1000, 0, 0, 0, 0, 0);
"""
"""A thousand events yesterday."""


@pytest.fixture
def system(settings: Settings, tenant: str) -> Iterator[System]:
    with System(settings) as opened:
        yield opened


@pytest.fixture
def files(tmp_path: Path) -> Path:
    write_books(tmp_path / "money")
    return tmp_path / "money"


def load(system: System, file: Path, kind: PaymentKind, tenant: str = "college", columns: Path | None = None) -> Report:
    keyed = money_hash(system, tenant)
    return load_payments(file, kind, tenant, system.money_books, keyed, read_map(columns, kind), by=BY)


def bills(system: System, file: Path, **how: str) -> tuple[int, int]:
    keyed = money_hash(system, "college")
    (one,) = load_bills([file], "college", system.money_books, keyed, by=BY, **how)  # type: ignore[arg-type]
    return one.loaded.accepted, one.loaded.duplicate


def test_payments_are_taken_once(system: System, files: Path) -> None:
    report = load(system, files / "payments.csv", "transactions", columns=files / "payments.toml")
    assert (report.loaded.accepted, report.problems, report.rejects) == (5, (), None)
    again = load(system, files / "payments.csv", "transactions", columns=files / "payments.toml")
    assert (again.loaded.accepted, again.loaded.duplicate) == (0, 5)
    (files / "payments.csv").write_text("\n".join(PAYMENTS.splitlines()[:3]) + "\n")  # another file, known rows
    once_more = load(system, files / "payments.csv", "transactions", columns=files / "payments.toml")
    assert (once_more.loaded.accepted, once_more.loaded.duplicate) == (0, 2)
    kept = system.money_books.read("college", "transactions").sort("posted_at")
    assert kept["amount"].to_list() == [Decimal(x) for x in ("100.00", "50.00", "-20.00", "30.00", "9.99")]
    assert str(kept["posted_at"][0]) == "2026-05-04 08:00:00+00:00"
    assert kept["related_id"][2] == kept["row_id"][1]
    loads = system.money_books.read("college", "money_loads").sort("load_id")
    assert loads["accepted"].to_list() == [5, 0, 0]
    assert (loads["meant_checksum"] == loads["kept_checksum"]).all()
    assert (loads["received"] == loads["accepted"] + loads["duplicate"] + loads["rejected"]).all()


def test_a_customer_stands_by_a_name_that_dies_with_the_key(system: System, files: Path) -> None:
    load(system, files / "payments.csv", "transactions", columns=files / "payments.toml")
    kept = system.money_books.read("college", "transactions").sort("posted_at")
    assert kept["customer"].n_unique() == 2
    ada = system.vault.find("college", [Identifier("user", "u-ada-1")])[Identifier("user", "u-ada-1")]
    with system.database.pipeline() as transaction:
        rows = transaction.execute("SELECT to_jsonb(t)::text FROM transactions t").fetchall()
    assert not any("u-ada" in row or ada.learner_key in row or "college.example" in row for (row,) in rows)
    held = {table.name: list(table.rows) for table in system.held_data.tables("college", ada.learner_key)}
    assert len(held["transactions"]) == 3


def test_refused_rows_are_named_and_given_back(system: System, files: Path) -> None:
    rubbish = files / "rubbish.csv"
    header = "reference,merchant,product,kind,amount,currency,posted_at,user_id\n"
    bad = {
        "a-1,Payline,algebra,enrolment,12.345,EUR,2026-05-04,": ("amount", "amount_invalid"),
        "a-2,Payline,algebra,enrolment,-5,EUR,2026-05-04,": ("amount", "sign_wrong"),
        "a-3,Payline,algebra,gift,5,EUR,2026-05-04,": ("kind", "kind_unknown"),
        "a-4,Payline,algebra,enrolment,5,XAU,2026-05-04,": ("currency", "currency_unknown"),
        "a-5,Payline,algebra,enrolment,5,EUR,04.05.2026,": ("posted_at", "time_invalid"),
        "a-6,Payline,,enrolment,5,EUR,2026-05-04,": ("product", "value_missing"),
        "ada@x.example,Payline,algebra,enrolment,5,EUR,2026-05-04,": ("reference", "personal_data"),
        "a-u-ada-1,Payline,algebra,enrolment,5,EUR,2026-05-04,u-ada-1": ("reference", "personal_data"),
        'a-8,Payline,algebra,enrolment,"1,000.00",EUR,2026-05-04,': ("amount", "amount_invalid"),
        "a-9,Payline,algebra,enrolment,NaN,EUR,2026-05-04,": ("amount", "amount_invalid"),
        "a-10,Payline,algebra,enrolment,1e3,EUR,2026-05-04,": ("amount", "amount_invalid"),
        "a-11,Payline,algebra,enrolment,9999999999999999999999,EUR,2026-05-04,": ("amount", "amount_invalid"),
        f"a-12,Payline,algebra,enrolment,10.{'0' * 34}1,EUR,2026-05-04,": ("amount", "amount_invalid"),
        "a-13,Payline,alg\0ebra,enrolment,5,EUR,2026-05-04,": ("product", "text_invalid"),
        "a-14,Payline,algebra,enrolment,5,EUR,2026-05-04,u-\0": ("user_id", "text_invalid"),
        "g-1,Payline,algebra,enrolment,6,EUR,2026-05-04,": ("reference", "conflict"),
    }
    good = "g-1,Payline,algebra,enrolment,5,EUR,2026-05-04,\n"
    rubbish.write_text(header + good + "\n".join(bad) + "\n" + good, "utf-8")
    report = load(system, rubbish, "transactions")
    assert [(one.column, one.code) for one in report.problems] == list(bad.values())
    assert [one.line for one in report.problems] == list(range(3, 3 + len(bad)))
    assert (report.loaded.accepted, report.loaded.duplicate, report.loaded.rejected) == (1, 1, len(bad))
    assert report.rejects is not None
    with report.rejects.open(encoding="utf-8", newline="") as opened:
        given_back = list(csv.DictReader(opened))
    assert [row["reference"] for row in given_back] == [next(csv.reader([row]))[0] for row in bad]
    assert all(row["reason"] for row in given_back)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "", "no rows"),
        ("a.csv", "x,y\n1,2\n", "no column"),
        ("a.csv", b"\xff\xfe\x00", "not UTF-8"),
        ("a.csv", 'reference\n"open', "no CSV"),
        ("a.csv", "reference,amount,amount\n1,2,3\n", "`amount` is there twice"),
        ("a.jsonl", "{", "no JSON"),
        ("a.jsonl", "[1]", "no JSON object"),
        ("a.jsonl", "", "no rows"),
    ],
)
def test_what_is_no_file_of_payments_is_refused(
    system: System, tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=said):
        load(system, file, "transactions")
    assert system.money_books.read("college", "money_loads").is_empty()


def test_json_lines_keep_decimals_as_they_are_written(system: System, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(
        '{"reference": 7, "merchant": "M", "product": "x", "kind": "enrolment", "amount": 1234567890123.45, '
        '"currency": "EUR", "posted_at": "2026-05-04"}\n'
    )
    load(system, file, "transactions")
    assert system.money_books.read("college", "transactions")["amount"].to_list() == [Decimal("1234567890123.45")]


def test_settlement_lines_that_were_paid_twice_stay_two(system: System, files: Path) -> None:
    twice = files / "settlements.csv"
    lines = SETTLEMENTS.splitlines()
    twice.write_text("\n".join([*lines, lines[1]]) + "\n")
    assert load(system, twice, "settlements").loaded.accepted == 5
    twice.write_text("\n".join([lines[0], *reversed([*lines[1:], lines[1]])]) + "\n")
    assert load(system, twice, "settlements").loaded.duplicate == 5


def test_a_settlement_that_does_not_add_up_is_refused(system: System, files: Path) -> None:
    (files / "settlements.csv").write_text(SETTLEMENTS.replace("97.75", "97.76"))
    report = load(system, files / "settlements.csv", "settlements")
    assert [(one.line, one.code) for one in report.problems] == [(2, "net_differs")]


def test_bills_come_once_and_more_charges_of_a_bill_need_a_word(system: System, files: Path) -> None:
    bill = files / "bill.csv"
    assert bills(system, bill) == (5, 0)
    assert bills(system, bill) == (0, 5)
    lines = bill.read_text().splitlines()
    bill.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")  # written anew: all of it stands
    assert bills(system, bill) == (0, 5)
    correction = lines[4].replace("-0.01", "-0.02")
    for newer in ([*lines, correction], [lines[0], correction]):  # some of it stands, none of it does
        bill.write_text("\n".join(newer) + "\n")
        with pytest.raises(Conflict, match=r"1 of the \d charges of bill.csv.*A-1, 2026-05-01, EUR") as refused:
            bills(system, bill)
        assert refused.value.code == "charges_repeated"
    assert bills(system, bill, repeated="add") == (1, 0)
    assert bills(system, bill, repeated="add") == (0, 1)
    kept = system.money_books.read("college", "billing_charges")
    assert kept.height == 6
    assert kept["tags"].str.contains("ada@").sum() == 0
    assert kept["tags"].str.contains("removed").sum() == 1
    assert str(kept.filter(kept["service"] == "Object Storage")["charge_end"][0]) == "2026-05-02 00:00:00+00:00"


def test_a_newer_state_of_a_bill_takes_the_place_of_the_older(system: System, files: Path) -> None:
    first, second, third = (files / f"may-{number}.csv" for number in (1, 2, 3))
    first.write_text(BILL)
    grown = BILL.replace("90.00,30", "95.00,32").replace("10.00,40", "11.00,44").replace("0.005,20", "0.006,21")
    second.write_text(grown.replace("-0.01,0", "-0.02,0").replace("1200,1200", "1300,1300"))
    third.write_text(BILL.replace("90.00,30", "95.00,32"))
    assert bills(system, first) == (5, 0)
    for newer in (second, third):
        with pytest.raises(Conflict):
            bills(system, newer)

    def replaced(newer: Path) -> tuple[int, int, list[tuple[str, Decimal]]]:
        accepted, known = bills(system, newer, repeated="replace")
        kept = system.money_books.read("college", "billing_charges")
        sums = kept.group_by("currency").agg(pl.col("billed").sum()).sort("currency")
        return accepted, known, sums.rows()

    assert replaced(second) == (10, 0, [("EUR", Decimal("105.986")), ("JPY", Decimal(1300))])
    assert replaced(second) == (0, 5, [("EUR", Decimal("105.986")), ("JPY", Decimal(1300))])
    assert replaced(third) == (8, 1, [("EUR", Decimal("104.995")), ("JPY", Decimal(1200))])
    assert replaced(first) == (2, 4, [("EUR", Decimal("99.995")), ("JPY", Decimal(1200))])
    kept = system.money_books.read("college", "billing_charges")
    alike = kept.group_by("resource", "tags", "correction").agg(pl.col("billed").sum()).filter(pl.col("billed") != 0)
    assert alike.sort("billed")["billed"].to_list() == [
        Decimal("-0.01"), Decimal(10), Decimal(90), Decimal("1200.005")
    ]  # fmt: skip
    loads = system.money_books.read("college", "money_loads")
    assert (loads["received"] == loads["accepted"] + loads["duplicate"] + loads["rejected"]).all()


def test_a_bill_that_comes_in_two_files_is_replaced_by_both_together(system: System, files: Path) -> None:
    head, *charges = BILL.splitlines()
    parts = [files / "part-1.csv", files / "part-2.csv"]
    keyed = money_hash(system, "college")

    def load_all(*states: list[str], how: Any) -> list[int]:
        for part, rows in zip(parts, states, strict=True):
            part.write_text("\n".join([head, *rows]) + "\n")
        loaded = load_bills(parts, "college", system.money_books, keyed, by=BY, repeated=how)
        return [one.loaded.accepted for one in loaded]

    with pytest.raises(Conflict):
        load_all(charges[:2], charges[2:], how="refuse")
    assert system.money_books.read("college", "money_loads").is_empty()
    assert load_all(charges[:2], charges[2:], how="add") == [2, 3]
    assert load_all(charges[:3], charges[4:], how="replace") == [
        1,
        0,
    ]  # the correction is taken back, yen are in part 2
    kept = system.money_books.read("college", "billing_charges")
    assert kept.filter(currency="EUR")["billed"].sum() == Decimal("100.005")


def test_a_tag_that_says_nothing_is_none(system: System, files: Path) -> None:
    bill = files / "bill.csv"
    head = BILL.partition(",ServiceCategory")[0] + ",Tags"
    quoted = ("null", '""""', '"" ""', '""algebra""')
    tags = ["", *(f'"{{""course"": {one}}}"' for one in quoted)]
    bill.write_text("\n".join([head, *(f"10,10,EUR,A-9,2026-05-01,2026-06-01,,VM,{one}" for one in tags)]) + "\n")
    assert bills(system, bill) == (5, 0)
    assert bills(system, bill) == (0, 5)
    kept = system.money_books.read("college", "billing_charges")
    assert sorted(kept["tags"]) == ['{"course": "algebra"}', "{}", "{}", "{}", "{}"]


def test_terms_are_a_log(system: System, files: Path) -> None:
    keyed = money_hash(system, "college")

    def declare(text: str) -> tuple[int, int]:
        (files / "terms.toml").write_text(text, "utf-8")
        one = declare_terms(files / "terms.toml", "college", system.money_books, keyed, by=BY)
        return one.accepted, one.duplicate

    assert declare(TERMS) == (13, 0)
    assert declare(TERMS) == (0, 13)
    dearer = TERMS.replace("price = 0.01\n", "price = 0.02\n")
    assert declare(dearer) == (1, 12)
    assert declare(TERMS) == (1, 12)  # back again: a declaration of its own
    assert declare(TERMS) == (0, 13)
    rewritten = TERMS.replace("monthly_budget = 50\n", "monthly_budget = 50.00\n").replace("0.25", "0.250")
    assert declare(rewritten) == (0, 13)


def test_of_two_who_declare_at_once_nobody_is_lost(system: System, files: Path) -> None:
    books, keyed = system.money_books, money_hash(system, "college")
    before = books.read("college", "money_terms")
    unaware: Any = SimpleNamespace(read=lambda *_: before, append=books.append)

    def declare(price: str) -> tuple[int, int]:
        (files / "price.toml").write_text(f"{PRICE}price = {price}\n", "utf-8")
        one = declare_terms(files / "price.toml", "college", unaware, keyed, by=BY)
        return one.accepted, one.duplicate

    assert [declare("0.01"), declare("0.02"), declare("0.02")] == [(1, 0), (1, 0), (0, 1)]
    kept = term_history(books.read("college", "money_terms"), "price", datetime.now(UTC))
    assert [orjson.loads(body)["price"] for body in kept.filter("is_current")["body"]] == ["0.02"]


UNIT, OTHER_UNIT = 'unit = "days"', 'unit = "bananas"'
LIMIT = f'[[limit]]\nname = "settlement_days"\n{UNIT}\nvalid_from = 2026-01-01\n'
PRICE = '[[price]]\nitem = "events"\nunit = "event"\ncurrency = "EUR"\nvalid_from = 2026-01-01\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing"),
        ("[[gift]]\n", "no term"),
        ("price = 3\n", "no list"),
        ('[[price]]\nitem = "events"\n', "from which day"),
        (
            '[[price]]\nitem = "coffee"\nunit = "cup"\ncurrency = "EUR"\nprice = 1\nvalid_from = 2026-01-01\n',
            "not metered",
        ),
        (
            '[[price]]\nitem = "events"\nunit = "row"\ncurrency = "EUR"\nprice = 1\nvalid_from = 2026-01-01\n',
            "by the event",
        ),
        (
            '[[price]]\nitem = "events"\nunit = "event"\ncurrency = "EUR"\nprice = -1\nvalid_from = 2026-01-01\n',
            "no number",
        ),
        (
            '[[price]]\nitem = "events"\nunit = "event"\ncurrency = "XXX"\nprice = 1\nvalid_from = 2026-01-01\n',
            "no currency",
        ),
        ('[[fee]]\nname = "a"\ncurrency = "EUR"\nshare = 2.9\nvalid_from = 2026-01-01\n', "more than 1"),
        (f"{LIMIT}value = 2.7\n", "no whole number"),
        (f"{LIMIT.replace(UNIT, OTHER_UNIT)}value = 2\n", "counted in days"),
        (f"{LIMIT.replace('settlement_days', 'largest_amount')}value = 2\n", "no currency"),
        (f"{PRICE}price = 1000000\n", "or more"),
        (f"{PRICE}price = nan\n", "no number"),
        (f"{PRICE}price = 0.{'1' * 32}\n", "more than 18 decimals"),
        (
            '[[chargeback_rule]]\nnumber = 1\nmatch = { provider = "A" }\ncost_centre = "a"\nvalid_from = 2026-01-01\n',
            "chargeback_rule 1: Rules know no `provider`",
        ),
        ('[[unallocated]]\ncost_centre = "a\\u0000"\nvalid_from = 2026-01-01\n', "cannot be printed"),
        ('[[limit]]\nname = "mood"\nunit = "x"\nvalue = 1\nvalid_from = 2026-01-01\n', "no limit"),
        ('[[chargeback_rule]]\nmatch = { service = "x" }\ncost_centre = "a"\nvalid_from = 2026-01-01\n', "number"),
        ('[[chargeback_rule]]\nnumber = true\ncost_centre = "a"\nvalid_from = 2026-01-01\n', "number"),
    ],
)
def test_wrong_terms_are_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "terms.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=said):
        read_terms(file)


def test_each_currency_has_a_largest_amount_of_its_own(system: System, files: Path) -> None:
    keyed, limit = money_hash(system, "college"), LIMIT.replace("settlement_days", "largest_amount")

    def declare(text: str) -> list[tuple[str, bool]]:
        (files / "terms.toml").write_text(text)
        declare_terms(files / "terms.toml", "college", system.money_books, keyed, by=BY)
        found = term_history(system.money_books.read("college", "money_terms"), "limit").sort("key")
        return found.select("key", pl.col("valid_to").is_null()).rows()

    in_euros, in_dollars = (limit.replace('"days"', f'"{unit}"') + "value = 5\n" for unit in ("EUR", "USD"))
    assert declare(in_euros + in_dollars) == [("largest_amount/EUR", True), ("largest_amount/USD", True)]
    ends = '[[limit]]\nname = "largest_amount"\nunit = "EUR"\nends = 2026-03-01\n'
    assert declare(ends) == [("largest_amount/EUR", False), ("largest_amount/USD", True)]


def test_rates_and_balances(system: System, files: Path) -> None:
    assert load(system, files / "rates.csv", "rates").loaded.accepted == 2
    assert load(system, files / "balances.csv", "balances").loaded.accepted == 2
    (files / "rates.csv").write_text(RATES.replace("0.9,", "-0.9,"))
    assert [one.code for one in load(system, files / "rates.csv", "rates").problems] == ["rate_invalid"]
    for written in ("0.9000000000000000001", "0.0000000000000000001"):
        (files / "rates.csv").write_text(RATES.replace("0.9,", f"{written},"))
        (problem,) = load(system, files / "rates.csv", "rates").problems
        assert (problem.line, problem.column, problem.code) == (2, "rate", "rate_invalid")


@pytest.mark.parametrize(
    ("kind", "head", "row", "column"),
    [
        ("balances", "merchant,account,currency,stated_on,balance", "Payline,main,EUR,2026-05-31,{}.00", "balance"),
        ("rates", "base,quote,rated_on,rate,source", "USD,EUR,2026-05-31,{},bank", "rate"),
    ],
)
def test_what_is_corrected_back_counts(
    system: System, files: Path, kind: PaymentKind, head: str, row: str, column: str
) -> None:
    def say(*values: int) -> tuple[int, int, int]:
        file = files / "said.csv"
        file.write_text("\n".join([head, *map(row.format, values)]) + "\n")
        loaded = load(system, file, kind).loaded
        kept = system.money_books.read("college", TABLE[kind]).sort("load_id", "line")
        return loaded.accepted, loaded.duplicate, int(kept[column][-1])

    assert [say(100), say(120), say(100), say(100)] == [(1, 0, 100), (1, 0, 120), (1, 0, 100), (0, 1, 100)]
    assert [say(90, 90, 80), say(90, 90, 80)] == [(2, 1, 80), (0, 3, 80)]  # of one file the last row counts
    assert [say(80), say(90)] == [(0, 1, 80), (1, 0, 90)]


def test_nobody_may_load_for_a_tenant_that_is_not_there(system: System, files: Path) -> None:
    with pytest.raises(NotFound):
        load(system, files / "rates.csv", "rates", tenant="nowhere")


def test_books_are_append_only_and_walled(system: System, files: Path, dsn: str) -> None:
    load(system, files / "payments.csv", "transactions", columns=files / "payments.toml")
    for statement in ("DELETE FROM akademos.transactions", "UPDATE akademos.transactions SET amount = 1"):
        with psycopg.connect(dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), system.database.serving("college") as transaction:
        transaction.execute("SELECT * FROM transactions")
    with system.database.serving("other") as transaction:
        assert transaction.execute("SELECT * FROM money_loads").fetchall() == []


def test_metering_charges_each_stretch_once(system: System, files: Path) -> None:
    declare_terms(files / "terms.toml", "college", system.money_books, money_hash(system, "college"), by=BY)
    with system.database.pipeline() as transaction:
        transaction.execute(
            f"{CAME}"
            "INSERT INTO job_runs (tenant_id, job, started_at, finished_at, outcome) VALUES ('college', "
            "'learner_states', now() - interval '1 hour 20 seconds', now() - interval '1 hour', 'succeeded');"
            "INSERT INTO query_usage (tenant_id, query, answers, seconds, noted_at) VALUES "
            "('college', 'GET /v1/learners', 9, 2, now() - interval '1 hour'), "
            "('college', 'GET /v1/learners', 9, 2, now() - interval '30 hours'), "  # a day of its own at any hour
            "('college', 'GET /v1/learners', 9, 2, now() - interval '1 second')"  # not settled yet
        )
    first = metering(system).by_hand("college", by=BY)
    cost = {one.usage.resource: (float(one.listed), float(one.charged)) for one in first.charges}
    assert cost["http"] == (0.1, 0.1)
    assert cost["learner_states"] == pytest.approx((0.2, 0.18))
    asked = [one for one in first.charges if one.usage.resource == "GET /v1/learners" and one.usage.quantity]
    assert [float(one.listed) for one in asked] == [0.02, 0.02]
    kept = system.money_books.read("college", "billing_charges")
    services = kept.filter(kept["quantity"] > 0).select("resource", "service").unique().rows()
    assert {("GET /v1/learners", "Questions"), ("learner_states", "Jobs")} <= set(services)
    with system.database.pipeline() as transaction:
        transaction.execute(
            "UPDATE receipts SET received_at = now() - interval '3 seconds'"  # not settled yet
        )
    second = metering(system).by_hand("college", by=BY)
    assert second.start == max(one.usage.end for one in first.charges)  # midnight, where nothing was used since then
    assert [one for one in second.charges if one.usage.item != "storage"] == []


def test_what_is_counted_after_a_metering_is_charged_by_the_next(system: System, files: Path) -> None:
    """A batch of an import is counted minutes after it came, days where it died in between."""
    declare_terms(files / "terms.toml", "college", system.money_books, money_hash(system, "college"), by=BY)
    with system.database.pipeline() as transaction:
        transaction.execute(CAME)
    charged = [metering(system).by_hand("college", by=BY)]
    with system.database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO receipts (tenant_id, source, door, received_at, received, accepted, held, duplicate, "
            "conflict, suppressed, rejected, counted_at) VALUES ('college', 'i', 'import', "
            "now() - interval '1 day', 5000, 5000, 0, 0, 0, 0, 0, %s)",
            (charged[0].end,),
        )
    charged += [metering(system).by_hand("college", by=BY) for _ in range(2)]
    counted = [
        [(one.usage.resource, int(one.usage.quantity)) for one in each.charges if one.usage.item == "events"]
        for each in charged
    ]
    assert counted == [[("http", 1000)], [("import", 5000)], []]


def test_a_discount_is_by_item_and_day_however_often_the_day_is_metered(system: System, files: Path) -> None:
    """Three jobs of 6 s, each below the discount's 10 s; the last of them ends after the noon metering."""
    declare_terms(files / "terms.toml", "college", system.money_books, money_hash(system, "college"), by=BY)
    with system.database.pipeline() as transaction:
        transaction.execute("UPDATE tenants SET created_at = '2026-05-01'")
        for job, hour in (("goals", 9), ("notices", 10), ("goals", 13), ("tomorrow", 24)):
            transaction.execute(
                "INSERT INTO job_runs (tenant_id, job, started_at, finished_at, outcome) SELECT 'college', %s, "
                "day + make_interval(hours => %s) - interval '6 s', day + make_interval(hours => %s), 'succeeded' "
                "FROM (SELECT timestamptz '2026-05-01 00:00Z') AS d (day)",
                (job, hour, hour),
            )

    def meter(at: datetime) -> dict[str, Decimal]:
        job = MeteringJob(
            system.money_books, lambda _: 0, lambda tenant_id: money_hash(system, tenant_id), clock=lambda: at + SETTLED
        )
        return {one.usage.resource: one.charged for one in job.run("college", by=BY).charges}

    assert meter(datetime(2026, 5, 1, 9, 30, tzinfo=UTC)) == {"goals": Decimal("0.06")}
    assert meter(datetime(2026, 5, 1, 12, tzinfo=UTC)) == {"notices": Decimal("0.054"), "goals": Decimal("-0.006")}
    assert meter(datetime(2026, 5, 2, 12, tzinfo=UTC)) == {"goals": Decimal("0.054"), "tomorrow": Decimal("0.06")}
    kept = system.money_books.read("college", "billing_charges")
    assert kept["billed"].sum() == Decimal("0.222")  # 18 s of the first day at 90 %, 6 s of the second
    assert kept.filter(kept["billed"] < 0)["category"].to_list() == ["Credit"]


def test_the_night_meters_whoever_has_prices_and_says_whom_it_left_out(system: System, files: Path) -> None:
    with system.database.pipeline() as transaction:
        transaction.execute(CAME)
    (run,) = system.jobs().commands()["metering"]()
    assert run is not None
    assert run.detail == {"left_out": "no price is declared"}
    last = system.job_runs.last("metering", "college")
    assert last is not None
    assert last.outcome == "succeeded"  # nobody is called at night because a tenant pays nothing

    terms = TERMS.replace("valid_from = 2020-01-01", f"valid_from = {datetime.now(UTC).date()}")
    (files / "terms.toml").write_text(terms)
    declare_terms(files / "terms.toml", "college", system.money_books, money_hash(system, "college"), by=BY)
    night = metering(system).run("college")
    assert night is not None
    assert night.detail.keys() == {"from", "until"}
    kept = system.money_books.read("college", "billing_charges")
    assert "http" not in kept["resource"].to_list()  # what came before the first price is free
    loads = system.money_books.read("college", "money_loads")
    assert loads.filter(loads["kind"] == "metering").height == (night.rows_out > 0)


def test_two_never_meter_the_same_stretch(system: System, files: Path) -> None:
    declare_terms(files / "terms.toml", "college", system.money_books, money_hash(system, "college"), by=BY)
    with system.job_runs.running("metering", "college"):
        assert metering(system).run("college") is None
        with pytest.raises(Conflict) as refused:
            metering(system).by_hand("college", by=BY)
    assert refused.value.code == "metering_runs"


def test_metering_without_a_price_says_so(system: System) -> None:
    with system.database.pipeline() as transaction:
        transaction.execute(CAME)
    with pytest.raises(InputError) as refused:
        metering(system).by_hand("college", by=BY)
    assert refused.value.code == "price_missing"
