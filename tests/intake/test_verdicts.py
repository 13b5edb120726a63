"""What a sender is told, and what is kept: every verdict, every kind of bad input, every resend."""

from __future__ import annotations

import gzip
import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
import zstandard

from akademos.catalogue.declarations import Purpose
from akademos.errors import AkademosError
from akademos.intake.decode import Unparsable

from .conftest import START, Door, answered


def equation(door: Door) -> None:
    """received = accepted + held + duplicate + conflict + suppressed + rejected, against the rows themselves."""
    totals = door.rows(
        "SELECT sum(received), sum(accepted), sum(held), sum(duplicate), sum(conflict), sum(suppressed), sum(rejected) "
        "FROM receipts"
    )[0]
    assert totals[0] == sum(totals[1:])
    by_verdict = dict(door.rows("SELECT verdict, count(*) FROM envelopes GROUP BY 1"))
    assert by_verdict.get("duplicate", 0) == totals[3]
    assert by_verdict.get("conflict", 0) == totals[4]
    assert by_verdict.get("rejected", 0) == totals[6]
    logs = door.count("preference_log") + door.count("security_log")
    assert door.count("landing") + logs + _moved(door, "withdrawn") == totals[1] + _moved(door, "released")


def _moved(door: Door, kind: str) -> int:
    return int(door.rows(f"SELECT coalesce(sum(events), 0) FROM movements WHERE kind = '{kind}'")[0][0])


def test_consented_is_accepted_and_the_rest_is_held(door: Door) -> None:
    door.grant("u-1", Purpose.LEARNING_SUPPORT)
    assert door.verdicts(answered("u-1"), answered("u-2")) == ["accepted", "held"]
    assert (door.count("landing"), door.count("held")) == (1, 1)
    equation(door)


def test_held_says_until_when(door: Door) -> None:
    verdict = door.batch(answered("u-1")).verdicts[0]
    assert verdict["expires_at"] == (START + timedelta(hours=24)).isoformat()


def test_consent_that_comes_later_releases(door: Door) -> None:
    door.batch(answered("u-1"), answered("u-2"))
    door.grant("u-1", Purpose.LEARNING_SUPPORT)
    assert (door.count("landing"), door.count("held")) == (1, 1)
    key = door.rows("SELECT actor_key::text FROM landing")[0][0]
    assert key == door.person("u-1")
    equation(door)


def test_consent_to_another_purpose_releases_nothing(door: Door) -> None:
    door.batch(answered("u-1"))
    purposes = door.registry.latest("question_submitted").purposes
    others = [purpose for purpose in Purpose if purpose not in purposes]
    if not others:
        pytest.skip("answers serve every purpose")
    door.grant("u-1", *others)
    assert (door.count("landing"), door.count("held")) == (0, 1)


def test_withdrawal_deletes_what_waits(door: Door) -> None:
    door.grant("u-1")
    door.grant("u-2")
    door.batch(answered("u-1"), answered("u-1"), answered("u-2"))
    assert door.withdraw("u-1") == 2
    assert door.count("landing") == 1
    assert door.verdicts(answered("u-1")) == ["held"]
    assert len(door.consent.pending_withdrawals()) == 1
    equation(door)


def test_withdrawal_of_one_purpose_keeps_what_another_covers(door: Door) -> None:
    purposes = door.registry.latest("question_submitted").purposes
    if len(purposes) < 2:
        pytest.skip("answers serve one purpose only")
    door.grant("u-1", *purposes)
    door.batch(answered("u-1"))
    assert door.withdraw("u-1", purposes[0]) == 0
    assert door.count("landing") == 1


def test_first_wins(door: Door) -> None:
    door.grant("u-1")
    event = answered("u-1")
    other = {**event, "properties": {"correct": False}}
    assert door.verdicts(event, event, other) == ["accepted", "duplicate", "conflict"]
    assert door.verdicts(event, other) == ["duplicate", "conflict"]
    assert json.loads(bytes(door.rows("SELECT raw FROM landing")[0][0]))["properties"]["correct"] is True
    equation(door)


