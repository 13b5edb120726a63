"""Computed inputs of the schema cost: histories of terms, what each cost centre and course pays, forecasts. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, localcontext
from typing import Any

import polars as pl
from iso4217 import Currency

from akademos.catalogue.warehouse.cost import COST
from akademos.catalogue.warehouse_extracts import Columns
from akademos.jobs.warehouse.computed import Computed, Inputs
from akademos.ledger.chargeback import BILL, CHARGES, allocated, chargeback, divided
from akademos.ledger.forecast import METHOD, forecast, held
from akademos.ledger.money import DIGITS, from_minor, minor_unit, to_minor
from akademos.ledger.money_terms import RuleBook, rule_book, term_history, versions
from akademos.ledger.scd2 import history

Row = Mapping[str, object]
LEVEL, AHEAD = 0.8, 3
COURSE_TAG = "course"
NO_COURSE = ("", "null")
"""What older rows of the books have as the tag of a charge that names no course."""
VALIDITY: Columns = (
    ("valid_from", "timestamp"), ("valid_to", "timestamp"), ("is_current", "bool"), ("recorded_at", "timestamp"),
)  # fmt: skip


def end_of(day: date) -> datetime:
    """The last instant of a day (UTC): what holds then is current in a build of that day."""
    return _midnight(day) + timedelta(days=1) - timedelta.resolution


def _term_rows(inputs: Inputs, kind: str) -> Iterator[dict[str, Any]]:
    found = term_history(inputs.frame("money_terms"), kind, end_of(inputs.today))
    return found.sort("key", "valid_from").iter_rows(named=True)


def _versions(inputs: Inputs, kind: str, key: str, says: Mapping[str, str]) -> list[Row]:
    """Versions of a kind of terms with what their bodies say as columns, texts or decimal numbers."""
    found: list[Row] = []
    for row in _term_rows(inputs, kind):
        body = json.loads(row["body"])
        said = {
            name: Decimal(body[name]) if type_ == COST else body[name] for name, type_ in says.items() if name in body
        }
        times = {name: row[name] for name, _ in VALIDITY}
        found.append({"version_key": row["version_key"], key: row["key"], **said, **times})
    return found


def term_input(name: str, kind: str, key: str, says: Mapping[str, str], description: str) -> Computed:
    columns: Columns = (("version_key", "string"), (key, "string"), *says.items(), *VALIDITY)
    return Computed(name, columns, lambda inputs: _versions(inputs, kind, key, says), description, ("money_terms",))


def _rule_rows(inputs: Inputs) -> Iterator[Row]:
    for row in _term_rows(inputs, "chargeback_rule"):
        body = json.loads(row["body"])
        shares = body.get("shares") or {body["cost_centre"]: "1"}
        match = body.get("match", {})
        for centre, share in sorted(shares.items()):
            yield {
                "version_key": row["version_key"],
                "rule": row["key"],
                "match": json.dumps(match, sort_keys=True),
                "cost_center": centre,
                "share": Decimal(share),
                **{name: row[name] for name, _ in VALIDITY},
            }


def _accounts(inputs: Inputs) -> pl.DataFrame:
    charges = inputs.frame("billing_charges")
    loads = (
        charges.group_by("billing_account", "period_start", "load_id", "recorded_at")
        .agg(pl.col("provider").unique(), pl.col("currency").unique())
        .sort("load_id", "period_start", "billing_account")
    )
    known: dict[tuple[str, date], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    changes = []
    for position, row in enumerate(loads.iter_rows(named=True)):
        period = known[row["billing_account"], row["period_start"]]
        for names, more in zip(period, (row["provider"], row["currency"]), strict=True):
            names.update(more)  # a period has all that any load has brought of it
        providers, currencies = (", ".join(sorted(names)) for names in period)
        valid_at = _midnight(row["period_start"])
        changes.append((row["billing_account"], providers, currencies, valid_at, row["recorded_at"], position, False))
    log = pl.DataFrame(
        changes,
        schema={
            "billing_account": pl.String, "provider": pl.String, "currency": pl.String,
            "valid_at": pl.Datetime("us", "UTC"), "recorded_at": pl.Datetime("us", "UTC"), "position": pl.Int64,
            "ended": pl.Boolean,
        },
        orient="row",
    )  # fmt: skip
    return history(log, ["billing_account"], ["provider", "currency"], now=end_of(inputs.today)).rename(
        {"currency": "currencies"}
    )


def books_of(inputs: Inputs) -> list[tuple[pl.DataFrame, RuleBook]]:
    """The charges by billing period, each with the rules that stood on its first day."""
    rules = versions(inputs.frame("money_terms"), "chargeback_rule")
    return [
        (charges, rule_book(rules, _midnight(charges["period_start"][0])))
        for _, charges in inputs.frame("billing_charges").sort("row_id").group_by("period_start", maintain_order=True)
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _usage(inputs: Inputs) -> pl.DataFrame:
    """Each charge by cost centre; grain: one charge and cost centre."""
    parts = []
    for charges, book in books_of(inputs):
        names = [*book.keys, ""]
        found = allocated(charges, book.rules, book.unallocated)
        parts.append(found.with_columns(pl.col("rule").replace_strict(dict(enumerate(names)), return_dtype=pl.String)))
    if not parts:
        return pl.DataFrame(schema={name: pl.String for name, _ in USAGE})
    return pl.concat(parts).select(
        (pl.col("row_id") + ":" + pl.col("cost_centre")).alias("usage_id"),
        pl.col("row_id").alias("charge_id"),
        "load_id",
        pl.col("cost_centre").alias("cost_center"),
        pl.col("rule"),
        "share",
        pl.col("effective").alias("cost_amount"),
        "currency", "provider", "billing_account", "period_start", "service", "service_category", "resource", "region",
        "category", "correction",
        (pl.col("quantity") * pl.col("share")).alias("quantity"),
        "unit",
        pl.col("charge_start").alias("start_ts"),
        pl.col("charge_end").alias("end_ts"),
    )  # fmt: skip


USAGE: Columns = (
    ("usage_id", "string"), ("charge_id", "string"), ("load_id", "int64"), ("cost_center", "string"),
    ("rule", "string"), ("share", COST), ("cost_amount", COST), ("currency", "string"), ("provider", "string"),
    ("billing_account", "string"), ("period_start", "date"), ("service", "string"), ("service_category", "string"),
    ("resource", "string"), ("region", "string"), ("category", "string"), ("correction", "bool"), ("quantity", COST),
    ("unit", "string"), ("start_ts", "timestamp"), ("end_ts", "timestamp"),
)  # fmt: skip


def allocations(inputs: Inputs) -> pl.DataFrame:
    """What each cost centre pays of each bill, as `ledger.chargeback.chargeback`, by the rules of its first day."""
    parts = [chargeback(charges.select(*CHARGES), book.rules, book.unallocated) for charges, book in books_of(inputs)]
    if not parts:
        return chargeback(pl.DataFrame(schema=CHARGES), (), "")
    return pl.concat(parts).sort(*BILL, "cost_centre")


def _allocations(inputs: Inputs) -> pl.DataFrame:
    return allocations(inputs).rename({"cost_centre": "cost_center"})


def course_parts(inputs: Inputs) -> list[Row]:
    """Each bill divided among courses that its charges name by the tag `course`, and what they have in common.

    The parts sum to the bill in whole minor units. Grain: one bill and course; `course_id` is null for the common part.
    """
    found: list[Row] = []
    course = pl.col("tags").str.json_path_match(f"$.{COURSE_TAG}")
    charges = inputs.frame("billing_charges").with_columns(
        pl.when(~course.str.strip_chars().is_in(NO_COURSE)).then(course).alias("course_id")
    )
    for name, bill in charges.sort("row_id").group_by(BILL, maintain_order=True):
        total = to_minor(Decimal(bill["billed"].sum()), str(name[2]))
        parts = bill.group_by("course_id").agg(pl.col("effective").sum()).sort("course_id", nulls_last=True)
        courses, weights = parts["course_id"].to_list(), parts["effective"].to_list()
        if any(weights):
            minor = divided(total, weights, str(name[2]))
        else:
            courses, minor = [None], [total]
        found += [
            {
                **dict(zip(BILL, name, strict=True)),
                "course_id": course,
                "amount": from_minor(part, str(name[2])),
                "minor": part,
                "minor_unit": minor_unit(str(name[2])),
            }
            for course, part in zip(courses, minor, strict=True)
        ]
    return sorted(found, key=lambda row: (*(str(row[name]) for name in BILL), row["course_id"] or "~"))


def monthly(inputs: Inputs) -> dict[str, list[tuple[date, Decimal]]]:
    """Effective cost by currency and month, without gaps: what was used, with purchases spread over their time, so that
    a purchase for a year is no trend. Of months that were over before today, until the last of which every account has
    a bill that had one of the month before: a bill that has not come yet is no fall."""
    bills = (
        inputs.frame("billing_charges")
        .group_by(*BILL, "period_end")
        .agg(pl.col("effective").sum())
        .filter(pl.col("period_end") <= inputs.today)
    )
    sums: dict[str, dict[date, Decimal]] = defaultdict(dict)
    billed: dict[str, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
    with localcontext(prec=DIGITS):
        for row in bills.iter_rows(named=True):
            month, amounts = row["period_start"].replace(day=1), sums[row["currency"]]
            amounts[month] = amounts.get(month, Decimal(0)) + row["effective"]
            billed[row["currency"]][next_month(month)].add(row["billing_account"])
    found = {}
    for currency, amounts in sorted(sums.items()):
        accounts = billed[currency]
        whole = max(month for month in amounts if accounts[month] <= accounts[next_month(month)])
        months, month = [], min(amounts)
        while month <= whole:
            months.append((month, _rounded(amounts.get(month, Decimal(0)), currency)))
            month = next_month(month)
        found[currency] = months
    return found


def next_month(month: date) -> date:
    """The first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def forecasts(inputs: Inputs) -> list[Row]:
    """The months after the last of `monthly` that are not over, with interval; grain: one currency and month ahead."""
    found: list[Row] = []
    for currency, months in monthly(inputs).items():
        series = [float(amount) for _, amount in months]
        proof, month = held(series, LEVEL), months[-1][0]
        for one in forecast(series, AHEAD, LEVEL):
            month = next_month(month)
            if month < inputs.today.replace(day=1):
                continue
            amounts = {"expected": one.expected, "lower": one.lower, "upper": one.upper}
            found.append(
                {
                    "month": month,
                    "currency": currency,
                    **{name: _money(value, currency) for name, value in amounts.items()},
                    "level": LEVEL,
                    "method": METHOD,
                    "months_known": len(series),
                    "months_tested": proof.tested,
                    "months_inside": proof.inside,
                }
            )
    return found


