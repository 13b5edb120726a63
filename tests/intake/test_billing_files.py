"""FOCUS files in, by the command; what is wrong is named by file, line and column."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from akademos.errors import InputError
from akademos.intake.billing_files import read_charges, read_rules

HEADER = (
    "BilledCost,EffectiveCost,BillingCurrency,BillingAccountId,BillingPeriodStart,BillingPeriodEnd,ChargeClass,"
    "ServiceName,Tags\n"
)
SOUND = '90.00,30,EUR,A-1,2026-05-01T00:00:00Z,2026-06-01T00:00:00Z,,Virtual Machines,"{""course"": ""algebra""}"\n'
CORRECTED = "10.005,60,EUR,A-1,2026-05-01,2026-06-01,Correction,Object Storage,\n"
RULES = """
unallocated = "central IT"
[[rule]]
match = { "tag.course" = "algebra" }
cost_centre = "mathematics"
[[rule]]
match = { service = "Object Storage" }
shares = { mathematics = 0.1, languages = 0.9 }
"""


@pytest.fixture
def bill(tmp_path: Path) -> Path:
    file = tmp_path / "bill.csv"
    file.write_text(HEADER + SOUND + CORRECTED, "utf-8")
    return file


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "rules.toml"
    file.write_text(RULES, "utf-8")
    return file


def test_the_command_divides_a_bill(bill: Path, rules: Path, tmp_path: Path) -> None:
    """100.00 by 36 and 54 of 90; the half cent goes to the even side once, in the bill."""
    to = tmp_path / "out.csv"
    words = [sys.executable, "-m", "akademos.cli.app", "cost", "chargeback", str(bill), "--rules", str(rules)]
    done = subprocess.run([*words, "--to", str(to)], capture_output=True, text=True, check=True)
    assert "100.00" in done.stdout
    assert "10.00" in done.stdout  # the correction
    written = pl.read_csv(to).select("cost_centre", "amount").rows()
    assert written == [("languages", 60.0), ("mathematics", 40.0)]


def test_parquet_is_read_like_csv(bill: Path, tmp_path: Path) -> None:
    other = tmp_path / "bill.parquet"
    typed = pl.read_csv(bill, try_parse_dates=True)
    assert typed.schema["BilledCost"] == pl.Float64
    typed.write_parquet(other)
    assert read_charges([other]).equals(read_charges([bill]))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (SOUND.replace("90.00", "ninety"), "bill.csv:4 BilledCost is no decimal number"),
        (SOUND.replace("90.00", ""), "bill.csv:4 BilledCost is empty"),
        (SOUND.replace("2026-06-01", "2026-05-01"), "bill.csv:4 BillingPeriodEnd is not on a later day than"),
        (SOUND.replace("2026-06-01T00", "2026-05-01T23"), "bill.csv:4 BillingPeriodEnd is not on a later day than"),
        (SOUND.replace("90.00", "99999999999999999999"), "bill.csv:4 BilledCost is 1e+12 or more"),
        (SOUND.replace("90.00", "NaN"), "bill.csv:4 BilledCost is no decimal number"),
        (SOUND.replace("EUR", "EURO"), "bill.csv:4 BillingCurrency `EURO` is no currency"),
        (SOUND.replace("Virtual", "Virt\0ual"), "bill.csv:4 ServiceName holds the sign NUL"),
        (SOUND.replace("algebra", "alg\\u0000ebra"), "bill.csv:4 Tags holds the sign NUL"),
        (SOUND.replace("algebra", "\\ud800"), "bill.csv:4 Tags is no JSON object"),
        (SOUND.replace("2026-05-01", "0001-01-01"), "bill.csv:4 BillingPeriodStart is not between 1990 and 2100"),
        (SOUND.replace("2026-06-01", "2206-06-01"), "bill.csv:4 BillingPeriodEnd is not between 1990 and 2100"),
        (SOUND.replace("2026-06-01T00:00:00Z", "June"), "bill.csv:4 BillingPeriodEnd is no date and time"),
        (CORRECTED.replace("Correction", "Fix"), "bill.csv:4 ChargeClass is neither empty nor Correction"),
        (CORRECTED.replace("\n", "[1]\n"), "bill.csv:4 Tags is no JSON object"),
    ],
)
def test_what_is_wrong_is_named(bill: Path, row: str, said: str) -> None:
    with bill.open("a", encoding="utf-8") as file:
        file.write(row)
    with pytest.raises(InputError) as refused:
        read_charges([bill])
    assert said in refused.value.reason


def test_a_charge_is_over_after_it_began_also_where_one_of_the_two_is_left_out(bill: Path) -> None:
    lines = [HEADER.strip() + ",ChargePeriodStart,ChargePeriodEnd", SOUND.strip() + ",2026-06-02,"]
    lines += [SOUND.strip() + ",,2026-05-01", SOUND.strip() + ",2026-05-02,", SOUND.strip() + ",,2026-05-02"]
    bill.write_text("\n".join(lines), "utf-8")
    with pytest.raises(InputError, match="2 values are wrong") as refused:
        read_charges([bill])
    assert "bill.csv:2 ChargePeriodStart is after the billing period" in refused.value.reason
    assert "bill.csv:3 ChargePeriodEnd is before the billing period" in refused.value.reason


def test_a_column_that_is_there_twice_is_named(bill: Path) -> None:
    bill.write_text("\n".join(f"{line},{line}" for line in bill.read_text("utf-8").splitlines()), "utf-8")
    with pytest.raises(InputError, match=r"bill.csv:1 names the column BilledCost twice"):
        read_charges([bill])


def test_an_escaped_backslash_before_zeros_is_no_nul(bill: Path) -> None:
    bill.write_text(HEADER + SOUND.replace("algebra", "c:\\\\u0000"), "utf-8")
    assert read_charges([bill]).height == 1


def test_a_file_without_the_columns_and_a_strange_currency_are_refused(bill: Path) -> None:
    text = bill.read_text("utf-8")
    bill.write_text(text.replace("EUR", "EURO"), "utf-8")
    with pytest.raises(InputError, match="EURO"):
        read_charges([bill])
    bill.write_text(text.replace("ChargeClass", "Class"), "utf-8")
    with pytest.raises(InputError, match="lacks ChargeClass"):
        read_charges([bill])
    bill.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError):
        read_charges([bill])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("rule = 1\n", "does not say who pays"),
        ("unallocated = ''\n", "does not say who pays"),
        ('unallocated = "x"\n[[rule]]\ncost_centre = "a"\n', "rule 1 matches nothing"),
        ('unallocated = "x"\n[[rule]]\nmatch = { service = "s" }\n', "needs `cost_centre` or `shares`"),
        ('unallocated = "x"\n[[rule]]\nmatch = { service = "s" }\nshares = { a = 0.5 }\n', "rule 1: The shares"),
        ('unallocated = "x"\n[[rule]]\nmatch = { service = "s" }\nshares = { a = nan }\n', "no numbers"),
        ('unallocated = "x"\n[[rule]]\nmatch = { provider = "AWS" }\ncost_centre = "a"\n', "know no `provider`"),
        ('unallocated = "x"\n[[rule]]\nmatch = { "tag.a\\\\" = "b" }\ncost_centre = "a"\n', "a backslash"),
        ('unallocated = "x"\n[[rule]]\nmatch = { service = "s\\u0000" }\ncost_centre = "a"\n', "a sign NUL"),
        (
            'unallocated = "x"\n[[rule]]\nmatch = { service = "s" }\nshares = { a = 0.4, b = 0.6000000000000000001 }\n',
            "more than 18 decimals",
        ),
        ('unallocated = "x"\n[[rule]]\nmatch = { service = "s" }\nshares = { a = "b" }\n', "no numbers"),
        ("[[", "cannot be read"),
    ],
)
def test_rules_that_are_none_are_refused(rules: Path, content: str, said: str) -> None:
    rules.write_text(content, "utf-8")
    with pytest.raises(InputError) as refused:
        read_rules(rules)
    assert said in refused.value.reason
