select environment as environment_id,
    count(*) as events,
    min(received_at) as first_received_at,
    max(received_at) as last_received_at,
    environment = 'prod' as is_production
from {{ extract('core_events') }} as e
group by environment
