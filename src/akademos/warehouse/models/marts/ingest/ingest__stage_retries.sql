-- What is tried again: what waits for consent or a mended schema, and what senders sent a second time.
select place || '/' || source || '/' || cast(received_on as string) as retry_key,
    source as source_system_id,
    received_on,
    case place when 'held' then 'until consent comes' when 'landing' then 'until it is moved' else 'until it is replayed' end as reason,
    'retry/' || case place when 'dead_letters' then 'open' else 'waiting' end as status_key,
    events
from {{ extract('waiting_by_day') }} as w
where place in ('held', 'landing', 'dead_letters')
union all
select verdict || '/' || source || '/' || cast(received_on as string),
    source,
    received_on,
    'sent again by the sender',
    'retry/repeated',
    count(*)
from {{ ref('ingest__stg_raw') }} as r
where verdict in ('duplicate', 'conflict')
group by verdict, source, received_on
