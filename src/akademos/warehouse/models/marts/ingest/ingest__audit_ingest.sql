-- One row a load, with what was meant to move, what moved, and where the difference went: each cause is counted among the ids
-- that were meant to move, and nothing is explained that the causes do not add up to.
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
from {{ ref('intermediate__loads') }} as l
