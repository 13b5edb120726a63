"""The opt-out: enforced here for whoever ignores it, in the order in which people decided, counted."""

from __future__ import annotations

import uuid
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from prometheus_client import REGISTRY
from tests.intake.conftest import START, Door, answered

from akademos.catalogue.declarations import Purpose


def switch(*, off: bool, hours: float = 0, user: str = "u-1", **more: Any) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "event_name": "settings_tracking_opt_out",
        "user_id": user,
        "client_timestamp": (START + timedelta(hours=hours)).isoformat(),
        "properties": {"tracking_opt_out": off},
        **more,
    }


def viewed(door: Door, user: str = "u-1", **more: Any) -> dict[str, Any]:
    example = dict(door.registry.latest("career_match_viewed").example)
    return {**example, "user_id": user, "event_id": str(uuid.uuid4()), "client_timestamp": START.isoformat(), **more}


@pytest.fixture
def later(door: Door) -> Door:
    door.grant("u-1")
    door.pass_time(hours=10)
    return door


def test_the_last_to_happen_stands_in_whichever_order_they_arrive(later: Door) -> None:
    for order in permutations([(True, 1.0), (False, 2.0), (True, 3.0)]):
        user = f"u-{uuid.uuid4().hex}"
        later.grant(user)
        for off, hours in order:
            assert later.verdicts(switch(off=off, hours=hours, user=user)) == ["accepted"]
        assert later.verdicts(viewed(later, user)) == ["suppressed"], order
        assert later.verdicts(switch(off=False, hours=4, user=user)) == ["accepted"]
        assert later.verdicts(viewed(later, user)) == ["accepted"]


def test_a_duplicate_flips_nothing_back(later: Door) -> None:
    out, back = switch(off=True, hours=1), switch(off=False, hours=2)
    assert later.verdicts(out) == ["accepted"]
    assert later.verdicts(back) == ["accepted"]
    assert later.verdicts(out) == ["duplicate"]
    assert later.verdicts(viewed(later)) == ["accepted"]


def test_the_same_instant_in_one_batch_goes_by_the_order_in_it(later: Door) -> None:
    assert later.verdicts(switch(off=True), switch(off=False)) == ["accepted", "accepted"]
    assert later.verdicts(viewed(later)) == ["accepted"]
    assert later.verdicts(switch(off=False), switch(off=True)) == ["accepted", "accepted"]
    assert later.verdicts(viewed(later)) == ["suppressed"]


def test_what_was_suppressed_never_comes_back(later: Door) -> None:
    later.verdicts(switch(off=True, hours=1))
    ignored = viewed(later)
    assert later.verdicts(ignored) == ["suppressed"]
    landed = later.count("landing")
    later.verdicts(switch(off=False, hours=2))
    later.grant("u-1")
    assert later.verdicts(ignored) == ["duplicate"]
    assert (later.count("landing"), later.count("held")) == (landed, 0)


def test_consent_frees_nothing_that_an_opt_out_forbids(door: Door) -> None:
    door.pass_time(hours=10)
    assert door.verdicts(viewed(door)) == ["held"]
    door.verdicts(switch(off=True, hours=1))
    door.grant("u-1", Purpose.PRODUCT_ANALYTICS)
    assert (door.count("landing"), door.count("held")) == (0, 1)


def test_a_sender_that_says_it_with_each_event_is_heard(later: Door) -> None:
    assert later.verdicts(viewed(later, opt_out_status=True)) == ["suppressed"]
    assert later.verdicts(viewed(later)) == ["accepted"]


def test_essential_events_land_and_everything_is_counted(later: Door) -> None:
    before = REGISTRY.get_sample_value("akademos_suppressed_total", {"reason": "opt_out"}) or 0.0
    later.verdicts(switch(off=True, hours=1))
    later.verdicts(viewed(later), viewed(later), answered("u-1"))
    later.verdicts(switch(off=False, hours=2))
    assert later.count("preference_log") == 2
    assert dict(later.rows("SELECT kind, events FROM opt_outs")) == {
        "opted_out": 1,
        "opted_in": 1,
        "suppressed_opt_out": 2,
    }
    assert later.rows("SELECT verdict, code, count(*) FROM envelopes GROUP BY 1, 2") == [("suppressed", "opt_out", 2)]
    assert REGISTRY.get_sample_value("akademos_suppressed_total", {"reason": "opt_out"}) == before + 2
    assert later.rows("SELECT sum(suppressed) FROM receipts") == [(2,)]


def test_pauses_and_restrictions_are_counted_apart(door: Door) -> None:
    key = door.grant("u-1")
    for decision, code in (("paused", "paused"), ("restricted", "restricted"), ("objected", "restricted")):
        door.consent.decide(door.tenant, key, list(Purpose), decision, recorded_by="self")  # type: ignore[arg-type]
        assert door.verdicts(answered("u-1")) == ["suppressed"]
        last = door.rows("SELECT code FROM envelopes ORDER BY ctid DESC LIMIT 1")
        assert last == [(code,)]
    assert dict(door.rows("SELECT kind, events FROM opt_outs")) == {"suppressed_paused": 1, "suppressed_restricted": 2}
