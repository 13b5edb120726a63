-- Envelopes of open days against the receipts that they came with. Of imports only the counts are whole, see audit_ingest.
with counted as (
    select received_on, source, verdict, sum(events) as events
    from {{ extract('receipts_open') }} as r
    where received_on is not null and source not like 'import-%'
    group by received_on, source, verdict
), kept as (
    select received_on, source, verdict, count(*) as events
    from {{ ref('staging__envelopes_open') }} as o
    where channel = 'live'
    group by received_on, source, verdict
)
select coalesce(c.received_on, k.received_on) as received_on,
    coalesce(c.source, k.source) as source,
    coalesce(c.verdict, k.verdict) as verdict,
    cast(coalesce(c.events, 0) as bigint) as received,
    coalesce(k.events, 0) as envelopes
from counted as c
full outer join kept as k on k.received_on = c.received_on and k.source = c.source and k.verdict = c.verdict
