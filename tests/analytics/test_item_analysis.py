"""Item analysis: closed forms, published examples, first attempts, distractors, groups, drift, what is masked."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics.test_two_parameter_logistic import lsat, simulated

from akademos.analytics.differential_functioning import mantel_haenszel
from akademos.analytics.fixed_forms import form_reliability
from akademos.analytics.item_analysis import PERIOD, TABLES, item_analysis, masked
from akademos.analytics.proportions import wilson, z_of
from akademos.analytics.reliability import reliability
from akademos.errors import InputError

START = datetime(2026, 3, 1, tzinfo=UTC)
AS_OF = datetime(2026, 9, 1, tzinfo=UTC)


def answered(scores: npt.NDArray[np.float64], **columns: Any) -> pl.DataFrame:
    """One row a learner and item that was answered, a minute apart, learner after learner."""
    learner, item = np.nonzero(~np.isnan(scores))
    return pl.DataFrame(
        {
            "learner_key": [f"l{one:05}" for one in learner],
            "event_id": [f"e{at:07}" for at in range(len(learner))],
            "occurred_at": [START + timedelta(minutes=at) for at in range(len(learner))],
            "question_id": [f"q{one:03}" for one in item],
            "course_id": ["course"] * len(learner),
            "score": scores[learner, item],
            **columns,
        }
    )


def test_the_law_school_test_gives_the_published_statistics() -> None:
    """Rizopoulos (2006): share right, correlation with the total of the others, alpha with and without each item."""
    scores = lsat()
    items = item_analysis(answered(scores), AS_OF)["items"]
    assert items["difficulty"].round(3).to_list() == [0.924, 0.709, 0.553, 0.763, 0.870]
    found = reliability(scores)
    assert (found.formula, round(found.value, 4)) == ("kr20", 0.2950)
    assert [round(one, 4) for one in found.without_item] == [0.2754, 0.2376, 0.2168, 0.2459, 0.2663]


def test_statistics_are_those_of_their_closed_forms() -> None:
    scores, _, _ = simulated(300, 12, 2)
    items = item_analysis(answered(scores), AS_OF)["items"]
    for place, row in enumerate(items.iter_rows(named=True)):
        rest = np.delete(scores, place, axis=1).sum(axis=1)
        assert row["rest_correlation"] == pytest.approx(float(np.corrcoef(scores[:, place], rest)[0, 1]), abs=1e-10)
        assert row["difficulty"] == pytest.approx(float(scores[:, place].mean()), abs=1e-10)
        assert row["rest_low"] < row["rest_correlation"] < row["rest_high"]
    right = scores.mean(axis=0)
    kr20 = 12 / 11 * (1 - float((right * (1 - right)).sum()) / float(scores.sum(axis=1).var()))
    assert reliability(scores).value == pytest.approx(kr20, abs=1e-10)


def test_the_bootstrap_interval_holds_the_truth_as_often_as_it_says() -> None:
    held = []
    for seed in range(12):
        scores, slope, difficulty = simulated(250, 10, 100 + seed)
        many, _, _ = simulated(1, 1, 0)
        rng = np.random.default_rng(9)
        ability = rng.normal(size=40_000)
        rng = np.random.default_rng(10)
        many = (rng.random((40_000, 10)) < 1 / (1 + np.exp(-slope * (ability[:, None] - difficulty)))).astype(float)
        items = item_analysis(answered(scores), AS_OF)["items"]
        for place, row in enumerate(items.iter_rows(named=True)):
            truth = float(np.corrcoef(many[:, place], many.sum(axis=1) - many[:, place])[0, 1])
            held.append(row["rest_low"] <= truth <= row["rest_high"])
    assert 0.88 < np.mean(held) <= 1.0


def test_wilson_gives_the_published_interval() -> None:
    """Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I, method 3."""
    for right, of, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson(right / of, of, z_of(0.95)) == pytest.approx((low, high), abs=5e-5)


def test_admissions_at_berkeley_give_the_published_common_odds_ratio() -> None:
    """R's data set UCBAdmissions (Bickel et al. 1975), mantelhaen.test: 0.9046968, 0.7719074 to 1.0603298."""
    table = {
        0: (512, 313, 89, 19), 1: (353, 207, 17, 8), 2: (120, 205, 202, 391),
        3: (138, 279, 131, 244), 4: (53, 138, 94, 299), 5: (22, 351, 24, 317),
    }  # fmt: skip
    rows = [
        (right, focal, stratum)
        for stratum, counts in table.items()
        for (right, focal), count in zip(((1, 0), (0, 0), (1, 1), (0, 1)), counts, strict=True)
        for _ in range(count)
    ]
    right, focal, stratum = (np.array(column) for column in zip(*rows, strict=True))
    found = mantel_haenszel(right.astype(bool), focal.astype(bool), stratum)
    assert found is not None
    assert found.odds_ratio == pytest.approx(0.9046968, abs=1e-7)
    half = found.standard_error / 2.35 * z_of(0.95)
    assert np.log(found.odds_ratio) - half == pytest.approx(np.log(0.7719074), abs=1e-6)
    assert np.log(found.odds_ratio) + half == pytest.approx(np.log(1.0603298), abs=1e-6)
    assert found.ets_class == "A"


