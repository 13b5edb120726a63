select channel as channel_id, min(cast(posted_at as date)) as first_used_on, max(cast(posted_at as date)) as last_used_on
from {{ extract('transactions') }} as t
group by channel
