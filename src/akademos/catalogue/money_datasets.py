"""Datasets of money: bills, declared terms, exchange rates, payments, settlements, balances, and how each came in."""

from __future__ import annotations

from akademos.catalogue.checks import Check, Severity, holds
from akademos.catalogue.dataset_columns import TENANT, may, may_name, must, must_name
from akademos.catalogue.declarations import Basis, Column, Dataset, Policy, years

RETENTION = years(10)
"""What tax law asks for, also after an erasure."""

_OWNER = "finance"
_ROW = must("row_id", "bytes", "keyed hash that tells the row from every other one, also when it is loaded again")
_LOAD = must("load_id", "int64", "the load that brought it")
_LINE = must("line", "int64", "place in the file")
_RECORDED = must("recorded_at", "timestamp", "when it was loaded")
_MERCHANT = must("merchant", "string", "payment provider")
_ACCOUNT = must("account", "string", "the institution's account with the provider")
_BORN = (TENANT, _ROW, _LOAD, _LINE)


def _currency(name: str = "currency", description: str = "of the amounts") -> Column:
    return must(name, "string", f"{description}, ISO 4217")


def _amount(name: str, description: str, *, unit: str = "currency") -> Column:
    return must(name, "decimal", description, unit=unit)


def _dataset(name: str, description: str, grain: str, *columns: Column, checks: tuple[Check, ...] = ()) -> Dataset:
    return Dataset(
        name=name,
        description=description,
        grain=grain,
        owner=_OWNER,
        columns=(*_BORN, *columns, _RECORDED),
        zone="log",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="recorded_at",
        retention=RETENTION,
        upstream=("money_loads",),
        checks=checks,
    )