@given(order=st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_neither_order_nor_repetition_nor_later_answers_change_anything(order: random.Random) -> None:
    scores, _, _ = simulated(60, 8, 6)
    table = answered(scores)
    later = table.with_columns(
        pl.lit(AS_OF + timedelta(days=1)).alias("occurred_at"), pl.col("event_id") + "x", score=1 - pl.col("score")
    )
    again = table.with_columns(
        pl.col("occurred_at") + timedelta(days=9), pl.col("event_id") + "y", score=1 - pl.col("score")
    )
    rows = pl.concat([table, table.head(50), later, again])
    shuffled = rows[order.sample(range(rows.height), rows.height)]
    expected, found = item_analysis(table, AS_OF), item_analysis(shuffled, AS_OF)
    assert all(found[name].equals(expected[name], null_equal=True) for name in TABLES)


def test_later_attempts_and_second_versions_are_no_first_attempts() -> None:
    scores, _, _ = simulated(60, 8, 6)
    first = answered(scores, item_version=["1"] * 480)
    second = first.with_columns(
        pl.col("occurred_at") + timedelta(days=9), pl.col("event_id") + "y", pl.lit("2").alias("item_version"),
        pl.lit(1.0).alias("score"),
    )  # fmt: skip
    assert item_analysis(pl.concat([first, second]), AS_OF)["items"]["item_version"].unique().to_list() == ["1"]
    told = first.with_columns(attempt_number=pl.lit(2))
    assert item_analysis(told, AS_OF)["items"].is_empty()


def test_below_fifty_answers_it_says_what_is_missing_and_nothing_else() -> None:
    scores, _, _ = simulated(49, 8, 6)
    items = item_analysis(answered(scores), AS_OF)["items"]
    assert set(items["status"]) == {"too_few"}
    assert set(items["missing"]) == {1}
    assert items["difficulty"].null_count() == items.height
    assert item_analysis(answered(scores).clear(), AS_OF)["items"].is_empty()


def closed(people: int, seed: int) -> pl.DataFrame:
    """Items of four options: q000 with the key on a wrong option, q001 with an option nobody takes."""
    scores, _, _ = simulated(people, 10, seed)
    rng = np.random.default_rng(seed)
    table = answered(scores)
    wrong = rng.integers(1, 4, table.height)
    chosen = np.where(table["score"].to_numpy() == 1, 0, wrong)
    number = np.array([int(one[1:]) for one in table["question_id"]])
    chosen = np.where((number == 1) & (chosen == 3), 2, chosen)
    score = np.where(number == 0, chosen == 1, chosen == 0).astype(float)
    return table.with_columns(
        score=pl.Series(score), chosen_options=pl.Series([["abcd"[one]] for one in chosen], dtype=pl.List(pl.String))
    )


def test_a_wrong_key_and_an_idle_distractor_are_named() -> None:
    table = closed(800, 8)
    found = item_analysis(table, AS_OF)
    reasons = dict(found["items"].select("question_id", "reasons").iter_rows())
    assert reasons["q000"][0] == "key_suspect"
    assert all("key_suspect" not in said for one, said in reasons.items() if one != "q000")
    assert "distractor_idle" not in reasons["q002"]
    options = found["options"].filter(pl.col("question_id") == "q000")
    assert options.filter("key")["option"].to_list() == ["b"]
    assert options["share"].sum() == pytest.approx(1)
    floors = dict(found["items"].select("question_id", "guessing_floor").iter_rows())
    assert (floors["q001"], floors["q002"]) == (1 / 3, 1 / 4)


def test_retired_items_are_analysed_but_not_to_be_revised() -> None:
    found = item_analysis(closed(800, 8), AS_OF, retired={"q000"})["items"]
    kept = item_analysis(closed(800, 8), AS_OF)["items"]
    assert found.filter("retired")["question_id"].to_list() == ["q000"]
    assert found["reasons"][0].to_list() == []
    assert kept["reasons"][0].to_list() != []
    assert found["difficulty"].equals(kept["difficulty"])


def test_secure_items_leave_the_house_without_name_options_and_key() -> None:
    found = item_analysis(closed(200, 8), AS_OF)
    outside = masked(found, pl.Series(["q003", "q005"]))
    assert outside["items"]["question_id"].to_list()[3:6] == ["secure 1", "q004", "secure 2"]
    assert not any("q003" in str(table.to_dicts()) or "q005" in str(table.to_dicts()) for table in outside.values())
    assert not outside["options"]["question_id"].str.starts_with("secure").any()
    assert outside["items"]["difficulty"].equals(found["items"]["difficulty"])


def test_an_item_that_is_harder_for_one_group_is_named_and_no_other() -> None:
    rng = np.random.default_rng(11)
    people, items = 3_000, 20
    focal = rng.random(people) < 0.4
    ability, difficulty = rng.normal(size=people) - 0.5 * focal, rng.normal(0, 1, items)
    shift = np.zeros((people, items))
    shift[:, 7] = 1.0 * focal
    right = rng.random((people, items)) < 1 / (1 + np.exp(-1.2 * (ability[:, None] - difficulty - shift)))
    groups = pl.DataFrame(
        {
            "learner_key": [f"l{one:05}" for one in range(people)],
            "attribute": ["channel"] * people,
            "value": np.where(focal, "evening", "day"),
        }
    )
    found = item_analysis(answered(right.astype(float)), AS_OF, groups=groups)
    functioning = found["functioning"].filter(pl.col("attribute") == "channel")
    assert functioning.height == items
    assert set(functioning["reference_value"]) == {"day"}
    large = functioning.filter(pl.col("ets_class") == "C")
    assert large["question_id"].to_list() == ["q007"]
    assert large["delta"][0] < -1.5
    named = found["items"].filter(pl.col("reasons").list.contains("functions_differently"))
    assert named["question_id"].to_list() == ["q007"]


def test_an_item_that_becomes_easier_drifts() -> None:
    rng = np.random.default_rng(12)
    people, items = 2_000, 15
    ability, difficulty = rng.normal(size=people), rng.normal(0, 1, items)
    leaked = np.zeros((people, items))
    leaked[people // 2 :, 3] = 1.5
    right = rng.random((people, items)) < 1 / (1 + np.exp(-(ability[:, None] - difficulty + leaked)))
    found = item_analysis(answered(right.astype(float)), AS_OF)
    drifting = found["functioning"].filter(pl.col("attribute") == PERIOD, pl.col("ets_class") == "C")
    assert drifting["question_id"].to_list() == ["q003"]
    assert drifting["delta"][0] > 1.5


def test_the_reliability_of_a_form_rests_on_those_who_answered_all_of_it() -> None:
    scores = lsat()
    scores[:40, 2] = np.nan
    extra = np.full((1_000, 1), np.nan)
    extra[:30] = 1.0  # in the paper of a few only: no item of the form
    table = answered(np.hstack((scores, extra)), assessment_id=["quiz"] * int((~np.isnan(scores)).sum() + 30))
    row = form_reliability(table, AS_OF).row(0, named=True)
    assert (row["status"], row["items"], row["learners"], row["complete"]) == ("ok", 5, 1_000, 960)
    assert row["value"] == pytest.approx(reliability(lsat()[40:]).value, abs=1e-12)
    assert row["low"] < row["value"] < row["high"]
    few = form_reliability(table.filter(pl.col("learner_key") < "l00049"), AS_OF).row(0, named=True)
    assert (few["status"], few["value"]) == ("too_few", None)


def test_feldts_interval_holds_alpha_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    true, held = 10 * 0.5 / (1 + 9 * 0.5), 0  # ten parallel items that correlate with 0.5: Spearman-Brown
    for _ in range(200):
        scores = np.sqrt(0.5) * rng.normal(size=(60, 1)) + np.sqrt(0.5) * rng.normal(size=(60, 10))
        found = reliability(scores)
        held += found.low <= true <= found.high
    assert 0.90 < held / 200 < 0.99


def test_a_table_without_scores_is_refused() -> None:
    with pytest.raises(InputError, match="score"):
        item_analysis(pl.DataFrame({"learner_key": ["a"]}), AS_OF)
