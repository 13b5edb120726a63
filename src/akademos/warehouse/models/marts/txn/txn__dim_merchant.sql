select merchant as merchant_id, min(day) as first_seen_on, max(day) as last_seen_on
from (
    select merchant, cast(posted_at as date) as day from {{ extract('transactions') }} as t
    union all
    select merchant, settled_on from {{ extract('settlement_lines') }} as l
    union all
    select merchant, stated_on from {{ extract('stated_balances') }} as b
) as seen
group by merchant
