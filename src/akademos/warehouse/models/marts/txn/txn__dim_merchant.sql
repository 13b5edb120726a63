with seen as (
    select merchant, min(day) as first_seen_on, max(day) as last_seen_on
    from (
        select merchant, cast(posted_at as date) as day from {{ extract('transactions') }} as t
        union all
        select merchant, settled_on from {{ extract('settlement_lines') }} as l
        union all
        select merchant, stated_on from {{ extract('stated_balances') }} as b
    ) as days
    group by merchant
)
select v.version_key as merchant_key, v.merchant as merchant_id, v.accounts, v.currencies, s.first_seen_on, s.last_seen_on, v.valid_from, v.valid_to,
    v.is_current, v.recorded_at
from {{ extract('txn_merchant_versions') }} as v
join seen as s on s.merchant = v.merchant
