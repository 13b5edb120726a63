select cast(month as string) || '/' || currency as forecast_key, month, currency, expected as expected_amount, lower as lower_amount,
    upper as upper_amount, level, method, months_known, months_tested, months_inside
from {{ extract('cost_forecasts') }} as f
