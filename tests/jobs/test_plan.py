"""What is due, over the clock and the record."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.jobs.plan import (
    RETRY_AFTER,
    SCHEDULE,
    Every,
    History,
    Nightly,
    StatesBasis,
    due,
    in_its_hours,
    is_due,
    states_outdated,
)

NIGHT = Nightly("retention", time(2, 0))
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
moments = st.integers(0, 365 * 86_400).map(lambda second: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second))


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "started", "succeeded", "expected"),
    [
        (at(1, 59), at(2, 1, day=1), at(2, 1, day=1), False),
        (at(2, 0), at(2, 1, day=1), at(2, 1, day=1), True),
        (at(2, 5), at(2, 1), at(2, 1), False),
        (at(12), None, None, True),  # the first day
        (at(12), at(2, 1, day=1), at(2, 1, day=1), True),  # the machine was off at night
        (at(2, 5), at(2, 1), at(2, 1, day=1), False),  # it has just failed
        (at(2, 11), at(2, 1), at(2, 1, day=1), True),
    ],
)
def test_nights(now: datetime, started: datetime | None, succeeded: datetime | None, expected: bool) -> None:
    assert is_due(NIGHT, History(started, succeeded), now) is expected


@settings(deadline=None)
@given(st.lists(moments, max_size=5), moments)
def test_a_job_that_succeeded_since_its_hour_is_not_due_again_that_day(starts: list[datetime], now: datetime) -> None:
    past = [start for start in starts if start <= now]
    last = max(past, default=None)
    hour = now.replace(hour=2, minute=0, second=0, microsecond=0)
    if hour > now:
        hour -= timedelta(days=1)
    expected = last is None or last < hour
    assert is_due(NIGHT, History(last, last), now) is expected


@settings(deadline=None)
@given(moments, moments)
def test_a_failing_job_is_retried_but_never_at_once(started: datetime, now: datetime) -> None:
    if timedelta() <= now - started < RETRY_AFTER and now.date() == started.date() and started.hour >= 2:
        assert not is_due(NIGHT, History(started, None), now)


def test_periods_count_from_the_last_start() -> None:
    job = Every("sweep", timedelta(minutes=2))
    assert is_due(job, History(), NOON)
    assert not is_due(job, History(NOON - timedelta(seconds=119)), NOON)
    assert is_due(job, History(NOON - timedelta(minutes=2)), NOON)


def test_due_keeps_the_order_of_the_schedule() -> None:
    assert due(SCHEDULE, {}, NOON) == [job.job for job in SCHEDULE]
    assert due(SCHEDULE, {"sweep": History(NOON)}, NOON) == [job.job for job in SCHEDULE if job.job != "sweep"]


@pytest.mark.parametrize(
    ("before", "present", "since", "expected"),
    [
        (None, StatesBasis(499, 1), None, False),
        (None, StatesBasis(500, 1), None, True),
        (StatesBasis(1000, 1), StatesBasis(1999, 1), timedelta(hours=1), False),
        (StatesBasis(1000, 1), StatesBasis(2000, 1), timedelta(hours=1), True),
        (StatesBasis(1000, 1), StatesBasis(2000, 1), timedelta(seconds=59), False),
        (StatesBasis(1000, 1), StatesBasis(1000, 2), timedelta(minutes=29), False),
        (StatesBasis(1000, 1), StatesBasis(1000, 2), timedelta(minutes=30), True),
        (StatesBasis(0, 1), StatesBasis(0, 2), timedelta(hours=1), False),
    ],
)
def test_states_are_outdated_when_their_basis_became_another(
    before: StatesBasis | None, present: StatesBasis, since: timedelta | None, expected: bool
) -> None:
    started = None if since is None else NOON - since
    assert states_outdated(before, present, History(started), NOON) is expected


@pytest.mark.parametrize(
    ("job", "now", "expected"),
    [
        (time(2, 30), at(2, 29), False),
        (time(2, 30), at(2, 30), True),
        (time(2, 30), at(5, 29), True),
        (time(2, 30), at(5, 30), False),
        (time(23, 0), at(1, 59), True),  # beyond midnight
        (time(23, 0), at(2, 0), False),
    ],
)
def test_the_hours_of_a_job(job: time, now: datetime, expected: bool) -> None:
    assert in_its_hours(Nightly("learner_states", job), now) is expected
