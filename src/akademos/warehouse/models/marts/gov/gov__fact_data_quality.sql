{{ config(tags=['after_checks']) }}
-- Results of the nightly checks on tables, and of the checks of every build of this warehouse.
select cast(result_id as string) as dq_id, dataset as dataset_id, check_name, status as check_status, 'quality/' || status as status_key,
    kind as check_kind, severity, statement, offending as offending_rows, checked_at as checked_ts
from {{ extract('quality_results') }} as q
union all
select build_id || '/' || dataset || '/' || check_key, dataset, check_key,
    case when status = 'pass' then 'passed' else 'failed' end,
    case when status = 'pass' then 'quality/passed' else 'quality/failed' end,
    case when check_name in ('not_null', 'unique') then check_name when check_name = 'relationships' then 'references'
        when check_name like 'unique_together%' then 'unique' else 'rule' end,
    case when severity = 'critical' then 'critical' else 'major' end,
    check_name || coalesce(' of ' || column_name, '') || ' holds', failures, checked_at
from {{ ref('staging__build_checks') }} as b
