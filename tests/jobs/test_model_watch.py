"""The nightly watch: what a model meets now against its training, of learners who consent, and nothing of too few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.analytics.traced_population import population
from tests.jobs.test_model_training import NOW, results
from tests.jobs.test_risk_scores import NOW as TODAY
from tests.jobs.test_risk_scores import core, source_of

from akademos.analytics.exam_readiness import MODEL
from akademos.analytics.learner_state import pack, precompute, split
from akademos.jobs import model_watch, watched_models
from akademos.jobs.model_watch import ModelWatch, trained_on
from akademos.jobs.readiness_trainer import ReadinessTrainer
from akademos.jobs.risk_trainer import DropoutRiskTrainer
from akademos.jobs.tracing_trainer import TracingTrainer
from akademos.jobs.watched_models import OUTPUT, WATCHED, Watched
from akademos.stores.ports.learner_state import LearnerState
from akademos.stores.ports.model_watch import Look
from akademos.stores.ports.models import TrainedModel


class Registry:
    """One version of the readiness model in service."""

    def __init__(self, artefact: bytes, kept: Mapping[str, Any] | None) -> None:
        self.bytes: bytes | None = artefact
        self.kept = kept

    def in_service(self, tenant_id: str, model: str) -> TrainedModel | None:
        return TrainedModel(MODEL, 1, NOW, 150, None, None, NOW) if model == MODEL else None

    def artefact(self, tenant_id: str, model: str, version: int) -> bytes | None:
        return self.bytes

    def reference(self, tenant_id: str, model: str, version: int) -> Mapping[str, Any] | None:
        return self.kept


class Book:
    """Looks in memory."""

    def __init__(self) -> None:
        self.looks: list[Look] = []

    def write(self, tenant_id: str, look: Look) -> None:
        self.looks.append(look)


class Watching:
    """The job over made-up examples, without a process of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        taught, judged = results(300, seed=1), results(80, seed=2)
        artefact = ReadinessTrainer().fit(taught, 3)
        self.registry = Registry(artefact, trained_on(MODEL, artefact, taught, judged))
        self.book, self.examples = Book(), results(120, seed=4)
        watched = Watched(lambda *_: self.examples, WATCHED[MODEL].observed)
        monkeypatch.setitem(watched_models.WATCHED, MODEL, watched)
        monkeypatch.setattr(model_watch, "run_apart", lambda function, *arguments: function(*arguments))

    def look(self) -> Sequence[Look]:
        job = ModelWatch(self.registry, None, self.book, clock=lambda: NOW)  # type: ignore[arg-type]  # made up
        return job.look("college")


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> Watching:
    return Watching(monkeypatch)


def test_learners_like_those_of_the_training_are_stable(watching: Watching) -> None:
    (look,) = watching.look()
    assert (look.model, look.version, look.status, look.learners) == (MODEL, 1, "stable", 120)
    assert {one["figure"] for one in look.figures} >= {"known", "ability", OUTPUT}
    assert watching.book.looks == [look]


def test_an_input_that_moved_is_named(watching: Watching) -> None:
    watching.examples = watching.examples.with_columns(pl.col("known") / 4)
    (look,) = watching.look()
    assert look.status == "drifting"
    assert {one["figure"] for one in look.figures if one["low"] > 0.1} == {"known", OUTPUT}
    assert look.shift == max(one["low"] for one in look.figures)


def test_of_too_few_learners_nothing_is_said(watching: Watching) -> None:
    watching.examples = watching.examples.head(49)
    (look,) = watching.look()
    assert (look.status, look.shift, look.learners, list(look.figures)) == ("not_enough_data", None, 49, [])


@pytest.mark.parametrize("missing", ["bytes", "kept"])
def test_what_cannot_be_compared_is_not_looked_at(watching: Watching, missing: str) -> None:
    setattr(watching.registry, missing, None)
    assert watching.look() == []
    watching.registry.bytes, watching.registry.kept = b"of another release", {"known": {}}
    assert watching.look() == []


