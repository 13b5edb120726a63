select received_on as counted_on,
    source as source_system_id,
    coalesce(event_name, 'unknown') as event_name,
    'verdict/' || verdict as status_key,
    count(*) as events,
    cast(coalesce(sum(size_bytes), 0) as bigint) as bytes,
    min(received_at) as first_received_at,
    max(received_at) as last_received_at
from {{ ref('ingest__stg_raw') }} as r
group by received_on, source, coalesce(event_name, 'unknown'), verdict
