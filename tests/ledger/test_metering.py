"""What usage costs: a discount is by item and day, in however many resources and stretches the day comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from akademos.ledger.metering import Discount, Price, Priced, Standing, Usage, priced_day

DAY = datetime(2026, 5, 1, tzinfo=UTC)
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
PRICES = [Price("compute", "second", "EUR", Decimal(1), EPOCH), Price("events", "event", "EUR", Decimal(1), EPOCH)]
DISCOUNTS = [
    Discount("compute", Decimal("0.5"), Decimal("22.3"), EPOCH),
    Discount("compute", Decimal("0.1"), Decimal(5), EPOCH),
]


def used(resource: str, quantity: str, item: str = "compute") -> Usage:
    return Usage(item, resource, Decimal(quantity), DAY, DAY + timedelta(days=1))


def test_resources_reach_a_discount_together() -> None:
    day = [used("learner_states", "22.144"), used("goals", "0.392"), used("http", "100", "events")]
    assert [one.charged for one in priced_day(day, [], PRICES, DISCOUNTS)] == [
        Decimal("11.072"),
        Decimal("0.196"),
        Decimal(100),
    ]


def _sum(charges: list[Priced]) -> list[Standing]:
    """What stands, by resource, as the books sum it."""
    found: dict[str, Standing] = {}
    for one in charges:
        name, old = one.usage.resource, found.get(one.usage.resource)
        before = (old.quantity, old.listed, old.charged) if old else (Decimal(0),) * 3
        now = (one.usage.quantity, one.listed, one.charged)
        found[name] = Standing("compute", name, "second", "EUR", *(a + b for a, b in zip(before, now, strict=True)))
    return list(found.values())


usages = st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 20_000)).map(
    lambda drawn: used(drawn[0], str(Decimal(drawn[1]) / 1000))
)


@given(st.lists(st.lists(usages, min_size=1, max_size=3), min_size=1, max_size=5))
def test_a_day_costs_the_same_however_often_it_is_metered(stretches: list[list[Usage]]) -> None:
    charges: list[Priced] = []
    for stretch in stretches:
        charges += priced_day(stretch, _sum(charges), PRICES, DISCOUNTS)
    at_once = priced_day([one for stretch in stretches for one in stretch], [], PRICES, DISCOUNTS)
    assert sum(one.charged for one in charges) == sum(one.charged for one in at_once)
    assert sum(one.listed for one in charges) == sum(one.listed for one in at_once)
