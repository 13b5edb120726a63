with ordered as (
    select base, quote, cast(date_trunc('month', rated_on) as date) as month, rated_on, rate, source,
        row_number() over (partition by base, quote, date_trunc('month', rated_on) order by rated_on desc, load_id desc, line desc) as place
    from {{ extract('exchange_rates') }} as r
)
select base || '/' || quote || '/' || cast(month as string) as rate_key, base, quote, month, rated_on, rate, source
from ordered
where place = 1
