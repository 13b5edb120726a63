select u.usage_id, u.charge_id, u.load_id, coalesce(u.resource, 'unnamed') as resource_id,
    {{ joined(['u.provider', 'u.service']) }} as resource_type_id, u.cost_center as cost_center_id, nullif(u.rule, '') as rule_id, u.share, u.cost_amount, u.currency,
    u.provider, u.billing_account as billing_account_id, u.period_start, u.service_category, coalesce(u.region, 'unknown') as region_id, u.category,
    u.correction as is_correction, u.quantity, u.unit, u.start_ts, u.end_ts
from {{ extract('cost_usage') }} as u
