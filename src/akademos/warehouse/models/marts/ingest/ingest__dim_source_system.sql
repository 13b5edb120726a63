with seen as (
    select source, min(hour) as first_received_at, min(door) as door from {{ extract('receipts_by_hour') }} as r group by source
), known as (
    select key_id as source_system_id, name, 'key' as kind, created_at as valid_from, revoked_at as valid_to, publishable, strict,
        cast(rate_per_s as bigint) as rate_per_s
    from {{ extract('api_keys') }} as k
    union all
    select import_id, file, 'import', started_at, finished_at, false, true, null from {{ extract('imports') }} as i
)
select coalesce(k.source_system_id, s.source) as source_system_id,
    coalesce(k.name, s.source) as name,
    coalesce(k.kind, 'internal') as kind,
    s.door,
    coalesce(k.publishable, false) as publishable,
    coalesce(k.strict, false) as strict,
    k.rate_per_s,
    coalesce(k.valid_from, s.first_received_at) as valid_from,
    k.valid_to,
    k.valid_to is null as is_current,
    s.source is not null as has_sent
from known as k
full outer join seen as s on s.source = k.source_system_id
