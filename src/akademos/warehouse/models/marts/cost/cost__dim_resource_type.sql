select {{ joined(['provider', 'service']) }} as resource_type_id, provider, service, min(service_category) as service_category,
    count(distinct resource) as resources, min(charge_start) as first_used_at, max(charge_end) as last_used_at
from {{ extract('billing_charges') }} as c
group by provider, service
