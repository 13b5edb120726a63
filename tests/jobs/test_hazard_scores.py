"""Courses without dates in the weekly job: judged by the learner's own clock, by a model or by the rule, and which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from tests.jobs.test_risk_scores import NOW, STARTS, Core, KeptRuns, Served, core, source_of

from akademos.analytics.dropout_hazard import LAST_WEEK, LEFT, MODEL, OBSERVED, hazard_level, left_within
from akademos.analytics.dropout_risk import from_bytes
from akademos.analytics.hazard_features import starts
from akademos.analytics.risk_fitting import OUTCOME
from akademos.analytics.risk_levels import higher
from akademos.analytics.risk_tables import INPUT, KEYS, WEEK
from akademos.jobs import risk_estimates
from akademos.jobs.course_activity import CERTIFIED
from akademos.jobs.hazard_trainer import LEARNERS_LEAST, DropoutHazardTrainer
from akademos.jobs.model_training import train_apart
from akademos.jobs.risk_scores import RiskScoresJob, monday

OPEN = "course 3"
"""Has neither a first nor a last day here."""


@dataclass
class OwnPace(Core):
    """The same tenant, whose third course has no dates."""

    def courses(self, tenant_id: str) -> pl.DataFrame:
        dates = pl.when(pl.col("course_id") != OPEN)
        return super().courses(tenant_id).with_columns(dates.then("starts_on"), dates.then("ends_on"))


@pytest.fixture(scope="module")
def held() -> OwnPace:
    made = core()
    return OwnPace(made.events, made.people)


@pytest.fixture(scope="module")
def examples(held: OwnPace) -> pl.DataFrame:
    return DropoutHazardTrainer().gather(source_of(held), "college", NOW)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, held: OwnPace) -> Any:
    monkeypatch.setattr(risk_estimates, "run_apart", lambda function, *arguments: function(*arguments))

    def scored(served: Served, of: OwnPace | None = None) -> Any:
        tenant = of or held
        tenant.written.clear()
        job = RiskScoresJob(tenant, served, source_of(tenant), KeptRuns(), clock=lambda: NOW)  # type: ignore[arg-type]  # made up
        return job.run("college"), tenant.written[monday(NOW.date())]

    return scored


def test_examples_are_of_all_courses_and_observed_until_today_or_their_end(
    held: OwnPace, examples: pl.DataFrame
) -> None:
    assert set(examples["course_id"]) == set(STARTS)
    assert examples["learner_key"].n_unique() >= LEARNERS_LEAST
    assert examples["cohort"].n_unique() == 3, "first and second half of 2025, first of 2026"
    assert (examples[OBSERVED] > 0).all()
    first = examples.filter(pl.col("day") == WEEK)
    began = {
        (row["learner_key"], row["course_id"]): row["occurred_at"].date()
        for row in held.events.sort("occurred_at").unique(KEYS, keep="first").iter_rows(named=True)
    }
    for row in first.sample(20, seed=1).iter_rows(named=True):
        start = began[row["learner_key"], row["course_id"]]
        last = NOW.date() if row["course_id"] == OPEN else STARTS[row["course_id"]] + timedelta(days=91)
        assert row[OBSERVED] == (last - start).days - WEEK
    assert left_within(examples)[OUTCOME].sum() >= 25


def test_a_certificate_ends_what_is_observed(held: OwnPace) -> None:
    last = held.events.filter(course_id="course 1").sort("occurred_at").tail(1)
    given = last.with_columns(event_name=pl.lit(CERTIFIED), event_id=pl.lit("given"), properties=pl.lit("{}"))
    tenant = OwnPace(pl.concat([held.events, given]).sort("learner_key", "occurred_at", "event_id"), held.people)
    found = DropoutHazardTrainer().gather(source_of(tenant), "college", NOW)
    key = given["learner_key"][0]
    mine = found.filter(learner_key=key, course_id="course 1")
    start = held.events.filter(learner_key=key, course_id="course 1")["occurred_at"].min()
    certified = (given["occurred_at"][0].date() - start.date()).days  # type: ignore[union-attr]  # a time
    assert mine.height
    assert set(mine["day"] + mine[OBSERVED]) == {certified}


def test_a_trained_model_beats_the_rule_and_speaks_of_the_course_without_dates(
    held: OwnPace, examples: pl.DataFrame, run: Any
) -> None:
    judged = examples.filter(pl.col("learner_key").hash(seed=1) % 5 == 0)
    taught = examples.join(judged.select("learner_key").unique(), on="learner_key", how="anti")
    trained = train_apart(MODEL, taught, judged, None, 5)
    assert trained.verdict.new < trained.verdict.old * 1.1, "as good as the rule of a week without activity, or better"
    assert {"auroc", "auprc", "brier", "ece", "slope"} <= trained.metrics.keys()
    done, scores = run(Served(trained.artefact, model=MODEL))
    assert {one.course_id for one in scores} == {OPEN}, "the others have ended"
    model = from_bytes(trained.artefact)
    by_model = [one for one in scores if one.basis == "hazard"]
    assert done.detail["by_dropout_hazard"] == len(by_model) > len(scores) / 2
    assert done.detail["by_rule"] == len(scores) - len(by_model)
    for one in by_model:
        assert one.risk is not None
        assert WEEK <= one.course_day <= LAST_WEEK * WEEK
        assert one.model_version == 7
        assert higher(one.level, hazard_level(one.risk, model.notes["usual"])) == one.level
        assert len(one.reasons) <= 3
    assert all(one.risk is None for one in scores if one.basis == "rule")


def test_without_a_model_the_rule_stands_and_who_has_not_begun_is_counted_from_registration(
    held: OwnPace, run: Any
) -> None:
    late = {"learner_key": "never begun", "course_id": OPEN, "registered_on": monday(NOW.date()) - timedelta(days=9)}
    new = {**late, "learner_key": "new", "registered_on": monday(NOW.date()) - timedelta(days=2)}
    soon = {**late, "learner_key": "soon", "registered_on": NOW.date()}
    undated = {**late, "learner_key": "undated", "registered_on": None}
    people = pl.concat([held.people, pl.DataFrame([late, new, soon, undated])], how="diagonal_relaxed")
    _, scores = run(Served(), OwnPace(held.events, people))
    by = {one.learner_key: one for one in scores}
    assert {one.basis for one in scores} == {"rule"}
    assert (by["never begun"].level, by["never begun"].course_day) == ("raised", 9)
    assert by["never begun"].reasons[0]["facts"] == {"inactive_days": None}, "nothing yet"
    assert (by["new"].level, by["new"].course_day) == ("low", 2)
    assert "soon" not in by, "what begins after the cut-off is not known"
    assert "undated" not in by, "nothing is known"


def test_who_has_the_certificate_is_not_asked_after(held: OwnPace, run: Any) -> None:
    _, scores = run(Served())
    key = scores[0].learner_key
    mine = held.events.filter(learner_key=key, course_id=OPEN).sort("occurred_at").head(1)
    given = mine.with_columns(event_name=pl.lit(CERTIFIED), event_id=pl.lit("given"), properties=pl.lit("{}"))
    events = pl.concat([held.events, given]).sort("learner_key", "occurred_at", "event_id")
    _, without = run(Served(), OwnPace(events, held.people))
    assert {one.learner_key for one in scores} - {one.learner_key for one in without} == {key}


def test_what_comes_after_the_cut_off_changes_no_score(held: OwnPace, examples: pl.DataFrame, run: Any) -> None:
    served = Served(DropoutHazardTrainer().fit(examples, 3), model=MODEL)
    _, scores = run(served)
    week = monday(NOW.date())
    before = held.events.filter(pl.col("occurred_at").dt.date() < week)
    assert before.height < held.events.height
    _, again = run(served, OwnPace(before, held.people))
    assert [(one.learner_key, one.risk, one.effects) for one in again] == [
        (one.learner_key, one.risk, one.effects) for one in scores
    ]


def test_too_few_who_leave_teach_nothing(held: OwnPace) -> None:
    stay = OwnPace(held.events.filter(pl.col("event_name") != "course_withdrawn"), held.people)
    assert DropoutHazardTrainer().gather(source_of(stay), "college", NOW).is_empty()
    nobody = OwnPace(held.events.clear(), held.people.clear())
    assert DropoutHazardTrainer().gather(source_of(nobody), "college", NOW).is_empty()
    unseen = pl.DataFrame({"learner_key": ["a"], "course_id": ["c"], LEFT: [None], OBSERVED: [3.0]})
    assert DropoutHazardTrainer().metrics(b"", unseen, 5, 1) == ({"learners": 0, "examples": 0}, {})


def test_a_start_is_the_first_thing_done() -> None:
    tables = {name: pl.DataFrame(schema=schema) for name, schema in INPUT.items()}
    me = {"learner_key": "a", "course_id": "c"}
    tables["submissions"] = pl.DataFrame([{**me, "assessment_id": "x", "day": 3}], schema=INPUT["submissions"])
    assert starts(tables).to_dicts() == [{**me, "start": 3}]
