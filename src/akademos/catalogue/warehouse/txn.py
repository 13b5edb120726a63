"""Inputs of the schema txn: transactions, settlements and stated balances. Customers come by audit name."""

from __future__ import annotations

from akademos.catalogue.warehouse.cost import BORN
from akademos.catalogue.warehouse_extracts import Extract

AMOUNT = "decimal(38,4)"

EXTRACTS: tuple[Extract, ...] = (
    Extract(
        "transactions",
        "SELECT encode(row_id, 'hex') AS row_id, load_id, line, recorded_at, merchant, account, channel, product, "
        "course_id, kind, amount, currency, posted_at, "
        "CASE WHEN related IS NOT NULL THEN (SELECT encode(r.row_id, 'hex') FROM transactions r WHERE "
        "r.tenant_id = t.tenant_id AND r.merchant = t.merchant AND r.reference = t.related) END AS related_id, "
        "encode(subject, 'hex') AS customer FROM transactions t WHERE tenant_id = %(tenant)s",
        "Payments, refunds, chargebacks and adjustments; providers' own references stay in the books.",
        (
            *BORN, ("merchant", "string"), ("account", "string"), ("channel", "string"), ("product", "string"),
            ("course_id", "string"), ("kind", "string"), ("amount", AMOUNT), ("currency", "string"),
            ("posted_at", "timestamp"), ("related_id", "string"), ("customer", "string"),
        ),
        ("transactions",),
    ),
    Extract(
        "settlement_lines",
        "SELECT encode(l.row_id, 'hex') AS row_id, l.load_id, l.line, l.recorded_at, l.batch, l.merchant, l.account, "
        "encode(t.row_id, 'hex') AS transaction_id, l.settled_on, l.currency, l.gross, l.paid_currency, l.paid_gross, "
        "l.fee, l.net FROM settlement_lines l LEFT JOIN transactions t USING (tenant_id, merchant, reference) "
        "WHERE tenant_id = %(tenant)s",
        "Lines of settlements, each with the transaction that it settles, where that is booked.",
        (
            *BORN, ("batch", "string"), ("merchant", "string"), ("account", "string"), ("transaction_id", "string"),
            ("settled_on", "date"), ("currency", "string"), ("gross", AMOUNT), ("paid_currency", "string"),
            ("paid_gross", AMOUNT), ("fee", AMOUNT), ("net", AMOUNT),
        ),
        ("settlement_lines", "transactions"),
    ),
    Extract(
        "stated_balances",
        "SELECT encode(row_id, 'hex') AS row_id, load_id, line, recorded_at, merchant, account, currency, stated_on, "
        "balance FROM stated_balances WHERE tenant_id = %(tenant)s",
        "Balances that providers state.",
        (
            *BORN, ("merchant", "string"), ("account", "string"), ("currency", "string"), ("stated_on", "date"),
            ("balance", AMOUNT),
        ),
        ("stated_balances",),
    ),
)  # fmt: skip
