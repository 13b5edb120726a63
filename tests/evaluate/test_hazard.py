"""`evaluate hazard`: the protocol on a made-up dataset in OULAD's layout, and that no date of the course is in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.analytics.courses import course_tables
from tests.evaluate.test_risk import made_up

from akademos.analytics.dropout_hazard import LEFT, OBSERVED, landmarks
from akademos.analytics.risk_tables import KEYS, RiskParameters
from akademos.errors import InputError
from akademos.evaluate import hazard


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return hazard.run(made_up(tmp_path_factory.mktemp("data"), learners=150))


def test_every_landmark_has_its_figures_beside_the_constant_hazard_and_the_rule(said: dict[str, Any]) -> None:
    json.dumps(said)
    assert list(said["weeks"]) == ["2", "4", "8", "12", "16", "20"]
    for week in ("2", "4"):
        one = said["weeks"][week]
        assert one["learners"] > one["left"] > 0
        for name in ("auroc", "brier", "ece"):
            low, high = one["intervals"][name]
            assert low <= high
        assert one["c_interval"][0] <= one["c_index"] <= one["c_interval"][1]
        constant, rule = one["baselines"]["constant"], one["baselines"]["inactive_7d"]
        assert (constant["auroc"], constant["slope"]) == (0.5, None), "it ranks nobody"
        assert constant["predicted"] == pytest.approx(said["train"]["usual"], abs=5e-5)
        assert 0 < rule["predicted"] < 1
    assert said["train"]["person_weeks"] > 1000


def test_weeks_that_the_course_does_not_have_are_said_to_have_nobody(said: dict[str, Any]) -> None:
    """Twelve weeks: nobody can be looked at four weeks after the 16th."""
    assert said["weeks"]["16"] == {"learners": 0, "left": 0}


def test_the_dates_of_the_course_change_nothing() -> None:
    tables, _ = course_tables()
    moved = {**tables, "assessments": tables["assessments"].with_columns(pl.col("due_day") + 17)}
    params = RiskParameters()
    one, other = (landmarks(hazard.dateless(of), hazard.observed_until(of), params) for of in (tables, moved))
    assert one.equals(other)
    last = tables["activity"]["day"].max()
    until = hazard.observed_until(tables)
    assert set(until["until"]) <= {last + 1, last}  # type: ignore[operator]  # a number
    assert until.select(KEYS).is_unique().all()
    assert (one[OBSERVED] > 0).all()
    assert (one[LEFT].drop_nulls() >= 0).all()


def test_a_folder_without_the_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        hazard.run(tmp_path)
