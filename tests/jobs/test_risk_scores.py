"""The weekly job of students in focus and its trainer, over made-up courses as the core and the records hold them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from tests.analytics.courses import course_tables
from tests.jobs.test_model_training import Runs

from akademos.analytics import fairness, risk_judgement
from akademos.analytics.dropout_risk import MODEL, from_bytes
from akademos.analytics.probability_scores import auc
from akademos.analytics.risk_levels import LEVELS
from akademos.analytics.risk_tables import INPUT
from akademos.catalogue.registry import builtin
from akademos.catalogue.risk_datasets import FOCUS_SHARE
from akademos.jobs import risk_estimates, risk_scores
from akademos.jobs.course_activity import (
    COLUMNS,
    SUBMITTED,
    WITHDREW,
    CourseActivity,
    course_activity,
    outcomes,
    tables_at,
)
from akademos.jobs.learner_buckets import Bucket
from akademos.jobs.model_training import train_apart
from akademos.jobs.risk_scores import RiskScoresJob, monday
from akademos.jobs.risk_trainer import OUTCOMES_LEAST, DropoutRiskTrainer
from akademos.jobs.trainers import TrainingSource
from akademos.stores.ports.risk import RiskScore

STARTS = {"course 1": date(2025, 2, 3), "course 2": date(2025, 9, 1), "course 3": date(2026, 2, 2)}
NOW = datetime(2026, 3, 12, 3, 45, tzinfo=UTC)


@dataclass
class Core:
    """The core, the records and the scores of one tenant."""

    events: pl.DataFrame
    people: pl.DataFrame
    groups: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(
            schema=dict.fromkeys(("learner_key", "course_id", "attribute", "value"), pl.String)
        )
    )
    written: dict[date, list[RiskScore]] = field(default_factory=dict)

    def read(self, tenant_id: str, names: Sequence[str], columns: Sequence[str]) -> Iterator[Bucket]:
        assert {"question_submitted", SUBMITTED, WITHDREW, "material_opened"} <= set(names)
        rows = self.events.filter(pl.col("event_name").is_in(names))
        for part in rows.partition_by("learner_key", maintain_order=True):
            key = part["learner_key"][0]
            yield Bucket(part.select(columns), {key: (key,)}, key)

    def courses(self, tenant_id: str) -> pl.DataFrame:
        ends = [day + timedelta(days=90) for day in STARTS.values()]
        return pl.DataFrame({"course_id": list(STARTS), "starts_on": list(STARTS.values()), "ends_on": ends})

    def enrolments(self, tenant_id: str) -> pl.DataFrame:
        return self.people

    def group_attributes(self, tenant_id: str) -> pl.DataFrame:
        return self.groups

    def of_week(self, tenant_id: str, as_of: date) -> Mapping[tuple[str, str], RiskScore]:
        return {(one.learner_key, one.course_id): one for one in self.written.get(as_of, [])}

    def write(self, tenant_id: str, as_of: date, scores: Sequence[RiskScore]) -> int:
        self.written[as_of] = list(scores)
        return len(scores)

    def forget(self, tenant_id: str) -> int:
        return 0


def core() -> Core:
    tables, _ = course_tables(learners=130, courses=3, seed=4)
    starts = pl.DataFrame({"course_id": list(STARTS), "starts_on": list(STARTS.values())})
    today = pl.lit(NOW.date())

    def events(rows: pl.DataFrame, name: str, **more: Any) -> pl.DataFrame:
        moment = (
            (pl.col("starts_on") + pl.duration(days=pl.col("day"))).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        )
        properties = pl.struct(pl.col(one) for one in rows.columns if one in PROPERTIES) if name != WITHDREW else None
        nothing = {one: pl.lit(None, pl.String) for one in COLUMNS if one not in rows.columns}
        return rows.join(starts, on="course_id").with_columns(**nothing).with_columns(
            event_name=pl.lit(name),
            event_id=pl.int_range(pl.len()).cast(pl.String) + name,
            occurred_at=moment + pl.duration(hours=12),
            time_precision=pl.lit("exact"),
            score=pl.col("score").cast(pl.Float64),
            properties=pl.lit("{}") if properties is None else properties.map_elements(json.dumps, pl.String),
            **more,
        ).filter(pl.col("occurred_at").dt.date() <= today).select(COLUMNS)  # fmt: skip

    PROPERTIES = {"material_kind", "quantity", "due_offset_days", "weight_percent", "is_banked"}  # noqa: N806 - a constant
    handed_in = tables["submissions"].join(tables["assessments"], on=["course_id", "assessment_id"])
    found = [
        events(tables["activity"].rename({"kind": "material_kind", "clicks": "quantity"}), "material_opened"),
        events(
            handed_in.with_columns(due_offset_days=pl.col("day") - pl.col("due_day")).rename(
                {"banked": "is_banked", "weight": "weight_percent"}
            ),
            SUBMITTED,
        ),
        events(
            tables["enrolments"]
            .filter(pl.col("withdrawn_day").is_not_null())
            .select("learner_key", "course_id", day="withdrawn_day"),
            WITHDREW,
        ),
    ]
    people = tables["enrolments"].join(starts, on="course_id").select(
        "learner_key",
        "course_id",
        registered_on=pl.col("starts_on") + pl.duration(days=pl.col("registered_day")),
        withdrawn_on=pl.lit(None, pl.Date),
        resits="resits",
    )  # fmt: skip
    return Core(pl.concat(found).sort("learner_key", "occurred_at", "event_id"), people)


class Served:
    """A registry of models with one version in service, or none."""

    def __init__(self, artefact: bytes | None = None, version: int = 7, model: str = MODEL) -> None:
        self.bytes, self.number, self.model = artefact, version, model

    def in_service(self, tenant_id: str, model: str) -> Any:
        return None if self.bytes is None or model != self.model else SimpleNamespace(version=self.number)

    def artefact(self, tenant_id: str, model: str, version: int) -> bytes | None:
        return self.bytes if model == self.model else None


class KeptRuns(Runs):
    """Remembers the last success, as the record of jobs does."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str | None], Any] = {}

    def succeeded(self) -> dict[tuple[str, str | None], Any]:
        return self.kept


