"""What help brought about: a known effect is found, and what would pass for one is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from akademos.analytics.intervention_effect import EffectParameters, Help, WeeklyRisk, intervention_effects

START = date(2026, 3, 2)
WEEKS = [START + timedelta(days=7 * n) for n in range(-1, 6)]
PARAMS = EffectParameters(least=10)


def course(
    learners: int, effect: float, helped: set[int], *, seed: int = 3, noise: float = 0.05
) -> tuple[list[WeeklyRisk], np.ndarray]:
    """Weekly risks of one course; whoever is helped at START is `effect` off from the week after."""
    draw = np.random.default_rng(seed)
    level = draw.uniform(0.2, 0.8, learners)
    rows = []
    for week in WEEKS:
        shift = np.where([n in helped for n in range(learners)], effect if week > START else 0.0, 0.0)
        seen = np.clip(level + shift + draw.normal(0, noise, learners), 0, 1)
        rows += [WeeklyRisk(f"l{n}", "algebra", week, float(seen[n])) for n in range(learners)]
    return rows, level


def help_for(who: list[int], *, treated: bool = True, trial: str = "", randomised: bool = False) -> list[Help]:
    return [Help(f"l{n}", "algebra", "tutoring", trial, treated, randomised, START) for n in who]


def test_a_trial_finds_the_effect() -> None:
    rows, _ = course(400, -0.12, set(range(0, 400, 2)))
    given = help_for(list(range(0, 400, 2)), trial="spring", randomised=True)
    given += help_for(list(range(1, 400, 2)), treated=False, trial="spring", randomised=True)
    (found,) = intervention_effects(given, rows, {}, PARAMS)
    assert (found.design, found.treated, found.comparison) == ("randomised", 200, 200)
    assert found.low < -0.12 < found.high
    assert found.high < 0
    assert len(found.members) == 400


def test_matching_finds_the_effect_among_those_who_were_worse_to_begin_with() -> None:
    _, level = course(600, 0.0, set())
    helped = [n for n in range(600) if level[n] > 0.5][::4]
    rows, _ = course(600, -0.1, set(helped))
    (found,) = intervention_effects(help_for(helped), rows, {}, PARAMS)
    assert found.design == "matched"
    assert found.low < -0.1 < found.high
    assert found.high < 0


def test_regression_to_the_mean_is_no_effect() -> None:
    """Whoever happens to look worst in one week looks better later, helped or not."""
    rows, _ = course(800, 0.0, set(), noise=0.12)
    now = {row.learner_key: row.risk for row in rows if row.as_of == START}
    before = {row.learner_key: row.risk for row in rows if row.as_of == WEEKS[0]}
    risen = sorted(now, key=lambda key: before[key] - now[key])[:200]
    helped = [int(key[1:]) for key in risen[::2]]
    later = {row.learner_key: row.risk for row in rows if row.as_of == START + timedelta(days=28)}
    seeming = np.mean([later[f"l{n}"] - now[f"l{n}"] for n in helped])
    assert seeming < -0.05, "what would be taken for an effect without a comparison"
    (found,) = intervention_effects(help_for(helped), rows, {}, PARAMS)
    assert found.low < 0 < found.high


@pytest.mark.parametrize("mixed", [False, True])
def test_arms_are_compared_as_drawn_also_where_help_was_called_off(mixed: bool) -> None:
    """Help does nothing, and is called off for whoever gets worse; without them it would seem to. Where somebody chose
    one of the arms, nothing is by lot, and what did not take place is no help."""
    changes = np.random.default_rng(1).normal(0, 0.1, 80)
    rows = [WeeklyRisk(f"l{n}", "algebra", START, 0.5) for n in range(80)]
    rows += [WeeklyRisk(f"l{n}", "algebra", WEEKS[5], 0.5 + float(changes[n])) for n in range(80)]
    called_off = {f"l{n}" for n in range(0, 80, 2) if changes[n] > 0.03}
    given = help_for(list(range(0, 80, 2)), trial="t", randomised=True)
    given = [replace(one, took_place=one.learner_key not in called_off) for one in given]
    given += help_for(list(range(1, 80, 2)), treated=False, trial="t", randomised=not mixed)
    (found,) = intervention_effects(given, rows, {}, PARAMS)
    if mixed:
        assert (found.design, found.treated) == ("matched", 40 - len(called_off))
    else:
        assert (found.design, found.treated, found.comparison) == ("randomised", 40, 40)
        assert found.low < 0 < found.high


def test_leaving_does_not_look_like_getting_well() -> None:
    rows, _ = course(200, 0.0, set())
    gone = [f"l{n}" for n in range(0, 100, 2)]
    left = {(key, "algebra"): START + timedelta(days=10) for key in gone}
    kept = [row for row in rows if row.learner_key not in gone or row.as_of <= START]
    given = help_for(list(range(100)), trial="t", randomised=True)
    given += help_for(list(range(100, 200)), treated=False, trial="t", randomised=True)
    (found,) = intervention_effects(given, kept, left, PARAMS)
    assert found.treated == 100
    assert found.low > 0.1, "half of those who were helped have left"


@pytest.mark.parametrize("trial", ["t", ""])
@pytest.mark.parametrize(("weeks", "known"), [(1, False), (3, False), (4, True), (5, True)])
def test_leavers_do_not_count_before_those_who_stay(weeks: int, known: bool, trial: str) -> None:
    """Of 100 helped 12 leave on day 4, of 100 others 40: until the second look only they would be known."""
    left = {(f"l{n}", "algebra"): START + timedelta(days=4) for n in (*range(12), *range(100, 140))}
    rows = [
        WeeklyRisk(f"l{n}", "algebra", START + timedelta(days=7 * week), 0.4 if week else 0.5)
        for n in range(200)
        for week in range(weeks + 1)
        if week == 0 or (f"l{n}", "algebra") not in left
    ]
    given = help_for(list(range(100)), trial=trial, randomised=bool(trial))
    if trial:
        given += help_for(list(range(100, 200)), treated=False, trial=trial, randomised=True)
    found = intervention_effects(given, rows, left, PARAMS)
    assert [(one.treated, one.comparison) for one in found] == ([(100, 100)] if known else [])
    assert all(one.effect == pytest.approx(-0.168) for one in found)


def test_leavers_of_a_course_that_is_scored_no_more_do_not_stand_for_it() -> None:
    """Another course goes on; of this one, whoever stayed has no second look."""
    rows = [WeeklyRisk(f"l{n}", "algebra", START, 0.5) for n in range(60)]
    rows += [WeeklyRisk("x", "geometry", week, 0.5) for week in WEEKS]
    left = {(f"l{n}", "algebra"): START + timedelta(days=4) for n in range(40)}
    given = help_for(list(range(0, 60, 2)), trial="t", randomised=True)
    given += help_for(list(range(1, 60, 2)), treated=False, trial="t", randomised=True)
    assert intervention_effects(given, rows, left, PARAMS) == []


@pytest.mark.parametrize("count", [0, 9])
def test_too_few_cannot_be_attributed(count: int) -> None:
    rows, _ = course(100, -0.3, set(range(count)))
    assert intervention_effects(help_for(list(range(count))), rows, {}, PARAMS) == []


def test_nobody_to_compare_with_cannot_be_attributed() -> None:
    rows, _ = course(40, -0.3, set(range(40)))
    assert intervention_effects(help_for(list(range(40))), rows, {}, PARAMS) == []


def test_a_comparison_that_was_chosen_is_matched_all_the_same() -> None:
    """A trial by name only: arms that somebody chose are not taken for drawn ones."""
    rows, _ = course(300, -0.1, set(range(0, 300, 3)))
    given = help_for(list(range(0, 300, 3)), trial="pilot")
    given += help_for(list(range(1, 300, 3)), treated=False, trial="pilot")
    (found,) = intervention_effects(given, rows, {}, PARAMS)
    assert found.design == "matched"


def test_who_is_helped_in_no_course_is_nobody_to_compare_with() -> None:
    rows, _ = course(40, 0.0, set())
    given = help_for(list(range(20)))
    (found,) = intervention_effects(given, rows, {}, EffectParameters(least=2, caliper=1.0))
    assert found.comparison == 20
    elsewhere = [replace(one, course_id="", kind="referral") for one in help_for(list(range(20, 38)))]
    (found,) = intervention_effects([*given, *elsewhere], rows, {}, EffectParameters(least=2, caliper=1.0))
    assert found.members & {one.learner_key for one in elsewhere} == set()
    assert (found.kind, found.comparison) == ("tutoring", 2)


def test_earlier_pairs_stay_when_more_are_helped_later() -> None:
    rows, _ = course(300, 0.0, set())
    first = help_for(list(range(0, 60, 2)))
    later = [Help(f"l{n}", "algebra", "tutoring", "", True, False, START + timedelta(days=7)) for n in range(1, 30, 2)]
    (alone,) = intervention_effects(first, rows, {}, EffectParameters(least=2, after=timedelta(days=14)))
    (together,) = intervention_effects(first + later, rows, {}, EffectParameters(least=2, after=timedelta(days=14)))
    helped_later = {one.learner_key for one in later}
    assert alone.members - helped_later <= together.members
