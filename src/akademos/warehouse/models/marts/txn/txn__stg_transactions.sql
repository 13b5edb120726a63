select row_id as transaction_id, load_id, line, merchant, account, channel, product, course_id, kind, amount, currency, posted_at, related_id,
    customer as customer_id, recorded_at
from {{ extract('transactions') }} as t
