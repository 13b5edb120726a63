-- One row a hand-over: what was meant to be kept, what the store then held, what was given up before, and where the lines are.
select load_id, service as service_id, instance as instance_id, started_at, loaded_at, offered, kept, lost,
    waiting as still_waiting, held, expired, unnamed,
    meant as meant_checksum, moved as moved_checksum, seconds,
    'load/' || case when meant <> moved or unnamed > 0 then 'unexplained' when lost > 0 then 'explained' else 'complete' end as status_key
from {{ extract('ops_log_loads') }} as l
