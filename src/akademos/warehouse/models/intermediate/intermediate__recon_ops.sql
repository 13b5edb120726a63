-- Lines that processes said against those that were kept or given up; what is left waited in a process when it last handed
-- over, and is in its next hand-over, or gone with it if it was killed.
with totals as (
    select sum(offered) as meant, sum(kept + lost) as found, sum(case when meant <> moved then 1 else 0 end) as broken
    from {{ extract('ops_log_loads') }} as l
)
select 'ops' as domain,
    'log lines' as reconciliation,
    coalesce(meant, 0) as meant,
    coalesce(found, 0) as found,
    meant > found and broken = 0 as explained,
    case when meant > found then 'waited in a process when it last handed over' end as cause
from totals
