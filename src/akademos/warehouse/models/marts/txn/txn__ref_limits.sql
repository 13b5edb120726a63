select version_key as limit_key, limit_name as limit_id, unit, value, valid_from, valid_to, is_current, recorded_at
from {{ extract('txn_limit_versions') }} as v
