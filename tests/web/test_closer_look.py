"""The closer look at a topic: a forecast of the next answer only where a model in service gives one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.invented_learners import Learner

from akademos.serving.pages.answers import header_of
from akademos.serving.pages.closer_look import closer_look
from akademos.serving.pages.wording import words_in


def topic_answer() -> dict[str, Any]:
    learner = Learner()
    return learner.mastery_topic(next(name for name, value in learner.values.items() if value is not None))


def notes(answer: dict[str, Any]) -> list[str]:
    look = closer_look(answer, header_of(answer), 0.8, words_in("en"))
    return [f"{note.chip}: {note.text.striptags()}" for note in look.made_of.notes]


def test_the_forecast_says_how_far_off_such_forecasts_were() -> None:
    expected = (
        "Forecast: A new question of this topic: likely right 7 times in 10 (72%). Such forecasts were, on average, "
        "within 3 points of what happened, on 130 learners that the model had not seen. Made by version 3 of the model."
    )
    assert notes(topic_answer()) == [expected]


@pytest.mark.parametrize("status", ["no_model", "pending", "unknown_topic", "not_enough_data"])
def test_without_a_forecast_nothing_is_said(status: str) -> None:
    answer = topic_answer()
    nothing = {"probability": None, "at_last_answer": None, "model": None}
    answer["topic"]["next_answer"] = {"status": status, **nothing, "answers": 9, "reason": "."}
    assert notes(answer) == []


def test_what_has_faded_since_the_last_answer_is_said() -> None:
    answer = topic_answer()
    answer["topic"]["next_answer"]["at_last_answer"] = 0.81
    assert "It was 81% after your last answer on it; time has passed since." in notes(answer)[0]


def test_a_model_that_was_judged_on_nobody_is_not_said_to_be_right() -> None:
    answer = topic_answer()
    answer["tracing_model"] = {**answer["tracing_model"], "calibration": {"learners": None, "ece": None}}
    assert len(notes(answer)) == 1
    assert "within" not in notes(answer)[0]
