select row_id as rate_key, load_id, base, quote, rated_on, rate, source, recorded_at from {{ extract('exchange_rates') }} as r
