"""The checks of the HTTP door over whole columns: what an imported event may say, and what is refused of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_

import polars as pl

from akademos.catalogue.declarations import CoreProperty, Kind, Property
from akademos.catalogue.denied_keys import is_denied
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.registry import KnownEvent, Registry
from akademos.errors import InputError
from akademos.intake import personal_data
from akademos.sources.event_frame import FIXED, PROPERTY, EventBatch

_PERHAPS = r"@|\+[1-9]"
_NUMBERS = {Kind.INTEGER: pl.Int64, Kind.NUMBER: pl.Float64}
_DATES = r"^(?:19|20|21)\d\d-\d\d-\d\d$"
_WORDS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False, "yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """Events that passed, typed as declared, and the refused rows (row, code, hint)."""

    known: KnownEvent
    batch: EventBatch
    frame: pl.DataFrame
    problems: pl.DataFrame
    dropped: tuple[str, ...]


def check(batch: EventBatch, registry: Registry, received_at: datetime) -> CheckedBatch:
    """Check one batch; good rows pass even if others are bad.

    Raises:
        InputError: the event is not in the dictionary, or a column can only hold personal data; nothing passes then.
    """
    known = registry.lookup(batch.event_name)
    if known is None:
        raise InputError(
            f"The dictionary has no event `{batch.event_name}`.",
            hint="`akademos events show` lists them; recode with [values.event_name] in the column map.",
            code="event_unknown",
        )
    frame = batch.frame
    declared: dict[str, Property | CoreProperty] = {PROPERTY + rule.name: rule for rule in known.event.properties}
    declared |= {rule.name: rule for rule in registry.core if rule.set_by == "sender"}
    for name in frame.columns:
        if is_denied(name.removeprefix(PROPERTY)):
            raise InputError(
                f"The column `{name.removeprefix(PROPERTY)}` holds personal data.",
                hint="Leave it out of the column map.",
                code="personal_data_key",
            )
    unknown = tuple(name for name in frame.columns if name not in declared and name not in (*FIXED, "event_id"))
    frame = frame.drop(unknown)
    faults: list[tuple[pl.Expr, str, str]] = []
    typed: list[pl.Expr] = []
    for name in frame.columns:
        if name in declared:
            value, found = _column(name, declared[name], frame)
            typed.append(value)
            faults += found
    faults += _required(known, frame)
    ahead = pl.col("occurred_at") > received_at + LIMITS.future
    faults.append((ahead, "in_the_future", "It happened after this import."))
    faults += _personal(frame)
    verdicts = frame.select("row", *(fault.alias(str(index)) for index, (fault, _, _) in enumerate(faults)))
    bad = verdicts.select(pl.any_horizontal(pl.exclude("row").fill_null(value=False))).to_series()
    problems = batch.problems
    if bad.any():
        reasons = reduce(
            lambda rest, one: pl.when(pl.col(str(one[0]))).then(pl.lit(one[0])).otherwise(rest),
            reversed(list(enumerate(faults))),
            pl.lit(None, dtype=pl.Int32),
        )
        codes = pl.DataFrame(
            {
                "fault": pl.Series(range(len(faults)), dtype=pl.Int32),
                "code": [code for _, code, _ in faults],
                "hint": [hint for _, _, hint in faults],
            }
        )
        refused = verdicts.filter(bad).select("row", reasons.cast(pl.Int32).alias("fault"))
        problems = pl.concat([problems, refused.join(codes, on="fault").select("row", "code", "hint")])
        frame = frame.filter(~bad)
    return CheckedBatch(known, batch, frame.with_columns(typed), problems, unknown)


def _column(
    name: str, rule: Property | CoreProperty, frame: pl.DataFrame
) -> tuple[pl.Expr, list[tuple[pl.Expr, str, str]]]:
    """The typed column, and its faults: condition on the source frame, code, hint."""
    column, dtype = pl.col(name), frame.schema[name]
    plain = name.removeprefix(PROPERTY)
    there = column.is_not_null()
    if rule.kind in _NUMBERS:
        value = column.cast(pl.Float64) if dtype.is_numeric() else column.cast(pl.String).cast(pl.Float64, strict=False)
        wrong = there & (value.is_null() | value.is_nan() | value.is_infinite())
        if rule.kind is Kind.INTEGER:
            wrong = wrong | (there & (value != value.floor()))
        low, high = rule.minimum, rule.maximum
        outside = (value < low if low is not None else pl.lit(value=False)) | (
            value > high if high is not None else pl.lit(value=False)
        )
        return value.cast(_NUMBERS[rule.kind], strict=False).alias(name), [
            (wrong, "wrong_type", f"{plain} must be a number."),
            (outside, "out_of_range", f"{plain} must be between {low} and {high}."),
        ]
    if rule.kind is Kind.BOOLEAN:
        value = column
        if dtype != pl.Boolean:
            text = column.cast(pl.String).str.to_lowercase()
            value = text.replace_strict(_WORDS, default=None, return_dtype=pl.Boolean)
        return value.alias(name), [(there & value.is_null(), "wrong_type", f"{plain} must be true or false.")]
    if rule.kind is Kind.STRINGS:
        value = column if isinstance(dtype, pl.List) else pl.concat_list(column.cast(pl.String)).list.drop_nulls()
        longest = value.list.eval(pl.element().cast(pl.String).str.len_chars()).list.max()
        many = value.list.len() > (rule.maximum or 1000)
        return value.cast(pl.List(pl.String)).alias(name), [
            (many | (longest > 256), "too_long", f"{plain} has too many or too long elements.")
        ]
    value = column.cast(pl.String)
    faults = [(value.str.len_chars() > (rule.maximum or 256), "too_long", f"{plain} is too long.")]
    if rule.kind is Kind.DATE:
        faults.append((there & ~value.str.contains(_DATES), "not_a_date", f"{plain} must be an ISO 8601 date."))
    if rule.values:
        allowed = ", ".join(rule.values)
        faults.append((there & ~value.is_in(rule.values), "not_in_enumeration", f"{plain} must be one of: {allowed}."))
    if rule.pattern:
        matches = value.str.contains(f"^(?:{rule.pattern})$")
        faults.append((there & ~matches, "pattern_mismatch", f"{plain} must match {rule.pattern}."))
    return value.alias(name), faults


def _required(known: KnownEvent, frame: pl.DataFrame) -> Iterator[tuple[pl.Expr, str, str]]:
    def missing(name: str) -> pl.Expr:
        return pl.col(name).is_null() if name in frame.columns else pl.lit(value=True)

    event = known.event
    for rule in event.properties:
        if rule.required:
            yield missing(PROPERTY + rule.name), "missing_property", f"{rule.name} is required."
    for name in event.required_core:
        if name != "user_id":
            yield missing(name), "missing_property", f"{name} is required."
    for group in event.require_one_of:
        none = reduce(and_, (missing(PROPERTY + name) for name in group))
        yield none, "missing_property", f"One of {', '.join(group)} is required."


def _personal(frame: pl.DataFrame) -> Iterator[tuple[pl.Expr, str, str]]:
    """Patterns are looked for among the different values of a column, which are few."""
    for name, dtype in frame.schema.items():
        if name in ("identity", "event_id"):
            continue
        if dtype == pl.String:
            values = frame[name].unique()
        elif dtype == pl.List(pl.String):
            values = frame[name].explode().unique()
        else:
            continue
        found = [one for one in values.filter(values.str.contains(_PERHAPS)) if one and personal_data.kind_of(one)]
        if found:
            hit = (
                pl.col(name).is_in(found)
                if dtype == pl.String
                else pl.col(name).list.eval(pl.element().is_in(found)).list.any()
            )
            plain = name.removeprefix(PROPERTY)
            yield hit, "personal_data", f"{plain} holds an e-mail address or a phone number."
