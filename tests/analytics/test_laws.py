"""Laws of the learner analytics, over drawn populations."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.analytics.populations import NOW, START, Tables, answer, curriculum, populations, tables_of
from tests.analytics.populations import table as input_table

from akademos.analytics.curriculum import Curriculum
from akademos.analytics.item_difficulty import item_difficulty
from akademos.analytics.learner_state import evaluate, pack, precompute, split, unpack
from akademos.analytics.pace import cohort_times
from akademos.analytics.parameters import FSRS_6_DEFAULT
from akademos.analytics.schemas import OVERALL
from akademos.errors import InputError

law = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
CURRICULUM: Curriculum = curriculum()
WEIGHTS = [w * 1.02 for w in FSRS_6_DEFAULT]
OTHER_WEIGHTS = [*(w * 0.9 for w in FSRS_6_DEFAULT[:20]), 0.5]


def _with_cohort(tables: Tables) -> Tables:
    return {
        **tables,
        "item_difficulty": item_difficulty(tables["question_attempts"], NOW),
        "cohort_times": cohort_times(tables, NOW),
        "cohort_memory_weights": input_table(
            "cohort_memory_weights", [{"weights": WEIGHTS, "reviews": 900, "version": "3"}]
        ),
        "memory_weights": input_table(
            "memory_weights",
            [{"learner_key": "ben", "weights": OTHER_WEIGHTS, "reviews": 410, "fitted_at": START}],
        ),
    }


def _evaluated(tables: Tables, as_of: datetime, computed: datetime | None = None) -> dict[str, pl.DataFrame]:
    found = dict(evaluate(precompute(tables, computed or as_of), CURRICULUM, as_of))
    found["learner"] = found["learner"].drop("precomputed_as_of")
    return found


def _same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> None:
    assert one.keys() == other.keys()
    for name, table in one.items():
        assert_frame_equal(table, other[name], check_exact=True)


def _of(tables: Tables, key: str) -> Tables:
    return {
        name: table.filter(pl.col("learner_key") == key) if "learner_key" in table.columns else table
        for name, table in tables.items()
    }


@law
@given(populations())
def test_one_learner_alone_equals_the_same_learner_among_all(tables: Tables) -> None:
    tables = _with_cohort(tables)
    together = precompute(tables, NOW)
    evaluated = evaluate(together, CURRICULUM, NOW)
    for key, state in split(together):
        alone = precompute(_of(tables, key), NOW)
        _same(dict(state), alone)
        _same(dict(evaluate(alone, CURRICULUM, NOW)), _of(dict(evaluated), key))


@law
@given(populations(), st.integers(0, 40 * 24 * 60), st.integers(0, 40 * 24 * 60))
def test_evaluating_later_equals_computing_later(tables: Tables, early: int, late: int) -> None:
    tables = _with_cohort(tables)
    last = START + timedelta(days=91)  # after every answer
    first, then = sorted((last + timedelta(minutes=early), last + timedelta(minutes=late)))
    _same(_evaluated(tables, then, computed=first), _evaluated(tables, then))


@law
@given(populations(), st.integers(0, 2**32))
def test_order_and_repeats_of_rows_change_nothing(tables: Tables, seed: int) -> None:
    tables = _with_cohort(tables)
    shuffled = {
        name: pl.concat([table, table.sample(fraction=0.5, seed=seed)]).sample(fraction=1, shuffle=True, seed=seed + 1)
        if name in ("question_attempts", "material_interactions", "study_events")
        else table
        for name, table in tables.items()
    }
    _same(_evaluated(tables, NOW), _evaluated(shuffled, NOW))


@law
@given(populations(), st.integers(0, 90 * 24 * 60))
def test_what_happens_later_changes_nothing(tables: Tables, minute: int) -> None:
    as_of = START + timedelta(minutes=minute)
    known = {
        name: table.filter(pl.col("occurred_at") <= as_of) if "occurred_at" in table.columns else table
        for name, table in tables.items()
    }
    learners = pl.concat(
        [tables[name]["learner_key"] for name in ("question_attempts", "material_interactions", "study_events")]
    )
    present = pl.DataFrame({"learner_key": learners.unique()}).join(tables["learners"], on="learner_key", how="left")
    everything, past = ({**part, "learners": present} for part in (tables, known))
    _same(_evaluated(everything, as_of), _evaluated(past, as_of))


@law
@given(populations())
def test_shares_lie_in_0_and_1_and_bounds_hold_their_value(tables: Tables) -> None:
    found = _evaluated(_with_cohort(tables), NOW)
    components = ("first_attempt_accuracy", "overall_accuracy", "retrieval_strength", "material_completion")
    shares = {
        "mastery": ("value", "low", "high", *components, "retrieval_low", "retrieval_high", "trend_p_value"),
        "history": ("value", "low", "high", "retrieval"),
        "hierarchy": ("value", "low", "high"),
        "reviews": ("retrieval_strength",),
        "curves": ("value",),
        "topic_items": ("retrievability",),
        "gaps": ("gap", "mastery", "low", "high", "recent_failure_rate", "prerequisite_part"),
        "rhythm": ("today_accuracy",),
    }
    for name, columns in shares.items():
        for column in columns:
            assert found[name][column].drop_nulls().is_between(0, 1).all(), (name, column)
    for name in ("mastery", "history", "hierarchy"):
        known = found[name].drop_nulls(["value"])
        assert (known["low"] <= known["value"]).all()
        assert (known["value"] <= known["high"]).all()
    mastery = found["mastery"].filter(pl.col("status") == "ok")
    assert (mastery["answers"] >= 5).all()
    weights = mastery.select(pl.sum_horizontal(pl.col("^.*_weight$")))
    assert weights.to_series().is_between(1 - 1e-12, 1 + 1e-12).all()
    assert found["mastery"].filter(pl.col("status") != "ok")["value"].is_null().all()


@law
@given(populations(), st.data())
def test_a_more_correct_answer_never_lowers_accuracy(tables: Tables, data: st.DataObject) -> None:
    attempts = tables["question_attempts"]
    row = data.draw(st.integers(0, attempts.height - 1))
    better = attempts.with_columns(score=pl.when(pl.int_range(pl.len()) == row).then(1.0).otherwise(pl.col("score")))
    before = _evaluated(tables, NOW)["mastery"]
    after = _evaluated({**tables, "question_attempts": better}, NOW)["mastery"]
    for column in ("first_attempt_accuracy", "overall_accuracy"):
        raised = (after[column] - before[column]).drop_nulls()
        assert (raised >= 0).all()


@law
@given(populations())
def test_without_a_clock_nothing_that_needs_one_is_said(tables: Tables) -> None:
    timeless = tables["question_attempts"].with_columns(time_precision=pl.lit("order"))
    contacts = tables["material_interactions"].with_columns(time_precision=pl.lit("order"))
    study = tables["study_events"].with_columns(time_precision=pl.lit("order"))
    timeless_tables = {"question_attempts": timeless, "material_interactions": contacts, "study_events": study}
    found = _evaluated({**tables, **timeless_tables}, NOW)
    assert set(found["learner"]["clock"]) == {"order"}
    for name in ("history", "reviews", "calendar", "curves", "recent_reviews", "days"):
        assert found[name].height == 0, name
    assert set(found["rhythm"]["status"]) == {"needs_clock"}
    mastery = found["mastery"].filter(pl.col("answers") > 0)
    assert set(mastery["trend_status"]) == {"needs_clock"}
    assert mastery["retrieval_strength"].null_count() == mastery.height
    unreached = mastery.filter(pl.col("projection_days") != 0)
    assert set(unreached["projection_status"]) <= {"needs_clock"}
    assert found["topic_items"]["due_at"].null_count() == found["topic_items"].height
    assert not set(found["gaps"]["kind"]) & {"forgotten"}


@law
@given(populations(), st.integers(1, 12))
def test_a_point_of_the_past_is_what_was_said_then(tables: Tables, weeks: int) -> None:
    exact = {
        name: table.with_columns(time_precision=pl.lit("exact")) if "time_precision" in table.columns else table
        for name, table in tables.items()
    }
    exact["question_attempts"] = exact["question_attempts"].filter(pl.col("occurred_at") >= START)
    exact["learners"] = exact["learners"].clear()  # in UTC
    then = START + timedelta(weeks=weeks) - timedelta(microseconds=1)  # the end of a Sunday
    said = _evaluated(exact, then)["history"].filter(pl.col("date") == then.date())
    recalled = _evaluated(exact, NOW + timedelta(days=3))["history"].filter(pl.col("date") == then.date())
    assert_frame_equal(recalled, said, check_exact=True)


@law
@given(populations())
def test_a_state_survives_packing(tables: Tables) -> None:
    for _, state in split(precompute(_with_cohort(tables), NOW)):
        blob = pack(state)
        unpacked = unpack(blob)
        _same(dict(unpacked), state)
        _same(dict(evaluate(unpack(blob), CURRICULUM, NOW)), dict(evaluate(state, CURRICULUM, NOW)))
        assert pack(unpacked) == blob


@law
@given(populations())
def test_an_answer_counts_for_each_topic_and_once_overall(tables: Tables) -> None:
    found = _evaluated(tables, NOW)["mastery"]
    given_answers = tables["question_attempts"].filter(pl.col("occurred_at") <= NOW)
    overall = dict(found.filter(pl.col("topic_id") == OVERALL).select("learner_key", "answers").iter_rows())
    assert overall.keys() == set(given_answers["learner_key"]) | set(tables["learners"]["learner_key"])
    for key, answers in overall.items():
        own = given_answers.filter(pl.col("learner_key") == key)
        assert answers == own.height
        by_topic = found.filter(pl.col("learner_key") == key, pl.col("topic_id") != OVERALL, pl.col("answers") > 0)
        expected = own.explode("topic_ids").drop_nulls("topic_ids").group_by("topic_ids").len()
        assert dict(by_topic.select("topic_id", "answers").iter_rows()) == dict(expected.iter_rows())


def test_a_state_of_the_future_is_refused() -> None:
    state = precompute(tables_of([answer(1)]), NOW)
    with pytest.raises(InputError) as refused:
        evaluate(state, CURRICULUM, NOW - timedelta(seconds=1))
    assert refused.value.code == "as_of_before_state"
    with pytest.raises(InputError) as refused:
        evaluate(state, CURRICULUM, NOW.replace(tzinfo=None))
    assert refused.value.code == "naive_time"
    with pytest.raises(InputError) as refused:
        evaluate(state, CURRICULUM, NOW, parts=["mastery", "horoscope"])
    assert refused.value.code == "unknown_part"


@law
@given(populations(), st.integers(0, 90 * 24 * 60), st.lists(st.integers(0, 200), max_size=3), st.booleans())
def test_an_earlier_state_saves_work_and_changes_nothing(
    tables: Tables, minute: int, late: list[int], other_materials: bool
) -> None:
    tables = _with_cohort(tables)
    earlier = START + timedelta(minutes=minute)
    attempts = tables["question_attempts"]
    arrives_late = pl.Series([row % attempts.height for row in late], dtype=pl.Int64)
    known = {
        **tables,
        "question_attempts": attempts.filter(~pl.int_range(pl.len()).is_in(arrives_late.implode())),
        "materials": tables["materials"].head(1) if other_materials else tables["materials"],
    }
    previous = precompute(known, earlier)
    as_of = NOW + timedelta(days=2)
    _same(precompute(tables, as_of, previous=previous), precompute(tables, as_of))
    _same(precompute(tables, earlier, previous=precompute(tables, as_of)), precompute(tables, earlier))
