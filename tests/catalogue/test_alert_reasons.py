"""What an alert keeps of why it was raised can be read back, whatever it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.analytics.risk_reasons import FACTS, THEMES
from akademos.catalogue.alert_reasons import AlertFacts, facts_of, reason_of

CODES = sorted({theme for theme, _ in THEMES} | FACTS.keys())
WHY = st.lists(st.sampled_from(CODES), max_size=3, unique=True).map(tuple)
CHANCES = st.integers(0, 100)
KINDS = st.sampled_from(["new_in_focus", "sharp_rise"])
FACTS_OF_ALERTS = st.one_of(
    st.builds(AlertFacts, KINDS, st.just("rule"), themes=WHY),
    st.builds(AlertFacts, KINDS, st.sampled_from(["model", "hazard"]), CHANCES, st.none() | st.integers(1, 100), WHY),
)


@given(FACTS_OF_ALERTS)
def test_the_facts_are_read_back(facts: AlertFacts) -> None:
    assert facts_of(reason_of(facts)) == facts


def test_sentences_of_before_are_read() -> None:
    said = "Sharp rise: chance of leaving within four weeks 12%, 6 points more than the week before; "
    assert facts_of(f"{said}speaks for it: marks, how much they do.") == AlertFacts(
        "sharp_rise", "hazard", 12, 6, ("marks", "effort")
    )
    assert reason_of(AlertFacts("new_in_focus", "rule")) == "New in focus: by rule."


@pytest.mark.parametrize(
    "said",
    ["", "Asked for help.", "New in focus: chance 70%.", "New in focus: by rule. See me.", "new in focus: by rule."],
)
def test_what_somebody_wrote_is_not_read_as_facts(said: str) -> None:
    assert facts_of(said) is None
