select row_id as record_id, load_id, line, provider, billing_account, period_start, period_end, charge_start, charge_end, currency,
    service, service_category, resource, region, tags, category, correction as is_correction, billed as billed_cost,
    effective as effective_cost, listed as list_cost, quantity, unit, recorded_at
from {{ extract('billing_charges') }} as c
