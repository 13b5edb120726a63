-- Lines that processes said against those that are in the log, and where the others are: each cause is counted by hand-over, and
-- nothing is explained that the causes do not add up to.
with latest as (
    select instance, max(loaded_at) as loaded_at from {{ extract('ops_log_loads') }} as l group by instance
), totals as (
    select coalesce(sum(l.offered), 0) as meant,
        coalesce(sum(l.held), 0) as found,
        coalesce(sum(l.lost), 0) as lost,
        coalesce(sum(l.expired), 0) as expired,
        coalesce(sum(case when n.instance is not null then l.waiting else 0 end), 0) as waiting,
        coalesce(sum(l.unnamed), 0) as unnamed,
        coalesce(sum(case when l.meant <> l.moved then 1 else 0 end), 0) as broken
    from {{ extract('ops_log_loads') }} as l
    left join latest as n on n.instance = l.instance and n.loaded_at = l.loaded_at
)
select 'ops' as domain,
    'log lines' as reconciliation,
    meant,
    found,
    unnamed + broken = 0 and meant - found = lost + expired + waiting as explained,
    nullif(concat_ws('; ',
        case when lost > 0 then 'given up: ' || cast(lost as string) end,
        case when expired > 0 then 'deleted when their time was over: ' || cast(expired as string) end,
        case when waiting > 0 then 'waited in a process when it last handed over: ' || cast(waiting as string) end,
        case when broken > 0 then 'hand-overs that arrived as others: ' || cast(broken as string) end,
        case when unnamed > 0 then 'without a cause: ' || cast(unnamed as string) end), '') as cause
from totals
