"""P(next answer correct) in the answers about mastery: only by a model in service, the same now and as of the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import polars as pl
import pytest
from tests.analytics.traced_population import population
from tests.serving.test_learner_answers import NOW, OneCurriculum, attempts, question

from akademos.analytics.learner_state import pack, precompute
from akademos.analytics.next_answer import ServedTracing
from akademos.analytics.traced_answers import trace_answers
from akademos.analytics.tracing_floor import with_floor
from akademos.analytics.tracing_model import TracingModel, train
from akademos.jobs.learner_answers import LearnerAnswers
from akademos.jobs.served_tracing import TracingInService
from akademos.stores.ports.answers import AnswerName
from akademos.stores.ports.learner_state import LearnerState
from akademos.stores.ports.models import TrainedModel

PROMOTED = NOW - timedelta(days=10)
SCORE = {"value": 0.02, "low": 0.01, "high": 0.03}
BOTH = [AnswerName.MASTERY, AnswerName.MASTERY_TOPIC]


@cache
def artefact() -> bytes:
    """A model of topics a and b, trained on others."""
    rows = population(60, 20, skills=2, seed=1)[0]
    named = rows.with_columns(
        topic_ids=pl.col("topic_ids").list.eval(pl.element().replace({"skill 0": "a", "skill 1": "b"}))
    )
    answers = trace_answers(named)
    return with_floor(train(answers, 1, 50), answers, 5).to_bytes()


class Registry:
    """Versions by when they came into service."""

    def __init__(self) -> None:
        self.versions: dict[int, tuple[datetime, bytes | None]] = {3: (PROMOTED, artefact())}

    def artefact(self, tenant_id: str, model: str, version: int) -> bytes | None:
        assert model == "tracing"
        return self.versions[version][1]

    def version(self, tenant_id: str, model: str, version: int) -> TrainedModel | None:
        metrics: dict[str, Any] = {"learners": 30, "answers": 900, "auc": SCORE, "ece": SCORE}
        return TrainedModel("tracing", version, PROMOTED, 120, None, None, PROMOTED, metrics=metrics)

    def in_service_at(self, tenant_id: str, model: str, at: datetime) -> int | None:
        return max((version for version, (since, _) in self.versions.items() if since <= at), default=None)


class Served:
    """The learner of `test_learner_answers`, with a model in service."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.tracing = TracingInService(self.registry)
        self.answers = LearnerAnswers(OneCurriculum(), self.tables, self.registry)

    def tables(
        self, tenant_id: str, learner_keys: Any, *, until: datetime, known_at: datetime | None = None
    ) -> dict[str, pl.DataFrame]:
        learners = pl.DataFrame({"learner_key": ["ada"], "time_zone": ["Europe/Berlin"]})
        return {**OneCurriculum().tables, "question_attempts": attempts("exact", until), "learners": learners}

    def row(self, until: datetime = NOW) -> LearnerState:
        state = precompute(self.tables("", [], until=until), until, tracing=self.tracing.at("college", until))
        return LearnerState("ada", 1, until, until, "mastery/1", 40, until, pack(state))

    def now(self, version: int | None, row: LearnerState | None = None, topic: str = "a") -> dict[AnswerName, Any]:
        asked = replace(question(topic), tracing_model=version)
        return self.answers.now(asked, BOTH, row or self.row())

    def past(self, at: datetime = NOW, topic: str = "a") -> dict[AnswerName, Any]:
        return self.answers.past(question(topic, as_of=at), BOTH)


@pytest.fixture
def served() -> Served:
    return Served()


def of_topic(answer: dict[AnswerName, Any], topic: str = "a") -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in answer[AnswerName.MASTERY]["topics"] if one["topic_id"] == topic)
    return found["next_answer"]  # type: ignore[no-any-return]  # JSON


def test_the_forecast_is_the_models_and_says_how_far_off_it_was(served: Served) -> None:
    answer = served.now(3)
    said = of_topic(answer)
    traced = trace_answers(attempts("exact", NOW))
    model = ServedTracing(TracingModel.from_bytes(artefact()), 3)
    _, skill, chance = model.next_answers(traced)
    expected = {traced.skills[n]: p for n, p in zip(skill.tolist(), chance.tolist(), strict=True)}
    assert said == {
        "status": "ok",
        "probability": said["at_last_answer"],  # it was given today
        "at_last_answer": expected["a"],
        "model": 3,
        "answers": said["answers"],
        "reason": None,
    }
    assert 0 < said["probability"] < 1
    block = answer[AnswerName.MASTERY]["tracing_model"]
    assert (block["status"], block["version"], block["learners"]) == ("ok", 3, 120)
    assert block["calibration"]["ece"] == SCORE
    assert block["calibration"]["learners"] == 30
    assert answer[AnswerName.MASTERY_TOPIC]["topic"]["next_answer"] == said
    assert answer[AnswerName.MASTERY_TOPIC]["tracing_model"] == block


def test_now_and_the_past_say_the_same(served: Served) -> None:
    for topic in ("a", "b"):
        assert of_topic(served.now(3), topic) == of_topic(served.past(), topic)


def test_a_live_answer_moves_it_to_what_recomputing_gives(served: Served) -> None:
    before, after = served.row(NOW - timedelta(hours=2)), served.row(NOW)
    asked = replace(question("a"), tracing_model=3)
    moved = {n: of_topic(served.answers.now(asked, BOTH, row)) for n, row in (("before", before), ("after", after))}
    assert moved["before"] != moved["after"]
    assert moved["after"] == of_topic(served.past())


def test_without_a_model_it_says_what_unlocks_it(served: Served) -> None:
    for answer in (served.now(None), served.past(PROMOTED - timedelta(days=1))):
        said = of_topic(answer)
        assert (said["status"], said["probability"], said["model"]) == ("no_model", None, None)
        assert "100 learners" in said["reason"]
        assert answer[AnswerName.MASTERY]["tracing_model"]["calibration"] is None


def test_the_past_is_told_by_the_model_of_that_time(served: Served) -> None:
    served.registry.versions[4] = (NOW - timedelta(days=2), artefact())
    assert of_topic(served.past(NOW - timedelta(days=3)))["model"] == 3
    assert of_topic(served.past())["model"] == 4


def test_until_the_state_is_renewed_a_new_model_is_pending(served: Served) -> None:
    row = served.row()
    said = of_topic(served.now(4, row))
    assert (said["status"], said["probability"], said["model"]) == ("pending", None, 4)
    assert served.now(4, row)[AnswerName.MASTERY]["tracing_model"]["status"] == "pending"


@pytest.mark.parametrize("kept", [None, b"of another release"])
def test_a_model_that_cannot_be_read_is_none(served: Served, kept: bytes | None) -> None:
    served.registry.versions[3] = (PROMOTED, kept)
    assert of_topic(served.past())["status"] == "no_model"


def test_a_topic_not_met_and_one_that_the_model_does_not_know(served: Served) -> None:
    assert of_topic(served.now(3), "c")["status"] == "no_data"
    model = TracingModel.from_bytes(artefact())
    without = replace(model, typical={name: row for name, row in model.typical.items() if name != "b"})
    served.registry.versions[4] = (PROMOTED, without.to_bytes())
    assert of_topic(served.now(4, replace(served.row(), version=2)), "b")["status"] == "unknown_topic"