MONEY_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="money_terms",
        description="Prices, discounts, chargeback rules, cost centres, fees and limits as declared, change by change; "
        "what holds when is derived from it.",
        grain="one change of one term",
        owner=_OWNER,
        columns=(
            *_BORN,
            must("kind", "string", "price, discount, chargeback_rule, cost_centre, fee or limit"),
            must("key", "string", "which one"),
            must("valid_from", "timestamp", "from when it holds"),
            must("ended", "bool", "whether it ends there"),
            must("body", "json", "what holds"),
            _RECORDED,
        ),
        zone="log",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="recorded_at",
        upstream=("money_loads",),
    ),
    _dataset(
        "billing_charges",
        "Charges of bills in FOCUS, and of the platform's own metering; a correction is a row of its own.",
        "one charge",
        must("provider", "string", "who charges; akademos for the platform's own metering"),
        must("billing_account", "string", "whom the provider bills"),
        must("period_start", "date", "first day of the billing period"),
        must("period_end", "date", "first day after it"),
        must("charge_start", "timestamp", "from when the charge is for"),
        must("charge_end", "timestamp", "until before when"),
        _currency(),
        must("service", "string", "what was used"),
        must("service_category", "string", "kind of service"),
        may("resource", "string", "which one"),
        may("region", "string", "where"),
        must("tags", "json", "the institution's own labels, without personal data"),
        must("category", "string", "Usage, Purchase, Tax, Credit or Adjustment"),
        must("correction", "bool", "whether it corrects an earlier billing period"),
        _amount("billed", "what the invoice asks for"),
        _amount("effective", "the cost of what was used, purchases spread over their time"),
        may("listed", "decimal", "cost at list price", unit="currency"),
        may("quantity", "decimal", "how much was used", unit="the column unit"),
        may("unit", "string", "unit of the quantity"),
        checks=(holds("a charge is for some time", "charge_end > charge_start"),),
    ),
    _dataset(
        "exchange_rates",
        "Exchange rates: what one unit of a currency is in another.",
        "one pair of currencies and day",
        _currency("base", "currency that is exchanged"),
        _currency("quote", "currency that one gets"),
        must("rated_on", "date", "day of the rate"),
        _amount("rate", "units of quote for one of base", unit="1"),
        must("source", "string", "whose rate"),
        checks=(holds("a rate is above zero", "rate > 0", severity=Severity.CRITICAL),),
    ),
    _dataset(
        "transactions",
        "Payments for enrolments, subscriptions and certification, refunds, chargebacks and adjustments; the customer "
        "by audit name, which nobody can resolve once the person is erased.",
        "one transaction of one payment provider",
        must("content_hash", "bytes", "keyed hash of all values, to tell whether it came as it was"),
        must("reference", "string", "the provider's name for it"),
        _MERCHANT,
        _ACCOUNT,
        must("channel", "string", "card, transfer, voucher, ..."),
        must("product", "string", "what was paid for"),
        may("course_id", "string", "course that it is for"),
        must("kind", "string", "enrolment, subscription, certification_fee, refund, chargeback or adjustment"),
        _amount("amount", "in whole minor units; refunds and chargebacks below zero"),
        _currency(),
        must("posted_at", "timestamp", "when it was booked"),
        may("related", "string", "reference of the transaction that it refunds or corrects"),
        may_name("subject", "bytes", "audit name of the customer; none of somebody who was erased before"),
    ),
    _dataset(
        "settlement_lines",
        "What payment providers pay out, line by line.",
        "one line of one settlement",
        must("batch", "string", "the settlement"),
        _MERCHANT,
        _ACCOUNT,
        must("reference", "string", "transaction that is settled, by the provider's name"),
        must("settled_on", "date", "day of the payout"),
        _currency(description="of the transaction"),
        _amount("gross", "what is settled, in the transaction's currency"),
        _currency("paid_currency", "of the payout"),
        _amount("paid_gross", "what is settled, in the payout's currency", unit="paid_currency"),
        _amount("fee", "what the provider keeps", unit="paid_currency"),
        _amount("net", "what is paid out", unit="paid_currency"),
        checks=(holds("what is paid out is the gross less the fee", "net = paid_gross - fee"),),
    ),
    _dataset(
        "stated_balances",
        "What payment providers say they still have to pay out, at the end of a day.",
        "one account, currency and day",
        _MERCHANT,
        _ACCOUNT,
        _currency(),
        must("stated_on", "date", "at the end of which day, UTC"),
        _amount("balance", "not paid out yet"),
    ),
    Dataset(
        name="money_loads",
        description="Every load of rows of money, also one that brought nothing new: rows by verdict, checksums of "
        "what was meant to be kept and of what was read back.",
        grain="one load of one file, or one metering",
        owner=_OWNER,
        columns=(
            TENANT,
            _LOAD,
            must("kind", "string", "charges, metering, terms, rates, transactions, settlements or balances"),
            must("name", "string", "name of the file"),
            must("content_sha256", "string", "SHA-256 of the content"),
            must("bytes", "int64", "size of the content", unit="bytes"),
            must("received", "int64", "rows that came"),
            must("accepted", "int64", "rows that were kept"),
            must("duplicate", "int64", "rows that were there already"),
            must("rejected", "int64", "rows that were refused"),
            must("codes", "json", "refused rows by code"),
            must("meant_checksum", "string", "sum of the hashes of the accepted rows, in any order"),
            must("kept_checksum", "string", "the same of the rows as they were read back"),
            must("seconds", "float64", "how long it took", unit="s"),
            must("loaded_at", "timestamp", "when"),
            must_name("loaded_by", "string", "who, as in the audit log"),
        ),
        zone="log",
        basis=Basis.LEGAL_OBLIGATION,
        time_column="loaded_at",
        retention=RETENTION,
        checks=(
            holds("every row has a verdict", "received = accepted + duplicate + rejected", severity=Severity.CRITICAL),
            holds("what was meant to be kept is kept", "meant_checksum = kept_checksum", severity=Severity.CRITICAL),
        ),
    ),
)

MONEY_POLICIES: tuple[Policy, ...] = (
    Policy(
        "money_retention",
        "Rows of bills, payments and settlements are kept as long as tax law asks, also when their customer is erased: "
        "they name customers by audit name only, which nobody can resolve once the person's key is destroyed.",
        f"{RETENTION.days // 365} years",
        "intake.payment_files, stores.postgres.money_books, stores.postgres.retention",
        "privacy.md, erasure",
    ),
)
