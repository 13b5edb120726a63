{{ config(tags=['after_checks']) }}
-- Checks of tables that failed until they passed again, checks of this warehouse the same, and names of courses that are ambiguous or
-- unknown: those last as long as they are.
with issues as (
    select issue_id, dataset as dataset_id, check_name, severity, owner as owner_id, opened_at, last_seen_at, closed_at,
        offending as offending_rows
    from {{ extract('quality_issues') }} as i
    union all
    select 'build/' || o.dataset || '/' || o.check_key || '/' || cast(o.number as string), o.dataset, o.check_key,
        case when o.severity = 'critical' then 'critical' else 'major' end, coalesce(d.owner, 'data engineering'), o.opened_at,
        o.last_seen_at, o.closed_at, o.failures
    from {{ ref('intermediate__build_issues') }} as o
    left join {{ extract('gov_datasets') }} as d on d.name = o.dataset and d.is_current
    union all
    select 'mapping/' || m.mapping_key, 'ingest.ref_mappings', 'one_course_for_a_name', 'major', coalesce(d.owner, 'data engineering'),
        m.recorded_at, m.recorded_at, null, 1
    from {{ ref('ingest__ref_mappings') }} as m
    left join {{ extract('gov_datasets') }} as d on d.name = 'ingest.ref_mappings' and d.is_current
    where m.status_key in ('mapping/ambiguous', 'mapping/unmapped')
)
select issue_id, dataset_id, check_name, severity, owner_id, opened_at, last_seen_at, closed_at, offending_rows,
    case when closed_at is null then 'issue/open' else 'issue/closed' end as status_key,
    {{ seconds_between('opened_at', 'closed_at') }} / 3600 as hours_open
from issues
