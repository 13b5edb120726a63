"""FOCUS billing rows, 1.0 to 1.2 -> charges.

Source: FinOps Open Cost and Usage Specification, versions 1.0, 1.1 and 1.2 (FinOps Foundation, CC BY 4.0). The columns
read here have the same names and meaning in all three.
"""

from __future__ import annotations

import json

import polars as pl

NAME = "focus"
NEEDED = (
    "BilledCost", "EffectiveCost", "BillingCurrency", "BillingAccountId", "BillingPeriodStart", "BillingPeriodEnd",
    "ChargeClass", "ServiceName",
)  # fmt: skip
OPTIONAL = (
    "ResourceId", "RegionId", "Tags", "ChargePeriodStart", "ChargePeriodEnd", "ProviderName", "ServiceCategory",
    "ChargeCategory", "ListCost", "ConsumedQuantity", "ConsumedUnit",
)  # fmt: skip
CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")
UNNAMED = "unnamed"
COST = pl.Decimal(38, 18)
LARGEST_COST, LARGEST_QUANTITY = 10**12, 10**15
"""From where on a number is none of one charge, so that sums of all of them can be kept."""
FIRST_YEAR, LAST_YEAR = 1990, 2100
"""As of payments: another year is a mistake in writing, and the books keep what they take."""
_COSTS = ("BilledCost", "EffectiveCost")
_TIMES = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")


def problems(rows: pl.DataFrame) -> pl.DataFrame:
    """What is wrong with rows whose values are texts; grain: one problem (line, column, problem).

    `line` must be a column of the rows.
    """
    present = [name for name in _TIMES if name in rows.columns]
    checks = [
        *((name, "is empty", pl.col(name).is_null()) for name in NEEDED if name != "ChargeClass"),
        *(check for name in _COSTS for check in _number_checks(name, LARGEST_COST)),
        *((name, "is no date and time", pl.col(name).is_not_null() & _time(name).is_null()) for name in present),
        *(
            (
                name,
                f"is not between {FIRST_YEAR} and {LAST_YEAR}",
                ~_time(name).dt.year().is_between(FIRST_YEAR, LAST_YEAR),
            )
            for name in present
        ),
        (
            "BillingPeriodEnd",
            "is not on a later day than BillingPeriodStart",
            _time("BillingPeriodEnd").dt.date() <= _time("BillingPeriodStart").dt.date(),
        ),
        (
            "ChargeClass",
            "is neither empty nor Correction",
            pl.col("ChargeClass").is_not_null() & (pl.col("ChargeClass") != "Correction"),
        ),
    ]
    for name, largest in (("ListCost", LARGEST_COST), ("ConsumedQuantity", LARGEST_QUANTITY)):
        if name in rows.columns:
            checks += _number_checks(name, largest)
    checks += [
        (name, "holds the sign NUL", pl.col(name).str.contains("\0", literal=True))
        for name in (*NEEDED, *OPTIONAL)
        if name in rows.columns and rows.schema[name] == pl.String
    ]
    if "ChargeCategory" in rows.columns:
        known = pl.col("ChargeCategory").is_in(CATEGORIES)
        checks.append(("ChargeCategory", "is none of " + ", ".join(CATEGORIES), ~known))
    if {"ChargePeriodStart", "ChargePeriodEnd"} <= set(present):
        ends_first = _time("ChargePeriodEnd") <= _time("ChargePeriodStart")
        checks.append(("ChargePeriodEnd", "is not after ChargePeriodStart", ends_first))
    if "ChargePeriodStart" in present:
        open_ended = pl.col("ChargePeriodEnd").is_null() if "ChargePeriodEnd" in present else pl.lit(value=True)
        too_late = open_ended & (_time("ChargePeriodStart") >= _time("BillingPeriodEnd"))
        checks.append(("ChargePeriodStart", "is after the billing period, and ChargePeriodEnd is empty", too_late))
    if "ChargePeriodEnd" in present:
        open_begun = pl.col("ChargePeriodStart").is_null() if "ChargePeriodStart" in present else pl.lit(value=True)
        too_early = open_begun & (_time("ChargePeriodEnd") <= _time("BillingPeriodStart"))
        checks.append(("ChargePeriodEnd", "is before the billing period, and ChargePeriodStart is empty", too_early))
    if "Tags" in rows.columns:
        object_there = pl.col("Tags").str.json_path_match("$").str.starts_with("{").fill_null(value=False)
        checks.append(("Tags", "is no JSON object", pl.col("Tags").is_not_null() & ~object_there))
        perhaps = object_there & pl.col("Tags").str.contains("\\u0000", literal=True)
        holds_nul = pl.when(perhaps).then(pl.col("Tags")).map_elements(_holds_nul, return_dtype=pl.Boolean)
        checks.append(("Tags", "holds the sign NUL", holds_nul))
    found = [
        rows.filter(wrong.fill_null(value=False)).select(
            "line", pl.lit(column).alias("column"), pl.lit(problem).alias("problem")
        )
        for column, problem, wrong in checks
    ]
    return pl.concat(found).sort("line", maintain_order=True)


