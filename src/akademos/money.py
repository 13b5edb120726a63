"""The wiring of the books of money: under which ids their rows stand, who meters, and what their reports read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from akademos.adapters import now
from akademos.institution import InstitutionAdapters

if TYPE_CHECKING:
    from datetime import date

    from akademos.intake.payment_files import Hashed
    from akademos.jobs.metering import MeteringNight
    from akademos.jobs.warehouse.computed import Inputs

ROW_KEY = "money"
"""Use of the tenant's key under which rows of money have their ids."""


def money_hash(system: InstitutionAdapters, tenant_id: str) -> Hashed:
    """The tenant's own hash of values."""
    from akademos.intake.payment_files import keyed_hash

    return keyed_hash(system.keys.derived(tenant_id, ROW_KEY))


def metering(system: InstitutionAdapters) -> MeteringNight:
    """Charges tenants for what they use of the platform."""
    from akademos.jobs.metering import MeteringJob, MeteringNight

    def stored(tenant_id: str) -> int:
        return system.event_log.stored_bytes(tenant_id)

    job = MeteringJob(system.money_books, stored, lambda tenant_id: money_hash(system, tenant_id), clock=now)
    return MeteringNight(job, system.job_runs)


def books(system: InstitutionAdapters, tenant_id: str, today: date) -> Inputs:
    """The books as computed inputs of the warehouse see them, fresh from the database; of payments, settlements and
    balances what was there at the end of the day."""
    from akademos.jobs.warehouse.computed import Inputs
    from akademos.jobs.warehouse.computed_txn import until_today

    kept = system.money_books
    inputs = Inputs(tenant_id, system.registries(tenant_id), today, lambda name: kept.read(tenant_id, name))
    return until_today(inputs)
