"""Training of models: nobody held out teaches, the hash is of the data, too few train nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.analytics.exam_features import FEATURES
from akademos.jobs import model_training
from akademos.jobs.model_training import TrainingJob, data_hash, train_apart
from akademos.jobs.readiness_trainer import ReadinessTrainer
from akademos.jobs.trainers import TRAINERS, trainer
from akademos.stores.ports.job_runs import JobRun
from akademos.stores.ports.models import Candidate, TrainedModel

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)


def results(learners: int, seed: int = 0, *, useful: bool = True) -> pl.DataFrame:
    """Made-up examples: `known` and `ability` tell the score, or nothing does."""
    rng = np.random.default_rng(seed)
    features = {name: rng.uniform(0, 1, learners) for name in FEATURES}
    signal = 0.5 * features["known"] + 0.3 * features["ability"] if useful else rng.uniform(0, 0.6, learners)
    rows = pl.DataFrame(
        {
            "learner_key": [f"learner {n:04d}" for n in range(learners)],
            "exam_id": ["final"] * learners,
            "persona": ["student" if n % 2 else "career_changer" for n in range(learners)],
            "cohort": [739_000] * learners,
            "days_out": [7.0] * learners,
            "pass_mark": [0.5] * learners,
            "score": np.clip(0.1 + signal + rng.normal(0, 0.05, learners), 0, 1),
            **features,
        }
    )
    return rows.with_columns(days_out=pl.lit(7.0))


class Registry:
    """Versions in memory; learners whose number ends in 0 or 5 are held out."""

    def __init__(self) -> None:
        self.candidates: list[tuple[Candidate, tuple[str, ...]]] = []
        self.promoted: list[int] = []
        self.retired: list[int] = []
        self.rebuild: datetime | None = None

    def held_out(self, tenant_id: str, learner_keys: Iterable[str]) -> frozenset[str]:
        return frozenset(key for key in learner_keys if key[-1] in "05")

    def trained_by(self, tenant_id: str, model: str, version: int, learner_keys: Iterable[str]) -> frozenset[str]:
        return frozenset(learner_keys) & frozenset(self.candidates[version - 1][1])

    def add(self, tenant_id: str, candidate: Candidate, learner_keys: Iterable[str]) -> int:
        self.candidates.append((candidate, tuple(learner_keys)))
        return len(self.candidates)

    def promote(
        self, tenant_id: str, model: str, version: int, *, actor: str, at: datetime, why: Mapping[str, Any]
    ) -> None:
        self.promoted.append(version)

    def retire(self, tenant_id: str, model: str, version: int, *, actor: str, at: datetime, why: str) -> None:
        self.retired.append(version)

    def record(
        self, tenant_id: str, model: str, version: int, trained_at: datetime, learner_keys: Iterable[str]
    ) -> None:
        raise AssertionError("training keeps candidates")

    def all(self, tenant_id: str) -> list[TrainedModel]:
        return [self._line(n + 1) for n in range(len(self.candidates))]

    def _line(self, version: int) -> TrainedModel:
        one, learners = self.candidates[version - 1]
        promoted = NOW if version in self.promoted else None
        return TrainedModel(one.model, version, one.trained_at, len(learners), self.rebuild, None, promoted)

    def in_service(self, tenant_id: str, model: str) -> TrainedModel | None:
        return self._line(self.promoted[-1]) if self.promoted else None

    def forget_absent(self, tenant_id: str, present: Iterable[str], names: Iterable[str], at: datetime) -> list[str]:
        held = set(present)
        gone = [n + 1 for n, (_, learners) in enumerate(self.candidates) if not held.issuperset(learners)]
        self.rebuild = at + timedelta(days=30) if gone else self.rebuild
        return [f"{self.candidates[n - 1][0].model}/{n}" for n in gone]

    def artefact(self, tenant_id: str, model: str, version: int) -> bytes | None:
        return self.candidates[version - 1][0].artefact


class Runs:
    """A record of jobs that keeps nothing."""

    @contextmanager
    def running(self, job: str, tenant_id: str | None = None) -> Any:
        yield JobRun(NOW)

    def note(self, run: JobRun) -> None:
        pass


class Source:
    """Of whom the core holds rows."""

    def __init__(self, training: Training) -> None:
        self.buckets, self.training = self, training

    def teaching(self, tenant_id: str) -> list[str]:
        return ["question_submitted"]

    def present(self, tenant_id: str, names: list[str]) -> set[str]:
        return set(self.training.examples["learner_key"])


class Training:
    """The job over made-up examples, without a process of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.examples, self.registry, self.now = results(150), Registry(), NOW
        monkeypatch.setattr(ReadinessTrainer, "gather", lambda *_: self.examples)
        monkeypatch.setattr(model_training, "run_apart", lambda function, *arguments: function(*arguments))
        self.job = TrainingJob(self.registry, Source(self), Runs(), clock=lambda: self.now)  # type: ignore[arg-type]  # made up

    def run(self, *, due_only: bool = False) -> dict[str, Any]:
        run = self.job.run("college", ("exam_readiness",), due_only=due_only)
        assert run is not None
        return run.detail


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> Training:
    return Training(monkeypatch)


