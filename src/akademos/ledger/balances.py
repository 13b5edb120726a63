"""What payment providers still have to pay out: balances as sums of movements, beside those that they state."""

from __future__ import annotations

import polars as pl

AMOUNT = pl.Decimal(38, 4)
ACCOUNT = ["merchant", "account", "currency"]

MOVEMENTS = pl.Schema(
    {
        "merchant": pl.String(),
        "account": pl.String(),
        "currency": pl.String(),
        "day": pl.Date(),
        "kind": pl.String(),
        "amount": AMOUNT,
    }
)
"""One movement of an account; `kind` is taken (a transaction; a refund is below zero) or settled (a payout is)."""

SNAPSHOTS = ("opening", "taken", "settled", "closing")


def movements(transactions: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Every transaction adds its amount to its account's balance on its day, every settlement line takes its gross.

    Args:
        transactions: merchant, account, currency, posted_on, amount.
        lines: merchant, account, currency, settled_on, gross.

    Returns:
        `MOVEMENTS`.
    """
    taken = transactions.select(*ACCOUNT, pl.col("posted_on").alias("day"), pl.lit("taken").alias("kind"), "amount")
    settled = lines.select(
        *ACCOUNT, pl.col("settled_on").alias("day"), pl.lit("settled").alias("kind"), (-pl.col("gross")).alias("amount")
    )
    return pl.concat([taken.cast(MOVEMENTS), settled.cast(MOVEMENTS)])


def snapshots(moved: pl.DataFrame, stated: pl.DataFrame | None = None) -> pl.DataFrame:
    """The balance of every account at the end of each day (UTC) that moved it; between two of them it stays.

    Args:
        moved: as `MOVEMENTS`.
        stated: merchant, account, currency, day: further evenings that have a row, with the balance that stands.

    Returns:
        merchant, account, currency, day, and the columns of `SNAPSHOTS`: closing = opening + taken + settled, and the
        opening of a day is the closing of the one before. Grain: one account, currency and day.
    """
    if stated is not None:
        still = stated.select(*ACCOUNT, "day", pl.lit("taken").alias("kind"), pl.lit(0).alias("amount"))
        moved = pl.concat([moved, still.cast(MOVEMENTS)])
    days = (
        moved.group_by(*ACCOUNT, "day")
        .agg(
            pl.col("amount").filter(pl.col("kind") == "taken").sum().alias("taken"),
            pl.col("amount").filter(pl.col("kind") == "settled").sum().alias("settled"),
        )
        .sort(*ACCOUNT, "day")
    )
    closing = (pl.col("taken") + pl.col("settled")).cum_sum().over(ACCOUNT).cast(AMOUNT)
    return days.with_columns(closing.alias("closing")).select(
        *ACCOUNT,
        "day",
        (pl.col("closing") - pl.col("taken") - pl.col("settled")).cast(AMOUNT).alias("opening"),
        pl.col("taken").cast(AMOUNT),
        pl.col("settled").cast(AMOUNT),
        "closing",
    )


def against_stated(days: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """Stated balances beside our own of the same evening.

    Args:
        days: as `snapshots` gives them.
        stated: merchant, account, currency, day, balance.

    Returns:
        merchant, account, currency, day, closing (ours; zero where nothing moved yet), balance (theirs), difference
        (theirs less ours). Grain: one stated balance.
    """
    ours = days.select(*ACCOUNT, "day", "closing").sort("day")
    return (
        stated.select(*ACCOUNT, "day", pl.col("balance").cast(AMOUNT))
        .sort("day")
        .join_asof(ours, on="day", by=ACCOUNT, strategy="backward", check_sortedness=False)
        .with_columns(pl.col("closing").fill_null(0).cast(AMOUNT))
        .with_columns((pl.col("balance") - pl.col("closing")).cast(AMOUNT).alias("difference"))
        .select(*ACCOUNT, "day", "closing", "balance", "difference")
        .sort(*ACCOUNT, "day")
    )
