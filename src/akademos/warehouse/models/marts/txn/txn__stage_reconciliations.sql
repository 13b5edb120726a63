select finding_id as reconciliation_id, subject, subject_id, merchant as merchant_id, {{ joined(['merchant', 'account']) }} as account_id, currency,
    'payment/' || status as status_key, cause, explanation, expected as expected_amount, found as found_amount, difference, fee_expected, fee_found,
    fee_difference, exchange_difference, paid_currency, booked_on, settled_on, days, batch, lines
from {{ extract('txn_findings') }} as f
