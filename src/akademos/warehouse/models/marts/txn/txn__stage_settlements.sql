select row_id as settlement_line_id, load_id, line, {{ joined(['merchant', 'batch']) }} as settlement_id, transaction_id, settled_on, currency, gross, paid_currency,
    paid_gross, fee, net, recorded_at
from {{ extract('settlement_lines') }} as l