def source_of(held: Core) -> TrainingSource:
    materials = pl.DataFrame(schema={"material_id": pl.String, "kind": pl.String})
    records = SimpleNamespace(curriculum=lambda _: SimpleNamespace(tables={"materials": materials}))
    return TrainingSource(held, records, None, lambda _: builtin(), held)  # type: ignore[arg-type]  # made up


@pytest.fixture(scope="module")
def gathered() -> tuple[Core, pl.DataFrame]:
    held = core()
    return held, DropoutRiskTrainer().gather(source_of(held), "college", NOW)


@pytest.fixture
def job_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(risk_estimates, "run_apart", lambda function, *arguments: function(*arguments))

    def make(held: Core, served: Served, runs: KeptRuns | None = None) -> RiskScoresJob:
        return RiskScoresJob(held, served, source_of(held), runs or KeptRuns(), clock=lambda: NOW)  # type: ignore[arg-type]

    return make


def test_examples_are_of_courses_that_have_ended(gathered: tuple[Core, pl.DataFrame]) -> None:
    _, examples = gathered
    assert set(examples["course_id"]) == {"course 1", "course 2"}
    assert set(examples["day"]) == {14, 28, 42, 56, 84}
    assert examples["learner_key"].n_unique() >= OUTCOMES_LEAST
    assert examples["cohort"].n_unique() == 2
    assert 0.1 < examples["outcome"].mean() < 0.9  # type: ignore[operator]  # a number


