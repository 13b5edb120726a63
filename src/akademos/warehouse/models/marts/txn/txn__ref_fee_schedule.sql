select version_key as fee_key, fee as fee_id, merchant, channel, kind, currency, share, fixed as fixed_amount, valid_from, valid_to, is_current, recorded_at
from {{ extract('txn_fee_versions') }} as v
