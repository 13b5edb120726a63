select a.transaction_id, a.kind, a.merchant as merchant_id, a.product as product_id, a.amount, a.currency, a.posted_at, a.related_id,
    o.amount as original_amount, o.posted_at as original_posted_at, {{ days_between('cast(o.posted_at as date)', 'cast(a.posted_at as date)') }} as days_after,
    case when a.kind = 'adjustment' then false when a.currency = o.currency then
        abs(sum(case when a.kind = 'adjustment' then 0 else a.amount end) over (
            partition by a.related_id, a.currency order by a.posted_at, a.load_id, a.line rows between unbounded preceding and current row
        )) > abs(o.amount) end as exceeds_original
from {{ ref('txn__stg_transactions') }} as a
left join {{ ref('txn__stg_transactions') }} as o on o.transaction_id = a.related_id
where a.kind in ('refund', 'chargeback', 'adjustment')
