-- One row a load, with what was meant to move, what moved, and where the difference went.
with core_of_import as (
    select source, count(*) as events from {{ extract('core_events') }} as e where source like 'import-%' group by source
), waiting as (
    select received_on,
        cast(sum(case when place = 'logs' then events else 0 end) as bigint) as in_logs,
        cast(sum(case when place = 'landing' then events else 0 end) as bigint) as in_landing
    from {{ extract('waiting_by_day') }} as w
    group by received_on
), moved as (
    -- Since the day of receipt: a movement does not say when what it moved had come in.
    select l.received_on,
        cast(sum(case when m.kind = 'released' then m.events else 0 end) as bigint) as released,
        cast(sum(case when m.kind in ('late_duplicate', 'withdrawn', 'expired_retention', 'expired_log', 'erased') then m.events else 0 end) as bigint) as gone
    from (select distinct received_on from {{ ref('staging__loads') }} as s) as l
    join {{ extract('movements_by_day') }} as m on m.moved_on >= l.received_on
    group by l.received_on
), live as (
    select l.load || '/' || l.channel || '/' || cast(l.received_on as string) as load_key,
        l.load,
        l.channel,
        case when l.channel = 'live' then 'all keys' else 'all imports' end as source_system_id,
        l.received_on,
        l.closed,
        l.accepted, l.held, l.duplicate, l.conflict, l.suppressed, l.rejected,
        l.meant_rows,
        l.moved_rows,
        l.meant_checksum,
        l.moved_checksum,
        l.seconds,
        case when l.load = 'core' then coalesce(w.in_logs, 0) else 0 end as in_logs,
        case when l.load = 'core' then coalesce(w.in_landing, 0) else 0 end as in_landing,
        case when l.load = 'core' then coalesce(m.released, 0) else 0 end as released,
        case when l.load = 'core' then coalesce(m.gone, 0) else 0 end as gone
    from {{ ref('staging__loads') }} as l
    left join waiting as w on w.received_on = l.received_on
    left join moved as m on m.received_on = l.received_on
), imported as (
    select 'import/' || i.import_id || '/' || i.file as load_key,
        'import' as load,
        'import' as channel,
        i.import_id as source_system_id,
        cast(i.started_at as date) as received_on,
        i.finished_at is not null as closed,
        i.accepted, cast(0 as bigint) as held, i.duplicate, cast(0 as bigint) as conflict, i.suppressed, i.rejected,
        i.accepted as meant_rows,
        coalesce(c.events, 0) as moved_rows,
        cast(null as string) as meant_checksum,
        cast(null as string) as moved_checksum,
        i.seconds,
        0 as in_logs,
        0 as in_landing,
        0 as released,
        greatest(i.accepted - coalesce(c.events, 0), 0) as gone
    from {{ extract('imports') }} as i
    left join core_of_import as c on c.source = i.import_id
), loads as (
    select * from live
    union all
    select * from imported
)
select load_key, load, channel, source_system_id, received_on, closed,
    accepted, held, duplicate, conflict, suppressed, rejected,
    meant_rows, moved_rows, meant_rows - moved_rows as difference, meant_checksum, moved_checksum, seconds,
    in_logs, in_landing, released, gone,
    'load/' || case
        when not closed and load = 'import' then 'running'
        when meant_rows = moved_rows and meant_checksum is not distinct from moved_checksum then 'complete'
        when meant_rows - moved_rows between -released and in_logs + in_landing + gone then 'explained'
        else 'unexplained' end as status_key,
    case when meant_rows = moved_rows and meant_checksum is not distinct from moved_checksum then null
        else concat_ws('; ',
            case when in_logs > 0 then 'kept in the preference and security logs: ' || cast(in_logs as string) end,
            case when in_landing > 0 then 'on the way: ' || cast(in_landing as string) end,
            case when released > 0 then 'held before and released since: ' || cast(released as string) end,
            case when gone > 0 then 'left the platform since (withdrawn, erased, expired, late duplicate): ' || cast(gone as string) end)
        end as cause
from loads
