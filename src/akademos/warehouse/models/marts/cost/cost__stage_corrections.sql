select row_id as record_id, load_id, provider, billing_account as billing_account_id, period_start as billed_period_start,
    cast(date_trunc('month', charge_start) as date) as corrected_month, service, currency, billed as billed_cost, effective as effective_cost, recorded_at
from {{ extract('billing_charges') }} as c
where correction
