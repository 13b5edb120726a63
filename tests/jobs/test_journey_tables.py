"""What is said of journeys: the right counts, and of fewer than k people nothing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.analytics.clock import DAY_US
from akademos.analytics.journeys import Steps, read_steps
from akademos.analytics.survival import kaplan_meier
from akademos.catalogue.journey_steps import DETAILED
from akademos.jobs.journey_tables import (
    OTHER,
    Observed,
    funnel_table,
    large_groups,
    paths_table,
    retention_table,
    survival_table,
)
from akademos.stores.ports.journeys import AskedStep, FunnelQuestion, PathsQuestion, SurvivalQuestion

START = datetime(2026, 1, 5, tzinfo=UTC)
SINCE = START + timedelta(weeks=10)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Walk = list[tuple[float, str]]


_STEP = st.sampled_from(("registered", "opened:page", "answered:right"))


def steps(people: list[Walk]) -> Steps:
    """Steps of people, each as (day, step)."""
    rows = [
        (f"person-{number:03}", START + timedelta(days=day), step)
        for number, walk in enumerate(people)
        for day, step in walk
    ]
    schema = pl.Schema({"learner_key": pl.String(), "occurred_at": pl.Datetime("us", "UTC"), "step": pl.Enum(DETAILED)})
    return read_steps(pl.DataFrame(rows, schema=schema, orient="row"))


def seen(people: list[Walk], until: datetime = SINCE) -> Observed:
    """All of them looked at until then."""
    return np.full(len(people), (until - EPOCH) // timedelta(microseconds=1))


def funnel_of(people: list[Walk], *names: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = funnel_table(
        steps(people), FunnelQuestion(tuple(AskedStep(name) for name in names)), 10
    )["steps"]
    return found


def test_a_funnel_counts_people_and_hides_few() -> None:
    people: list[Walk] = [[(0, "registered"), (1, "opened:video"), (2, "completed:video")] for _ in range(30)]
    people += [[(0, "registered"), (1, "opened:video")] for _ in range(15)]
    people += [[(0, "registered")] for _ in range(5)]
    first, opened, completed = funnel_of(people, "registered", "opened", "completed:video")
    assert first["learners"] == 50
    assert opened["learners"] is None  # five did not: fewer than k
    assert opened["share"]["bound"] == "above"
    assert (completed["learners"], completed["median_hours"]) == (30, 24.0)


def test_a_withheld_count_does_not_stand_in_the_share_after_it() -> None:
    people: list[Walk] = [[(0, "registered"), (1, "opened:video"), (2, "submitted")] for _ in range(60)]
    people += [[(0, "registered"), (1, "opened:video")] for _ in range(35)]
    people += [[(0, "registered")] for _ in range(5)]
    shown = funnel_of(people, "registered", "opened", "submitted")
    assert [step["learners"] for step in shown] == [100, None, 60]
    assert [step["share"] and step["share"]["people"] for step in shown] == [None, 100, 100]
    assert shown[2]["share"]["value"] == 0.6
    few = funnel_of(people[:64], "registered", "submitted", "opened")  # 60 of 64: all but few
    assert [step["share"] and step["share"]["bound"] for step in few] == [None, "above", "below"]


def test_of_a_small_course_nothing_is_said() -> None:
    few: list[Walk] = [[(0, "registered"), (3, "opened:page")] for _ in range(9)]
    assert funnel_of(few, "registered")[0]["learners"] is None
    assert paths_table(steps(few), PathsQuestion("registered"), 10)["paths"] == []
    assert retention_table(steps(few), seen(few), None, 10)["cells"] == []
    assert survival_table(steps(few), SurvivalQuestion(), seen(few), 10)["points"] == []


def test_start_weeks_of_few_stand_together() -> None:
    people: list[Walk] = [
        [(7 * (number // 8), "registered"), (7 * (number // 8) + 8, "opened:page")] for number in range(48)
    ]
    cells = retention_table(steps(people), seen(people), None, 10)["cells"]
    assert {cell["group"] for cell in cells} == {"2026-01-05", "2026-01-26"}  # three weeks of eight each
    assert {cell["started"] for cell in cells} == {25}
    back = {(cell["group"], cell["week"]): cell["share"] for cell in cells}
    assert back["2026-01-05", 1]["bound"] == "above"
    assert back["2026-01-05", 2]["bound"] == "below"
    assert max(cell["week"] for cell in cells if cell["group"] == "2026-01-26") == 4  # the last of them began in week 6


def test_survival_tells_of_counts_no_more_than_their_rounding() -> None:
    def curve(people: int, happened: int) -> list[dict[str, float]]:
        walks: list[Walk] = [[(0, "registered"), *([(2, "submitted")] * (n < happened))] for n in range(people)]
        points: list[dict[str, float]] = survival_table(steps(walks), SurvivalQuestion("submitted"), seen(walks), 10)[
            "points"
        ]
        return points

    assert curve(60, 23) == curve(60, 25) == curve(59, 25) == curve(62, 27)
    assert curve(60, 25)[1]["share"] == 0.58


def test_survival_is_as_near_to_that_of_exact_counts_as_rounding_allows() -> None:
    chance, errors = np.random.default_rng(7), []
    for _ in range(40):
        days, looked = chance.exponential(30, 200), chance.uniform(0, 90, 200)
        walks: list[Walk] = [[(0, "registered"), (day, "submitted")] for day in np.floor(days).tolist()]
        observed = (START - EPOCH) // timedelta(microseconds=1) + (looked * DAY_US).astype(np.int64)
        walks = [walk if walk[1][0] <= until else walk[:1] for walk, until in zip(walks, looked.tolist(), strict=True)]
        exact = kaplan_meier(np.floor(np.minimum(np.floor(days), looked)), np.floor(days) <= looked)
        truth = dict(zip(exact.times.tolist(), exact.share.tolist(), strict=True))
        points = survival_table(steps(walks), SurvivalQuestion("submitted"), observed, 10)["points"]
        shares = [point["share"] for point in points]
        assert shares == sorted(shares, reverse=True)
        assert all(0 < point["low"] < point["share"] < point["high"] < 1 for point in points[1:])
        errors += [abs(point["share"] - truth[point["day"]]) for point in points[1:]]
    assert np.mean(errors) < 0.01
    assert np.quantile(errors, 0.95) < 0.025


def test_survival_shows_no_day_of_a_single_person() -> None:
    people: list[Walk] = [[(0, "registered"), (1 + number % 2, "submitted")] for number in range(40)]
    people += [[(0, "registered")] for _ in range(19)]
    people += [[(0, "registered"), (23, "submitted")]]
    found = survival_table(steps(people), SurvivalQuestion("submitted"), seen(people), 10)
    assert [point["day"] for point in found["points"]] == [0, 1, 2]
    assert found["days"] == 70
    quick: list[Walk] = [[(0, "registered"), (23 if number == 0 else 1, "submitted")] for number in range(60)]
    assert survival_table(steps(quick), SurvivalQuestion("submitted"), seen(quick), 10)["days"] == 1


def test_survival_falls_where_k_had_it_and_is_censored_at_the_edition() -> None:
    people: list[Walk] = [[(0, "registered"), (float(number), "submitted")] for number in range(1, 31)]
    people += [[(0, "registered")] for _ in range(30)]
    found = survival_table(steps(people), SurvivalQuestion("submitted"), seen(people), 10)
    assert [(one["day"], one["share"]) for one in found["points"]] == [(0, 1.0), (10, 0.83), (20, 0.67), (30, 0.5)]
    assert found["median_days"] == 30
    assert found["days"] == 70


@settings(max_examples=30, deadline=None)
@given(people=st.lists(st.lists(st.tuples(st.floats(0, 60), _STEP), max_size=5), max_size=60))
def test_every_count_is_of_k_people_and_rounded(people: list[Walk]) -> None:
    walked = steps([[(0.0, "registered"), *walk] for walk in people])
    asked = FunnelQuestion((AskedStep("registered"), AskedStep("opened", "7d", optional=True), AskedStep("answered")))
    counts = [one["learners"] for one in funnel_table(walked, asked, 10)["steps"]]
    ways = paths_table(walked, PathsQuestion("registered", "from", 2), 10)
    counts += [ways["started"], *(one["learners"] for one in (*ways["paths"], *ways["loops"]))]
    counts += [one["started"] for one in retention_table(walked, seen(people), None, 10)["cells"]]
    counts += [one["at_risk"] for one in survival_table(walked, SurvivalQuestion(), seen(people), 10)["points"]]
    known = [count for count in counts if count is not None]
    assert all(count >= 10 and count % 5 == 0 for count in known)


def test_paths_lead_to_a_step_too() -> None:
    people: list[Walk] = [[(0, "opened:video"), (0.1, "answered:wrong"), (0.2, "opened:video")] for _ in range(25)]
    people += [[(0, "opened:page"), (0.1, "answered:wrong")] for _ in range(25)]
    ways = paths_table(steps(people), PathsQuestion("answered:wrong", "to", 1), 10)["paths"]
    assert {tuple(one["steps"]): one["learners"] for one in ways} == {
        ("opened:video", "answered:wrong"): 25,
        ("opened:page", "answered:wrong"): 25,
    }
    loops = paths_table(steps(people), PathsQuestion("answered"), 10)["loops"]
    assert loops == [{"step": "opened:video", "by_way_of": "answered:wrong", "learners": 25}]


def test_the_time_between_two_steps_counts_who_has_not_come_there_yet() -> None:
    people: list[Walk] = [[(0, "registered"), (5, "opened:page"), (5 + number, "submitted")] for number in range(1, 21)]
    people += [[(0, "submitted"), (3, "registered"), (40, "opened:page")] for _ in range(20)]  # handed in before
    people += [[(0, "registered")] for _ in range(20)]
    found = survival_table(steps(people), SurvivalQuestion("submitted", "opened"), seen(people), 10)
    assert (found["since"], found["until"], found["points"][0]["at_risk"]) == ("opened", "submitted", 40)
    assert [(one["day"], one["share"]) for one in found["points"]] == [(0, 1.0), (10, 0.75), (20, 0.5)]
    assert found["days"] == 30  # of the others it is known for thirty days that they have not


def test_nobody_counts_as_gone_after_they_were_last_looked_at() -> None:
    people: list[Walk] = [[(float(day), "opened:page") for day in range(30)] for _ in range(40)]
    observed = np.concatenate((seen(people[:20]), seen(people[20:], START + timedelta(days=30))))
    cells = retention_table(steps(people), observed, ["student"] * 40, 10)["cells"]
    assert [(cell["week"], cell["started"]) for cell in cells][3:6] == [(3, 40), (4, 20), (5, 20)]
    found = survival_table(steps(people), SurvivalQuestion(), observed, 10)
    assert [(one["day"], one["share"]) for one in found["points"]] == [(0, 1.0)]  # those seen until week 10 stopped all


def test_who_stopped_is_known_only_of_three_weeks_ago_and_earlier() -> None:
    chance = np.random.default_rng(3)
    begun, lasts = chance.uniform(0, 60, 4000), chance.exponential(20 / np.log(2), 4000)
    people: list[Walk] = [
        [(day, "opened:page") for day in (*np.arange(start, min(start + long, 60.0), 1.0), min(start + long, 60.0))]
        for start, long in zip(begun.tolist(), lasts.tolist(), strict=True)
    ]
    found = survival_table(steps(people), SurvivalQuestion(), seen(people, START + timedelta(days=60)), 10)
    share = {one["day"]: one["share"] for one in found["points"]}
    assert share[10] == pytest.approx(2 ** (-11 / 20), abs=0.03)  # the tenth day ends where the eleventh begins
    assert share[20] == pytest.approx(2 ** (-21 / 20), abs=0.03)
    assert found["median_days"] == pytest.approx(19, abs=1)


@given(
    counts=st.dictionaries(st.sampled_from(("", "a", "b", "c", "d")), st.integers(0, 40), min_size=1),
    floor=st.integers(5, 12),
)
def test_what_groups_leave_of_all_is_never_of_few(counts: dict[str, int], floor: int) -> None:
    labels = [label for label, people in counts.items() for _ in range(people)]
    found = Counter(large_groups(labels, floor))
    assert sum(found.values()) == len(labels)
    assert all(people >= 2 * floor for people in found.values()) or set(found) == {OTHER}


def test_a_funnel_without_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="starts with a step"):
        funnel_table(steps([]), FunnelQuestion(()), 10)
