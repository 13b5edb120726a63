"""Why something is a gap and a step, from small facts that a reader can check by hand."""

from __future__ import annotations

from typing import Any

import pytest

from akademos.serving.pages.gap_words import gap_reason, named, step_reason, unlocks_of
from akademos.serving.pages.wording import words_in

ENGLISH, GERMAN = words_in("en"), words_in("de")
GAP: dict[str, Any] = {
    "topic_id": "add", "name": "Adding", "kind": "developing", "severity": "high", "gap": 0.55,
    "mastery": 0.45, "low": 0.3, "high": 0.6, "recent_failure_rate": 0.5, "recent_answers": 12,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Your level is 45%, likely 30\u201360%. Of the last 12 answers, 50% were not right yet."),
        ({"low": None, "recent_answers": 1, "recent_failure_rate": 1.0},
         "Your level is 45%. The last answer was not right yet."),
        ({"recent_failure_rate": 0.0}, "Your level is 45%, likely 30\u201360%."),
        ({"recent_failure_rate": None, "recent_answers": None}, "Your level is 45%, likely 30\u201360%."),
        ({"kind": "forgotten"}, "Your level is 45%, likely 30\u201360%. It was known before and has faded since."),
        ({"mastery": None, "kind": "not_yet_seen", "recent_failure_rate": None}, "No answers yet."),
        ({"mastery": None, "recent_failure_rate": None}, "Too few answers for an estimate yet."),
    ],
)  # fmt: skip
def test_why_it_is_a_gap(changed: dict[str, Any], said: str) -> None:
    assert gap_reason(GAP | changed, ENGLISH) == said


@pytest.mark.parametrize(
    ("changed", "unlocks", "said"),
    [
        ({}, ["<Sums>"], "Opens the way to &lt;Sums&gt;."),
        ({}, list("abcde"), "Opens the way to a, b, c and 2 more."),
        ({"severity": None, "kind": "not_yet_seen"}, [], "New ground."),
        ({"severity": None}, [], "A few more answers show where this stands."),
        ({"kind": "forgotten"}, [], "Was known before: a review brings it back."),
        ({}, [], "Room to grow: 55% to go."),
    ],
)
def test_why_it_is_a_step(changed: dict[str, Any], unlocks: list[str], said: str) -> None:
    assert step_reason(GAP | changed, {"add": unlocks}, ENGLISH) == said


def test_the_same_in_german() -> None:
    german = gap_reason(GAP, GERMAN)
    assert german == (
        "Ihr Stand ist 45\u00a0%, wahrscheinlich 30\u201360\u00a0%. "
        "Von den letzten 12 Antworten waren 50\u00a0% noch nicht richtig."
    )
    assert named(["a", "b"], GERMAN) == "a und b"
    assert named(list("abcd"), GERMAN) == "a, b, c und 1 weiteres"


def test_only_gaps_are_unlocked_in_the_order_of_the_graph() -> None:
    answer = {
        "gaps": [{"topic_id": "b"}, {"topic_id": "c"}],
        "graph": {
            "nodes": [{"topic_id": one, "name": one.upper()} for one in "abcd"],
            "edges": [{"from": "a", "to": "c"}, {"from": "a", "to": "d"}, {"from": "a", "to": "b"}],
        },
    }
    assert unlocks_of(answer) == {"a": ["C", "B"]}
    assert unlocks_of({}) == {}