def test_the_first_model_must_beat_percent_correct(training: Training) -> None:
    said = training.run()["exam_readiness"]
    assert (said["version"], said["promoted"]) == (1, True)
    assert training.registry.promoted == [1]
    candidate, learners = training.registry.candidates[0]
    assert not [key for key in learners if key[-1] in "05"], "nobody held out teaches"
    assert candidate.metrics["comparison"]["against"] == "the baseline"
    assert candidate.metrics["learners"] == 30
    assert candidate.card["fairness"]["groups"].keys() == {"final", "student", "career_changer"}
    assert candidate.card["limits"]
    assert candidate.card["intended_use"]


def test_a_model_that_tells_nothing_stays_a_candidate(training: Training) -> None:
    training.examples = results(150, useful=False)
    assert training.run()["exam_readiness"]["promoted"] is False
    assert training.registry.promoted == []


def test_the_same_data_make_the_same_model_which_does_not_replace_itself(training: Training) -> None:
    training.run()
    again = training.run()["exam_readiness"]
    (first, _), (second, _) = training.registry.candidates
    assert (first.artefact, first.data_hash, first.seed) == (second.artefact, second.data_hash, second.seed)
    assert again["promoted"] is False
    assert second.metrics["comparison"]["against"] == "the version in service"


def test_below_the_least_results_nothing_is_trained(training: Training) -> None:
    training.examples = results(99)
    assert training.run()["exam_readiness"] == {"learners": 99, "needed": 100, "trained": False}
    assert training.registry.candidates == []


def test_what_an_erased_person_taught_is_rebuilt_or_retires(training: Training) -> None:
    training.run()
    training.registry.rebuild = NOW + timedelta(days=30)
    training.examples = training.examples.filter(pl.col("learner_key") != "learner 0001")
    assert training.run(due_only=True)["exam_readiness"]["promoted"] is True, "though it is no better"
    assert "learner 0001" not in training.registry.candidates[1][1]
    training.examples = training.examples.head(90)
    training.run(due_only=True)
    assert training.registry.retired == [2]


def test_rows_that_are_gone_have_the_version_rebuilt_the_same_night(training: Training) -> None:
    training.run()
    training.examples = training.examples.filter(pl.col("learner_key") != "learner 0001")
    training.now += timedelta(days=1)
    said = training.run(due_only=True)
    assert said["forgotten"] == ["exam_readiness/1"]
    assert said["exam_readiness"]["promoted"]
    assert "learner 0001" not in training.registry.candidates[1][1]


def test_what_the_training_was_like_is_kept_for_the_watch(training: Training) -> None:
    training.run()
    kept = training.registry.candidates[0][0].reference
    assert kept.keys() == {*FEATURES, "output"} - {"days_out"}
    assert kept["known"]["strata"]["7 days before"]["learners"] == 150
    assert kept["output"]["strata"]["7 days before"]["learners"] == 30, "who did not teach"


def test_models_are_due_every_week(training: Training) -> None:
    training.run()
    assert training.run(due_only=True) == {}
    training.now = NOW + timedelta(days=7)
    assert "exam_readiness" in training.run(due_only=True)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 39), st.sampled_from(["score", "known", "learner_key"]))
def test_the_hash_changes_exactly_when_the_data_do(seed: int, row: int, column: str) -> None:
    rows = results(40)
    shuffled = rows.sample(fraction=1, shuffle=True, seed=seed).select(rows.columns[::-1])
    assert data_hash(shuffled) == data_hash(rows)
    changed = rows[column].to_list()
    changed[row] = "another" if column == "learner_key" else changed[row] + 1e-9
    assert data_hash(rows.with_columns(pl.Series(column, changed))) != data_hash(rows)
    assert data_hash(rows.slice(1)) != data_hash(rows)


def test_an_unreadable_model_in_service_is_judged_as_none() -> None:
    rows = results(150)
    trained = train_apart("exam_readiness", rows.head(120), rows.tail(30), b"of another release", 1)
    assert trained.against.startswith("the baseline: ")


def test_every_trainer_can_be_found_by_name() -> None:
    for name in TRAINERS:
        assert trainer(name).name == name