def test_order_of_keys_is_no_content(door: Door) -> None:
    door.grant("u-1")
    event = answered("u-1")
    assert door.verdicts(event, dict(reversed(event.items()))) == ["accepted", "duplicate"]


@pytest.mark.parametrize(
    ("days", "clock", "verdict"),
    [
        (1, True, "duplicate"),
        (29, True, "duplicate"),
        (31, True, "duplicate"),  # the index reaches further than the limit on age: found first
        (31, False, "duplicate"),
        (400, True, "rejected"),  # the index has forgotten it, and it is too old to be new
        (400, False, "accepted"),  # without a clock nothing protects beyond 35 days; the reference says so
    ],
)
def test_resending_later(door: Door, days: int, clock: bool, verdict: str) -> None:
    door.grant("u-1")
    event = answered("u-1", START if clock else None)
    assert door.verdicts(event, sent_at=START) == ["accepted"]
    door.pass_time(days=days)
    if days > 35:
        with door.database.pipeline() as transaction:  # what the expiry job does
            transaction.execute("DELETE FROM event_index WHERE received_at < %s", (door.now - timedelta(days=35),))
    answer = door.batch(event, sent_at=door.now)
    assert [one["verdict"] for one in answer.verdicts] == [verdict]
    if verdict == "rejected":
        assert answer.verdicts[0]["code"] == "too_old"
        assert "ingest" in answer.verdicts[0]["hint"]
    assert door.count("landing") == (2 if verdict == "accepted" else 1)
    equation(door)


def test_resending_with_a_new_sent_at_or_across_a_month_is_a_duplicate(door: Door) -> None:
    door.grant("u-1")
    last_minute = START.replace(month=3, day=31, hour=23, minute=59)
    door.now = last_minute + timedelta(seconds=5)
    event = answered("u-1", last_minute)
    assert door.verdicts(event, sent_at=door.now) == ["accepted"]
    door.pass_time(minutes=10)
    assert door.verdicts(event, sent_at=door.now - timedelta(minutes=3)) == ["duplicate"]


def test_resending_after_login_or_as_somebody_else_is_a_conflict(door: Door) -> None:
    door.grant("u-1")
    door.grant("u-2")
    anonymous = str(uuid.uuid4())
    door.grant(anonymous, kind="anonymous")
    before = {key: value for key, value in answered("x").items() if key != "user_id"} | {"anonymous_id": anonymous}
    after = {**before, "user_id": "u-1"}
    assert door.verdicts(before) == ["accepted"]
    assert door.verdicts(after, {**after, "user_id": "u-2"}) == ["conflict", "conflict"]
    assert door.count("landing") == 1
    equation(door)


def test_tenants_do_not_share_ids(door: Door) -> None:
    door.grant("u-1")
    event = answered("u-1")
    door.batch(event)
    with door.database.pipeline() as transaction:
        transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES ('school', 'A school')")
    door.key = type(door.key)("school", "key-2", "app", frozenset({"ingest"}), 1000, 1000, strict=False)
    assert door.verdicts(event) == ["held"]


def test_opt_out_suppresses_product_events_and_nothing_else(door: Door) -> None:
    door.grant("u-1")
    plan = door.registry.latest("career_match_viewed").example
    viewed = {
        **dict(plan),
        "user_id": "u-1",
        "event_id": str(uuid.uuid4()),
        "client_timestamp": START.isoformat(),
    }
    assert door.registry.latest("career_match_viewed").stopped_by_opt_out
    assert door.verdicts(viewed) == ["accepted"]
    out = {
        "event_id": str(uuid.uuid4()),
        "event_name": "settings_tracking_opt_out",
        "user_id": "u-1",
        "client_timestamp": START.isoformat(),
        "properties": {"tracking_opt_out": True},
    }
    assert door.verdicts(out) == ["accepted"]
    assert door.count("preference_log") == 1
    again = {**viewed, "event_id": str(uuid.uuid4())}
    assert door.verdicts(again, answered("u-1")) == ["suppressed", "accepted"]
    back = {**out, "event_id": str(uuid.uuid4()), "properties": {"tracking_opt_out": False}}
    assert door.verdicts(back, {**viewed, "event_id": str(uuid.uuid4())})[0] == "accepted"
    assert door.verdicts({**viewed, "event_id": str(uuid.uuid4())}, again) == ["accepted", "duplicate"]
    equation(door)


