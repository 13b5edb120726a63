"""Laws of scales, steps, ticks, fitted text and locale-safe numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.serving.charts.axes import time_ticks
from akademos.serving.charts.decay import CurvePoint, level_at
from akademos.serving.charts.lettering import fit, text_width, wrap
from akademos.serving.charts.locale import ENGLISH, Locale
from akademos.serving.charts.marks import num
from akademos.serving.charts.scales import Linear, count_step, count_thresholds, days, share_step

COORDINATES = st.floats(-1e6, 1e6)
WORDS = st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=60)


@given(COORDINATES)
def test_a_coordinate_has_one_decimal_at_most_and_is_within_half_of_it(value: float) -> None:
    text = num(value)
    assert abs(float(text) - value) <= 0.05 + 1e-9 * abs(value)
    assert "," not in text
    assert "e" not in text
    assert text != "-0"
    assert len(text.partition(".")[2]) <= 1


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_scale_keeps_order_and_hits_its_ends(a: float, b: float) -> None:
    y = Linear(0, 1, 200, 10)
    assert (y(0), y(1)) == (200, 10)
    assert (a <= b) == (y(a) >= y(b)) or abs(a - b) < 1e-12


def test_a_scale_without_length_maps_to_the_middle() -> None:
    assert Linear(3, 3, 0, 10)(3) == 5


@given(st.lists(st.integers(0, 5000), max_size=200))
def test_count_steps_are_zero_for_none_and_ascend(counts: list[int]) -> None:
    thresholds = count_thresholds(counts)
    assert thresholds == sorted(set(thresholds))
    assert len(thresholds) <= 6
    assert thresholds[0] == 1
    steps = [count_step(count, thresholds) for count in sorted(counts)]
    assert steps == sorted(steps)
    assert all((step == 0) == (count == 0) for step, count in zip(steps, sorted(counts), strict=True))


@pytest.mark.parametrize(("share", "step"), [(None, None), (0, 0), (0.5, 3), (0.999, 6), (1, 6)])
def test_share_steps_are_seven_equal_parts(share: float | None, step: int | None) -> None:
    assert share_step(share) == step


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 4000), st.integers(1, 12))
def test_ticks_stay_inside_and_fit(first: date, span: int, room: int) -> None:
    last = first + timedelta(span)
    ticks = time_ticks(first, last, room)
    assert 1 <= len(ticks) <= room
    assert ticks == sorted(set(ticks))
    assert first <= ticks[0]
    assert ticks[-1] <= last


@given(WORDS, st.floats(10, 300), st.floats(8, 20))
def test_fitted_text_fits_or_is_one_letter(words: str, width: float, size: float) -> None:
    fitted = fit(words, width, size)
    assert text_width(fitted, size) <= width or len(fitted) <= 2
    assert fitted == words or fitted.endswith("\u2026")


@given(WORDS, st.floats(40, 300), st.integers(1, 3))
def test_wrapped_text_keeps_every_word_or_says_that_it_was_cut(words: str, width: float, lines: int) -> None:
    rows = wrap(words, width, 12, lines)
    assert len(rows) <= lines
    assert "".join(rows).replace(" ", "") == "".join(words.split()) or any("\u2026" in row for row in rows)


def test_numbers_and_days_are_written_by_the_locale_and_not_by_the_process() -> None:
    months = ("Jan", "Feb", "M\u00e4r", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
    german = Locale("de", ",", ".", "\u00a0%", months, (), ())
    assert (ENGLISH.number(1284), german.number(1284)) == ("1,284", "1.284")
    assert (ENGLISH.number(2.25, 1), german.number(2.25, 1)) == ("2.3", "2,3")
    assert (ENGLISH.percent(0.715), german.percent(0.715)) == ("72%", "72\u00a0%")
    assert ENGLISH.percent_range(0.592, 0.764) == "59\u201376%"
    assert ENGLISH.percent_range(0.701, 0.702) == "70%"
    assert ENGLISH.number(-0.4) == "0"
    assert german.day(date(2026, 3, 12)) == "12 M\u00e4r"
    assert ENGLISH.moment(datetime(2026, 3, 12, 8, 5, tzinfo=UTC)) == "12 Mar 2026, 08:05"


def test_days_count_in_utc_with_the_time_of_day() -> None:
    noon = datetime(2026, 3, 12, 12, tzinfo=UTC)
    assert days(noon) - days(date(2026, 3, 12)) == 0.5


def test_the_level_at_a_jump_is_the_one_behind_it() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    curve = [CurvePoint(start + timedelta(d), v) for d, v in ((0, 1.0), (4, 0.8), (4, 1.0), (8, 0.9))]
    assert level_at(curve, start + timedelta(2)) == pytest.approx(0.9)
    assert level_at(curve, start + timedelta(4)) == 1.0
    assert level_at(curve, start + timedelta(6)) == pytest.approx(0.95)
    assert level_at(curve, start - timedelta(1)) is None
