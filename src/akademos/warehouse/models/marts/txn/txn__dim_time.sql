select day, year, quarter, month, iso_week, weekday, is_weekend from {{ extract('txn_days') }} as d
