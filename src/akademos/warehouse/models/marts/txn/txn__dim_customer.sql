select coalesce(customer, 'unknown') as customer_id, customer is not null as is_known, cast(date_trunc('month', min(posted_at)) as date) as first_month,
    cast(date_trunc('month', max(posted_at)) as date) as last_month
from {{ extract('transactions') }} as t
group by customer