def test_a_skewed_clock_is_corrected_and_never_ahead_of_receipt(door: Door) -> None:
    door.grant("u-1")
    fast = START + timedelta(hours=3)  # the sender's clock is three hours fast
    door.batch(answered("u-1", fast - timedelta(minutes=10)), sent_at=fast)
    door.batch(answered("u-1", START + timedelta(hours=1)))
    happened = [row[0] for row in door.rows("SELECT occurred_at FROM landing ORDER BY seq")]
    assert happened == [START - timedelta(minutes=10), START]


def bad(**changes: Any) -> dict[str, Any]:
    return answered("u-1", **changes)


@pytest.mark.parametrize(
    ("event", "code", "pointer"),
    [
        (bad(event_name="question_sbmitted"), "event_unknown", "/event_name"),
        (bad(event_name=None), "event_name_missing", "/event_name"),
        (bad(event_name=7), "wrong_type", "/event_name"),
        (bad(properties={"correct": "yes"}), "wrong_type", "/properties/correct"),
        (bad(properties=[1]), "wrong_type", "/properties"),
        (bad(event_id="not-a-uuid"), None, "/event_id"),
        (bad(client_timestamp="2026-03-02T12:00:00"), "not_a_timestamp", "/client_timestamp"),
        (bad(client_timestamp="2026-03-04T12:00:00Z"), "in_the_future", "/client_timestamp"),
        (bad(client_timestamp="2026-01-02T12:00:00Z"), "too_old", "/client_timestamp"),
        (bad(user_id="sam@college.edu"), "personal_data", "/user_id"),
        (bad(properties={"correct": True, "extra": {"deep": ["call +49 170 1234567"]}}), "personal_data",
         "/properties/extra/deep/0"),
        (bad(properties={"correct": True, "firstName": "Sam"}), "personal_data_key", "/properties/firstName"),
        (bad(properties={"correct": True, "who": {"date_of_birth": "2001-01-01"}}), "personal_data_key",
         "/properties/who/date_of_birth"),
        (bad(properties={"correct": True, "answer": "x" * 70_000}), "too_large", ""),
        ("text", "not_an_object", ""),
        (None, "not_an_object", ""),
        ([], "not_an_object", ""),
    ],
)  # fmt: skip
def test_bad_events_are_refused_one_by_one(door: Door, event: object, code: str | None, pointer: str) -> None:
    door.grant("u-1")
    answer = door.batch(answered("u-1"), event, answered("u-1"))
    assert [one["verdict"] for one in answer.verdicts] == ["accepted", "rejected", "accepted"]
    refused = answer.verdicts[1]
    assert refused["pointer"] == pointer
    assert code is None or refused["code"] == code
    assert refused["hint"]
    assert door.count("landing") == 2
    equation(door)


def test_dead_letters_hold_no_personal_data(door: Door) -> None:
    door.batch(
        bad(
            user_id="sam@college.edu",
            properties={"name": "Sam Smith", "note": "+49 170 1234567", "correct": True},
        )
    )
    letter = json.dumps(door.rows("SELECT payload FROM dead_letters")[0][0])
    assert "removed" in letter
    for leak in ("sam", "Smith", "1234567"):
        assert leak not in letter