def _money(value: float, currency: str) -> Decimal:
    return _rounded(Decimal(repr(value)), currency)


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return from_minor(to_minor(amount, currency), currency)


def _tags(inputs: Inputs) -> list[Row]:
    """Labels of charges; grain: one name and value."""
    found: dict[tuple[str, str], list[Any]] = {}
    for row in inputs.frame("billing_charges").iter_rows(named=True):
        for name, value in json.loads(row["tags"]).items():
            charges, first, last = found.get((name, value), (0, row["charge_start"], row["charge_end"]))
            found[name, value] = [charges + 1, min(first, row["charge_start"]), max(last, row["charge_end"])]
    return [
        {"tag": name, "value": value, "charges": charges, "first_at": first, "last_at": last}
        for (name, value), (charges, first, last) in sorted(found.items())
    ]


def _currencies(inputs: Inputs) -> list[Row]:
    seen: set[str] = set()
    for name, columns in (
        ("billing_charges", ("currency",)),
        ("exchange_rates", ("base", "quote")),
        ("transactions", ("currency",)),
        ("settlement_lines", ("currency", "paid_currency")),
        ("stated_balances", ("currency",)),
    ):
        frame = inputs.frame(name)
        for column in columns:
            seen |= set(frame[column].unique())
    return [
        {"currency": code, "name": Currency(code).currency_name, "minor_unit": minor_unit(code)}
        for code in sorted(seen)
    ]


