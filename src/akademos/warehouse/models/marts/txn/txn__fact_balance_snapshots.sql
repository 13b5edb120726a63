select {{ joined(['merchant', 'account']) }} || '/' || currency || '/' || cast(day as string) as snapshot_key,
    {{ joined(['merchant', 'account']) }} as account_id, currency, day as snapshot_on,
    opening as opening_balance, taken as taken_amount, settled as settled_amount, closing as closing_balance, stated as stated_balance,
    stated - closing as difference
from {{ extract('txn_snapshots') }} as s
