"""2PL: published estimates, package girth, recovery with honest standard errors, missing answers, refusals."""

from __future__ import annotations

import girth
import numpy as np
import numpy.typing as npt
import pytest

from akademos.analytics.two_parameter_logistic import fit_two_parameter_logistic
from akademos.errors import InputError

Floats = npt.NDArray[np.float64]

# Law School Admission Test, section 6: people per pattern of answers. Bock and Lieberman (1970),
# doi:10.1007/BF02291262, table 1.
LSAT_6 = {
    "00000": 3, "00001": 6, "00010": 2, "00011": 11, "00100": 1, "00101": 1, "00110": 3, "00111": 4, "01000": 1,
    "01001": 8, "01011": 16, "01101": 3, "01110": 2, "01111": 15, "10000": 10, "10001": 29, "10010": 14, "10011": 81,
    "10100": 3, "10101": 28, "10110": 15, "10111": 80, "11000": 16, "11001": 56, "11010": 21, "11011": 173,
    "11100": 11, "11101": 61, "11110": 28, "11111": 298,
}  # fmt: skip


def lsat() -> Floats:
    """(1000 people, 5 items)."""
    return np.array([[float(one) for one in pattern] for pattern, people in LSAT_6.items() for _ in range(people)])


def simulated(
    people: int, items: int, seed: int, answered: float = 1.0
) -> tuple[Floats, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Answers under the model, and the true discrimination and difficulty."""
    rng = np.random.default_rng(seed)
    slope, difficulty, ability = rng.lognormal(0, 0.3, items), rng.normal(0, 1, items), rng.normal(size=people)
    right = rng.random((people, items)) < 1 / (1 + np.exp(-slope * (ability[:, None] - difficulty)))
    answers = right.astype(np.float64)
    answers[rng.random((people, items)) > answered] = np.nan
    return answers, slope, difficulty


def test_the_law_school_test_gives_the_published_estimates() -> None:
    """Rizopoulos (2006), ltm, Journal of Statistical Software 17(5), doi:10.18637/jss.v017.i05."""
    fitted = fit_two_parameter_logistic(lsat())
    np.testing.assert_allclose(fitted.difficulty, [-3.3597, -1.3696, -0.2799, -1.8659, -3.1236], atol=3e-3)
    np.testing.assert_allclose(fitted.discrimination, [0.8254, 0.7229, 0.8905, 0.6886, 0.6575], atol=1e-3)
    assert fitted.log_likelihood == pytest.approx(-2466.65, abs=0.01)
    assert fitted.converged


@pytest.mark.parametrize(("people", "items", "seed"), [(2_000, 20, 0), (1_000, 40, 1)])
def test_package_girth_finds_the_same_within_a_hundredth(people: int, items: int, seed: int) -> None:
    answers, _, _ = simulated(people, items, seed)
    oracle = girth.twopl_mml(answers.T.astype(int), {"max_iteration": 150})
    fitted = fit_two_parameter_logistic(answers)
    assert np.abs(fitted.discrimination - oracle["Discrimination"]).max() < 0.01
    assert np.abs(fitted.difficulty - oracle["Difficulty"]).max() < 0.01


@pytest.mark.parametrize("answered", [1.0, 0.4])
def test_truth_lies_as_far_off_as_the_standard_errors_say(answered: float) -> None:
    answers, slope, difficulty = simulated(3_000, 60, 5, answered)
    fitted = fit_two_parameter_logistic(answers)
    for estimate, truth, error in (
        (fitted.discrimination, slope, fitted.discrimination_se),
        (fitted.difficulty, difficulty, fitted.difficulty_se),
    ):
        assert 0.7 < float(np.std((estimate - truth) / error)) < 1.4


def test_an_item_that_the_better_get_wrong_has_a_negative_slope() -> None:
    answers, _, _ = simulated(1_000, 12, 3)
    answers[:, 4] = 1 - answers[:, 4]
    fitted = fit_two_parameter_logistic(answers)
    assert fitted.discrimination[4] < 0 < np.delete(fitted.discrimination, 4).min()


def test_items_that_all_or_none_get_right_have_no_estimate_and_disturb_none() -> None:
    answers, _, _ = simulated(600, 10, 4)
    widened = np.hstack((np.ones((600, 1)), answers, np.zeros((600, 1)), np.full((600, 1), np.nan)))
    plain, wide = fit_two_parameter_logistic(answers), fit_two_parameter_logistic(widened)
    assert np.isnan(wide.difficulty[[0, 11, 12]]).all()
    np.testing.assert_array_equal(plain.difficulty, wide.difficulty[1:11])


def test_too_few_people_and_partial_scores_are_refused() -> None:
    answers, _, _ = simulated(199, 10, 4)
    with pytest.raises(InputError) as few:
        fit_two_parameter_logistic(answers)
    assert few.value.code == "too_few_learners"
    with pytest.raises(InputError) as partial:
        fit_two_parameter_logistic(np.full((300, 3), 0.5))
    assert partial.value.code == "not_dichotomous"
