"""What one value may be, kind by kind: the cases at the border."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from akademos.catalogue.declarations import Kind, Property
from akademos.catalogue.value_checks import compile_property, parse_timestamp


def code(value: object, kind: Kind, **declared: object) -> str | None:
    """Code of the fault of a value, None when it is fine."""
    fault = compile_property(Property("it", kind, "a value", **declared))(value)  # type: ignore[arg-type]  # cases differ
    return None if fault is None else f"{fault.code}{fault.at}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, None),
        (10, None),
        (11, "out_of_range"),
        (-1, "out_of_range"),
        (10**400, "out_of_range"),
        (True, "wrong_type"),
        (3.0, "wrong_type"),
        ("3", "wrong_type"),
        (None, "wrong_type"),
    ],
)
def test_integer(value: object, expected: str | None) -> None:
    assert code(value, Kind.INTEGER, minimum=0, maximum=10) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, None),
        (1, None),
        (0.5, None),
        (1.0000001, "out_of_range"),
        (-0.1, "out_of_range"),
        (10**400, "out_of_range"),
        (float("nan"), "not_finite"),
        (float("inf"), "not_finite"),
        (float("-inf"), "not_finite"),
        (False, "wrong_type"),
        ("0.5", "wrong_type"),
    ],
)
def test_number(value: object, expected: str | None) -> None:
    assert code(value, Kind.NUMBER, minimum=0, maximum=1) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, None), (False, None), (1, "wrong_type"), (0, "wrong_type"), ("true", "wrong_type")],
)
def test_boolean(value: object, expected: str | None) -> None:
    assert code(value, Kind.BOOLEAN) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("abc", None),
        ("ä\nb", None),
        ("", "too_short"),
        ("abcd", "too_long"),
        ("a\0b", "text_not_storable"),
        ("a\ud800", "text_not_storable"),
        (1, "wrong_type"),
        (["abc"], "wrong_type"),
    ],
)
def test_string(value: object, expected: str | None) -> None:
    assert code(value, Kind.STRING, minimum=1, maximum=3) == expected


def test_string_with_pattern() -> None:
    rule = {"pattern": r"[a-z]+", "maximum": 5}
    assert code("abc", Kind.STRING, **rule) is None
    assert code("ABC", Kind.STRING, **rule) == "pattern_mismatch"
    assert code("abc\n", Kind.STRING, **rule) == "pattern_mismatch"
    assert code("abcdef", Kind.STRING, **rule) == "too_long"


def test_enumeration_is_closed() -> None:
    assert code("a", Kind.STRING, values=("a", "b")) is None
    assert code("A", Kind.STRING, values=("a", "b")) == "not_in_enumeration"
    assert code(["a"], Kind.STRING, values=("a", "b")) == "wrong_type"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["a"], None),
        ([], "too_few"),
        (["a", "b", "c"], "too_many"),
        (["a", 1], "wrong_type/1"),
        (["a", "x" * 300], "too_long/1"),
        ("a", "wrong_type"),
        (("a",), "wrong_type"),
    ],
)
def test_array(value: object, expected: str | None) -> None:
    assert code(value, Kind.STRINGS, minimum=1, maximum=2) == expected


def test_free_form_object() -> None:
    deep: object = "bottom"
    for _ in range(12):
        deep = {"a": deep}
    rule = {"maximum": 3, "free_text": "a form of the tenant's own"}
    assert code({"a": {"b/c": [1, "x", None]}}, Kind.OBJECT, **rule) is None
    assert code(deep, Kind.OBJECT, **rule) == "too_deep" + "/a" * 9
    assert code({"a": {"b/c": [1, float("nan")]}}, Kind.OBJECT, **rule) == "not_finite/a/b~1c/1"
    assert code({"a": 2**60}, Kind.OBJECT, **rule) == "out_of_range/a"
    assert code(dict.fromkeys("abcd", 1), Kind.OBJECT, **rule) == "too_many"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-05T08:30:00Z", datetime(2026, 11, 5, 8, 30, tzinfo=UTC)),
        ("2026-11-05T08:30:00.25+01:00", datetime(2026, 11, 5, 7, 30, 0, 250_000, tzinfo=UTC)),
        ("2026-11-05 08:30-0330", datetime(2026, 11, 5, 12, 0, tzinfo=UTC)),
        ("2026-11-05T08:30:00.123456789Z", datetime(2026, 11, 5, 8, 30, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_timestamp(text: str, instant: datetime) -> None:
    assert parse_timestamp(text) == instant
    assert code(text, Kind.TIMESTAMP) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-05T08:30:00",  # no offset
        "2026-11-05",
        "20261105T083000Z",  # basic form
        "2026-W45-4T08:30:00Z",
        "2026-02-30T08:30:00Z",
        "2026-11-05T24:30:00Z",
        "2026-11-05T08:30:60Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "yesterday",
        "",
    ],
)
def test_what_is_no_timestamp(text: str) -> None:
    assert parse_timestamp(text) is None
    assert code(text, Kind.TIMESTAMP) == "not_a_timestamp"
    assert code(1_762_331_400, Kind.TIMESTAMP) == "wrong_type"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-05", None),
        ("2026-02-29", "not_a_date"),
        ("20261105", "not_a_date"),
        ("2026-W45-4", "not_a_date"),
        ("2026-11-05T00:00:00Z", "not_a_date"),
        (20261105, "wrong_type"),
    ],
)
def test_date(value: object, expected: str | None) -> None:
    assert code(value, Kind.DATE) == expected
