select version_key as account_key, {{ joined(['merchant', 'account']) }} as account_id, merchant, account, currencies, valid_from, valid_to, is_current, recorded_at
from {{ extract('txn_account_versions') }} as v
