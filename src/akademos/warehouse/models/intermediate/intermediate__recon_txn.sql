-- Money that came in against the findings about it, by currency: transactions, settlement lines, and balances.
with sides as (
    select 'transactions ' || currency as reconciliation, sum(amount) as meant, 0 as found
    from {{ extract('transactions') }} as t
    group by currency
    union all
    select 'transactions ' || currency, 0, sum(expected)
    from {{ extract('txn_findings') }} as f
    where subject = 'transaction'
    group by currency
    union all
    select 'balances ' || currency, sum(taken + settled), 0
    from {{ extract('txn_snapshots') }} as s
    group by currency
    union all
    select 'balances ' || currency, 0, sum(amount)
    from {{ extract('transactions') }} as t
    group by currency
    union all
    select 'balances ' || currency, 0, -sum(gross)
    from {{ extract('settlement_lines') }} as l
    group by currency
    union all
    select 'settlement lines', count(*), 0
    from {{ extract('settlement_lines') }} as l
    union all
    select 'settlement lines', 0, sum(lines)
    from {{ extract('txn_findings') }} as f
)
select 'txn' as domain, reconciliation, sum(meant) as meant, sum(found) as found, false as explained, cast(null as string) as cause
from sides
group by reconciliation
