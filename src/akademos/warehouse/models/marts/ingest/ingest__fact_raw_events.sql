{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}
select event_id,
    source as source_system_id,
    record_key,
    payload_hash,
    received_at as event_ts,
    event_name,
    schema_version,
    'verdict/' || verdict as status_key,
    received_on as event_on
from {{ ref('ingest__stg_raw') }} as r
where verdict in ('accepted', 'held') and event_id is not null