def test_the_tables_are_those_of_the_course(gathered: tuple[Core, pl.DataFrame]) -> None:
    held, _ = gathered
    tables, _ = course_tables(learners=130, courses=3, seed=4)
    nothing = pl.DataFrame(schema={"material_id": pl.String, "kind": pl.String})
    whole = course_activity(held.events, held.courses(""), nothing)
    found = tables_at(whole, held.people, held.courses("").head(2), 50)
    first_two = pl.col("course_id") != "course 3"
    for name in ("activity", "submissions"):
        expected = tables[name].filter(first_two)
        assert found[name].sort(expected.columns).equals(expected.sort(expected.columns)), name
    expected = tables["enrolments"].filter(first_two).sort("learner_key")
    assert found["enrolments"].sort("learner_key").equals(expected)
    due = dict(found["assessments"].select("assessment_id", "due_day").iter_rows())
    assert due == {f"course {n} a{m}": day for n in (1, 2) for m, day in enumerate((12, 33))}, (
        "a later one is not known"
    )
    ends = outcomes(whole, held.people, held.courses(""), NOW.date())
    left = expected.filter(pl.col("withdrawn_day").is_not_null())["learner_key"].to_list()
    assert set(ends.filter(pl.col("outcome") == 1)["learner_key"]) == set(left)


def test_who_registered_again_is_there_and_who_has_the_certificate_has_completed() -> None:
    begin, keys = date(2026, 1, 5), {"learner_key": pl.String, "course_id": pl.String}
    last = {"again": (10, None), "left": (10, None), "done": (95, 80), "went": (95, None), "early": (40, 30)}
    whole = CourseActivity(
        pl.DataFrame(schema=INPUT["activity"]),
        pl.DataFrame(schema={**INPUT["submissions"], "due_day": pl.Int32, "weight": pl.Float64}),
        pl.DataFrame([(key, "c", *days) for key, days in last.items()],
                     schema={**keys, "withdrew_day": pl.Int32, "certified_day": pl.Int32}, orient="row"),
    )  # fmt: skip
    registered = {key: date(2026, 1, 20) if key == "again" else begin for key in last}
    people = pl.DataFrame(
        [(key, "c", day, None, None) for key, day in registered.items()],
        schema={**keys, "registered_on": pl.Date, "withdrawn_on": pl.Date, "resits": pl.Int32}, orient="row",
    )  # fmt: skip
    courses = pl.DataFrame({"course_id": ["c"], "starts_on": [begin], "ends_on": [date(2026, 4, 1)]})
    gone = tables_at(whole, people, courses, 28)["enrolments"].filter(pl.col("withdrawn_day") < 28)
    assert gone["learner_key"].to_list() == ["left"]
    ends = dict(outcomes(whole, people, courses, date(2026, 6, 1)).select("learner_key", "outcome").iter_rows())
    assert ends == {"again": 1, "left": 1, "done": 0, "went": 1, "early": 0}, "the course gives certificates"
    no_certificates = replace(whole, ends=whole.ends.with_columns(certified_day=pl.lit(None, pl.Int32)))
    without = outcomes(no_certificates, people, courses, date(2026, 6, 1))
    ends = dict(without.select("learner_key", "outcome").iter_rows())
    assert ends == {"again": 0, "left": 1, "done": 0, "went": 0, "early": 1}, "withdrawn on day 95 of 86: after the end"


def test_a_trained_model_beats_the_rule_and_scores_the_running_course(
    gathered: tuple[Core, pl.DataFrame], job_of: Any
) -> None:
    held, examples = gathered
    held.written.clear()
    judged = examples.filter(pl.col("learner_key").hash(seed=1) % 5 == 0)
    taught = examples.join(judged.select("learner_key").unique(), on="learner_key", how="anti")
    trained = train_apart(MODEL, taught, judged, None, 5)
    assert trained.verdict.new < trained.verdict.old, "better than the rule of a week without activity"
    assert {"auroc", "auprc", "brier", "ece", "slope"} <= trained.metrics.keys()
    assert from_bytes(trained.artefact).kinds == ("forum", "page", "quiz")

    run = job_of(held, Served(trained.artefact)).run("college")
    week = monday(NOW.date())
    scores = held.written[week]
    assert (run.detail["by_dropout_risk"], run.detail["by_rule"]) == (len(scores), 0)
    assert {one.course_id for one in scores} == {"course 3"}, "the others have ended"
    assert all(0 < (one.risk or 0) < 1 and one.model_version == 7 and one.course_day == 35 for one in scores)
    assert all(len(one.reasons) <= 3 for one in scores)
    gone = set(held.events.filter(pl.col("event_name") == WITHDREW)["learner_key"])
    assert not gone & {one.learner_key for one in scores}, "who has withdrawn is not asked after"
    tables, truth = course_tables(learners=130, courses=3, seed=4)
    del tables
    outcome = dict(truth.filter(pl.col("course_id") == "course 3").select("learner_key", "outcome").iter_rows())
    actual = pl.Series([outcome[one.learner_key] for one in scores]).to_numpy()
    assert auc(actual, pl.Series([one.risk for one in scores]).to_numpy()) > 0.55


