"""Computed inputs of the schema txn: reconciliation of payments, balances, histories of fees and limits. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import polars as pl

from akademos.catalogue.warehouse.cost import COST
from akademos.catalogue.warehouse.txn import AMOUNT
from akademos.catalogue.warehouse_extracts import Columns
from akademos.jobs.warehouse.computed import Computed, Inputs
from akademos.jobs.warehouse.computed_cost import VALIDITY, end_of, term_input
from akademos.ledger.balances import against_stated, movements, snapshots
from akademos.ledger.money_terms import ROUNDING_UNITS, SETTLEMENT_DAYS, exchange_rates, fees, limit, versions
from akademos.ledger.payment_matching import CAUSES, Finding, Line, Payment, Terms, match_payments
from akademos.ledger.scd2 import history

Row = Mapping[str, object]
FINDINGS: Columns = (
    ("finding_id", "string"), ("subject", "string"), ("subject_id", "string"), ("merchant", "string"),
    ("account", "string"), ("currency", "string"), ("status", "string"), ("cause", "string"),
    ("explanation", "string"), ("expected", AMOUNT), ("found", AMOUNT), ("difference", AMOUNT),
    ("fee_expected", AMOUNT), ("fee_found", AMOUNT), ("fee_difference", AMOUNT), ("exchange_difference", AMOUNT),
    ("paid_currency", "string"), ("booked_on", "date"), ("settled_on", "date"), ("days", "int32"),
    ("batch", "string"), ("lines", "int32"),
)  # fmt: skip


_DAY = {"transactions": "posted_at", "settlement_lines": "settled_on", "stated_balances": "stated_on"}


def until_today(inputs: Inputs) -> Inputs:
    """The books until the end of the day (UTC): what is booked, settled or stated of a later one is not there.

    The warehouse has everything that is in the books; whoever asks about a day that is over has not.
    """

    def frame(name: str) -> pl.DataFrame:
        found = inputs.frame(name)
        return found.filter(pl.col(_DAY[name]).cast(pl.Date) <= inputs.today) if name in _DAY else found

    return replace(inputs, frame=frame)


def findings(inputs: Inputs) -> list[Row]:
    """What became of every transaction, of every settlement line without one, and of every stated balance."""
    found = [_row(one) for one in match_payments(_payments(inputs), _lines(inputs), _terms(inputs), inputs.today)]
    return found + list(_balance_rows(inputs))


def _payments(inputs: Inputs) -> Iterator[Payment]:
    for row in inputs.frame("transactions").iter_rows(named=True):
        yield Payment(
            row["row_id"], row["merchant"], row["account"], row["channel"], row["kind"], row["amount"],
            row["currency"], row["posted_at"].date(),
        )  # fmt: skip


def _lines(inputs: Inputs) -> Iterator[Line]:
    for row in inputs.frame("settlement_lines").iter_rows(named=True):
        yield Line(
            row["row_id"], row["transaction_id"] or f"line {row['row_id']}", row["batch"], row["merchant"],
            row["account"], row["settled_on"], row["currency"], row["gross"], row["paid_currency"],
            row["paid_gross"], row["fee"],
        )  # fmt: skip


def _terms(inputs: Inputs) -> Terms:
    declared = inputs.frame("money_terms")
    limits = versions(declared, "limit")
    return Terms(
        partial(limit, limits, "settlement_days", SETTLEMENT_DAYS),
        partial(limit, limits, "rounding_units", ROUNDING_UNITS),
        fees(declared),
        exchange_rates(inputs.frame("exchange_rates")),
    )


def _row(one: Finding) -> Row:
    return {
        "finding_id": f"{one.subject}:{one.subject_id}",
        "subject": one.subject,
        "subject_id": one.subject_id,
        "merchant": one.merchant,
        "account": one.account,
        "currency": one.currency,
        "status": one.status,
        "cause": one.cause,
        "explanation": CAUSES[one.cause],
        "expected": one.expected,
        "found": one.found,
        "difference": _less(one.found, one.expected),
        "fee_expected": one.fee_expected,
        "fee_found": one.fee_found,
        "fee_difference": _less(one.fee_found, one.fee_expected),
        "exchange_difference": one.exchange_difference,
        "paid_currency": one.paid_currency,
        "booked_on": one.booked_on,
        "settled_on": one.settled_on,
        "days": one.days,
        "batch": one.batch,
        "lines": len(one.line_ids),
    }


def _less(found: Decimal | None, expected: Decimal | None) -> Decimal | None:
    return None if found is None or expected is None else found - expected


def balance_days(inputs: Inputs) -> pl.DataFrame:
    """The balances of every account at the end of each day that moved it or is stated (`ledger.balances.snapshots`)."""
    transactions = inputs.frame("transactions").with_columns(pl.col("posted_at").dt.date().alias("posted_on"))
    return snapshots(movements(transactions, inputs.frame("settlement_lines")), _stated(inputs))


def _stated(inputs: Inputs) -> pl.DataFrame:
    """Of two statements about one evening the later loaded counts."""
    stated = inputs.frame("stated_balances").sort("load_id", "line")
    newest = stated.unique(["merchant", "account", "currency", "stated_on"], keep="last", maintain_order=True)
    return newest.rename({"stated_on": "day"})


def _compared(inputs: Inputs) -> pl.DataFrame:
    return against_stated(balance_days(inputs), _stated(inputs))


def _balance_rows(inputs: Inputs) -> Iterator[Row]:
    for row in _compared(inputs).iter_rows(named=True):
        cause = "balance_differs" if row["difference"] else "none"
        name = _joined(row["merchant"], row["account"], row["currency"], str(row["day"]))
        yield {
            "finding_id": f"balance:{name}",
            "subject": "balance",
            "subject_id": name,
            "merchant": row["merchant"],
            "account": row["account"],
            "currency": row["currency"],
            "status": "mismatch" if row["difference"] else "matched",
            "cause": cause,
            "explanation": CAUSES["balance_differs" if row["difference"] else "none"],
            "expected": row["closing"],
            "found": row["balance"],
            "difference": row["difference"],
            "booked_on": row["day"],
            "lines": 0,
        }


def _joined(*texts: str) -> str:
    """A key of several texts as the macro `joined` of the warehouse makes it."""
    return "/".join(text.replace("%", "%25").replace("/", "%2F") for text in texts)


def _snapshot_rows(inputs: Inputs) -> pl.DataFrame:
    keys = ["merchant", "account", "currency", "day"]
    compared = _compared(inputs).select(*keys, "balance")
    return balance_days(inputs).join(compared, on=keys, how="left").rename({"balance": "stated"}).sort(keys)


def _products(inputs: Inputs) -> pl.DataFrame:
    log = (
        inputs.frame("transactions")
        .filter(~pl.col("kind").is_in(["refund", "chargeback", "adjustment"]))
        .sort("load_id", "line")
        .select(
            "product",
            pl.col("kind"),
            "course_id",
            pl.col("posted_at").alias("valid_at"),
            "recorded_at",
            pl.int_range(pl.len(), dtype=pl.Int64).alias("position"),
            pl.lit(value=False).alias("ended"),
        )
    )
    return history(log, ["product"], ["kind", "course_id"], now=end_of(inputs.today))


def _use(inputs: Inputs) -> pl.DataFrame:
    """When each account was first used in each currency, and when that was written down."""
    named = (("transactions", pl.col("posted_at").dt.date()), ("settlement_lines", pl.col("settled_on")),
             ("stated_balances", pl.col("stated_on")))  # fmt: skip
    keys = ["merchant", "account", "currency"]
    uses = pl.concat([inputs.frame(name).select(*keys, day.alias("day"), "recorded_at") for name, day in named])
    return uses.sort("day", "recorded_at", *keys).unique(keys, keep="first", maintain_order=True)


def _versions_of_use(inputs: Inputs, keys: Sequence[str], says: Sequence[str]) -> pl.DataFrame:
    """History of what has been used with something; each of `says` is the list of all of them until then."""
    known: dict[tuple[str, ...], tuple[set[str], ...]] = defaultdict(lambda: tuple(set() for _ in says))
    log = []
    for position, row in enumerate(_use(inputs).iter_rows(named=True)):
        place = tuple(row[name] for name in keys)
        for names, name in zip(known[place], says, strict=True):
            names.add(row[name])
        said = (", ".join(sorted(names)) for names in known[place])
        log.append((*place, *said, row["day"], row["recorded_at"], position, False))
    schema = dict.fromkeys((*keys, *says), pl.String()) | {
        "valid_at": pl.Date(), "recorded_at": pl.Datetime("us", "UTC"), "position": pl.Int64(), "ended": pl.Boolean(),
    }  # fmt: skip
    at_midnight = pl.col("valid_at").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    changes = pl.DataFrame(log, schema=schema, orient="row").with_columns(at_midnight)
    return history(changes, keys, says, now=end_of(inputs.today))


def _account_rows(inputs: Inputs) -> pl.DataFrame:
    return _versions_of_use(inputs, ["merchant", "account"], ["currency"]).rename({"currency": "currencies"})


def _merchant_rows(inputs: Inputs) -> pl.DataFrame:
    found = _versions_of_use(inputs, ["merchant"], ["account", "currency"])
    return found.rename({"account": "accounts", "currency": "currencies"})


def _days(inputs: Inputs) -> list[Row]:
    """Every day from the first that anything is booked, settled or stated of to the end of this year, or the last."""
    named = (
        inputs.frame("transactions")["posted_at"].dt.date(),
        inputs.frame("settlement_lines")["settled_on"],
        inputs.frame("stated_balances")["stated_on"],
    )
    seen = [one for days in named for one in (days.min(), days.max()) if isinstance(one, date)]
    if not seen:
        return []
    day, end = min(seen), max(date(inputs.today.year, 12, 31), *seen)
    found: list[Row] = []
    while day <= end:
        found.append(
            {
                "day": day,
                "year": day.year,
                "quarter": (day.month + 2) // 3,
                "month": day.replace(day=1),
                "iso_week": f"{day.isocalendar().year}-W{day.isocalendar().week:02d}",
                "weekday": day.isoweekday(),
                "is_weekend": day.isoweekday() > 5,
            }
        )
        day += timedelta(days=1)
    return found


_TEXT = "string"
COMPUTED: tuple[Computed, ...] = (
    Computed(
        "txn_findings",
        FINDINGS,
        findings,
        "Reconciliation of transactions with settlements and balances, each finding with its cause.",
        ("transactions", "settlement_lines", "stated_balances", "money_terms", "exchange_rates"),
    ),
    Computed(
        "txn_snapshots",
        (
            ("merchant", _TEXT), ("account", _TEXT), ("currency", _TEXT), ("day", "date"), ("opening", AMOUNT),
            ("taken", AMOUNT), ("settled", AMOUNT), ("closing", AMOUNT), ("stated", AMOUNT),
        ),
        _snapshot_rows,
        "Balances by account, currency and day.",
        ("transactions", "settlement_lines", "stated_balances"),
    ),
    term_input(
        "txn_fee_versions", "fee", "fee",
        {"merchant": _TEXT, "channel": _TEXT, "kind": _TEXT, "currency": _TEXT, "share": COST, "fixed": COST},
        "History of the schedule of fees.",
    ),
    term_input("txn_limit_versions", "limit", "limit_name", {"unit": _TEXT, "value": COST}, "History of limits."),
    Computed(
        "txn_product_versions",
        (("version_key", _TEXT), ("product", _TEXT), ("kind", _TEXT), ("course_id", _TEXT), *VALIDITY),
        _products,
        "History of what is paid for.",
        ("transactions",),
    ),
    Computed(
        "txn_account_versions",
        (("version_key", _TEXT), ("merchant", _TEXT), ("account", _TEXT), ("currencies", _TEXT), *VALIDITY),
        _account_rows,
        "History of accounts with payment providers.",
        ("transactions", "settlement_lines", "stated_balances"),
    ),
    Computed(
        "txn_merchant_versions",
        (("version_key", _TEXT), ("merchant", _TEXT), ("accounts", _TEXT), ("currencies", _TEXT), *VALIDITY),
        _merchant_rows,
        "History of payment providers.",
        ("transactions", "settlement_lines", "stated_balances"),
    ),
    Computed(
        "txn_days",
        (
            ("day", "date"), ("year", "int32"), ("quarter", "int32"), ("month", "date"), ("iso_week", _TEXT),
            ("weekday", "int32"), ("is_weekend", "bool"),
        ),
        _days,
        "Calendar.",
        ("transactions", "settlement_lines", "stated_balances"),
    ),
)  # fmt: skip
