-- Every bill three times: what was to be divided, told by its charges alone, and the sum of its parts, 0 where none are there.
with bills as (
    select billing_account, period_start, currency, count(*) as charges, sum(effective) as effective, sum(billed) as billed,
        sum(case when correction then billed else 0 end) as corrections
    from {{ extract('billing_charges') }} as c
    group by billing_account, period_start, currency
),
measured as (
    select b.*, {{ unit_of('m.minor_unit') }} as unit,
        cast(abs(b.billed) % {{ unit_of('m.minor_unit') }} as decimal(20, 18)) as beside
    from bills as b
    left join {{ extract('money_currencies') }} as m on m.currency = b.currency
),
rounded as (
    select *, abs(billed) - beside + case when beside + beside > unit
        or (beside + beside = unit and (abs(billed) - beside) % (unit + unit) <> 0) then unit else 0 end as bill
    from measured
),
parts as (
    select allocation_kind, billing_account_id, period_start, currency, count(*) as parts, sum(amount) as amount
    from {{ ref('cost__stage_allocations') }} as s
    group by allocation_kind, billing_account_id, period_start, currency
    union all
    select 'charge', billing_account_id, period_start, currency, count(*), sum(cost_amount)
    from {{ ref('cost__fact_cost_usage') }} as u
    group by billing_account_id, period_start, currency
),
kinds as (
    select 'cost_center' as allocation_kind
    union all
    select 'course'
    union all
    select 'charge'
),
compared as (
    select k.allocation_kind, b.billing_account, b.period_start, b.currency, b.charges, coalesce(p.parts, 0) as parts,
        cast(case when k.allocation_kind = 'charge' then b.effective when b.billed < 0 then -b.bill else b.bill end as decimal(38, 18)) as meant,
        coalesce(p.amount, cast(0 as decimal(38, 18))) as found, b.corrections
    from rounded as b
    cross join kinds as k
    left join parts as p on p.allocation_kind = k.allocation_kind and p.billing_account_id = b.billing_account
        and p.period_start = b.period_start and p.currency = b.currency
)
select allocation_kind || '/' || billing_account || '/' || cast(period_start as string) || '/' || currency as audit_key, allocation_kind,
    billing_account as billing_account_id, period_start, currency, charges, parts, meant as bill, found as allocated, meant - found as difference,
    corrections, 'reconciliation/' || case when meant = found and parts > 0 then 'balanced' else 'unexplained' end as status_key
from compared