def test_where_few_fail_there_is_still_somebody_to_ask_soon_and_nobody_falls_below_the_rule(
    gathered: tuple[Core, pl.DataFrame], job_of: Any
) -> None:
    held, examples = gathered
    model = from_bytes(DropoutRiskTrainer().fit(examples, 3))
    seldom = replace(
        model, curve=(model.curve[0] - 3, model.curve[1]), notes={**model.notes, "share_not_completed": 0.01}
    )
    held.written.clear()
    job_of(held, Served(seldom.to_bytes())).run("college")
    by_model = {(one.learner_key, one.course_id): one for one in held.written[monday(NOW.date())]}
    held.written.clear()
    job_of(held, Served(None)).run("college")
    by_rule = {(one.learner_key, one.course_id): one for one in held.written[monday(NOW.date())]}
    assert by_model.keys() == by_rule.keys()
    assert max(one.risk or 0 for one in by_model.values()) < 0.5, "no chance is large by itself"
    high = [one for one in by_model.values() if one.level == "high"]
    assert len(high) >= FOCUS_SHARE * len(by_model)
    for key, one in by_model.items():
        assert LEVELS.index(one.level) >= LEVELS.index(by_rule[key].level)
        if one.level == "high" and by_rule[key].level == "high":
            assert {"inactivity", "assessments"} & {str(reason["theme"]) for reason in one.reasons}


def test_who_was_never_active_is_said_to_be_and_a_long_silence_has_its_real_length(
    gathered: tuple[Core, pl.DataFrame], job_of: Any
) -> None:
    held, _ = gathered
    silent, never = sorted(set(held.people.filter(course_id="course 3")["learner_key"]))[:2]
    theirs = pl.col("course_id") == "course 3"
    cut = monday(NOW.date())
    one_event = held.events.filter(theirs, event_name="material_opened", learner_key=silent).head(1)
    long_ago = one_event.with_columns(occurred_at=pl.lit(datetime(2026, 1, 1, 12, tzinfo=UTC)))
    others = held.events.filter(~(theirs & pl.col("learner_key").is_in([silent, never])))
    events = pl.concat([others, long_ago]).sort("learner_key", "occurred_at", "event_id")
    tenant = Core(events, held.people)
    for served in (Served(None), Served(DropoutRiskTrainer().fit(gathered[1], 3))):
        job_of(tenant, served).run("college")
        by = {one.learner_key: one for one in tenant.written[cut] if one.course_id == "course 3"}
        said = {
            key: [reason["facts"] for reason in by[key].reasons if reason["theme"] == "inactivity"]
            for key in (silent, never)
        }
        assert said == {
            silent: [{"inactive_days": float((cut - date(2026, 1, 2)).days)}],
            never: [{"inactive_days": None}],
        }
        assert (by[silent].level, by[never].level) == ("high", "high")