_TEXT = "string"
COMPUTED: tuple[Computed, ...] = (
    term_input(
        "cost_centre_versions", "cost_centre", "cost_center",
        {"owner": _TEXT, "monthly_budget": COST, "currency": _TEXT},
        "History of cost centres.",
    ),
    term_input(
        "cost_price_versions", "price", "item", {"unit": _TEXT, "currency": _TEXT, "price": COST},
        "History of prices of the platform's own metering.",
    ),
    term_input("cost_discount_versions", "discount", "item", {"share": COST, "least": COST}, "History of discounts."),
    Computed(
        "cost_rule_versions",
        (
            ("version_key", _TEXT), ("rule", _TEXT), ("match", _TEXT), ("cost_center", _TEXT), ("share", COST),
            *VALIDITY,
        ),
        lambda inputs: list(_rule_rows(inputs)),
        "History of the rules of chargeback, a row a cost centre of a rule.",
        ("money_terms",),
    ),
    Computed(
        "cost_account_versions",
        (("version_key", _TEXT), ("billing_account", _TEXT), ("provider", _TEXT), ("currencies", _TEXT), *VALIDITY),
        _accounts,
        "History of billing accounts.",
        ("billing_charges",),
    ),
    Computed("cost_usage", USAGE, _usage, "Charges by cost centre.", ("billing_charges", "money_terms")),
    Computed(
        "cost_allocations",
        (
            ("billing_account", _TEXT), ("period_start", "date"), ("currency", _TEXT), ("cost_center", _TEXT),
            ("effective", COST), ("amount", COST), ("bill", COST), ("correction", COST),
        ),
        _allocations,
        "Bills by cost centre.",
        ("billing_charges", "money_terms"),
    ),
    Computed(
        "cost_course_parts",
        (
            ("billing_account", _TEXT), ("period_start", "date"), ("currency", _TEXT), ("course_id", _TEXT),
            ("amount", COST), ("minor", "int64"), ("minor_unit", "int32"),
        ),
        course_parts,
        "Bills by the course that charges name, and what courses have in common.",
        ("billing_charges",),
    ),
    Computed(
        "cost_forecasts",
        (
            ("month", "date"), ("currency", _TEXT), ("expected", COST), ("lower", COST), ("upper", COST),
            ("level", "float64"), ("method", _TEXT), ("months_known", "int32"), ("months_tested", "int32"),
            ("months_inside", "int32"),
        ),
        forecasts,
        "Forecast of effective cost by currency and month.",
        ("billing_charges",),
    ),
    Computed(
        "cost_tags",
        (("tag", _TEXT), ("value", _TEXT), ("charges", "int64"), ("first_at", "timestamp"), ("last_at", "timestamp")),
        _tags,
        "Labels that charges carry.",
        ("billing_charges",),
    ),
    Computed(
        "money_currencies",
        (("currency", _TEXT), ("name", _TEXT), ("minor_unit", "int32")),
        _currencies,
        "Currencies in use, by ISO 4217.",
        ("billing_charges", "exchange_rates", "transactions", "settlement_lines", "stated_balances"),
    ),
)  # fmt: skip
