"""Rules that dropout risk is compared with, and that stand in for it where there is too little to learn from.

Grain: one learner and course, of everybody who registered before the cut-off, withdrawn or not.
"""

from __future__ import annotations

import polars as pl

from akademos.analytics.risk_tables import KEYS, RiskParameters, Tables, known


def risk_rules(tables: Tables, as_of: int, params: RiskParameters) -> pl.DataFrame:
    """KEYS, `gone` (has withdrawn before day `as_of`) and `inactive` (nothing done in the last `inactive_days`)."""
    seen = known(tables, as_of, params)
    lately = seen["activity"].filter(pl.col("day") >= as_of - params.inactive_days).select(KEYS).unique()
    return (
        seen["enrolments"]
        .unique(KEYS, keep="first", maintain_order=True)
        .select(*KEYS, gone=pl.col("withdrawn_day").is_not_null())
        .join(lately.with_columns(inactive=pl.lit(value=False)), on=KEYS, how="left")
        .with_columns(pl.col("inactive").fill_null(value=True))
        .sort(KEYS)
    )
