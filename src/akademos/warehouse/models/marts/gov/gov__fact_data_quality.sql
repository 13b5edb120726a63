-- Results of the nightly checks on tables.
select cast(result_id as string) as dq_id, dataset as dataset_id, check_name, status as check_status, 'quality/' || status as status_key,
    kind as check_kind, severity, statement, offending as offending_rows, checked_at as checked_ts
from {{ extract('quality_results') }} as q
