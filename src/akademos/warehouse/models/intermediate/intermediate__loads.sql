-- Audit rows of loads: of days, those closed as they were noted and those open as they stand, and of imported files.
with days as (
    select *, true as closed from {{ extract('loads_closed') }} as c
    union all
    select *, false as closed from {{ extract('loads_open') }} as o
)
select load || '/' || channel || '/' || cast(received_on as string) as load_key,
    load,
    channel,
    case when channel = 'live' then 'all keys' else 'all imports' end as source_system_id,
    received_on,
    closed,
    accepted, held, duplicate, conflict, suppressed, rejected,
    meant_rows,
    moved_rows,
    meant_checksum,
    moved_checksum,
    seconds,
    in_logs, in_landing, released, gone, unnamed
from days
union all
select * from {{ ref('intermediate__file_loads') }} as f