def charges(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows without problems as `ledger.chargeback.CHARGES`; grain: one charge."""
    optional = {name: pl.col(name) if name in rows.columns else pl.lit(None, dtype=pl.String) for name in OPTIONAL}
    return rows.select(
        pl.col("BillingAccountId").alias("billing_account"),
        _time("BillingPeriodStart").dt.date().alias("period_start"),
        pl.col("BillingCurrency").alias("currency"),
        pl.col("ServiceName").alias("service"),
        optional["ResourceId"].alias("resource"),
        optional["RegionId"].alias("region"),
        optional["Tags"].alias("tags"),
        (pl.col("ChargeClass") == "Correction").fill_null(value=False).alias("correction"),
        _cost("BilledCost").alias("billed"),
        _cost("EffectiveCost").alias("effective"),
    )


def billing_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows without problems with all that is kept of them (dataset billing_charges); grain: one charge.

    A charge without a period of its own is for the whole billing period. Times are in UTC.
    """
    optional = {name: pl.col(name) if name in rows.columns else pl.lit(None, dtype=pl.String) for name in OPTIONAL}
    times = {name: _time(name) if name in rows.columns else pl.lit(None, dtype=pl.Datetime("us")) for name in _TIMES}

    def instant(name: str, otherwise: str) -> pl.Expr:
        return times[name].fill_null(times[otherwise]).dt.replace_time_zone("UTC")

    def cost(name: str) -> pl.Expr:
        return optional[name].cast(COST)

    return rows.select(
        "line",
        optional["ProviderName"].fill_null(UNNAMED).alias("provider"),
        pl.col("BillingAccountId").alias("billing_account"),
        times["BillingPeriodStart"].dt.date().alias("period_start"),
        times["BillingPeriodEnd"].dt.date().alias("period_end"),
        instant("ChargePeriodStart", "BillingPeriodStart").alias("charge_start"),
        instant("ChargePeriodEnd", "BillingPeriodEnd").alias("charge_end"),
        pl.col("BillingCurrency").alias("currency"),
        pl.col("ServiceName").alias("service"),
        optional["ServiceCategory"].fill_null("Other").alias("service_category"),
        optional["ResourceId"].alias("resource"),
        optional["RegionId"].alias("region"),
        optional["Tags"].fill_null("{}").alias("tags"),
        optional["ChargeCategory"].fill_null("Usage").alias("category"),
        (pl.col("ChargeClass") == "Correction").fill_null(value=False).alias("correction"),
        _cost("BilledCost").alias("billed"),
        _cost("EffectiveCost").alias("effective"),
        cost("ListCost").alias("listed"),
        cost("ConsumedQuantity").alias("quantity"),
        optional["ConsumedUnit"].alias("unit"),
    )


def _number_checks(name: str, largest: int) -> list[tuple[str, str, pl.Expr]]:
    number = pl.col(name).cast(COST, strict=False)
    rough = pl.col(name).cast(pl.Float64, strict=False)
    wide = (rough.is_finite() & (rough.abs() >= largest)).fill_null(value=False)
    return [
        (name, "is no decimal number", pl.col(name).is_not_null() & number.is_null() & ~wide),
        (name, f"is {largest:.0e} or more", wide),
    ]


def _holds_nul(tags: str) -> bool:
    """Whether the sign itself is there, not a backslash with letters after it."""
    return "\\u0000" in json.dumps(json.loads(tags)).replace("\\\\", "")


def _cost(name: str) -> pl.Expr:
    return pl.col(name).cast(COST, strict=False)


def _time(name: str) -> pl.Expr:
    text = pl.col(name).str.replace(" ", "T", literal=True).str.replace(r"(Z|[+-]00:?00)$", "")
    whole = pl.when(text.str.len_chars() == len("2026-01-01")).then(text + pl.lit("T00:00:00")).otherwise(text)
    return whole.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False)
