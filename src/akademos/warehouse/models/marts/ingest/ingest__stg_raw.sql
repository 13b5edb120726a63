{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}
-- Closed days lie in the raw zone, which is only ever added to; days since then in this build.
{% set columns = ['record_key', 'event_id', 'payload_hash', 'source', 'channel', 'event_name', 'schema_version', 'size_bytes', 'verdict', 'code', 'position', 'received_at', 'received_on'] | join(', ') %}
select {{ columns }} from {{ ref('staging__envelopes_open') }} as o
{% set closed_through = env_var('AKADEMOS_WAREHOUSE_CLOSED_THROUGH', '') -%}
{% if closed_through -%}
union all
select {{ columns }} from {{ parquet(env_var('AKADEMOS_WAREHOUSE_ENVELOPES', '') ~ '/*/*.parquet', partition='received_on', kind='date') }} as c
where received_on <= date '{{ closed_through }}'
    -- Days that were closed long ago have suppressed events a second time, with their id.
    and not (verdict = 'suppressed' and event_id is not null)
{%- endif %}
