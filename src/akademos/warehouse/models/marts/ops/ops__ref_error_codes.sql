-- Declared codes, and those that the log has seen beside them.
with declared as (
    select code, meaning, status as http_status, transient as is_transient, nullif(runbook, '') as runbook_id, true as is_declared
    from {{ extract('ops_error_codes') }} as c
), seen as (
    select error_code as code, count(*) as seen_lines
    from {{ extract('ops_log_lines') }} as l
    where error_code is not null
    group by error_code
)
select coalesce(d.code, s.code) as error_code,
    coalesce(d.meaning, 'seen in the log; operations declare nothing about it') as meaning,
    d.http_status,
    d.is_transient,
    d.runbook_id,
    coalesce(d.is_declared, false) as is_declared,
    coalesce(s.seen_lines, 0) as seen_lines
from declared as d
full outer join seen as s on s.code = d.code
