"""Content effectiveness: counts by hand, a known gain is found and none is invented, drop-off, edits, reasons."""

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

from akademos.analytics.adjusted_gain import adjusted_difference
from akademos.analytics.content_effectiveness import TABLES, content_effectiveness
from akademos.errors import InputError

START = datetime(2026, 3, 1, tzinfo=UTC)
AS_OF = datetime(2026, 9, 1, tzinfo=UTC)


def events(*rows: dict[str, Any]) -> pl.DataFrame:
    """Events about materials of one course, an hour apart where they say no time."""
    return pl.DataFrame(
        [
            {"event_id": f"e{n}", "occurred_at": START + timedelta(hours=n), "event_name": "material_opened",
             "material_id": "m", "course_id": "c", "material_kind": "video", **row}
            for n, row in enumerate(rows)
        ],
        infer_schema_length=None,
    )  # fmt: skip


def run(table: pl.DataFrame, answers: pl.DataFrame | None = None, **more: Any) -> dict[str, pl.DataFrame]:
    none = pl.DataFrame(schema={"learner_key": pl.String, "event_id": pl.String,
                                "occurred_at": pl.Datetime("us", "UTC"), "question_id": pl.String,
                                "score": pl.Float64})  # fmt: skip
    given_ = {"topics": {}, "item_topics": {}} | more
    return content_effectiveness(table, none if answers is None else answers, AS_OF, **given_)


def class_of(size: int) -> list[dict[str, Any]]:
    """`size` learners open a video of 100 s; every other completes it, the rest leaves at second 30; every fifth comes
    back on another day."""
    rows: list[dict[str, Any]] = []
    for n in range(size):
        who = {"learner_key": f"l{n:03}"}
        rows.append({**who, "occurred_at": START, "duration_seconds": 60.0 + n})
        rows.append({**who, "event_name": "material_progressed", "occurred_at": START + timedelta(minutes=2),
                     "media_second": 30.0 if n % 2 else 90.0})  # fmt: skip
        if n % 2 == 0:
            rows.append({**who, "event_name": "material_completed", "occurred_at": START + timedelta(minutes=3)})
        if n % 5 == 0:
            rows.append({**who, "occurred_at": START + timedelta(days=2)})
    return rows


def test_use_by_hand() -> None:
    found = run(events(*class_of(40)), enrolled={"c": 80})
    row = found["contents"].row(0, named=True)
    assert (row["status"], row["learners"], row["enrolled"], row["reach"]) == ("ok", 40, 80, 0.5)
    assert (row["completion"], row["revisits"]) == (0.5, 0.2)
    assert row["median_seconds"] == 60 + 19.5
    assert row["reach_low"] < 0.5 < row["reach_high"]
    assert row["completion_low"] < 0.5 < row["completion_high"]


def test_drop_off_by_second() -> None:
    found = run(events(*class_of(40)))
    curve = dict(found["drop_off"].select("position", "share").iter_rows())
    assert set(found["drop_off"]["unit"]) == {"second"}
    assert (curve[0], curve[30], curve[31], curve[90]) == (1.0, 1.0, 0.5, 0.5)
    row = found["contents"].row(0, named=True)
    assert (row["steepest_share"], 21 <= row["steepest_second"] <= 30) == (0.5, True)
    assert "learners_leave_at_one_point" in row["reasons"]


