"""Books to test with: small files of every kind, and the terms they are judged by."""

from __future__ import annotations

from pathlib import Path

TERMS = """
[[unallocated]]
cost_centre = "central IT"
valid_from = 2026-01-01
[[chargeback_rule]]
number = 1
match = { "tag.course" = "algebra" }
cost_centre = "mathematics"
valid_from = 2026-01-01
[[chargeback_rule]]
number = 2
match = { service = "Object Storage" }
shares = { mathematics = 0.25, languages = 0.75 }
valid_from = 2026-01-01
[[cost_centre]]
name = "mathematics"
owner = "dean of mathematics"
monthly_budget = 50
currency = "EUR"
valid_from = 2026-01-01
[[price]]
item = "events"
unit = "event"
currency = "EUR"
price = 0.0001
valid_from = 2020-01-01
[[price]]
item = "compute"
unit = "second"
currency = "EUR"
price = 0.01
valid_from = 2020-01-01
[[price]]
item = "storage"
unit = "GB-hour"
currency = "EUR"
price = 0.001
valid_from = 2020-01-01
[[price]]
item = "answers"
unit = "answer"
currency = "EUR"
price = 0.00002
valid_from = 2020-01-01
[[discount]]
item = "compute"
share = 0.10
least = 10
valid_from = 2020-01-01
[[fee]]
name = "cards"
merchant = "Payline"
channel = "card"
share = 0.02
fixed = 0.25
currency = "EUR"
valid_from = 2026-01-01
[[limit]]
name = "settlement_days"
unit = "days"
value = 3
valid_from = 2026-01-01
[[limit]]
name = "rounding_units"
unit = "minor units"
value = 1
valid_from = 2026-01-01
[[limit]]
name = "largest_amount"
unit = "EUR"
value = 1000
valid_from = 2026-01-01
"""
BILL = (
    "BilledCost,EffectiveCost,BillingCurrency,BillingAccountId,BillingPeriodStart,BillingPeriodEnd,ChargeClass,"
    "ServiceName,ServiceCategory,ProviderName,RegionId,ResourceId,ChargePeriodStart,ChargePeriodEnd,Tags\n"
    "90.00,30,EUR,A-1,2026-05-01,2026-06-01,,Virtual Machines,Compute,Nimbus,eu-1,vm-1,2026-05-01,2026-06-01,"
    '"{""course"": ""algebra"", ""owner"": ""ada@college.example""}"\n'
    "10.00,40,EUR,A-1,2026-05-01,2026-06-01,,Object Storage,Storage,Nimbus,eu-1,bucket,2026-05-01,2026-05-02,\n"
    "0.005,20,EUR,A-1,2026-05-01,2026-06-01,,Network,Networking,Nimbus,eu-1,,2026-05-03,2026-05-04,\n"
    "-0.01,0,EUR,A-1,2026-05-01,2026-06-01,Correction,Network,Networking,Nimbus,eu-1,,2026-04-03,2026-04-04,\n"
    "1200,1200,JPY,A-1,2026-05-01,2026-06-01,,Network,Networking,Nimbus,jp-1,,2026-05-03,2026-05-04,\n"
)
PAYMENTS = (
    "id,when,user,what,type,sum,cur,via,for\n"
    "p-1,2026-05-04T10:00:00+02:00,u-ada-1,algebra,enrol,100.00,EUR,card,\n"
    "p-2,2026-05-04T11:00:00Z,u-bob-1,algebra,enrol,50.00,EUR,card,\n"
    "p-3,2026-05-05T11:00:00Z,u-bob-1,algebra,refund,20.00,EUR,card,p-2\n"
    "p-4,2026-05-06T11:00:00Z,u-ada-1,certificate,certification_fee,30.00,USD,card,\n"
    "p-5,2026-05-20T11:00:00Z,u-ada-1,premium,subscription,9.99,EUR,transfer,\n"
)
PAYMENTS_MAP = """
negate = ["refund", "chargeback"]
zone = "Europe/Berlin"
[columns]
reference = "id"
posted_at = "when"
user_id = "user"
product = "what"
kind = "type"
amount = "sum"
currency = "cur"
channel = "via"
related = "for"
[constants]
merchant = "Payline"
[values.kind]
enrol = "enrolment"
"""
SETTLEMENTS = (
    "batch,merchant,reference,settled_on,currency,gross,paid_currency,paid_gross,fee,net\n"
    "B-1,Payline,p-1,2026-05-06,EUR,100.00,EUR,100.00,2.25,97.75\n"
    "B-1,Payline,p-2,2026-05-06,EUR,50.00,EUR,50.00,1.25,48.75\n"
    "B-1,Payline,p-3,2026-05-06,EUR,-20.00,EUR,-20.00,0.25,-20.25\n"
    "B-2,Payline,p-4,2026-05-08,USD,30.00,EUR,27.00,0.79,26.21\n"
)
BALANCES = "merchant,currency,stated_on,balance\nPayline,EUR,2026-05-05,130.00\nPayline,EUR,2026-05-31,9.99\n"
RATES = "base,quote,rated_on,rate,source\nUSD,EUR,2026-05-08,0.9,central bank\nEUR,JPY,2026-05-29,170,central bank\n"


def write_books(folder: Path) -> None:
    """All of them as files of `folder`."""
    folder.mkdir(exist_ok=True)
    for name, content in (
        ("terms.toml", TERMS), ("bill.csv", BILL), ("payments.csv", PAYMENTS), ("payments.toml", PAYMENTS_MAP),
        ("settlements.csv", SETTLEMENTS), ("balances.csv", BALANCES), ("rates.csv", RATES),
    ):  # fmt: skip
        (folder / name).write_text(content, "utf-8")
