select version_key as limit_key, case when limit_name like 'largest_amount/%' then 'largest_amount' else limit_name end as limit_id, unit, value, valid_from, valid_to, is_current, recorded_at
from {{ extract('txn_limit_versions') }} as v
