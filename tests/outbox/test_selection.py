"""What leaves, and to whom: attempts to get more than a consumer may."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.catalogue.declarations import Basis, Purpose
from akademos.outbox.selection import (
    Change,
    Decisions,
    PublishedRecord,
    Recipient,
    content,
    may_leave,
    pseudonym,
    subject,
)

AT = datetime(2026, 11, 21, tzinfo=UTC)
ABOUT = PublishedRecord(
    "learning_certificates", ("certificate_id",), ("status", "course_id"), "learner_key", Basis.CONTRACT
)
ROW = {
    "certificate_id": "c-1",
    "learner_key": "0d9b7c55-8c4f-4a53-9a0b-1f1f6a3f5a11",
    "status": "issued",
    "course_id": "anatomy",
    "note": "for Ada Lovelace",
}
CHANGE = Change("learning_certificates", {"certificate_id": "c-1"}, "issue", 2, AT, {**ROW, "status": "draft"}, ROW)


def recipient(people: str = "pseudonym", *purposes: Purpose) -> Recipient:
    chosen = purposes or (Purpose.LEARNING_SUPPORT,)
    return Recipient("graph", frozenset({"learning_certificates"}), people, chosen)  # type: ignore[arg-type]


def test_only_declared_fields_leave() -> None:
    told = content(CHANGE, ABOUT, "abc")
    assert told == {
        "record": "learning_certificates",
        "key": {"certificate_id": "c-1"},
        "action": "issue",
        "version": 2,
        "changed": ["status"],
        "values": {"status": "issued", "course_id": "anatomy"},
        "person": "abc",
    }
    assert "user_id" in content(CHANGE, ABOUT, "abc", "u-1")
    unknown = content(CHANGE, ABOUT)
    assert "person" not in unknown
    assert unknown["key"] == {}
    assert subject(CHANGE, ABOUT) is None
    assert subject(CHANGE, ABOUT, "abc") == "learning_certificates/c-1"


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8)), st.dictionaries(st.text(max_size=8), st.text()))
def test_no_value_of_another_field_leaves(before: dict[str, str], after: dict[str, str]) -> None:
    told = content(Change("learning_certificates", {**after}, "update", 1, AT, before, after), ABOUT)
    assert set(told["values"]) <= {"status", "course_id"}
    assert set(told["key"]) <= {"certificate_id"}
    assert set(told["changed"]) <= {"status", "course_id"}


def test_a_key_with_a_person_in_it_is_no_subject() -> None:
    about = PublishedRecord("enrolments", ("course_id",), (), "learner_key", Basis.CONTRACT)
    change = Change("enrolments", {"learner_key": ROW["learner_key"], "course_id": "a/b"}, "create", 1, AT, None, {})
    assert subject(change, about, "abc") == "enrolments/a~1b"
    nothing = PublishedRecord("advisee_assignments", (), (), "learner_key", Basis.CONTRACT)
    assert subject(change, nothing, "abc") is None


@pytest.mark.parametrize("purpose", [Purpose.LEARNING_SUPPORT, Purpose.ADVISING])
def test_a_record_under_contract_leaves_until_it_is_stopped(purpose: Purpose) -> None:
    nobody_asked = Decisions(frozenset(), frozenset())
    assert may_leave(ABOUT, recipient("pseudonym", purpose), nobody_asked)
    stopped = Decisions(frozenset(Purpose), frozenset({purpose}))
    assert not may_leave(ABOUT, recipient("pseudonym", purpose), stopped)


def test_a_record_under_consent_needs_it_for_every_purpose() -> None:
    about = PublishedRecord("tutor_sessions", (), (), "learner_key", Basis.CONSENT)
    taker = Recipient("graph", frozenset({"tutor_sessions"}), "pseudonym", (Purpose.ADVISING, Purpose.RESEARCH))
    one = Decisions(frozenset({Purpose.ADVISING}), frozenset())
    both = Decisions(frozenset({Purpose.ADVISING, Purpose.RESEARCH}), frozenset())
    assert not may_leave(about, taker, one)
    assert may_leave(about, taker, both)


def test_nothing_of_whoever_is_gone_or_not_asked_for() -> None:
    assert not may_leave(ABOUT, recipient(), None)
    assert not may_leave(ABOUT, recipient("none"), None)
    other = Recipient("graph", frozenset({"learning_courses"}), "user_id", (Purpose.LEARNING_SUPPORT,))
    assert not may_leave(ABOUT, other, Decisions(frozenset(Purpose), frozenset()))


def test_consumers_cannot_compare_their_names_for_people() -> None:
    key = bytes(32)
    names = {pseudonym(key, consumer, ROW["learner_key"]) for consumer in ("graph", "memory")}
    assert len(names) == 2
    assert pseudonym(key, "graph", ROW["learner_key"]) in names
    assert pseudonym(bytes([1] * 32), "graph", ROW["learner_key"]) not in names
