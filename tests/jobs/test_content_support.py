"""What is said to help: nothing where nothing helps, however many materials are looked at, and what does help."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from akademos.analytics.similar_learners import SIMILAR
from akademos.jobs.content_tables import published_support

MATERIALS, COURSES, PEOPLE, FLOOR = 20, 400, 80, 10
NEWEST = {f"m{n}": "2" for n in range(MATERIALS)}


def similar(chances: dict[str, float], seed: int, usual: float = 0.4, version: str = "2") -> pl.DataFrame:
    """Both levels of each material, so many people on each side; `usual` is the chance where none is given."""
    chance = np.random.default_rng(seed)
    rows = [
        ("c", "t", material, version, level, PEOPLE, int(chance.binomial(PEOPLE, chances.get(material, usual))),
         PEOPLE, int(chance.binomial(PEOPLE, usual)))
        for material in NEWEST for level in ("low", "middle")
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=SIMILAR, orient="row")


def shown(gains: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(material, "2"): {"gain": gains.get(material)} for material in NEWEST}


def test_where_nothing_helps_hardly_ever_is_anything_said_to() -> None:
    said = sum(bool(published_support(shown({}), similar({}, seed), NEWEST, FLOOR)) for seed in range(COURSES))
    assert said / COURSES <= 0.065


def test_what_helps_is_found_with_its_usual_interval() -> None:
    found = [published_support(shown({}), similar({"m3": 0.75}, seed), NEWEST, FLOOR) for seed in range(50)]
    assert sum("low" in one.get("m3", {}).get("similar", {}).get("t", {}) for one in found) >= 40
    figures = next(one["m3"]["similar"]["t"]["low"] for one in found if "m3" in one)
    assert figures.keys() == {"learners", "others", "change", "low", "high"}
    assert figures["low"] < figures["change"] < figures["high"]


def test_a_gain_must_be_clear_among_all_that_were_looked_at() -> None:
    usual, clear = {"value": 0.05, "low": 0.01, "high": 0.09}, {"value": 0.05, "low": 0.03, "high": 0.07}
    alone = published_support(shown({"m1": usual}), SIMILAR.to_frame(), NEWEST, FLOOR)
    assert alone == {"m1": {"gain": usual}}
    among_many = shown(dict.fromkeys(NEWEST, usual) | {"m7": clear})
    assert published_support(among_many, SIMILAR.to_frame(), NEWEST, FLOOR) == {"m7": {"gain": clear}}


def test_of_versions_before_the_newest_nothing_is_said() -> None:
    before = similar({"m3": 0.95}, 1, version="1")
    assert published_support(shown({}), before, NEWEST, FLOOR) == {}