def test_answers_are_observed_in_strata_of_history_and_late_ones_alone_count_now() -> None:
    rows = population(150, 30, seed=3)[0].with_columns(course_id=pl.lit("c"), persona=pl.lit("student"))
    artefact = TracingTrainer().fit(rows, 1)
    whole = WATCHED["tracing"].observed(artefact, rows)
    assert whole.height == rows.height
    assert set(whole["stratum"].unique()) == {"answers before: few", "answers before: 10 and more"}
    assert whole[OUTPUT].is_between(0, 1).all()
    late = rows.with_columns(now=pl.col("occurred_at") >= pl.col("occurred_at").max() - timedelta(minutes=5))
    counted = WATCHED["tracing"].observed(artefact, late)
    assert counted.height == int(late["now"].sum())
    ordered = rows.sort("learner_key", "occurred_at", "event_id").with_columns(chance=whole[OUTPUT])
    of_late = ordered.filter(pl.col("event_id").is_in(late.filter("now")["event_id"].to_list()))["chance"]
    assert np.array_equal(counted[OUTPUT].to_numpy(), of_late.to_numpy())


class Source:
    """Two learners with an exam soon, of whom one consents, and one with an exam too far off."""

    def __init__(self) -> None:
        self.buckets = self.records = self.states = self
        rows = population(3, 30, skills=2, seed=5)[0]
        self.keys = rows["learner_key"].unique().sort().to_list()
        days = (10, 20, 90)
        targets = {
            "learner_key": self.keys,
            "exam_id": ["final"] * 3,
            "target_date": [NOW.date() + timedelta(days=n) for n in days],
        }
        self.tables = {
            "learner_targets": pl.DataFrame(targets),
            "topics": pl.DataFrame({"topic_id": ["skill 0", "skill 1"]}),
            "exams": pl.DataFrame({"exam_id": ["final"]}),
            "exam_weights": pl.DataFrame({"exam_id": ["final"], "topic_id": ["skill 0"], "weight": [8.0]}),
        }
        self.packed = {
            key: pack(state)
            for key, state in split(precompute({**self.tables, "question_attempts": rows}, NOW - timedelta(days=1)))
        }

    def curriculum(self, tenant_id: str) -> Source:
        return self

    def consenting(self, tenant_id: str, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        assert list(keys) == self.keys[:2], "the third one's exam is too far off"
        return {self.keys[1]: (self.keys[1],)}

    def read_many(self, tenant_id: str, keys: Sequence[str]) -> list[LearnerState]:
        made = NOW - timedelta(days=1)
        return [LearnerState(key, 1, made, made, "mastery/1", 30, made, self.packed[key]) for key in keys]


def test_readiness_is_watched_on_learners_who_consent_and_whose_exam_is_near() -> None:
    source: Any = Source()
    found = WATCHED[MODEL].present(source, "college", NOW, b"")
    assert found["learner_key"].to_list() == [source.keys[1]]
    assert found["days_out"].to_list() == [20.0]
    assert 0 < found["percent_correct"][0] < 1
    artefact = ReadinessTrainer().fit(results(150, seed=1), 3)
    seen = WATCHED[MODEL].observed(artefact, found)
    assert seen["stratum"].to_list() == ["14 days before"]
    assert "days_out" not in seen.columns
    assert 0 <= seen[OUTPUT][0] <= 1


def test_risk_is_watched_in_courses_that_run() -> None:
    held = core()
    kind, source = DropoutRiskTrainer(), source_of(held)
    artefact = kind.fit(kind.gather(source, "college", TODAY), 1)
    found = WATCHED["dropout_risk"].present(source, "college", TODAY, artefact)
    assert found["course_id"].unique().to_list() == ["course 3"]
    seen = WATCHED["dropout_risk"].observed(artefact, found)
    assert seen["stratum"].unique().to_list() == ["week 4"], "of a course in its fifth week"
    assert seen[OUTPUT].is_between(0, 1).all()
    assert "day" not in seen.columns


def test_the_instant_of_a_look_is_the_clocks(watching: Watching) -> None:
    (look,) = watching.look()
    at: datetime = look.watched_at
    assert at == NOW
