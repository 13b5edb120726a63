"""What is kept of a log line: nothing that nobody thought of, nothing that names somebody."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from akademos.catalogue.log_fields import KEPT_FIELDS
from akademos.privacy.log_lines import kept_line, line_sum

AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
TEXT = st.text(max_size=60)
VALUES = st.one_of(TEXT, st.integers(), st.floats(), st.booleans(), st.none(), st.lists(TEXT, max_size=3), st.binary())


def test_what_is_on_the_list_stays_and_the_rest_is_named() -> None:
    line = kept_line(
        {"event": "job_ended", "level": "warning", "tenant": "demo", "job": "retention", "seconds": 1.5, "who": "Ada"},
        AT,
    )
    assert (line.event, line.level, line.tenant_id) == ("job_ended", "warning", "demo")
    assert json.loads(line.fields) == {"job": "retention", "seconds": 1.5}
    assert line.trimmed == ("who",)


def test_a_kept_field_with_a_value_that_may_name_somebody_is_left_out() -> None:
    for value in (
        "ada@example.org",
        "Ada Lovelace",
        "+49 170 1234567",
        "4917012345678",
        ["ok", "Ada L."],
        {"a": 1},
        b"x",
    ):
        line = kept_line({"event": "x", "subject": value}, AT)
        assert (json.loads(line.fields), line.trimmed) == ({}, ("subject",)), value
    uuid = "0190b5a4-1234-7000-8000-123456789012"
    assert json.loads(kept_line({"event": "x", "incident": uuid}, AT).fields) == {"incident": uuid}


def test_of_an_exception_its_kind_is_kept_and_never_its_words() -> None:
    failure = ValueError("ada@example.org is not a number")
    for said in (failure, (ValueError, failure, None)):
        line = kept_line({"event": "job_failed", "exc_info": said}, AT)
        assert json.loads(line.fields) == {"exception": "ValueError"}
        assert "ada" not in repr(line)


@given(st.dictionaries(st.one_of(st.sampled_from(sorted(KEPT_FIELDS)), TEXT), VALUES, max_size=8), TEXT, TEXT)
def test_any_line_is_kept_without_breaking_anything(fields: dict[str, object], event: str, tenant: str) -> None:
    line = kept_line({**fields, "event": event, "tenant": tenant, "level": "info"}, AT)
    kept = json.loads(line.fields)
    assert set(kept) <= KEPT_FIELDS
    assert set(kept).isdisjoint(line.trimmed)
    assert all("," not in name and "\x00" not in name for name in line.trimmed)
    assert "\x00" not in line.event + line.fields
    assert "@" not in line.event + line.fields
    assert 0 <= line_sum(line, "server", "i") < 2**60
