select t.transaction_id, {{ joined(['t.merchant', 't.account']) }} as account_id, coalesce(t.customer_id, 'unknown') as customer_id, t.product as product_id,
    t.amount, t.currency, t.kind as txn_type, t.posted_at as posted_ts, cast(t.posted_at as date) as posted_on, t.channel as channel_id,
    t.merchant as merchant_id, t.course_id, t.related_id, coalesce(abs(t.amount) > l.value, false) as exceeds_limit,
    r.status_key, r.cause, t.load_id
from {{ ref('txn__stg_transactions') }} as t
join {{ ref('txn__stage_reconciliations') }} as r on r.subject = 'transaction' and r.subject_id = t.transaction_id
left join {{ ref('txn__ref_limits') }} as l
    on l.limit_id = 'largest_amount' and l.unit = t.currency and l.valid_from <= t.posted_at and (l.valid_to is null or t.posted_at < l.valid_to)
