select {{ joined(['merchant', 'batch']) }} || '/' || cast(settled_on as string) || '/' || paid_currency as payout_id,
    {{ joined(['merchant', 'batch']) }} as settlement_id, merchant as merchant_id, settled_on, paid_currency as currency, count(*) as lines,
    sum(paid_gross) as gross_amount, sum(fee) as fee_amount, sum(net) as net_amount,
    count(*) filter (where transaction_id is null) as lines_without_transaction
from {{ extract('settlement_lines') }} as l
group by merchant, batch, settled_on, paid_currency