def test_drop_off_of_pages_is_by_hundredth() -> None:
    rows = [{"learner_key": f"l{n}", "event_name": "material_progressed", "scroll_share": 0.29 if n < 10 else 1.0}
            for n in range(30)]  # fmt: skip
    found = run(events(*rows))
    curve = dict(found["drop_off"].select("position", "share").iter_rows())
    assert (len(curve), curve[29], curve[30], curve[100]) == (101, 1.0, pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert found["contents"]["steepest_second"][0] is None


def test_few_learners_say_nothing() -> None:
    row = run(events(*class_of(19)), enrolled={"c": 80})["contents"].row(0, named=True)
    assert (row["status"], row["learners"]) == ("too_few", 19)
    assert all(row[name] is None for name in ("reach", "completion", "gain", "effectiveness"))
    assert run(events(*class_of(19)))["drop_off"].is_empty()


def test_an_edit_shows_the_change_of_completion_with_its_interval() -> None:
    before = [{**row, "material_version": "1", "learner_key": "a" + row["learner_key"]} for row in class_of(40)]
    after = [
        {**row, "material_version": "2", "occurred_at": row["occurred_at"] + timedelta(days=30)} for row in class_of(40)
    ]
    for row in after:
        if row.get("event_name") == "material_progressed":
            row["event_name"] = "material_completed"
    change = run(events(*before, *after))["edits"].row(0, named=True)
    assert (change["version_before"], change["version_after"]) == ("1", "2")
    assert change["completion_change"] == 0.5
    assert 0 < change["low"] < 0.5 < change["high"]


def lessons(effect: float, seed: int, learners: int = 400) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Able learners open the video of topic t more often; it raises the log odds on t by `effect`."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(size=learners)
    opens = rng.random(learners) < 1 / (1 + np.exp(-1.5 * ability))
    opened = [{"learner_key": f"l{n:03}", "occurred_at": START} for n in np.flatnonzero(opens)]
    rows = []
    for n in range(learners):
        for item in range(20):
            mine = item < 8
            lift = effect if mine and opens[n] else 0.0
            right = rng.random() < 1 / (1 + np.exp(-(ability[n] + lift - 0.1 * (item % 5))))
            rows.append(
                (f"l{n:03}", f"a{n}-{item}", START + timedelta(days=1, minutes=item), f"q{item}", float(right), "c")
            )
    answers = pl.DataFrame(
        rows, schema=["learner_key", "event_id", "occurred_at", "question_id", "score", "course_id"], orient="row"
    )
    return events(*opened), answers


TOPICS: dict[str, Any] = {"topics": {"m": ["t"]}, "item_topics": {f"q{n}": ["t" if n < 8 else "u"] for n in range(20)}}


def test_a_gain_is_found_and_ability_is_not_taken_for_one() -> None:
    with_effect = run(*lessons(1.0, 1), **TOPICS)["contents"].row(0, named=True)
    assert with_effect["gain_low"] > 0.05
    held, found = 0, []
    for seed in range(12):
        row = run(*lessons(0.0, 100 + seed), **TOPICS)["contents"].row(0, named=True)
        held += row["gain_low"] < 0 < row["gain_high"]
        found.append(row["gain"])
    assert held >= 9
    assert abs(float(np.mean(found))) < 0.015


def test_a_harmful_content_is_to_revise() -> None:
    row = run(*lessons(-1.5, 3), **TOPICS)["contents"].row(0, named=True)
    assert row["gain_high"] < 0
    assert "gain_below_zero" in row["reasons"]


def test_answers_before_the_opening_or_long_after_do_not_count() -> None:
    table, answers = lessons(1.0, 1)
    late = table.with_columns(pl.col("occurred_at") + timedelta(days=3))
    assert run(late, answers, **TOPICS)["contents"]["gain"][0] is None
    early = table.with_columns(pl.col("occurred_at") - timedelta(days=90))
    assert run(early, answers, **TOPICS)["contents"]["gain"][0] is None


def test_effectiveness_is_the_mean_of_the_visible_percentiles_of_its_kind() -> None:
    rows = [
        {"learner_key": f"l{n:03}", "material_id": f"m{material}",
         "event_name": "material_completed" if n < 4 * material else "material_opened"}
        for material in range(1, 7)
        for n in range(24)
    ]  # fmt: skip
    found = run(events(*rows), item_quality={"q1": 0.4, "q2": 0.2},
                topics={f"m{n}": ["t"] for n in range(1, 7)},
                item_topics={"q1": ["t"], "q2": ["t"]})["contents"]  # fmt: skip
    assert found["completion_percentile"].to_list() == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert found["item_quality_percentile"].to_list() == [0.5] * 6
    assert found["item_quality"].to_list() == pytest.approx([0.3] * 6)
    assert found["effectiveness"].to_list() == pytest.approx([0.25, 0.35, 0.45, 0.55, 0.65, 0.75])
    assert set(found["like"]) == {6}
    few = run(events(*(row for row in rows if row["material_id"] < "m5")))["contents"]
    assert few["effectiveness"].null_count() == 4


@given(order=st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None)
def test_order_repetition_and_the_future_change_nothing(order: random.Random) -> None:
    table = events(*class_of(30))
    later = table.with_columns(pl.lit(AS_OF + timedelta(days=1)).alias("occurred_at"), pl.col("event_id") + "x")
    rows = pl.concat([table, table.head(20), later])
    shuffled = rows[order.sample(range(rows.height), rows.height)]
    expected, found = run(table), run(shuffled)
    assert all(found[name].equals(expected[name], null_equal=True) for name in TABLES)


def test_hc3_by_its_definition() -> None:
    rng = np.random.default_rng(2)
    group, ability = rng.random(60) < 0.5, rng.normal(size=60)
    outcome = 0.3 * group + 0.5 * ability + rng.normal(size=60) * (1 + group)
    found = adjusted_difference(outcome, group, ability, np.zeros(60), np.zeros(60, dtype=np.int64), 0.95)
    assert found is not None
    design: npt.NDArray[np.float64] = np.column_stack((np.ones(60), group.astype(np.float64), ability))
    hat = design @ np.linalg.inv(design.T @ design) @ design.T
    beta = np.linalg.lstsq(design, outcome, rcond=None)[0]
    meat = (design.T * ((outcome - design @ beta) / (1 - np.diag(hat))) ** 2) @ design
    error = np.sqrt((np.linalg.inv(design.T @ design) @ meat @ np.linalg.inv(design.T @ design))[1, 1])
    assert found.value == pytest.approx(beta[1], abs=1e-10)
    assert (found.high - found.low) / 2 == pytest.approx(1.959964 * error, abs=1e-5)


def test_who_cannot_be_told_apart_is_not_compared() -> None:
    group = np.arange(60) < 30
    assert adjusted_difference(np.ones(60), group, np.zeros(60), np.zeros(60), group.astype(np.int64), 0.95) is None


def test_a_table_without_materials_is_refused() -> None:
    with pytest.raises(InputError, match="material_id"):
        run(pl.DataFrame({"learner_key": ["a"]}))


def test_an_edit_of_yesterday_is_not_judged_by_who_is_still_at_it() -> None:
    """Everybody completes it, after a week on average; five days ago an edit changed nothing."""
    rows: list[dict[str, Any]] = []
    for n in range(600):
        at = AS_OF - timedelta(days=n / 10)
        done = at + timedelta(days=float(-7 * np.log(1 - (n % 20 + 0.5) / 20)))
        who = {"learner_key": f"l{n:03}", "material_version": "1" if at < AS_OF - timedelta(days=20) else "2"}
        rows.append({**who, "occurred_at": at})
        if done <= AS_OF:
            rows.append({**who, "event_name": "material_completed", "occurred_at": done})
    change = run(events(*rows))["edits"].row(0, named=True)
    assert change["low"] < 0 < change["high"]
    assert change["completion_change"] == pytest.approx(0, abs=0.03)
    assert change["learners_after"] == 61  # of 201: whose two weeks are over
    fresh = [
        {**row, "material_version": "1" if row["occurred_at"] < AS_OF - timedelta(days=5) else "2"} for row in rows
    ]
    assert run(events(*fresh))["edits"].is_empty()
