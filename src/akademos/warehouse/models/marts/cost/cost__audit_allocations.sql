with bills as (
    select billing_account, period_start, currency, count(*) as charges, sum(effective) as effective,
        sum(case when correction then billed else 0 end) as corrections
    from {{ extract('billing_charges') }} as c
    group by billing_account, period_start, currency
),
amounts as (
    select distinct billing_account, period_start, currency, bill from {{ extract('cost_allocations') }} as a
),
parts as (
    select allocation_kind, billing_account_id, period_start, currency, count(*) as parts, sum(amount) as amount
    from {{ ref('cost__stage_allocations') }} as s
    group by allocation_kind, billing_account_id, period_start, currency
),
usage as (
    select billing_account_id, period_start, currency, count(*) as parts, sum(cost_amount) as amount
    from {{ ref('cost__fact_cost_usage') }} as u
    group by billing_account_id, period_start, currency
),
compared as (
    select p.allocation_kind, b.billing_account, b.period_start, b.currency, b.charges, p.parts, a.bill as meant, p.amount as found, b.corrections
    from bills as b
    join amounts as a on a.billing_account = b.billing_account and a.period_start = b.period_start and a.currency = b.currency
    join parts as p on p.billing_account_id = b.billing_account and p.period_start = b.period_start and p.currency = b.currency
    union all
    select 'charge', b.billing_account, b.period_start, b.currency, b.charges, u.parts, b.effective, u.amount, b.corrections
    from bills as b
    join usage as u on u.billing_account_id = b.billing_account and u.period_start = b.period_start and u.currency = b.currency
)
select allocation_kind || '/' || billing_account || '/' || cast(period_start as string) || '/' || currency as audit_key, allocation_kind,
    billing_account as billing_account_id, period_start, currency, charges, parts, meant as bill, found as allocated, meant - found as difference,
    corrections, 'reconciliation/' || case when meant = found then 'balanced' else 'unexplained' end as status_key
from compared
