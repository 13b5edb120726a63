-- Processes that ever handed over a part of their log.
select instance as instance_id,
    max(service) as service_id,
    max(version) as version,
    max(region) as region_id,
    min(started_at) as started_at,
    max(loaded_at) as last_heard_at,
    cast(sum(kept) as bigint) as lines_kept,
    cast(sum(lost) as bigint) as lines_lost
from {{ extract('ops_log_loads') }} as l
group by instance
