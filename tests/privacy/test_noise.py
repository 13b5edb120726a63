"""Counts with noise: on a budget, the same answer for the same question, both in one transaction with the audit."""

from __future__ import annotations

import statistics
from itertools import count

import pytest
from tests.privacy.crowd import TOPICS, Crowd
from tests.serving.institution import Institution

from akademos.catalogue.metrics import METRICS
from akademos.errors import Conflict, InputError, NotFound
from akademos.jobs.noisy_counts import learners_with_estimate, noise_of
from akademos.serving.services import declared_over_groups
from akademos.stores.ports.noise import NoisyCount
from akademos.stores.postgres.noise import PostgresNoise

ACTOR = "command line:test"


@pytest.fixture
def noise(institution: Institution) -> PostgresNoise:
    """The ledger of the shared database."""
    return PostgresNoise(institution.database)


def audited(institution: Institution) -> list[str]:
    """Actions in the audit log, oldest first."""
    with institution.database.pipeline() as transaction:
        rows = transaction.execute(
            "SELECT action FROM audit_log WHERE tenant_id = %s ORDER BY seq", (institution.tenant,)
        )
        return [row[0] for row in rows]


def test_a_budget_is_spent_once_and_refused_when_exhausted(institution: Institution, noise: PostgresNoise) -> None:
    tenant, numbers = institution.tenant, count(100)
    noise.open(tenant, "spring", 0.3, actor=ACTOR)

    def ask(query: str, epsilon: float = 0.1) -> NoisyCount:
        return noise.count(tenant, "spring", query, epsilon, lambda: next(numbers), actor=ACTOR)

    assert [ask("a").answer, ask("b").answer, ask("a").answer, ask("a").cost] == [100, 101, 100, 0.0]
    assert ask("c").left == pytest.approx(0.0)
    with pytest.raises(Conflict, match="left") as refused:
        ask("d", 0.01)
    assert refused.value.code == "budget_exhausted"
    assert next(numbers) == 103, "nothing may be drawn for a refused count"
    assert ask("b").answer == 101
    (budget,) = noise.budgets(tenant)
    assert (budget.release_id, budget.epsilon) == ("spring", 0.3)
    assert budget.spent == pytest.approx(0.3)
    assert audited(institution)[-4:] == ["release.made", *["data.exported"] * 3]


def test_a_draw_that_fails_spends_nothing(institution: Institution, noise: PostgresNoise) -> None:
    noise.open(institution.tenant, "spring", 1.0, actor=ACTOR)

    def fail() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        noise.count(institution.tenant, "spring", "a", 0.5, fail, actor=ACTOR)
    assert noise.budgets(institution.tenant)[0].spent == 0


def test_budgets_are_granted_once_and_by_tenant(institution: Institution, noise: PostgresNoise) -> None:
    noise.open(institution.tenant, "spring", 1.0, actor=ACTOR)
    with pytest.raises(Conflict):
        noise.open(institution.tenant, "spring", 5.0, actor=ACTOR)
    with pytest.raises(NotFound):
        noise.count(institution.elsewhere, "spring", "a", 0.1, lambda: 1, actor=ACTOR)


def test_the_noise_has_the_spread_that_epsilon_says() -> None:
    pytest.importorskip("opendp")
    noisy = noise_of(0.5)
    drawn = [noisy(100) for _ in range(2_000)]
    # The geometric mechanism: standard deviation sqrt(2 a) / (1 - a) with a = exp(-epsilon).
    assert 2.3 < statistics.stdev(drawn) < 3.3
    assert abs(statistics.mean(drawn) - 100) < 0.5
    for epsilon in (0.0, -1.0, 11.0, float("nan")):
        with pytest.raises(InputError):
            noise_of(epsilon)


def test_a_count_is_near_the_truth_and_stays(institution: Institution, noise: PostgresNoise) -> None:
    pytest.importorskip("opendp")
    crowd = Crowd(institution)
    crowd.night()
    noise.open(institution.tenant, "spring", 10.0, actor=ACTOR)

    def ask() -> int:
        metrics = declared_over_groups(METRICS)
        return learners_with_estimate(
            crowd.groups, noise, metrics, institution.tenant, "spring",
            course="algebra", topic=TOPICS[0], epsilon=2.0, actor=ACTOR,
        ).answer  # fmt: skip

    assert abs(ask() - 60) < 20
    assert len({ask() for _ in range(5)}) == 1


def test_a_tenants_floor_has_a_floor_and_is_audited(institution: Institution) -> None:
    tenants = institution.services.tenants
    with pytest.raises(InputError, match="fewer than 5"):
        tenants.set_group_floor(institution.tenant, 4, actor=ACTOR)
    with pytest.raises(NotFound):
        tenants.set_group_floor("nowhere", 7, actor=ACTOR)
    tenants.set_group_floor(institution.tenant, 7, actor=ACTOR)
    assert Crowd(institution).groups.floor(institution.tenant) == 7
    assert audited(institution)[-1:] == ["tenant.changed"]
