"""Inputs of the schema cost: charges, declared terms, exchange rates, and how each came in."""

from __future__ import annotations

from akademos.catalogue.warehouse.statuses import Status
from akademos.catalogue.warehouse_extracts import Columns, Extract

COST = "decimal(38,18)"
BORN: Columns = (("row_id", "string"), ("load_id", "int64"), ("line", "int64"), ("recorded_at", "timestamp"))
"""What every row of the books has."""

LINKED_KEYS = Extract(
    "linked_keys",
    "SELECT learner_key, person_key FROM identity_links WHERE tenant_id = %(tenant)s",
    "Keys of people who have several, so that they are counted once.",
    (("learner_key", "string"), ("person_key", "string")),
    ("identity_links",),
)

EXTRACTS: tuple[Extract, ...] = (
    Extract(
        "money_loads",
        "SELECT load_id, kind, name, content_sha256, bytes, received, accepted, duplicate, rejected, "
        "codes::text AS codes, meant_checksum, kept_checksum, seconds, loaded_at FROM money_loads "
        "WHERE tenant_id = %(tenant)s",
        "Every load of rows of money, with rows by verdict and checksums.",
        (
            ("load_id", "int64"), ("kind", "string"), ("name", "string"), ("content_sha256", "string"),
            ("bytes", "int64"), ("received", "int64"), ("accepted", "int64"), ("duplicate", "int64"),
            ("rejected", "int64"), ("codes", "string"), ("meant_checksum", "string"), ("kept_checksum", "string"),
            ("seconds", "float64"), ("loaded_at", "timestamp"),
        ),
        ("money_loads",),
    ),
    Extract(
        "money_terms",
        "SELECT encode(row_id, 'hex') AS row_id, load_id, line, recorded_at, kind, key, valid_from, ended, "
        "body::text AS body FROM money_terms WHERE tenant_id = %(tenant)s",
        "Terms as declared, change by change.",
        (
            *BORN, ("kind", "string"), ("key", "string"), ("valid_from", "timestamp"), ("ended", "bool"),
            ("body", "string"),
        ),
        ("money_terms",),
    ),
    Extract(
        "billing_charges",
        "SELECT encode(row_id, 'hex') AS row_id, load_id, line, recorded_at, provider, billing_account, period_start, "
        "period_end, charge_start, charge_end, currency, service, service_category, resource, region, "
        "tags::text AS tags, category, correction, billed, effective, listed, quantity, unit "
        "FROM billing_charges WHERE tenant_id = %(tenant)s",
        "Charges of bills and of the platform's own metering.",
        (
            *BORN, ("provider", "string"), ("billing_account", "string"), ("period_start", "date"),
            ("period_end", "date"), ("charge_start", "timestamp"), ("charge_end", "timestamp"),
            ("currency", "string"), ("service", "string"), ("service_category", "string"), ("resource", "string"),
            ("region", "string"), ("tags", "string"), ("category", "string"), ("correction", "bool"),
            ("billed", COST), ("effective", COST), ("listed", COST), ("quantity", COST), ("unit", "string"),
        ),
        ("billing_charges",),
    ),
    Extract(
        "exchange_rates",
        "SELECT encode(row_id, 'hex') AS row_id, load_id, line, recorded_at, base, quote, rated_on, rate, source "
        "FROM exchange_rates WHERE tenant_id = %(tenant)s",
        "Exchange rates by day.",
        (
            *BORN, ("base", "string"), ("quote", "string"), ("rated_on", "date"), ("rate", COST),
            ("source", "string"),
        ),
        ("exchange_rates",),
    ),
    Extract(
        "cost_disclosure",
        "SELECT group_floor FROM tenants WHERE tenant_id = %(tenant)s",
        "From how many people on the tenant lets a count be shown.",
        (("group_floor", "int32"),),
        ("tenants",),
    ),
    LINKED_KEYS,
)  # fmt: skip

STATUSES: tuple[Status, ...] = (
    Status("payment", "matched", "Transaction, settlement or balance agree in everything."),
    Status("payment", "open", "Not settled yet, and need not be.", final=False),
    Status("payment", "mismatch", "Something does not agree; the cause is named.", problem=True),
)
