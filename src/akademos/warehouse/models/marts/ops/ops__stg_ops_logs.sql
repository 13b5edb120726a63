-- Lines of the platform's own log as they were handed over; never changed.
select log_id, load_id, service as service_id, instance as instance_id, level as log_level, event, logged_at as message_ts,
    scope, fields, trimmed
from {{ extract('ops_log_lines') }} as l
