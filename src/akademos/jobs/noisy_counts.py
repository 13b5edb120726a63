"""Differentially private counts: how many learners have an estimate of a topic, with geometric noise (OpenDP).

One person changes such a count by one at most, so noise of scale 1/epsilon makes it epsilon-differentially private
(Dwork et al. 2006; the integer version is the geometric mechanism of Ghosh et al. 2009). It needs no floor: what
bounds it is the release's budget.
"""

from __future__ import annotations

from collections.abc import Callable

from akademos.catalogue.declarations import Metric, Purpose
from akademos.errors import InputError, Unavailable
from akademos.stores.ports.groups import INSTITUTION, GroupLedgers
from akademos.stores.ports.noise import NoiseBudgets, NoisyCount

LEAST_EPSILON, MOST_EPSILON = 0.001, 10.0


def learners_with_estimate(
    groups: GroupLedgers,
    budgets: NoiseBudgets,
    metrics: tuple[Metric, ...],
    tenant_id: str,
    release_id: str,
    *,
    course: str | None,
    topic: str | None,
    epsilon: float,
    actor: str,
) -> NoisyCount:
    """The count of consenting learners of a course (None: the institution) with an estimate of a topic (None: of any).

    Raises:
        InputError: an epsilon out of range.
        Unavailable: the extra `privacy` is not installed.
        NotFound, Conflict: see `NoiseBudgets.count`.
    """
    noisy = noise_of(epsilon)
    purposes: tuple[Purpose, ...] = tuple(sorted({metric.purposes[0] for metric in metrics}))
    scope = INSTITUTION if course is None else course

    def draw() -> int:
        population = groups.population(tenant_id, scope, purposes)
        counted = {one.learner_key for one in population.estimates if topic in (None, one.topic_id)}
        return noisy(len(counted & population.may_enter.keys()))

    query = f"learners with an estimate of {topic or 'any topic'} in {course or 'the institution'}"
    return budgets.count(tenant_id, release_id, query, epsilon, draw, actor=actor)


def checked_epsilon(epsilon: float) -> float:
    """An epsilon that protects and still says something.

    Raises:
        InputError: it is out of range.
    """
    if not LEAST_EPSILON <= epsilon <= MOST_EPSILON:
        raise InputError(
            f"An epsilon lies between {LEAST_EPSILON:g} and {MOST_EPSILON:g}.",
            hint="Smaller protects more; 0.1 a count and 1 a release are usual.",
            code="epsilon_invalid",
        )
    return epsilon


def noise_of(epsilon: float) -> Callable[[int], int]:
    """A function that adds geometric noise of scale 1/epsilon to a count.

    Raises:
        InputError: an epsilon out of range.
        Unavailable: the extra `privacy` is not installed.
    """
    checked_epsilon(epsilon)
    try:
        import opendp.prelude as dp
    except ImportError:
        raise Unavailable(
            "Counts with noise need the extra `privacy`.", hint="Install `akademos[privacy]`.", code="extra_missing"
        ) from None
    dp.enable_features("contrib")
    measurement = dp.m.make_geometric(dp.atom_domain(T=int), dp.absolute_distance(T=int), scale=1 / epsilon)
    return lambda count: int(measurement(count))
