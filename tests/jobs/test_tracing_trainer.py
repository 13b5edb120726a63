"""The trainer of knowledge tracing: who teaches, what it must beat, what its file leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from tests.analytics.traced_population import START, population
from tests.jobs.test_model_training import NOW, Registry, Runs

from akademos.analytics.next_answer import ServedTracing
from akademos.analytics.tracing_model import TracingModel
from akademos.catalogue.policies import LIMITS
from akademos.jobs import model_training, tracing_trainer
from akademos.jobs.learner_buckets import Bucket
from akademos.jobs.model_training import TrainingJob
from akademos.jobs.past_tables import ANSWERED
from akademos.jobs.tracing_trainer import TracingTrainer
from akademos.jobs.trainers import TrainingSource

LEARNERS = 300


def events(learners: int = LEARNERS) -> pl.DataFrame:
    """Answers as the core holds them; chances by ability and item alone, and one item of two learners."""
    attempts, _ = population(learners, 40, items=50, seed=3)
    rare = pl.col("learner_key").is_in(["learner 0001", "learner 0002"]) & (
        pl.int_range(pl.len()).over("learner_key") == 0
    )
    return attempts.with_columns(
        question_id=pl.when(rare).then(pl.lit("seldom answered")).otherwise("question_id"),
        event_name=pl.lit(ANSWERED),
        course_id=pl.lit("maths"),
        persona=pl.when(pl.col("learner_key").str.ends_with("5"))
        .then(pl.lit("career_changer"))
        .otherwise(pl.lit("student")),
    )


@dataclass
class Buckets:
    """Some learners at a time."""

    events: pl.DataFrame
    read_buckets: int = 0

    def read(self, tenant_id: str, names: Sequence[str], columns: Sequence[str]) -> Iterator[Bucket]:
        assert names == [ANSWERED]
        for part in self.events.partition_by("learner_key", maintain_order=True):
            self.read_buckets += 1
            key = part["learner_key"][0]
            yield Bucket(part.select(columns), {key: (key,)}, key)


def source(buckets: Buckets) -> TrainingSource:
    return TrainingSource(buckets, None, None, None)  # type: ignore[arg-type]  # made up


def gathered(rows: pl.DataFrame) -> pl.DataFrame:
    return TracingTrainer().gather(source(Buckets(rows)), "college", NOW)


class Training:
    """The job over made-up answers, without a process of its own."""

    def __init__(self) -> None:
        self.rows, self.registry = events(), Registry()

    def run(self) -> dict[str, Any]:
        job = TrainingJob(self.registry, source(Buckets(self.rows)), Runs(), clock=lambda: NOW)  # type: ignore[arg-type]
        run = job.run("college", ("tracing",))
        assert run is not None
        said: dict[str, Any] = run.detail["tracing"]
        return said


def test_a_model_is_promoted_that_beats_counting_on_learners_it_has_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_training, "run_apart", lambda function, *arguments: function(*arguments))
    training = Training()
    said = training.run()
    candidate, learners = training.registry.candidates[0]
    comparison = candidate.metrics["comparison"]
    assert (said["promoted"], comparison["against"]) == (True, "the baseline"), comparison
    assert not [key for key in learners if key[-1] in "05"], "nobody held out teaches"
    assert candidate.metrics["learners"] == LEARNERS // 5
    for score in ("auc", "log_loss", "ece", "slope"):
        value = candidate.metrics[score]
        assert value["low"] <= value["value"] <= value["high"] or score == "ece", "resampling raises an ece"
    assert candidate.metrics["auc"]["low"] > 0.5
    assert candidate.card["fairness"]["groups"].keys() == {"maths", "student", "career_changer"}
    assert "seldom answered" not in candidate.artefact.decode()
    model = TracingModel.from_bytes(candidate.artefact)
    assert len(model.tables.items) == candidate.parameters["items"] > 0
    assert ServedTracing(model, 1).trees.splits.roots.size == candidate.parameters["rounds"]

    # Somebody who taught it is erased: the next one takes its place, though it is no better, and does without them.
    training.registry.rebuild = NOW + timedelta(days=30)
    training.rows = training.rows.filter(pl.col("learner_key") != "learner 0001")
    assert training.run()["promoted"] is True
    again, learners = training.registry.candidates[1]
    assert "learner 0001" not in learners
    assert again.metrics["comparison"]["against"] == "the version in service"


def test_a_file_holds_no_row_below_the_floor() -> None:
    examples = gathered(events())
    of_item = examples.group_by("question_id").agg(pl.col("learner_key").n_unique())
    assert of_item["learner_key"].min() == 2
    model = TracingModel.from_bytes(TracingTrainer().fit(examples, 1))
    enough = of_item.filter(pl.col("learner_key") >= LIMITS.model_row_learners)
    assert set(model.tables.items) == set(enough["question_id"])


def test_answers_that_are_all_alike_teach_nothing() -> None:
    assert gathered(events(5).with_columns(score=pl.lit(1.0))).is_empty()
    assert gathered(events(5).clear()).is_empty()


def test_later_and_unscored_answers_are_left_out_and_event_ids_too() -> None:
    rows = events(5)
    late = rows.with_columns(occurred_at=pl.lit(NOW + timedelta(days=1)), event_id=pl.lit("late ") + pl.col("event_id"))
    unscored = rows.with_columns(score=pl.lit(None, pl.Float64), event_id=pl.lit("unscored ") + pl.col("event_id"))
    found = gathered(pl.concat([rows, late, unscored]).sort("learner_key", "occurred_at", "event_id"))
    assert START < NOW
    assert found.equals(gathered(rows))
    assert not set(found["event_id"]) & set(rows["event_id"])


def test_memory_is_bounded_by_whole_learners(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = events(40)
    monkeypatch.setattr(tracing_trainer, "ANSWERS_MOST", 200)
    buckets = Buckets(rows)
    found = TracingTrainer().gather(source(buckets), "college", NOW)
    assert buckets.read_buckets < 40
    taken = rows.filter(pl.col("learner_key").is_in(found["learner_key"].unique().to_list()))
    assert 200 <= found.height == taken.height