def test_the_card_has_both_populations_rules_and_groups(
    gathered: tuple[Core, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (fairness, risk_judgement):
        monkeypatch.setattr(module, "LEAST", 10)
    held, _ = gathered
    pairs = held.people.select("learner_key", "course_id").unique(maintain_order=True)
    groups = pairs.with_columns(
        attribute=pl.lit("gender"),
        value=pl.when(pl.col("learner_key").hash(seed=2) % 2 == 0).then(pl.lit("F")).otherwise(pl.lit("M")),
    )
    tenant = Core(held.events, held.people, groups)
    examples = DropoutRiskTrainer().gather(source_of(tenant), "college", NOW)
    metrics, by = DropoutRiskTrainer().metrics(DropoutRiskTrainer().fit(examples, 5), examples, 10, 5)
    whole = metrics["all_enrolled"]
    assert whole["examples"] > metrics["examples"]
    assert whole["gone"] == examples.filter("gone")["learner_key"].n_unique() > 0
    assert whole["auroc"]["value"] > metrics["auroc"]["value"], "who has gone is easily told"
    assert metrics["baselines"].keys() == {"logistic", "lightgbm", "inactive_7d", "already_gone"}
    assert metrics["baselines"]["already_gone"]["active"] is None
    assert metrics["baselines"]["inactive_7d"]["active"]["auroc"] < metrics["auroc"]["value"]
    assert metrics["fairness"]["attributes"] == ["gender"]
    assert 0 <= metrics["fairness"]["abroca"]["gender"] < 0.3
    assert {"gender: F", "gender: M"} < by.keys()
    assert by["gender: F"]["learners"] + by["gender: M"]["learners"] == metrics["learners"]
    features = DropoutRiskTrainer().features(DropoutRiskTrainer().fit(examples, 5))
    assert not [name for name in features if "gender" in name or name in ("gone", "inactive")], (
        "nothing is learned of it"
    )
    without = DropoutRiskTrainer().gather(source_of(held), "college", NOW)
    assert DropoutRiskTrainer().fit(without, 5) == DropoutRiskTrainer().fit(examples, 5)
    none, _ = DropoutRiskTrainer().metrics(DropoutRiskTrainer().fit(without, 5), without, 10, 5)
    assert none["fairness"]["attributes"] == [], "no group is known"


def test_what_changed_since_last_week_is_by_the_same_model(gathered: tuple[Core, pl.DataFrame], job_of: Any) -> None:
    held, examples = gathered
    held.written.clear()
    served = Served(DropoutRiskTrainer().fit(examples, 3))
    job_of(held, served).run("college")
    week = monday(NOW.date())
    held.written[week - timedelta(days=7)] = [
        RiskScore(**{name: getattr(one, name) for name in RiskScore.__slots__} | {"risk": 0.1, "effects": {}})
        for one in held.written[week]
    ]
    job_of(held, served).run("college")
    assert {one.previous_risk for one in held.written[week]} == {0.1}
    assert any(one.changed for one in held.written[week])
    served.number = 8
    job_of(held, served).run("college")
    assert {one.previous_risk for one in held.written[week]} == {None}, "another version is not compared"


@pytest.mark.parametrize("artefact", [None, b"of another release"])
def test_without_a_model_the_stated_rule_stands(
    gathered: tuple[Core, pl.DataFrame], job_of: Any, artefact: bytes | None
) -> None:
    held, _ = gathered
    held.written.clear()
    run = job_of(held, Served(artefact)).run("college")
    scores = held.written[monday(NOW.date())]
    assert (run.detail["by_dropout_risk"], run.detail["by_rule"]) == (0, len(scores))
    assert scores
    assert {one.risk for one in scores} == {None}
    assert {one.level for one in scores} <= {"high", "raised", "low"}
    by_reasons = {len(one.reasons) for one in scores if one.level == "low"}
    assert by_reasons <= {0}


def test_a_week_is_computed_once_a_model(gathered: tuple[Core, pl.DataFrame], job_of: Any) -> None:
    held, _ = gathered
    held.written.clear()
    runs = KeptRuns()
    first = job_of(held, Served(), runs).run("college", due_only=True)
    assert held.written
    held.written.clear()
    runs.kept[risk_scores.JOB, "college"] = SimpleNamespace(detail=dict(first.detail))
    job_of(held, Served(), runs).run("college", due_only=True)
    assert not held.written
    job_of(held, Served(), runs).run("college")
    assert held.written, "when somebody asks for it"


def test_nobody_to_learn_from_is_no_failure() -> None:
    nobody = Core(core().events.clear(), core().people.clear())
    assert DropoutRiskTrainer().gather(source_of(nobody), "college", NOW).is_empty()
