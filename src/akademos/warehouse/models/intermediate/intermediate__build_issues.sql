{{ config(tags=['after_checks']) }}
-- Each stretch of builds in which a check of a table failed, until it passed again.
with changes as (
    select build_id, dataset, check_key, severity, status, failures, checked_at,
        lag(status) over (partition by dataset, check_key order by checked_at, build_id) as status_before
    from {{ ref('staging__build_checks') }} as b
), runs as (
    select build_id, dataset, check_key, severity, status, failures, checked_at,
        sum(case when status <> 'pass' and coalesce(status_before, 'pass') = 'pass' then 1 else 0 end)
            over (partition by dataset, check_key order by checked_at, build_id rows between unbounded preceding and current row) as number
    from changes
)
select dataset, check_key, number, min(severity) as severity,
    min(case when status <> 'pass' then checked_at end) as opened_at,
    max(case when status <> 'pass' then checked_at end) as last_seen_at,
    min(case when status = 'pass' then checked_at end) as closed_at,
    max_by(failures, case when status <> 'pass' then checked_at end) as failures
from runs
where number > 0
group by dataset, check_key, number