@pytest.mark.parametrize(
    "text",
    ["1234567890", "00491701234567", "id-4917012345678", "2026-03-02T12:00:00+10:00", "1e+20", "a+b", "C++ 11 22",
     "3.14159265358979", "550e8400-e29b-41d4-a716-446655440000", "user+tag", "@handle",
     "5@3", "192.168.10.12", "+1 point"],
)  # fmt: skip
def test_a_numeric_id_is_no_phone(door: Door, text: str) -> None:
    door.grant("u-1")
    assert door.verdicts(answered("u-1", question_id=text)) == ["accepted"]


@pytest.mark.parametrize(
    "text",
    ["+491701234567", "+1 (555) 123-4567", "call +44 20 7946 0958!", "sam@college.edu", "<a.b+c@x.co.uk>"],
)
def test_phones_and_addresses_are_found(door: Door, text: str) -> None:
    assert door.verdicts(answered("u-1", question_id=text)) == ["rejected"]


def test_unknown_properties_are_dropped_and_named(door: Door) -> None:
    door.grant("u-1")
    verdict = door.batch(
        answered("u-1", colour="blue", properties={"correct": True, "mood": 3, "hints": None})
    ).verdicts[0]
    assert verdict["verdict"] == "accepted"
    assert set(verdict["dropped"]) == {"/colour", "/properties/mood"}
    raw = json.loads(bytes(door.rows("SELECT raw FROM landing")[0][0]))
    assert "colour" not in raw
    assert raw["properties"] == {"correct": True}


def test_strict_keys_refuse_unknown_properties(door: Door) -> None:
    door.key = type(door.key)(door.tenant, "k", "strict", frozenset({"ingest"}), 1000, 1000, strict=True)
    verdict = door.batch(answered("u-1", properties={"correct": True, "mood": 3})).verdicts[0]
    assert (verdict["verdict"], verdict["code"], verdict["pointer"]) == (
        "rejected", "unknown_property", "/properties/mood",
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_compressed_bodies(door: Door, encoding: str) -> None:
    body = json.dumps({"events": [answered("u-1")]}).encode()
    packed = gzip.compress(body) if encoding == "gzip" else zstandard.compress(body)
    assert door.raw(packed, encoding).counts["held"] == 1
    with pytest.raises(Unparsable):
        door.raw(packed[:-9], encoding)
    with pytest.raises(Unparsable):
        door.raw(body, encoding)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_compression_bombs_are_refused(door: Door, encoding: str) -> None:
    bomb = b" " * (60 * 1024 * 1024)
    packed = gzip.compress(bomb) if encoding == "gzip" else zstandard.compress(bomb)
    with pytest.raises(AkademosError) as refusal:
        door.raw(packed, encoding)
    assert refusal.value.status == 413


def test_ndjson_takes_the_good_lines(door: Door) -> None:
    door.grant("u-1")
    lines = [json.dumps(answered("u-1")), '{"event_name": oops}', "", json.dumps(answered("u-1"))]
    answer = door.raw("\n".join(lines).encode(), media_type="application/x-ndjson")
    assert [one["verdict"] for one in answer.verdicts] == ["accepted", "rejected", "accepted"]
    assert str(len(lines[0]) + 1 + 15) in answer.verdicts[1]["hint"]
    equation(door)


def test_malformed_json_says_where_and_leaves_an_envelope(door: Door) -> None:
    with pytest.raises(Unparsable) as refusal:
        door.raw(b'{"events": [}')
    assert refusal.value.position == 12
    assert "line 1, column 13" in refusal.value.reason
    assert door.rows("SELECT verdict, code, position, size FROM envelopes") == [("rejected", "malformed_json", 12, 13)]
    equation(door)


def test_a_batch_of_bad_events_answers_with_verdicts(door: Door) -> None:
    assert door.batch(*[bad(event_name="x")] * 3).counts["rejected"] == 3


def test_too_many_events(door: Door) -> None:
    with pytest.raises(AkademosError) as refusal:
        door.batch(*[answered("u-1")] * 1001)
    assert refusal.value.status == 413
