"""When an advisor is alerted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from akademos.analytics.risk_alerts import Estimate, risk_alert
from akademos.analytics.risk_levels import LEVELS

ESTIMATES = st.builds(Estimate, st.sampled_from(LEVELS), st.floats(0, 1))


@given(ESTIMATES, st.none() | ESTIMATES, st.booleans())
def test_an_alert_is_of_somebody_who_got_worse(now: Estimate, before: Estimate | None, comparable: bool) -> None:
    found = risk_alert(now, before, comparable=comparable)
    if before is not None and (now.risk or 0) <= (before.risk or 0) and now.level == before.level:
        assert found is None
    if now.level == "low":
        assert found is None
    if now.level == "high" and (before is None or before.level != "high"):
        assert found is not None
        assert found.kind == "new_in_focus"
    if found is not None:
        assert found.severity == ("high" if now.level == "high" else "medium")
        assert (found.points is None) == (not comparable or before is None)


def test_two_models_are_not_subtracted() -> None:
    now, before = Estimate("raised", 0.55), Estimate("raised", 0.36)
    assert risk_alert(now, before, comparable=False) is None
    found = risk_alert(now, before, comparable=True)
    assert found is not None
    assert (found.kind, found.points) == ("sharp_rise", 19)


def test_a_rise_to_the_very_bound_counts() -> None:
    assert risk_alert(Estimate("raised", 0.45), Estimate("low", 0.3), comparable=True) is not None
    assert risk_alert(Estimate("raised", 0.44), Estimate("low", 0.3), comparable=True) is None


def test_the_rule_alerts_by_its_word() -> None:
    found = risk_alert(Estimate("high"), Estimate("raised"), comparable=True)
    assert found is not None
    assert (found.kind, found.severity, found.points) == ("new_in_focus", "high", None)
