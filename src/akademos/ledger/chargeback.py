"""Chargeback: what each cost centre pays of a bill, so that the parts sum to the bill to the minor unit.

The bill of a billing account, period and currency is its BilledCost, rounded once. What is allocated is EffectiveCost,
which spreads purchases over the time in which they are used: each charge goes to the cost centres of the first rule
that fits it. The bill is then divided by what was allocated (`divided`), in whole minor units, before any exchange.
Corrections of earlier periods (ChargeClass Correction) are part of the bill that brings them, and shown beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

import polars as pl

from akademos.errors import InputError
from akademos.ledger.money import DIGITS, decimals, from_minor, largest_remainder, minor_unit, to_minor, whole_parts

BILL = ["billing_account", "period_start", "currency"]
COST = pl.Decimal(38, 18)
PLACES = 18
_SMALLEST = Decimal(1).scaleb(-PLACES)
MATCHED = ("service", "resource", "region", "billing_account")
"""What rules may match, beside tags."""

CHARGES: dict[str, pl.DataType | type[pl.DataType]] = {
    "billing_account": pl.String,
    "period_start": pl.Date,
    "currency": pl.String,
    "service": pl.String,
    "resource": pl.String,
    "region": pl.String,
    "tags": pl.String,
    "correction": pl.Boolean,
    "billed": COST,
    "effective": COST,
}
"""What is charged; grain: one charge. `tags` is a JSON object, `period_start` the first day of the billing period."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Which charges go where.

    Attributes:
        matches: what must be equal: `service`, `resource`, `region`, `billing_account` or `tag.NAME`.
        shares: cost centre -> its part of a charge; the parts sum to 1.

    Raises:
        InputError: it matches by something else, or its shares are not parts of 1.
    """

    matches: Mapping[str, str]
    shares: Mapping[str, Decimal]

    def __post_init__(self) -> None:
        unknown = [name for name in self.matches if name not in MATCHED and not name.startswith("tag.")]
        if unknown:
            raise InputError(
                f"Rules know no `{unknown[0]}`.", hint=f"Match {', '.join(MATCHED)} or tag.NAME.", pointer=unknown[0]
            )
        if any(name == "tag." or "\\" in name for name in self.matches):
            raise InputError("A tag has no name, or a backslash in it.", hint="Name a tag without one, tag.NAME.")
        if any(decimals(share) > PLACES for share in self.shares.values()):
            raise InputError(f"A share has more than {PLACES} decimals.", hint="Round it; the shares must sum to 1.")
        if sum(self.shares.values()) != 1 or any(share <= 0 for share in self.shares.values()):
            raise InputError(
                f"The shares {dict(self.shares)} of a rule are not parts of 1.", hint="Make them positive and sum to 1."
            )


def chargeback(charges: pl.DataFrame, rules: Sequence[Rule], unallocated: str) -> pl.DataFrame:
    """What each cost centre pays; grain: one bill (account, period, currency) and cost centre.

    Args:
        charges: as `CHARGES`.
        rules: the first that fits a charge decides.
        unallocated: the cost centre of charges that no rule fits, and of a bill of which nothing was allocated.

    Returns:
        billing_account, period_start, currency, cost_centre, effective (allocated EffectiveCost), amount (what it pays;
        sums to the bill), bill (BilledCost in whole minor units), correction (BilledCost of corrections in the bill).
    """
    parts_of = _by_bill(charges, rules, unallocated)
    bills = charges.group_by(BILL, maintain_order=True).agg(
        pl.col("billed").sum(), pl.col("billed").filter(pl.col("correction")).sum().alias("correction")
    )
    rows: list[dict[str, object]] = []
    for bill in bills.sort(BILL).iter_rows(named=True):
        name = {column: bill[column] for column in BILL}
        mine = parts_of.filter(*(pl.col(column) == value for column, value in name.items()))
        centres, effective = mine["cost_centre"].to_list(), mine["effective"].to_list()
        total = to_minor(bill["billed"], bill["currency"])
        if any(effective):
            parts = divided(total, effective, bill["currency"])
        else:
            centres = [*centres, unallocated] if unallocated not in centres else centres
            effective += [Decimal(0)] * (len(centres) - len(effective))
            parts = [total if centre == unallocated else 0 for centre in centres]
        rows += [
            {
                **name,
                "cost_centre": centre,
                "effective": cost,
                "amount": from_minor(part, bill["currency"]),
                "bill": from_minor(total, bill["currency"]),
                "correction": bill["correction"],
            }
            for centre, cost, part in zip(centres, effective, parts, strict=True)
        ]
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        **{column: CHARGES[column] for column in BILL},
        "cost_centre": pl.String,
        **dict.fromkeys(("effective", "amount", "bill", "correction"), COST),
    }
    return pl.DataFrame(rows, schema=schema)


def divided(bill: int, effective: Sequence[Decimal], currency: str) -> list[int]:
    """Whole minor units that each part pays of a bill, by the cost that was allocated to it; they sum to the bill.

    In proportion where all parts have one sign. Where some are credits, which nearly cancel out the rest, a proportion
    would be of any size: each part then pays what was allocated to it, and what the bill is more or less than all that
    is divided in proportion to the parts above zero.

    >>> divided(100, [Decimal(2), Decimal(1)], "EUR")
    [67, 33]
    >>> divided(120_100, [Decimal(100), Decimal(-99)], "EUR")
    [130000, -9900]

    Raises:
        ValueError: all parts are zero.
    """
    if min(effective) >= 0 or max(effective) <= 0:
        return largest_remainder(bill, effective)
    minor = [Fraction(cost) * 10 ** minor_unit(currency) for cost in effective]
    used = [max(cost, Fraction(0)) for cost in minor]
    beside = (bill - sum(minor)) / sum(used)
    return whole_parts([cost + beside * weight for cost, weight in zip(minor, used, strict=True)])


def allocated(charges: pl.DataFrame, rules: Sequence[Rule], unallocated: str) -> pl.DataFrame:
    """EffectiveCost of each charge by cost centre; grain: one charge and cost centre.

    Args:
        charges: as `CHARGES`, and any column of its own, e.g. an id.
        rules: the first that fits a charge decides.
        unallocated: the cost centre of charges that no rule fits.

    Returns:
        The columns of `charges`, of which `effective` is the cost centre's part of it; `rule` (place of the rule, from
        0; the number of rules where none fits), `cost_centre`, `share`. A charge's parts sum to it exactly: what
        rounding to 18 decimals leaves is its last cost centre's.
    """
    which = pl.lit(len(rules), dtype=pl.Int32)
    for place, rule in reversed(list(enumerate(rules))):
        fits = pl.all_horizontal(*(_matches(name, value) for name, value in rule.matches.items()), pl.lit(value=True))
        which = pl.when(fits).then(pl.lit(place, dtype=pl.Int32)).otherwise(which)
    shares = {place: list(rule.shares.items()) for place, rule in enumerate(rules)}
    shares[len(rules)] = [(unallocated, Decimal(1))]
    found = charges.with_columns(which.alias("rule"))
    rows: list[tuple[int, str, Decimal, Decimal]] = []
    with localcontext(prec=DIGITS):
        for number, (cost, place) in enumerate(zip(found["effective"], found["rule"], strict=True)):
            left = cost
            for centre, share in shares[place][:-1]:
                part = (cost * share).quantize(_SMALLEST)
                rows.append((number, centre, share, part))
                left -= part
            rows.append((number, *shares[place][-1], left))
    split = pl.DataFrame(
        rows,
        schema={"number": pl.UInt32, "cost_centre": pl.String, "share": COST, "effective": COST},
        orient="row",
    )
    return (
        found.drop("effective").with_row_index("number").join(split, on="number", maintain_order="right").drop("number")
    )


def _by_bill(charges: pl.DataFrame, rules: Sequence[Rule], unallocated: str) -> pl.DataFrame:
    """EffectiveCost by bill and cost centre, in the order of cost centres' names."""
    parts = allocated(charges, rules, unallocated)
    return parts.group_by(*BILL, "cost_centre").agg(pl.col("effective").sum()).sort(*BILL, "cost_centre")


def _matches(name: str, value: str) -> pl.Expr:
    if name.startswith("tag."):
        tag = name.removeprefix("tag.").replace("'", "\\'")
        return pl.col("tags").str.json_path_match(f"$['{tag}']").eq(value).fill_null(value=False)
    return pl.col(name).eq(value).fill_null(value=False)
