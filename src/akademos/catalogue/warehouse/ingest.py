"""Inputs of the schema `ingest`: throughput and health of the sources, from the platform's own intake."""

from __future__ import annotations

from akademos.catalogue.warehouse_extracts import Extract

EXTRACTS: tuple[Extract, ...] = (
    Extract(
        name="tenants",
        description="The institution itself.",
        query="SELECT tenant_id, name, time_zone, created_at, group_floor FROM tenants WHERE tenant_id = %(tenant)s",
        columns=(
            ("tenant_id", "string"),
            ("name", "string"),
            ("time_zone", "string"),
            ("created_at", "timestamp"),
            ("group_floor", "int32"),
        ),
        upstream=("tenants",),
    ),
    Extract(
        name="receipts_by_hour",
        description="Receipts, summed by source, way in and hour: what came in, by verdict.",
        query="""
            SELECT source, door, date_trunc('hour', received_at, 'UTC') AS hour,
                count(*) AS receipts, sum(received)::bigint AS received, sum(accepted)::bigint AS accepted,
                sum(held)::bigint AS held, sum(duplicate)::bigint AS duplicate, sum(conflict)::bigint AS conflict,
                sum(suppressed)::bigint AS suppressed, sum(rejected)::bigint AS rejected
            FROM receipts WHERE tenant_id = %(tenant)s GROUP BY 1, 2, 3
        """,
        columns=(
            ("source", "string"),
            ("door", "string"),
            ("hour", "timestamp"),
            ("receipts", "int64"),
            ("received", "int64"),
            ("accepted", "int64"),
            ("held", "int64"),
            ("duplicate", "int64"),
            ("conflict", "int64"),
            ("suppressed", "int64"),
            ("rejected", "int64"),
        ),
        upstream=("receipts",),
    ),
    Extract(
        name="api_keys",
        description="Keys of sending applications, without their secrets.",
        query="""
            SELECT key_id, name, array_to_string(scopes, ',') AS scopes, cardinality(origins) > 0 AS publishable,
                strict, rate_per_s, created_at, expires_at, revoked_at
            FROM api_keys WHERE tenant_id = %(tenant)s
        """,
        columns=(
            ("key_id", "string"),
            ("name", "string"),
            ("scopes", "string"),
            ("publishable", "bool"),
            ("strict", "bool"),
            ("rate_per_s", "int32"),
            ("created_at", "timestamp"),
            ("expires_at", "timestamp"),
            ("revoked_at", "timestamp"),
        ),
        upstream=("api_keys",),
    ),
    Extract(
        name="imports",
        description="Imports by file, with what their batches brought.",
        query="""
            SELECT import_id, file, basis_id, layout, fingerprint, batches_done,
                coalesce((counts ->> 'accepted')::bigint, 0) AS accepted,
                coalesce((counts ->> 'duplicate')::bigint, 0) AS duplicate,
                coalesce((counts ->> 'suppressed')::bigint, 0) AS suppressed,
                coalesce((counts ->> 'rejected')::bigint, 0) AS rejected, started_at, finished_at,
                extract(epoch FROM finished_at - started_at)::float8 AS seconds
            FROM imports WHERE tenant_id = %(tenant)s
        """,
        columns=(
            ("import_id", "string"),
            ("file", "string"),
            ("basis_id", "string"),
            ("layout", "string"),
            ("fingerprint", "string"),
            ("batches_done", "int32"),
            ("accepted", "int64"),
            ("duplicate", "int64"),
            ("suppressed", "int64"),
            ("rejected", "int64"),
            ("started_at", "timestamp"),
            ("finished_at", "timestamp"),
            ("seconds", "float64"),
        ),
        upstream=("imports",),
    ),
    Extract(
        name="movements_by_day",
        description="Where accepted and held events went, by kind and day.",
        query="""
            SELECT kind, (recorded_at AT TIME ZONE 'UTC')::date AS moved_on, sum(events)::bigint AS events
            FROM movements WHERE tenant_id = %(tenant)s GROUP BY 1, 2
        """,
        columns=(("kind", "string"), ("moved_on", "date"), ("events", "int64")),
        upstream=("movements",),
    ),
    Extract(
        name="waiting_by_day",
        description="What waits, by place and day of receipt: accepted and on its way, held, refused and replayable; "
        "and essential events in their logs.",
        query="""
            SELECT place, source, (received_at AT TIME ZONE 'UTC')::date AS received_on, count(*) AS events
            FROM (
                SELECT 'landing' AS place, source, received_at FROM landing WHERE tenant_id = %(tenant)s
                UNION ALL SELECT 'held', source, received_at FROM held WHERE tenant_id = %(tenant)s
                UNION ALL SELECT 'dead_letters', source, received_at FROM dead_letters WHERE tenant_id = %(tenant)s
                UNION ALL SELECT 'logs', source, received_at FROM preference_log WHERE tenant_id = %(tenant)s
                UNION ALL SELECT 'logs', source, received_at FROM security_log WHERE tenant_id = %(tenant)s
            ) AS waiting GROUP BY 1, 2, 3
        """,
        columns=(("place", "string"), ("source", "string"), ("received_on", "date"), ("events", "int64")),
        upstream=("landing", "held", "dead_letters", "preference_log", "security_log"),
    ),
    Extract(
        name="loads_closed",
        description="Audit rows of the loads of closed days.",
        query="""
            SELECT load, received_on, channel, coalesce((verdicts ->> 'accepted')::bigint, 0) AS accepted,
                coalesce((verdicts ->> 'held')::bigint, 0) AS held,
                coalesce((verdicts ->> 'duplicate')::bigint, 0) AS duplicate,
                coalesce((verdicts ->> 'conflict')::bigint, 0) AS conflict,
                coalesce((verdicts ->> 'suppressed')::bigint, 0) AS suppressed,
                coalesce((verdicts ->> 'rejected')::bigint, 0) AS rejected,
                meant_rows, moved_rows, meant_checksum, moved_checksum, seconds,
                (causes ->> 'in_logs')::bigint AS in_logs, (causes ->> 'in_landing')::bigint AS in_landing,
                (causes ->> 'released')::bigint AS released, (causes ->> 'gone')::bigint AS gone,
                (causes ->> 'unnamed')::bigint AS unnamed
            FROM warehouse_loads WHERE tenant_id = %(tenant)s
        """,
        columns=(
            ("load", "string"),
            ("received_on", "date"),
            ("channel", "string"),
            ("accepted", "int64"),
            ("held", "int64"),
            ("duplicate", "int64"),
            ("conflict", "int64"),
            ("suppressed", "int64"),
            ("rejected", "int64"),
            ("meant_rows", "int64"),
            ("moved_rows", "int64"),
            ("meant_checksum", "string"),
            ("moved_checksum", "string"),
            ("seconds", "float64"),
            ("in_logs", "int64"),
            ("in_landing", "int64"),
            ("released", "int64"),
            ("gone", "int64"),
            ("unnamed", "int64"),
        ),
        upstream=("warehouse_loads",),
    ),
    Extract(
        name="record_change_log",
        description="The log of record changes without keys and contents: what was changed when, in order.",
        query="""
            SELECT position, record, action, version, at AS changed_at, before IS NULL AS first_version,
                learner_key IS NOT NULL AS about_a_learner,
                (SELECT count(*) FROM jsonb_each(after) AS a
                    WHERE before IS NULL OR a.value IS DISTINCT FROM before -> a.key) AS columns_changed
            FROM record_changes WHERE tenant_id = %(tenant)s
        """,
        columns=(
            ("position", "int64"),
            ("record", "string"),
            ("action", "string"),
            ("version", "int64"),
            ("changed_at", "timestamp"),
            ("first_version", "bool"),
            ("about_a_learner", "bool"),
            ("columns_changed", "int64"),
        ),
        upstream=("record_changes",),
    ),
    Extract(
        name="business_unit_changes",
        description="Changes of organisations and their units, from the log of record changes.",
        query="""
            SELECT record || '/' || coalesce(after ->> 'unit_id', after ->> 'organisation_id') AS unit_key,
                CASE record WHEN 'org_units' THEN coalesce('org_units/' || (after ->> 'parent_id'),
                    'organisations/' || (after ->> 'organisation_id'))
                    ELSE 'organisations/' || (after ->> 'parent_id') END AS parent_key,
                after ->> 'name' AS name, after ->> 'kind' AS kind, after ->> 'status' AS status, at AS changed_at,
                position
            FROM record_changes WHERE tenant_id = %(tenant)s AND record IN ('organisations', 'org_units')
        """,
        columns=(
            ("unit_key", "string"),
            ("parent_key", "string"),
            ("name", "string"),
            ("kind", "string"),
            ("status", "string"),
            ("changed_at", "timestamp"),
            ("position", "int64"),
        ),
        upstream=("record_changes",),
    ),
    Extract(
        name="course_sources",
        description="Courses and offerings with the names that other systems have for them.",
        query="""
            SELECT 'learning_courses' AS record, course_id AS source_id, course_id, title, source_reference,
                updated_at AS recorded_at
            FROM learning_courses WHERE tenant_id = %(tenant)s
            UNION ALL
            SELECT 'course_offerings', offering_id, course_id, title, source_reference, updated_at
            FROM course_offerings WHERE tenant_id = %(tenant)s
        """,
        columns=(
            ("record", "string"),
            ("source_id", "string"),
            ("course_id", "string"),
            ("title", "string"),
            ("source_reference", "string"),
            ("recorded_at", "timestamp"),
        ),
        upstream=("learning_courses", "course_offerings"),
    ),
)
