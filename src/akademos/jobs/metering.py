"""The platform's own metering: what a tenant used of it, at the declared prices, as charges of its books.

Each metering charges the stretch from where the last one ended until now, day by day (UTC), so nothing is charged twice
and nothing left out: events are those counted in it, which a batch of an import is after it came in. Where a day
reaches a discount only later, what it was charged before is credited. Storage is what the core holds now, for the time
of the stretch. Days on which no price holds, of whatever item, are free: before a tenant's first price, and after its
last has ended.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from akademos.errors import Conflict
from akademos.intake.bill_loading import PLATFORM, charge_rows
from akademos.intake.payment_files import Hashed
from akademos.ledger.metering import Price, Priced, Standing, Usage, priced_day
from akademos.ledger.money_terms import discounts, prices
from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.stores.ports.money_books import Loaded, MoneyBooks, MoneyFile

JOB = "metering"
SETTLED = timedelta(seconds=10)
"""What ended so long ago has been written by everybody who wrote it."""

SERVICES = {"events": "Event intake", "compute": "Jobs", "storage": "Core storage", "answers": "Answers"}
QUESTIONS = "Questions"
"""The service of seconds that questions took; those of jobs have the same price."""
CATEGORIES = {"events": "Analytics", "compute": "Compute", "storage": "Storage", "answers": "Analytics"}
_ITEMS = {service: item for item, service in SERVICES.items()} | {QUESTIONS: "compute"}
_GB = Decimal(10) ** 9
_HOUR_S = Decimal(3600)


@dataclass(frozen=True, slots=True)
class Metered:
    """What one metering charged; `loaded` is None where no time had passed or nothing was used."""

    start: datetime
    end: datetime
    charges: tuple[Priced, ...]
    loaded: Loaded | None


class MeteringJob:
    """Charges tenants for what they use.

    Args:
        stored: bytes that the core holds of a tenant.
        keyed: a keyed hash, the tenant's own.
    """

    def __init__(
        self,
        books: MoneyBooks,
        stored: Callable[[str], int],
        keyed: Callable[[str], Hashed],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._books = books
        self._stored = stored
        self._keyed = keyed
        self._clock = clock

    def has_prices(self, tenant_id: str) -> bool:
        """Whether anybody has ever declared a price for the tenant."""
        return bool(prices(self._books.read(tenant_id, "money_terms")))

    def run(self, tenant_id: str, *, by: str) -> Metered:
        """Charge what is not charged yet; one at a time (`MeteringNight`), since two would charge the same stretch.

        Raises:
            InputError: nobody declared a price for something that was used (`price_missing`); nothing is charged then.
        """
        start = self._books.metered_until(tenant_id)
        end = (self._clock() - SETTLED).astimezone(UTC)
        if end <= start:
            return Metered(start, start, (), None)
        terms = self._books.read(tenant_id, "money_terms")
        known, less = prices(terms), discounts(terms)
        charges = [
            charge
            for begins, ends in days(start, end)
            if not known or _any_holds(known, begins)
            for charge in priced_day(
                list(self._usage(tenant_id, begins, ends)), self._standing(tenant_id, begins), known, less
            )
        ]
        if not charges:
            return Metered(start, end, (), None)
        name = f"{start:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}"
        rows = charge_rows(
            [_charge(line, one, tenant_id) for line, one in enumerate(charges, 1)], self._keyed(tenant_id)
        )
        digest = hashlib.sha256(b"".join(row.row_id for row in rows)).hexdigest()
        loaded = self._books.append(tenant_id, MoneyFile("metering", name, digest, 0), rows, by=by)
        return Metered(start, end, tuple(charges), loaded)

    def _usage(self, tenant_id: str, start: datetime, end: datetime) -> Iterator[Usage]:
        used = self._books.used(tenant_id, start, end)
        for item in ("events", "compute", "answers"):
            for resource, quantity in sorted(used[item].items()):
                if quantity > 0:
                    yield Usage(item, resource, Decimal(f"{quantity:.6f}"), start, end)
        hours = Decimal(f"{(end - start).total_seconds():.6f}") / _HOUR_S
        size = self._stored(tenant_id)
        if size:
            yield Usage("storage", "core", (Decimal(size) / _GB * hours).quantize(Decimal("1e-12")), start, end)

    def _standing(self, tenant_id: str, begins: datetime) -> list[Standing]:
        """What the stretches of the day before this one are charged."""
        midnight = datetime.combine(begins.date(), time(), UTC)
        if begins == midnight:
            return []
        charged = self._books.metered(tenant_id, midnight, begins)
        return [replace(one, item=_ITEMS[one.item]) for one in charged]


class MeteringNight:
    """Meters one tenant at a time, on record: by itself every night, and whenever an operator asks for it."""

    def __init__(self, job: MeteringJob, runs: JobRuns) -> None:
        self._job = job
        self._runs = runs

    def run(self, tenant_id: str) -> JobRun | None:
        """The night's run; None when another process is at it. Without prices nothing is charged, and the record says
        so."""
        with self._runs.running(JOB, tenant_id) as run:
            if run is not None and self._job.has_prices(tenant_id):
                _noted(run, self._job.run(tenant_id, by=f"job:{JOB}"))
            elif run is not None:
                run.detail |= {"left_out": "no price is declared"}
        return run

    def by_hand(self, tenant_id: str, *, by: str) -> Metered:
        """Charge what is not charged yet, now.

        Raises:
            InputError: nobody declared a price for something that was used (`price_missing`).
            Conflict: another process is at it.
        """
        with self._runs.running(JOB, tenant_id) as run:
            if run is None:
                raise Conflict(
                    f"{tenant_id} is being metered.", hint="Ask again when that is done.", code="metering_runs"
                )
            metered = self._job.run(tenant_id, by=by)
            _noted(run, metered)
        return metered


def _noted(run: JobRun, metered: Metered) -> None:
    run.rows_in = len(metered.charges)
    run.rows_out = 0 if metered.loaded is None else metered.loaded.accepted
    run.detail |= {"from": metered.start.isoformat(), "until": metered.end.isoformat()}


def _any_holds(known: Sequence[Price], at: datetime) -> bool:
    return any(one.valid_from <= at and (one.valid_to is None or at < one.valid_to) for one in known)


def days(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """A stretch of time cut at midnight (UTC), half-open.

    Example:
        >>> evening = datetime(2026, 5, 1, 20, tzinfo=UTC)
        >>> [(begins.hour, ends.hour) for begins, ends in days(evening, evening + timedelta(hours=7))]
        [(20, 0), (0, 3)]
    """
    while start < end:
        midnight = datetime.combine(start.date() + timedelta(days=1), time(), UTC)
        yield start, min(midnight, end)
        start = midnight


def _asked(usage: Usage) -> bool:
    """Whether seconds were those of questions, which are named by method and address."""
    return usage.item == "compute" and "/" in usage.resource


def _charge(line: int, one: Priced, tenant_id: str) -> dict[str, Any]:
    month = one.usage.start.date().replace(day=1)
    return {
        "line": line,
        "provider": PLATFORM,
        "billing_account": f"{PLATFORM}/{tenant_id}",
        "period_start": month,
        "period_end": (month + timedelta(days=31)).replace(day=1),
        "charge_start": one.usage.start,
        "charge_end": one.usage.end,
        "currency": one.currency,
        "service": QUESTIONS if _asked(one.usage) else SERVICES[one.usage.item],
        "service_category": CATEGORIES[one.usage.item],
        "resource": one.usage.resource,
        "region": None,
        "tags": {},
        "category": "Usage" if one.usage.quantity else "Credit",
        "correction": False,
        "billed": one.charged,
        "effective": one.charged,
        "listed": one.listed,
        "quantity": one.usage.quantity,
        "unit": one.unit,
    }
