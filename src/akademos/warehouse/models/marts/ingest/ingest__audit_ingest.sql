-- One row a load, with what was meant to move, what moved, and where the difference went: each cause is counted among the ids
-- that were meant to move, and nothing is explained that the causes do not add up to.
with core_of_import as (
    select source, count(*) as events from {{ extract('core_events') }} as e where source like 'import-%' group by source
), accounted as (
    select bool_and(explained) as holds from {{ extract('equations') }} as q
), daily as (
    select load || '/' || channel || '/' || cast(received_on as string) as load_key,
        load,
        channel,
        case when channel = 'live' then 'all keys' else 'all imports' end as source_system_id,
        received_on,
        closed,
        accepted, held, duplicate, conflict, suppressed, rejected,
        meant_rows,
        moved_rows,
        meant_checksum,
        moved_checksum,
        seconds,
        in_logs, in_landing, released, gone, unnamed
    from {{ ref('staging__loads') }} as l
), files as (
    select i.import_id, i.file, i.started_at, i.finished_at, i.accepted, i.duplicate, i.suppressed, i.rejected, i.seconds,
        coalesce(c.events, 0) as moved_rows,
        case when a.holds then greatest(i.accepted - coalesce(c.events, 0), 0) else 0 end as gone
    from {{ extract('imports') }} as i
    cross join accounted as a
    left join core_of_import as c on c.source = i.import_id
), imported as (
    select 'import/' || import_id || '/' || file as load_key,
        'import' as load,
        'import' as channel,
        import_id as source_system_id,
        cast(started_at as date) as received_on,
        finished_at is not null as closed,
        accepted, cast(0 as bigint) as held, duplicate, cast(0 as bigint) as conflict, suppressed, rejected,
        accepted as meant_rows,
        moved_rows,
        cast(null as string) as meant_checksum,
        cast(null as string) as moved_checksum,
        seconds,
        cast(0 as bigint) as in_logs,
        cast(0 as bigint) as in_landing,
        cast(0 as bigint) as released,
        gone,
        abs(accepted - moved_rows - gone) as unnamed
    from files
), loads as (
    select * from daily
    union all
    select * from imported
)
select load_key, load, channel, source_system_id, received_on, closed,
    accepted, held, duplicate, conflict, suppressed, rejected,
    meant_rows, moved_rows, meant_rows - moved_rows as difference, meant_checksum, moved_checksum, seconds,
    coalesce(in_logs, 0) as in_logs,
    coalesce(in_landing, 0) as in_landing,
    coalesce(released, 0) as released,
    coalesce(gone, 0) as gone,
    coalesce(unnamed, 0) as unnamed,
    'load/' || case
        when not closed and load = 'import' then 'running'
        when unnamed is null then case when meant_rows = moved_rows and meant_checksum = moved_checksum then 'complete' else 'unproven' end
        when meant_rows = moved_rows and in_logs + in_landing + released + gone + unnamed = 0 then 'complete'
        when unnamed = 0 and meant_rows - moved_rows = in_logs + in_landing + gone - released then 'explained'
        else 'unexplained' end as status_key,
    nullif(concat_ws('; ',
        case when in_logs > 0 then 'kept in the preference and security logs: ' || cast(in_logs as string) end,
        case when in_landing > 0 then 'on the way: ' || cast(in_landing as string) end,
        case when released > 0 then 'held before and released since: ' || cast(released as string) end,
        case when gone > 0 then 'left the platform since (withdrawn, erased, expired, late duplicate): ' || cast(gone as string) end,
        case when unnamed > 0 then 'without a cause: ' || cast(unnamed as string) end), '') as cause
from loads
