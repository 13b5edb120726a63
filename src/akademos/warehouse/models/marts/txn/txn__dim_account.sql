select {{ joined(['merchant', 'account']) }} as account_id, merchant, account, count(distinct currency) as currencies, min(day) as valid_from, cast(null as date) as valid_to,
    true as is_current, min(recorded_at) as recorded_at
from (
    select merchant, account, currency, cast(posted_at as date) as day, recorded_at from {{ extract('transactions') }} as t
    union all
    select merchant, account, currency, settled_on, recorded_at from {{ extract('settlement_lines') }} as l
    union all
    select merchant, account, currency, stated_on, recorded_at from {{ extract('stated_balances') }} as b
) as used
group by merchant, account
