"""The protocol of `akademos evaluate forgetting`."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from akademos.cli.evaluate import app
from akademos.errors import InputError
from akademos.evaluate import forgetting
from akademos.evaluate.review_logs import long_term, read_review_log, review_log

SRS = Path(os.environ.get("AKADEMOS_SHARED_DATA", "absent")) / "srs"


def drawn(learners: int = 2, cards: int = 25, reviews: int = 8, seed: int = 3) -> pl.DataFrame:
    """A log of the generic layout: memory halves in a fortnight."""
    rng = np.random.default_rng(seed)
    rows = []
    for who in range(learners):
        for card in range(cards):
            at = float(rng.uniform(0, 20))
            for _ in range(reviews):
                gap = float(rng.choice([0.2, 2, 5, 11]))
                at += gap
                rows.append((f"learner {who}", f"card {card}", at, float(rng.random() < 0.5 ** (gap / 14))))
    frame = pl.DataFrame(rows, schema=["learner_key", "question_id", "day", "score"], orient="row")
    start = pl.datetime(2026, 1, 1, time_zone="UTC")
    return frame.select(
        "learner_key", "question_id", "score", occurred_at=start + pl.duration(hours=pl.col("day") * 24)
    )


def test_rmse_bins_is_the_benchmarks() -> None:
    """Bins as fsrs-optimizer 6.5 writes them (`rmse_matrix`), here for single values."""
    days = np.array([1.0, 3.0, 4.0, 20.0])
    review, lapses = np.array([2, 2, 2, 9]), np.array([0, 0, 0, 3])
    bins = forgetting.rmse_bins_of(days, review, lapses)
    assert bins[0] == bins[1]  # both of the step that starts at a day
    assert len({bins[0], bins[2], bins[3]}) == 3
    outcome, predicted = np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.5, 0.7, 0.9, 0.6])
    gaps = np.array([(0.5 - 0.6) ** 2 * 2, 0.1**2, 0.4**2])
    assert forgetting.rmse_bins(outcome, predicted, bins) == pytest.approx(np.sqrt(gaps.sum() / 4))


def test_the_future_of_a_learner_changes_no_prediction() -> None:
    frame = drawn()
    log = review_log(_arranged(frame))
    row, elapsed, lapses, earlier = long_term(log)
    part = forgetting._parts(log, row)
    found, _, _ = forgetting.predictions(log, row, elapsed, lapses, earlier, part)
    turned = log.grades.copy()
    late = np.zeros(len(turned), dtype=bool)
    for who in range(2):
        mine = row[(log.learner[row] == who) & (part == 5)]
        late |= (log.learner == who) & (log.at_us >= log.at_us[mine].min())
    turned[late] = 4 - turned[late]  # Good becomes Again and Again Good
    other = type(log)(log.at_us, turned, log.learner, log.item, log.starts, log.counts)
    _, elapsed, lapses, earlier = long_term(other)
    again, _, _ = forgetting.predictions(other, row, elapsed, lapses, earlier, part)
    for name, p in found.items():
        if name != "stack":  # an item's difficulty is everybody's: the other learner's late answers count there
            early = (part > 0) & (part < 5)
            np.testing.assert_allclose(p[early], again[name][early], err_msg=name)


def _arranged(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        learner="learner_key",
        item="question_id",
        at=pl.col("occurred_at").cast(pl.Datetime("us", "UTC")),
        grade=pl.when(pl.col("score") >= 0.5).then(3).otherwise(1).cast(pl.Int64),
    )


def test_both_layouts_and_repeats_are_read(tmp_path: Path) -> None:
    frame = drawn()
    frame.write_parquet(tmp_path / "log.parquet")
    frame.with_columns(pl.col("occurred_at").dt.to_string("iso:strict")).write_csv(tmp_path / "log.csv")
    one, other = read_review_log(tmp_path / "log.parquet"), read_review_log(tmp_path / "log.csv")
    both = read_review_log(tmp_path)
    for name in ("at_us", "grades", "learner", "item", "starts", "counts"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        np.testing.assert_array_equal(getattr(one, name), getattr(both, name))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "layout_unknown"),
        ("a,b\n1,2\n", "layout_unknown"),
        ("card_id,review_time,review_rating\n1,yesterday,3\n", "layout_unknown"),
        ("card_id,review_time,review_rating\n1,2026-01-01T00:00:00Z,7\n", "layout_unknown"),
        ("card_id,review_time,review_rating\n1,2026-01-01T00:00:00Z,3\n", "too_little_data"),
    ],
)
def test_rubbish_is_refused(tmp_path: Path, content: str, code: str) -> None:
    (tmp_path / "log.csv").write_text(content)
    with pytest.raises(InputError) as refused:
        forgetting.run(tmp_path / "log.csv")
    assert refused.value.code == code


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.csv"):
        with pytest.raises(InputError) as refused:
            forgetting.run(path)
        assert refused.value.code == "data_missing"


def test_the_figures_are_complete(tmp_path: Path) -> None:
    drawn(cards=40).write_parquet(tmp_path / "log.parquet")
    found = forgetting.run(tmp_path / "log.parquet")
    assert set(found["baselines"]) == {"average", "moving_average", "sm2", "fsrs_default", "fsrs_fitted"}
    for one in (found, *found["baselines"].values()):
        assert {"log_loss", "rmse_bins", "auc", "ece", "log_loss_95", "auc_95"} <= set(one)
        assert one["log_loss_95"][0] <= one["log_loss"] <= one["log_loss_95"][1]
    assert found["learners"] == 2


@pytest.mark.skipif(not SRS.is_dir(), reason="needs srs of the shared data")
def test_on_real_reviews_the_model_is_better_than_every_simple_rule() -> None:
    result = CliRunner().invoke(app, ["forgetting", str(SRS)])
    assert result.exit_code == 0, result.output
    found = forgetting.run(SRS)
    rivals = found["baselines"]
    assert found["reviews_scored"] > 4000
    for name in ("average", "moving_average", "sm2", "fsrs_default"):
        assert found["log_loss"] < rivals[name]["log_loss"], name
        assert found["paired"][name]["log_loss_gain_95"][0] > 0, name
    assert rivals["fsrs_fitted"]["log_loss"] < rivals["fsrs_default"]["log_loss"]
