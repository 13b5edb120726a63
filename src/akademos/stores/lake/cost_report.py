"""The report of costs, read from the schemas cost and txn of the published warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from akademos.errors import InputError, NotFound
from akademos.stores.ports.cost_report import (
    BillPart,
    CentreMonth,
    CostReport,
    CourseMonth,
    Findings,
    ForecastMonth,
    LearnerMonth,
    Reconciled,
    ServiceMonth,
    SettledMonth,
    StatedBalance,
)
from akademos.stores.ports.warehouse import Warehouse

_CENTRES = """
    SELECT month, currency, cost_center_id, effective_cost, amount, monthly_budget, is_over_budget
    FROM cost.fact_monthly_costs WHERE month BETWEEN ? AND ? ORDER BY month, currency, cost_center_id
"""
_SERVICES = """
    SELECT CAST(date_trunc('month', u.period_start) AS DATE) AS month, u.currency, r.service, u.cost_center_id,
        sum(u.cost_amount)
    FROM cost.fact_cost_usage u JOIN cost.dim_resource_type r ON r.resource_type_id = u.resource_type_id
    WHERE month BETWEEN ? AND ? GROUP BY ALL ORDER BY ALL
"""
_FORECAST = """
    SELECT month, currency, expected_amount, lower_amount, upper_amount, level, months_known, months_tested,
        months_inside
    FROM cost.stage_forecasts ORDER BY month, currency
"""
_BILLS = """
    SELECT s.period_start, s.billing_account_id, s.currency, s.target_id, s.effective_cost, s.amount, a.bill,
        a.difference, a.corrections
    FROM cost.stage_allocations s JOIN cost.audit_allocations a ON a.allocation_kind = s.allocation_kind
        AND a.billing_account_id = s.billing_account_id AND a.period_start = s.period_start AND a.currency = s.currency
    WHERE s.allocation_kind = 'cost_center' AND date_trunc('month', s.period_start) BETWEEN ? AND ?
    ORDER BY s.period_start, s.billing_account_id, s.currency, s.target_id
"""
_LEARNERS = """
    SELECT month, currency, sum(amount) AS amount, max(active_learners) AS learners,
        CAST(sum(amount) / max(active_learners) AS DECIMAL(38, 4))
    FROM cost.fact_monthly_costs WHERE month BETWEEN ? AND ?
    GROUP BY month, currency HAVING max(active_learners) >= ? ORDER BY month, currency
"""
_COURSES = """
    WITH parts AS (
        SELECT CAST(date_trunc('month', period_start) AS DATE) AS month, currency, target_id AS course,
            sum(amount) AS amount, max(active_learners) AS learners
        FROM cost.stage_allocations WHERE allocation_kind = 'course' AND month BETWEEN ? AND ? GROUP BY ALL
    )
    SELECT month, currency, course, amount, learners, CAST(amount / learners AS DECIMAL(38, 4)) FROM parts
    WHERE (month, currency) NOT IN (SELECT (month, currency) FROM parts WHERE learners < ?)
    ORDER BY month, currency, course NULLS LAST
"""
_DIFFERENCES = """
    SELECT subject, split_part(status_key, '/', 2) AS status, cause, min(explanation), currency, count(*),
        sum(difference), sum(fee_difference), sum(exchange_difference)
    FROM txn.stage_reconciliations GROUP BY ALL
    HAVING status <> 'matched' ORDER BY status, count(*) DESC, subject, cause, currency
"""
_BALANCES = """
    SELECT booked_on, account_id, currency, expected_amount, found_amount, difference, cause
    FROM txn.stage_reconciliations WHERE subject = 'balance' ORDER BY booked_on, account_id, currency
"""
_SETTLEMENTS = """
    SELECT CAST(date_trunc('month', settled_on) AS DATE) AS month, merchant_id, currency, count(*), sum(lines),
        sum(gross_amount), sum(fee_amount), sum(net_amount), sum(lines_without_transaction)
    FROM txn.fact_settlements WHERE month BETWEEN ? AND ? GROUP BY ALL ORDER BY ALL
"""
_RECONCILED = """
    SELECT reconciliation, meant, found, difference, split_part(status_key, '/', 2), cause
    FROM txn.audit_recon ORDER BY reconciliation
"""
_BOOKS = """
    SELECT (SELECT count(*) FROM cost.stg_billing_records), count(*), max(loaded_at) FROM cost.audit_billing_ingest
"""
_MINOR_UNITS = "SELECT currency, minor_unit FROM cost.dim_currency"

Row = TypeVar("Row")


class WarehouseCosts:
    """Adapter of the port `CostReports`."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def report(self, tenant_id: str, *, since: date, until: date, floor: int) -> CostReport:
        """The report; see the port."""
        months = (since.replace(day=1), until)

        def rows(of: type[Row], sql: str, *params: object) -> list[Row]:
            return [of(*values) for values in self._rows(tenant_id, sql, params)]

        ((charges, loads, loaded_at),) = self._rows(tenant_id, _BOOKS)
        return CostReport(
            cost_centres=rows(CentreMonth, _CENTRES, *months),
            services=rows(ServiceMonth, _SERVICES, *months),
            forecast=rows(ForecastMonth, _FORECAST),
            bills=rows(BillPart, _BILLS, *months),
            learners=rows(LearnerMonth, _LEARNERS, *months, floor),
            courses=rows(CourseMonth, _COURSES, *months, floor),
            differences=rows(Findings, _DIFFERENCES),
            balances=rows(StatedBalance, _BALANCES),
            settlements=rows(SettledMonth, _SETTLEMENTS, *months),
            reconciliations=rows(Reconciled, _RECONCILED),
            minor_units=dict(self._rows(tenant_id, _MINOR_UNITS)),
            charges=charges,
            loads=loads,
            loaded_at=loaded_at,
        )

    def _rows(self, tenant_id: str, sql: str, params: Sequence[object] = ()) -> list[Any]:
        try:
            return [tuple(row.values()) for row in self._warehouse.query(tenant_id, sql, params)]
        except InputError as unreadable:
            raise NotFound(
                "The warehouse that is published is of another release.",
                hint="Build it with `akademos marts build`.",
                code="no_warehouse",
            ) from unreadable
