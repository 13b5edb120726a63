select version_key as billing_account_key, billing_account as billing_account_id, provider, currencies, valid_from, valid_to, is_current, recorded_at
from {{ extract('cost_account_versions') }} as v
