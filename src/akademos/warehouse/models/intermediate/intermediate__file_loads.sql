-- Audit rows of imported files, in the form of those of days: what of a file the core holds, and what has left it since. Of a
-- file only counts are known, so what is missing is taken for gone where the equations of the platform hold, else for unnamed.
with core_of_import as (
    select source, count(*) as events from {{ extract('core_events') }} as e where source like 'import-%' group by source
), accounted as (
    select bool_and(explained) as holds from {{ extract('equations') }} as q
), files as (
    select i.import_id, i.file, i.started_at, i.finished_at, i.accepted, i.duplicate, i.suppressed, i.rejected, i.seconds,
        coalesce(c.events, 0) as moved_rows,
        case when a.holds then greatest(i.accepted - coalesce(c.events, 0), 0) else 0 end as gone
    from {{ extract('imports') }} as i
    cross join accounted as a
    left join core_of_import as c on c.source = i.import_id
)
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
