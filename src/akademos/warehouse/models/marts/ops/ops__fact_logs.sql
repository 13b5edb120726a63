select log_id, service as service_id, instance as instance_id, level as log_level, logged_at as message_ts,
    cast(logged_at as date) as message_on,
    event, error_code, exception as exception_kind, job, trimmed_fields
from {{ extract('ops_log_lines') }} as l
